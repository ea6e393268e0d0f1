//! Values larger than one item of the store, in parts: the Credential Manager's items end at 2560 bytes.
//!
//! The item at the name holds a manifest then, and the parts lie at accounts that are no names
//! (`name#generation.number`). Every write has a generation of its own and the manifest is written
//! when all its parts are there, so whoever stops in between leaves the old value or the new one, whole.
//! What an interrupted write leaves are parts that no manifest names: see [`orphans`].

use super::{MOST_BYTES, Store, VaultError};
use crate::model::Secret;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// How a manifest begins. A value that begins so is kept in parts, whatever its size.
const MAGIC: &str = "caulk-parts:1:";
/// Between a name and its part; stands in no name.
const MARK: char = '#';
/// Hexadecimal digits of a generation.
const GENERATION: usize = 16;
/// Reads of a value that is being replaced meanwhile.
const TRIES: usize = 4;

/// What the item at a name says when the value is in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Manifest {
    generation: String,
    parts: usize,
    bytes: usize,
    digest: String,
}

impl Manifest {
    fn parse(item: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(item).ok()?.strip_prefix(MAGIC)?;
        let mut fields = text.split(':');
        let (generation, parts, bytes, digest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let hex = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit());
        let (parts, bytes) = (parts.parse().ok()?, bytes.parse().ok()?);
        let sane = hex(generation, GENERATION) && hex(digest, 64) && bytes <= MOST_BYTES && parts <= bytes;
        let manifest = Self { generation: generation.into(), parts, bytes, digest: digest.into() };
        (sane && fields.next().is_none()).then_some(manifest)
    }

    fn text(&self) -> String {
        format!("{MAGIC}{}:{}:{}:{}", self.generation, self.parts, self.bytes, self.digest)
    }

    fn accounts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        (0..self.parts).map(move |number| format!("{name}{MARK}{}.{number}", self.generation))
    }
}

/// Stores a value at `name`, in parts where it must be.
pub(super) fn set(store: &dyn Store, name: &str, value: &Secret) -> Result<(), VaultError> {
    let before = store.get(name)?.and_then(|item| Manifest::parse(item.expose()));
    if value.len() <= store.most_bytes() && !value.expose().starts_with(MAGIC.as_bytes()) {
        store.set(name, value)?;
    } else {
        let manifest = Manifest {
            generation: generation()?,
            parts: value.len().div_ceil(store.most_bytes()),
            bytes: value.len(),
            digest: digest(value.expose()),
        };
        let parts = value.expose().chunks(store.most_bytes());
        for (account, part) in manifest.accounts(name).zip(parts) {
            if let Err(error) = store.set(&account, &Secret::copy_of(part)) {
                discard(store, name, &manifest);
                return Err(error);
            }
        }
        // When this fails nobody knows whether it was written: the parts of both values stay.
        store.set(name, &Secret::copy_of(manifest.text().as_bytes()))?;
    }
    // The value is in place; what is left of the old one is found by `orphans` if this fails.
    if let Some(before) = before {
        discard(store, name, &before);
    }
    Ok(())
}

/// The value at `name`. While another process replaces it, the old one or the new one.
pub(super) fn get(store: &dyn Store, name: &str) -> Result<Option<Secret>, VaultError> {
    let mut last: Option<Manifest> = None;
    for _ in 0..TRIES {
        let Some(item) = store.get(name)? else { return Ok(None) };
        if item.is_empty() || !item.expose().starts_with(MAGIC.as_bytes()) {
            return Ok(Some(item));
        }
        // Somebody else's value may begin like that and be no manifest.
        let Some(manifest) = Manifest::parse(item.expose()) else { return Ok(Some(item)) };
        if last.as_ref() == Some(&manifest) {
            break;
        }
        if let Some(value) = gather(store, name, &manifest)? {
            return Ok(Some(value));
        }
        last = Some(manifest);
    }
    Err(VaultError::Mismatch)
}

/// Removes the value at `name`: the item first, so that no manifest is left without its parts.
pub(super) fn remove(store: &dyn Store, name: &str) -> Result<bool, VaultError> {
    let manifest = store.get(name)?.and_then(|item| Manifest::parse(item.expose()));
    let was = store.remove(name)?;
    if let Some(manifest) = manifest {
        for account in manifest.accounts(name) {
            store.remove(&account)?;
        }
    }
    Ok(was)
}

/// Accounts of parts that belong to no value: left by a write that was interrupted, or just being written.
pub(super) fn orphans(store: &dyn Store) -> Result<Vec<String>, VaultError> {
    let parts: BTreeSet<String> = store.accounts()?.into_iter().filter(|account| account.contains(MARK)).collect();
    let names: BTreeSet<&str> = parts.iter().filter_map(|part| part.split(MARK).next()).collect();
    let mut claimed = BTreeSet::new();
    for name in names {
        if let Some(manifest) = store.get(name)?.and_then(|item| Manifest::parse(item.expose())) {
            claimed.extend(manifest.accounts(name));
        }
    }
    Ok(parts.difference(&claimed).cloned().collect())
}

/// The parts together; `None` when they are not all there or not what the manifest says.
fn gather(store: &dyn Store, name: &str, manifest: &Manifest) -> Result<Option<Secret>, VaultError> {
    // Room for all of it: a buffer that grows leaves pieces in freed memory.
    let mut value = Zeroizing::new(Vec::with_capacity(manifest.bytes));
    for account in manifest.accounts(name) {
        match store.get(&account)? {
            Some(part) if value.len() + part.len() <= manifest.bytes => value.extend_from_slice(part.expose()),
            _ => return Ok(None),
        }
    }
    let whole = value.len() == manifest.bytes && digest(&value) == manifest.digest;
    Ok(whole.then(|| Secret::from_zeroizing(value)))
}

/// Removes parts, as far as that works.
fn discard(store: &dyn Store, name: &str, manifest: &Manifest) {
    for account in manifest.accounts(name) {
        if store.remove(&account).is_err() {
            return;
        }
    }
}

fn generation() -> Result<String, VaultError> {
    let mut random = [0_u8; GENERATION / 2];
    getrandom::fill(&mut random).map_err(|_| VaultError::Other)?;
    Ok(data_encoding::HEXLOWER.encode(&random))
}

fn digest(value: &[u8]) -> String {
    Sha256::digest(value).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
