//! `--store file`: one age file under a passphrase, for machines without a keychain. Only by name.
//!
//! It protects from whoever gets the file and not the passphrase; a program of the same user can wait
//! for the passphrase. Written whole or not at all, by one process at a time.

use super::age_file::{self, Value};
use super::{Store, VaultError};
use crate::host::open::{self, Identity, OpenFile};
use crate::host::{lock, state, write};
use crate::model::{Secret, Skip};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The file's name in the state folder.
pub const STORE_FILE: &str = "vault.age";
const LOCK_FILE: &str = "vault.age.lock";
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Content {
    schema_version: u32,
    items: BTreeMap<String, Value>,
}

/// The open file.
pub struct FileStore {
    folder: PathBuf,
    patience: Duration,
    passphrase: Secret,
    /// What the file held, and which state of it that was: deriving the key again takes its time.
    known: Mutex<Known>,
}

struct Known {
    of: Option<Identity>,
    content: Content,
}

impl FileStore {
    /// Opens the file in `state_dir`, which need not exist yet; `passphrase` is asked once.
    pub fn open(
        state_dir: &Path,
        patience: Duration,
        passphrase: &dyn Fn() -> Option<Secret>,
    ) -> Result<Self, VaultError> {
        state::ensure_dir(state_dir).map_err(|_| VaultError::File)?;
        let passphrase = passphrase().filter(|text| !text.is_empty()).ok_or(VaultError::Passphrase)?;
        let known = Known { of: None, content: Content { schema_version: SCHEMA, items: BTreeMap::new() } };
        let store = Self { folder: state_dir.to_owned(), patience, passphrase, known: Mutex::new(known) };
        store.with(|_| ())?;
        Ok(store)
    }

    /// Whether a state folder has such a file.
    #[must_use]
    pub fn exists(state_dir: &Path) -> bool {
        std::fs::symlink_metadata(state_dir.join(STORE_FILE)).is_ok()
    }

    fn path(&self) -> PathBuf {
        self.folder.join(STORE_FILE)
    }

    /// Works on what the file holds now.
    fn with<T>(&self, work: impl FnOnce(&BTreeMap<String, Value>) -> T) -> Result<T, VaultError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut known)?;
        Ok(work(&known.content.items))
    }

    /// Changes what the file holds, if `change` says that it did, with no other process in between.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Value>) -> bool) -> Result<bool, VaultError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = lock::take(&self.folder.join(LOCK_FILE), self.patience).map_err(|error| match error.kind {
            io::ErrorKind::WouldBlock => VaultError::Deadline,
            _ => VaultError::File,
        })?;
        self.refresh(&mut known)?;
        // Until the file is written, what is known is of no state of it.
        let of = known.of.take();
        if !change(&mut known.content.items) {
            known.of = of;
            return Ok(false);
        }
        let sealed = age_file::seal(&known.content, &self.passphrase)?;
        if sealed.len() > age_file::MOST_BYTES {
            return Err(VaultError::TooLong);
        }
        write::write(&self.path(), &sealed).map_err(|_| VaultError::File)?;
        known.of = open::open(&self.path()).ok().map(|file| file.identity());
        Ok(true)
    }

    /// Reads the file if it is another than the known one.
    fn refresh(&self, known: &mut Known) -> Result<(), VaultError> {
        let mut file = match open::open(&self.path()) {
            Ok(file) => file,
            Err(Skip::Io(io::ErrorKind::NotFound)) => {
                *known = Known { of: None, content: Content { schema_version: SCHEMA, items: BTreeMap::new() } };
                return Ok(());
            }
            Err(_) => return Err(VaultError::File),
        };
        if known.of == Some(file.identity()) {
            return Ok(());
        }
        if !private(&file) {
            return Err(VaultError::File);
        }
        let mut sealed = Vec::new();
        let read = file.read_up_to(&mut sealed, age_file::MOST_BYTES).map_err(|_| VaultError::File)?;
        if read.truncated {
            return Err(VaultError::File);
        }
        let plain = age_file::open(&sealed, &self.passphrase)?;
        let content: Content = serde_json::from_slice(&plain).map_err(|_| VaultError::File)?;
        if content.schema_version > SCHEMA {
            return Err(VaultError::File);
        }
        *known = Known { of: Some(file.identity()), content };
        Ok(())
    }
}

impl Store for FileStore {
    fn set(&self, account: &str, value: &Secret) -> Result<(), VaultError> {
        if value.len() > self.most_bytes() {
            return Err(VaultError::TooLong);
        }
        self.change(|items| {
            items.insert(account.to_owned(), Value(Secret::copy_of(value.expose())));
            true
        })
        .map(drop)
    }

    fn get(&self, account: &str) -> Result<Option<Secret>, VaultError> {
        self.with(|items| items.get(account).map(|value| Secret::copy_of(value.0.expose())))
    }

    fn remove(&self, account: &str) -> Result<bool, VaultError> {
        self.change(|items| items.remove(account).is_some())
    }

    fn accounts(&self) -> Result<Vec<String>, VaultError> {
        self.with(|items| items.keys().cloned().collect())
    }

    fn most_bytes(&self) -> usize {
        super::MOST_BYTES
    }
}

/// Whether the file is this account's alone: nobody else has put it there or can read it.
#[cfg(unix)]
fn private(file: &OpenFile) -> bool {
    let open_to_others = file.mode().is_none_or(|mode| mode & 0o077 != 0);
    file.uid() == Some(rustix::process::geteuid().as_raw()) && !open_to_others
}

/// The access list of the user's profile is inherited; it cannot be read without unsafe code.
#[cfg(not(unix))]
fn private(_: &OpenFile) -> bool {
    true
}
