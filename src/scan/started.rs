//! The local script or program that an entry starts: found on disk, and its digest, so that a later change of it
//! is seen. Read like everything else: bounded, and nothing of it is run.

use crate::host::open::{self, Roots};
use crate::model::{AutorunEntry, Pin, Untrusted};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest file whose digest is taken, bytes.
const LARGEST: usize = 32 << 20;
/// Bytes of all files together.
const BUDGET: u64 = 512 << 20;

/// Takes digests, from no network mount, and of no more than so many bytes in all: a file may name any other.
pub(super) struct Digests<'r> {
    roots: &'r Roots,
    left: AtomicU64,
}

impl<'r> Digests<'r> {
    /// For files below `roots`.
    pub(super) fn new(roots: &'r Roots) -> Self {
        Self { roots, left: AtomicU64::new(BUDGET) }
    }

    /// Where files may be opened.
    pub(super) const fn roots(&self) -> &Roots {
        self.roots
    }

    /// The file that `entry`, which stands in `file`, starts, and its SHA-256 in hex; `None` where that is no file of
    /// this machine that can be read.
    pub(super) fn of(&self, entry: &AutorunEntry, file: &Path, home: Option<&Path>) -> Option<(PathBuf, String)> {
        let with_digest = |path: PathBuf| self.digest(&path).map(|digest| (path, digest));
        if entry.launch.is_none() && entry.pointer.is_empty() {
            // The file is the script.
            return with_digest(file.to_owned());
        }
        let launch = entry.launch.as_ref().filter(|launch| launch.pin == Pin::Local)?;
        // The program, or what an interpreter is given first: other arguments are data.
        let words: Vec<&str> = launch.argv.iter().map(Untrusted::as_found).collect();
        let script = words.iter().skip(1).find(|word| !word.starts_with('-'));
        let mut paths = words.first().into_iter().chain(script).filter(|word| is_path(word));
        paths.find_map(|word| with_digest(resolved(word, file, home)?))
    }

    /// The program or script of `entry`, or the folder above it, that any other account can write; `None`: there is
    /// none such, or it cannot be told.
    pub(super) fn open_to_others(&self, entry: &AutorunEntry, file: &Path, home: Option<&Path>) -> Option<PathBuf> {
        let launch = entry.launch.as_ref().filter(|launch| launch.pin == Pin::Local)?;
        let words: Vec<&str> = launch.argv.iter().map(Untrusted::as_found).collect();
        let script = words.iter().skip(1).find(|word| !word.starts_with('-'));
        let mut paths = words.first().into_iter().chain(script).filter(|word| is_path(word));
        paths.find_map(|word| {
            let path = resolved(word, file, home)?;
            // Opened first: that refuses what is no file of this machine, such as a network mount.
            open::open_within(self.roots, &path).ok()?;
            let real = path.canonicalize().ok()?;
            real.ancestors().find(|part| anyone_can_write(part)).map(Path::to_owned)
        })
    }

    fn digest(&self, path: &Path) -> Option<String> {
        let mut file = open::open_within(self.roots, path).ok()?;
        let size = file.len();
        let paid = |left: u64| left.checked_sub(size);
        if size > LARGEST as u64 || self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, paid).is_err() {
            return None;
        }
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        file.read_up_to(&mut bytes, LARGEST).ok()?;
        Some(data_encoding::HEXLOWER.encode(&Sha256::digest(&*bytes)))
    }
}

/// Whether a word is the path of a program or script, rather than a name to be looked up.
fn is_path(word: &str) -> bool {
    let ends = [".js", ".mjs", ".cjs", ".ts", ".py", ".sh", ".rb", ".pl", ".ps1", ".cmd", ".bat"];
    word.contains('/') && !word.contains("://") || word.contains('\\') || ends.iter().any(|end| word.ends_with(end))
}

/// Where the path leads: from the root, from the home, or from a folder around the file.
fn resolved(word: &str, file: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let path = Path::new(word);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    if let Some(rest) = ["~/", "$HOME/", "${HOME}/"].iter().find_map(|head| word.strip_prefix(head)) {
        return home.map(|home| home.join(rest));
    }
    // A project's settings lie in a folder of the project; commands run in the project.
    let word = ["$CLAUDE_PROJECT_DIR/", "${CLAUDE_PROJECT_DIR}/", "${workspaceFolder}/"]
        .iter()
        .find_map(|head| word.strip_prefix(head))
        .unwrap_or(word);
    let folders = file.ancestors().skip(1).take(3);
    folders
        .map(|folder| folder.join(word).components().collect::<PathBuf>())
        .find(|path| path.symlink_metadata().is_ok())
}

/// Whether every account can change a file, or put another in a folder's place.
#[cfg(unix)]
fn anyone_can_write(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const STICKY: u32 = 0o1000;
    path.metadata().is_ok_and(|meta| meta.mode() & 0o002 != 0 && (meta.is_file() || meta.mode() & STICKY == 0))
}

/// There is no safe way to ask here.
#[cfg(not(unix))]
fn anyone_can_write(_: &Path) -> bool {
    false
}
