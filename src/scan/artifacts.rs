//! The known-artefact pass: is a stealer's watcher, or another thing it leaves behind, on this machine?
//!
//! Marks at a known path come before all else, for they change every advice: a `stat` each, and a look into those few
//! that are there and have to say something. Marks that may lie anywhere are met by the walk, which asks by name.

use super::Scanner;
use super::engine::Engine;
use super::locate::{Locator, Origin};
use crate::host::list;
use crate::host::open::{self, OpenFile, Roots};
use crate::model::{Category, Confidence, Evidence, Finding, Fix, IdParts, Location, Region, Severity};
use crate::rules::marks::{self, Mark, Marks};
use crate::rules::roots;
use crate::rules::rule::Str;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The surface that findings of marks have.
pub(super) const SURFACE: &str = "file.artifact";
/// Bytes of a file whose digest is taken: more than the largest payload known, which has ten million.
const MOST_BYTES: u64 = 32 << 20;
/// Bytes of it in memory at once.
const BLOCK: usize = 64 << 10;
/// Names of a folder that are compared with a path's last part.
const MOST_NAMES: usize = 100_000;
/// Where systemd notes whose services start without a login.
const LINGER: &str = "/var/lib/systemd/linger";

/// The marks a scan looks for, and what it knows of them so far.
pub(super) struct Marking<'m> {
    pub(super) marks: Marks<'m>,
    /// Files at known paths that were told already.
    known: Mutex<BTreeSet<PathBuf>>,
    /// Whether one acts when a stolen token is revoked.
    watcher: AtomicBool,
}

impl<'m> Marking<'m> {
    pub(super) fn new(scanner: &'m Scanner<'m>) -> Self {
        let marks = Marks::new(scanner.pack.campaigns());
        Self { marks, known: Mutex::default(), watcher: AtomicBool::new(false) }
    }

    /// Whether a watcher was found.
    pub(super) fn watcher(&self) -> bool {
        self.watcher.load(Ordering::Relaxed)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is a mark, of one campaign.
struct Found<'m> {
    mark: &'m Mark<'m>,
    region: Option<Region>,
}

impl Engine<'_> {
    /// Looks at the known paths of every mark.
    pub(super) fn known_marks(&self, own: bool) {
        let host = self.scanner.host;
        let roots = if own { self.everywhere } else { self.roots };
        let mut found: BTreeMap<PathBuf, Vec<Found<'_>>> = BTreeMap::new();
        for mark in self.marks.marks.all().filter(|mark| !mark.artifact.path.is_empty()) {
            for path in roots::expand(&mark.artifact.path, host, self.root, own).into_iter().flat_map(starred) {
                if path.is_absolute() && path.symlink_metadata().is_ok() {
                    let fits = self.fits(mark, &path, &Content::of_file(roots, &path, false));
                    found.entry(path).or_default().extend(fits);
                }
            }
        }
        found.retain(|_, found| !found.is_empty());
        for (path, found) in &found {
            self.tell(path, found);
        }
        self.marks.known().extend(found.into_keys());
    }

    /// Looks at a file whose name a mark has; `alone` when nothing else is going to read it.
    pub(super) fn look_for_marks(&self, path: &Path, alone: bool) {
        let content = Content::of_file(self.roots, path, true);
        self.look_for_marks_with(path, &content);
        let read = content.read.get();
        if alone && read > 0 {
            self.scanner.progress.files_read.fetch_add(1, Ordering::Relaxed);
            self.scanner.progress.bytes_read.fetch_add(read, Ordering::Relaxed);
        }
    }

    /// The same for content that lies in memory.
    #[cfg(feature = "history")]
    pub(super) fn look_for_marks_in(&self, path: &Path, content: &[u8]) {
        if path.file_name().is_some_and(|name| self.marks.marks.is_named(name)) {
            self.look_for_marks_with(path, &Content::of_memory(content));
        }
    }

    fn look_for_marks_with(&self, path: &Path, content: &Content<'_>) {
        if self.marks.known().contains(path) {
            return;
        }
        let marks = self.marks.marks.of(path);
        let found: Vec<_> = marks.into_iter().filter_map(|mark| self.fits(mark, path, content)).collect();
        self.tell(path, &found);
    }

