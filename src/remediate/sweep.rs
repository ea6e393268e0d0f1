//! Where a secret still lies: a search for its bytes, by value, through every file of a home.
//!
//! Held secrets are looked for as they are and as base64, percent-encoded, JSON-escaped and UTF-16
//! text. Reads everything and knows no format; what lies compressed is not seen.

use crate::host::open;
use crate::model::Secret;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Shorter secrets are not looked for: they stand in any file by chance.
const LEAST: usize = 8;
/// Larger files are named as not looked into, bytes.
pub const MOST_FILE: u64 = 1 << 30;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;
/// Files named for one secret.
const MOST_PATHS: usize = 200;

/// Secrets in all their forms.
pub struct Sweep {
    needles: Vec<Needle>,
    /// One bit a hash of three bytes: which can begin a needle.
    filter: Zeroizing<Vec<u8>>,
    longest: usize,
    /// By secret, whether it is long enough to be looked for.
    looked_for: Vec<bool>,
}

struct Needle {
    bytes: Secret,
    secret: usize,
}

/// What a sweep came to.
#[derive(Debug, Default)]
pub struct Swept {
    /// For each secret the files that hold it, in order.
    pub found: Vec<Vec<PathBuf>>,
    /// Files read.
    pub files: u64,
    /// Files that were too large or could not be read.
    pub unread: Vec<PathBuf>,
}

