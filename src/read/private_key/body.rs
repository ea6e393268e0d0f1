//! What stands between BEGIN and END: headers and base64, with whatever a text around it did to the lines.
//!
//! Only the head of a key is decoded, into a buffer that is wiped.

use super::{KeyLabel, pgp};
use zeroize::Zeroizing;

/// Base64 characters that are kept: enough for the public part of an OpenPGP key of 8192 bits.
const HEAD: usize = 4096;
/// Least base64 characters of a key: those of Ed25519 in PKCS#8, which is the shortest there is.
const LEAST: usize = 64;
/// Least characters where the body is not DER and so does not tell its own length.
const LEAST_OPAQUE: usize = 100;

pub(super) struct Body {
    /// The first base64 characters, without what divides them.
    head: Zeroizing<Vec<u8>>,
    /// How many there are, padding not counted.
    payload: usize,
    /// Whether something stands there that no key has: `...`, `<key>`, `***`.
    is_broken: bool,
    /// The `ENCRYPTED` of a `Proc-Type` header.
    is_legacy_encrypted: bool,
}

/// How long the text of a key without an END goes on.
pub(super) fn extent(text: &[u8]) -> usize {
    let held = |b: &&u8| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=\\\"',:-".contains(*b);
    let length = text.iter().take_while(held).count();
    text[..length]
        .iter()
        .rposition(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        .map_or(0, |i| i + 1)
}

impl Body {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut body = Self {
            head: Zeroizing::new(Vec::with_capacity(HEAD)),
            payload: 0,
            is_broken: false,
            is_legacy_encrypted: memchr::memmem::find(&text[..text.len().min(512)], b"4,ENCRYPTED").is_some(),
        };
        let mut rest = text;
        while !rest.is_empty() {
            let (line, length) = line(rest);
            rest = &rest[length..];
            body.line(line);
        }
        body
    }

    /// One line of the body, whatever it was divided by.
    fn line(&mut self, line: &[u8]) {
        let line = line.trim_ascii();
        // A header (`Proc-Type:`, `Version:`), or the checksum of OpenPGP armor.
        let header = memchr::memchr(b':', line)
            .is_some_and(|at| at < 24 && line[..at].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-'));
        if header || line.len() == 5 && line[0] == b'=' {
            return;
        }
        for byte in line {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => {
                    self.payload += 1;
                    if self.head.len() < HEAD {
                        self.head.push(*byte);
                    }
                }
                b'.' | b'<' | b'>' | b'*' | b'[' | b']' | b'{' | b'}' | b'$' | b'%' => self.is_broken = true,
                _ => {}
            }
        }
    }

    /// Base64 characters.
    pub(super) fn payload(&self) -> usize {
        self.payload
    }

    /// The first bytes, as many as decode.
    fn decoded(&self) -> Zeroizing<Vec<u8>> {
        let whole = self.head.len() / 4 * 4;
        let decoded = data_encoding::BASE64.decode(&self.head[..whole]);
        Zeroizing::new(decoded.unwrap_or_default())
    }

    pub(super) fn encrypted(&self, label: KeyLabel, name: &[u8]) -> Option<bool> {
        match label {
            KeyLabel::EncryptedPkcs8 => Some(true),
            KeyLabel::Other if name.starts_with(b"ENCRYPTED ") => Some(true),
            KeyLabel::Pkcs8 => Some(false),
            KeyLabel::Rsa | KeyLabel::Ec | KeyLabel::Dsa => Some(self.is_legacy_encrypted),
            KeyLabel::OpenSsh => {
                let head = self.decoded();
                let cipher = string(head.strip_prefix(b"openssh-key-v1\0")?)?.0;
                Some(cipher != b"none")
            }
            KeyLabel::Pgp => pgp::encrypted(&self.decoded()),
            _ => None,
        }
    }

    /// Whether the body can be a whole key.
    pub(super) fn is_whole(&self, label: KeyLabel, encrypted: Option<bool>) -> bool {
        if self.is_broken || self.payload < LEAST {
            return false;
        }
        let der = matches!(label, KeyLabel::Pkcs8 | KeyLabel::EncryptedPkcs8)
            || encrypted == Some(false) && matches!(label, KeyLabel::Rsa | KeyLabel::Ec | KeyLabel::Dsa);
        // DER begins with a SEQUENCE, always: `M` in base64.
        if der && self.head.first() != Some(&b'M') {
            return false;
        }
        match sequence_length(&self.decoded()).filter(|_| der) {
            // A key that lost its last bytes can be worked out from the rest.
            Some(length) => self.payload * 3 / 4 * 10 >= length * 9,
            None => self.payload >= LEAST_OPAQUE,
        }
    }

    /// Whether it is an OpenSSH key of a hardware type.
    pub(super) fn is_hardware(&self, label: KeyLabel) -> bool {
        let head = self.decoded();
        label == KeyLabel::OpenSsh && key_type(&head).is_some_and(|kind| kind.starts_with(b"sk-"))
    }
}

/// The first line of a text and how much of the text it takes with its end. Lines end with LF, CR, or
/// with those written as `\n`, `\r` by JSON or a quoted string, however often escaped; `\/` is a `/`.
fn line(text: &[u8]) -> (&[u8], usize) {
    let mut at = 0;
    while let Some(found) = memchr::memchr3(b'\n', b'\r', b'\\', &text[at..]) {
        at += found;
        let slashes = text[at..].iter().take_while(|b| **b == b'\\').count();
        match text.get(at + slashes) {
            _ if slashes == 0 => return (&text[..at], at + 1),
            Some(b'n' | b'r' | b't') => return (&text[..at], at + slashes + 1),
            _ => at += slashes,
        }
    }
    (text, text.len())
}

/// A length-prefixed string of the SSH protocol, and the rest.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

/// The type of the public key in an OpenSSH file: after cipher, kdf, its options and the number of keys.
fn key_type(head: &[u8]) -> Option<&[u8]> {
    let mut rest = head.strip_prefix(b"openssh-key-v1\0")?;
    for _ in 0..3 {
        rest = string(rest)?.1;
    }
    // The public key is a string whose first string is the type.
    Some(string(rest.get(8..)?)?.0)
}

/// Whole length of a DER SEQUENCE that says it.
fn sequence_length(head: &[u8]) -> Option<usize> {
    let (&[tag, first], rest) = head.split_first_chunk::<2>()?;
    if tag != 0x30 {
        return None;
    }
    let octets = usize::from(first & 0x7f);
    match first {
        0..=0x7f => Some(2 + usize::from(first)),
        0x81..=0x83 => Some(rest.get(..octets)?.iter().fold(0, |sum, b| sum << 8 | usize::from(*b)) + 2 + octets),
        _ => None,
    }
}
