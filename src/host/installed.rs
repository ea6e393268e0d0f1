//! Which versions of a package lie in a launcher's cache: the ones that have run on this machine.
//!
//! Looked up by name in a few folders, each listed once and up to a bound. Versions come from files that
//! anybody may have written: they are judged again by whoever writes one down.

use super::{Os, list, open};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// Folders of a cache that are looked into.
const FOLDERS: usize = 5_000;
/// Largest manifest that is read.
const MANIFEST: usize = 1 << 20;
/// Longest version.
const LONGEST: usize = 64;

/// Whose cache it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cache {
    /// npx's folders.
    Npx,
    /// bun's.
    Bun,
    /// uv's: environments of tools, and unpacked packages.
    Uv,
}

/// The newest version of `name` that is installed, one that is no preview before all that are.
#[must_use]
pub fn newest(home: &Path, os: Os, cache: Cache, name: &str) -> Option<String> {
    // A name that leads elsewhere is none.
    if name.split('/').any(|part| part.is_empty() || part.starts_with('.')) || name.contains('\\') {
        return None;
    }
    let mut versions = match cache {
        Cache::Npx => npx(home, os, name),
        Cache::Bun => bun(home, name),
        Cache::Uv => uv(home, os, name),
    };
    versions.retain(|version| {
        version.len() <= LONGEST
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_alphanumeric() || ".+-".contains(c))
    });
    versions.into_iter().max_by(|a, b| compare(a, b))
}

/// The version of a package manager that came as a package: from the manifest above the real program.
#[must_use]
pub fn of_program(program: &Path, name: &str) -> Option<String> {
    let real = std::fs::canonicalize(program).ok()?;
    // On Windows a script beside `node_modules`.
    let beside = real.parent()?.join("node_modules").join(name);
    let above = real.ancestors().skip(1).take(4).filter(|folder| folder.ends_with(name));
    let folders = above.map(Path::to_path_buf).chain([beside]);
    folders.into_iter().find_map(|folder| manifest(&folder.join("package.json")))
}

/// The version of a program that its installer wrote down: uv's does.
#[must_use]
pub fn of_receipt(home: &Path, os: Os, name: &str) -> Option<String> {
    let folder = match os {
        Os::Windows => home.join("AppData/Local").join(name),
        _ => home.join(".config").join(name),
    };
    manifest(&folder.join(format!("{name}-receipt.json")))
}

/// Whether a version is this one or a later one: `11.10.0` for 11.10; a preview counts for its numbers.
#[must_use]
pub fn is_at_least(version: &str, least: &[u64]) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let numbers: Option<Vec<u64>> = core.split('.').map(|part| part.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.as_slice() >= least)
}

fn npx(home: &Path, os: Os, name: &str) -> Vec<String> {
    let cache = match os {
        Os::Windows => home.join("AppData/Local/npm-cache"),
        _ => home.join(".npm"),
    };
    let folders = names(&cache.join("_npx"));
    folders.iter().filter_map(|folder| manifest(&folder.join("node_modules").join(name).join("package.json"))).collect()
}

/// The version in a package's manifest.
fn manifest(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let outcome = open::open(path).and_then(|mut file| file.read_up_to(&mut bytes, MANIFEST)).ok()?;
    let manifest: serde_json::Value = serde_json::from_slice(&bytes).ok().filter(|_| !outcome.truncated)?;
    manifest["version"].as_str().map(str::to_owned)
}

/// `name@1.2.3@@@1`, in a folder of the scope where there is one.
fn bun(home: &Path, name: &str) -> Vec<String> {
    let cache = home.join(".bun/install/cache");
    let (folder, own) = match name.split_once('/') {
        Some((scope, own)) => (cache.join(scope), own),
        None => (cache, name),
    };
    let version = |path: &PathBuf| {
        let rest = path.file_name()?.to_str()?.strip_prefix(own)?.strip_prefix('@')?;
        Some(rest.split("@@").next().unwrap_or(rest).to_owned())
    };
    names(&folder).iter().filter_map(version).collect()
}

fn uv(home: &Path, os: Os, name: &str) -> Vec<String> {
    let (cache, tools) = match os {
        Os::Windows => (home.join("AppData/Local/uv/cache"), home.join("AppData/Roaming/uv/tools")),
        _ => (home.join(".cache/uv"), home.join(".local/share/uv/tools")),
    };
    // As a wheel writes it: one underscore for every run of the three marks.
    let mut wanted = String::new();
    for part in name.to_ascii_lowercase().split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        wanted.push_str(if wanted.is_empty() { "" } else { "_" });
        wanted.push_str(part);
    }
    let of_info = |path: &PathBuf| {
        let stem = path.file_name()?.to_str()?.strip_suffix(".dist-info")?;
        let (own, version) = stem.rsplit_once('-')?;
        (own.to_ascii_lowercase().replace(['-', '.'], "_") == wanted).then(|| version.to_owned())
    };
    let mut versions: Vec<String> = Vec::new();
    for unpacked in names(&cache.join("archive-v0")) {
        versions.extend(names(&unpacked).iter().filter_map(of_info));
    }
    let tool = tools.join(name);
    let packages = [tool.join("Lib/site-packages")].into_iter();
    let pythons = names(&tool.join("lib")).into_iter().map(|python| python.join("site-packages"));
    for folder in packages.chain(pythons) {
        versions.extend(names(&folder).iter().filter_map(of_info));
    }
    versions
}

/// What lies in a folder, no links; nothing where it cannot be listed.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let _ = list::list(folder, &mut |listed| {
        if found.len() < FOLDERS && listed.kind == list::Kind::Dir {
            found.push(folder.join(listed.name));
        }
    });
    found.sort();
    found
}

/// By numbers, as far as both have them; a preview (`-rc.1`, `rc1`) comes before everything that is none.
fn compare(a: &str, b: &str) -> Ordering {
    let parts = |version: &str| {
        let core = version.split('+').next().unwrap_or(version).to_owned();
        let preview = core.contains(|c: char| c.is_ascii_alphabetic() || c == '-');
        let numbers: Vec<u64> = core
            .split(|c: char| !c.is_ascii_digit())
            .filter(|n| !n.is_empty())
            .map(|n| n.parse().unwrap_or(0))
            .collect();
        (!preview, numbers, core)
    };
    parts(a).cmp(&parts(b))
}

#[cfg(test)]
mod tests {
    use super::compare;
    use std::cmp::Ordering;

    #[test]
    fn numbers_count_as_numbers_and_previews_less() {
        for (older, newer) in [
            ("1.9.0", "1.10.0"),
            ("2.0.0-rc.1", "1.0.0"),
            ("1.0.0rc1", "0.9"),
            ("1.0.0-rc.2", "1.0.0-rc.10"),
            ("1.2", "1.2.1"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
        }
    }
}
