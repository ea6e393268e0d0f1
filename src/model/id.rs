//! A finding's stable name.
//!
//! Made of rule, relative path, pointer and ordinal: never of a line, never of the value. So an id
//! survives edits above it and a rotated token, and tells nothing about the secret.

use sha2::{Digest, Sha256};
use std::fmt;

/// A finding's stable name: 20 hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FindingId(String);

/// What an id is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct IdParts {
    /// The rule's lineage: its id, or the oldest id it supersedes.
    pub lineage: String,
    /// The home- or repository-relative path, `/` between parts, as bytes (paths need not be UTF-8).
    pub path: Vec<u8>,
    /// Field and container key, unmasked bytes are never put here: the masked text is.
    pub pointer: String,
}

impl FindingId {
    /// The id of the `ordinal`th (from 0) of equal parts, in order of position.
    #[must_use]
    pub fn new(parts: &IdParts, ordinal: u32) -> Self {
        let mut hash = Sha256::new();
        for part in [parts.lineage.as_bytes(), &parts.path, parts.pointer.as_bytes()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(ordinal.to_le_bytes());
        Self(data_encoding::HEXLOWER.encode(&hash.finalize()[..10]))
    }

    /// Reads an id as a user or a baseline gives it; the id need not exist.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
