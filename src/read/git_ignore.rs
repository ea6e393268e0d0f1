//! Whether git's ignore files keep a file out of its repository.
//!
//! Asked only where something was found. The user's `core.excludesFile` is not read: it says nothing
//! about what a teammate's clone would take in.

use crate::host::open;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes read of one ignore file.
const MOST: usize = 256 << 10;
/// Lines taken of one.
const LINES: usize = 2_000;

/// The rules of each folder read so far.
#[derive(Default)]
pub(super) struct IgnoreFiles(Mutex<BTreeMap<PathBuf, Option<Arc<Gitignore>>>>);

impl IgnoreFiles {
    /// Whether the ignore files between `root` and the file at `relative`, or the repository's own, name it
    /// or a folder above it.
    pub(super) fn ignore(&self, root: &Path, relative: &Path) -> bool {
        // A folder that is ignored takes all below with it, whatever is said inside.
        let mut parts: Vec<&Path> = relative.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
        parts.reverse();
        let count = parts.len();
        parts.iter().enumerate().any(|(index, part)| self.names(root, part, index + 1 < count))
    }

    /// Whether the last pattern that fits this file or folder ignores it.
    fn names(&self, root: &Path, part: &Path, is_dir: bool) -> bool {
        let above = part.ancestors().skip(1).map(|folder| root.join(folder));
        let own = above.map(|folder| self.rules(&folder, &folder.join(".gitignore")));
        let exclude = std::iter::once_with(|| self.rules(root, &root.join(".git/info/exclude")));
        let path = root.join(part);
        own.chain(exclude)
            .flatten()
            .find_map(|rules| match rules.matched(&path, is_dir) {
                Match::None => None,
                Match::Ignore(_) => Some(true),
                Match::Whitelist(_) => Some(false),
            })
            .unwrap_or(false)
    }

    /// The rules of `file`, which go for `folder`; read once.
    fn rules(&self, folder: &Path, file: &Path) -> Option<Arc<Gitignore>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known.get(file) {
            return rules.clone();
        }
        let rules = read(folder, file).map(Arc::new);
        known.insert(file.to_owned(), rules.clone());
        rules
    }
}

fn read(folder: &Path, file: &Path) -> Option<Gitignore> {
    let mut file = open::open(file).ok()?;
    let mut bytes = Vec::new();
    file.read_up_to(&mut bytes, MOST).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines().take(LINES) {
        // A pattern that is none says nothing, as in git.
        builder.add_line(None, line).ok();
    }
    builder.build().ok()
}
