//! One file's text: read in pieces, looked through, and what was found put together.
//!
//! A large file is cut into segments that any threads take; where they are cut depends on the file alone,
//! so the report is the same whoever reads. How a piece is cut out of bytes is `content`'s business, what
//! to open `engine`'s.

use super::buffer::Buffer;
use super::collect::Found;
use super::content::{self, Content, FileSource, Part, Piece};
use super::engine::{Engine, skip_of};
use super::locate::{Locator, Origin, Tally};
use super::place::Place;
use super::published;
use super::services;
use super::walk::{Candidate, Mode};
use crate::audit::is_instructions;
use crate::detect::Scene;
use crate::host::open::OpenFile;
use crate::model::Skip;
use crate::read::encoding::{self, Encoding};
use crate::read::{self, Format};
use crate::rules::rule::{Run, Surface};
use crate::triage::{self, Inline};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering;
use zeroize::Zeroizing;

/// Segments that are given out at once: what they find is put together before the next.
const WAVE: u64 = 64;
/// The largest file that is cut: a sparse one may claim more segments than anyone would count.
const MOST_CUT: u64 = 1 << 40;

thread_local! {
    /// Reused by all files of a thread; wiped after each.
    static BUFFER: RefCell<Buffer> = RefCell::default();
}

/// Wipes this thread's buffer, after a panic left it as it was.
pub(super) fn wipe() {
    BUFFER.with(|buffer| buffer.try_borrow_mut().map(|mut buffer| buffer.wipe())).ok();
}

/// What a file's text, or a part of it, came to.
#[derive(Default)]
pub(super) struct Reading<'r> {
    place: Option<Place<'r>>,
    pub(super) found: Vec<Found>,
    pub(super) problem: Option<read::Problem>,
}

impl<'r> Reading<'r> {
    /// A reading of what lies in no file.
    pub(super) fn at(place: Place<'r>) -> Self {
        Self { place: Some(place), ..Self::default() }
    }
}

/// What one segment of a large file came to.
struct Segment {
    found: Vec<Found>,
    /// Its lines.
    tally: Tally,
}

