//! Standard input as one text without a place: read in pieces, bounded whatever its length.

use super::Scanner;
use super::buffer::Buffer;
use super::collect::Collector;
use super::content::{self, Part, Piece, Source};
use super::locate::Locator;
use super::place::Place;
use crate::detect::Scene;
use crate::model::{ReadError, Skip, Untrusted};
use crate::read::{self, Format};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

struct Reader<'r>(&'r mut (dyn std::io::Read + Send));

impl Source for Reader<'_> {
    fn read(&mut self, buffer: &mut Buffer, max: usize) -> Result<usize, Skip> {
        let room = buffer.room(max.min(64 << 10));
        let read = loop {
            match self.0.read(room) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        buffer.advance(*read.as_ref().unwrap_or(&0));
        read.map_err(|error| Skip::Io(error.kind()))
    }
}

/// Reads standard input to its end.
pub(super) fn read(scanner: &Scanner<'_>, collector: &Collector<'_>, reader: &mut (dyn std::io::Read + Send)) {
    let place = Place {
        surface: None,
        surface_id: "stdin",
        path: Untrusted::new("-"),
        path_bytes: None,
        relative: Vec::new(),
        user: None,
        exposure: None,
        published: None,
    };
    scanner.progress.files_seen.fetch_add(1, Ordering::Relaxed);
    let mut buffer = Buffer::default();
    let stop = || scanner.progress.stopped();
    let limits = scanner.request.limits;
    let mut found = Vec::new();
    let mut piece = |piece: &Piece<'_>| {
        let document = read::parse(Format::Text, piece.text, &limits);
        let detection = scanner.detector.detect(&document, &Scene::TEXT, piece.accept.clone());
        collector.truncated(detection.truncated);
        let mut locator = Locator::new(piece.text, piece.origin);
        for hit in detection.hits {
            let region = locator.region(&hit.span);
            let related = hit.related.iter().map(|(span, _)| Some(locator.region(span))).collect();
            let offset = piece.origin.offset + hit.span.start as u64;
            found.push(place.credential(scanner.pack, hit, Some(region), related, offset));
        }
        // A stream may have no end: the worst are kept, the rest counted.
        let most = limits.findings_per_file;
        if found.len() > 2 * most {
            found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            collector.truncated((found.len() - most) as u64);
            found.truncate(most);
        }
    };
    let mut sound = true;
    let outcome =
        content::pieces(&mut Reader(reader), Format::Text, &Part::WHOLE, &limits, &mut buffer, &stop, &mut |given| {
            sound &= catch_unwind(AssertUnwindSafe(|| piece(given))).is_ok();
        });
    collector.plain(found);
    if !sound {
        collector.error(ReadError { path: place.path.clone(), skip: Skip::Internal, incidental: false });
    }
    match outcome {
        Ok((_, bytes)) => {
            scanner.progress.files_read.fetch_add(1, Ordering::Relaxed);
            scanner.progress.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        }
        Err(skip) => collector.error(ReadError { path: place.path, skip, incidental: false }),
    }
}
