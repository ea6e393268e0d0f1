//! The index: which secrets were sealed, and who may be handed each. A file without secrets.
//!
//! It lies in the state folder, is written whole or not at all, and by one process at a time. What the
//! keychain really holds is the keychain's to say: `caulk vault doctor` holds one against the other.

use super::{Entry, VaultName};
use crate::host::{FileError, lock, state, trusted, write};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file's name in the state folder.
pub const INDEX_FILE: &str = "vault.json";
/// The lock beside it.
const LOCK_FILE: &str = "vault.lock";
/// The format that this version writes.
const SCHEMA: u32 = 1;
/// Largest index read, bytes.
const MOST: usize = 64 << 20;
/// How long another process may hold the index.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was sealed, in order of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The file's format.
    #[serde(rename = "schema_version")]
    schema: u32,
    /// The secrets, without their values.
    #[serde(default)]
    pub entries: Vec<Entry>,
}

impl Default for Index {
    fn default() -> Self {
        Self { schema: SCHEMA, entries: Vec::new() }
    }
}

impl Index {
    /// Where the index of a state folder lies.
    #[must_use]
    pub fn path(state_dir: &Path) -> PathBuf {
        state_dir.join(INDEX_FILE)
    }

    /// Reads the index; one that is not there is empty. One that others can write is refused: whoever
    /// writes it decides who is handed a secret.
    pub fn load(state_dir: &Path) -> Result<Self, FileError> {
        let path = Self::path(state_dir);
        let text = match trusted::read(&path, MOST) {
            Ok(read) => read.text,
            Err(error) if error.is_absent() => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let broken = || {
            FileError::refused(
                &path,
                "is not an index of caulk; move it away, and `caulk vault doctor` says what is missing",
            )
        };
        let index: Self = serde_json::from_str(&text).map_err(|_| broken())?;
        if index.schema > SCHEMA {
            return Err(FileError::refused(&path, "was written by a later caulk; use that one"));
        }
        Ok(index)
    }

    /// Changes the index: reads it, lets `change` work on it and writes it, with no other process between.
    pub fn update<T>(state_dir: &Path, change: impl FnOnce(&mut Self) -> T) -> Result<T, FileError> {
        state::ensure_dir(state_dir)?;
        let _lock = lock::take(&state_dir.join(LOCK_FILE), PATIENCE)?;
        let before = Self::load(state_dir)?;
        let mut index = before.clone();
        let result = change(&mut index);
        index.entries.sort_by(|a, b| a.name.cmp(&b.name));
        if index != before {
            index.schema = SCHEMA;
            let path = Self::path(state_dir);
            let mut text = serde_json::to_vec_pretty(&index)
                .map_err(|_| FileError::refused(&path, "cannot be written: an entry is no JSON"))?;
            text.push(b'\n');
            write::write(&path, &text)?;
        }
        Ok(result)
    }

    /// The entry of a name.
    #[must_use]
    pub fn find(&self, name: &VaultName) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name.as_str())
    }

    /// The same, to be changed.
    pub fn find_mut(&mut self, name: &VaultName) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.name == name.as_str())
    }

    /// Adds an entry, or puts it in the place of the one with its name.
    pub fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|old| old.name == entry.name) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Takes an entry out.
    pub fn take(&mut self, name: &VaultName) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.name == name.as_str())?;
        Some(self.entries.remove(at))
    }
}
