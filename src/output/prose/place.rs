//! Where a finding lies, in words: short paths, what a value lies inside of, who else gets at it.

use super::super::RenderOptions;
use super::super::wire::octal;
use super::LONG;
use super::numbers::clip;
use crate::model::{Container, ContainerKind, Exposure, GitState, Location, ScanReport, Untrusted};
use std::fmt::Write as _;
use std::path::Path;

/// How paths are shown short.
pub(in crate::output) struct Paths {
    home: Option<String>,
    /// Whether `~` is a folder other than the reader's own home.
    foreign: bool,
}

impl Paths {
    pub(in crate::output) fn of(report: &ScanReport, options: &RenderOptions) -> Self {
        let own = options.home.as_deref().and_then(shown);
        // One audited home is what the reader thinks of; with several, only their own is `~`.
        let home = match report.homes.as_slice() {
            [only] => shown(only),
            _ => own.clone(),
        };
        Self { foreign: home != own, home }
    }

    /// A path as found, with `~` for the home.
    pub(in crate::output) fn short(&self, path: &Untrusted) -> String {
        let path = path.as_found();
        let below = self.home.as_deref().and_then(|home| path.strip_prefix(home));
        match below {
            Some("") => "~".to_owned(),
            Some(rest) if rest.starts_with(['/', '\\']) => format!("~{rest}"),
            _ => path.to_owned(),
        }
    }

    /// Path, line and column, as editors and compilers write them.
    pub(in crate::output) fn position(&self, location: &Location) -> String {
        let mut text = self.short(&location.path);
        if let Some(region) = location.region {
            let _ = write!(text, ":{}:{}", region.line, region.column);
        }
        text
    }

    /// The folder that `~` stands for, when it is not the reader's own home.
    pub(in crate::output) fn foreign_home(&self) -> Option<&str> {
        self.home.as_deref().filter(|_| self.foreign)
    }
}

fn shown(home: &Path) -> Option<String> {
    let text = Untrusted::from_bytes(home.as_os_str().as_encoded_bytes());
    let text = text.as_found().trim_end_matches(['/', '\\']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// What a value lies inside of: `in the database, table t, key k`.
pub(in crate::output) fn inside(container: &Container) -> String {
    let mut inside = match container.kind {
        ContainerKind::Sqlite => "in the database".to_owned(),
        ContainerKind::Leveldb => "in the application's storage".to_owned(),
        ContainerKind::Json => "in JSON inside a string".to_owned(),
        ContainerKind::Base64 => "in base64".to_owned(),
        ContainerKind::Environment => "in the environment of a running process".to_owned(),
    };
    match container.part {
        Some("free-space") => inside += ", deleted but still on disk",
        Some("superseded-page") => inside += ", overwritten but still on disk",
        Some("wal") => inside += ", in its write-ahead log",
        _ => {}
    }
    if let Some(table) = &container.table {
        let _ = write!(inside, ", table {}", clip(table.as_found(), 60));
    }
    if let Some(key) = &container.key {
        let _ = write!(inside, ", key {}", clip(key.as_found(), LONG));
    }
    inside
}

/// Who else gets at the file, in phrases that can be listed.
pub(in crate::output) fn exposure(exposure: &Exposure) -> Vec<String> {
    let mut notes = Vec::new();
    if exposure.others_can_read == Some(true) {
        notes.push(match exposure.mode {
            Some(mode) => format!("others can read it (mode {})", octal(mode)),
            None => "others can read it".to_owned(),
        });
    }
    if exposure.git == Some(GitState::Tracked) {
        notes.push("git tracks it".to_owned());
    }
    if let Some(product) = &exposure.synced_by {
        notes.push(format!("synced by {product}"));
    }
    if exposure.in_transcript {
        notes.push("in an AI transcript".to_owned());
    }
    if exposure.in_local_history {
        notes.push("in an old copy".to_owned());
    }
    notes
}
