//! The vault over the Credential Manager: 2560 bytes an item, and names without regard to case.

use caulk::model::Secret;
use caulk::vault::{Keychain, Store as _, StoreKind, Vault, VaultError, VaultName};
use std::time::Duration;

fn vault() -> Vault {
    let state = std::env::temp_dir();
    Vault::open(StoreKind::Keychain, &state, Duration::from_secs(20), None).unwrap()
}

fn name(text: &str) -> VaultName {
    VaultName::parse(&format!("cm-{}/{text}", std::process::id())).unwrap()
}

fn read(name: &VaultName) -> Option<Vec<u8>> {
    vault().get(name).unwrap().map(|value| value.expose().to_vec())
}

#[test]
fn values_of_every_size_come_back_and_leave_nothing() {
    let (vault, name) = (vault(), name("size"));
    for size in [1, 2560, 2561, 64 << 10, 7] {
        let value: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        vault.set(&name, &Secret::copy_of(&value)).unwrap();
        assert!(read(&name) == Some(value), "{size}");
    }
    assert_eq!(vault.set(&name, &Secret::copy_of(&vec![0; (64 << 10) + 1])), Err(VaultError::TooLong));
    for value in ["two\nlines", "nul\0inside", "påsswörd 秘密 🔑"] {
        vault.set(&name, &Secret::copy_of(value.as_bytes())).unwrap();
        assert_eq!(read(&name).as_deref(), Some(value.as_bytes()));
    }
    vault.probe(64 << 10).unwrap();
    assert!(vault.names().unwrap().contains(&name));
    assert!(vault.remove(&name).unwrap());
    assert!(!vault.remove(&name).unwrap());
    let left = Keychain::connect(Duration::from_secs(20)).unwrap().accounts().unwrap();
    assert!(!left.iter().any(|account| account.starts_with(name.as_str())), "{left:?}");
}

#[test]
fn names_that_differ_in_case_or_dots_alone_are_two_items() {
    let vault = vault();
    let names = ["server/KEY", "server/key", "server/Key", "a.b", "a", "a.b.caulk"].map(name);
    for name in &names {
        vault.set(name, &Secret::copy_of(name.as_str().as_bytes())).unwrap();
    }
    let held = vault.names().unwrap();
    for name in &names {
        assert_eq!(read(name).as_deref(), Some(name.as_str().as_bytes()));
        assert!(held.contains(name), "{name} is not listed");
    }
    for name in &names {
        assert!(vault.remove(name).unwrap());
        assert_eq!(read(name), None);
    }
}
