//! `--staged`: what the next commit would bring, read from the index and git's objects.
//!
//! The content is that of the staged objects, never that of the work tree's files: the two may differ,
//! and only the first is about to leave. A file's path, surface and id are those that `scan PATH` would
//! give it. What cannot be compared with HEAD counts as staged; what cannot be read makes the scan
//! incomplete, since a check before a commit must not pass for not having looked.

use super::Scanner;
use super::artifacts::Marking;
use super::buffer::Buffer;
use super::collect::Collector;
use super::content::{self, Bytes, Content, Part};
use super::database;
use super::engine::{Engine, LEAST_DATABASE, skip_of};
use super::judge::Judge;
use super::leveldb;
use super::planner::Planner;
use super::text::Reading;
use super::walk::{self, Candidate, IGNORE_FILE, Mode, Visitor};
use crate::host::access::DirAccess;
use crate::host::open::{self, Roots};
use crate::host::synced::SyncFolders;
use crate::ledger::approvals::Approvals;
use crate::model::Skip;
use crate::read::git_index::{self, Entry, Sort};
use crate::read::git_objects::{Committed, Head, Objects, TreeEntry};
use crate::read::git_repository::{self, Repository};
use crate::read::git_state::GitStates;
use crate::read::{Format, sqlite};
use crate::rules::place::{Level, PlaceIndex};
use globset::GlobSet;
use ignore::gitignore::Gitignore;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use zeroize::Zeroizing;

/// Objects, and bytes of them, that are held to be read at once.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 16 << 20;

/// A staged file.
struct Staged {
    path: PathBuf,
    object: Vec<u8>,
}

/// Scans what is staged below `paths`; tells whether a watcher is among it.
pub(super) fn run(
    scanner: &Scanner<'_>,
    collector: &Collector<'_>,
    index: &PlaceIndex<'_>,
    git: &GitStates,
    access: &Mutex<DirAccess>,
    paths: &[PathBuf],
) -> bool {
    let marks = Marking::new(scanner);
    for (found, roots) in repositories(paths) {
        let top = found.as_ref().map_or(&roots[0], |repository| &repository.work_tree);
        let within = Roots::new(std::slice::from_ref(top));
        let judge = Judge::new(scanner, None, Approvals::default(), (&within, &within), git);
        let engine = Engine {
            scanner,
            collector,
            git,
            access,
            synced: SyncFolders::default(),
            root: top,
            roots: &within,
            everywhere: &within,
            judge: &judge,
            index,
            mode: Mode::Tree,
            user: None,
            done: &[],
            marks: &marks,
        };
        let Some(repository) = &found else {
            engine.error(top, Skip::Malformed("no git work tree"), false);
            continue;
        };
        let looked = catch_unwind(AssertUnwindSafe(|| {
            let objects = objects_of(repository, scanner, &engine)?;
            let staged = list(scanner, repository, &objects, &roots, &engine)?;
            read_all(&engine, index, &objects, &staged);
            Ok(())
        }));
        if let Err(skip) = looked.unwrap_or(Err(Skip::Internal)) {
            engine.error(top, skip, false);
        }
    }
    marks.watcher()
}

/// Says what would be read.
pub(super) fn plan(scanner: &Scanner<'_>, index: &PlaceIndex<'_>, planner: &Planner<'_>, paths: &[PathBuf]) {
    for (repository, roots) in repositories(paths) {
        let Some(repository) = repository else { continue };
        let Ok(objects) = objects_of(&repository, scanner, planner) else { continue };
        for staged in list(scanner, &repository, &objects, &roots, planner).unwrap_or_default() {
            planner.note(index.of(&staged.path).map_or("file.text", |s| &s.id), &staged.path, true);
        }
    }
}

/// The work trees that `paths` lie in, each with its paths, links resolved.
fn repositories(paths: &[PathBuf]) -> BTreeMap<Option<Repository>, Vec<PathBuf>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for path in paths {
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        found.entry(Repository::find(&path).ok()).or_default().push(path);
    }
    found
}

