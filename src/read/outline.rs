//! A tree over the fields of a document that is not JSON, so that whoever walks settings walks one kind of tree.
//!
//! Made from what a reader already found: keys are shared, values stay where they stand. A file of another
//! format has no tree unless somebody asks, for most files are never walked.

use super::json::{Kind, Tree};
use super::{Document, Field, Role, Text};
use crate::model::Limits;
use std::collections::HashMap;

/// A node while the tree is made.
struct Branch<'d> {
    key: &'d [u8],
    parent: usize,
    children: Vec<usize>,
    field: Option<usize>,
    start: usize,
    end: usize,
}

/// The document as a tree: objects for keys, arrays where all keys count from 0. Comments are left out.
#[must_use]
pub fn tree<'a>(document: &Document<'a>, limits: &Limits) -> Tree<'a> {
    let fields = &document.fields;
    let mut branches =
        vec![Branch { key: b"", parent: 0, children: Vec::new(), field: None, start: 0, end: document.source.len() }];
    let mut known: HashMap<(usize, &[u8]), usize> = HashMap::new();
    for (number, field) in fields.iter().enumerate().filter(|(_, field)| field.role != Role::Comment) {
        if branches.len() > limits.nodes || field.path.len() > limits.depth || field.path.is_empty() {
            continue;
        }
        let mut at = 0;
        for (depth, part) in field.path.iter().enumerate() {
            let last = depth + 1 == field.path.len();
            let key = part.bytes();
            // The same key again is another entry, as in JSON.
            let next = known.get(&(at, key)).copied().filter(|&next| !last && branches[next].field.is_none());
            at = next.unwrap_or_else(|| {
                let made = branches.len();
                let (start, end) = (field.span.start, field.span.end);
                branches.push(Branch { key, parent: at, children: Vec::new(), field: None, start, end });
                branches[at].children.push(made);
                known.insert((at, key), made);
                made
            });
            branches[at].start = branches[at].start.min(field.span.start);
            branches[at].end = branches[at].end.max(field.span.end);
        }
        branches[at].field = Some(number);
    }
    flattened(document, &branches)
}

/// The branches in the order of a tree's nodes: each before what is in it.
fn flattened<'a>(document: &Document<'a>, branches: &[Branch<'_>]) -> Tree<'a> {
    let mut tree = Tree::empty(document.source);
    let mut parents = vec![None; branches.len()];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        let branch = &branches[at];
        let field = branch.field.map(|number| &document.fields[number]);
        let kind = field.map_or_else(|| container(branches, branch), |field| scalar(document.source, field));
        let key = (at != 0).then(|| own(branch.key));
        let text = field.filter(|_| kind == Kind::String).map(|field| match &field.value {
            Text::Slice(bytes) => Text::Slice(bytes),
            Text::Decoded(bytes) => Text::Decoded(bytes.clone()),
        });
        let parent = (at != 0).then(|| parents[branch.parent]).flatten();
        parents[at] = Some(tree.add(parent, key, kind, branch.start..branch.end, text));
        open.extend(branch.children.iter().rev());
    }
    tree.close();
    tree
}

fn own<'a>(bytes: &[u8]) -> Text<'a> {
    Text::Decoded(zeroize::Zeroizing::new(bytes.to_vec()))
}

fn container(branches: &[Branch<'_>], branch: &Branch<'_>) -> Kind {
    let counts =
        branch.children.iter().enumerate().all(|(at, child)| branches[*child].key == at.to_string().as_bytes());
    if counts && !branch.children.is_empty() { Kind::Array } else { Kind::Object }
}

/// What a value is: text, unless it is a bare word that means something else.
fn scalar(source: &[u8], field: &Field<'_>) -> Kind {
    let quoted = field.span.start.checked_sub(1).is_some_and(|before| matches!(source[before], b'"' | b'\''));
    match field.value.bytes() {
        _ if quoted => Kind::String,
        b"true" | b"True" | b"TRUE" => Kind::True,
        b"false" | b"False" | b"FALSE" => Kind::False,
        b"null" | b"~" => Kind::Null,
        [b'0'..=b'9' | b'-' | b'+', rest @ ..] if rest.iter().all(|b| b.is_ascii_digit() || b"._e".contains(b)) => {
            Kind::Number
        }
        _ => Kind::String,
    }
}
