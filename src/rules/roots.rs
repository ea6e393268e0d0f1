//! The roots that paths in rule data start with, on each system.
//!
//! `{home}`, `{config}`, `{data}`, `{state}`, `{cache}`, `{appdata}`, `{localappdata}`, or `$NAME` of
//! an environment variable that moves a file. Resolves names only; looks at no file.

use crate::host::{Host, Os};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where a root lies below a home, and the variable that moves it.
struct Root {
    below_home: &'static str,
    variable: Option<&'static str>,
}

/// The root's place on `os`; `None` for a word that is no root.
fn root(word: &str, os: Os) -> Option<Root> {
    let (below_home, variable) = match (word, os) {
        ("home", _) => ("", None),
        ("config", Os::Linux) => (".config", Some("XDG_CONFIG_HOME")),
        ("data", Os::Linux) => (".local/share", Some("XDG_DATA_HOME")),
        ("state", Os::Linux) => (".local/state", Some("XDG_STATE_HOME")),
        ("cache", Os::Linux) => (".cache", Some("XDG_CACHE_HOME")),
        ("config" | "data" | "state", Os::Macos) => ("Library/Application Support", None),
        ("cache", Os::Macos) => ("Library/Caches", None),
        ("config" | "data", Os::Windows) | ("appdata", _) => ("AppData/Roaming", Some("APPDATA")),
        ("state" | "cache", Os::Windows) | ("localappdata", _) => ("AppData/Local", Some("LOCALAPPDATA")),
        _ => return None,
    };
    Some(Root { below_home, variable })
}

/// A path of rule data, divided at its root.
pub(super) enum Rooted<'p> {
    /// Below a home: the root's part, then the rest.
    Home(&'static str, Option<&'static str>, &'p str),
    /// Below what an environment variable says; the rest may be empty.
    Variable(&'p str, &'p str),
    /// From the root of the file system, or a drive.
    System(&'p str),
}

/// Divides `pattern`; `None` when its root is unknown.
pub(super) fn divide(pattern: &str, os: Os) -> Option<Rooted<'_>> {
    if let Some(rest) = pattern.strip_prefix('{') {
        let (word, rest) = rest.split_once('}')?;
        let root = root(word, os)?;
        return Some(Rooted::Home(root.below_home, root.variable, rest.trim_start_matches('/')));
    }
    if let Some(rest) = pattern.strip_prefix('$') {
        let (name, rest) = rest.split_once('/').unwrap_or((rest, ""));
        return Some(Rooted::Variable(name, rest));
    }
    let drive = matches!(pattern.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    (pattern.starts_with('/') || drive).then_some(Rooted::System(pattern))
}

/// What `pattern` stands for on this host: the usual place, and with `overrides` also where
/// environment variables move it. A wildcard stays as it is. Empty for an unknown root, for a
/// variable that is unset or not absolute, and for system paths without `overrides`.
///
/// For campaigns' artefacts, which have the same roots, call it directly.
#[must_use]
pub fn expand(pattern: &str, host: &Host, home: &Path, overrides: bool) -> Vec<PathBuf> {
    let variable = |name: &str| overrides.then(|| host.env(name)).flatten().filter(|value| moves(value));
    let mut found = Vec::new();
    match divide(pattern, host.os) {
        Some(Rooted::Home(below_home, moved_by, rest)) => {
            found.push(join(&join(home, below_home), rest));
            if let Some(value) = moved_by.and_then(variable) {
                found.push(join(Path::new(value), rest));
            }
        }
        Some(Rooted::Variable(name, rest)) => found.extend(variable(name).map(|value| join(Path::new(value), rest))),
        Some(Rooted::System(path)) if overrides => found.push(host.system_path(path)),
        Some(Rooted::System(_)) | None => {}
    }
    found.dedup();
    found
}

/// What `rest` names, seen from `folder`: each part for itself, `..` included.
#[must_use]
pub fn below(folder: &Path, rest: &str) -> PathBuf {
    join(folder, rest)
}

/// Joins part by part, so that the separators become the system's own.
pub(super) fn join(base: &Path, rest: &str) -> PathBuf {
    let mut path = base.to_owned();
    path.extend(rest.split('/').filter(|part| !part.is_empty()));
    path
}

/// Whether a variable's value can name a file: absolute, and no device (`HISTFILE=/dev/null`).
fn moves(value: &OsStr) -> bool {
    let bytes = value.as_encoded_bytes();
    let device = [&b"/dev/"[..], b"/proc/", b"/sys/"].iter().any(|folder| bytes.starts_with(folder));
    match bytes {
        [b'/', ..] => !device,
        [letter, b':', b'/' | b'\\', ..] => letter.is_ascii_alphabetic(),
        _ => false,
    }
}
