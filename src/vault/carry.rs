//! Exports: everything in one age file, to move to another machine or to leave caulk.
//!
//! What is in the file is the user's to keep; caulk forgets it.

use super::age_file::{self, Value};
use super::{Entry, VaultError};
use crate::host::{FileError, open, write};
use crate::model::Secret;
use serde::{Deserialize, Serialize};
use std::path::Path;

const SCHEMA: u32 = 1;

/// One secret on its way.
pub struct Parcel {
    /// What the index knows of it.
    pub entry: Entry,
    /// Its value.
    pub value: Secret,
}

#[derive(Serialize, Deserialize)]
struct Content {
    schema_version: u32,
    entries: Vec<Carried>,
}

#[derive(Serialize, Deserialize)]
struct Carried {
    #[serde(flatten)]
    entry: Entry,
    value_base64: Value,
}

/// Why there is no export or no import.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarryError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] FileError),
    /// It is not to be opened with this passphrase, or is no export.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Writes an export. The file appears whole or not at all, mode 0600.
pub fn write(path: &Path, parcels: Vec<Parcel>, passphrase: &Secret) -> Result<(), CarryError> {
    let entries =
        parcels.into_iter().map(|Parcel { entry, value }| Carried { entry, value_base64: Value(value) }).collect();
    let sealed = age_file::seal(&Content { schema_version: SCHEMA, entries }, passphrase)?;
    if sealed.len() > age_file::MOST_BYTES {
        return Err(VaultError::TooLong.into());
    }
    Ok(write::write(path, &sealed)?)
}

/// Reads an export.
pub fn read(path: &Path, passphrase: &Secret) -> Result<Vec<Parcel>, CarryError> {
    let mut file = open::open(path).map_err(|skip| FileError::skipped(path, &skip))?;
    let mut sealed = Vec::new();
    let read = file.read_up_to(&mut sealed, age_file::MOST_BYTES).map_err(|skip| FileError::skipped(path, &skip))?;
    if read.truncated {
        return Err(FileError::refused(path, "is too large for an export of caulk").into());
    }
    let foreign = || FileError::refused(path, "is no export of caulk, or is damaged");
    let plain = age_file::open(&sealed, passphrase).map_err(|error| match error {
        VaultError::File => CarryError::File(foreign()),
        error => CarryError::Vault(error),
    })?;
    // serde's own words may quote what it read.
    let content: Content = serde_json::from_slice(&plain).map_err(|_| foreign())?;
    if content.schema_version > SCHEMA {
        return Err(FileError::refused(path, "was written by a later caulk; use that one").into());
    }
    let parcel = |carried: Carried| Parcel { entry: carried.entry, value: carried.value_base64.0 };
    Ok(content.entries.into_iter().map(parcel).collect())
}
