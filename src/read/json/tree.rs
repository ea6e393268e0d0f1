//! The tree of a JSON document: nodes in one array, in order of position, holding byte spans only.
//!
//! No text is copied until it is asked for, and no walk here recurses: a parent is an index, and a
//! subtree is the run of nodes up to `next`.

use super::super::Text;
use super::escape;
use std::ops::Range;
use zeroize::Zeroizing;

/// "No parent".
pub(super) const NONE: u32 = u32::MAX;

/// A value in a [`Tree`]; has a meaning only for the tree it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// What sort of value a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`, or `'…'` as JSON5 has it.
    String,
    /// A number; JSON5's `+1`, `.5`, `0x1f`, `NaN` and `Infinity` too.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// What a value is called in its container.
#[derive(Clone, Copy)]
pub(super) enum Name {
    /// The root.
    None,
    /// A key of an object; the span is without quotes.
    Key { start: u32, end: u32, escaped: bool },
    /// The place in an array, from 0.
    Index(u32),
    /// A key that was handed in, by its place among the texts.
    Made(u32),
}

/// One value. Positions are 32 bits: the parser stops before 4 GiB.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Whether a string has escapes.
    pub(super) escaped: bool,
    /// Where a string's text is that was handed in; [`NONE`]: in the source.
    pub(super) made: u32,
    pub(super) name: Name,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) parent: u32,
    /// The first node after this one and everything in it.
    pub(super) next: u32,
}

