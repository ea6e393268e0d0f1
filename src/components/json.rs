//! Lists that are small JSON documents: editor extensions, Pipfile.lock, composer.lock.

use super::component;
use super::npm::member;
use crate::model::{Component, Ecosystem, Limits, Presence};
use crate::read::json::{self, Kind, NodeId, Tree};

/// `extensions.json`: what the editor has installed, as it remembers it.
pub(super) fn extensions(source: &[u8], limits: &Limits) -> Vec<Component> {
    with_tree(source, limits, |tree, root| {
        let mut found = Vec::new();
        for entry in tree.children(root) {
            let Some(id) = tree.get(entry, b"identifier").and_then(|id| member(tree, id, "id")) else { continue };
            let Some(version) = member(tree, entry, "version") else { continue };
            let Some(mut one) = component(Ecosystem::Vscode, id.bytes(), version.bytes(), tree.span(entry)) else {
                continue;
            };
            one.presence = Presence::Installed;
            one.global = true;
            let metadata = tree.get(entry, b"metadata");
            let fact = |key: &str| metadata.and_then(|metadata| member(tree, metadata, key));
            if fact("source").is_some_and(|source| source.bytes() == b"vsix") {
                one.notes.push("side-loaded");
            }
            found.push(one);
        }
        found
    })
}

/// `Pipfile.lock`: `"version": "==1.2.3"` of each package.
pub(super) fn pipfile(source: &[u8], limits: &Limits) -> Vec<Component> {
    with_tree(source, limits, |tree, root| {
        let groups = tree.children(root).filter(|group| tree.key(*group).is_some_and(|key| key.bytes() != b"_meta"));
        let packages = groups.flat_map(|group| tree.children(group));
        let read = |package: NodeId| {
            let (name, version) = (tree.key(package)?, member(tree, package, "version")?);
            let version = version.bytes().strip_prefix(b"==")?;
            component(Ecosystem::Pypi, name.bytes(), version, tree.span(package))
        };
        packages.filter_map(read).collect()
    })
}

/// `composer.lock`, `vendor/composer/installed.json`.
pub(super) fn composer(source: &[u8], limits: &Limits) -> Vec<Component> {
    with_tree(source, limits, |tree, root| {
        let lists = [&b"packages"[..], b"packages-dev"].into_iter().filter_map(|key| tree.get(root, key));
        let packages = lists.flat_map(|list| tree.children(list));
        let read = |package: NodeId| {
            let (name, version) = (member(tree, package, "name")?, member(tree, package, "version")?);
            let version = version.bytes();
            let version = version.strip_prefix(b"v").unwrap_or(version);
            component(Ecosystem::Packagist, name.bytes(), version, tree.span(package))
        };
        packages.filter_map(read).collect()
    })
}

fn with_tree(source: &[u8], limits: &Limits, read: impl FnOnce(&Tree<'_>, NodeId) -> Vec<Component>) -> Vec<Component> {
    let document = json::document(source, limits);
    let Some(tree) = &document.tree else { return Vec::new() };
    match tree.root() {
        Some(root) if matches!(tree.kind(root), Kind::Object | Kind::Array) => read(tree, root),
        _ => Vec::new(),
    }
}