    /// Whether the file at `path` is the mark.
    fn fits<'m>(&self, mark: &'m Mark<'m>, path: &Path, content: &Content<'_>) -> Option<Found<'m>> {
        let artifact = mark.artifact;
        let folder = path.parent()?;
        let there = |name: &Str| roots::below(folder, name).symlink_metadata().is_ok();
        if !artifact.beside.is_empty() && !artifact.beside.iter().any(there) {
            return None;
        }
        if !artifact.sha256.is_empty() && !mark.has_digest(content.digest()?) {
            return None;
        }
        let mut region = None;
        if artifact.is_said() {
            let limits = self.scanner.detector.limits();
            let bytes = content.bytes(limits.document_bytes)?;
            let span: Option<Range<usize>> = mark.says(bytes, limits)?.span;
            region = span.map(|span| Locator::new(bytes, Origin::START).region(&span));
        }
        Some(Found { mark, region })
    }

    /// One finding for each campaign that left the file.
    fn tell(&self, path: &Path, found: &[Found<'_>]) {
        let mut told: Vec<&str> = Vec::new();
        for one in found {
            let campaign = one.mark.campaign;
            if told.contains(&&*campaign.id) {
                continue;
            }
            told.push(&campaign.id);
            let same: Vec<&Found<'_>> = found.iter().filter(|f| f.mark.campaign.id == campaign.id).collect();
            let watcher = same.iter().any(|found| found.mark.artifact.watcher);
            if watcher {
                self.marks.watcher.store(true, Ordering::Relaxed);
            }
            // A watcher changes every advice: nobody switches that off by leaving rules out.
            if !watcher && !self.scanner.pack.keeps(&campaign.id) {
                continue;
            }
            self.collector.plain(vec![self.finding(path, &same)]);
        }
    }

    fn finding(&self, path: &Path, found: &[&Found<'_>]) -> Finding {
        let detector = self.scanner.detector;
        let mut found = found.to_vec();
        found.sort_by_key(|found| std::cmp::Reverse(found.mark.artifact.sureness()));
        let first = found.first().map(|found| (found.mark.campaign, found.mark.artifact));
        let Some((campaign, artifact)) = first else { return Finding::default() };
        let mut why: Vec<String> = Vec::new();
        for one in &found {
            why.push(one.mark.artifact.what.to_string());
            why.push(one.mark.artifact.told_by().to_owned());
        }
        let is_service = path.components().any(|part| part.as_os_str() == OsStr::new("systemd"));
        if is_service && self.lingers() {
            why.push("starts without a login, too (linger)".to_owned());
        }
        let mut seen = BTreeSet::new();
        why.retain(|reason| seen.insert(reason.clone()));
        let relative = if artifact.path.is_empty() {
            detector.mask_text(&self.base().relative(path, self.git)).as_found().as_bytes().to_vec()
        } else {
            artifact.path.as_bytes().to_vec()
        };
        // The order of steps begins with what not to do while a watcher stands; where none is, that comes second.
        let summary = match campaign.response.first() {
            Some(step) if found.iter().any(|found| found.mark.artifact.watcher) => step.to_string(),
            _ => format!(
                "See whether you put it there. If not, follow the steps of `caulk explain {}`, and replace secrets only \
                 after them.",
                campaign.id
            ),
        };
        let region = found.iter().find_map(|found| found.region);
        Finding {
            id_parts: IdParts { lineage: campaign.id.to_string(), path: relative, pointer: String::new() },
            rule: campaign.id.to_string(),
            category: Category::Compromise,
            severity: Severity::Critical,
            confidence: found.iter().map(|found| found.mark.artifact.sureness()).max().unwrap_or(Confidence::Medium),
            title: format!("Trace of {}: {}", campaign.title, artifact.what),
            surface: SURFACE.into(),
            user: self.user.clone(),
            location: Location {
                path: detector.mask_text(path.as_os_str().as_encoded_bytes()),
                region,
                ..Location::default()
            },
            evidence: Some(Evidence { why, campaign: Some(campaign.id.to_string()), ..Evidence::default() }),
            fix: Some(Fix { recipe: None, automatic: false, summary, rotate_url: None }),
            ..Finding::default()
        }
    }

    /// Whether the user's services start without a login.
    fn lingers(&self) -> bool {
        let host = self.scanner.host;
        let name = &host.user.name;
        let plain = !name.is_empty() && !name.contains(['/', '\\']);
        plain && host.system_path(LINGER).join(name).symlink_metadata().is_ok()
    }
}

/// What a file says and its digest, each looked up when it is first asked for and once.
struct Content<'c> {
    source: Source<'c>,
    bytes: OnceCell<Option<Zeroizing<Vec<u8>>>>,
    digest: OnceCell<Option<String>>,
    /// Bytes that were read.
    read: Cell<u64>,
}

