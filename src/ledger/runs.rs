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
            let commands = commands(run, tree, node);
            let args = if run.args.is_empty() { Vec::new() } else { select(tree, node, &run.args) };
            // As many arguments as commands: each has its own.
            let paired = commands.len() > 1 && args.len() == commands.len();
            for (at, command) in commands.into_iter().enumerate() {
                if found.len() >= ENTRIES {
                    return found;
                }
                let args = if paired { &args[at..=at] } else { &args[..] };
                found.extend(entry(run, level, tree, node, (command, args), mask));
            }
        }
    }
    found.sort_by_key(|entry| entry.span.start);
    found
}

/// Whether the entry says what it has to say to start by itself.
fn starts(run: &Run, tree: &Tree<'_>, node: NodeId) -> bool {
    says(&run.when, tree, node).unwrap_or(true)
}

/// Whether `key=value` stands below the entry; `None` without a condition.
fn says(condition: &str, tree: &Tree<'_>, node: NodeId) -> Option<bool> {
    let (key, value) = condition.split_once('=')?;
    let is =
        |node: NodeId| tree.text(node).map_or(tree.raw(node) == value.as_bytes(), |t| t.bytes() == value.as_bytes());
    Some(select(tree, node, key).into_iter().any(is))
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
    (command, args): (NodeId, &[NodeId]),
    mask: Mask<'_>,
) -> Option<AutorunEntry> {
    let program = strings(tree, command);
    let operands: Vec<_> = args.iter().flat_map(|&args| strings(tree, args)).collect();
    let words: Vec<&[u8]> = program.iter().chain(&operands).map(Text::bytes).collect();
    // Arguments in one text are the rest of a line, as Windows starts programs.
    let one = |&args: &NodeId| tree.kind(args) == Kind::String;
    let launch = match words.as_slice() {
        [] | [[]] => return None,
        [program, rest] if args.iter().all(one) => launch::of_line(&line(program, rest), mask),
        [line] => launch::of_line(line.strip_prefix(run.begins.as_bytes())?, mask),
        words => launch::of_words(words, mask),
    };
    let word = word(run, tree, node, mask);
    // Part of a sentence only where it is a plain word.
    let plain = word.len() <= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let event = if plain { word.as_str() } else { "an unknown event" };
    Some(AutorunEntry {
        trigger: run.trigger.replace("{}", event),
        name: called(run, tree, node, mask).unwrap_or_else(|| Untrusted::new(word)),
        pointer: pointer(tree, command, mask),
        span: tree.span(command),
        transport: Transport::Stdio,
        launch: Some(launch),
        disabled: says(&run.unless, tree, node) == Some(true),
        consent: consent(&run.starts, level),
        project: run.project.to_string(),
        secrets: Vec::new(),
        env: Vec::new(),
    })
}

/// A program, with its path in quotes where there is a blank in it, and its arguments.
fn line(program: &[u8], rest: &[u8]) -> zeroize::Zeroizing<Vec<u8>> {
    let quote: &[u8] = if program.contains(&b' ') && !program.contains(&b'"') { b"\"" } else { b"" };
    zeroize::Zeroizing::new([quote, program, quote, b" ", rest].concat())
}

/// What an entry calls itself, as tasks do.
fn called(run: &Run, tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> Option<Untrusted> {
    let named = || (!run.named.is_empty()).then(|| select(tree, node, &run.named).first().copied()).flatten();
    let name = tree.get(node, b"label").or_else(|| tree.get(node, b"name")).or_else(named)?;
    tree.text(name).map(|name| Untrusted::new(shown(name.bytes(), mask)))
}

/// The key that the first star of the place stands for; without one, the last key.
fn word(run: &Run, tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> String {
    let path = tree.path(node);
    let star = run.at.split('/').position(|part| part == "*").unwrap_or(path.len().saturating_sub(1));
    path.get(star).map(|key| shown(key.bytes(), mask)).unwrap_or_default()
}
