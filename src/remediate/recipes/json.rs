//! Taking a member out of a JSON object, or an item out of a list, and putting a member in, so that the text around stays as it was:
//! indentation, comments, trailing commas.

use super::super::edit::Splice;
use crate::read::json::{Kind, NodeId, Tree};
use std::ops::Range;

/// The bytes of a value with its quotes.
pub(super) fn quoted(tree: &Tree<'_>, node: NodeId) -> Range<usize> {
    let span = tree.span(node);
    if tree.kind(node) == Kind::String { span.start - 1..span.end + 1 } else { span }
}

/// The bytes of a member: from its key's quote to its value's end. `None` for a key without quotes.
pub(super) fn member(source: &[u8], tree: &Tree<'_>, node: NodeId) -> Option<Range<usize>> {
    let key = tree.key_span(node)?;
    let start = key.start.checked_sub(1)?;
    (source.get(start) == Some(&b'"') && source.get(key.end) == Some(&b'"')).then(|| start..quoted(tree, node).end)
}

/// Takes a member or an item out, with one comma. Comments stay.
pub(in crate::remediate) fn remove(source: &[u8], tree: &Tree<'_>, node: NodeId) -> Option<Vec<Splice>> {
    let is_item = tree.key_span(node).is_none();
    let member = if is_item { quoted(tree, node) } else { member(source, tree, node)? };
    let after = skip(source, member.end)?;
    if source.get(after) == Some(&b',') {
        let end = after + 1;
        let line_start = memchr::memrchr(b'\n', &source[..member.start]).map_or(0, |i| i + 1);
        let line_end = memchr::memchr(b'\n', &source[end..]).map_or(source.len(), |i| end + i + 1);
        let alone = blank(&source[line_start..member.start]) && blank(&source[end..line_end]);
        if alone && line_start > 0 {
            return Some(vec![Splice::new(line_start..line_end, "")]);
        }
        let blanks = source[end..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let comma = Splice::new(after..end + blanks, "");
        // A comment may stand before the comma.
        return Some(if source[member.end..after].iter().all(u8::is_ascii_whitespace) {
            vec![Splice::new(member.start..end + blanks, "")]
        } else {
            vec![Splice::new(member, ""), comma]
        });
    }
    // The last one: the comma before it goes, or it was the only one.
    let object = tree.parent(node)?;
    let Some(above) = tree.children(object).take_while(|other| *other != node).last() else {
        let open = tree.span(object).start + 1;
        let close = if is_item { b']' } else { b'}' };
        let alone = blank(&source[open..member.start])
            && source.get(after) == Some(&close)
            && blank(&source[member.end..after]);
        return Some(vec![Splice::new(if alone { open..after } else { member }, "")]);
    };
    let comma = skip(source, quoted(tree, above).end).filter(|at| source.get(*at) == Some(&b','))?;
    if blank(&source[comma + 1..member.start]) {
        return Some(vec![Splice::new(comma..member.end, "")]);
    }
    // A comment stands between; the member's own line goes, where it has one.
    let line_start = memchr::memrchr(b'\n', &source[..member.start]).map_or(0, |i| i + 1);
    let line_end = memchr::memchr(b'\n', &source[member.end..]).map_or(source.len(), |i| member.end + i + 1);
    let alone = blank(&source[line_start..member.start]) && blank(&source[member.end..line_end]);
    let gone = if alone && line_start > comma { line_start..line_end } else { member };
    Some(vec![Splice::new(comma..comma + 1, ""), Splice::new(gone, "")])
}

/// Where the next thing that is neither white space nor a comment stands.
fn skip(source: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match source.get(at..)? {
            [b, ..] if b.is_ascii_whitespace() => at += 1,
            [b'/', b'/', rest @ ..] => at += 2 + memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            [b'/', b'*', rest @ ..] => at += 4 + memchr::memmem::find(rest, b"*/")?,
            _ => return Some(at),
        }
    }
}

fn blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// How the text around a member is laid out.
pub(super) struct Layout {
    /// What stands between two members.
    pub(super) between: String,
    /// A blank after `:` and `,` of a line, or nothing.
    pub(super) space: &'static str,
}

/// The layout at a member whose key starts at `start`.
pub(super) fn layout(source: &[u8], key: &Range<usize>) -> Layout {
    let start = key.start - 1;
    let colon = memchr::memchr(b':', &source[key.end..]).map_or(source.len(), |i| key.end + i);
    let space = if matches!(source.get(colon + 1), Some(b' ' | b'\t' | b'\n' | b'\r')) { " " } else { "" };
    let line_start = memchr::memrchr(b'\n', &source[..start]).map(|i| i + 1);
    let between = match line_start {
        Some(line) if blank(&source[line..start]) => {
            let eol = if source[..line].ends_with(b"\r\n") { "\r\n" } else { "\n" };
            format!("{eol}{}", String::from_utf8_lossy(&source[line..start]))
        }
        _ => space.to_owned(),
    };
    Layout { between, space }
}

/// A text as a JSON string.
pub(super) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
