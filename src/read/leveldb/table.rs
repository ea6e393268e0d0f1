//! Tables: blocks of sorted entries, most of them compressed, and an index of the blocks at the end.
//!
//! Keys are written by what they differ in from the one before, so only their head is kept.

use super::{Entry, KEY_BYTES, Out, buffer, varint};
use crate::read::sqlite::PageSource;
use zeroize::Zeroizing;

/// Two block handles, padded, and the magic number.
const FOOTER: usize = 48;
const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();
/// Type and checksum after a block.
const TRAILER: usize = 5;
/// Bytes after a key: sequence number and type.
const TAG: usize = 8;

const PLAIN: u8 = 0;
const SNAPPY: u8 = 1;

/// Where a block lies.
#[derive(Clone, Copy)]
struct Handle {
    offset: u64,
    size: u64,
}

impl Handle {
    fn take(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (offset, rest) = varint(bytes)?;
        let (size, rest) = varint(rest)?;
        Some((Self { offset, size }, rest))
    }
}

/// Whether the source ends as a table does.
pub(super) fn is_table(source: &dyn PageSource) -> bool {
    let mut magic = [0; 8];
    let Some(at) = source.len().checked_sub(FOOTER as u64) else { return false };
    let mut filled = 0;
    while filled < 8 {
        match source.read_at(at + (FOOTER - 8 + filled) as u64, &mut magic[filled..]) {
            Ok(read @ 1..) => filled += read,
            _ => return false,
        }
    }
    magic == MAGIC
}

pub(super) fn scan(source: &dyn PageSource, out: &mut Out<'_>) {
    let end = source.len() - FOOTER as u64;
    let mut footer = [0; FOOTER];
    let footer = out.fill(source, end, &mut footer);
    let index = Handle::take(footer).and_then(|(_, rest)| Handle::take(rest));
    let Some(index) = index.and_then(|(index, _)| block(source, index, end, out)) else {
        return out.note("table without an index", end, false);
    };
    let mut handles = Vec::new();
    entries(&index, &mut |entry| handles.extend(Handle::take(entry.value).map(|(handle, _)| handle)));
    let mut read = 0;
    for handle in handles {
        if (out.stop)() {
            return;
        }
        // Blocks lie one after the other; a table that says otherwise would have one read again and again.
        if handle.offset < read {
            out.note("blocks out of order", handle.offset, false);
            continue;
        }
        read = handle.offset.saturating_add(handle.size);
        if let Some(content) = block(source, handle, end, out) {
            let whole = entries(&content, out.visit);
            if !whole {
                out.note("broken block", handle.offset, false);
                out.raw(&content);
            }
        }
    }
}

/// A block without its compression.
fn block(source: &dyn PageSource, handle: Handle, end: u64, out: &mut Out<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let most = out.limits.cell_bytes as u64;
    if handle.offset.checked_add(handle.size)?.checked_add(TRAILER as u64)? > end {
        out.note("block beyond the end", handle.offset, false);
        return None;
    }
    if handle.size > most {
        out.note("block too large to be read", handle.offset, true);
        return None;
    }
    let size = handle.size as usize;
    let mut bytes = buffer(size + TRAILER);
    if out.fill(source, handle.offset, &mut bytes).len() < size + TRAILER {
        return None;
    }
    let kind = bytes[size];
    bytes.truncate(size);
    match kind {
        PLAIN => Some(bytes),
        SNAPPY => {
            let length = snap::raw::decompress_len(&bytes).ok();
            let Some(length) = length.filter(|length| *length as u64 <= most) else {
                out.note("block too large to be read", handle.offset, length.is_some());
                return None;
            };
            let mut plain = buffer(length);
            if snap::raw::Decoder::new().decompress(&bytes, &mut plain).is_err() {
                out.note("block that does not decompress", handle.offset, false);
                // What its compression left alone may still be a text.
                out.raw(&bytes);
                return None;
            }
            Some(plain)
        }
        _ => {
            out.note("block of an unknown compression", handle.offset, false);
            None
        }
    }
}

/// Gives every entry; tells whether all was sound.
fn entries(block: &[u8], visit: &mut dyn FnMut(&Entry<'_>)) -> bool {
    let Some((body, count)) = block.split_last_chunk::<4>() else { return false };
    let restarts = (u32::from_le_bytes(*count) as usize).checked_mul(4);
    let Some(mut rest) = restarts.and_then(|bytes| body.get(..body.len().checked_sub(bytes)?)) else { return false };
    // As long as keys that are kept whole are, with their tags: a tag may be shared in part.
    let most = KEY_BYTES + TAG;
    let mut key = Zeroizing::new(Vec::with_capacity(most));
    while !rest.is_empty() {
        let Some(written) = Written::take(&mut rest) else { return false };
        if written.shared > key.len() && key.len() < most {
            return false;
        }
        key.truncate(written.shared);
        let room = most - key.len();
        key.extend_from_slice(&written.own[..written.own.len().min(room)]);
        let length = written.shared.saturating_add(written.own.len()).saturating_sub(TAG);
        let head = &key[..length.min(KEY_BYTES).min(key.len())];
        visit(&Entry { key: Some(head), own: written.own.len().saturating_sub(TAG), value: written.value });
    }
    true
}

/// An entry as it is written.
struct Written<'b> {
    /// Bytes that its key shares with the one before.
    shared: usize,
    /// The rest of the key.
    own: &'b [u8],
    value: &'b [u8],
}

impl<'b> Written<'b> {
    fn take(bytes: &mut &'b [u8]) -> Option<Self> {
        let (shared, rest) = varint(bytes)?;
        let (own, rest) = varint(rest)?;
        let (value, rest) = varint(rest)?;
        let (own, rest) = rest.split_at_checked(usize::try_from(own).ok()?)?;
        let (value, rest) = rest.split_at_checked(usize::try_from(value).ok()?)?;
        *bytes = rest;
        Some(Self { shared: usize::try_from(shared).unwrap_or(usize::MAX), own, value })
    }
}
