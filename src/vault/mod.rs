//! Floor 1: the keychain, behind a trait.
//!
//! Stores, reads and removes secrets by name, and remembers who may be handed each (the index, a
//! file without secrets). Never opened by a scan. No file of the machine under scan, no format and no
//! report is known here; text of a keychain's error never leaves, since it may quote the value.

#[cfg(feature = "keychain")]
mod age_file;
#[cfg(feature = "keychain")]
pub mod carry;
mod chunk;
mod entry;
mod error;
#[cfg(feature = "keychain")]
mod file;
mod index;
#[cfg(feature = "keychain")]
mod keychain;
pub mod log;
mod memory;
mod name;
#[cfg(feature = "keychain")]
pub mod seal;
mod store;

pub use entry::{Binding, Entry};
pub use error::VaultError;
#[cfg(feature = "keychain")]
pub use file::{FileStore, STORE_FILE};
pub use index::{INDEX_FILE, Index};
#[cfg(feature = "keychain")]
pub use keychain::Keychain;
pub use memory::MemoryStore;
pub use name::{BadName, VaultName};
pub use store::{Store, StoreKind};

use crate::model::Secret;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Largest value caulk stores, bytes: the Secret Service carries more, and breaks on much more.
pub const MOST_BYTES: usize = 64 << 10;

/// One store, with what all of them need on top: read back after writing, values in pieces.
pub struct Vault {
    store: Box<dyn Store>,
    kind: StoreKind,
}

impl Vault {
    /// Connects to a store. Every later call on it has the deadline `patience`.
    ///
    /// `passphrase` is asked once, and by the file store only, which lies in `state_dir`.
    #[cfg(feature = "keychain")]
    pub fn open(
        kind: StoreKind,
        state_dir: &Path,
        patience: Duration,
        passphrase: Option<&dyn Fn() -> Option<Secret>>,
    ) -> Result<Self, VaultError> {
        let store: Box<dyn Store> = match kind {
            StoreKind::Keychain => Box::new(Keychain::connect(patience)?),
            StoreKind::File => {
                Box::new(FileStore::open(state_dir, patience, passphrase.ok_or(VaultError::Passphrase)?)?)
            }
        };
        Ok(Self::over(store, kind))
    }

    /// Built without a keychain: there is no store to open.
    #[cfg(not(feature = "keychain"))]
    pub fn open(
        kind: StoreKind,
        state_dir: &Path,
        patience: Duration,
        passphrase: Option<&dyn Fn() -> Option<Secret>>,
    ) -> Result<Self, VaultError> {
        let _ = (kind, state_dir, patience, passphrase);
        Err(VaultError::Unsupported)
    }

    /// A vault over `store`.
    #[must_use]
    pub fn over(store: Box<dyn Store>, kind: StoreKind) -> Self {
        Self { store, kind }
    }

    /// Which kind of store this is.
    #[must_use]
    pub fn kind(&self) -> StoreKind {
        self.kind
    }

    /// Proves that the store keeps a value of `size` bytes: writes one, reads it back, removes it.
    ///
    /// A store that opens proves nothing: one without a collection does, and fails at the first write.
    pub fn probe(&self, size: usize) -> Result<(), VaultError> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|_| VaultError::Other)?;
        let name = VaultName::of(&["probe", &data_encoding::HEXLOWER.encode(&random)]);
        let value = Secret::from_zeroizing(Zeroizing::new(vec![b'p'; size.clamp(1, MOST_BYTES)]));
        let written = self.set(&name, &value);
        let removed = self.remove(&name);
        // What a probe that was killed left behind; it is no secret.
        for left in self.names().unwrap_or_default().iter().filter(|name| name.as_str().starts_with("probe/")) {
            let _ = self.remove(left);
        }
        written?;
        if removed? { Ok(()) } else { Err(VaultError::Mismatch) }
    }

    /// Stores or replaces a value, and reads it back.
    pub fn set(&self, name: &VaultName, value: &Secret) -> Result<(), VaultError> {
        if value.len() > MOST_BYTES {
            return Err(VaultError::TooLong);
        }
        if !self.store.takes(name) {
            return Err(VaultError::Ambiguous);
        }
        chunk::set(self.store.as_ref(), name.as_str(), value)?;
        match self.get(name)? {
            Some(kept) if kept.expose() == value.expose() => Ok(()),
            _ => Err(VaultError::Mismatch),
        }
    }

    /// The value, if there is one.
    pub fn get(&self, name: &VaultName) -> Result<Option<Secret>, VaultError> {
        chunk::get(self.store.as_ref(), name.as_str())
    }

    /// Removes a value; whether there was one.
    pub fn remove(&self, name: &VaultName) -> Result<bool, VaultError> {
        chunk::remove(self.store.as_ref(), name.as_str())
    }

    /// Names of everything that is kept, in order.
    pub fn names(&self) -> Result<Vec<VaultName>, VaultError> {
        let mut names: Vec<VaultName> =
            self.store.accounts()?.iter().filter_map(|account| VaultName::parse(account).ok()).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// How many parts of values lie in the store and belong to none: left behind by a write that was
    /// interrupted, or part of one that goes on in another process.
    pub fn orphans(&self) -> Result<usize, VaultError> {
        chunk::orphans(self.store.as_ref()).map(|parts| parts.len())
    }

    /// Removes them; gives how many. To be called while no other caulk writes.
    pub fn sweep(&self) -> Result<usize, VaultError> {
        let parts = chunk::orphans(self.store.as_ref())?;
        parts.iter().try_for_each(|part| self.store.remove(part).map(drop))?;
        Ok(parts.len())
    }
}
