//! The local script or program that an entry starts: found on disk, and its digest, so that a later change of it
//! is seen. Read like everything else: bounded, and nothing of it is run.

use crate::host::open;
use crate::model::{AutorunEntry, Pin};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// Largest file whose digest is taken, bytes.
const LARGEST: usize = 32 << 20;
/// Words of a command among which the script is looked for.
const WORDS: usize = 16;

/// SHA-256 of what `entry`, which stands in `file`, starts, in hex; empty where that is no file of this machine
/// that can be read.
pub(super) fn script(entry: &AutorunEntry, file: &Path, home: Option<&Path>) -> String {
    if entry.launch.is_none() && entry.pointer.is_empty() {
        // The file is the script.
        return digest(file).unwrap_or_default();
    }
    let Some(launch) = entry.launch.as_ref().filter(|launch| launch.pin == Pin::Local) else { return String::new() };
    let words = launch.argv.iter().take(WORDS).map(crate::model::Untrusted::as_found);
    let paths =
        words.filter(|word| !word.starts_with('-') && is_path(word)).filter_map(|word| resolved(word, file, home));
    let mut digests = paths.filter_map(|path| digest(&path));
    digests.next().unwrap_or_default()
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
    folders.map(|folder| folder.join(word)).find(|path| path.symlink_metadata().is_ok())
}

fn digest(path: &Path) -> Option<String> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let mut file = open::open(path).ok()?;
    if file.len() > LARGEST as u64 {
        return None;
    }
    file.read_up_to(&mut bytes, LARGEST).ok()?;
    Some(data_encoding::HEXLOWER.encode(&Sha256::digest(&*bytes)))
}
