//! What products start by themselves besides MCP servers, from the places that surfaces name: hooks of agents,
//! tasks of editors, commands of containers and package managers.
//!
//! Claude Code's hooks have a file of their own ([`super::hooks`]), for a switch beside them turns them off.

use super::launch::{self, shown};
use super::node::{pointer, select, strings};
use super::{Mask, consent, script};
use crate::model::{AutorunEntry, Transport, Untrusted};
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{Document, Text};
use crate::rules::place::Level;
use crate::rules::rule::{Run, Surface};

/// The place that stands for the whole file: a script.
const SCRIPT: &str = ".";
/// Entries of one document that are looked at.
const ENTRIES: usize = 1_000;

/// The commands of a document of `surface`, in order of position.
#[must_use]
pub fn entries(surface: &Surface, level: Level, doc: &Document<'_>, mask: Mask<'_>) -> Vec<AutorunEntry> {
    let mut found: Vec<AutorunEntry> = Vec::new();
    for run in surface.runs.iter().filter(|run| run.at == SCRIPT) {
        found.extend(script::entries(run, &surface.title, level, doc.source, mask));
    }
    let Some(tree) = &doc.tree else { return found };
    let Some(root) = tree.root() else { return found };
    for run in surface.runs.iter().filter(|run| run.at != SCRIPT) {
        for node in select(tree, root, &run.at).into_iter().filter(|&node| starts(run, tree, node)) {
            for command in commands(run, tree, node) {
                if found.len() >= ENTRIES {
                    return found;
                }
                found.extend(entry(run, level, tree, node, command, mask));
            }
        }
    }
    found.sort_by_key(|entry| entry.span.start);
    found
}

/// Whether the entry says what it has to say to start by itself.
fn starts(run: &Run, tree: &Tree<'_>, node: NodeId) -> bool {
    let Some((key, value)) = run.when.split_once('=') else { return true };
    let is =
        |node: NodeId| tree.text(node).map_or(tree.raw(node) == value.as_bytes(), |t| t.bytes() == value.as_bytes());
    select(tree, node, key).into_iter().any(is)
}

/// Where the entry's commands stand: below it, in it, or the entry itself.
fn commands(run: &Run, tree: &Tree<'_>, node: NodeId) -> Vec<NodeId> {
    if !run.command.is_empty() {
        return run.command.iter().flat_map(|key| select(tree, node, key)).collect();
    }
    match tree.kind(node) {
        // What is no text has a shape of its own, and a place of its own in the data.
        Kind::Array if run.each => tree.children(node).filter(|&item| tree.kind(item) == Kind::String).collect(),
        Kind::Object if run.each => Vec::new(),
        Kind::Object => tree.children(node).collect(),
        _ => vec![node],
    }
}

fn entry(
    run: &Run,
    level: Level,
    tree: &Tree<'_>,
    node: NodeId,
    command: NodeId,
    mask: Mask<'_>,
) -> Option<AutorunEntry> {
    let mut words = strings(tree, command);
    if !run.args.is_empty() {
        words.extend(select(tree, node, &run.args).into_iter().flat_map(|args| strings(tree, args)));
    }
    let words: Vec<&[u8]> = words.iter().map(Text::bytes).collect();
    let launch = match words.as_slice() {
        [] | [[]] => return None,
        [line] => launch::of_line(line.strip_prefix(run.begins.as_bytes())?, mask),
        words => launch::of_words(words, mask),
    };
    let event = event(run, tree, node, mask);
    Some(AutorunEntry {
        trigger: run.trigger.replace("{}", &event),
        name: called(tree, node, mask).unwrap_or_else(|| Untrusted::new(event)),
        pointer: pointer(tree, command, mask),
        span: tree.span(command),
        transport: Transport::Stdio,
        launch: Some(launch),
        disabled: false,
        consent: consent(&run.starts, level),
        project: run.project.to_string(),
        secrets: Vec::new(),
        env: Vec::new(),
    })
}

/// What an entry calls itself, as tasks do.
fn called(tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> Option<Untrusted> {
    let name = tree.get(node, b"label").or_else(|| tree.get(node, b"name"))?;
    tree.text(name).map(|name| Untrusted::new(shown(name.bytes(), mask)))
}

/// The key that the first star of the place stands for; without one, the last key. A plain word, or none.
fn event(run: &Run, tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> String {
    let path = tree.path(node);
    let star = run.at.split('/').position(|part| part == "*").unwrap_or(path.len().saturating_sub(1));
    let word = path.get(star).map(|key| shown(key.bytes(), mask)).unwrap_or_default();
    let plain = word.len() <= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if plain { word } else { "an unknown event".to_owned() }
}
