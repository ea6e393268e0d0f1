//! One parallel walk of a tree: matches every name against every surface, finds projects, prunes by list.
//!
//! Decides what is read; reads no file. A folder's listing is taken whole before any of its files is
//! handed out, so that a manifest counts for the files before it in the listing.

use super::prune;
use super::{Progress, ScanRequest};
use crate::host::list::{self, Kind};
use crate::host::open;
use crate::model::Skip;
use crate::rules::marks::{self, Marks};
use crate::rules::place::{Level, Place, PlaceIndex};
use crate::rules::rule::Surface;
use globset::GlobSet;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Levels below the home, Downloads, Documents and Desktop whose text is read: `~/a/b/file` is the third.
pub(super) const TOP_LEVELS: usize = 3;
/// Files of one folder that one task reads.
const BATCH: usize = 64;
/// The file of a folder that says what is left out below it.
pub(super) const IGNORE_FILE: &str = ".caulkignore";
/// Bytes of an ignore file that are read, and patterns that are taken: compiling them costs memory.
const IGNORE_BYTES: usize = 256 << 10;
const IGNORE_LINES: usize = 1024;
/// The reason given for a surface's name that is no file.
pub(super) const SPECIAL: &str = "FIFO, socket or device";

/// How a tree is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A home: surfaces anywhere, text in projects and in the top levels.
    Home,
    /// A home, every file.
    Deep,
    /// A named tree, every file; the scanned tree may steer.
    Tree,
}

/// A file that is to be read.
pub(super) struct Candidate<'w> {
    pub(super) path: PathBuf,
    pub(super) surface: Option<&'w Surface>,
    /// Whose decision the file is.
    pub(super) level: Level,
    /// Whether it is the machine's own, so that a link in it may lead anywhere.
    pub(super) system: bool,
    /// Whether the name is a link.
    pub(super) link: bool,
    /// Largest size read, bytes.
    pub(super) max: Option<u64>,
}

/// What a walk tells its caller; called from many threads.
pub(super) trait Visitor: Sync {
    /// A file to read.
    fn file(&self, candidate: Candidate<'_>);
    /// A folder whose names were listed.
    fn folder(&self, _path: &Path) {}
    /// A file whose name a stealer's mark has; `alone` when it is not given to `file`.
    fn marked(&self, path: &Path, alone: bool);
    /// A folder that is not gone into.
    fn pruned(&self, path: &Path, why: &'static str);
    /// Something that could not be listed.
    fn error(&self, path: &Path, skip: Skip, is_root: bool);
    /// A file below the root that steers the walk, and what it says.
    fn steered(&self, path: &Path, content: &[u8]);
}

/// One tree's walk.
pub(super) struct Walk<'w, V> {
    pub(super) root: &'w Path,
    /// Whether there is a link in the root's own path; else none is followed anywhere below.
    pub(super) linked: bool,
    /// The home that the root is, or lies in.
    pub(super) home: &'w Path,
    pub(super) mode: Mode,
    pub(super) index: &'w PlaceIndex<'w>,
    pub(super) marks: &'w Marks<'w>,
    pub(super) request: &'w ScanRequest,
    pub(super) exclude: &'w GlobSet,
    pub(super) progress: &'w Progress,
    pub(super) remote: &'w (dyn Fn(&Path) -> bool + Sync),
    /// Names of project-level surfaces' files that stand a folder deeper, divided after the first part.
    pub(super) markers: &'w [(String, String)],
    /// Levels of text below the root, outside projects.
    pub(super) levels: usize,
    pub(super) visitor: &'w V,
}

/// One name in a folder.
struct Entry<'w> {
    path: PathBuf,
    name: OsString,
    kind: Kind,
    place: Option<Place<'w>>,
}

/// The markers of [`Walk`]: project-level surfaces' files below a folder of their own.
pub(super) fn markers(surfaces: &[Surface]) -> Vec<(String, String)> {
    let globs = surfaces.iter().filter(|s| s.project).flat_map(|s| s.anywhere.iter());
    globs.filter(|g| !g.contains('*')).filter_map(|g| g.split_once('/')).map(|(a, b)| (a.into(), b.into())).collect()
}

