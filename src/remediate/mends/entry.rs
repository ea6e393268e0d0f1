//! The entry of a hook goes, with what would be empty without it. JSON and TOML only: elsewhere a person does it.

use super::judged::{Found, Judged};
use super::{json, tables};
use crate::read::Format;
use crate::read::json::{Kind, NodeId, Tree};
use crate::remediate::edit::Splice;

/// The edit, where the entry can be told apart from its surroundings.
pub(super) fn splices(judged: &Judged<'_, '_>, found: &Found) -> Option<Vec<Splice>> {
    let (tree, node) = (judged.tree()?, judged.node(found)?);
    let entry = widened(tree, whole(tree, node)?);
    match judged.surface.format {
        Format::Json => json::remove(judged.document.source, tree, entry),
        Format::Toml => tables::remove(judged, tree, entry),
        _ => None,
    }
}

/// The entry that a command belongs to: the item of a list it stands in, or itself where it is a setting.
fn whole(tree: &Tree<'_>, node: NodeId) -> Option<NodeId> {
    let is_item = |node: NodeId| tree.parent(node).is_some_and(|above| tree.kind(above) == Kind::Array);
    if is_item(node) || tree.kind(node) == Kind::Object {
        return Some(node);
    }
    let above = tree.parent(node)?;
    Some(if is_item(above) { above } else { node })
}

/// The outermost list or group that would hold nothing but an empty list. What stands at the top stays.
fn widened(tree: &Tree<'_>, entry: NodeId) -> NodeId {
    let mut gone = entry;
    while let Some(above) = tree.parent(gone) {
        let at_top = tree.parent(above).is_none_or(|root| tree.parent(root).is_none());
        let only = tree.children(above).count() == 1;
        // A group of Claude Code says for which tools its `hooks` are.
        let group = tree.kind(above) == Kind::Object && tree.key(gone).is_some_and(|key| key.bytes() == b"hooks");
        if at_top || !(only || group) || (gone == entry && tree.kind(above) == Kind::Object) {
            break;
        }
        gone = above;
    }
    gone
}