impl Engine<'_> {
    /// Reads a file as text; with `databases` one that turns out to be a database is left to the caller.
    pub(super) fn text(&self, candidate: &Candidate<'_>, file: &OpenFile, databases: bool) -> Result<Content, Skip> {
        let size = file.len();
        let mut reading = Reading::default();
        let outcome = if self.is_cut(candidate, file) {
            self.segments(candidate, file, &mut reading.found).map(|()| (Content::Text, size))
        } else {
            self.whole(candidate, file, databases, &mut reading)
        };
        // What was found before a read failed is kept.
        let (content, bytes, failed) = match outcome {
            Ok((content, bytes)) => (content, bytes, None),
            Err(skip) => (Content::Text, 0, Some(skip)),
        };
        if content == Content::Database {
            return Ok(content);
        }
        self.scanner.progress.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        if is_switched_off(candidate.surface, file) {
            reading.found.retain(|found| found.finding.secret.is_some());
        }
        let none = reading.found.is_empty();
        if !none {
            // Exposure is asked for while the file is still open, and only where something was found.
            let exposure = self.exposure(candidate, file);
            let identity = file.identity();
            for found in &mut reading.found {
                if let Some(known) = &mut found.finding.exposure {
                    known.take_file_facts(exposure.clone());
                }
                found.file = Some((identity.device, identity.inode));
                found.link = candidate.link;
            }
            self.collector.findings(reading.found);
        }
        if let Some(skip) = failed {
            return Err(skip);
        }
        if content == Content::Binary {
            return Ok(content);
        }
        let changed = (bytes != size || candidate.surface.is_some()) && file.changed();
        match reading.problem {
            _ if changed && none => return Err(Skip::ChangedWhileReading),
            Some(problem) => self.error(&candidate.path, skip_of(problem), true),
            None => {}
        }
        Ok(content)
    }

    /// Reads all of a file, piece by piece.
    fn whole<'r>(
        &'r self,
        candidate: &Candidate<'r>,
        file: &OpenFile,
        databases: bool,
        reading: &mut Reading<'r>,
    ) -> Result<(Content, u64), Skip> {
        let format = candidate.surface.map_or(Format::Text, |surface| surface.format);
        let mut limits = *self.scanner.detector.limits();
        if candidate.surface.is_some_and(is_instructions) {
            // Whoever hides something in a long file would put it behind the first piece.
            limits.chunk_bytes = limits.chunk_bytes.max(limits.document_bytes);
        }
        with_buffer(|buffer| {
            let mut source = FileSource::new(file);
            let part = Part { databases, ..Part::WHOLE };
            let stop = || self.scanner.progress.stopped();
            content::pieces(&mut source, format, &part, &limits, buffer, &stop, &mut |piece| {
                self.piece(candidate, piece, reading);
            })
        })
    }

    /// Whether a file is read in segments: large, and text that can be cut anywhere.
    fn is_cut(&self, candidate: &Candidate<'_>, file: &OpenFile) -> bool {
        // Instructions are searched as a whole, and those that are too long for it say so.
        let text = candidate.surface.is_none_or(|surface| surface.format == Format::Text && !is_instructions(surface));
        let segment = self.scanner.detector.limits().segment_bytes as u64;
        if !text || !(2 * segment..=MOST_CUT).contains(&file.len()) {
            return false;
        }
        let mut head = Zeroizing::new([0; content::HEAD]);
        file.read_at(0, &mut *head).is_ok_and(|read| encoding::sniff(&head[..read]) == Encoding::Utf8)
    }

    /// Reads a large file's segments, on as many threads as there are, and puts what they found in its place.
    fn segments(&self, candidate: &Candidate<'_>, file: &OpenFile, found: &mut Vec<Found>) -> Result<(), Skip> {
        let count = file.len().div_ceil(self.scanner.detector.limits().segment_bytes.max(1) as u64);
        // Where the next segment starts, and where its context does.
        let (mut start, mut context) = (Origin::START, Origin::START);
        for first in (0..count).step_by(WAVE as usize) {
            if self.scanner.progress.stopped() {
                break;
            }
            let wave: Vec<Result<Segment, Skip>> = (first..(first + WAVE).min(count))
                .into_par_iter()
                .map(|number| self.segment(candidate, file, number))
                .collect();
            for segment in wave {
                let mut segment = segment?;
                for location in segment.found.iter_mut().flat_map(|f| f.finding.locations_mut()) {
                    if let Some(region) = &mut location.region {
                        *region = context.place(*region);
                    }
                }
                found.append(&mut segment.found);
                self.bound(found);
                (context, start) = segment.tally.after(start);
            }
        }
        Ok(())
    }

    /// Reads one segment, with what stands around it as context. Lines and columns count from the context's start.
    fn segment(&self, candidate: &Candidate<'_>, file: &OpenFile, number: u64) -> Result<Segment, Skip> {
        let limits = *self.scanner.detector.limits();
        let length = limits.segment_bytes as u64;
        let (start, end) = (number * length, ((number + 1) * length).min(file.len()));
        let context = start.min(content::CONTEXT as u64);
        let last = (end + limits.overlap_bytes as u64).min(file.len());
        let mut tally = Tally::new((end - start).saturating_sub(content::CONTEXT as u64));
        if file.next_data(start).is_none_or(|data| data >= last) {
            return Ok(Segment { found: Vec::new(), tally });
        }
        let mut reading = Reading::default();
        let from = start - context;
        let part = Part {
            offset: from,
            context: context as usize,
            until: Some((end - from) as usize),
            encoding: Some(Encoding::Utf8),
            databases: false,
        };
        let outcome = with_buffer(|buffer| {
            let mut source = FileSource::between(file, from, last);
            let stop = || self.scanner.progress.stopped();
            let read = AssertUnwindSafe(|| {
                content::pieces(&mut source, Format::Text, &part, &limits, buffer, &stop, &mut |piece| {
                    tally.count(&piece.text[piece.accept.clone()]);
                    self.piece(candidate, piece, &mut reading);
                })
            });
            panic::catch_unwind(read)
        });
        outcome.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
        Ok(Segment { found: reading.found, tally })
    }

    /// One piece of a text: its secrets, and for a whole document what starts by itself.
    pub(super) fn piece<'r>(&'r self, candidate: &Candidate<'r>, piece: &Piece<'_>, reading: &mut Reading<'r>) {
        let detector = self.scanner.detector;
        let document = read::parse(piece.format, piece.text, detector.limits());
        let scene = Scene { surface: candidate.surface, format: piece.format, container: None, prefix: &[] };
        let detection = detector.detect(&document, &scene, piece.accept.clone());
        self.collector.truncated(detection.truncated);
        let judgements = match candidate.surface {
            Some(surface) if piece.whole => self.judge.judge(candidate, surface, &document, &detection.mask),
            _ => Vec::new(),
        };
        if let Some(problem) = document.problem.or_else(|| unlike_its_surface(candidate.surface, piece)) {
            reading.problem.get_or_insert(problem);
        }
        self.panic_on_request(candidate, piece.text);
        if detection.hits.is_empty() && judgements.is_empty() {
            return;
        }
        let place = reading.place.get_or_insert_with(|| self.bare_place(candidate));
        let mut locator = Locator::new(piece.text, piece.origin);
        for hit in detection.hits {
            let inline = if self.mode == Mode::Tree { inline_allow(piece.text, &hit.span) } else { None };
            let region = locator.region(&hit.span);
            let related = hit.related.iter().map(|(span, _)| Some(locator.region(span))).collect();
            let offset = piece.origin.offset + hit.span.start as u64;
            let (start, span) = (hit.span.start, hit.span.clone());
            let mut finding = place.credential(self.scanner.pack, hit, Some(region), related, offset);
            published::lower(&mut finding, || published::reason_in(&candidate.path, piece.text, start));
            services::lower(&mut finding, piece.text, &span);
            let inline = inline.filter(|allow| allow.covers(&finding.rule));
            // The comment may hold the very secret it allows.
            let inline = inline.map(|allow| detection.mask.text(detector, allow.reason.as_found().as_bytes()));
            reading.found.push(Found { finding, inline, ..Found::default() });
        }
        self.bound(&mut reading.found);
        for judgement in judgements {
            let region = locator.region(&judgement.span);
            let finding = place.judgement(self.scanner.pack, judgement, Some(region));
            reading.found.push(Found { finding, ..Found::default() });
        }
    }

    /// In debug builds, panics with a file's content in the message when a test asks for it: what becomes
    /// of a panic must not show the content.
    fn panic_on_request(&self, candidate: &Candidate<'_>, text: &[u8]) {
        if cfg!(debug_assertions) && self.scanner.host.env("CAULK_TEST_PANIC").is_some() {
            let asked = candidate.path.file_name().is_some_and(|name| name.to_string_lossy().contains("panic-here"));
            assert!(!asked, "{}", String::from_utf8_lossy(text));
        }
    }

    /// Keeps memory bounded whatever a file of any size holds: the worst stay, the rest is counted.
    fn bound(&self, found: &mut Vec<Found>) {
        let most = self.scanner.detector.limits().findings_per_file;
        if found.len() > 2 * most {
            found.sort_by_key(|f| std::cmp::Reverse(f.finding.severity));
            self.collector.truncated((found.len() - most) as u64);
            found.truncate(most);
        }
    }
}

