//! A setting gets the value that its rule calls safe, or goes. The rest of the file stays byte for byte.

use super::judged::{Found, Judged};
use super::{json, yaml};
use crate::read::Format;
use crate::read::json::{Kind, NodeId, Tree};
use crate::remediate::edit::Splice;
use crate::remediate::recipes::whole_line;

/// The edit, if this file's way of writing allows it.
pub(super) fn splices(judged: &Judged<'_, '_>, found: &Found) -> Option<Vec<Splice>> {
    let setting = judged.detector.pack().settings().iter().find(|setting| setting.id == *found.rule)?;
    let (tree, node) = (judged.tree()?, judged.node(found)?);
    let (format, source) = (judged.surface.format, judged.document.source);
    match &*setting.mend {
        "" => None,
        "remove" if format == Format::Json => json::remove(source, tree, node),
        "remove" if format == Format::Yaml && tree.key(node).is_none() => yaml::remove(source, tree, node),
        "remove" => line(judged, tree, node),
        value => set(format, tree, node, value),
    }
}

/// Puts a value in the place of another, in its own quotes.
fn set(format: Format, tree: &Tree<'_>, node: NodeId, value: &str) -> Option<Vec<Splice>> {
    let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let with = match (text, tree.kind(node)) {
        (_, Kind::Object | Kind::Array) => return None,
        (Some(text), Kind::String) => text,
        (Some(_), _) if format == Format::Json => value,
        (Some(_), _) => return None,
        // Where a word in quotes means the same as without.
        (None, Kind::String) if !matches!(format, Format::Npmrc | Format::Ini | Format::Gitconfig) => return None,
        (None, _) => value,
    };
    Some(vec![Splice::new(tree.span(node), with)])
}

/// Takes out the line of a key that has a line to itself.
fn line(judged: &Judged<'_, '_>, tree: &Tree<'_>, node: NodeId) -> Option<Vec<Splice>> {
    let (source, span) = (judged.document.source, tree.span(node));
    let key = tree.key(node)?;
    let line = whole_line(source, span.start);
    let text = source.get(line.clone())?.trim_ascii_start();
    let begins = text.strip_prefix(b"\"").unwrap_or(text).starts_with(key.bytes());
    let alone = judged.document.fields.iter().filter(|field| line.contains(&field.span.start)).count() == 1;
    (begins && alone && span.end <= line.end).then(|| vec![Splice::new(line, "")])
}
