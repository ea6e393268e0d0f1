//! What the bytes of a file are: UTF-8 text, UTF-16 text, or nothing to read as text at all.
//!
//! PowerShell profiles and exports of Windows tools are UTF-16, often without a byte order mark; a
//! scanner that skips whatever holds NUL bytes never sees them. Decides from the bytes alone: names
//! and formats do not belong here.

use zeroize::Zeroizing;

/// How a file's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, ASCII, or any other encoding that agrees with ASCII; with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first, with or without a byte order mark.
    Utf16Le,
    /// UTF-16, high byte first, with or without a byte order mark.
    Utf16Be,
    /// Not text.
    Binary,
}

/// How many bytes [`sniff`] can make use of.
pub const SNIFF_BYTES: usize = 8 << 10;

/// How much of the head is looked at for the NUL pattern of UTF-16.
const PATTERN_BYTES: usize = 4 << 10;

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";
const UTF16_LE_MARK: &[u8] = b"\xff\xfe";
const UTF16_BE_MARK: &[u8] = b"\xfe\xff";

/// First bytes of formats that can pass for text in their head, or often do without NUL bytes.
/// (SQLite is told by its own reader; `MZ` programs always have NUL bytes early on.)
const MAGICS: &[&[u8]] = &[
    b"\x7fELF",
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff", // JPEG
    b"GIF87a",
    b"GIF89a",
    b"PK\x03\x04",       // ZIP, JAR, OOXML
    b"PK\x05\x06",       // ZIP without members
    b"\x1f\x8b\x08",     // gzip
    b"\x28\xb5\x2f\xfd", // Zstandard
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"BZh91AY&SY", // bzip2 at level 9, the default
    b"%PDF-",
    b"\xca\xfe\xba\xbe", // Java classes, universal Mach-O
    b"\0asm",
    b"\xfe\xed\xfa\xce", // Mach-O, both widths, both byte orders
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
];

/// Tells the encoding from the first bytes of a file; more than [`SNIFF_BYTES`] are not looked at.
///
/// In this order: byte order marks, first bytes of known binary formats, the NUL pattern of UTF-16,
/// any NUL byte. UTF-32 counts as binary.
#[must_use]
pub fn sniff(head: &[u8]) -> Encoding {
    let head = &head[..head.len().min(SNIFF_BYTES)];
    if head.starts_with(UTF8_MARK) {
        return Encoding::Utf8;
    }
    if has_binary_magic(head) {
        return Encoding::Binary;
    }
    // Its reader knows it by the same mark; elsewhere it is no text, and its numbers may look like UTF-16.
    if head.starts_with(super::plist::BINARY) {
        return Encoding::Binary;
    }
    if head.starts_with(UTF16_LE_MARK) {
        return Encoding::Utf16Le;
    }
    if head.starts_with(UTF16_BE_MARK) {
        return Encoding::Utf16Be;
    }
    if memchr::memchr(0, head).is_none() {
        return Encoding::Utf8;
    }
    let pattern = &head[..head.len().min(PATTERN_BYTES)];
    if is_utf16(pattern, u16::from_le_bytes) {
        Encoding::Utf16Le
    } else if is_utf16(pattern, u16::from_be_bytes) {
        Encoding::Utf16Be
    } else {
        Encoding::Binary
    }
}

/// Whether the first bytes are those of a known binary format, so that not even a file whose name
/// promises text is read as such. (A history that lost power in mid-write is text with NUL bytes.)
#[must_use]
pub fn has_binary_magic(head: &[u8]) -> bool {
    head.starts_with(b"\xff\xfe\0\0") || MAGICS.iter().any(|magic| head.starts_with(magic))
}

/// Whether these bytes, taken two by two, are mostly ASCII text and never a NUL character.
///
/// At least half of the characters must be below U+0100 and 19 of 20 of those printable ASCII or
/// white space: numbers stored in 16 bits have low values too, but not those of text.
fn is_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let (mut total, mut low, mut text) = (0_usize, 0_usize, 0_usize);
    for pair in bytes.as_chunks::<2>().0 {
        let character = unit(*pair);
        if character == 0 {
            return false;
        }
        total += 1;
        low += usize::from(character < 0x100);
        text += usize::from(matches!(character, 0x09 | 0x0a | 0x0c | 0x0d | 0x20..=0x7e));
    }
    total >= 2 && low * 2 >= total && text * 20 >= low * 19
}

/// Bytes of the byte order mark at the start of `source`, 0 without one. A reader of UTF-8 skips
/// these itself; positions in the file then lie that much further on.
#[must_use]
pub fn bom_len(source: &[u8]) -> usize {
    [UTF8_MARK, UTF16_LE_MARK, UTF16_BE_MARK].iter().find(|mark| source.starts_with(mark)).map_or(0, |mark| mark.len())
}

/// The text of a UTF-16 file as UTF-8, without its byte order mark; `None` when `source` can be
/// read as it is ([`Encoding::Utf8`], mark included) or not at all ([`Encoding::Binary`]).
///
/// Never fails: halves of surrogate pairs and an odd last byte become U+FFFD.
#[must_use]
pub fn to_utf8(source: &[u8], encoding: Encoding) -> Option<Zeroizing<Vec<u8>>> {
    match encoding {
        Encoding::Utf16Le => Some(transcode(source.strip_prefix(UTF16_LE_MARK).unwrap_or(source), u16::from_le_bytes)),
        Encoding::Utf16Be => Some(transcode(source.strip_prefix(UTF16_BE_MARK).unwrap_or(source), u16::from_be_bytes)),
        Encoding::Utf8 | Encoding::Binary => None,
    }
}

fn transcode(source: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<Vec<u8>> {
    let (pairs, odd) = source.as_chunks::<2>();
    let characters = || {
        char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
            .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
            .chain((!odd.is_empty()).then_some(char::REPLACEMENT_CHARACTER))
    };
    // Counted first: a buffer that grows would leave copies of its content behind.
    let mut text = Zeroizing::new(Vec::with_capacity(characters().map(char::len_utf8).sum()));
    for character in characters() {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    text
}
