//! The fingerprints by which products remember one entry that their user approved, made as the product makes them.
//!
//! Of a changed entry the fingerprint is another one, so an old approval says nothing of it. Where a product writes
//! a value in a way that is not known here, the fingerprint comes out as a wrong one, and the entry counts as not
//! approved.

use crate::model::AutorunEntry;
use crate::read::json::{Kind, NodeId, Tree};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Seconds that Codex gives a hook that names none, and the same for those at the end of a session.
const TIMEOUT: u64 = 600;
const TIMEOUT_AT_END: (u64, u64) = (1, 3);
/// Hex digits of Cursor's fingerprint.
const CURSOR: usize = 16;
/// Containers inside each other.
const DEPTH: usize = 32;

/// The key under which Codex keeps what it knows of a hook that stands in `path`, and the hook's fingerprint: SHA-256
/// of what it does, as JSON in the order of keys.
pub(super) fn codex_hook(entry: &AutorunEntry, path: &str, tree: &Tree<'_>) -> Option<(String, String)> {
    let [hooks, event, group, list, handler, ..] = entry.pointer.as_slice() else { return None };
    let index = |text: &str| text.parse::<usize>().ok();
    let (group, handler) = (index(group)?, index(handler)?);
    let groups = tree.get(tree.get(tree.root()?, hooks.as_bytes())?, event.as_bytes())?;
    let of = tree.children(groups).nth(group)?;
    let hook = tree.children(tree.get(of, list.as_bytes())?).nth(handler)?;
    let matcher = tree.get(of, b"matcher").and_then(|matcher| tree.text(matcher));
    let event = snake_case(event);
    let mut parts = Vec::new();
    if let Some(limit) = tree.get(hook, b"additionalContextLimit") {
        parts.push(format!("\"additionalContextLimit\":{}", std::str::from_utf8(tree.raw(limit)).ok()?));
    }
    let is_async = tree.get(hook, b"async").is_some_and(|value| tree.kind(value) == Kind::True);
    parts.push(format!("\"async\":{is_async}"));
    parts.push(format!("\"command\":{}", string(tree.text(tree.get(hook, b"command")?)?.bytes())?));
    if let Some(status) = tree.get(hook, b"statusMessage").and_then(|status| tree.text(status)) {
        parts.push(format!("\"statusMessage\":{}", string(status.bytes())?));
    }
    let timeout = tree.get(hook, b"timeout").and_then(|value| std::str::from_utf8(tree.raw(value)).ok()?.parse().ok());
    let timeout = match event.as_str() {
        "session_end" | "interrupt" => timeout.unwrap_or(TIMEOUT_AT_END.0).clamp(TIMEOUT_AT_END.0, TIMEOUT_AT_END.1),
        _ => timeout.unwrap_or(TIMEOUT).max(1),
    };
    parts.push(format!("\"timeout\":{timeout},\"type\":\"command\""));
    let mut whole = format!("{{\"event_name\":\"{event}\",\"hooks\":[{{{}}}]", parts.join(","));
    // These events have nothing that could be matched.
    if let Some(matcher) = matcher.filter(|_| !matches!(event.as_str(), "user_prompt_submit" | "stop")) {
        let _ = write!(whole, ",\"matcher\":{}", string(matcher.bytes())?);
    }
    whole.push('}');
    Some((format!("{path}:{event}:{group}:{handler}"), format!("sha256:{}", hex(whole.as_bytes()))))
}

/// Cursor's name for a server of the project at `folder`: the server's own, and the beginning of the SHA-256 of folder
/// and definition.
pub(super) fn cursor_server(entry: &AutorunEntry, folder: &str, tree: &Tree<'_>) -> Option<String> {
    let node = tree.nodes().find(|&node| tree.span(node) == entry.span && tree.kind(node) == Kind::Object)?;
    let name = tree.key(node)?;
    let mut server = String::new();
    written(tree, node, &mut server, 0)?;
    let digest = hex(format!("{{\"path\":{},\"server\":{server}}}", string(folder.as_bytes())?).as_bytes());
    Some(format!("{}-{}", std::str::from_utf8(name.bytes()).ok()?, digest.get(..CURSOR)?))
}

/// A value as JavaScript writes it: no blanks, keys as they stand.
fn written(tree: &Tree<'_>, node: NodeId, out: &mut String, depth: usize) -> Option<()> {
    let (open, close) = match tree.kind(node) {
        Kind::Object => ('{', '}'),
        Kind::Array => ('[', ']'),
        Kind::String => {
            out.push_str(&string(tree.text(node)?.bytes())?);
            return Some(());
        }
        _ => {
            out.push_str(std::str::from_utf8(tree.raw(node)).ok()?);
            return Some(());
        }
    };
    if depth > DEPTH {
        return None;
    }
    out.push(open);
    for (number, child) in tree.children(node).enumerate() {
        if number > 0 {
            out.push(',');
        }
        if let Some(key) = tree.key(child) {
            out.push_str(&string(key.bytes())?);
            out.push(':');
        }
        written(tree, child, out, depth + 1)?;
    }
    out.push(close);
    Some(())
}

fn string(text: &[u8]) -> Option<String> {
    serde_json::to_string(std::str::from_utf8(text).ok()?).ok()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// `SessionStart` as `session_start`.
fn snake_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for (at, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}
