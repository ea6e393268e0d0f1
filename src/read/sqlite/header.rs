//! The database header: the first 100 bytes of page 1 (file format 1.3).
//!
//! Only what reading needs; the schema's cookie, versions and pragmas are of no use here.

use super::pages::be32;

/// The header string (1.3.1).
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the header.
pub(super) const BYTES: usize = 100;
/// Where the file change counter is (1.3.7).
pub(super) const CHANGE_COUNTER: u64 = 24;
/// "The usable size is not allowed to be less than 480" (1.3.4).
const SMALLEST_USABLE: usize = 480;

/// How text values are stored (1.3.13).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// What the header says.
pub(super) struct Header {
    /// Bytes of a page: a power of two, 512 to 65,536.
    pub(super) page_size: usize,
    /// Bytes of a page before its reserved region.
    pub(super) usable: usize,
    pub(super) encoding: Encoding,
    /// First trunk page of the freelist; 0: none.
    pub(super) freelist: u32,
    /// Whether there are pointer-map pages (the largest root page is not zero).
    pub(super) pointer_maps: bool,
}

impl Header {
    /// Reads the header; the error is a phrase for a problem.
    pub(super) fn parse(head: &[u8]) -> Result<Self, &'static str> {
        if head.len() < BYTES || !head.starts_with(MAGIC) {
            return Err("no SQLite header");
        }
        // 1.3.2: two bytes, and 1 stands for 65,536, which would not fit.
        let page_size = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65_536,
            stored => usize::from(stored),
        };
        if !valid_page_size(page_size) {
            return Err("page size not a power of two from 512 to 65536");
        }
        let usable = page_size - usize::from(head[20]);
        if usable < SMALLEST_USABLE {
            return Err("reserved region leaves too little of a page");
        }
        let encoding = match be32(head, 56) {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        Ok(Self { page_size, usable, encoding, freelist: be32(head, 32), pointer_maps: be32(head, 52) != 0 })
    }
}

/// Whether a page may have this many bytes.
pub(super) fn valid_page_size(size: usize) -> bool {
    size.is_power_of_two() && (512..=65_536).contains(&size)
}
