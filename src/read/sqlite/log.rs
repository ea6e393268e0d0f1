//! Old images of pages: in the main file where the WAL has a newer one, and in the WAL where the
//! frame is not live (superseded, uncommitted, or left from before the log was reused).
//!
//! An image that equals one already given is left out; the rest is raw text.

use super::Part;
use super::out::Out;
use super::pages::{Pages, buffer};
use super::wal::Wal;
use crate::model::Limits;

/// Gives the main file's image of each page that the WAL supersedes.
pub(super) fn superseded(pages: &Pages<'_>, out: &mut Out<'_>) {
    let mut old = buffer(pages.size);
    let mut live = buffer(pages.size);
    for page in pages.in_log().take_while(|page| *page <= pages.in_main) {
        let got = pages.read_main(page, &mut old);
        out.pages += 1;
        if got < old.len() {
            out.problem("page cannot be read whole", pages.offset(page), false);
        }
        let (_, length) = pages.read(page, &mut live);
        // After a checkpoint the two are the same until the page is written again.
        if got > length || old[..got] != live[..got] {
            out.raw(Part::SupersededPage, page, &old[..got]);
        }
    }
}

/// Gives every frame of the WAL that is not the live image of its page.
pub(super) fn leftovers(pages: Option<&Pages<'_>>, log: Option<&Wal<'_>>, out: &mut Out<'_>, limits: &Limits) {
    let Some(log) = log else { return };
    let mut image = buffer(log.page_size);
    let mut other = buffer(log.page_size);
    for frame in 0..log.frames {
        let page = log.page_of(frame);
        if pages.is_some_and(|pages| pages.frame_of(page).is_some_and(|(_, live)| live == frame)) {
            continue;
        }
        let got = log.read(frame, &mut image);
        out.pages += 1;
        if got < image.len() {
            out.problem("frame of the WAL cannot be read whole", log.offset(frame), false);
        }
        let given = pages.filter(|pages| pages.size == log.page_size).is_some_and(|pages| {
            equals(&image[..got], &mut other, |buf| pages.read_main(page, buf))
                || equals(&image[..got], &mut other, |buf| pages.read(page, buf).1)
        });
        if !given {
            out.raw(Part::Wal, page, &image[..got]);
        }
    }
    // A frame cut short; or, where no page size is known, everything.
    if log.page_size == 0 || log.source().len() < log.tail() + log.slot_bytes() {
        out.raw_source(log.source(), log.tail(), limits.database_pages.saturating_mul(4096), Part::Wal, limits);
    }
}

/// Whether what `read` reads is the image.
fn equals(image: &[u8], buf: &mut [u8], read: impl FnOnce(&mut [u8]) -> usize) -> bool {
    let got = read(buf);
    got == image.len() && buf[..got] == *image
}
