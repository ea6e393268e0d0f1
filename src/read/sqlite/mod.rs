//! SQLite databases read as bytes: in place, without the SQLite library, a copy or a side file.
//!
//! An editor's database is open, large and possibly hostile. Opening it through the library would
//! create side files next to it or miss what is only in the write-ahead log (WAL), and SQL never shows what
//! deleting leaves behind. So the pages are read one at a time, through the WAL as SQLite would see
//! them, and every byte that may hold text is given once: live rows by column, the rest as raw areas.
//! Nothing here knows files, rules or secrets, or writes anything; SQL is not parsed.
//!
//! Which part of the file format description (`sqlite.org/fileformat2.html`) stands behind what:
//!
//! | module | sections |
//! | --- | --- |
//! | `header` | 1.3 The Database Header; 1.4 The Lock-Byte Page (read like any page that nothing reaches) |
//! | `free` | 1.5 The Freelist; 1.8 Pointer Map or Ptrmap Pages |
//! | `btree`, `walk` | 1.6 B-tree Pages (header, pointer array, cells, free blocks, fragments, local payload) |
//! | `payload` | 1.7 Cell Payload Overflow Pages |
//! | `record` | 1.6 (varint), 2.1 Record Format; 2.4 Representation Of WITHOUT ROWID Tables |
//! | `walk` | 2.6 Storage Of The SQL Database Schema |
//! | `wal`, `log` | 4.1 WAL File Format; 4.2 Checksum Algorithm; 4.4 Reader Algorithm |
//!
//! The order is fixed by the bytes alone: the schema, each tree in the schema's order, the freelist,
//! pages that nothing reaches, pages the WAL supersedes, what else lies in the WAL. Within a tree, a
//! page comes before its children and children come in key order.
//!
//! Every page is claimed once in a set of one bit a page, so cycles and shared pages end by
//! themselves. A page is read to be walked and, if it is in the WAL, twice more (checksum, comparison
//! with the main file); a frame that is not live is compared with two others. Memory: a few pages, one
//! cell up to [`Limits::cell_bytes`] (and its transcoded copy in a UTF-16
//! database), eight bytes a WAL frame. All buffers that hold content are wiped.

mod btree;
mod free;
mod header;
mod log;
mod out;
mod pages;
mod payload;
mod record;
mod wal;
mod walk;

use crate::model::Limits;
use crate::read::Problem;
use header::Header;
use out::Out;
use pages::{Pages, fill};
use wal::Wal;

/// Random access to a file's bytes, so that no file type of ours is known here.
pub trait PageSource {
    /// Bytes of the file now; a live writer may change it between calls.
    fn len(&self) -> u64;

    /// Reads into `buf` from `offset`; gives the bytes read, 0 at the end, fewer than asked at will.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PageSource for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|from| self.get(from..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Where in a database a piece of text lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A live row of the main file.
    Row,
    /// The write-ahead log: a live row ([`Cell::table`] is set) or an older image of a page (it is not).
    Wal,
    /// Space no live row uses: free pages, free blocks, gaps, slack, pages nothing reaches; in the
    /// page's live image, which may lie in the WAL.
    FreeSpace,
    /// The main file's image of a page whose live image is in the WAL.
    SupersededPage,
}

impl Part {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Wal => "wal",
            Self::FreeSpace => "free-space",
            Self::SupersededPage => "superseded-page",
        }
    }
}

/// One piece of text found in a database. Holds raw content: never print it.
pub struct Cell<'a> {
    /// Where it lies.
    pub part: Part,
    /// The table's name, lossily decoded, at most 255 bytes; live rows only.
    pub table: Option<&'a str>,
    /// What names the row, at most 1024 bytes: the first column where a record has just two and the first is text
    /// (`ItemTable`, `cursorDiskKV`) or the table has no rowid; else the rowid in decimal. Live rows only.
    pub key: Option<&'a [u8]>,
    /// Place in the record, from 0: the column's, but in a WITHOUT ROWID table the primary key's columns come first.
    pub column: usize,
    /// The page, from 1; of a row that overflows, the one its record starts on.
    pub page: u32,
    /// Bytes of the text (as UTF-8) or blob, or of a raw area. Not empty. A value longer than
    /// [`Limits::cell_bytes`] comes in pieces that overlap by [`Limits::overlap_bytes`].
    pub value: &'a [u8],
}

