//! The hand-out log: which secret went to whom, when. Never a value.
//!
//! JSON lines in the state folder. Bounded: at its size the file is put aside once, and the one put
//! aside before is gone.

use crate::host::{FileError, append, state, trusted};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The file's name in the state folder.
pub const LOG_FILE: &str = "handouts.jsonl";
/// Bytes of one file of the log.
const MOST: u64 = 1 << 20;
/// Longest text of a field, characters: a program's path may be long, a log line must not be.
const LONGEST: usize = 512;

/// One secret handed to one asker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOut {
    /// When, RFC 3339.
    pub at: String,
    /// The secret's name in the vault.
    pub name: String,
    /// What caulk was asked to do: `run`, `helper git`, `vault get`.
    pub verb: String,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<Asker>,
}

/// The program that asked, as far as the system tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Its path.
    pub program: String,
    /// Its process.
    pub pid: u32,
}

/// Where the log of a state folder lies.
#[must_use]
pub fn path(state_dir: &Path) -> PathBuf {
    state_dir.join(LOG_FILE)
}

/// Adds a line.
pub fn record(state_dir: &Path, event: &HandOut) -> Result<(), FileError> {
    state::ensure_dir(state_dir)?;
    let path = path(state_dir);
    let mut event = event.clone();
    for text in [&mut event.at, &mut event.name, &mut event.verb] {
        shorten(text);
    }
    if let Some(asker) = &mut event.asker {
        shorten(&mut asker.program);
    }
    let line = serde_json::to_string(&event).map_err(|_| FileError::refused(&path, "cannot hold this line"))?;
    append::append(&path, &line, MOST)
}

/// Everything that is still known, oldest first. Lines that cannot be read are passed over.
pub fn read(state_dir: &Path) -> Result<Vec<HandOut>, FileError> {
    let path = path(state_dir);
    let mut events = Vec::new();
    for file in [append::earlier(&path), path] {
        match trusted::read(&file, 2 * MOST as usize) {
            Ok(read) => events.extend(read.text.lines().filter_map(|line| serde_json::from_str(line).ok())),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(events)
}

fn shorten(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(at);
    }
}
