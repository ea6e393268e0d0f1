//! What was looked at and approved, and what changed since: the lock of `caulk mcp trust`.
//!
//! Holds what an entry is by its masked texts, never a secret. Where the lock is kept, and when it is written,
//! is the caller's business.

use crate::model::{Started, Transport};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Hex digits of an entry's id.
const ID: usize = 12;

/// Entries that were approved, by their id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Always 1.
    pub version: u32,
    /// What they were like.
    pub entries: BTreeMap<String, Seen>,
}

/// What an entry is, as far as a change of it matters. All texts are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// What starts it.
    pub trigger: String,
    /// Its name.
    pub name: String,
    /// The file that says so.
    pub path: String,
    /// The command line as written; empty for a remote entry.
    pub command: String,
    /// The URL; empty for a local one.
    pub url: String,
    /// Names of the variables and headers it is handed, in order of name.
    pub handed: BTreeSet<String>,
    /// SHA-256 of the local script or program it starts, in hex; empty: none, or it cannot be read.
    pub script: String,
}

/// One thing that is different, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `command`, `url`, `handed` or `script`.
    pub what: &'static str,
    /// As it was.
    pub was: String,
    /// As it is.
    pub is: String,
}

impl Lock {
    /// An empty lock.
    #[must_use]
    pub fn new() -> Self {
        Self { version: 1, entries: BTreeMap::new() }
    }

    /// What changed in `started` since it was approved; `None` where it never was.
    #[must_use]
    pub fn changes(&self, started: &Started) -> Option<Vec<Change>> {
        self.entries.get(&id(started)).map(|was| changes(was, &seen(started)))
    }

    /// Approves `started` as it is now.
    pub fn trust(&mut self, started: &Started) {
        self.entries.insert(id(started), seen(started));
    }
}

/// Tells an entry from all others: its file, and where in it and by what name it stands.
///
/// In a list the place counts only by the name, so that a new neighbour before it changes nothing.
#[must_use]
pub fn id(started: &Started) -> String {
    let mut hasher = Sha256::new();
    let entry = &started.entry;
    let keys = entry.pointer.iter().filter(|key| !key.bytes().all(|b| b.is_ascii_digit()));
    let texts = [started.path.as_found(), &entry.trigger, entry.name.as_found()];
    for text in texts.into_iter().chain(keys.map(String::as_str)) {
        hasher.update(text.as_bytes());
        hasher.update([0]);
    }
    // Several hooks of one event have nothing but their command to be told by.
    let listed = entry.pointer.iter().any(|key| key.bytes().all(|b| b.is_ascii_digit()));
    if listed && !entry.trigger.starts_with("MCP server") {
        hasher.update(seen(started).command.as_bytes());
    }
    let mut id = data_encoding::HEXLOWER.encode(&hasher.finalize());
    id.truncate(ID);
    id
}

/// What `started` is now.
#[must_use]
pub fn seen(started: &Started) -> Seen {
    let entry = &started.entry;
    let names = entry.env.iter().map(|(name, _)| name.clone());
    let secrets = entry.secrets.iter().map(|name| name.as_found().to_owned());
    Seen {
        trigger: entry.trigger.clone(),
        name: entry.name.as_found().to_owned(),
        path: started.path.as_found().to_owned(),
        command: entry.launch.as_ref().map(|launch| launch.written.as_found().to_owned()).unwrap_or_default(),
        url: match &entry.transport {
            Transport::Remote(url) => url.as_found().to_owned(),
            Transport::Stdio | Transport::Unknown => String::new(),
        },
        handed: names.chain(secrets).collect(),
        script: started.script.clone(),
    }
}

fn changes(was: &Seen, is: &Seen) -> Vec<Change> {
    let joined = |names: &BTreeSet<String>| names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let pairs = [
        ("command", was.command.clone(), is.command.clone()),
        ("url", was.url.clone(), is.url.clone()),
        ("handed", joined(&was.handed), joined(&is.handed)),
        ("script", was.script.clone(), is.script.clone()),
    ];
    pairs.into_iter().filter(|(_, was, is)| was != is).map(|(what, was, is)| Change { what, was, is }).collect()
}
