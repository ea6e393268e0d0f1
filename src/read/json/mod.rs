//! JSON as people and programs really write it: with comments, trailing commas and a byte order
//! mark, cut short, hand-edited, JSON5's bare keys and single quotes. Its own reader because every
//! value needs its bytes in the source, a broken document must give what it can, and no input may
//! cost more than time and memory linear in its size. Editing and writing JSON does not belong here,
//! nor does any knowledge of what a key means.

mod escape;
mod parser;
mod tree;

pub use escape::source_offset;
pub use tree::{Kind, NodeId, Tree};

use super::fields::{PATHS_PER_DOCUMENT, size};
use super::{Document, Field, Problem, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// Parses one document. Never fails: a broken document gives the values that are complete, and
/// the first thing that was wrong. Blank sources have no root and nothing wrong.
///
/// Taken without complaint: comments, trailing commas, a byte order mark, JSON5's bare keys, single
/// quotes and numbers. Containers deeper than `limits.depth` are nodes without children. Text
/// around the document is a problem but no obstacle, and further documents in it are read too.
#[must_use]
pub fn parse<'a>(source: &'a [u8], limits: &Limits) -> (Tree<'a>, Option<Problem>) {
    let (nodes, problem) = parser::parse(source, after_mark(source)..source.len(), limits.depth, limits.nodes);
    (Tree::new(source, nodes), problem)
}

/// Parses one document and lists its strings and numbers as fields, in order of position.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let (tree, problem) = parse(source, limits);
    let mut leaves = Leaves::new(limits, problem);
    leaves.add(&tree, None);
    Document { source, fields: leaves.fields, tree: Some(tree), problem: leaves.problem }
}

/// Parses a document a line; the line's number, from 1, is the first key of its fields.
///
/// A broken line does not spoil the others. Blank lines count but hold nothing. There is no tree;
/// the bound on values is that of all lines together.
#[must_use]
pub fn lines<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut leaves = Leaves::new(limits, None);
    let mut nodes_left = limits.nodes;
    for (number, line) in (1..).zip(line_spans(source)) {
        if source[line.clone()].trim_ascii().is_empty() {
            continue;
        }
        if nodes_left == 0 {
            leaves.note(Problem { what: "more values than the limit", offset: line.start, bound: true });
            break;
        }
        let (nodes, problem) = parser::parse(source, line, limits.depth, nodes_left);
        nodes_left -= nodes.len();
        if let Some(problem) = problem {
            leaves.note(problem);
        }
        leaves.add(&Tree::new(source, nodes), Some(number));
    }
    Document { source, fields: leaves.fields, tree: None, problem: leaves.problem }
}

/// Whether a text is worth parsing as JSON: an empty container, or an opening bracket and a quote.
/// For JSON inside JSON strings; says nothing about whether it is well formed.
#[must_use]
pub fn looks_like_json(text: &[u8]) -> bool {
    match text.trim_ascii() {
        [b'{', inner @ .., b'}'] | [b'[', inner @ .., b']'] if inner.trim_ascii().is_empty() => true,
        [b'{' | b'[', inner @ ..] => memchr::memchr(b'"', inner).is_some(),
        _ => false,
    }
}

/// Where the text starts behind a UTF-8 byte order mark.
fn after_mark(source: &[u8]) -> usize {
    if source.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The lines of a text, without their line ends.
fn line_spans(source: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = after_mark(source);
    memchr::memchr_iter(b'\n', source).chain([source.len()]).map(move |end| {
        let line = start..end;
        start = end + 1;
        line
    })
}

/// Collects leaves as fields.
struct Leaves<'a> {
    fields: Vec<Field<'a>>,
    problem: Option<Problem>,
    path_bytes_left: usize,
}

impl<'a> Leaves<'a> {
    fn new(limits: &Limits, problem: Option<Problem>) -> Self {
        let path_bytes_left = limits.document_bytes.saturating_mul(PATHS_PER_DOCUMENT);
        Self { fields: Vec::new(), problem, path_bytes_left }
    }

    /// Keeps the first problem.
    fn note(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    fn add(&mut self, tree: &Tree<'a>, line: Option<usize>) {
        for node in tree.nodes() {
            let value = match tree.kind(node) {
                Kind::String => tree.text(node),
                Kind::Number => Some(Text::Slice(tree.raw(node))),
                Kind::Object | Kind::Array | Kind::True | Kind::False | Kind::Null => None,
            };
            if let Some(value) = value {
                let path = self.path(tree, node, line);
                self.fields.push(Field { path, span: tree.span(node), value, role: Role::Entry });
            }
        }
    }

    /// The whole path while there is room for it, the innermost key after that.
    fn path(&mut self, tree: &Tree<'a>, node: NodeId, line: Option<usize>) -> Vec<Text<'a>> {
        if self.path_bytes_left == 0 {
            let offset = tree.span(node).start;
            self.note(Problem { what: "longer paths than the limit", offset, bound: true });
            return tree.name(node).into_iter().collect();
        }
        let path = tree.path_below(node, line.map(tree::decimal));
        self.path_bytes_left = self.path_bytes_left.saturating_sub(path.iter().map(size).sum());
        path
    }
}
