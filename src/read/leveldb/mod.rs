//! LevelDB as browsers and Electron applications keep their storage in: its logs (`*.log`) and tables
//! (`*.ldb`, `*.sst`), each file by itself, read in place.
//!
//! The library would have to lock the folder and replay the log into new files. Here every entry that
//! a file still holds is given once, overwritten and deleted ones too, in the order in which they lie
//! there. Which of them is current needs the whole folder and is not asked. RocksDB is not read, nor
//! is it known here what an entry means to its application; the keys and values of browsers' DOM
//! storage are taken apart in `storage`.
//!
//! Sources: `doc/log_format.md`, `doc/table_format.md` and `db/write_batch.cc` of LevelDB.
//!
//! Memory: a block or record of at most [`Limits::cell_bytes`], its uncompressed copy, a key of
//! [`KEY_BYTES`]. Blocks of a table must lie one after the other, so none is read twice.

mod log;
mod storage;
mod table;

pub use storage::{Form, Key, key, text, wide};

use super::Problem;
use super::sqlite::PageSource;
use crate::model::Limits;
use zeroize::Zeroizing;

/// Bytes of a key that are kept: the tables' keys are written by what they differ in, and must not multiply.
pub const KEY_BYTES: usize = 256;

/// One entry. Holds raw content: never print it.
pub struct Entry<'a> {
    /// Its key, at most [`KEY_BYTES`] of it; `None` for bytes that could not be taken apart.
    pub key: Option<&'a [u8]>,
    /// Bytes of the key that are its own; the others were those of the entry before.
    pub own: usize,
    /// Its value, or the bytes; empty for a deletion.
    pub value: &'a [u8],
}

/// Gives every entry of a log or table. Never fails: what cannot be taken apart is given as it is
/// where that is text. Tells the first thing that was wrong; a bound counts for more than a defect.
pub fn scan(
    source: &dyn PageSource,
    limits: &Limits,
    stop: &dyn Fn() -> bool,
    visit: &mut dyn FnMut(&Entry<'_>),
) -> Option<Problem> {
    let mut out = Out { visit, stop, problem: None, limits };
    if table::is_table(source) {
        table::scan(source, &mut out);
    } else {
        log::scan(source, &mut out);
    }
    out.problem
}

/// Where entries and problems go.
struct Out<'o> {
    visit: &'o mut dyn FnMut(&Entry<'_>),
    stop: &'o dyn Fn() -> bool,
    problem: Option<Problem>,
    limits: &'o Limits,
}

impl Out<'_> {
    fn note(&mut self, what: &'static str, offset: u64, bound: bool) {
        if self.problem.is_none_or(|first| bound && !first.bound) {
            self.problem = Some(Problem { what, offset: usize::try_from(offset).unwrap_or(usize::MAX), bound });
        }
    }

    fn entry(&mut self, key: &[u8], own: usize, value: &[u8]) {
        let key = &key[..key.len().min(KEY_BYTES)];
        (self.visit)(&Entry { key: Some(key), own, value });
    }

    fn raw(&mut self, value: &[u8]) {
        if !value.is_empty() {
            (self.visit)(&Entry { key: None, own: 0, value });
        }
    }

    /// Reads until `buffer` is full or the source ends; what was read.
    fn fill<'b>(&mut self, source: &dyn PageSource, offset: u64, buffer: &'b mut [u8]) -> &'b [u8] {
        let mut filled = 0;
        while filled < buffer.len() {
            match source.read_at(offset + filled as u64, &mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read.min(buffer.len() - filled),
                Err(_) => {
                    self.note("part could not be read", offset + filled as u64, false);
                    break;
                }
            }
        }
        &buffer[..filled]
    }
}

/// A wiped buffer of `bytes` zeros.
fn buffer(bytes: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; bytes])
}

/// An unsigned number of seven bits a byte, low ones first; and what follows.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * index as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

/// Bytes whose number comes before them; and what follows.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = varint(bytes)?;
    rest.split_at_checked(usize::try_from(length).ok()?)
}
