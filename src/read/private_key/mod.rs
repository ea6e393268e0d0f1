//! Private keys in any text: PEM and its kin, PuTTY's files, age identities, gpg-agent's files, JWK.
//!
//! Finds blocks and says whether a passphrase protects them, also where newlines are written as
//! `\n` or were lost. No key is decrypted, loaded or used.

mod age;
mod body;
mod gnupg;
mod jwk;
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
    /// `AGE-PLUGIN-NAME-1…`: what a plugin finds a key by, mostly in hardware.
    AgePlugin,
    /// An S-expression of gpg-agent.
    Gnupg,
    /// The same for a key on a smart card: where it is, not what.
    GnupgCard,
    /// The `d` of a JSON Web Key.
    Jwk,
    /// `TSS2 PRIVATE KEY`: sealed to a TPM.
    Tpm,
    /// Any other label that ends in `PRIVATE KEY`.
    Other,
}

impl KeyLabel {
    /// Whether it is of no use without a piece of hardware.
    #[must_use]
    pub const fn is_handle(self) -> bool {
        matches!(self, Self::OpenSshHardware | Self::AgePlugin | Self::GnupgCard | Self::Tpm)
    }
}

/// One private key found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyBlock {
    /// From the first byte of BEGIN to the last of END; of a JSON Web Key, the value of `d`.
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
/// How any key begins, or what stands near its beginning: a text without one of these holds none.
pub const STARTS: [&[u8]; 7] = [PEM, PUTTY, age::NATIVE, age::PLUGIN, gnupg::CANONICAL, gnupg::WRITTEN, jwk::KTY];
/// Longest PuTTY file that is looked through for its end.
const PUTTY_BYTES: usize = 64 << 10;

/// All private keys of `source`, in order. A BEGIN without an END gives a block of at most
/// [`Limits::overlap_bytes`] that is not complete.
#[must_use]
pub fn find(source: &[u8], limits: &Limits) -> Vec<KeyBlock> {
    let mut starts: Vec<(usize, &[u8])> = Vec::new();
    for needle in STARTS {
        starts.extend(memchr::memmem::find_iter(source, needle).take(limits.nodes).map(|at| (at, needle)));
    }
    starts.sort_unstable_by_key(|(at, _)| *at);
    let mut blocks: Vec<KeyBlock> = Vec::new();
    // Where the last JSON Web Key named its kind: an object has one.
    let mut kind = 0;
    for (index, (at, needle)) in starts.iter().enumerate() {
        let before = blocks.last().map_or(0, |last| last.span.end);
        if *at < before {
            continue;
        }
        let next = starts.get(index + 1).map_or(source.len(), |(next, _)| *next);
        let block = match *needle {
            PUTTY => putty(source, *at, next),
            age::NATIVE => age::native(source, *at),
            age::PLUGIN => age::plugin(source, *at),
            gnupg::CANONICAL => gnupg::canonical(source, *at),
            gnupg::WRITTEN => gnupg::written(source, *at),
            jwk::KTY => jwk::key(source, *at, std::mem::replace(&mut kind, *at)..next),
            _ => pem(source, *at, limits),
        };
        blocks.extend(block.filter(|block| block.span.start >= before));
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
