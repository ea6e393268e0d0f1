//! A store that forgets: what tests of everything above the vault stand on.

use super::{Store, VaultError};
use crate::model::Secret;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Values in the memory of this process.
#[derive(Default)]
pub struct MemoryStore {
    items: Mutex<BTreeMap<String, Secret>>,
    /// Largest value of one item; 0: no bound.
    most: usize,
}

impl MemoryStore {
    /// A store whose items hold at most `most` bytes, as the Credential Manager's do.
    #[must_use]
    pub fn bounded(most: usize) -> Self {
        Self { items: Mutex::default(), most }
    }
}

impl Store for MemoryStore {
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError> {
        if value.len() > self.most_bytes() {
            return Err(VaultError::TooLong);
        }
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.insert(account.to_owned(), Secret::copy_of(value.expose()));
        Ok(())
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(items.get(account).map(|value| Secret::copy_of(value.expose())))
    }

    fn remove(&self, account: &str) -> Result<bool, VaultError> {
        Ok(self.items.lock().unwrap_or_else(PoisonError::into_inner).remove(account).is_some())
    }

    fn accounts(&self) -> Result<Vec<String>, VaultError> {
        Ok(self.items.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect())
    }

    fn most_bytes(&self) -> usize {
        if self.most == 0 { super::MOST_BYTES } else { self.most }
    }
}