fn objects_of<V: Visitor>(repository: &Repository, scanner: &Scanner<'_>, visitor: &V) -> Result<Objects, Skip> {
    let sha256 = repository.sha256()?;
    Objects::open(&repository.objects(), sha256, &scanner.request.limits).inspect_err(|_| {
        visitor.pruned(&repository.objects(), "git objects that cannot be opened");
    })
}

/// The staged files, each path with each object once.
fn list<V: Visitor>(
    scanner: &Scanner<'_>,
    repository: &Repository,
    objects: &Objects,
    roots: &[PathBuf],
    visitor: &V,
) -> Result<Vec<Staged>, Skip> {
    let limits = &scanner.request.limits;
    let top = &repository.work_tree;
    let file = repository.index_file(scanner.host.env("GIT_INDEX_FILE").map(Path::new));
    let Some(bytes) = read_index(&file, limits.git_index_bytes)? else { return Ok(Vec::new()) };
    let unread = |folder: &[u8], skip| visitor.error(&below(top, folder), skip, true);
    // Without HEAD there is nothing to compare with, and all of the index is looked at.
    let tree = repository.head(limits).and_then(|head| head.map(|commit| objects.tree_of(&commit)).transpose());
    let head = tree.and_then(|tree| Head::new(objects, tree.as_deref()));
    let mut head = match head {
        Ok(head) => head,
        Err(skip) => {
            unread(b"", skip);
            Head::new(objects, None)?
        }
    };
    let mut list = List {
        top,
        roots,
        exclude: super::run::exclude(&scanner.request.exclude),
        folders: BTreeMap::new(),
        staged: Vec::new(),
        visitor,
    };
    let sha256 = repository.sha256()?;
    let (mut last, mut disorder) = (Vec::new(), false);
    let end = git_index::entries(&bytes, sha256, &mut |entry| {
        let wanted = matches!(entry.sort, Sort::File | Sort::Folder) && !entry.intent_to_add;
        // The base of a conflict is in HEAD's past; its sides are what may be committed.
        if !wanted || entry.stage == 1 || scanner.progress.stopped() {
            return;
        }
        // Git keeps an index in order. One that is not would have the same trees read again and again.
        disorder |= entry.path < last.as_slice();
        last.clear();
        last.extend_from_slice(entry.path);
        if disorder || head.has(entry.path, entry.object, &mut |folder, skip| unread(folder, skip)) == Committed::Other
        {
            list.entry(entry, objects, limits.folder_depth);
        }
    });
    if disorder {
        visitor.error(&file, Skip::Malformed("a git index out of order"), true);
    }
    match end.map(|end| (end.partial, end.problem)) {
        Err(problem) | Ok((_, Some(problem))) => visitor.error(&file, skip_of(problem), true),
        Ok((true, None)) => {
            visitor.error(&file, Skip::Malformed("a split git index, whose other half is not read"), true);
        }
        Ok((false, None)) => {}
    }
    Ok(list.staged)
}

/// All of an index; `None` where there is none yet.
fn read_index(file: &Path, most: u64) -> Result<Option<Vec<u8>>, Skip> {
    let mut opened = match open::open(file) {
        Err(Skip::Io(std::io::ErrorKind::NotFound)) => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    if opened.read_up_to(&mut bytes, most as usize)?.truncated {
        return Err(Skip::Bound("size of a git index"));
    }
    Ok(Some(bytes))
}

/// A folder of the work tree, for a report.
fn below(top: &Path, folder: &[u8]) -> PathBuf {
    let folder = git_repository::path(folder).unwrap_or_default();
    if folder.as_os_str().is_empty() { top.to_owned() } else { top.join(folder) }
}

/// Takes the entries that are wanted.
struct List<'l, V> {
    top: &'l Path,
    roots: &'l [PathBuf],
    exclude: GlobSet,
    /// What the ignore files say of each folder: whether it is left out, else those that hold below it.
    folders: BTreeMap<PathBuf, Option<Vec<Arc<Gitignore>>>>,
    staged: Vec<Staged>,
    visitor: &'l V,
}

