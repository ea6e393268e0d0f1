//! Whether git's ignore files keep a file out of its repository.
//!
//! Asked only where something was found. The user's `core.excludesFile` is not read: it says nothing
//! about what a teammate's clone would take in.

use crate::host::open;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// Bytes read of one ignore file.
const MOST: usize = 1 << 20;
/// Lines taken of one.
const LINES: usize = 10_000;

/// Whether the ignore files between `root` and the file at `relative`, or the repository's own, name it
/// or a folder above it.
pub(super) fn ignores(root: &Path, relative: &Path) -> bool {
    // A folder that is ignored takes all below with it, whatever is said inside.
    let mut parts: Vec<&Path> = relative.ancestors().filter(|part| !part.as_os_str().is_empty()).collect();
    parts.reverse();
    let count = parts.len();
    parts.iter().enumerate().any(|(index, part)| named(root, part, index + 1 < count))
}

/// Whether the last pattern that fits this file or folder ignores it.
fn named(root: &Path, part: &Path, is_dir: bool) -> bool {
    let above = part.ancestors().skip(1);
    let own = above.map(|folder| root.join(folder)).map(|folder| rules(&folder, &folder.join(".gitignore")));
    let exclude = std::iter::once_with(|| rules(root, &root.join(".git/info/exclude")));
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

fn rules(folder: &Path, file: &Path) -> Option<Gitignore> {
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
