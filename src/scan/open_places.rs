//! Files and folders with code that starts by itself and that others of this machine can write: whoever can put a line
//! into a start-up file, or a hook into a folder of hooks, runs it as the user.
//!
//! Files are told of where something in them starts; folders that products run files of, also where nothing lies in
//! them yet. Looked at once a root is read, by `stat` only. What lies below a folder of temporary files is passed over.

use super::collect::Found;
use super::engine::Engine;
use super::installed;
use super::walk::{Candidate, Mode};
use crate::audit::{self, Open};
use crate::host::Os;
use crate::host::writers::{self, Groups};
use crate::model::{AutorunEntry, Untrusted};
use crate::rules::place::{Known, Level};
use crate::rules::roots;
use crate::rules::rule::Surface;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The surface that findings of folders have.
const SURFACE: &str = "folder.autorun";
/// Files and folders of one root that are looked at.
const MOST: usize = 50_000;
/// Findings of one root.
const FINDINGS: usize = 200;

/// Folders of a home that products run files of, or that their users find programs in.
const FOLDERS: &[&str] = &[
    "{home}/.local/bin",
    "{home}/bin",
    "{home}/.cargo/bin",
    "{home}/go/bin",
    "{home}/.bun/bin",
    "{home}/.deno/bin",
    "{home}/.yarn/bin",
    "{home}/.npm-global/bin",
    "{home}/.npm-packages/bin",
    "{data}/pnpm",
    "{home}/.config/mise",
    "{home}/.config/mise/conf.d",
    "{home}/.config/fish/conf.d",
    "{home}/.oh-my-zsh/custom",
    "{home}/.git-templates/hooks",
    "{home}/.config/git/hooks",
    "{home}/.claude/hooks",
    "{home}/.claude/plugins",
    "{home}/.claude/skills",
    "{home}/.codex/skills",
    "{home}/.copilot/hooks",
    "{home}/.agents/skills",
    "{home}/.gemini/extensions",
    "{home}/.qwen/extensions",
    "{home}/.config/opencode/plugin",
    "{home}/.config/opencode/plugins",
    "{home}/.vscode/extensions",
    "{home}/.vscode-insiders/extensions",
    "{home}/.vscode-oss/extensions",
    "{home}/.vscode-server/extensions",
    "{home}/.cursor/extensions",
    "{home}/.cursor-server/extensions",
    "{home}/.windsurf/extensions",
    "{home}/.antigravity/extensions",
];
/// The same on Linux.
const FOLDERS_LINUX: &[&str] = &["{config}/systemd/user", "{config}/autostart", "{data}/systemd/user"];
/// The same on macOS.
const FOLDERS_MACOS: &[&str] = &["{home}/Library/LaunchAgents"];

/// What was met on the way through one root.
#[derive(Default)]
pub(super) struct Places {
    /// Files that start something, with their surfaces and levels.
    files: Mutex<BTreeMap<PathBuf, (String, Level)>>,
    folders: Mutex<BTreeSet<PathBuf>>,
}

impl Places {
    /// Takes a file if anything in it starts.
    pub(super) fn file<'e>(
        &self,
        candidate: &Candidate<'_>,
        surface: &Surface,
        mut entries: impl Iterator<Item = &'e AutorunEntry>,
    ) {
        // Of a script of a shell no line need be an entry: all of it runs.
        let is_run = || surface.runs.iter().any(|run| run.at == "." && run.when.is_empty());
        if !cfg!(unix) || !(entries.any(|entry| !entry.disabled) || is_run()) {
            return;
        }
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if files.len() < MOST {
            files.insert(candidate.path.clone(), (surface.id.to_string(), candidate.level));
        }
    }

    /// Takes a folder that was listed, if its name says that products run files of it.
    pub(super) fn folder(&self, path: &Path) {
        if !cfg!(unix) || !runs_files(path) {
            return;
        }
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.len() < MOST {
            folders.insert(path.to_owned());
        }
    }
}

/// Whether a project's folder is one of hooks, or of an agent's hooks, skills and the like.
fn runs_files(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let above = || path.parent().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
    match name {
        "hooks" if path.components().any(|part| part.as_os_str() == OsStr::new(".git")) => true,
        "hooks" | "skills" | "plugins" | "extensions" => {
            matches!(above(), ".claude" | ".codex" | ".cursor" | ".gemini" | ".qwen" | ".agents" | ".factory" | ".kiro")
        }
        ".husky" | ".githooks" => true,
        _ => false,
    }
}

/// What is known of a folder that code lies in.
#[derive(Default)]
struct Folder {
    /// Something in it that starts; none where the folder itself says enough.
    holds: Option<PathBuf>,
    in_project: bool,
}