/// What a folder inherits.
#[derive(Clone)]
struct Inherited {
    /// Folders below the root.
    depth: usize,
    /// Whether it lies in a project.
    project: bool,
    /// Levels of text still to read.
    levels: usize,
    /// Ignore files above it, innermost last.
    ignores: Vec<Arc<Gitignore>>,
}

impl<'w, V: Visitor> Walk<'w, V> {
    /// Walks; returns when all is visited or the scan was stopped.
    pub(super) fn run(&'w self) {
        let top = Inherited { depth: 0, project: false, levels: self.levels, ignores: Vec::new() };
        rayon::scope(|scope| self.folder(scope, self.root.to_owned(), top));
    }

    fn folder<'s>(&'s self, scope: &rayon::Scope<'s>, path: PathBuf, mut state: Inherited) {
        if self.progress.stopped() {
            return;
        }
        let mut entries: Vec<Entry<'w>> = Vec::new();
        let home = (self.mode != Mode::Tree).then_some(self.home);
        let list = if self.linked { list::list } else { list::list_no_links };
        let listed = list(&path, &mut |listed| {
            let child = path.join(&listed.name);
            let place = if listed.kind == Kind::Dir { None } else { self.index.place(&child, home) };
            entries.push(Entry { path: child, name: listed.name, kind: listed.kind, place });
        });
        if let Err(skip) = listed {
            self.visitor.error(&path, skip, state.depth == 0);
            return;
        }
        self.visitor.folder(&path);
        if self.mode == Mode::Home && state.depth > 0 && !state.project {
            state.project = entries.iter().any(|entry| self.makes_project(&path, entry));
        }
        if self.mode == Mode::Tree && entries.iter().any(|e| e.name == IGNORE_FILE && e.kind == Kind::File) {
            self.read_ignore(&path, &mut state);
        }
        let mut files = Vec::new();
        for entry in entries {
            match entry.kind {
                Kind::Dir => self.enter(scope, entry.path, &entry.name, &state),
                Kind::File => {
                    self.progress.files_seen.fetch_add(1, Ordering::Relaxed);
                    let marked = self.marked(&entry, &state);
                    let candidate = self.candidate(entry, &state, false);
                    if let Some(path) = marked {
                        self.visitor.marked(&path, candidate.is_none());
                    }
                    files.extend(candidate);
                }
                Kind::Symlink => files.extend(self.candidate(entry, &state, true)),
                // Its like is never opened, but where a product's own file is expected that is worth a word.
                Kind::Other if entry.place.is_some() => {
                    self.visitor.error(&entry.path, Skip::NotRegular(SPECIAL), false);
                }
                Kind::Other => {}
            }
        }
        if files.len() <= BATCH {
            for file in files {
                self.visit(file);
            }
            return;
        }
        while !files.is_empty() {
            let batch = files.split_off(files.len().saturating_sub(BATCH));
            scope.spawn(move |_| batch.into_iter().for_each(|file| self.visit(file)));
        }
    }

    fn visit(&self, file: Candidate<'_>) {
        if !self.progress.stopped() {
            self.visitor.file(file);
        }
    }

    /// Goes into a folder, or says why not.
    fn enter<'s>(&'s self, scope: &rayon::Scope<'s>, path: PathBuf, name: &OsStr, state: &Inherited) {
        let why = if self.mode == Mode::Home { prune::in_audit(&path, name) } else { prune::in_tree(&path, name) };
        let why = why.or_else(|| self.is_excluded(&path).then_some("excluded"));
        let why = why.or_else(|| is_ignored(&path, true, &state.ignores).then_some("ignored by .caulkignore"));
        if let Some(why) = why {
            self.visitor.pruned(&path, why);
            if self.mode == Mode::Home && marks::is_peeked(name) && why != "excluded" {
                self.peek(&path);
            }
            return;
        }
        if state.depth >= self.request.limits.folder_depth {
            self.visitor.pruned(&path, "too deep");
            self.visitor.error(&path, Skip::Bound("depth of folders"), false);
            return;
        }
        if (self.remote)(&path) {
            self.visitor.pruned(&path, "a network mount");
            return;
        }
        // Downloads, Documents and Desktop count their levels anew.
        let fresh = state.depth == 0 && matches!(name.to_str(), Some("Downloads" | "Documents" | "Desktop"));
        let next = Inherited {
            depth: state.depth + 1,
            project: state.project,
            levels: if fresh { TOP_LEVELS } else { state.levels.saturating_sub(1) },
            ignores: state.ignores.clone(),
        };
        scope.spawn(move |scope| self.folder(scope, path, next));
    }

    /// A file's path, if a mark may be of that name.
    fn marked(&self, entry: &Entry<'w>, state: &Inherited) -> Option<PathBuf> {
        let named = self.marks.is_named(&entry.name);
        (named && !self.is_excluded(&entry.path) && !is_ignored(&entry.path, false, &state.ignores))
            .then(|| entry.path.clone())
    }

    /// Looks for marks right inside of a pruned folder.
    fn peek(&self, folder: &Path) {
        // What cannot be listed was pruned anyway.
        let _ = list::list_no_links(folder, &mut |listed| {
            if listed.kind == Kind::File && self.marks.is_named(&listed.name) {
                self.visitor.marked(&folder.join(&listed.name), true);
            }
        });
    }

    /// Whether, and as what, a file is read.
    fn candidate(&self, entry: Entry<'w>, state: &Inherited, link: bool) -> Option<Candidate<'w>> {
        let surface = entry.place.map(|place| place.surface);
        let path = entry.path;
        let limit = self.request.max_file_size;
        let all = self.mode != Mode::Home;
        let text = all || state.project || state.levels > 0;
        let wanted = surface.is_some() || (text && !link && !prune::is_not_text(&entry.name));
        if !wanted || self.is_excluded(&path) || is_ignored(&path, false, &state.ignores) {
            return None;
        }
        let max = match (surface, all) {
            (None, false) => Some(limit.unwrap_or(u64::MAX).min(self.request.limits.audit_text_bytes)),
            _ => limit,
        };
        let level = entry.place.map_or(Level::Project, |place| place.level);
        Some(Candidate { path, surface, level, system: false, link, max })
    }

    /// Whether an entry makes its folder a project: a manifest, or a project-level surface's file,
    /// which may stand a folder deeper (`.cursor/mcp.json`).
    fn makes_project(&self, folder: &Path, entry: &Entry<'_>) -> bool {
        let deeper = |(first, rest): &(String, String)| {
            entry.name.as_os_str() == OsStr::new(first) && entry.path.join(rest).symlink_metadata().is_ok()
        };
        prune::is_manifest(&entry.name)
            || entry.place.is_some_and(|place| place.surface.project && place.folder(&entry.path) == Some(folder))
            || (entry.kind == Kind::Dir && self.markers.iter().any(deeper))
    }

    fn is_excluded(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && path.strip_prefix(self.root).is_ok_and(|relative| self.exclude.is_match(relative))
    }

    fn read_ignore(&self, folder: &Path, state: &mut Inherited) {
        match ignore_file(folder) {
            Ok((matcher, bytes)) => {
                self.visitor.steered(&folder.join(IGNORE_FILE), &bytes);
                state.ignores.push(Arc::new(matcher));
            }
            Err(skip) => self.visitor.error(&folder.join(IGNORE_FILE), skip, false),
        }
    }
}

