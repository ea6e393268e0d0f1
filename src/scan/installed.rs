//! Folders of installed packages, which no walk goes into: read off the names in them, and one lock file or manifest
//! each. A thousand packages cost a listing, not a thousand files, wherever their tool has left a list.

use super::collect::Found;
use super::engine::Engine;
use super::walk::Candidate;
use crate::components;
use crate::host::list::{self, Kind, Listed};
use crate::host::open;
use crate::model::{Component, Presence};
use crate::rules::place::{Known, Level};
use crate::rules::rule::Surface;
use std::path::{Path, PathBuf};

/// Folders that one pattern may stand for.
const FOLDERS: usize = 2_000;
/// Manifests of globally installed packages that are read.
const MANIFESTS: usize = 20_000;
/// Bytes of one.
const MANIFEST_BYTES: usize = 1 << 20;
/// Folders of packages in folders of packages that are gone into.
const NESTED: usize = 6;
/// Lists that package managers leave in the folder itself.
const OWN_LISTS: [&str; 2] = [".package-lock.json", ".pnpm/lock.yaml"];
/// Files that Python runs at every start.
const START_FILES: [&str; 2] = ["sitecustomize.py", "usercustomize.py"];

/// Whether a surface's places are folders that this module reads.
pub(super) fn is_folder(surface: &Surface) -> bool {
    matches!(&*surface.lists, "node-modules" | "site-packages")
}

/// The list that a package manager left in a folder of packages.
pub(super) fn own_list(folder: &Path) -> Option<PathBuf> {
    OWN_LISTS.iter().map(|list| folder.join(list)).find(|list| list.is_file())
}

impl Engine<'_> {
    /// Reads the places of globally installed packages.
    pub(super) fn installed(&self, known: &[Known<'_>]) {
        for known in known {
            let (path, rest, surface, level) = match known {
                Known::File { path, surface, level } => (path, "", *surface, *level),
                Known::Folder { path, rest, surface, level } => (path, rest.as_str(), *surface, *level),
            };
            if !is_folder(surface) || !self.stock().wanted() {
                continue;
            }
            for folder in expanded(path, rest) {
                if self.scanner.progress.stopped() {
                    return;
                }
                if &*surface.lists == "site-packages" {
                    self.site_packages(&folder, surface, level);
                } else if !self.own_list_of(&folder, level) {
                    let mut left = MANIFESTS;
                    self.node_modules(&folder, surface, level, NESTED, &mut left);
                }
            }
        }
    }

    /// Reads what is installed in a folder that a walk passes by.
    pub(super) fn passed_by(&self, folder: &Path) {
        // Known places of installed packages are looked at by themselves.
        let place = self.index.place(folder, Some(self.root));
        if !self.stock().wanted() || place.is_some_and(|place| is_folder(place.surface) && place.surface.global) {
            return;
        }
        match folder.file_name().and_then(|name| name.to_str()) {
            Some("node_modules") => drop(self.own_list_of(folder, Level::Project)),
            Some("site-packages" | "dist-packages") => {
                let surface = self.scanner.pack.surfaces().iter().find(|surface| surface.id == "python.project");
                if let Some(surface) = surface {
                    self.site_packages(folder, surface, Level::Project);
                }
            }
            _ => {}
        }
    }

    fn own_list_of(&self, folder: &Path, level: Level) -> bool {
        let Some(path) = own_list(folder) else { return false };
        let place = self.index.place(&path, None);
        let surface = place.map(|place| place.surface);
        let candidate = Candidate { path, surface, level, system: level == Level::System, link: false, max: None };
        self.target(&candidate);
        true
    }

    /// The packages of a folder without a list, by their manifests, and those below them.
    fn node_modules(&self, folder: &Path, surface: &Surface, level: Level, nested: usize, left: &mut usize) {
        for package in packages(folder) {
            if *left == 0 || self.scanner.progress.stopped() {
                return;
            }
            *left -= 1;
            let path = package.join("package.json");
            let mut bytes = Vec::new();
            let read = open::open_within(self.everywhere, &path)
                .and_then(|mut file| file.read_up_to(&mut bytes, MANIFEST_BYTES));
            if read.is_ok() {
                self.scanner.progress.files_read.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let components = components::read("npm-package", &bytes, self.scanner.detector.limits());
                self.keep_components(&path, surface, level, nested == NESTED, components);
            }
            let below = package.join("node_modules");
            if nested > 0 && below.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
                self.node_modules(&below, surface, level, nested - 1, left);
            }
        }
    }

    /// The packages of a folder of Python's, by the names in it, and the lines that Python runs at its start.
    fn site_packages(&self, folder: &Path, surface: &Surface, level: Level) {
        let mut names = Vec::new();
        if list::list(folder, &mut |listed| names.push(listed)).is_err() {
            return;
        }
        names.sort_by(|a, b| a.name.cmp(&b.name));
        for Listed { name, kind } in names {
            let Some(name) = name.to_str() else { continue };
            let path = folder.join(name);
            if kind == Kind::Dir
                && let Some(one) = components::dist_info(name)
            {
                self.keep_components(&path, surface, level, surface.global, vec![one]);
            } else if kind == Kind::File && is_start_file(name) {
                let found = self.index.place(&path, None).map(|place| place.surface);
                let candidate =
                    Candidate { path, surface: found, level, system: level == Level::System, link: false, max: None };
                self.target(&candidate);
            }
        }
    }

    /// Takes components that no document of the scan told.
    fn keep_components(
        &self,
        path: &Path,
        surface: &Surface,
        level: Level,
        global: bool,
        mut components: Vec<Component>,
    ) {
        let masked = self.scanner.detector.mask_text(path.as_os_str().as_encoded_bytes());
        for one in &mut components {
            one.presence = presence(surface, path);
            one.global = global;
            one.path = masked.clone();
            one.surface = surface.id.to_string();
        }
        if level != Level::System {
            self.stock().note_managers(&components);
        }
        let judgements = self.stock().take(components);
        if judgements.is_empty() {
            return;
        }
        let candidate =
            Candidate { path: path.to_owned(), surface: Some(surface), level, system: false, link: false, max: None };
        let place = self.bare_place(&candidate);
        let found = judgements.into_iter().map(|judgement| Found {
            finding: place.judgement(self.scanner.pack, judgement, None),
            ..Found::default()
        });
        self.collector.findings(found.collect());
    }
}