impl<V: Visitor> List<'_, V> {
    fn entry(&mut self, entry: &Entry<'_>, objects: &Objects, depth: usize) {
        match entry.sort {
            Sort::Folder => self.folder(entry.path, entry.object, objects, depth),
            _ => self.file(entry.path, entry.object),
        }
    }

    /// A folder that a sparse index has as one entry.
    fn folder(&mut self, path: &[u8], tree: &[u8], objects: &Objects, depth: usize) {
        let read = match depth {
            0 => Err(Skip::Bound("depth of folders")),
            _ => objects.tree_named(tree),
        };
        let entries = read.unwrap_or_else(|skip| {
            self.visitor.error(&below(self.top, path), skip, true);
            Vec::new()
        });
        for TreeEntry { name, folder, file, id } in entries {
            let slash: &[u8] = if folder { b"/" } else { b"" };
            let path = [path, &name, slash].concat();
            if folder {
                self.folder(&path, id.as_bytes(), objects, depth - 1);
            } else if file {
                self.file(&path, id.as_bytes());
            }
        }
    }

    fn file(&mut self, path: &[u8], object: &[u8]) {
        let relative = git_repository::path(path).filter(|path| {
            path.components().all(|part| matches!(part, Component::Normal(_))) && !path.as_os_str().is_empty()
        });
        let Some(relative) = relative else {
            return self.visitor.error(self.top, Skip::Malformed("a path in the git index that is none"), true);
        };
        let path = self.top.join(relative);
        let Some(root) = self.roots.iter().find(|root| path.starts_with(root)).cloned() else { return };
        // The sides of a conflict follow one another.
        let before = self.staged.iter().rev().take_while(|staged| staged.path == path);
        if before.into_iter().any(|staged| staged.object == object) || self.is_left_out(&path, &root) {
            return;
        }
        self.staged.push(Staged { path, object: object.to_owned() });
    }

    fn is_left_out(&mut self, path: &Path, root: &Path) -> bool {
        let below = path.ancestors().take_while(|folder| *folder != root);
        let excluded = |path: &Path| path.strip_prefix(root).is_ok_and(|relative| self.exclude.is_match(relative));
        if !self.exclude.is_empty() && below.into_iter().any(excluded) {
            return true;
        }
        let Some(folder) = path.parent() else { return false };
        self.ignores(folder).is_none_or(|ignores| walk::is_ignored(path, false, &ignores))
    }

    /// The ignore files that hold in `folder`; `None` where they leave it out.
    fn ignores(&mut self, folder: &Path) -> Option<Vec<Arc<Gitignore>>> {
        if let Some(known) = self.folders.get(folder) {
            return known.clone();
        }
        let above = match folder.parent() {
            Some(above) if folder != self.top => self.ignores(above),
            _ => Some(Vec::new()),
        };
        let mut ignores = above.filter(|ignores| {
            let ignored = walk::is_ignored(folder, true, ignores);
            if ignored {
                self.visitor.pruned(folder, "ignored by .caulkignore");
            }
            !ignored
        });
        if let Some(ignores) = &mut ignores
            && folder.join(IGNORE_FILE).symlink_metadata().is_ok_and(|metadata| metadata.is_file())
        {
            match walk::ignore_file(folder) {
                Ok((matcher, bytes)) => {
                    self.visitor.steered(&folder.join(IGNORE_FILE), &bytes);
                    ignores.push(Arc::new(matcher));
                }
                Err(skip) => self.visitor.error(&folder.join(IGNORE_FILE), skip, false),
            }
        }
        self.folders.insert(folder.to_owned(), ignores.clone());
        ignores
    }
}

