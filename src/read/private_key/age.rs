//! age's identities: a line of Bech32 each (BIP 173), native or a plugin's.
//!
//! The checksum is a rule's business.

use super::{KeyBlock, KeyLabel};

pub(super) const NATIVE: &[u8] = b"AGE-SECRET-KEY-";
pub(super) const PLUGIN: &[u8] = b"AGE-PLUGIN-";
/// Bech32 data characters, upper case.
const BECH32: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
/// Characters of a Bech32 checksum.
const CHECKSUM: usize = 6;

/// The identity at `at`: `AGE-SECRET-KEY-1…`, `AGE-SECRET-KEY-PQ-1…`.
pub(super) fn native(source: &[u8], at: usize) -> Option<KeyBlock> {
    let rest = &source[at + NATIVE.len()..];
    let prefix = if rest.starts_with(b"1") {
        1
    } else if rest.starts_with(b"PQ-1") {
        4
    } else {
        return None;
    };
    identity(source, at, NATIVE.len() + prefix, KeyLabel::Age, 58..59)
}

/// The handle at `at`: `AGE-PLUGIN-NAME-1…`.
pub(super) fn plugin(source: &[u8], at: usize) -> Option<KeyBlock> {
    let rest = &source[at + PLUGIN.len()..];
    let name =
        rest.iter().take(64).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b"-_.+".contains(*b));
    let name = &rest[..name.count()];
    let divider = memchr::memmem::find(name, b"-1").filter(|at| *at > 0)?;
    identity(source, at, PLUGIN.len() + divider + 2, KeyLabel::AgePlugin, CHECKSUM + 1..4096)
}

fn identity(source: &[u8], at: usize, head: usize, label: KeyLabel, fits: std::ops::Range<usize>) -> Option<KeyBlock> {
    if source[..at].last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = &source[at + head..];
    let run = rest.iter().take_while(|b| b.is_ascii_alphanumeric()).take(4096).count();
    let data = &rest[..run];
    let complete = fits.contains(&data.len()) && data.iter().all(|b| BECH32.contains(b));
    let encrypted = (label == KeyLabel::Age).then_some(false);
    Some(KeyBlock { span: at..at + head + run, label, encrypted, complete })
}
