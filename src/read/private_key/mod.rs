//! Private keys in any text: PEM and its kin, PuTTY's files, age identities.
//!
//! Finds blocks and says whether a passphrase protects them, also where newlines are written as
//! `\n` or were lost. No key is decrypted, loaded or used.

mod body;
mod pgp;

use super::fields::line_end;
use crate::model::Limits;
use body::Body;
use std::ops::Range;

/// What a block calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyLabel {
    /// `PRIVATE KEY`: PKCS#8.
    Pkcs8,
    /// `ENCRYPTED PRIVATE KEY`: PKCS#8 with a passphrase.
    EncryptedPkcs8,
    /// `RSA PRIVATE KEY`: PKCS#1.
    Rsa,
    /// `EC PRIVATE KEY`: SEC 1.
    Ec,
    /// `DSA PRIVATE KEY`.
    Dsa,
    /// `OPENSSH PRIVATE KEY`.
    OpenSsh,
    /// The same, of a type that lives in a hardware token (`sk-…`): a handle, useless without the token.
    OpenSshHardware,
    /// `PGP PRIVATE KEY BLOCK`.
    Pgp,
    /// `PuTTY-User-Key-File-2` and `-3`.
    Putty,
    /// `AGE-SECRET-KEY-1…`, and the post-quantum `AGE-SECRET-KEY-PQ-1…`.
    Age,
    /// `TSS2 PRIVATE KEY`: sealed to a TPM.
    Tpm,
    /// Any other label that ends in `PRIVATE KEY`.
    Other,
}

/// One private key found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBlock {
    /// From the first byte of BEGIN to the last of END.
    pub span: Range<usize>,
    /// What it calls itself.
    pub label: KeyLabel,
    /// Whether a passphrase protects it; `None` when that cannot be told.
    pub encrypted: Option<bool>,
    /// Whether all of a key is there: an END, and a body that can be one. Samples cut short are not.
    pub complete: bool,
}

const PEM: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
const PUTTY: &[u8] = b"PuTTY-User-Key-File-";
const AGE: &[u8] = b"AGE-SECRET-KEY-";
/// How any key begins: a text without one of these holds none.
pub const STARTS: [&[u8]; 3] = [PEM, PUTTY, AGE];
/// Longest PuTTY file that is looked through for its end.
const PUTTY_BYTES: usize = 64 << 10;

/// All private keys of `source`, in order. A BEGIN without an END gives a block of at most
/// [`Limits::overlap_bytes`] that is not complete.
#[must_use]
pub fn find(source: &[u8], limits: &Limits) -> Vec<KeyBlock> {
    let mut starts: Vec<(usize, KeyLabel)> = Vec::new();
    for (needle, label) in STARTS.into_iter().zip([KeyLabel::Other, KeyLabel::Putty, KeyLabel::Age]) {
        starts.extend(memchr::memmem::find_iter(source, needle).take(limits.nodes).map(|at| (at, label)));
    }
    starts.sort_unstable_by_key(|(at, _)| *at);
    let mut blocks: Vec<KeyBlock> = Vec::new();
    for (index, (at, label)) in starts.iter().enumerate() {
        if blocks.last().is_some_and(|last| *at < last.span.end) {
            continue;
        }
        let next = starts.get(index + 1).map_or(source.len(), |(next, _)| *next);
        let block = match label {
            KeyLabel::Putty => putty(source, *at, next),
            KeyLabel::Age => age(source, *at),
            _ => pem(source, *at, limits),
        };
        blocks.extend(block);
    }
    blocks
}

fn label(name: &[u8]) -> Option<KeyLabel> {
    if !name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ') {
        return None;
    }
    Some(match name {
        b"PRIVATE KEY" => KeyLabel::Pkcs8,
        b"ENCRYPTED PRIVATE KEY" => KeyLabel::EncryptedPkcs8,
        b"RSA PRIVATE KEY" => KeyLabel::Rsa,
        b"EC PRIVATE KEY" => KeyLabel::Ec,
        b"DSA PRIVATE KEY" => KeyLabel::Dsa,
        b"OPENSSH PRIVATE KEY" => KeyLabel::OpenSsh,
        b"PGP PRIVATE KEY BLOCK" => KeyLabel::Pgp,
        b"TSS2 PRIVATE KEY" => KeyLabel::Tpm,
        other if other.ends_with(b" PRIVATE KEY") => KeyLabel::Other,
        _ => return None,
    })
}