/// A parsed JSON document, or as much of one as could be read.
pub struct Tree<'a> {
    source: &'a [u8],
    nodes: Vec<Node>,
    root: Option<NodeId>,
    /// Keys and values of a tree that was not read from JSON.
    made: Vec<Text<'a>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(source: &'a [u8], nodes: Vec<Node>) -> Self {
        // A scalar comes first only if it is all there is, or some text before the document.
        let scalar = nodes.first().is_some_and(|first| !matches!(first.kind, Kind::Object | Kind::Array));
        let root = u32::from(scalar && nodes.len() > 1);
        let root = (!nodes.is_empty()).then_some(NodeId(root));
        Self { source, nodes, root, made: Vec::new() }
    }

    /// A tree without a node, to which [`Tree::add`] adds: for documents of other formats.
    pub(in crate::read) fn empty(source: &'a [u8]) -> Self {
        Self { source, nodes: Vec::new(), root: None, made: Vec::new() }
    }

    /// Adds a value, after its parent and after everything in the siblings before it.
    pub(in crate::read) fn add(
        &mut self,
        parent: Option<NodeId>,
        key: Option<Text<'a>>,
        kind: Kind,
        span: Range<usize>,
        text: Option<Text<'a>>,
    ) -> NodeId {
        let at = self.nodes.len() as u32;
        let mut keep = |text: Option<Text<'a>>| {
            text.map_or(NONE, |text| {
                self.made.push(text);
                self.made.len() as u32 - 1
            })
        };
        let is_item = parent.is_some_and(|parent| self.nodes[parent.0 as usize].kind == Kind::Array);
        let name = match key {
            // Items stand in their order, and none is missing.
            Some(key) if is_item => Name::Index(key.bytes().iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'))),
            Some(key) => Name::Made(keep(Some(key))),
            None => Name::None,
        };
        let made = keep(text);
        let parent = parent.map_or(NONE, |parent| parent.0);
        let (start, end) = (span.start as u32, span.end as u32);
        self.nodes.push(Node { kind, escaped: false, made, name, start, end, parent, next: at + 1 });
        self.root.get_or_insert(NodeId(at));
        NodeId(at)
    }

    /// Ends [`Tree::add`]: each node learns where what is in it ends.
    pub(in crate::read) fn close(&mut self) {
        for at in (0..self.nodes.len()).rev() {
            let (parent, next) = (self.nodes[at].parent, self.nodes[at].next);
            if let Some(parent) = self.nodes.get_mut(parent as usize) {
                parent.next = parent.next.max(next);
            }
        }
    }

    /// The outermost value: the first container that is in no other, or the scalar that is alone in
    /// the source. `None` when the source holds no value.
    pub fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many values there are, containers included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Every value, in order of position: a container comes before what is in it. Documents that
    /// follow the first one in the same source are here too, without a parent.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// What sort of value it is.
    pub fn kind(&self, node: NodeId) -> Kind {
        self.node(node).kind
    }

    /// Its bytes in the source: a string without its quotes, everything else whole. A container
    /// that is never closed reaches to where its own container is closed, or to the end.
    pub fn span(&self, node: NodeId) -> Range<usize> {
        let node = self.node(node);
        node.start as usize..node.end as usize
    }

    /// Its bytes as written; a string's without the quotes, escapes unresolved.
    pub fn raw(&self, node: NodeId) -> &'a [u8] {
        &self.source[self.span(node)]
    }

    /// A string's text, escapes resolved; `None` for other kinds.
    pub fn text(&self, node: NodeId) -> Option<Text<'a>> {
        let Node { kind: Kind::String, escaped, made, .. } = *self.node(node) else { return None };
        self.made(made).or_else(|| Some(text(self.raw(node), escaped)))
    }

    /// Its key, decoded, when its parent is an object. Empty for a value that stands in a broken
    /// object without a key.
    pub fn key(&self, node: NodeId) -> Option<Text<'a>> {
        match self.node(node).name {
            Name::Key { start, end, escaped } => Some(text(&self.source[start as usize..end as usize], escaped)),
            Name::Made(at) => self.made(at),
            Name::None | Name::Index(_) => None,
        }
    }

    /// The bytes of its key, without quotes, when its parent is an object.
    pub fn key_span(&self, node: NodeId) -> Option<Range<usize>> {
        match self.node(node).name {
            Name::Key { start, end, .. } => Some(start as usize..end as usize),
            Name::None | Name::Index(_) | Name::Made(_) => None,
        }
    }

    /// The entry of an object under `key` (decoded). Of duplicates the last wins, as in most
    /// parsers; [`Tree::children`] has them all. `None` for other kinds. Looks at every entry.
    pub fn get(&self, node: NodeId, key: &[u8]) -> Option<NodeId> {
        self.children(node).filter(|&child| self.is_called(child, key)).last()
    }

    /// The entries of an object, duplicates too, or the items of an array; nothing for other kinds.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.node(node).next;
        let first = node.0 + 1;
        std::iter::successors((first < end).then_some(NodeId(first)), move |&child| {
            let next = self.node(child).next;
            (next < end).then_some(NodeId(next))
        })
    }

    /// The container it stands in; `None` for the root.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        let parent = self.node(node).parent;
        (parent != NONE).then_some(NodeId(parent))
    }

    /// The keys from the root down to it, array items by their decimal index. Empty for the root.
    pub fn path(&self, node: NodeId) -> Vec<Text<'a>> {
        self.path_below(node, None)
    }

    /// [`Tree::path`] with one more key in front.
    pub(super) fn path_below(&self, node: NodeId, first: Option<Text<'a>>) -> Vec<Text<'a>> {
        let depth = std::iter::successors(self.parent(node), |&above| self.parent(above)).count();
        let mut path = Vec::with_capacity(depth + usize::from(first.is_some()));
        path.extend(std::iter::successors(Some(node), |&below| self.parent(below)).filter_map(|n| self.name(n)));
        path.extend(first);
        path.reverse();
        path
    }

    /// Its key or its index; `None` for the root.
    pub(super) fn name(&self, node: NodeId) -> Option<Text<'a>> {
        match self.node(node).name {
            Name::None => None,
            Name::Key { .. } | Name::Made(_) => self.key(node),
            Name::Index(index) => Some(decimal(index as usize)),
        }
    }

    fn is_called(&self, node: NodeId, wanted: &[u8]) -> bool {
        match self.node(node).name {
            Name::Key { start, end, escaped } => {
                let raw = &self.source[start as usize..end as usize];
                if escaped { escape::stands_for(raw, wanted) } else { raw == wanted }
            }
            Name::Made(at) => self.made.get(at as usize).is_some_and(|key| key.bytes() == wanted),
            Name::None | Name::Index(_) => false,
        }
    }

    /// A text that was handed in.
    fn made(&self, at: u32) -> Option<Text<'a>> {
        Some(match self.made.get(at as usize)? {
            Text::Slice(bytes) => Text::Slice(bytes),
            Text::Decoded(bytes) => Text::Decoded(bytes.clone()),
        })
    }

    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }
}

/// A number as a key.
pub(super) fn decimal<'a>(number: usize) -> Text<'a> {
    Text::Decoded(Zeroizing::new(number.to_string().into_bytes()))
}

fn text(raw: &[u8], escaped: bool) -> Text<'_> {
    if escaped { Text::Decoded(escape::decode(raw)) } else { Text::Slice(raw) }
}
