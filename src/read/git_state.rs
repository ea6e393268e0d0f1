//! Whether git tracks a file, read from the index of the repository it lies in. git is never run.
//!
//! Besides the databases the one reader that opens files of its own: which index counts depends on where a file lies.

use super::git_ignore::IgnoreFiles;
use super::git_index::{self, Index};
use crate::host::open;
use crate::model::{GitState, Limits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The indexes read so far.
#[derive(Default)]
pub struct GitStates {
    repositories: Mutex<BTreeMap<PathBuf, Option<Arc<Index>>>>,
    roots: Mutex<BTreeMap<PathBuf, Option<PathBuf>>>,
    ignore_files: IgnoreFiles,
}

impl GitStates {
    /// What git knows of `path`; `None` outside repositories and for git's own files.
    pub fn of(&self, path: &Path, limits: &Limits) -> Option<GitState> {
        if path.components().any(|c| c.as_os_str() == ".git") {
            return None;
        }
        let root = self.root(path.parent()?)?;
        let index = self.index(&root, limits)?;
        let relative = path.strip_prefix(&root).ok()?;
        Some(if index.tracks(&bytes(relative)) {
            GitState::Tracked
        } else if self.ignore_files.ignore(&root, relative) {
            GitState::Ignored
        } else {
            GitState::Untracked
        })
    }

    /// The repository that `folder` lies in: the nearest one above that has `.git`.
    pub fn root(&self, folder: &Path) -> Option<PathBuf> {
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = roots.get(folder) {
            return known.clone();
        }
        let root = folder.ancestors().find(|a| a.join(".git").symlink_metadata().is_ok()).map(Path::to_owned);
        roots.insert(folder.to_owned(), root.clone());
        root
    }

    fn index(&self, root: &Path, limits: &Limits) -> Option<Arc<Index>> {
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = repositories.get(root) {
            return known.clone();
        }
        let index = read_index(&root.join(".git"), limits).map(Arc::new);
        repositories.insert(root.to_owned(), index.clone());
        index
    }
}

/// Reads the index below a `.git` folder; a `.git` file (a worktree, a submodule) points elsewhere and is not followed.
fn read_index(git: &Path, limits: &Limits) -> Option<Index> {
    let read = |name: &str, max: u64| {
        let mut file = open::open(&git.join(name)).ok()?;
        if file.len() > max {
            return None;
        }
        let mut bytes = Vec::new();
        file.read_up_to(&mut bytes, max as usize).ok()?;
        Some(bytes)
    };
    let config = read("config", 1 << 20).unwrap_or_default();
    let sha256 = memchr::memmem::find(&config.to_ascii_lowercase(), b"sha256").is_some();
    let bytes = read("index", limits.git_index_bytes)?;
    git_index::parse(&bytes, sha256).ok()
}

/// A relative path as git writes it.
pub fn bytes(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for component in path.components() {
        if !out.is_empty() {
            out.push(b'/');
        }
        out.extend_from_slice(component.as_os_str().as_encoded_bytes());
    }
    out
}
