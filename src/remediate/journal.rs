//! What a run did, enough to take it back: written before each change, brought up to date after it.
//!
//! Holds names, digests and paths. Contents lie beside it, sealed under a key of the run that is in
//! the vault (see `images`). No secret, and nothing that is one without that key, comes in here.

use super::plan::ModeChange;
use crate::host::write::AtomicFile;
use crate::host::{FileError, state, trusted};
use crate::vault::Binding;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Largest journal read, bytes.
const MOST_BYTES: usize = 64 << 20;
/// The file in a run's folder.
const FILE: &str = "journal.json";

/// One run of `fix`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Journal {
    /// Always 1.
    pub(super) version: u32,
    /// Its name: `2026-01-01T00-00-00-4f2a`.
    pub(super) run: String,
    /// When, RFC 3339.
    pub(super) started_at: String,
    /// The version of caulk.
    pub(super) tool: String,
    /// The word of the store.
    pub(super) store: String,
    /// The home whose files were changed.
    pub(super) home: PathText,
    /// One record a transaction, in the order they were carried out.
    pub(super) records: Vec<Record>,
    /// Whether nothing of it stands, and its key is out of the vault.
    #[serde(default)]
    pub(super) closed: bool,
}

/// How far a record came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    /// About to be carried out, or being so.
    Begun,
    /// Carried out and verified.
    Done,
    /// Failed and put back.
    Failed,
    /// About to be taken back, or being so.
    Undoing,
    /// Taken back.
    Undone,
}

/// One secret with everything that changed for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// How far it came.
    pub(super) stage: Stage,
    /// What went into the vault.
    pub(super) items: Vec<ItemRecord>,
    /// What changed on disk.
    pub(super) files: Vec<FileRecord>,
    /// What an undo changes on disk: written when it begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) undo: Vec<FileRecord>,
    /// The findings it was for.
    pub(super) steps: Vec<StepRecord>,
}

/// One value in the vault.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ItemRecord {
    /// Its name.
    pub(super) name: String,
    /// Keyed digest.
    pub(super) fingerprint: String,
    /// Whether this run stored it; else it was there already.
    pub(super) stored: bool,
    /// The name of the value that had the name before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The digest of that value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version_fingerprint: Option<String>,
    /// Who was given the right to ask.
    pub(super) bindings: Vec<Binding>,
}

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FileRecord {
    /// As the report named it.
    pub(super) path: PathText,
    /// Links resolved.
    pub(super) real: PathText,
    /// The sibling it was written through.
    pub(super) temporary: PathText,
    /// The sibling it is put back through.
    pub(super) back: PathText,
    /// Whether it was written in place, not through a sibling.
    pub(super) in_place: bool,
    /// Whether it did not exist before.
    pub(super) created: bool,
    /// Whether git's lock is taken while it is written.
    #[serde(default)]
    pub(super) locked_by_git: bool,
    /// The surface it is read as; `None`: git's configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) surface: Option<String>,
    /// Permission bits, where they are what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mode: Option<ModeChange>,
    /// Where both contents lie, sealed: a file in the run's folder; empty where only the mode changed.
    pub(super) images: String,
}

/// One finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StepRecord {
    /// Its id.
    pub(super) finding: String,
    /// Its title.
    pub(super) title: String,
    /// The recipe.
    pub(super) recipe: Option<String>,
    /// The file, for people.
    pub(super) path: String,
    /// The name in the vault.
    pub(super) vault_name: Option<String>,
}

impl FileRecord {
    /// A file that no fix of this record changed: git's configuration, which an undo tidies.
    #[must_use]
    pub(super) fn plain(path: &Path, real: &Path) -> Self {
        let nowhere = PathText::Text(String::new());
        Self {
            path: PathText::of(path),
            real: PathText::of(real),
            temporary: nowhere.clone(),
            back: nowhere,
            in_place: false,
            created: false,
            locked_by_git: true,
            surface: None,
            mode: None,
            images: String::new(),
        }
    }
}

