//! A package gets the version that is installed on this machine, so that the next start runs what has run.

use super::judged::{Found, Judged};
use crate::host::installed;
use crate::ledger::pin::{self, Wanted};
use crate::model::{AutorunEntry, Pin};
use crate::read::Text;
use crate::read::json::{Kind, NodeId};
use crate::remediate::edit::{Machine, Splice};
use crate::rules::place::Level;

/// The audit that tells of packages without a version.
pub(super) const RULE: &str = "mcp-unpinned-package";

/// The edit, where a version is installed and the package's name stands in one place.
pub(super) fn splices(judged: &Judged<'_, '_>, found: &Found, machine: &Machine) -> Option<Vec<Splice>> {
    let entry = entry(judged, found)?;
    let wanted = pin::wanted(entry.launch.as_ref()?)?;
    let version = installed::newest(&machine.home, machine.os, wanted.cache, &wanted.name)?;
    let pinned = wanted.at(&version)?;
    Some(vec![Splice::new(place(judged, found, &wanted)?, pinned)])
}

/// Whether the entry is pinned now.
pub(super) fn is_pinned(judged: &Judged<'_, '_>, found: &Found) -> bool {
    entry(judged, found).and_then(|entry| entry.launch).is_some_and(|launch| launch.pin == Pin::Exact)
}

fn entry(judged: &Judged<'_, '_>, found: &Found) -> Option<AutorunEntry> {
    let (servers, hooks) = judged.entries(Level::Project);
    servers.into_iter().chain(hooks).find(|entry| entry.pointer == found.pointer)
}

/// Where the package is named: a word of its own in the command, or one in a line; once in all.
fn place(judged: &Judged<'_, '_>, found: &Found, wanted: &Wanted) -> Option<std::ops::Range<usize>> {
    let tree = judged.tree()?;
    let entry = judged.node(found)?;
    let word = wanted.written.as_bytes();
    // A variable or a header may hold the same text.
    let is_command = |node: &NodeId| {
        let path = tree.path(*node);
        let below = path.iter().skip(found.pointer.len()).map(Text::bytes);
        *node == entry
            || below.clone().any(|key| matches!(key, b"command" | b"cmd" | b"args" | b"bash" | b"powershell"))
    };
    let span = tree.span(entry);
    let strings = tree.nodes().filter(|node| {
        let own = tree.span(*node);
        tree.kind(*node) == Kind::String && span.start <= own.start && own.end <= span.end && is_command(node)
    });
    let mut places = Vec::new();
    for node in strings {
        let (raw, start) = (tree.raw(node), tree.span(node).start);
        let breaks = |byte: Option<&u8>| byte.is_none_or(|b| b.is_ascii_whitespace() || b"'\"\\".contains(b));
        for at in memchr::memmem::find_iter(raw, word) {
            let end = at + word.len();
            if breaks(at.checked_sub(1).and_then(|before| raw.get(before))) && breaks(raw.get(end)) {
                places.push(start + at..start + end);
            }
        }
    }
    match places.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}