impl Engine<'_> {
    /// Tells of the files and folders of this root that others can write.
    pub(super) fn open_places(&self, known: &[Known<'_>], own: bool) {
        let host = self.scanner.host;
        if !cfg!(unix) || host.os == Os::Windows {
            return;
        }
        let places = &self.judge.places;
        let files = std::mem::take(&mut *places.files.lock().unwrap_or_else(PoisonError::into_inner));
        let met = std::mem::take(&mut *places.folders.lock().unwrap_or_else(PoisonError::into_inner));
        let groups = Groups::of(host, self.root);
        let mut folders: BTreeMap<PathBuf, Folder> = BTreeMap::new();
        let mut told = 0;
        for (path, (surface, level)) in &files {
            let in_project = *level == Level::Project;
            let surface = self.scanner.pack.surfaces().iter().find(|one| *one.id == *surface);
            let Some(real) = self.real(path) else { continue };
            // A link and what it leads to can both be put in another's place.
            for file in [path, &real] {
                self.add(&mut folders, file.parent(), Some(file), in_project);
            }
            let place = Folder { holds: None, in_project };
            let candidate = Candidate { path: real, surface, level: *level, system: false, link: false, max: None };
            told += usize::from(told < FINDINGS && self.look(&groups, &candidate, &place));
        }
        for folder in met {
            self.add(&mut folders, Some(&folder), None, true);
        }
        if self.mode != Mode::Tree {
            let own_system = if host.os == Os::Macos { FOLDERS_MACOS } else { FOLDERS_LINUX };
            let named = FOLDERS.iter().chain(own_system).flat_map(|path| roots::expand(path, host, self.root, own));
            for folder in named.chain(global_packages(known)) {
                let real = self.real(&folder).filter(|real| real.is_dir());
                self.add(&mut folders, real.as_deref(), None, false);
            }
        }
        for (path, place) in folders {
            let level = Level::User;
            let candidate = Candidate { path, surface: None, level, system: false, link: false, max: None };
            told += usize::from(told < FINDINGS && self.look(&groups, &candidate, &place));
        }
    }

    /// Where a path leads, if that is in the root, or is a place of the machine's own that no link leads to.
    fn real(&self, path: &Path) -> Option<PathBuf> {
        let real = path.canonicalize().ok()?;
        (real == path || self.roots.contains(&real)).then_some(real)
    }

    /// Adds a folder and those above it up to the root: whoever can write one of them can put another in its place.
    fn add(
        &self,
        folders: &mut BTreeMap<PathBuf, Folder>,
        folder: Option<&Path>,
        holds: Option<&PathBuf>,
        in_project: bool,
    ) {
        let mut inner = holds.cloned();
        for above in folder.into_iter().flat_map(Path::ancestors) {
            if folders.contains_key(above) {
                break;
            }
            folders.insert(above.to_owned(), Folder { holds: inner, in_project });
            if above == self.root || !above.starts_with(self.root) {
                break;
            }
            inner = Some(holds.map_or_else(|| folder.unwrap_or(above).to_owned(), Clone::clone));
        }
    }

    /// Tells of one file or folder, if others can write it.
    fn look(&self, groups: &Groups, candidate: &Candidate<'_>, place: &Folder) -> bool {
        let told = || {
            let meta: Metadata = candidate.path.symlink_metadata().ok().filter(|meta| !meta.is_symlink())?;
            let writers = groups.writers(&candidate.path, &meta)?;
            if self.is_temporary(&candidate.path) {
                return None;
            }
            let (mode, owner) = writers::mode_and_owner(&meta)?;
            let judgement = audit::open_place(
                self.scanner.pack.audits(),
                Open {
                    writers: &writers,
                    mode,
                    folder: meta.is_dir(),
                    in_project: place.in_project,
                    holds: place.holds.as_ref().map(|path| self.shown(&candidate.path, path)),
                    own: self.scanner.host.user.uid == Some(owner),
                },
            )?;
            if !self.scanner.pack.keeps(&judgement.rule) {
                return None;
            }
            let mut at = self.bare_place(candidate);
            if meta.is_dir() {
                at.surface_id = SURFACE;
                at.exposure = None;
            }
            Some(at.judgement(self.scanner.pack, judgement, None))
        };
        let finding = told();
        let is_told = finding.is_some();
        self.collector.findings(finding.into_iter().map(|finding| Found { finding, ..Found::default() }).collect());
        is_told
    }

    /// Whether a path lies, inside of the root, below a folder that everybody puts files into.
    fn is_temporary(&self, path: &Path) -> bool {
        let inside = path.ancestors().skip(1).take_while(|above| above.starts_with(self.root));
        inside.into_iter().any(|above| above.metadata().is_ok_and(|meta| writers::is_common(&meta)))
    }

    /// The path seen from the folder, masked.
    fn shown(&self, folder: &Path, path: &Path) -> Untrusted {
        let inside = path.strip_prefix(folder).unwrap_or(path);
        self.scanner.detector.mask_text(inside.as_os_str().as_encoded_bytes())
    }
}

/// The folders of globally installed packages of npm.
fn global_packages<'k>(known: &'k [Known<'_>]) -> impl Iterator<Item = PathBuf> + 'k {
    known.iter().flat_map(|known| match known {
        Known::File { path, surface, .. } if &*surface.lists == "node-modules" => vec![path.clone()],
        Known::Folder { path, rest, surface, .. } if &*surface.lists == "node-modules" => {
            installed::expanded(path, rest)
        }
        Known::File { .. } | Known::Folder { .. } => Vec::new(),
    })
}
