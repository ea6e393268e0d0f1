//! Keyed digests that group sightings of one secret without giving a dictionary anything to run against.
//!
//! Keys are handed in; making, storing and reading them belongs to `host`.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// HMAC-SHA-256 of a secret under one key of the [`KeyRing`]: the report's `fingerprint`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretId(String);

impl SecretId {
    /// `hmac-sha256:` and 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The keys that secrets are fingerprinted with: the machine's or the fleet's, and a baseline's salt.
pub struct KeyRing {
    main: Zeroizing<Vec<u8>>,
    baseline: Option<Zeroizing<Vec<u8>>>,
}

impl KeyRing {
    /// A ring with the machine's (or the fleet's) key.
    #[must_use]
    pub fn new(main: Zeroizing<Vec<u8>>) -> Self {
        Self { main, baseline: None }
    }

    /// Another ring with the same main key, for whoever outlives this one.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { main: self.main.clone(), baseline: self.baseline.clone() }
    }

    /// Adds the salt of a baseline, so that [`KeyRing::baseline_id`] has something to give.
    #[must_use]
    pub fn with_baseline_salt(mut self, salt: Zeroizing<Vec<u8>>) -> Self {
        self.baseline = Some(salt);
        self
    }

    /// The fingerprint of `secret` under the machine's or fleet's key.
    #[must_use]
    pub fn id(&self, secret: &[u8]) -> SecretId {
        SecretId(keyed(&self.main, b"secret", secret))
    }

    /// The fingerprint of `secret` under the baseline's salt, when there is one.
    #[must_use]
    pub fn baseline_id(&self, secret: &[u8]) -> Option<SecretId> {
        self.baseline.as_ref().map(|salt| SecretId(keyed(salt, b"baseline", secret)))
    }

    /// A stable, non-reversible name for something that is not a secret (a host name), under the main key.
    #[must_use]
    pub fn host_id(&self, name: &[u8]) -> String {
        keyed(&self.main, b"host", name)[12..28].to_owned()
    }
}

fn keyed(key: &[u8], domain: &[u8], message: &[u8]) -> String {
    // HMAC takes a key of any length; the error type exists only for other MACs.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(domain);
    mac.update(&[0]);
    mac.update(message);
    format!("hmac-sha256:{}", data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes()))
}
