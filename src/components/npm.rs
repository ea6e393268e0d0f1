//! npm's lock files and manifests.
//!
//! A lock file is searched for the keys of its packages rather than parsed: a tree of one would cost more than
//! everything else that is read of a project.

use super::component;
use crate::model::{Component, Ecosystem, Limits};
use crate::read::json::{self, Kind, NodeId, Tree};
use memchr::memmem;
use std::ops::Range;

/// How a key of an installed package begins, from version 2 of the format on.
const KEY: &[u8] = b"\"node_modules/";
/// How far behind its key a package's own fields are looked for, bytes.
const REACH: usize = 16 << 10;

/// `package-lock.json`, `npm-shrinkwrap.json`, `node_modules/.package-lock.json`.
pub(super) fn lock(source: &[u8], limits: &Limits) -> Vec<Component> {
    let mut found = Vec::new();
    let mut keys = memmem::find_iter(source, KEY).peekable();
    if keys.peek().is_none() {
        return first_version(source, limits);
    }
    while let Some(start) = keys.next() {
        let path = start + 1;
        let Some(end) = memchr::memchr2(b'"', b'\n', &source[path..]).map(|i| path + i) else { break };
        let until = keys.peek().copied().unwrap_or(source.len()).min(end + REACH);
        let entry = &source[end.min(until)..until];
        // A reference to one, such as a value, has no object behind it.
        let Some(entry) = after(entry, &[b"\"", b":", b"{"]) else { continue };
        let own = |key: &[u8]| text_of(entry, key);
        let folder = &source[path..end];
        let named = memmem::rfind(folder, b"node_modules/").map_or(folder, |at| &folder[at + KEY.len() - 1..]);
        let Some(version) = own(b"\"version\"") else { continue };
        let version_at = version.as_ptr() as usize - entry.as_ptr() as usize;
        // An alias says what it stands for before anything else.
        let name = own(b"\"name\"").filter(|name| name.as_ptr() < version.as_ptr()).unwrap_or(named);
        let Some(mut one) = component(Ecosystem::Npm, name, version, start..end + 1) else { continue };
        let facts = &entry[version_at..];
        one.install_script = memmem::find(facts, b"\"hasInstallScript\"").is_some();
        if text_of(facts, b"\"resolved\"").is_some_and(is_plain_http) {
            one.notes.push(PLAIN_HTTP);
        }
        found.push(one);
    }
    found
}

/// What is said of a package that was fetched without TLS.
pub const PLAIN_HTTP: &str = "fetched over plain http";

/// Whether a URL is one that anybody on the way can answer.
fn is_plain_http(url: &[u8]) -> bool {
    let Some(rest) = url.strip_prefix(b"http://") else { return false };
    let host = rest.split(|byte| matches!(byte, b'/' | b':')).next().unwrap_or(rest);
    !matches!(host, b"localhost" | b"127.0.0.1" | b"[" | b"") && !host.ends_with(b".localhost")
}

/// The text that stands for a key, the first time it does.
fn text_of<'s>(entry: &'s [u8], key: &[u8]) -> Option<&'s [u8]> {
    let at = memmem::find(entry, key)?;
    let value = after(&entry[at + key.len()..], &[b":", b"\""])?;
    Some(&value[..memchr::memchr2(b'"', b'\n', value)?])
}

/// What follows these signs, with nothing but blanks between them.
fn after<'s>(mut text: &'s [u8], signs: &[&[u8]]) -> Option<&'s [u8]> {
    for sign in signs {
        text = text.trim_ascii_start().strip_prefix(*sign)?;
    }
    Some(text)
}

/// Version 1: packages nested in each other's `dependencies`.
fn first_version(source: &[u8], limits: &Limits) -> Vec<Component> {
    if memmem::find(source, b"\"lockfileVersion\"").is_none() || memmem::find(source, b"\"dependencies\"").is_none() {
        return Vec::new();
    }
    let document = json::document(source, limits);
    let Some(tree) = &document.tree else { return Vec::new() };
    let mut found = Vec::new();
    for node in tree.nodes() {
        let in_dependencies =
            tree.parent(node).is_some_and(|parent| tree.key(parent).is_some_and(|key| key.bytes() == b"dependencies"));
        if !in_dependencies || tree.kind(node) != Kind::Object {
            continue;
        }
        let (Some(name), Some(version)) = (tree.key(node), member(tree, node, "version")) else { continue };
        found.extend(component(Ecosystem::Npm, name.bytes(), version.bytes(), tree.span(node)));
    }
    found
}

/// The manifest of a package that is installed: its `package.json`.
pub(super) fn manifest(source: &[u8], limits: &Limits) -> Vec<Component> {
    let document = json::document(source, limits);
    let Some(tree) = &document.tree else { return Vec::new() };
    let Some(root) = tree.root() else { return Vec::new() };
    let (Some(name), Some(version)) = (member(tree, root, "name"), member(tree, root, "version")) else {
        return Vec::new();
    };
    let span: Range<usize> = tree.get(root, b"name").map_or(0..0, |node| tree.span(node));
    let mut one = component(Ecosystem::Npm, name.bytes(), version.bytes(), span);
    if let Some(one) = &mut one {
        let scripts = tree.get(root, b"scripts");
        let has = |script: &str| scripts.is_some_and(|scripts| tree.get(scripts, script.as_bytes()).is_some());
        one.install_script = ["preinstall", "install", "postinstall"].into_iter().any(has);
    }
    one.into_iter().collect()
}

/// The text of a member of an object.
pub(super) fn member<'a>(tree: &Tree<'a>, node: NodeId, key: &str) -> Option<crate::read::Text<'a>> {
    tree.text(tree.get(node, key.as_bytes())?)
}