/// Reads the objects one after another, and looks through a batch of them at once.
fn read_all(engine: &Engine<'_>, index: &PlaceIndex<'_>, objects: &Objects, staged: &[Staged]) {
    let progress = engine.scanner.progress;
    let mut batch: Vec<(Candidate<'_>, Zeroizing<Vec<u8>>)> = Vec::new();
    let mut bytes = 0;
    let look = |batch: &mut Vec<(Candidate<'_>, Zeroizing<Vec<u8>>)>| {
        batch.par_iter().for_each(|(candidate, bytes)| {
            let looked = catch_unwind(AssertUnwindSafe(|| content_of(engine, candidate, bytes)));
            if let Err(skip) = looked.unwrap_or(Err(Skip::Internal)) {
                engine.error(&candidate.path, skip, false);
            }
        });
        batch.clear();
    };
    for Staged { path, object } in staged {
        if progress.stopped() {
            return;
        }
        progress.files_seen.fetch_add(1, Ordering::Relaxed);
        let max = engine.scanner.request.max_file_size;
        let surface = index.of(path);
        let mut buffer = Zeroizing::new(Vec::new());
        let read = catch_unwind(AssertUnwindSafe(|| objects.blob(object, max.unwrap_or(u64::MAX), &mut buffer)));
        match read.unwrap_or(Err(Skip::Internal)) {
            Ok(()) => {}
            // As for a file: the user's own limit is no defect, and worth a word where a product's file is expected.
            Err(Skip::TooLarge) => {
                if surface.is_some() {
                    engine.error(path, Skip::TooLarge, true);
                }
                continue;
            }
            Err(skip) => {
                engine.error(path, skip, false);
                continue;
            }
        }
        bytes += buffer.len();
        let level = Level::Project;
        batch.push((Candidate { path: path.clone(), surface, level, system: false, link: false, max }, buffer));
        if batch.len() == BATCH || bytes > BATCH_BYTES {
            look(&mut batch);
            bytes = 0;
        }
    }
    look(&mut batch);
}

/// Looks through the content of one staged file.
fn content_of(engine: &Engine<'_>, candidate: &Candidate<'_>, bytes: &[u8]) -> Result<(), Skip> {
    let progress = engine.scanner.progress;
    let detector = engine.scanner.detector;
    progress.files_read.fetch_add(1, Ordering::Relaxed);
    progress.bytes_read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    engine.look_for_marks_in(&candidate.path, bytes);
    let stop = || progress.stopped();
    let format = candidate.surface.map_or(Format::Text, |surface| surface.format);
    let is_database = bytes.len() as u64 >= LEAST_DATABASE
        && candidate.surface.is_none_or(|surface| surface.format == Format::Sqlite)
        && sqlite::is_sqlite(bytes);
    if is_database || format == Format::Leveldb {
        let place = engine.bare_place(candidate);
        let outcome = if is_database {
            database::scan(detector, &place, &bytes, None, &stop)
        } else {
            leveldb::scan(detector, &place, &bytes, &stop)
        };
        engine.collector.truncated(outcome.truncated);
        engine.collector.plain(outcome.findings);
        if let Some(problem) = outcome.problem {
            engine.error(&candidate.path, skip_of(problem), true);
        }
        return Ok(());
    }
    let mut reading = Reading::default();
    let mut buffer = Buffer::default();
    let limits = *detector.limits();
    let (content, _) =
        content::pieces(&mut Bytes(bytes), format, &Part::WHOLE, &limits, &mut buffer, &stop, &mut |piece| {
            engine.piece(candidate, piece, &mut reading);
        })?;
    engine.collector.findings(std::mem::take(&mut reading.found));
    // What could be read was; as for a file, that is told and does not count.
    if let Some(problem) = reading.problem.filter(|_| content == Content::Text) {
        engine.error(&candidate.path, skip_of(problem), true);
    }
    Ok(())
}
