//! One target: open, read, detect, audit. One bad file is an entry in the report, never the end of a run.

use super::Scanner;
use super::artifacts::Marking;
use super::collect::{Collector, Found};
use super::content::Content;
use super::database::{self, Pages};
use super::judge::Judge;
use super::leveldb;
use super::place::{Base, Place};
use super::stock::Stock;
use super::text;
use super::walk::{Candidate, Mode, Visitor};
use crate::host::access::DirAccess;
use crate::host::open::{self, OpenFile, Roots};
use crate::host::synced::SyncFolders;
use crate::host::trusted;
use crate::model::{Exposure, ReadError, Skip, SteeredBy, Untrusted};
use crate::read::git_state::GitStates;
use crate::read::sqlite::PageSource;
use crate::read::{self, Format};
use crate::rules::place::PlaceIndex;
use crate::rules::rule::Surface;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Bytes of the smallest database.
pub(super) const LEAST_DATABASE: u64 = 512;
/// Bytes from which on a file is looked at before it is read as text.
const LOOKED_AT_LATE: u64 = 64 << 10;
/// Tries at a file that changes while it is read.
const TRIES: usize = 3;

/// Reads targets for one root.
pub(super) struct Engine<'e> {
    pub(super) scanner: &'e Scanner<'e>,
    pub(super) collector: &'e Collector<'e>,
    pub(super) git: &'e GitStates,
    pub(super) synced: SyncFolders,
    pub(super) access: &'e Mutex<DirAccess>,
    /// The root, and how it is walked.
    pub(super) root: &'e Path,
    /// Where links may lead: below the root; for the machine's own files anywhere.
    pub(super) roots: &'e Roots,
    pub(super) everywhere: &'e Roots,
    pub(super) judge: &'e Judge<'e>,
    pub(super) index: &'e PlaceIndex<'e>,
    pub(super) mode: Mode,
    pub(super) user: Option<Untrusted>,
    /// Known paths that were read already and that a walk will meet again, in order.
    pub(super) done: &'e [PathBuf],
    /// What stealers leave behind.
    pub(super) marks: &'e Marking<'e>,
}

impl Visitor for Engine<'_> {
    fn file(&self, candidate: Candidate<'_>) {
        if self.done.binary_search(&candidate.path).is_err() {
            self.target(&candidate);
        }
    }

    fn folder(&self, path: &Path) {
        self.judge.places.folder(path);
    }

    fn marked(&self, path: &Path, alone: bool) {
        // A panic ends the look at this file, not the scan.
        if panic::catch_unwind(AssertUnwindSafe(|| self.look_for_marks(path, alone))).is_err() {
            self.error(path, Skip::Internal, true);
        }
    }

    fn pruned(&self, path: &Path, _: &'static str) {
        self.collector.pruned();
        self.passed_by(path);
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
                    text::wipe();
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
        let file = match opened {
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
        if candidate.surface.is_some_and(|s| s.format == Format::Leveldb) {
            return self.leveldb(candidate, &file);
        }
        let maybe = file.len() >= LEAST_DATABASE
            && candidate.surface.is_none_or(|s| s.format == Format::Sqlite)
            && (candidate.surface.is_some() || self.mode != Mode::Home);
        // A small loose file shows what it is when it is read; a call of its own would cost as much as the reading.
        let late = maybe && candidate.surface.is_none() && file.len() < LOOKED_AT_LATE;
        let mut head = [0; 16];
        if maybe && !late && file.read_at(0, &mut head).is_ok() && read::sqlite::is_sqlite(&head) {
            return self.database(candidate, &file);
        }
        match self.text(candidate, &file, late)? {
            Content::Database => self.database(candidate, &file),
            Content::Text | Content::Binary => Ok(()),
        }
    }

    /// What is installed, as far as it is known.
    pub(super) fn stock(&self) -> &Stock<'_> {
        &self.judge.stock
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
        let mut outcome = database::scan(self.scanner.detector, &place, &Pages(file), log, &stop);
        if let (Some((container, row)), Some(surface)) = (outcome.trust.take(), candidate.surface) {
            let judged = self.judge.trust_row(candidate, surface, &row).into_iter().map(|judgement| {
                let mut finding = place.judgement(self.scanner.pack, judgement, None);
                finding.location.container = Some(container.clone());
                finding
            });
            outcome.findings.extend(judged);
        }
        self.finish(candidate, file, outcome)
    }

    /// Reads a log or table of LevelDB.
    fn leveldb(&self, candidate: &Candidate<'_>, file: &OpenFile) -> Result<(), Skip> {
        let progress = self.scanner.progress;
        progress.bytes_read.fetch_add(file.len(), Ordering::Relaxed);
        let place = self.place(candidate, file);
        let mut outcome = leveldb::scan(self.scanner.detector, &place, &Pages(file), &|| progress.stopped());
        outcome.changed = file.changed();
        // What could not be taken apart was looked through as it is.
        if let Some(problem) = outcome.problem.take() {
            self.error(&candidate.path, skip_of(problem), true);
        }
        self.finish(candidate, file, outcome)
    }

    fn finish(&self, candidate: &Candidate<'_>, file: &OpenFile, outcome: database::Outcome) -> Result<(), Skip> {
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
            known.take_file_facts(exposure);
        }
        place
    }

    /// The place without what only an open file tells.
    pub(super) fn bare_place<'r>(&'r self, candidate: &Candidate<'r>) -> Place<'r> {
        let base = self.base();
        Place::of_file(
            self.scanner.detector,
            self.git,
            &self.synced,
            candidate.surface,
            &candidate.path,
            base,
            self.user.clone(),
        )
    }

    /// What paths in ids are relative to.
    pub(super) fn base(&self) -> Base<'_> {
        match self.mode {
            Mode::Home | Mode::Deep => Base::Home(self.root),
            Mode::Tree => Base::Tree { root: self.root, home: &self.scanner.host.user.home },
        }
    }

    pub(super) fn exposure(&self, candidate: &Candidate<'_>, file: &OpenFile) -> Exposure {
        let mut access = self.access.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let exposure = file.exposure(&candidate.path, &mut access);
        let modified_at = file.modified().map(|time| humantime::format_rfc3339_seconds(time).to_string());
        let (mode, others_can_read) = (exposure.mode, exposure.others_can_read);
        Exposure { mode, others_can_read, modified_at, ..Exposure::default() }
    }
}

pub(super) fn skip_of(problem: read::Problem) -> Skip {
    if problem.bound { Skip::Bound(problem.what) } else { Skip::Malformed(problem.what) }
}