/// How firmly what a file of this surface lists is here.
pub(super) fn presence(surface: &Surface, path: &Path) -> Presence {
    match &*surface.id {
        "npm.npx" | "python.uv-cache" => Presence::Cached,
        _ if &*surface.lists == "vscode-extensions" || is_folder(surface) => Presence::Installed,
        _ if path.components().any(|part| part.as_os_str() == "node_modules") => Presence::Installed,
        _ => Presence::Locked,
    }
}

/// Folders of packages, those of scopes too.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut scopes = Vec::new();
    // npm links a global package that is being worked on; what it links to is somebody's project.
    let _ = list::list(folder, &mut |listed: Listed| {
        if listed.kind == Kind::Dir {
            let scope = listed.name.as_encoded_bytes().starts_with(b"@");
            if scope { &mut scopes } else { &mut found }.push(folder.join(&listed.name));
        }
    });
    for scope in scopes {
        let _ = list::list(&scope, &mut |listed: Listed| {
            if listed.kind == Kind::Dir {
                found.push(scope.join(&listed.name));
            }
        });
    }
    found.sort();
    found
}

/// The folders that a pattern stands for: `folder`, and below it each part of `rest`, with wildcards.
pub(super) fn expanded(folder: &Path, rest: &str) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    for part in rest.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for folder in found {
            if !part.contains('*') {
                next.push(folder.join(part));
                continue;
            }
            let (head, tail) = part.split_once('*').unwrap_or((part, ""));
            let _ = list::list(&folder, &mut |listed: Listed| {
                let name = listed.name.as_encoded_bytes();
                let fits = name.len() >= head.len() + tail.len()
                    && name.starts_with(head.as_bytes())
                    && name.ends_with(tail.as_bytes());
                if fits && listed.kind == Kind::Dir && next.len() < FOLDERS {
                    next.push(folder.join(&listed.name));
                }
            });
        }
        found = next;
    }
    found.retain(|folder| folder.symlink_metadata().is_ok_and(|meta| meta.is_dir()));
    found.sort();
    found
}

/// Whether Python runs a file of this name at every start.
fn is_start_file(name: &str) -> bool {
    START_FILES.contains(&name) || Path::new(name).extension().is_some_and(|extension| extension == "pth")
}