/// Whether a file that starts by itself does not, since nobody may run it: git passes such a hook over.
fn is_switched_off(surface: Option<&Surface>, file: &OpenFile) -> bool {
    surface.is_some_and(|surface| surface.runs.iter().any(Run::needs_right))
        && file.mode().is_some_and(|mode| mode & 0o111 == 0)
}

/// Gives this thread's buffer to `work` and wipes it after.
fn with_buffer<T>(work: impl FnOnce(&mut Buffer) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| {
        let outcome = work(buffer);
        buffer.wipe();
        outcome
    })
}

/// What keeps a piece from being read as its surface's format.
fn unlike_its_surface(surface: Option<&Surface>, piece: &Piece<'_>) -> Option<read::Problem> {
    let problem = |what, bound| Some(read::Problem { what, offset: 0, bound });
    let surface = surface?;
    match surface.format {
        // An empty file is a database without tables.
        Format::Sqlite if piece.text.is_empty() => None,
        Format::Sqlite => problem("no SQLite database; read as text", false),
        format if format != piece.format => problem("too large to be parsed; read as text", true),
        // No agent takes in so much, but that nobody looked is worth a word.
        _ if is_instructions(surface) && !piece.whole => {
            problem("too large to be searched for what steers an agent; read as text", true)
        }
        _ => None,
    }
}

/// The comment on a secret's line, or the line above, that allows it.
fn inline_allow(text: &[u8], span: &std::ops::Range<usize>) -> Option<Inline> {
    // A line of a minified file is no place for a comment, and is not searched to its ends.
    const LONGEST_LINE: usize = 4 << 10;
    let floor = span.start.saturating_sub(LONGEST_LINE);
    let start = memchr::memrchr(b'\n', &text[floor..span.start]).map_or(floor, |i| floor + i + 1);
    let ceiling = (span.end + LONGEST_LINE).min(text.len());
    let end = memchr::memchr(b'\n', &text[span.end..ceiling]).map_or(ceiling, |i| span.end + i);
    let above = start.checked_sub(1).map(|stop| {
        let floor = stop.saturating_sub(LONGEST_LINE);
        let from = memchr::memrchr(b'\n', &text[floor..stop]).map_or(floor, |i| floor + i + 1);
        &text[from..stop]
    });
    triage::inline_allow(&text[start..end], above)
}
