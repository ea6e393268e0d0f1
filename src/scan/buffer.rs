//! The memory that files are read into: used again and again, never given away with content in it.
//!
//! Growing moves and wipes, so no copy stays behind; what was used is overwritten at once when a file is
//! done. Reading and cutting are `content`'s business.

use zeroize::{Zeroize as _, Zeroizing};

/// Bytes that are kept from file to file.
const KEPT: usize = 2 << 20;
/// Bytes at first.
const FIRST: usize = 64 << 10;

/// A buffer whose memory is always initialised: reading into it needs no clearing before.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Zeroizing<Vec<u8>>,
    /// How many bytes are filled.
    len: usize,
    /// How many were at most since the last wipe.
    most: usize,
}

impl Buffer {
    /// What is filled.
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// How many bytes are filled.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Room for `wanted` more bytes, of any content; [`Self::advance`] tells how many were written.
    pub(super) fn room(&mut self, wanted: usize) -> &mut [u8] {
        let needed = self.len + wanted;
        if self.bytes.len() < needed {
            let mut larger = Zeroizing::new(vec![0; needed.next_power_of_two().max(FIRST)]);
            larger[..self.len].copy_from_slice(self.filled());
            // The old memory is wiped when it is dropped.
            self.bytes = larger;
            self.most = self.len;
        }
        self.most = self.most.max(needed);
        &mut self.bytes[self.len..needed]
    }

    /// Counts `written` bytes of the room as filled.
    pub(super) fn advance(&mut self, written: usize) {
        self.len = (self.len + written).min(self.most);
    }

    /// Forgets the first `count` bytes and moves the rest to the front.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.len);
        self.bytes.copy_within(count..self.len, 0);
        self.len -= count;
    }

    /// Forgets all, without overwriting.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    /// Overwrites all that was used, and gives memory back that one large file needed.
    pub(super) fn wipe(&mut self) {
        if self.bytes.len() > KEPT {
            self.bytes.zeroize();
            *self = Self::default();
            return;
        }
        self.bytes[..self.most].fill(0);
        // It is read again by nobody who would miss it, which the compiler may know.
        std::hint::black_box(&*self.bytes);
        (self.len, self.most) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_after_a_wipe() {
        let mut buffer = Buffer::default();
        for round in 0..3 {
            for _ in 0..=round {
                buffer.room(100_000).fill(b'x');
                buffer.advance(70_000);
            }
            buffer.consume(30_000);
            assert!(buffer.filled().iter().all(|byte| *byte == b'x'));
            assert_eq!(buffer.len(), 70_000 * (round + 1) - 30_000);
            buffer.wipe();
            assert!(buffer.filled().is_empty() && buffer.bytes.iter().all(|byte| *byte == 0));
        }
        buffer.room(KEPT + 1).fill(b'x');
        buffer.wipe();
        assert!(buffer.bytes.is_empty());
    }
}
