//! The known-artefact pass: is a stealer's watcher, or another thing it leaves behind, on this machine?
//!
//! Marks at a known path come before all else, for they change every advice: a `stat` each, and a look into those few
//! that are there and have to say something. Marks that may lie anywhere are met by the walk, which asks by name.

use super::Scanner;
use super::engine::Engine;
use super::locate::{Locator, Origin};
use crate::host::list;
use crate::host::open::{self, Roots};
use crate::model::{
    Category, Confidence, Evidence, Finding, Fix, IdParts, Location, Region, Severity, Skip, Untrusted,
};
use crate::rules::marks::{self, Mark, Marks};
use crate::rules::roots;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The surface that findings of marks have.
pub(super) const SURFACE: &str = "file.artifact";
/// Bytes of a file that are read for a mark: more than the largest payload known.
const MOST_BYTES: usize = 32 << 20;
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
        let mut found: Vec<(PathBuf, Found<'_>)> = Vec::new();
        for mark in self.marks.marks.all().filter(|mark| !mark.artifact.path.is_empty()) {
            for path in roots::expand(&mark.artifact.path, host, self.root, own).into_iter().flat_map(starred) {
                if path.is_absolute() && path.symlink_metadata().is_ok() {
                    let roots = if own { self.everywhere } else { self.roots };
                    found.extend(self.fitting(mark, &path, &|| read(roots, &path)).map(|found| (path, found)));
                }
            }
        }
        let paths: BTreeSet<PathBuf> = found.iter().map(|(path, _)| path.clone()).collect();
        for path in &paths {
            let of_path = found.iter().filter(|(other, _)| other == path).map(|(_, found)| found);
            self.tell(path, &of_path.collect::<Vec<_>>());
        }
        self.marks.known().extend(paths);
    }

    /// Looks at a file whose name a mark has; `alone` when nothing else is going to read it.
    pub(super) fn look_for_marks(&self, path: &Path, alone: bool) {
        self.look_for_marks_with(path, &|| {
            let read = read(self.roots, path)?;
            if alone {
                self.scanner.progress.files_read.fetch_add(1, Ordering::Relaxed);
                self.scanner.progress.bytes_read.fetch_add(read.0.len() as u64, Ordering::Relaxed);
            }
            Ok(read)
        });
    }

    /// The same for content that lies in memory.
    #[cfg(feature = "history")]
    pub(super) fn look_for_marks_in(&self, path: &Path, content: &[u8]) {
        if path.file_name().is_some_and(|name| self.marks.marks.is_named(name)) {
            self.look_for_marks_with(path, &|| Ok((Zeroizing::new(content.to_vec()), true)));
        }
    }

    fn look_for_marks_with(&self, path: &Path, content: &dyn Fn() -> Result<(Zeroizing<Vec<u8>>, bool), Skip>) {
        if self.marks.known().contains(path) {
            return;
        }
        let marks = self.marks.marks.of(path);
        // Read once, whatever the number of marks that have this name.
        let read = std::cell::OnceCell::new();
        let content = || match read.get_or_init(content) {
            Ok((bytes, whole)) => Some((bytes.as_slice(), *whole)),
            Err(_) => None,
        };
        let found: Vec<_> = marks.into_iter().filter_map(|mark| self.fits(mark, path, &content)).collect();
        self.tell(path, &found.iter().collect::<Vec<_>>());
    }

    fn fitting<'m>(
        &self,
        mark: &'m Mark<'m>,
        path: &Path,
        content: &dyn Fn() -> Result<(Zeroizing<Vec<u8>>, bool), Skip>,
    ) -> Option<Found<'m>> {
        let read = if mark.artifact.is_read() { content().ok() } else { None };
        self.fits(mark, path, &|| read.as_ref().map(|(bytes, whole)| (bytes.as_slice(), *whole)))
    }

    /// Whether the file at `path` is the mark.
    fn fits<'m, 'b>(
        &self,
        mark: &'m Mark<'m>,
        path: &Path,
        content: &dyn Fn() -> Option<(&'b [u8], bool)>,
    ) -> Option<Found<'m>> {
        let artifact = mark.artifact;
        let folder = path.parent()?;
        let there = |name: &&crate::rules::rule::Str| roots::below(folder, name).symlink_metadata().is_ok();
        if !artifact.beside.is_empty() && artifact.beside.iter().find(there).is_none() {
            return None;
        }
        if !artifact.is_read() {
            return Some(Found { mark, region: None });
        }
        let (bytes, whole) = content()?;
        let fit = mark.fits(bytes, whole, self.scanner.detector.limits())?;
        let region = fit.span.map(|span: Range<usize>| Locator::new(bytes, Origin::START).region(&span));
        Some(Found { mark, region })
    }

    /// One finding for each campaign that left the file.
    fn tell(&self, path: &Path, found: &[&Found<'_>]) {
        let mut told: Vec<&str> = Vec::new();
        for one in found {
            let campaign = one.mark.campaign;
            if told.contains(&&*campaign.id) || !self.scanner.pack.keeps(&campaign.id) {
                continue;
            }
            told.push(&campaign.id);
            let same: Vec<&Found<'_>> = found.iter().copied().filter(|f| f.mark.campaign.id == campaign.id).collect();
            if same.iter().any(|found| found.mark.artifact.watcher) {
                self.marks.watcher.store(true, Ordering::Relaxed);
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
        let summary = campaign.response.first().map(ToString::to_string).unwrap_or_default();
        let region = found.iter().find_map(|found| found.region);
        Finding {
            id_parts: IdParts { lineage: campaign.id.to_string(), path: relative, pointer: String::new() },
            rule: campaign.id.to_string(),
            category: Category::Compromise,
            severity: Severity::Critical,
            confidence: found.iter().map(|found| found.mark.artifact.sureness()).max().unwrap_or(Confidence::Medium),
            title: format!("Trace of {}: {}", campaign.title, artifact.what),
            surface: SURFACE.into(),
            user: self.user.clone().or_else(|| Some(Untrusted::new(self.scanner.host.user.name.clone()))),
            location: Location {
                path: detector.mask_text(path.as_os_str().as_encoded_bytes()),
                region,
                ..Location::default()
            },
            evidence: Some(Evidence { why, ..Evidence::default() }),
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

/// Reads a file for its marks; tells whether these are all its bytes.
fn read(roots: &Roots, path: &Path) -> Result<(Zeroizing<Vec<u8>>, bool), Skip> {
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = open::open_within(roots, path)?.read_up_to(&mut bytes, MOST_BYTES)?;
    Ok((bytes, !outcome.truncated))
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
