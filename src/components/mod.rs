//! Floor 3: documents to the packages and extensions that they say are here.
//!
//! Facts only, from lock files, lists and manifests as their tools write them; nothing is resolved, and no package
//! manager is asked. A name that no registry could hold is left out, so what leaves here is a name and a version
//! and never a line of somebody's file.

mod json;
mod lines;
mod npm;
mod yarn;

pub use npm::PLAIN_HTTP;

use crate::model::{Component, Ecosystem, Limits};
use std::ops::Range;

/// Components of one file at most.
const MOST: usize = 100_000;
/// Longest name and version that is taken, bytes.
const LONGEST: usize = 214;

/// Reads the components of `source`, which is laid out as `kind` says (a word of a surface's `lists`).
///
/// Anything but a list of that kind gives none.
#[must_use]
pub fn read(kind: &str, source: &[u8], limits: &Limits) -> Vec<Component> {
    let mut found = match kind {
        "npm-lock" => npm::lock(source, limits),
        "npm-package" => npm::manifest(source, limits),
        "pnpm-lock" => lines::pnpm(source),
        "yarn-lock" => yarn::lock(source),
        "bun-lock" => lines::bun(source),
        "cargo-lock" => lines::toml_packages(Ecosystem::Cargo, source),
        "python-lock" => lines::toml_packages(Ecosystem::Pypi, source),
        "pipfile-lock" => json::pipfile(source, limits),
        "requirements" => lines::requirements(source),
        "gemfile-lock" => lines::gemfile(source),
        "composer-lock" => json::composer(source, limits),
        "go-sum" => lines::go_sum(source),
        "vscode-extensions" => json::extensions(source, limits),
        _ => Vec::new(),
    };
    found.truncate(MOST);
    found
}

/// The component that a folder of an installed Python package stands for: `name-1.2.3.dist-info`.
#[must_use]
pub fn dist_info(folder: &str) -> Option<Component> {
    let stem = folder.strip_suffix(".dist-info").or_else(|| folder.strip_suffix(".egg-info"))?;
    let mut parts = stem.split('-');
    let (name, version) = (parts.next()?, parts.next()?);
    component(Ecosystem::Pypi, name.as_bytes(), version.as_bytes(), 0..0)
}

/// The component that a launcher fetches: `npx` and `name@1.2.3`, `uvx` and `name==1.2.3`.
#[must_use]
pub fn of_spec(program: &str, spec: &str) -> Option<Component> {
    let (ecosystem, parts) = match program {
        "npx" | "npm" | "pnpm" | "pnpx" | "yarn" | "bunx" | "bun" => (Ecosystem::Npm, at_version(spec.as_bytes())),
        "uvx" | "uv" | "pipx" => {
            let equal = spec.split_once("==").map(|(name, version)| (name.as_bytes(), version.as_bytes()));
            (Ecosystem::Pypi, equal.or_else(|| at_version(spec.as_bytes())))
        }
        _ => return None,
    };
    let (name, version) = parts?;
    // What stands in square brackets are extras.
    let name = name.split(|byte| *byte == b'[').next().unwrap_or(name);
    component(ecosystem, name, version, 0..0)
}

/// A component, if name and version could be such.
fn component(ecosystem: Ecosystem, name: &[u8], version: &[u8], span: Range<usize>) -> Option<Component> {
    let (name, version) = (std::str::from_utf8(name).ok()?, std::str::from_utf8(version).ok()?);
    (is_name(name) && is_version(version)).then(|| Component::new(ecosystem, name, version, span))
}

/// Whether a registry could hold such a name.
fn is_name(name: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '@' | '~' | '+' | '!');
    (1..=LONGEST).contains(&name.len()) && name.chars().all(letters)
}

/// Whether it could be a version.
fn is_version(version: &str) -> bool {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '!' | '_' | '~');
    (1..=LONGEST).contains(&version.len()) && version.chars().all(letters)
}

/// Lines of a text with their places, without their ends.
fn numbered(source: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    source.split(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// `name@version`, where the name may begin with a scope.
fn at_version(spec: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b'@', spec.get(1..)?)? + 1;
    Some((&spec[..at], &spec[at + 1..]))
}
