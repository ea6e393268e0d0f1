//! Pages without live rows: the freelist (file format 1.5), pointer maps (1.8), pages nothing reaches.
//!
//! Their whole content is given as raw text: SQLite does not wipe what it frees.

use super::Part;
use super::header::Header;
use super::out::Out;
use super::pages::{Pages, be32, buffer};

/// Gives the pages of the freelist: trunk pages behind their list, leaf pages whole.
pub(super) fn freelist(pages: &mut Pages<'_>, out: &mut Out<'_>, header: &Header) {
    let mut trunk = buffer(pages.size);
    let mut leaf = buffer(pages.size);
    let mut next = header.freelist;
    while next != 0 {
        let number = next;
        if !pages.claim(number) {
            out.problem("freelist loops or leaves the file", pages.offset(number), false);
            return;
        }
        let (_, got) = pages.read(number, &mut trunk);
        out.pages += 1;
        if got < trunk.len() {
            out.problem("page cannot be read whole", pages.offset(number), false);
            out.raw(Part::FreeSpace, number, &trunk[..got]);
            return;
        }
        next = be32(&trunk, 0);
        let stated = be32(&trunk, 4) as usize;
        let mut count = stated.min(pages.usable / 4 - 2);
        if count < stated {
            out.problem("freelist page states too many leaves", pages.offset(number), false);
            // Then it is no trunk page, and its words are no page numbers.
            (count, next) = (0, 0);
        }
        for at in 0..count {
            let page = be32(&trunk, 8 + 4 * at);
            if pages.claim(page) {
                whole(pages, out, page, &mut leaf);
            } else {
                out.problem("freelist names a page in use", pages.offset(number), false);
            }
        }
        out.raw(Part::FreeSpace, number, &trunk[8 + 4 * count..]);
    }
}

/// Gives every page that nothing has claimed, among them those the last commit cut off.
pub(super) fn unreached(pages: &mut Pages<'_>, out: &mut Out<'_>, header: &Header) {
    let mut page = buffer(pages.size);
    for number in 1..=pages.last {
        let cut_off = number > pages.visible;
        if !cut_off && pages.claimed(number) {
            continue;
        }
        let got = if cut_off { pages.read_main(number, &mut page) } else { pages.read(number, &mut page).1 };
        out.pages += u64::from(got > 0);
        // A page may be in neither file, where only a lying number claims that it exists.
        if got < page.len() && pages.exists(number) {
            out.problem("page cannot be read whole", pages.offset(number), false);
        }
        if cut_off {
            out.raw(Part::SupersededPage, number, &page[..got]);
        } else {
            let map = if header.pointer_maps && got == page.len() { pointer_map(&page[..pages.usable]) } else { 0 };
            out.raw(Part::FreeSpace, number, &page[map..got]);
        }
    }
}

fn whole(pages: &Pages<'_>, out: &mut Out<'_>, number: u32, page: &mut [u8]) {
    let (_, got) = pages.read(number, page);
    out.pages += 1;
    if got < page.len() {
        out.problem("page cannot be read whole", pages.offset(number), false);
    }
    out.raw(Part::FreeSpace, number, &page[..got]);
}

/// Bytes of pointer-map entries at the start of a page; 0 if it is no such page.
///
/// An entry is a type from 1 to 5 and a page number. Text of more than four bytes cannot pass for
/// entries, so a page that only looks like a pointer map hides nothing.
fn pointer_map(usable: &[u8]) -> usize {
    let entries = usable.chunks_exact(5);
    let length = entries.len() * 5;
    if entries.into_iter().all(|entry| entry[0] <= 5) { length } else { 0 }
}
