//! The log: blocks of 32 KiB, records that may go over several of them, a write batch a record.
//!
//! Checksums are not looked at: a torn record is read all the same.

use super::{Out, buffer, counted};
use crate::read::sqlite::PageSource;
use zeroize::{Zeroize as _, Zeroizing};

const BLOCK: usize = 32 << 10;
/// Checksum, length, type.
const HEADER: usize = 7;
/// Sequence number and count.
const BATCH_HEADER: usize = 12;

const FULL: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

pub(super) fn scan(source: &dyn PageSource, out: &mut Out<'_>) {
    let mut memory = buffer(BLOCK);
    let mut record = Record::default();
    let mut at = 0;
    while !(out.stop)() {
        let block = out.fill(source, at, &mut memory);
        if block.is_empty() {
            break;
        }
        self::block(block, at, &mut record, out);
        at += block.len() as u64;
    }
    // The log of an open application may end in the middle of a write.
    record.give(out);
}

fn block(block: &[u8], offset: u64, record: &mut Record, out: &mut Out<'_>) {
    let mut rest = block;
    loop {
        let at = offset + (block.len() - rest.len()) as u64;
        let Some((header, after)) = rest.split_first_chunk::<HEADER>() else { return };
        let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
        let kind = header[6];
        // Space set aside for what was never written.
        if kind == 0 && length == 0 {
            return;
        }
        let Some((data, next)) = after.split_at_checked(length).filter(|_| (FULL..=LAST).contains(&kind)) else {
            // Cut short where the file ends, as above.
            if block.len() == BLOCK || kind > LAST {
                out.note("no record of a log", at, false);
            }
            record.give(out);
            out.raw(rest);
            return;
        };
        if matches!(kind, FULL | FIRST) && record.is_open {
            out.note("record without an end", at, false);
            record.give(out);
        }
        match kind {
            FULL => batch(data, false, out),
            FIRST => record.add(data, out),
            _ if !record.is_open => {
                out.note("record without a beginning", at, false);
                out.raw(data);
            }
            _ => record.add(data, out),
        }
        if kind == LAST {
            record.give(out);
        }
        rest = next;
    }
}

/// A record that is put together.
#[derive(Default)]
struct Record {
    bytes: Zeroizing<Vec<u8>>,
    is_open: bool,
    /// Whether its head was given already, as it is.
    is_cut: bool,
}

impl Record {
    fn add(&mut self, data: &[u8], out: &mut Out<'_>) {
        self.is_open = true;
        let most = out.limits.cell_bytes.max(2 * BLOCK);
        if self.bytes.len() + data.len() > most {
            // Longer than is put together: given in pieces that overlap.
            out.note("record too long to be taken apart", 0, true);
            if self.is_cut {
                out.raw(&self.bytes);
            } else {
                batch(&self.bytes, true, out);
            }
            self.is_cut = true;
            let keep = self.bytes.len().saturating_sub(out.limits.overlap_bytes.min(BLOCK));
            self.bytes.copy_within(keep.., 0);
            let left = self.bytes.len() - keep;
            self.bytes.truncate(left);
        }
        if self.bytes.capacity() - self.bytes.len() < data.len() {
            let wanted = (self.bytes.len() + data.len()).next_power_of_two().max(BLOCK);
            let mut larger = Zeroizing::new(Vec::with_capacity(wanted));
            larger.extend_from_slice(&self.bytes);
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(data);
    }

    fn give(&mut self, out: &mut Out<'_>) {
        if self.is_cut {
            out.raw(&self.bytes);
        } else {
            batch(&self.bytes, false, out);
        }
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
        (self.is_open, self.is_cut) = (false, false);
    }
}

/// Puts and deletions of one write; `cut`: more of it follows.
fn batch(bytes: &[u8], cut: bool, out: &mut Out<'_>) {
    let mut rest = bytes.get(BATCH_HEADER..).unwrap_or_default();
    while let Some((kind, after)) = rest.split_first() {
        let parts = match kind {
            0 => counted(after).map(|(key, next)| (key, &b""[..], next)),
            1 => counted(after).and_then(|(key, next)| counted(next).map(|(value, next)| (key, value, next))),
            _ => None,
        };
        let Some((key, value, next)) = parts else {
            if !cut {
                out.note("broken write", 0, false);
            }
            return out.raw(rest);
        };
        out.entry(key, key.len(), value);
        rest = next;
    }
}