impl Journal {
    /// Starts the journal of a new run, in memory. Its name comes after those of all earlier runs, of the
    /// same second too: they are taken back in the order of names.
    #[must_use]
    pub(super) fn start(state_dir: &Path, now: SystemTime, store: &str, home: &Path) -> Self {
        let started_at = humantime::format_rfc3339_seconds(now).to_string();
        let time = started_at.trim_end_matches('Z').replace(':', "-");
        let mut random = [0_u8; 1];
        // Without randomness the names of two machines may be alike, no more.
        let _ = getrandom::fill(&mut random);
        let last = runs(state_dir).unwrap_or_default().into_iter().filter_map(|run| {
            let number = run.strip_prefix(&time)?.strip_prefix('-')?;
            u32::from_str_radix(number, 16).ok()
        });
        let number = last.max().map_or(u32::from(random[0]), |last| last + 1);
        Self {
            version: 1,
            run: format!("{time}-{number:04x}"),
            started_at,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            store: store.to_owned(),
            home: PathText::of(home),
            records: Vec::new(),
            closed: false,
        }
    }

    /// Brings the journal to the disk, whole.
    pub(super) fn save(&self, state_dir: &Path) -> Result<(), FileError> {
        let folder = folder(state_dir).join(&self.run);
        state::ensure_dir(&folder)?;
        let path = folder.join(FILE);
        let mut file = AtomicFile::create(&path)?;
        let failed = |error: std::io::Error| FileError::io(&path, "cannot be written", &error);
        // In one write: the file has no buffer, and a journal is written many times.
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        file.write_all(&text).map_err(failed)?;
        file.commit()
    }

    /// Reads the journal of a run.
    pub(super) fn load(state_dir: &Path, run: &str) -> Result<Self, FileError> {
        let path = folder(state_dir).join(run).join(FILE);
        let text = trusted::read(&path, MOST_BYTES)?.text;
        match serde_json::from_str::<Self>(&text) {
            Ok(journal) if journal.version == 1 && journal.run == run => Ok(journal),
            Ok(_) => Err(FileError::refused(&path, "was written by another version of caulk")),
            Err(_) => Err(FileError::refused(&path, "is no journal")),
        }
    }

    /// Whether something waits for its end: the run was killed.
    #[must_use]
    pub(super) fn is_unfinished(&self) -> bool {
        self.is_pending() || !(self.is_standing() || self.closed)
    }

    /// Whether a record is half done.
    #[must_use]
    pub(super) fn is_pending(&self) -> bool {
        self.records.iter().any(|record| matches!(record.stage, Stage::Begun | Stage::Undoing))
    }

    /// Whether there is something to take back.
    #[must_use]
    pub(super) fn is_standing(&self) -> bool {
        self.records.iter().any(|record| record.stage == Stage::Done)
    }
}

/// The folder of all runs.
#[must_use]
pub(super) fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("fix")
}

/// The names of all runs, oldest first. Runs that cannot be seen are no sign that there are none.
pub(super) fn runs(state_dir: &Path) -> Result<Vec<String>, FileError> {
    let folder = folder(state_dir);
    let failed = |error: &std::io::Error| FileError::io(&folder, "cannot be looked into", error);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| failed(&error))?,
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(&error))?;
        let journal = entry.path().join(FILE).symlink_metadata();
        let gone = |kind| matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory);
        if let Ok(name) = entry.file_name().into_string()
            && is_run(&name)
            && !journal.is_err_and(|error| gone(error.kind()))
        {
            runs.push(name);
        }
    }
    runs.sort_unstable();
    Ok(runs)
}

/// Whether a text has the shape of a run's name, so that it can be part of a path.
#[must_use]
pub(super) fn is_run(name: &str) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd-dd-dd-xxxx";
    name.len() == SHAPE.len()
        && name.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == *other,
        })
}

/// A path that is written whatever its bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum PathText {
    /// UTF-8.
    Text(String),
    /// Anything else, base64 of its bytes.
    Bytes {
        /// The encoded bytes.
        base64: String,
    },
}

impl PathText {
    /// Of a path.
    #[must_use]
    pub(super) fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes { base64: data_encoding::BASE64.encode(path.as_os_str().as_encoded_bytes()) },
        }
    }

    /// The path; empty when it cannot be had on this system.
    #[must_use]
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::Text(text) => PathBuf::from(text),
            Self::Bytes { base64 } => data_encoding::BASE64
                .decode(base64.as_bytes())
                .ok()
                .and_then(super::sighted::path_of)
                .unwrap_or_default(),
        }
    }
}
