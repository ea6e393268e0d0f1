//! One target: open, read, detect, audit. One bad file is an entry in the report, never the end of a run.

use super::Scanner;
use super::collect::{Collector, Found};
use super::content::{self, Content, FileSource, Piece};
use super::database::{self, Pages};
use super::judge::Judge;
use super::locate::Locator;
use super::place::{Base, Place};
use super::published;
use super::walk::{Candidate, Mode, Visitor};
use crate::detect::Scene;
use crate::host::access::DirAccess;
use crate::host::open::{self, OpenFile, Roots};
use crate::host::trusted;
use crate::model::{Exposure, ReadError, Skip, SteeredBy, Untrusted};
use crate::read::git_state::GitStates;
use crate::read::sqlite::PageSource;
use crate::read::{self, Format};
use crate::rules::rule::Surface;
use crate::triage::{self, Inline};
use std::cell::RefCell;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use zeroize::{Zeroize, Zeroizing};

/// Buffers above this are given back between files, so that one large file does not hold memory to the end.
const KEEP_BUFFER: usize = 2 << 20;
/// Bytes of the smallest database.
pub(super) const LEAST_DATABASE: u64 = 512;
/// Bytes from which on a file is looked at before it is read as text.
const LOOKED_AT_LATE: u64 = 64 << 10;
/// Tries at a file that changes while it is read.
const TRIES: usize = 3;

thread_local! {
    /// Reused by all files of a thread; wiped after each.
    static BUFFER: RefCell<Zeroizing<Vec<u8>>> = RefCell::new(Zeroizing::new(Vec::with_capacity(64 << 10)));
}

/// Reads targets for one root.
pub(super) struct Engine<'e> {
    pub(super) scanner: &'e Scanner<'e>,
    pub(super) collector: &'e Collector<'e>,
    pub(super) git: &'e GitStates,
    pub(super) access: &'e Mutex<DirAccess>,
    /// The root, and how it is walked.
    pub(super) root: &'e Path,
    /// Where links may lead: below the root; for the machine's own files anywhere.
    pub(super) roots: &'e Roots,
    pub(super) everywhere: &'e Roots,
    pub(super) judge: &'e Judge<'e>,
    pub(super) mode: Mode,
    pub(super) user: Option<Untrusted>,
    /// Known paths that were read already and that a walk will meet again, in order.
    pub(super) done: &'e [PathBuf],
}

/// What a file's own text said besides findings.
#[derive(Default)]
pub(super) struct Reading<'r> {
    pub(super) place: Option<Place<'r>>,
    pub(super) found: Vec<Found>,
    pub(super) problem: Option<read::Problem>,
}

impl Visitor for Engine<'_> {
    fn file(&self, candidate: Candidate<'_>) {
        if self.done.binary_search(&candidate.path).is_err() {
            self.target(&candidate);
        }
    }

    fn pruned(&self, _: &Path, _: &'static str) {
        self.collector.pruned();
    }

    fn error(&self, path: &Path, skip: Skip, is_root: bool) {
        self.error(path, skip, !is_root);
    }

    fn steered(&self, path: &Path, content: &[u8]) {
        let digest = trusted::digest(content);
        let path = self.scanner.detector.mask_text(path.as_os_str().as_encoded_bytes());
        self.collector.steered(SteeredBy { path, digest });
    }
}

