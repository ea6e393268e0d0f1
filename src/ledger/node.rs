//! Small helpers over a JSON tree that the readers of this floor share.

use super::Mask;
use super::launch::shown;
use crate::model::Untrusted;
use crate::read::json::{Kind, NodeId, Tree};
use crate::rules::field_path::FieldPath;

/// Every entry of an object under `key`: duplicates are read too, since clients differ in which wins.
pub(super) fn each<'t>(tree: &'t Tree<'_>, node: NodeId, key: &'t [u8]) -> impl Iterator<Item = NodeId> + 't {
    tree.children(node).filter(move |&child| tree.key(child).is_some_and(|name| name.bytes() == key))
}

/// The strings below a node: itself, or the items of an array.
pub(super) fn strings<'a>(tree: &Tree<'a>, node: NodeId) -> Vec<crate::read::Text<'a>> {
    match tree.kind(node) {
        Kind::String => tree.text(node).into_iter().collect(),
        Kind::Array => tree.children(node).filter_map(|item| tree.text(item)).collect(),
        _ => Vec::new(),
    }
}

/// The nodes at a key path without `**`, empty for the root itself.
pub(super) fn select(tree: &Tree<'_>, root: NodeId, at: &str) -> Vec<NodeId> {
    let mut nodes = vec![root];
    if at.is_empty() {
        return nodes;
    }
    let path = FieldPath::new(at);
    for part in 0..path.parts().unwrap_or(0) {
        let fits = |node: &NodeId| {
            let key = tree.key(*node);
            path.part_matches(part, key.as_ref().map_or(&b"*"[..], |key| key.bytes()))
        };
        nodes = nodes.into_iter().flat_map(|node| tree.children(node)).filter(fits).collect();
    }
    nodes
}

/// Whether an object says so under `key`.
pub(super) fn is(tree: &Tree<'_>, node: NodeId, key: &[u8], kind: Kind) -> bool {
    tree.get(node, key).is_some_and(|value| tree.kind(value) == kind)
}

/// The keys down to a node, masked.
pub(super) fn pointer(tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> Vec<String> {
    tree.path(node).iter().map(|key| shown(key.bytes(), mask)).collect()
}

/// A node's key, masked; its index for an item.
pub(super) fn name(tree: &Tree<'_>, node: NodeId, mask: Mask<'_>) -> Untrusted {
    let path = tree.path(node);
    Untrusted::new(path.last().map(|key| shown(key.bytes(), mask)).unwrap_or_default())
}
