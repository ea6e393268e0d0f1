//! An open file as a source of text: what is read of it, in which pieces, and when it ends.

use super::content::Source;
use crate::host::open::OpenFile;
use crate::model::Skip;

/// Bytes asked for in one call.
const READ: usize = 1 << 20;
/// Bytes read of a file that claims to have none: those of `/proc`, and one that grows from nothing.
const UNSIZED: u64 = 8 << 20;
/// NUL bytes at the end of what was read that may be those of a hole.
const HOLE: usize = 4096;

/// A file read from its start.
pub(super) struct FileSource<'f> {
    file: &'f mut OpenFile,
    total: u64,
}

impl<'f> FileSource<'f> {
    pub(super) fn new(file: &'f mut OpenFile) -> Self {
        Self { file, total: 0 }
    }
}

impl Source for FileSource<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>, max: usize) -> Result<usize, Skip> {
        // A file that grew since it was opened is read to where it ended then. Some have no length (`/proc`).
        let left = match self.file.len() {
            0 => UNSIZED.saturating_sub(self.total),
            len => len - self.total.min(len),
        };
        let wanted = (max as u64).min(left).min(READ as u64) as usize;
        if wanted == 0 {
            return Ok(0);
        }
        let before = buffer.len();
        buffer.resize(before + wanted, 0);
        let read = self.file.read_at(self.total, &mut buffer[before..]);
        buffer.truncate(before + read.as_ref().copied().unwrap_or(0));
        let read = read?;
        self.total += read as u64;
        // Holes are passed over; lines do not change by that.
        if read == wanted && buffer[before..].iter().rev().take(HOLE).all(|byte| *byte == 0) {
            self.total = self.file.next_data(self.total).unwrap_or(u64::MAX).max(self.total);
        }
        Ok(read)
    }
}