impl Sweep {
    /// A sweep for `secrets`.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let mut sweep =
            Self { needles: Vec::new(), filter: Zeroizing::new(vec![0; 8192]), longest: 0, looked_for: Vec::new() };
        for (index, secret) in secrets.into_iter().enumerate() {
            let long = secret.len() >= LEAST;
            sweep.looked_for.push(long);
            if long {
                forms(secret.expose(), &mut |form| sweep.add(index, form));
            }
        }
        sweep
    }

    fn add(&mut self, secret: usize, form: &[u8]) {
        let known = |needle: &Needle| needle.secret == secret && needle.bytes.expose() == form;
        if form.len() < LEAST || self.needles.iter().any(known) {
            return;
        }
        let hash = hash(form[0], form[1], form[2]);
        self.filter[hash / 8] |= 1 << (hash % 8);
        self.longest = self.longest.max(form.len());
        self.needles.push(Needle { bytes: Secret::copy_of(form), secret });
    }

    /// Whether a secret is too short to be looked for.
    #[must_use]
    pub fn is_short(&self, secret: usize) -> bool {
        self.looked_for.get(secret).is_some_and(|looked_for| !looked_for)
    }

    /// Which secrets stand in `text`, each once, in order.
    #[must_use]
    pub fn search(&self, text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        for (at, window) in text.windows(3).enumerate() {
            let hash = hash(window[0], window[1], window[2]);
            if self.filter[hash / 8] & (1 << (hash % 8)) == 0 {
                continue;
            }
            for needle in &self.needles {
                if !found.contains(&needle.secret) && text[at..].starts_with(needle.bytes.expose()) {
                    found.push(needle.secret);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Looks through every file below `root`, of its file system, that is not `left_out`.
    /// `seen` is called for each file; when it gives false, the sweep ends.
    #[must_use]
    pub fn below(&self, root: &Path, left_out: &dyn Fn(&Path) -> bool, seen: &dyn Fn() -> bool) -> Swept {
        let mut swept = Swept { found: self.looked_for.iter().map(|_| Vec::new()).collect(), ..Swept::default() };
        if self.needles.is_empty() {
            return swept;
        }
        let mut buffer = Zeroizing::new(Vec::new());
        let walk = walkdir::WalkDir::new(root).same_file_system(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(|entry| !left_out(entry.path())) {
            let Ok(entry) = entry else { continue };
            if !entry.file_type().is_file() {
                continue;
            }
            if !seen() {
                break;
            }
            match self.file(entry.path(), &mut buffer) {
                Some(secrets) => {
                    swept.files += 1;
                    for secret in secrets {
                        if swept.found[secret].len() < MOST_PATHS {
                            swept.found[secret].push(entry.path().to_owned());
                        }
                    }
                }
                None => swept.unread.push(entry.path().to_owned()),
            }
        }
        swept
    }

    /// The secrets in one file; `None` when it was not read.
    fn file(&self, path: &Path, buffer: &mut Zeroizing<Vec<u8>>) -> Option<Vec<usize>> {
        let file = open::open(path).ok()?;
        if file.len() > MOST_FILE {
            return None;
        }
        let overlap = self.longest.saturating_sub(1);
        let mut found = Vec::new();
        let (mut at, mut kept) = (0, 0);
        loop {
            buffer.resize(kept + CHUNK, 0);
            let read = file.read_at(at, &mut buffer[kept..]).ok()?;
            if read == 0 {
                return Some(found);
            }
            at += read as u64;
            let end = kept + read;
            for secret in self.search(&buffer[..end]) {
                if !found.contains(&secret) {
                    found.push(secret);
                }
            }
            kept = overlap.min(end);
            buffer.copy_within(end - kept..end, 0);
        }
    }
}

fn hash(a: u8, b: u8, c: u8) -> usize {
    let word = u32::from(a) | u32::from(b) << 8 | u32::from(c) << 16;
    (word.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// Gives each form in which a secret may stand in a file.
fn forms(secret: &[u8], give: &mut dyn FnMut(&[u8])) {
    give(secret);
    // base64 of a longer text with the secret in it: three ways to fall on the groups of four.
    for shift in 0..3_usize {
        let mut padded = Zeroizing::new(vec![0; shift]);
        padded.extend_from_slice(secret);
        let skip = [0, 2, 3][shift];
        let whole = (padded.len() * 8) / 6;
        for encoding in [&data_encoding::BASE64_NOPAD, &data_encoding::BASE64URL_NOPAD] {
            let encoded = Zeroizing::new(encoding.encode(&padded).into_bytes());
            give(&encoded[skip.min(encoded.len())..whole.min(encoded.len())]);
        }
    }
    let mut written = [Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new())];
    for byte in secret {
        let [upper, lower, json] = &mut written;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            upper.push(*byte);
            lower.push(*byte);
        } else {
            upper.extend_from_slice(format!("%{byte:02X}").as_bytes());
            lower.extend_from_slice(format!("%{byte:02x}").as_bytes());
        }
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', *byte]),
            b'\n' => json.extend_from_slice(b"\\n"),
            b'\r' => json.extend_from_slice(b"\\r"),
            b'\t' => json.extend_from_slice(b"\\t"),
            _ => json.push(*byte),
        }
    }
    for form in &written {
        give(form);
    }
    if let Ok(text) = std::str::from_utf8(secret) {
        let wide = |order: fn(u16) -> [u8; 2]| Zeroizing::new(text.encode_utf16().flat_map(order).collect::<Vec<u8>>());
        give(&wide(u16::to_le_bytes));
        give(&wide(u16::to_be_bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::Sweep;
    use crate::model::Secret;

    #[test]
    fn every_form_is_found_wherever_it_falls() {
        let secret = b"s3cr\"et/Value+with\\odd=bytes";
        let sweep = Sweep::new([&Secret::copy_of(b"another-secret"), &Secret::copy_of(secret)]);
        for before in ["", "a", "ab", "abc", "user:"] {
            for encoding in [&data_encoding::BASE64, &data_encoding::BASE64URL] {
                let text = encoding.encode(&[before.as_bytes(), secret, b"tail"].concat());
                assert_eq!(sweep.search(format!("x={text}").as_bytes()), [1], "{before} {text}");
            }
        }
        assert_eq!(sweep.search(&[b"..", secret.as_slice(), b".."].concat()), [1]);
        assert_eq!(sweep.search(b"https://u:s3cr%22et%2FValue%2Bwith%5Codd%3Dbytes@host"), [1]);
        assert_eq!(sweep.search(br#"{"a":"s3cr\"et/Value+with\\odd=bytes"}"#), [1]);
        assert_eq!(sweep.search(b"nothing of it, s3cr"), [0_usize; 0]);
    }
}