fn pem(source: &[u8], at: usize, limits: &Limits) -> Option<KeyBlock> {
    let from = at + PEM.len();
    let head = &source[from..source.len().min(from + 64)];
    let name = &head[..memchr::memmem::find(head, DASHES)?];
    let label = label(name)?;
    let body_start = from + name.len() + DASHES.len();
    let window = &source[body_start..source.len().min(body_start + limits.chunk_bytes)];
    let found = memchr::memmem::find(window, DASHES).map(|i| body_start + i);
    let end = found.and_then(|dashes| {
        let tail = &source[dashes..source.len().min(dashes + 80)];
        let rest = tail.strip_prefix(b"-----END ")?;
        let length = memchr::memmem::find(rest, DASHES)?;
        Some((dashes, dashes + 9 + length + DASHES.len(), &rest[..length] == name))
    });
    let (body_end, span_end, matches) = end.unwrap_or_else(|| {
        let most = found.unwrap_or(source.len()).min(body_start + limits.overlap_bytes);
        let end = body_start + body::extent(&source[body_start..most]);
        (end, end, false)
    });
    let body = Body::of(&source[body_start..body_end]);
    let encrypted = body.encrypted(label, name);
    let complete = matches && body.is_whole(label, encrypted);
    let label = if body.is_hardware(label) { KeyLabel::OpenSshHardware } else { label };
    Some(KeyBlock { span: at..span_end, label, encrypted, complete })
}

fn putty(source: &[u8], at: usize, next: usize) -> Option<KeyBlock> {
    let window = &source[at..next.min(at + PUTTY_BYTES)];
    if !matches!(window.get(PUTTY.len()..PUTTY.len() + 2), Some(b"1:" | b"2:" | b"3:")) {
        return None;
    }
    let after = |name: &[u8]| memchr::memmem::find(window, name).map(|i| i + name.len());
    let encrypted = after(b"Encryption:").map(|from| !window[from..].trim_ascii_start().starts_with(b"none"));
    let private = after(b"Private-Lines:");
    let mac = after(b"Private-MAC:").or_else(|| after(b"Private-Hash:"));
    let digits = |from: usize| {
        let rest = &window[from..];
        let blanks = rest.iter().take_while(|b| **b == b' ').count();
        from + blanks + rest[blanks..].iter().take_while(|b| b.is_ascii_hexdigit()).count()
    };
    let end = mac.map_or_else(|| private.unwrap_or_else(|| line_end(window, 0)), digits);
    let long = private.zip(mac).is_some_and(|(private, mac)| {
        private < mac && Body::of(&window[private..mac]).payload() >= 40 && end > mac + 20
    });
    Some(KeyBlock { span: at..at + end, label: KeyLabel::Putty, encrypted, complete: long })
}

/// Bech32 data characters, upper case (BIP 173).
const BECH32: &[u8] = b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

fn age(source: &[u8], at: usize) -> Option<KeyBlock> {
    if source[..at].last().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let rest = &source[at + AGE.len()..];
    let prefix = if rest.starts_with(b"1") {
        1
    } else if rest.starts_with(b"PQ-1") {
        4
    } else {
        return None;
    };
    let run = rest[prefix..].iter().take_while(|b| b.is_ascii_alphanumeric()).take(4096).count();
    let data = &rest[prefix..prefix + run];
    let complete = data.len() == 58 && data.iter().all(|b| BECH32.contains(b));
    let span = at..at + AGE.len() + prefix + run;
    Some(KeyBlock { span, label: KeyLabel::Age, encrypted: Some(false), complete })
}