/// The patterns of a folder's ignore file, and what it says.
pub(super) fn ignore_file(folder: &Path) -> Result<(Gitignore, Vec<u8>), Skip> {
    const NOT_OBEYED: Skip = Skip::Bound("an ignore file that is not obeyed");
    let mut bytes = Vec::new();
    let read = open::open(&folder.join(IGNORE_FILE)).and_then(|mut file| file.read_up_to(&mut bytes, IGNORE_BYTES));
    let text = String::from_utf8_lossy(&bytes);
    if !read.is_ok_and(|read| !read.truncated) || text.lines().count() > IGNORE_LINES {
        return Err(NOT_OBEYED);
    }
    let mut builder = GitignoreBuilder::new(folder);
    // As git does: a line that is no pattern hides nothing.
    text.lines().for_each(|line| drop(builder.add_line(None, line)));
    let matcher = builder.build().map_err(|_| NOT_OBEYED)?;
    Ok((matcher, bytes))
}

/// Whether an ignore file hides `path`; the innermost that says anything decides.
pub(super) fn is_ignored(path: &Path, is_dir: bool, ignores: &[Arc<Gitignore>]) -> bool {
    let verdict = ignores.iter().rev().map(|i| i.matched(path, is_dir)).find(|m| !m.is_none());
    verdict.is_some_and(|m| m.is_ignore())
}
