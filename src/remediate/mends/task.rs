//! A task of an editor starts when it is asked for, no longer when its folder is opened.

use super::judged::{Found, Judged};
use crate::read::json::NodeId;
use crate::remediate::edit::Splice;

/// The edit: `runOn` is what it is for every other task.
pub(super) fn splices(judged: &Judged<'_, '_>, found: &Found) -> Option<Vec<Splice>> {
    let (tree, node) = (judged.tree()?, judged.node(found)?);
    // The command stands somewhere in the task, an item of the list.
    let is_task = |node: &NodeId| {
        tree.parent(*node).is_some_and(|list| tree.key(list).is_some_and(|key| key.bytes() == b"tasks"))
    };
    let task = std::iter::successors(Some(node), |&below| tree.parent(below)).find(is_task)?;
    let options = tree.get(task, b"runOptions")?;
    let run_on = tree.get(options, b"runOn")?;
    let opens = tree.text(run_on).is_some_and(|text| text.bytes() == b"folderOpen");
    opens.then(|| vec![Splice::new(tree.span(run_on), "default")])
}