/// How a scan went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The first thing that was wrong; its offset is a byte of the main file (of the WAL, where the phrase names it).
    pub problem: Option<Problem>,
    /// Page images looked at, in the main file and the WAL.
    pub pages: u64,
    /// Whether the file was written to meanwhile, so that rows may be missing or torn.
    pub changed: bool,
}

/// Whether a file that begins with `head` (16 bytes suffice) says it is a SQLite database.
#[must_use]
pub fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(header::MAGIC)
}

/// Gives every live text and blob of the database, then all raw areas where text may have been left.
///
/// Never fails: what cannot be understood is given as raw text, with a [`Problem`].
pub fn scan(
    db: &dyn PageSource,
    wal: Option<&dyn PageSource>,
    limits: &Limits,
    visit: &mut dyn FnMut(&Cell<'_>),
) -> Outcome {
    let before = Stamp::take(db, wal);
    let mut out = Out::new(visit);
    let main = main_header(db);
    let log = wal.map(|source| Wal::open(source, main.as_ref().ok().map(|header| header.page_size), limits, &mut out));
    let log_before = log.as_ref().map(Wal::watched);
    match current_header(main, log.as_ref()) {
        Ok(header) => {
            out.encoding = header.encoding;
            let mut pages = Pages::new(db, log.as_ref(), &header, limits, &mut out);
            walk::tables(&mut pages, &mut out, limits);
            free::freelist(&mut pages, &mut out, &header);
            free::unreached(&mut pages, &mut out, &header);
            log::superseded(&pages, &mut out);
            log::leftovers(Some(&pages), log.as_ref(), &mut out, limits);
        }
        Err(what) => {
            if !db.is_empty() {
                out.problem(what, 0, false);
            }
            let bytes = limits.database_pages.saturating_mul(4096);
            out.raw_source(db, 0, bytes, Part::FreeSpace, limits);
            log::leftovers(None, log.as_ref(), &mut out, limits);
        }
    }
    let changed = Stamp::take(db, wal) != before || log.as_ref().map(Wal::watched) != log_before;
    Outcome { problem: out.problem, pages: out.pages, changed }
}

/// What tells that somebody wrote: sizes, the main file's change counter, the WAL's header with its salts.
#[derive(PartialEq, Eq)]
struct Stamp {
    db_len: u64,
    counter: [u8; 4],
    wal_len: Option<u64>,
    wal_header: [u8; wal::HEADER_BYTES],
}

impl Stamp {
    fn take(db: &dyn PageSource, wal: Option<&dyn PageSource>) -> Self {
        let mut counter = [0; 4];
        fill(db, header::CHANGE_COUNTER, &mut counter);
        let mut wal_header = [0; wal::HEADER_BYTES];
        if let Some(source) = wal {
            fill(source, 0, &mut wal_header);
        }
        Self { db_len: db.len(), counter, wal_len: wal.map(PageSource::len), wal_header }
    }
}

fn main_header(db: &dyn PageSource) -> Result<Header, &'static str> {
    let mut head = [0; header::BYTES];
    let got = fill(db, 0, &mut head);
    Header::parse(&head[..got])
}

/// The header as a reader of the database sees it now: page 1 may be in the WAL.
fn current_header(main: Result<Header, &'static str>, log: Option<&Wal<'_>>) -> Result<Header, &'static str> {
    let in_log = log.and_then(|log| {
        let mut head = [0; header::BYTES];
        log.read(log.frame_of(1)?, &mut head);
        Header::parse(&head).ok().filter(|header| header.page_size == log.page_size)
    });
    in_log.map_or(main, Ok)
}