impl Engine<'_> {
    /// Reads one target; a panic becomes an error entry of that file.
    pub(super) fn target(&self, candidate: &Candidate<'_>) {
        let mut tries = 1;
        let skip = loop {
            match panic::catch_unwind(AssertUnwindSafe(|| self.read(candidate))) {
                Ok(Ok(())) => return,
                // Settings are often written anew while their program runs.
                Ok(Err(Skip::ChangedWhileReading)) if tries < TRIES && !self.scanner.progress.stopped() => {
                    self.scanner.progress.files_read.fetch_sub(1, Ordering::Relaxed);
                    tries += 1;
                }
                Ok(Err(skip)) => break skip,
                Err(_) => {
                    BUFFER.with(|buffer| buffer.try_borrow_mut().map(|mut buffer| buffer.zeroize())).ok();
                    break Skip::Internal;
                }
            }
        };
        // What is gone since the listing is no surface that exists, and a link out of the root is left alone on purpose.
        let (skip, counts) = match skip {
            Skip::Io(ErrorKind::NotFound) if candidate.path != self.root => (Skip::ChangedWhileReading, false),
            Skip::NotRegular(_) => (skip, candidate.path == self.root),
            skip => (skip, self.counts(candidate.surface, &candidate.path)),
        };
        self.error(&candidate.path, skip, !counts);
    }

    /// Whether not being able to read this makes the scan incomplete: a named root, a user-level surface.
    fn counts(&self, surface: Option<&Surface>, path: &Path) -> bool {
        path == self.root || (self.mode != Mode::Tree && surface.is_some() && path.starts_with(self.root))
    }

    pub(super) fn error(&self, path: &Path, skip: Skip, incidental: bool) {
        let path = self.scanner.detector.mask_text(path.as_os_str().as_encoded_bytes());
        self.collector.error(ReadError { path, skip, incidental });
    }

    fn read(&self, candidate: &Candidate<'_>) -> Result<(), Skip> {
        let progress = self.scanner.progress;
        let roots = self.roots_of(candidate);
        let opened = if candidate.link {
            open::open_within(roots, &candidate.path)
        } else {
            open::open_listed(roots, &candidate.path)
        };
        let mut file = match opened {
            // A link that leads nowhere, or to a folder, is left alone without a word; so is a loose one out of the root.
            Err(Skip::Io(ErrorKind::NotFound)) if candidate.link => return Ok(()),
            Err(Skip::NotRegular(why)) if candidate.link && (why != open::LEADS_OUT || candidate.surface.is_none()) => {
                return Ok(());
            }
            other => other?,
        };
        if candidate.max.is_some_and(|max| file.len() > max) {
            return if candidate.surface.is_some() { Err(Skip::TooLarge) } else { Ok(()) };
        }
        progress.files_read.fetch_add(1, Ordering::Relaxed);
        let maybe = file.len() >= LEAST_DATABASE
            && candidate.surface.is_none_or(|s| s.format == Format::Sqlite)
            && (candidate.surface.is_some() || self.mode != Mode::Home);
        // A small loose file shows what it is when it is read; a call of its own would cost as much as the reading.
        let late = maybe && candidate.surface.is_none() && file.len() < LOOKED_AT_LATE;
        let mut head = [0; 16];
        if maybe && !late && file.read_at(0, &mut head).is_ok() && read::sqlite::is_sqlite(&head) {
            return self.database(candidate, &file);
        }
        match self.text(candidate, &mut file, late)? {
            Content::Database => self.database(candidate, &file),
            Content::Text | Content::Binary => Ok(()),
        }
    }

    /// Where a file may lie: a walk's below its root; the machine's own, and one that a variable names, anywhere.
    fn roots_of(&self, candidate: &Candidate<'_>) -> &Roots {
        if candidate.system || !candidate.path.starts_with(self.root) { self.everywhere } else { self.roots }
    }

    fn database(&self, candidate: &Candidate<'_>, file: &OpenFile) -> Result<(), Skip> {
        let progress = self.scanner.progress;
        progress.bytes_read.fetch_add(file.len(), Ordering::Relaxed);
        let mut log = candidate.path.clone().into_os_string();
        log.push("-wal");
        let log = open::open_within(self.roots_of(candidate), Path::new(&log)).ok();
        let place = self.place(candidate, file);
        let stop = || progress.stopped();
        let log = log.as_ref().map(Pages);
        let log = log.as_ref().map(|log| log as &dyn PageSource);
        let outcome = database::scan(self.scanner.detector, &place, &Pages(file), log, &stop);
        self.collector.truncated(outcome.truncated);
        let none = outcome.findings.is_empty();
        self.keep(candidate, file, outcome.findings);
        match outcome.problem {
            Some(problem) if none => Err(skip_of(problem)),
            Some(problem) => {
                self.error(&candidate.path, skip_of(problem), true);
                Ok(())
            }
            None if outcome.changed && none => Err(Skip::ChangedWhileReading),
            None => Ok(()),
        }
    }

    /// Reads a file as text; with `databases` one that turns out to be a database is left to the caller.
    fn text(&self, candidate: &Candidate<'_>, file: &mut OpenFile, databases: bool) -> Result<Content, Skip> {
        let progress = self.scanner.progress;
        let format = candidate.surface.map_or(Format::Text, |surface| surface.format);
        let mut reading = Reading::default();
        let size = file.len();
        let outcome = BUFFER.with_borrow_mut(|buffer| {
            let mut source = FileSource::new(file);
            let limits = *self.scanner.detector.limits();
            let stop = || progress.stopped();
            let outcome = content::pieces(&mut source, format, databases, &limits, buffer, &stop, &mut |piece| {
                self.piece(candidate, piece, &mut reading);
            });
            // What was read is wiped; the rest of the buffer was not touched, unless there were chunks.
            if size as usize > limits.chunk_bytes {
                buffer.zeroize();
            } else {
                buffer.as_mut_slice().zeroize();
            }
            buffer.clear();
            if buffer.capacity() > KEEP_BUFFER {
                buffer.shrink_to(64 << 10);
            }
            outcome
        });
        let (content, bytes) = outcome?;
        if content == Content::Database {
            return Ok(content);
        }
        progress.bytes_read.fetch_add(bytes, Ordering::Relaxed);
        let found = std::mem::take(&mut reading.found);
        let none = found.is_empty();
        let place_made = reading.place.is_some();
        if place_made {
            // Exposure is asked for while the file is still open, and only where something was found.
            let exposure = self.exposure(candidate, file);
            let identity = file.identity();
            self.collector.findings(
                found
                    .into_iter()
                    .map(|mut f| {
                        if let Some(e) = &mut f.finding.exposure {
                            e.mode = exposure.mode;
                            e.others_can_read = exposure.others_can_read;
                        }
                        f.file = Some((identity.device, identity.inode));
                        f.link = candidate.link;
                        f
                    })
                    .collect(),
            );
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
            let start = hit.span.start;
            let mut finding = place.credential(self.scanner.pack, hit, Some(region), related, offset);
            published::lower(&mut finding, || published::reason_in(&candidate.path, piece.text, start));
            let inline = inline.filter(|allow| allow.covers(&finding.rule));
            // The comment may hold the very secret it allows.
            let inline = inline.map(|allow| detection.mask.text(detector, allow.reason.as_found().as_bytes()));
            reading.found.push(Found { finding, inline, ..Found::default() });
        }
        self.bound(&mut reading.found);
        for judgement in judgements {
            let region = locator.region(&judgement.span);
            let finding = place.judgement(judgement, Some(region));
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

    fn keep(&self, candidate: &Candidate<'_>, file: &OpenFile, findings: Vec<crate::model::Finding>) {
        let identity = file.identity();
        let file = Some((identity.device, identity.inode));
        let found = findings.into_iter().map(|finding| Found { finding, file, link: candidate.link, inline: None });
        self.collector.findings(found.collect());
    }

    fn place<'r>(&'r self, candidate: &Candidate<'r>, file: &OpenFile) -> Place<'r> {
        let mut place = self.bare_place(candidate);
        let exposure = self.exposure(candidate, file);
        if let Some(known) = &mut place.exposure {
            known.mode = exposure.mode;
            known.others_can_read = exposure.others_can_read;
        }
        place
    }

    /// The place without what only an open file tells.
    pub(super) fn bare_place<'r>(&'r self, candidate: &Candidate<'r>) -> Place<'r> {
        let home = &self.scanner.host.user.home;
        let base = match self.mode {
            Mode::Home | Mode::Deep => Base::Home(self.root),
            Mode::Tree => Base::Tree { root: self.root, home },
        };
        Place::of_file(
            self.scanner.detector,
            self.git,
            candidate.surface,
            &candidate.path,
            base,
            self.user.clone(),
            Exposure::default(),
        )
    }

    fn exposure(&self, candidate: &Candidate<'_>, file: &OpenFile) -> Exposure {
        let mut access = self.access.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let exposure = file.exposure(&candidate.path, &mut access);
        Exposure { mode: exposure.mode, others_can_read: exposure.others_can_read, ..Exposure::default() }
    }
}

/// What keeps a piece from being read as its surface's format.
fn unlike_its_surface(surface: Option<&Surface>, piece: &Piece<'_>) -> Option<read::Problem> {
    let problem = |what, bound| Some(read::Problem { what, offset: 0, bound });
    match surface?.format {
        // An empty file is a database without tables.
        Format::Sqlite if piece.text.is_empty() => None,
        Format::Sqlite => problem("no SQLite database; read as text", false),
        format if format != piece.format => problem("too large to be parsed; read as text", true),
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

pub(super) fn skip_of(problem: read::Problem) -> Skip {
    if problem.bound { Skip::Bound(problem.what) } else { Skip::Malformed(problem.what) }
}
