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
        // A comment may stand before the comma, too, on this line or the next.
        let bare = blank(&source[member.end..after]);
        let alone = bare && blank(&source[line_start..member.start]) && blank(&source[end..line_end]);
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

/// Puts entries at the beginning of an object or a list: whole lines come, and whoever adds at the end later
/// does not touch them. `None` where nothing but a comment is in it.
pub(in crate::remediate) fn begin(
    source: &[u8],
    tree: &Tree<'_>,
    container: NodeId,
    entries: &dyn Fn(&Indent) -> Vec<String>,
) -> Option<Vec<Splice>> {
    let span = tree.span(container);
    let open = span.start + 1;
    let eol = if memchr::memmem::find(source, b"\r\n").is_some() { "\r\n" } else { "\n" };
    let outer = String::from_utf8_lossy(leading(source, span.start)).into_owned();
    let Some(first) = tree.children(container).next() else {
        let close = span.end.checked_sub(1).filter(|close| *close >= open)?;
        let unit = if outer.contains('\t') { "\t" } else { "  " };
        let indent = Indent { eol, lead: format!("{outer}{unit}"), unit: unit.to_owned(), lines: true };
        let text = entries(&indent).join(&format!(",{eol}{}", indent.lead));
        let all = format!("{eol}{}{text}{eol}{outer}", indent.lead);
        return blank(&source[open..close]).then(|| vec![Splice::new(open..close, all)]);
    };
    let start = match tree.key_span(first) {
        Some(key) => key.start - usize::from(key.start > open && matches!(source[key.start - 1], b'"' | b'\'')),
        None => quoted(tree, first).start,
    };
    let lead = String::from_utf8_lossy(leading(source, start)).into_owned();
    let line_start = memchr::memrchr(b'\n', &source[..start]).map_or(0, |i| i + 1);
    let lines = line_start > open && blank(&source[line_start..start]);
    let unit = lead.strip_prefix(&outer).filter(|unit| !unit.is_empty()).unwrap_or("  ").to_owned();
    let indent = Indent { eol, lead, unit, lines };
    let between = if lines { format!(",{eol}{}", indent.lead) } else { ", ".to_owned() };
    let text: String = entries(&indent).iter().flat_map(|entry| [entry.as_str(), &between]).collect();
    Some(vec![Splice::new(start..start, text)])
}

/// How entries are laid out that are put into a container.
pub(in crate::remediate) struct Indent {
    /// The file's line end.
    pub(in crate::remediate) eol: &'static str,
    /// What stands before an entry on its line.
    pub(in crate::remediate) lead: String,
    /// One step further in.
    pub(in crate::remediate) unit: String,
    /// Whether each entry has a line to itself.
    pub(in crate::remediate) lines: bool,
}

/// The blanks at the beginning of the line of `at`.
fn leading(source: &[u8], at: usize) -> &[u8] {
    let start = memchr::memrchr(b'\n', &source[..at]).map_or(0, |i| i + 1);
    let blanks = source[start..at].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    &source[start..start + blanks]
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
pub(in crate::remediate) fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
