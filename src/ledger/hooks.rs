//! Commands that Claude Code runs by itself: hooks, and helpers named in its settings.

use super::Mask;
use super::launch::{self, shown};
use super::node::{each, is, pointer, strings};
use crate::model::{AutorunEntry, Consent, Transport, Untrusted};
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{Document, Text};
use crate::rules::place::Level;

/// Whose settings these are.
pub const PRODUCT: &str = "Claude Code";
/// Hooks of one document that are looked at.
const HOOKS: usize = 1_000;

/// Settings whose string is a command.
const HELPERS: &[&str] = &[
    "apiKeyHelper",
    "awsAuthRefresh",
    "awsCredentialExport",
    "gcpAuthRefresh",
    "otelHeadersHelper",
    "processWrapper",
    "policyHelper",
];

/// Settings that hold an object with a `command`.
const LINES: &[&str] = &["statusLine", "subagentStatusLine", "fileSuggestion"];

/// The commands of a settings file, in order: hooks, then helpers.
///
/// A project's file counts once its folder is trusted, so there the product asks; the user's own
/// file and the machine's start without a word.
#[must_use]
pub fn entries(doc: &Document<'_>, level: Level, mask: Mask<'_>) -> Vec<AutorunEntry> {
    let Some(tree) = &doc.tree else { return Vec::new() };
    let Some(root) = tree.root() else { return Vec::new() };
    let consent = if level == Level::Project { Consent::Asked } else { Consent::Unasked };
    let off = is(tree, root, b"disableAllHooks", Kind::True);
    let mut found = Vec::new();
    let events = each(tree, root, b"hooks").flat_map(|hooks| tree.children(hooks).collect::<Vec<_>>());
    for event in events {
        for hook in
            tree.children(event).flat_map(|group| each(tree, group, b"hooks")).flat_map(|list| tree.children(list))
        {
            if found.len() >= HOOKS {
                return found;
            }
            let word = tree.key(event).map(|key| shown(key.bytes(), mask)).unwrap_or_default();
            let plain = word.len() <= 40 && word.bytes().all(|b| b.is_ascii_alphanumeric());
            let trigger = format!("hook of Claude Code on {}", if plain { &word } else { "an unknown event" });
            let mut entry = blank(tree, hook, trigger, word, consent, mask);
            entry.disabled = off;
            if let Some(url) = tree.get(hook, b"url").and_then(|url| tree.text(url)) {
                entry.transport = Transport::Remote(Untrusted::new(shown(url.bytes(), mask)));
            }
            found.extend(with_command(tree, hook, entry, mask));
        }
    }
    for key in HELPERS {
        for helper in each(tree, root, key.as_bytes()) {
            let mut entry = blank(tree, helper, format!("{key} of Claude Code"), (*key).into(), consent, mask);
            entry.launch = tree.text(helper).map(|line| launch::of_line(line.bytes(), mask));
            entry.transport = Transport::Stdio;
            found.extend(entry.launch.is_some().then_some(entry));
        }
    }
    for key in LINES {
        for object in each(tree, root, key.as_bytes()) {
            let entry = blank(tree, object, format!("{key} of Claude Code"), (*key).into(), consent, mask);
            found.extend(with_command(tree, object, entry, mask));
        }
    }
    found
}

fn blank(
    tree: &Tree<'_>,
    node: NodeId,
    trigger: String,
    name: String,
    consent: Consent,
    mask: Mask<'_>,
) -> AutorunEntry {
    AutorunEntry {
        trigger,
        name: Untrusted::new(name),
        pointer: pointer(tree, node, mask),
        span: tree.span(node),
        transport: Transport::Unknown,
        launch: None,
        disabled: false,
        consent,
        project: "agent-hook-project".to_owned(),
        secrets: Vec::new(),
        env: Vec::new(),
    }
}

/// The entry with `command`, a line for the shell unless `args` stand beside it; `None` when the
/// object neither runs nor calls anything.
fn with_command(tree: &Tree<'_>, node: NodeId, mut entry: AutorunEntry, mask: Mask<'_>) -> Option<AutorunEntry> {
    let command = tree.get(node, b"command").map(|command| strings(tree, command)).unwrap_or_default();
    let args = tree.get(node, b"args").map(|args| strings(tree, args)).unwrap_or_default();
    let words: Vec<&[u8]> = command.iter().chain(&args).map(Text::bytes).collect();
    entry.launch = match words.as_slice() {
        [] => None,
        [line] => Some(launch::of_line(line, mask)),
        words => Some(launch::of_words(words, mask)),
    };
    if entry.launch.is_some() {
        entry.transport = Transport::Stdio;
    }
    (entry.transport != Transport::Unknown).then_some(entry)
}
