//! An item goes out of a list in YAML: its line, or its part of a list in brackets. A list that would be empty goes
//! with its key, for a key without a value is no list any more. What has another shape is left to a person.

use crate::read::json::{Kind, NodeId, Tree};
use crate::remediate::edit::Splice;
use crate::remediate::recipes::{line_above, whole_line};
use std::ops::Range;

/// The edit, if this way of writing allows it.
pub(super) fn remove(source: &[u8], tree: &Tree<'_>, node: NodeId) -> Option<Vec<Splice>> {
    let list = tree.parent(node).filter(|list| tree.kind(*list) == Kind::Array)?;
    let item = quoted(source, tree.span(node));
    let line = whole_line(source, item.start);
    if item.end > line.end {
        return None;
    }
    let before = source.get(line.start..item.start)?.trim_ascii();
    let gone = if before == b"-" {
        if !is_end(source.get(item.end..line.end)?) {
            return None;
        }
        if tree.children(list).count() > 1 { line } else { with_key(source, tree, list, line)? }
    } else {
        in_brackets(source, &line, item)?
    };
    Some(vec![Splice::new(gone, "")])
}

/// The bytes of a value with its quotes.
fn quoted(source: &[u8], span: Range<usize>) -> Range<usize> {
    let mark = span.start.checked_sub(1).and_then(|before| source.get(before));
    let is_quoted = matches!(mark, Some(b'"' | b'\'')) && source.get(span.end) == mark;
    if is_quoted { span.start - 1..span.end + 1 } else { span }
}

/// Whether nothing follows on a line but a comment.
fn is_end(rest: &[u8]) -> bool {
    let trimmed = rest.trim_ascii_start();
    trimmed.is_empty() || (trimmed.len() < rest.len() && trimmed.starts_with(b"#"))
}

/// The line of the key right above its only item, and the item's.
fn with_key(source: &[u8], tree: &Tree<'_>, list: NodeId, line: Range<usize>) -> Option<Range<usize>> {
    let above = line_above(source, line.start)?;
    let key = tree.key(list)?;
    let text = source.get(above.clone())?;
    let rest = text.strip_prefix(key.bytes())?.strip_prefix(b":")?;
    // At the top, with something beside it: elsewhere another key would be left without a value.
    let top = tree.parent(list).filter(|top| tree.parent(*top).is_none())?;
    (is_end(rest) && tree.children(top).count() > 1).then_some(above.start..line.end)
}

/// An item between brackets, with one comma.
fn in_brackets(source: &[u8], line: &Range<usize>, item: Range<usize>) -> Option<Range<usize>> {
    let before = source.get(line.start..item.start)?.trim_ascii_end();
    let after = source.get(item.end..line.end)?;
    let blanks = after.len() - after.trim_ascii_start().len();
    match (before.last()?, after.get(blanks)?) {
        (b'[' | b',', b',') => {
            let end = item.end + blanks + 1;
            let gap = source[end..line.end].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            Some(item.start..end + gap)
        }
        (b',', b']') => Some(line.start + before.len() - 1..item.end),
        (b'[', b']') => Some(item),
        _ => None,
    }
}
