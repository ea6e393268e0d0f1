//! A workflow's jobs and steps as texts, read from the tree of its fields.
//!
//! Every text has passed the caller's mask, so nothing here holds a secret. Bounded: what comes after the first
//! thousand steps, or of a step after its first hundred inputs, is not looked at.

use super::triggers::{self, Triggers};
use crate::audit::AuditCx;
use crate::read::json::{Kind, NodeId, Tree};
use std::ops::Range;

/// Jobs, steps of a job, and entries of a map that are read.
const JOBS: usize = 200;
const STEPS: usize = 200;
const PAIRS: usize = 100;

/// Names and values, in the order of the file.
pub(super) type Pairs = Vec<(String, String)>;

/// One workflow.
pub(super) struct Workflow {
    pub(super) triggers: Triggers,
    pub(super) env: Pairs,
    pub(super) permissions: Option<Pairs>,
    pub(super) jobs: Vec<Job>,
}

/// One job.
#[derive(Default)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) condition: String,
    pub(super) needs: Vec<String>,
    pub(super) env: Pairs,
    pub(super) permissions: Option<Pairs>,
    pub(super) outputs: Pairs,
    pub(super) steps: Vec<Step>,
}

/// One step.
#[derive(Default)]
pub(super) struct Step {
    pub(super) id: String,
    pub(super) condition: String,
    pub(super) uses: String,
    /// The script, lines joined that go on, without its comments.
    pub(super) run: String,
    pub(super) with: Pairs,
    pub(super) env: Pairs,
    /// Bytes of the action or script.
    pub(super) span: Range<usize>,
}

impl Workflow {
    /// Reads a workflow; `None` for what is no workflow of GitHub's.
    pub(super) fn read(cx: &AuditCx<'_>) -> Option<Self> {
        let tree = cx.doc.tree.as_ref()?;
        let reader = Reader { cx, tree };
        let root = tree.root()?;
        let triggers = triggers::read(&String::from_utf8_lossy(cx.doc.source))?;
        let jobs = tree.get(root, b"jobs")?;
        let jobs = tree.children(jobs).take(JOBS).map(|job| reader.job(job)).collect();
        Some(Self { triggers, env: reader.pairs(root, b"env"), permissions: reader.permissions(root), jobs })
    }
}

impl Job {
    /// Permissions of its token, as far as the file says.
    pub(super) fn permissions<'w>(&'w self, workflow: &'w Workflow) -> Option<&'w Pairs> {
        self.permissions.as_ref().or(workflow.permissions.as_ref())
    }
}

impl Step {
    /// The value of an input.
    pub(super) fn input(&self, name: &str) -> Option<&str> {
        self.with.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

struct Reader<'r, 'd> {
    cx: &'r AuditCx<'d>,
    tree: &'r Tree<'d>,
}

impl Reader<'_, '_> {
    fn job(&self, node: NodeId) -> Job {
        let needs = self.tree.get(node, b"needs");
        let needs = needs.map_or_else(Vec::new, |needs| match self.tree.kind(needs) {
            Kind::Array => self.tree.children(needs).take(PAIRS).map(|item| self.value(item)).collect(),
            _ => vec![self.value(needs)],
        });
        let steps = self.tree.get(node, b"steps");
        let steps = steps.into_iter().flat_map(|steps| self.tree.children(steps).take(STEPS));
        Job {
            name: self.key(node),
            condition: self.text(node, b"if"),
            needs,
            env: self.pairs(node, b"env"),
            permissions: self.permissions(node),
            outputs: self.pairs(node, b"outputs"),
            steps: steps.map(|step| self.step(step)).collect(),
        }
    }

    fn step(&self, node: NodeId) -> Step {
        let at = [b"uses".as_slice(), b"run"].into_iter().find_map(|key| self.tree.get(node, key)).unwrap_or(node);
        Step {
            id: self.text(node, b"id"),
            condition: self.text(node, b"if"),
            uses: self.text(node, b"uses"),
            run: script(&self.text(node, b"run")),
            with: self.pairs(node, b"with"),
            env: self.pairs(node, b"env"),
            span: self.tree.span(at),
        }
    }

    /// A word such as `write-all` stands for every permission, under an empty name.
    fn permissions(&self, node: NodeId) -> Option<Pairs> {
        let permissions = self.tree.get(node, b"permissions")?;
        match self.tree.kind(permissions) {
            Kind::Object => Some(self.pairs(node, b"permissions")),
            _ => Some(vec![(String::new(), self.value(permissions))]),
        }
    }

    fn pairs(&self, node: NodeId, key: &[u8]) -> Pairs {
        let Some(map) = self.tree.get(node, key) else { return Vec::new() };
        let scalars = self.tree.children(map).filter(|&entry| !self.is_container(entry));
        scalars.take(PAIRS).map(|entry| (self.key(entry), self.value(entry))).collect()
    }

    fn text(&self, node: NodeId, key: &[u8]) -> String {
        let node = self.tree.get(node, key).filter(|&value| !self.is_container(value));
        node.map_or_else(String::new, |value| self.value(value))
    }

    fn is_container(&self, node: NodeId) -> bool {
        matches!(self.tree.kind(node), Kind::Object | Kind::Array)
    }

    fn key(&self, node: NodeId) -> String {
        self.tree.key(node).map_or_else(String::new, |key| (self.cx.mask)(key.bytes()).as_found().to_owned())
    }

    fn value(&self, node: NodeId) -> String {
        let text = self.tree.text(node);
        let bytes = text.as_ref().map_or_else(|| self.tree.raw(node), |text| text.bytes());
        (self.cx.mask)(bytes).as_found().to_owned()
    }
}

/// A script without comments, its continued lines joined.
fn script(text: &str) -> String {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}
