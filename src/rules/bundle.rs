//! A signed file of rules and catalogs, brought to a machine without a network.
//!
//! JSON lines: the first tells number, date and day of expiry, every other is a file of rules or a catalog. Signed with
//! minisign over the bytes as they are. Nothing of it is read before its signature holds.

use minisign_verify::{PublicKey, Signature};
use serde::Deserialize;

/// Files of one bundle at most.
const MOST: usize = 10_000;

/// What a verified bundle says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Rises with every bundle of one maker.
    pub version: u64,
    /// `YYYY-MM-DD`.
    pub date: String,
    /// Day after which it is old, `YYYY-MM-DD`.
    pub expires: String,
    /// Files of token rules: name and TOML.
    pub rules: Vec<(String, String)>,
    /// Catalogs: name and text.
    pub catalogs: Vec<(String, String)>,
}

/// Why a bundle was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Not a minisign key.
    #[error("not a minisign public key")]
    Key,
    /// Not a minisign signature.
    #[error("not a minisign signature")]
    Signature,
    /// Signed by somebody else, or changed since.
    #[error("the signature does not hold: the bundle was changed, or somebody else signed it")]
    Refused,
    /// Signed, but no bundle.
    #[error("line {0}: not what a bundle holds")]
    Line(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    caulk_bundle: u32,
    version: u64,
    date: String,
    expires: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Part {
    Rules { name: String, text: String },
    Catalog { name: String, text: String },
}

/// A public key as `minisign -G` writes it: the file, or its second line alone.
fn key_of(text: &str) -> Result<PublicKey, BundleError> {
    let text = text.trim();
    let read = if text.contains('\n') { PublicKey::decode(text) } else { PublicKey::from_base64(text) };
    read.map_err(|_| BundleError::Key)
}

/// Whether `key` is a public key, so that a wrong one is told before anything else is done.
pub fn check_key(key: &str) -> Result<(), BundleError> {
    key_of(key).map(drop)
}

/// Reads a bundle, if `signature` holds under `key`.
pub fn open(bundle: &str, signature: &str, key: &str) -> Result<Bundle, BundleError> {
    let key = key_of(key)?;
    let signature = Signature::decode(signature).map_err(|_| BundleError::Signature)?;
    key.verify(bundle.as_bytes(), &signature, false).map_err(|_| BundleError::Refused)?;
    let mut lines = bundle.lines().enumerate().filter(|(_, line)| !line.is_empty());
    let head: Head = lines.next().and_then(|(_, line)| serde_json::from_str(line).ok()).ok_or(BundleError::Line(1))?;
    if head.caulk_bundle != 1 || [&head.date, &head.expires].iter().any(|date| !super::vet::is_date(date)) {
        return Err(BundleError::Line(1));
    }
    let mut bundle = Bundle {
        version: head.version,
        date: head.date,
        expires: head.expires,
        rules: Vec::new(),
        catalogs: Vec::new(),
    };
    for (number, line) in lines.take(MOST) {
        match serde_json::from_str(line).map_err(|_| BundleError::Line(number + 1))? {
            Part::Rules { name, text } => bundle.rules.push((name, text)),
            Part::Catalog { name, text } => bundle.catalogs.push((name, text)),
        }
    }
    Ok(bundle)
}
