//! What a keychain must do for us: four verbs on small named values.

use super::{VaultError, VaultName};
use crate::model::Secret;

/// Where secrets are kept. The words are those of `--store` and of the fix report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StoreKind {
    /// The keychain of the system.
    #[default]
    Keychain,
    /// An age-encrypted file; only when asked for by name.
    File,
}

impl StoreKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Keychain, Self::File];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::File => "file",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One keychain. Accounts are names, and the parts of values in pieces (see `chunk`).
pub trait Store: Send + Sync {
    /// Stores or replaces one item.
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError>;
    /// Reads one item; `None`: there is none.
    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError>;
    /// Removes one item; whether there was one.
    fn remove(&self, account: &str) -> Result<bool, VaultError>;
    /// The accounts of all items of service `caulk`.
    fn accounts(&self) -> Result<Vec<String>, VaultError>;
    /// Largest value of one item, bytes.
    fn most_bytes(&self) -> usize;
    /// Whether one item may be held at `name`: for names that a store cannot tell apart.
    fn takes(&self, name: &VaultName) -> bool {
        let _ = name;
        true
    }
}
