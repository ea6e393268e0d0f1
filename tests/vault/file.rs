//! `--store file`: only by name, one age file under a passphrase, never a silent stand-in.

use super::account::Account;
use crate::common::desk::make;
use crate::common::home::set_mode;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn the_file_store_keeps_secrets_where_there_is_no_keychain() {
    let account = Account::new(vec![("XDG_RUNTIME_DIR".into(), "/nonexistent".into())]);
    for (name, text) in [("right", "correct horse\n"), ("wrong", "incorrect\n")] {
        std::fs::write(account.home.path().join(name), text).unwrap();
    }
    let value = make("<an:36>", "file");
    let with = |words: &[&'static str], passphrase: &'static str| {
        [words, &["--store", "file", "--store-passphrase-file", passphrase]].concat()
    };
    // Not without being asked, and not without a passphrase.
    account.feed(&["set", "a"], value.as_bytes()).ends_with(4).says(&["no message bus", "--store file"]);
    account.feed(&["set", "a", "--store", "file"], value.as_bytes()).ends_with(4).says(&["passphrase"]);
    let file = account.state().join("vault.age");
    assert!(!file.exists());

    account.feed(&with(&["set", "a"], "right"), value.as_bytes()).ends_with(0);
    let sealed = std::fs::read(&file).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    assert!(!sealed.windows(value.len()).any(|window| window == value.as_bytes()));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // The index knows where it is.
    let get = account.run(&["get", "a", "--store-passphrase-file", "right"]).ends_with(0);
    assert_eq!(get.out, value.as_bytes());
    let refused =
        account.run(&with(&["get", "a"], "wrong")).ends_with(4).says(&["cannot be opened with this passphrase"]);
    refused.without(value.as_bytes());
    account.feed(&with(&["set", "a"], "wrong"), b"x").ends_with(4);
    assert_eq!(std::fs::read(&file).unwrap(), sealed, "the wrong passphrase changes nothing");
    account.run(&with(&["get", "b"], "right")).ends_with(1).says(&["not found"]);
    assert!(account.run(&with(&["doctor"], "right")).ends_with(0).text().contains("1 of 1 sealed secrets are whole"));

    // A file that others can read, or that is broken, is not used.
    set_mode(&file, 0o644);
    account.run(&with(&["get", "a"], "right")).ends_with(1).says(&["cannot be used"]);
    set_mode(&file, 0o600);
    std::fs::write(&file, &sealed[..sealed.len() - 1]).unwrap();
    account.run(&with(&["get", "a"], "right")).ends_with(1).says(&["cannot be used"]);
    account.feed(&with(&["set", "a"], "right"), b"x").ends_with(1);
    assert_eq!(std::fs::read(&file).unwrap().len(), sealed.len() - 1, "a broken file is not written over");
    std::fs::write(&file, &sealed).unwrap();
    account.run(&with(&["rm", "-y", "a"], "right")).ends_with(0);
    account.run(&with(&["get", "a"], "right")).ends_with(1).says(&["not found"]);
}

#[test]
fn a_file_that_wants_too_much_work_is_refused_at_once() {
    let account = Account::new(Vec::new());
    std::fs::write(account.home.path().join("right"), "correct horse").unwrap();
    // A header that asks for 2^40 rounds: no need to be able to make one to refuse it.
    let file = b"age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef";
    std::fs::write(account.home.path().join("bomb.age"), file).unwrap();
    let begun = std::time::Instant::now();
    account.run(&["import", "bomb.age", "--passphrase-file", "right"]).ends_with(2).says(&["is no export"]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
}
