//! Lock files that are made of lines: pnpm, bun, Cargo and its likes, requirements, Gemfile, go.
//!
//! Read a line at a time, with nothing kept but the component at hand: they are written by machines, and megabytes
//! of them lie on one disk.

use super::{at_version, component, numbered};
use crate::model::{Component, Ecosystem};
use memchr::memmem;

/// `pnpm-lock.yaml`: keys below `packages:`, as versions 5 to 9 write them.
pub(super) fn pnpm(source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    let mut inside = false;
    for (at, line) in numbered(source) {
        if line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            inside = line.starts_with(b"packages:");
            continue;
        }
        if !inside {
            continue;
        }
        // Two blanks and a key: deeper lines tell of the package.
        let Some(key) = line.strip_prefix(b"  ").filter(|key| key.first().is_some_and(|b| !matches!(b, b' ' | b'#')))
        else {
            if line.trim_ascii() == b"requiresBuild: true"
                && let Some(last) = found.last_mut()
            {
                let last: &mut Component = last;
                last.install_script = true;
            }
            continue;
        };
        let key = key.strip_suffix(b":").unwrap_or(key).trim_ascii();
        let key = unquoted(key);
        let key = key.strip_prefix(b"/").unwrap_or(key);
        // What stands in brackets names peers.
        let key = key.split(|byte| *byte == b'(').next().unwrap_or(key);
        // Up to version 5 a slash stands before the version, and peers after an underscore.
        let old = memchr::memrchr(b'/', key).filter(|slash| key.get(slash + 1).is_some_and(u8::is_ascii_digit));
        let parts = match old {
            Some(slash) => key[slash + 1..].split(|byte| *byte == b'_').next().map(|version| (&key[..slash], version)),
            None => at_version(key),
        };
        let Some((name, version)) = parts else { continue };
        found.extend(component(Ecosystem::Npm, name, version, at..at + line.len()));
    }
    found
}

/// `bun.lock`: each package is a list that begins with `name@version`.
pub(super) fn bun(source: &[u8]) -> Vec<Component> {
    let Some(start) = memmem::find(source, b"\"packages\"") else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = start;
    while let Some(open) = memchr::memchr(b'[', &source[at..]).map(|i| at + i + 1) {
        at = open;
        let rest = source[open..].trim_ascii_start();
        let Some(text) = rest.strip_prefix(b"\"") else { continue };
        let begin = source.len() - text.len();
        let Some(end) = memchr::memchr2(b'"', b'\n', text) else { break };
        at = begin + end;
        // In lists of platforms and of licences no word has an @ inside.
        let Some((name, version)) = at_version(&text[..end]) else { continue };
        found.extend(component(Ecosystem::Npm, name, version, begin..begin + end));
    }
    found
}

/// `[[package]]` with `name` and `version`: Cargo.lock, uv.lock, poetry.lock, pdm.lock, pylock.toml.
pub(super) fn toml_packages(ecosystem: Ecosystem, source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    let (mut inside, mut name): (bool, Option<(usize, &[u8])>) = (false, None);
    for (at, line) in numbered(source) {
        if line.starts_with(b"[") {
            inside = line == b"[[package]]" || line == b"[[packages]]";
            name = None;
        } else if inside && let Some(value) = line.strip_prefix(b"name = ") {
            name = Some((at, unquoted(value.trim_ascii())));
        } else if inside
            && let Some(value) = line.strip_prefix(b"version = ")
            && let Some((start, name)) = name.take()
        {
            found.extend(component(ecosystem, name, unquoted(value.trim_ascii()), start..start + 7 + name.len() + 2));
        }
    }
    found
}

/// `name==1.2.3`, the only form that says which version.
pub(super) fn requirements(source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    for (at, line) in numbered(source) {
        let line = line.split(|byte| matches!(byte, b'#' | b';')).next().unwrap_or(line);
        let Some(equals) = memmem::find(line, b"==") else { continue };
        let name = line[..equals].split(|byte| *byte == b'[').next().unwrap_or(line).trim_ascii();
        let version = line[equals..].trim_ascii_start().trim_start_matches_equals();
        let version = version.split(|byte| matches!(byte, b' ' | b'\t' | b'\\' | b',')).find(|part| !part.is_empty());
        found.extend(version.and_then(|version| component(Ecosystem::Pypi, name, version, at..at + line.len())));
    }
    found
}

/// `Gemfile.lock`: four blanks, a name and its version in brackets.
pub(super) fn gemfile(source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    let mut inside = false;
    for (at, line) in numbered(source) {
        if line.first().is_some_and(|byte| *byte != b' ') {
            inside = line == b"GEM";
        }
        let Some(spec) = line.strip_prefix(b"    ").filter(|spec| inside && !spec.starts_with(b" ")) else { continue };
        let Some((name, version)) = spec.strip_suffix(b")").and_then(|spec| {
            let open = memmem::find(spec, b" (")?;
            Some((&spec[..open], &spec[open + 2..]))
        }) else {
            continue;
        };
        found.extend(component(Ecosystem::Gem, name, version, at..at + line.len()));
    }
    found
}

/// `go.sum`: a module, its version, its digest; the lines of `go.mod` files name modules that may never be fetched.
pub(super) fn go_sum(source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    for (at, line) in numbered(source) {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(name), Some(version), Some(_)) = (words.next(), words.next(), words.next()) else { continue };
        if !version.ends_with(b"/go.mod") {
            found.extend(component(Ecosystem::Go, name, version, at..at + line.len()));
        }
    }
    found
}

/// Without the quotes around it.
fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [quote @ (b'"' | b'\''), middle @ .., end] if quote == end => middle,
        text => text,
    }
}

/// Bytes without equals signs at the start.
trait TrimEquals {
    fn trim_start_matches_equals(&self) -> &[u8];
}

impl TrimEquals for [u8] {
    fn trim_start_matches_equals(&self) -> &[u8] {
        let from = self.iter().position(|byte| *byte != b'=').unwrap_or(self.len());
        self[from..].trim_ascii_start()
    }
}
