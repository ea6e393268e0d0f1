//! The write-ahead log: which of its frames are the live image of a page (file format 4.1, 4.2, 4.4).
//!
//! Believes a frame as SQLite does: salts of the header, a checksum over everything before it, and a
//! commit behind it. Gives no content; `log` gives what lies in frames that are not live.

use super::PageSource;
use super::header::valid_page_size;
use super::out::Out;
use super::pages::{be32, buffer, fill};
use crate::model::Limits;

/// Bytes of the WAL's header.
pub(super) const HEADER_BYTES: usize = 32;
/// Bytes of a frame's header.
pub(super) const FRAME_BYTES: usize = 24;
/// Magic number; the lowest bit says that checksums read big-endian words.
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;

/// A write-ahead log.
pub(super) struct Wal<'a> {
    source: &'a dyn PageSource,
    /// Bytes of a page; 0 if nothing says how many.
    pub(super) page_size: usize,
    /// Pages of the database after the last commit; 0: no commit, the main file stands alone.
    pub(super) db_size: u32,
    /// Whole frames in the file, valid or not, that are looked at.
    pub(super) frames: u32,
    /// (page, its last committed frame), ascending by page.
    live: Vec<(u32, u32)>,
    /// Frames up to the last commit, and up to the first one that is not valid.
    ends: [u32; 2],
}

/// Running checksum: two words.
type Sums = [u32; 2];

impl<'a> Wal<'a> {
    /// Reads every frame up to the first one that is not valid.
    pub(super) fn open(source: &'a dyn PageSource, main: Option<usize>, limits: &Limits, out: &mut Out<'_>) -> Self {
        let mut head = [0; HEADER_BYTES];
        let got = fill(source, 0, &mut head);
        let stated = be32(&head, 8) as usize;
        let valid = header_sums(&head).filter(|_| valid_page_size(stated) && main.is_none_or(|main| main == stated));
        let page_size = if valid_page_size(stated) { stated } else { main.unwrap_or(0) };
        if got > 0 && valid.is_none() {
            out.problem("the WAL's header is not valid for this database", 0, false);
        }
        let mut wal = Self { source, page_size, db_size: 0, frames: 0, live: Vec::new(), ends: [0; 2] };
        if page_size > 0 {
            let whole = source.len().saturating_sub(HEADER_BYTES as u64) / wal.slot_bytes();
            let bound = limits.database_pages.min(u64::from(u32::MAX));
            if whole > bound {
                out.problem("more WAL frames than are read", wal.offset(bound as u32), true);
            }
            wal.frames = whole.min(bound) as u32;
        }
        if let Some((sums, big_endian)) = valid {
            wal.index(sums, big_endian, &head[16..24]);
        }
        wal
    }

    fn index(&mut self, mut sums: Sums, big_endian: bool, salts: &[u8]) {
        let mut slot = buffer(FRAME_BYTES + self.page_size);
        let mut committed = 0;
        for frame in 0..self.frames {
            let whole = fill(self.source, self.offset(frame), &mut slot) == slot.len();
            sums = checksum(sums, &slot[..8], big_endian);
            sums = checksum(sums, &slot[FRAME_BYTES..], big_endian);
            let page = be32(&slot, 0);
            let stated = [be32(&slot, 16), be32(&slot, 20)];
            if !whole || page == 0 || slot[8..16] != *salts || stated != sums {
                break;
            }
            self.live.push((page, frame));
            self.ends[1] = frame + 1;
            let size = be32(&slot, 4);
            if size != 0 {
                self.db_size = size;
                self.ends[0] = frame + 1;
                committed = self.live.len();
            }
        }
        self.live.truncate(committed);
        // Stable, so that of one page's frames the last comes last; that one is kept.
        self.live.sort_by_key(|(page, _)| *page);
        self.live.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 = later.1;
            }
            same
        });
        let size = self.db_size;
        self.live.retain(|(page, _)| *page <= size);
    }

    /// The frame that holds the live image of a page.
    pub(super) fn frame_of(&self, page: u32) -> Option<u32> {
        let at = self.live.binary_search_by_key(&page, |(page, _)| *page).ok()?;
        self.live.get(at).map(|(_, frame)| *frame)
    }

    /// Pages with a live image here, ascending.
    pub(super) fn pages(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.live.iter().map(|(page, _)| *page)
    }

    /// The highest of them; 0: none.
    pub(super) fn highest_page(&self) -> u32 {
        self.live.last().map_or(0, |(page, _)| *page)
    }

    /// Reads a frame's page; gives the bytes read.
    pub(super) fn read(&self, frame: u32, buf: &mut [u8]) -> usize {
        fill(self.source, self.offset(frame) + FRAME_BYTES as u64, buf)
    }

    /// The page number a frame states, valid or not.
    pub(super) fn page_of(&self, frame: u32) -> u32 {
        be32(&self.frame_header(frame), 0)
    }

    /// Where the bytes behind the last whole frame begin; they may be part of one.
    pub(super) fn tail(&self) -> u64 {
        self.offset(self.frames)
    }

    /// The file.
    pub(super) fn source(&self) -> &'a dyn PageSource {
        self.source
    }

    /// What a writer overwrites first: the frames after the last commit and after the last valid one.
    /// A log that is being reused keeps its size, and its salts until the next checkpoint.
    pub(super) fn watched(&self) -> [[u8; FRAME_BYTES]; 2] {
        self.ends.map(|frame| self.frame_header(frame))
    }

    fn frame_header(&self, frame: u32) -> [u8; FRAME_BYTES] {
        let mut header = [0; FRAME_BYTES];
        fill(self.source, self.offset(frame), &mut header);
        header
    }

    /// Bytes of a frame with its header.
    pub(super) fn slot_bytes(&self) -> u64 {
        (FRAME_BYTES + self.page_size) as u64
    }

    /// Where a frame begins.
    pub(super) fn offset(&self, frame: u32) -> u64 {
        HEADER_BYTES as u64 + u64::from(frame) * self.slot_bytes()
    }
}

/// The checksum of a valid header, and whether words are big-endian.
fn header_sums(head: &[u8; HEADER_BYTES]) -> Option<(Sums, bool)> {
    let magic = be32(head, 0);
    if magic & !1 != MAGIC || be32(head, 4) != VERSION {
        return None;
    }
    let big_endian = magic & 1 == 1;
    let sums = checksum([0; 2], &head[..24], big_endian);
    (sums == [be32(head, 24), be32(head, 28)]).then_some((sums, big_endian))
}

/// The algorithm of 4.2 over a multiple of eight bytes.
fn checksum(mut sums: Sums, bytes: &[u8], big_endian: bool) -> Sums {
    let word = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    for pair in bytes.chunks_exact(8) {
        sums[0] = sums[0].wrapping_add(word(&pair[..4])).wrapping_add(sums[1]);
        sums[1] = sums[1].wrapping_add(word(&pair[4..])).wrapping_add(sums[0]);
    }
    sums
}
