//! A file's content before and after, sealed: what an undo and a recovery write from.
//!
//! Under a key that is made for one run and lives in the vault. On disk there is no readable copy.

use crate::host::{FileError, open, write};
use crate::model::Secret;
use crate::vault::{Vault, VaultError, VaultName, seal};
use std::path::Path;
use zeroize::Zeroizing;

/// Largest sealed file read, bytes: two documents of the largest size.
const MOST_BYTES: usize = 64 << 20;
/// What stands for "there was no file".
const ABSENT: u64 = u64::MAX;

/// The key of one run.
pub(super) struct RunKey(Zeroizing<[u8; 32]>);

/// Both contents of one file; `None`: it did not exist.
pub(super) struct Images {
    /// Before the change.
    pub(super) before: Option<Zeroizing<Vec<u8>>>,
    /// After it.
    pub(super) after: Option<Zeroizing<Vec<u8>>>,
}

/// The vault name of a run's key.
#[must_use]
pub(super) fn key_name(run: &str) -> VaultName {
    VaultName::of(&["run", run])
}

impl RunKey {
    /// Makes a key and keeps it in the vault.
    pub(super) fn make(vault: &Vault, run: &str) -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *bytes).map_err(|_| VaultError::Other)?;
        // As text: some keychains keep nothing else.
        let text = Zeroizing::new(data_encoding::HEXLOWER.encode(&*bytes).into_bytes());
        vault.set(&key_name(run), &Secret::from_zeroizing(text))?;
        Ok(Self(bytes))
    }

    /// The key of an earlier run; `None`: it is not in the vault.
    pub(super) fn find(vault: &Vault, run: &str) -> Result<Option<Self>, VaultError> {
        let Some(text) = vault.get(&key_name(run))? else { return Ok(None) };
        let decoded = data_encoding::HEXLOWER_PERMISSIVE.decode(text.expose().trim_ascii()).ok().map(Zeroizing::new);
        let Some(decoded) = decoded.filter(|bytes| bytes.len() == 32) else { return Err(VaultError::Mismatch) };
        let mut bytes = Zeroizing::new([0_u8; 32]);
        bytes.copy_from_slice(&decoded);
        Ok(Some(Self(bytes)))
    }
}

impl Images {
    /// Of a file whose content stays as it is.
    pub(super) const NONE: Self = Self { before: None, after: None };

    /// Seals both and writes them to `name` in the run's folder.
    pub(super) fn save(&self, key: &RunKey, folder: &Path, run: &str, name: &str) -> Result<(), FileError> {
        let length = |side: &Option<Zeroizing<Vec<u8>>>| side.as_ref().map_or(ABSENT, |bytes| bytes.len() as u64);
        let side = |side: &Option<Zeroizing<Vec<u8>>>| side.as_ref().map_or(0, |bytes| bytes.len());
        let mut plain = Zeroizing::new(Vec::with_capacity(16 + side(&self.before) + side(&self.after)));
        plain.extend_from_slice(&length(&self.before).to_le_bytes());
        plain.extend_from_slice(&length(&self.after).to_le_bytes());
        for bytes in [&self.before, &self.after].into_iter().flatten() {
            plain.extend_from_slice(bytes);
        }
        let path = folder.join(name);
        let sealed = seal::seal(&key.0, &context(run, name), &plain)
            .map_err(|_| FileError::refused(&path, "cannot be sealed"))?;
        write::write(&path, &sealed)
    }

    /// Reads both.
    pub(super) fn load(key: &RunKey, folder: &Path, run: &str, name: &str) -> Result<Self, FileError> {
        let path = folder.join(name);
        let mut sealed = Vec::new();
        let mut file = open::open(&path).map_err(|skip| FileError::skipped(&path, &skip))?;
        file.read_up_to(&mut sealed, MOST_BYTES).map_err(|skip| FileError::skipped(&path, &skip))?;
        let broken = || FileError::refused(&path, "is not what this run sealed");
        let plain = seal::open(&key.0, &context(run, name), &sealed).map_err(|_| broken())?;
        parse(&plain).ok_or_else(broken)
    }
}

fn parse(plain: &[u8]) -> Option<Images> {
    let (before, rest) = plain.split_first_chunk::<8>()?;
    let (after, mut rest) = rest.split_first_chunk::<8>()?;
    let mut take = |length: [u8; 8]| match u64::from_le_bytes(length) {
        ABSENT => Some(None),
        length => {
            let (side, others) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = others;
            Some(Some(Zeroizing::new(side.to_vec())))
        }
    };
    let images = Images { before: take(*before)?, after: take(*after)? };
    rest.is_empty().then_some(images)
}

/// What a sealed file is bound to: it cannot be put in another's place.
fn context(run: &str, name: &str) -> Vec<u8> {
    format!("caulk image {run} {name}").into_bytes()
}
