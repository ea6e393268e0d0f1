//! The Secret Service that tests use is a real one, and leaves nothing behind.

use crate::common::secret_service::SecretService;

#[test]
fn the_service_of_tests_keeps_locks_and_loses() {
    let mut service = SecretService::start();
    let stored = service.secret_tool(&["store", "--label", "t", "service", "other", "username", "u"], b"kept");
    assert!(stored.status.success());
    let lookup =
        |service: &SecretService| service.secret_tool(&["lookup", "service", "other", "username", "u"], b"").stdout;
    assert_eq!(lookup(&service), b"kept");
    service.lock();
    assert_eq!(lookup(&service), b"");
    service.unlock();
    assert_eq!(lookup(&service), b"kept");
    service.kill();
    assert_eq!(lookup(&service), b"");
    service.restart();
    assert_eq!(lookup(&service), b"kept");
    let folder = service.runtime_dir();
    drop(service);
    assert!(!folder.exists());
}