enum Source<'c> {
    /// A file below one of the roots; whether a listing called it a regular one.
    File(&'c Roots, &'c Path, bool),
    #[cfg(feature = "history")]
    Memory(&'c [u8]),
}

impl<'c> Content<'c> {
    fn of_file(roots: &'c Roots, path: &'c Path, listed: bool) -> Self {
        Self::new(Source::File(roots, path, listed))
    }

    #[cfg(feature = "history")]
    fn of_memory(bytes: &'c [u8]) -> Self {
        Self::new(Source::Memory(bytes))
    }

    fn new(source: Source<'c>) -> Self {
        Self { source, bytes: OnceCell::new(), digest: OnceCell::new(), read: Cell::new(0) }
    }

    fn open(&self) -> Option<OpenFile> {
        match self.source {
            Source::File(roots, path, true) => open::open_listed(roots, path).ok(),
            Source::File(roots, path, false) => open::open_within(roots, path).ok(),
            #[cfg(feature = "history")]
            Source::Memory(_) => None,
        }
    }

    /// The first `most` bytes.
    fn bytes(&self, most: usize) -> Option<&[u8]> {
        #[cfg(feature = "history")]
        if let Source::Memory(bytes) = self.source {
            return Some(&bytes[..bytes.len().min(most)]);
        }
        let read = || {
            let mut bytes = Zeroizing::new(Vec::new());
            self.open()?.read_up_to(&mut bytes, most).ok()?;
            self.read.set(self.read.get() + bytes.len() as u64);
            Some(bytes)
        };
        self.bytes.get_or_init(read).as_ref().map(|bytes| bytes.as_slice())
    }

    /// The SHA-256 of all bytes in hex; none of a file that is larger than any payload.
    fn digest(&self) -> Option<&str> {
        let digest = || {
            #[cfg(feature = "history")]
            if let Source::Memory(bytes) = self.source {
                return Some(HEXLOWER.encode(&Sha256::digest(bytes)));
            }
            let file = self.open().filter(|file| file.len() <= MOST_BYTES)?;
            let (mut hasher, mut at) = (Sha256::new(), 0);
            let mut block = Zeroizing::new(vec![0; BLOCK]);
            while at <= MOST_BYTES {
                let read = file.read_at(at, &mut block).ok()?;
                if read == 0 {
                    break;
                }
                hasher.update(&block[..read]);
                at += read as u64;
            }
            self.read.set(self.read.get() + at);
            Some(HEXLOWER.encode(&hasher.finalize()))
        };
        self.digest.get_or_init(digest).as_deref()
    }
}

/// The paths that one with a star in its last part stands for.
fn starred(path: PathBuf) -> Vec<PathBuf> {
    let Some(part) = path.file_name().and_then(OsStr::to_str).filter(|part| part.contains('*')) else {
        return vec![path];
    };
    let Some(folder) = path.parent() else { return Vec::new() };
    let (mut found, mut seen) = (Vec::new(), 0);
    // A folder that is not there holds none.
    let _ = list::list(folder, &mut |listed| {
        seen += 1;
        if seen <= MOST_NAMES && marks::name_fits(part, &listed.name) {
            found.push(folder.join(&listed.name));
        }
    });
    found
}
