//! The value of a credential, and the only stand-in for it that may be shown.
//!
//! Nothing here may gain `Display`, `Debug`, `Clone`, `Serialize` or `PartialEq` for [`Secret`]:
//! `tests/types.rs` fails if it does. Whoever needs the bytes calls [`Secret::expose`], which is
//! easy to grep for.

use zeroize::Zeroizing;

/// The raw bytes of one credential, wiped when dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Copies `bytes` into a buffer that is wiped on drop.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// Takes a buffer that is wiped already, without another copy.
    #[must_use]
    pub fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes themselves. Every use of this is a place to review.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The printable stand-in for a secret: the vendor's public prefix, and the last four characters
/// of a secret that has at least [`Redacted::RANDOM_FOR_TAIL`] random ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    text: String,
    length: Option<usize>,
}

impl Redacted {
    /// Random characters a secret must have before its last four may be shown.
    pub const RANDOM_FOR_TAIL: usize = 24;

    /// Redacts `secret`; `prefix` is how many leading bytes are the vendor's public prefix.
    ///
    /// `random` is the number of characters that carry randomness, when it is known to be fewer
    /// than everything after the prefix (a checksum, a structured part); otherwise pass the
    /// length less the prefix.
    #[must_use]
    pub fn of(secret: &[u8], prefix: usize, random: usize) -> Self {
        let prefix = prefix.min(secret.len());
        let printable = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_graphic);
        let mut text = String::new();
        if printable(&secret[..prefix]) {
            text.push_str(&String::from_utf8_lossy(&secret[..prefix]));
        }
        text.push('…');
        let rest = secret.len() - prefix;
        let long = random.min(rest) >= Self::RANDOM_FOR_TAIL;
        if long {
            let tail = &secret[secret.len() - 4..];
            if tail.iter().all(u8::is_ascii_alphanumeric) {
                text.push_str(&String::from_utf8_lossy(tail));
            }
        }
        Self { text, length: long.then_some(secret.len()) }
    }

    /// A stand-in for something that must not show even its end: a private key, a pair.
    #[must_use]
    pub fn opaque(label: &str) -> Self {
        Self { text: format!("{label}…"), length: None }
    }

    /// What may be printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Length of the secret in bytes; only for secrets long enough that it tells nothing.
    #[must_use]
    pub fn length(&self) -> Option<usize> {
        self.length
    }
}
