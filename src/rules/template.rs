//! Examples of tokens, made when they are needed, so that no token-shaped text stands in the repository.
//!
//! A template is text with directives in angle brackets; `<<` is one bracket. The same template and
//! seed always give the same bytes. Nothing made here was ever issued by anyone.
//!
//! | directive | gives |
//! | --- | --- |
//! | `<an:30>` | 30 letters and digits; `hex`, `HEX`, `b64`, `b64u`, `b32`, `b32l`, `b58`, `lower`, `upper`, `letter`, `digit`, `an36` (lower and digits), `AN36` (upper and digits) alike |
//! | `<x:36>` | the letter x 36 times; `X` and `0` alike |
//! | `<(>` … `<)>` | marks the body of the checksum that follows; without `<)>` it ends where the checksum stands |
//! | `<crc62>` | CRC-32 of the body in six base-62 digits; `crchex` and `CRCHEX` in eight hex digits, `crclehex` with the lowest byte first, `crcleb64` the first six of its base64 |
//! | `<uuid>`, `<b64-of:text>` | a random UUID; base64 of text |
//! | others | whole structures, listed in [`super::maker`]: `<jwt>`, `<jwt:expired>`, `<pypi>`, `<pem:LABEL>`, … |

use super::{checksum, maker};
use sha2::{Digest as _, Sha256};

/// Most characters one directive gives.
const LONGEST: usize = 4096;

/// A small deterministic generator (splitmix64). Not for secrets that open anything.
pub struct Random(u64);

impl Random {
    /// Seeded by any bytes.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        let digest = Sha256::digest(seed);
        Self(digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    /// The next 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number() as u8).collect()
    }

    /// `count` characters of an alphabet.
    pub fn pick(&mut self, alphabet: &[u8], count: usize) -> Vec<u8> {
        let mut one = || alphabet.get((self.number() % alphabet.len().max(1) as u64) as usize).copied();
        (0..count).map_while(|_| one()).collect()
    }
}

/// The bytes that `template` stands for.
#[must_use]
pub fn expand(template: &str, seed: &str) -> Vec<u8> {
    let mut random = Random::new(format!("{seed}\n{template}").as_bytes());
    let mut out = Vec::new();
    let mut body = Body { start: 0, end: None };
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Directive(inner) => match directive(inner, &mut random, &mut body, &out) {
                Some(made) => out.extend(made),
                None => out.extend_from_slice(format!("<{inner}>").as_bytes()),
            },
        }
    }
    out
}

/// What is wrong with `template`; `None` when every directive is known.
#[must_use]
pub fn problem(template: &str) -> Option<String> {
    let mut random = Random::new(b"");
    let mut body = Body { start: 0, end: None };
    if template.is_empty() {
        return Some("template is empty".to_owned());
    }
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Directive(inner) if directive(inner, &mut random, &mut body, b"").is_none() => {
            let word = inner.split(':').next().unwrap_or_default();
            let plain = word.len() <= 24 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            Some(format!("unknown directive `{}` (write `<<` for a bracket)", if plain { word } else { "…" }))
        }
        _ => None,
    })
}

enum Piece<'t> {
    Text(&'t str),
    Directive(&'t str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('<') {
        let (text, tail) = rest.split_at(open);
        pieces.push(Piece::Text(text));
        if let Some(after) = tail.strip_prefix("<<") {
            pieces.push(Piece::Text("<"));
            rest = after;
        } else if let Some(close) = tail.find('>') {
            pieces.push(Piece::Directive(&tail[1..close]));
            rest = &tail[close + 1..];
        } else {
            pieces.push(Piece::Directive(&tail[1..]));
            rest = "";
        }
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// Which part of the output a checksum goes over.
struct Body {
    start: usize,
    end: Option<usize>,
}

fn directive(inner: &str, random: &mut Random, body: &mut Body, out: &[u8]) -> Option<Vec<u8>> {
    let (name, argument) = inner.split_once(':').unwrap_or((inner, ""));
    if let Some(alphabet) = alphabet(name) {
        let count = argument.parse().ok().filter(|count| *count <= LONGEST)?;
        return Some(random.pick(alphabet, count));
    }
    let end = body.end.unwrap_or(out.len()).min(out.len());
    let crc = || checksum::crc32(&out[body.start.min(end)..end]);
    let little = || crc().to_le_bytes();
    match inner {
        "(" => *body = Body { start: out.len(), end: None },
        ")" => body.end = Some(out.len()),
        "crc62" => return Some(checksum::radix(crc(), checksum::BASE62, 6)),
        "crchex" => return Some(format!("{:08x}", crc()).into_bytes()),
        "CRCHEX" => return Some(format!("{:08X}", crc()).into_bytes()),
        "crclehex" => return Some(data_encoding::HEXLOWER.encode(&little()).into_bytes()),
        "crcleb64" => return Some(data_encoding::BASE64.encode(&little()).into_bytes()[..6].to_vec()),
        _ => return maker::structure(name, argument, random),
    }
    Some(Vec::new())
}

fn alphabet(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "an" => checksum::BASE62,
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        "b64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "b64u" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "b32" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "b32l" => b"abcdefghijklmnopqrstuvwxyz234567",
        "b58" => b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
        "an36" => checksum::BASE36,
        "AN36" => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "lower" => b"abcdefghijklmnopqrstuvwxyz",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "letter" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "digit" => b"0123456789",
        "x" => b"x",
        "X" => b"X",
        "0" => b"0",
        _ => return None,
    })
}
