//! Values in parts: whatever write is interrupted wherever, the old value is read or the new one.

use caulk::model::Secret;
use caulk::vault::{MemoryStore, Store, StoreKind, Vault, VaultError, VaultName};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A store whose process dies at a call: that call and all after it do nothing, or that call is done
/// and the answer is lost.
struct Dying {
    inner: Arc<MemoryStore>,
    left: AtomicUsize,
    done: bool,
}

impl Dying {
    fn reach<T>(&self, call: impl Fn() -> Result<T, VaultError>) -> Result<T, VaultError> {
        let left = self.left.load(Ordering::SeqCst);
        if left == 0 {
            return Err(VaultError::Gone);
        }
        self.left.store(left - 1, Ordering::SeqCst);
        if left == 1 {
            if self.done {
                call()?;
            }
            return Err(VaultError::Gone);
        }
        call()
    }
}

impl Store for Dying {
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError> {
        self.reach(|| self.inner.set(account, value))
    }
    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError> {
        self.reach(|| self.inner.get(account))
    }
    fn remove(&self, account: &str) -> Result<bool, VaultError> {
        self.reach(|| self.inner.remove(account))
    }
    fn accounts(&self) -> Result<Vec<String>, VaultError> {
        self.reach(|| self.inner.accounts())
    }
    fn most_bytes(&self) -> usize {
        self.inner.most_bytes()
    }
}

/// The store of [`Dying`] after the death.
struct Shared(Arc<MemoryStore>);

impl Store for Shared {
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError> {
        self.0.set(account, value)
    }
    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError> {
        self.0.get(account)
    }
    fn remove(&self, account: &str) -> Result<bool, VaultError> {
        self.0.remove(account)
    }
    fn accounts(&self) -> Result<Vec<String>, VaultError> {
        self.0.accounts()
    }
    fn most_bytes(&self) -> usize {
        self.0.most_bytes()
    }
}

fn name() -> VaultName {
    VaultName::parse("a/name").unwrap()
}

fn vault(store: &Arc<MemoryStore>) -> Vault {
    Vault::over(Box::new(Shared(Arc::clone(store))), StoreKind::Keychain)
}

fn read(store: &Arc<MemoryStore>) -> Option<Vec<u8>> {
    vault(store).get(&name()).unwrap().map(|value| value.expose().to_vec())
}

const BOUND: usize = 128;

/// Sizes around the bound, and bytes that look like a manifest.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let size = prop_oneof![1..3_usize, BOUND - 1..BOUND + 2, 2 * BOUND - 1..2 * BOUND + 2, 0..700_usize];
    (any::<u8>(), size, any::<bool>()).prop_map(|(seed, size, manifest)| {
        let mut value = if manifest { b"caulk-parts:1:".to_vec() } else { Vec::new() };
        value.extend((0..size).map(|i| seed.wrapping_add((i * 7) as u8)));
        value
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_write_that_dies_anywhere_leaves_the_old_value_or_the_new(
        old in values(), new in values(), done in any::<bool>(),
    ) {
        for dies_at in 1..200 {
            let store = Arc::new(MemoryStore::bounded(BOUND));
            vault(&store).set(&name(), &Secret::copy_of(&old)).unwrap();
            let dying = Dying { inner: Arc::clone(&store), left: AtomicUsize::new(dies_at), done };
            let written = Vault::over(Box::new(dying), StoreKind::Keychain).set(&name(), &Secret::copy_of(&new));
            let now = read(&store);
            prop_assert!(now.as_ref() == Some(&old) || now.as_ref() == Some(&new), "death at call {dies_at}");
            if written.is_ok() {
                prop_assert!(now.as_ref() == Some(&new));
            }
            prop_assert_eq!(vault(&store).names().unwrap(), vec![name()]);
            // What is left behind is found, and taking it away harms nothing.
            vault(&store).sweep().unwrap();
            prop_assert_eq!(vault(&store).orphans().unwrap(), 0);
            prop_assert!(read(&store) == now, "sweeping changed the value");
            vault(&store).remove(&name()).unwrap();
            prop_assert!(store.accounts().unwrap().is_empty());
            if written.is_ok() {
                break;
            }
            prop_assert!(dies_at < 199, "a write that never ends");
        }
    }
}

#[test]
fn a_value_whose_parts_are_gone_or_mixed_is_never_given_out() {
    let store = Arc::new(MemoryStore::bounded(BOUND));
    vault(&store).set(&name(), &Secret::copy_of(&[7; 3 * BOUND + 50])).unwrap();
    let parts: Vec<String> = store.accounts().unwrap().into_iter().filter(|a| a.contains('#')).collect();
    assert_eq!(parts.len(), 4);
    store.set(&parts[1], &Secret::copy_of(&[8; BOUND])).unwrap();
    assert_eq!(vault(&store).get(&name()).err(), Some(VaultError::Mismatch));
    store.remove(&parts[1]).unwrap();
    assert_eq!(vault(&store).get(&name()).err(), Some(VaultError::Mismatch));
    vault(&store).set(&name(), &Secret::copy_of(b"short")).unwrap();
    assert_eq!(read(&store).as_deref(), Some(&b"short"[..]));
    assert_eq!(store.accounts().unwrap(), ["a/name"]);
}

#[test]
fn the_bounds_of_a_credential_manager_hold() {
    let store = Arc::new(MemoryStore::bounded(2560));
    for size in [1, 2560, 2561, 64 << 10] {
        let value: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        vault(&store).set(&name(), &Secret::copy_of(&value)).unwrap();
        assert!(read(&store) == Some(value), "{size}");
        vault(&store).probe(size).unwrap();
    }
    let over = vault(&store).set(&name(), &Secret::copy_of(&vec![0; (64 << 10) + 1]));
    assert_eq!(over, Err(VaultError::TooLong));
    assert_eq!(vault(&store).names().unwrap(), [name()], "a probe leaves nothing");
}
