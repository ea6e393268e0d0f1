//! Single settings that lower a guard, judged from data in `rules/posture`.
//!
//! A setting is found by its key path in a JSON tree; dotted keys, as VS Code has them, are one key.
//! Anything that needs two fields or two documents is a coded audit.

use super::Judgement;
use crate::model::Limits;
use crate::model::{Confidence, Evidence, Untrusted};
use crate::read::Document;
use crate::read::json::{self, Kind, NodeId, Tree};
use crate::rules::field_path::FieldPath;
use crate::rules::place::Level;
use crate::rules::rule::{Operator, Setting};
use regex::bytes::Regex;

/// Judgements of one setting in one document.
const EACH: usize = 100;
/// Longest value that is shown.
const SHOWN: usize = 64;

/// Settings, compiled once.
pub struct Posture<'p> {
    settings: Vec<Prepared<'p>>,
}

struct Prepared<'p> {
    setting: &'p Setting,
    field: FieldPath,
    value: Comparison,
    /// For the key that the last star stands for.
    key: Option<Regex>,
}

enum Comparison {
    /// A JSON value: its kind, and its text.
    Json(Kind, Vec<u8>),
    /// A string.
    Text(Vec<u8>),
    /// A pattern for strings.
    Pattern(Regex),
    /// A number.
    Number(f64),
    /// Nothing to compare with.
    Nothing,
}

impl<'p> Posture<'p> {
    /// Compiles `settings`; one whose value or pattern does not compile never holds (a test over
    /// the pack proves that there is none).
    #[must_use]
    pub fn new(settings: &'p [Setting]) -> Self {
        Self { settings: settings.iter().filter_map(Prepared::new).collect() }
    }

    /// Whether there is a setting that is read in surface `surface`.
    #[must_use]
    pub fn asks(&self, surface: &str) -> bool {
        self.settings.iter().any(|prepared| prepared.setting.surfaces.iter().any(|id| id == surface))
    }

    /// What of the settings of surface `surface` holds in `doc`, in order of position.
    #[must_use]
    pub fn check(
        &self,
        surface: &str,
        level: Level,
        doc: &Document<'_>,
        mask: &dyn Fn(&[u8]) -> Untrusted,
    ) -> Vec<Judgement> {
        let Some(tree) = &doc.tree else { return Vec::new() };
        let Some(root) = tree.root() else { return Vec::new() };
        let mut found = Vec::new();
        for prepared in self.settings.iter().filter(|prepared| prepared.setting.surfaces.iter().any(|id| id == surface))
        {
            let nodes = prepared.select(tree, root).into_iter().flat_map(|node| prepared.holding(tree, node));
            found.extend(nodes.take(EACH).map(|node| prepared.judgement(tree, node, level, mask)));
        }
        found.sort_by_key(|judgement| judgement.span.start);
        found
    }
}

impl<'p> Prepared<'p> {
    fn new(setting: &'p Setting) -> Option<Self> {
        let value = match setting.operator {
            Operator::Is | Operator::IsNot => {
                let (tree, problem) = json::parse(setting.value.as_bytes(), &Limits::SHIPPED);
                let root = tree.root().filter(|_| problem.is_none())?;
                let text = tree.text(root).map_or_else(|| tree.raw(root).to_vec(), |text| text.bytes().to_vec());
                Comparison::Json(tree.kind(root), text)
            }
            Operator::Contains => Comparison::Text(setting.value.as_bytes().to_vec()),
            Operator::Matches => Comparison::Pattern(Regex::new(&setting.value).ok()?),
            Operator::Above | Operator::Below => Comparison::Number(setting.value.parse().ok()?),
            Operator::Present => Comparison::Nothing,
        };
        let key = if setting.key_matches.is_empty() { None } else { Some(Regex::new(&setting.key_matches).ok()?) };
        Some(Self { setting, field: FieldPath::new(&setting.field), value, key })
    }

    /// The nodes at the field. Goes down key by key, so it takes time in proportion to the document.
    fn select(&self, tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
        let Some(parts) = self.field.parts() else {
            return tree.nodes().filter(|&node| self.field.matches(&tree.path(node))).collect();
        };
        let mut nodes = vec![root];
        for part in 0..parts {
            let is_checked = self.key.as_ref().filter(|_| self.field.last_star() == Some(part));
            let fits = |node: &NodeId| {
                let name = tree.key(*node);
                let name = name.as_ref().map_or(&b"*"[..], |name| name.bytes());
                self.field.part_matches(part, name) && is_checked.is_none_or(|key| key.is_match(name))
            };
            nodes = nodes.into_iter().flat_map(|node| tree.children(node)).filter(fits).collect();
        }
        nodes
    }

    /// The node, or those of its items, for which the setting holds.
    fn holding(&self, tree: &Tree<'_>, node: NodeId) -> Vec<NodeId> {
        let equal = |kind: Kind, text: &[u8]| {
            tree.kind(node) == kind && tree.text(node).map_or(tree.raw(node) == text, |own| own.bytes() == text)
        };
        let strings = |holds: &dyn Fn(&[u8]) -> bool| {
            let candidates = if tree.kind(node) == Kind::Array { tree.children(node).collect() } else { vec![node] };
            candidates.into_iter().filter(|&item| tree.text(item).is_some_and(|text| holds(text.bytes()))).collect()
        };
        let holds = match (&self.value, self.setting.operator) {
            (Comparison::Text(wanted), _) => return strings(&|text| text == wanted.as_slice()),
            (Comparison::Pattern(pattern), _) => return strings(&|text| pattern.is_match(text)),
            (Comparison::Json(kind, text), Operator::IsNot) => !equal(*kind, text),
            (Comparison::Json(kind, text), _) => equal(*kind, text),
            (Comparison::Number(limit), operator) => {
                let text = tree.text(node);
                let number = std::str::from_utf8(text.as_ref().map_or(tree.raw(node), |text| text.bytes())).ok();
                let number: Option<f64> = number.and_then(|number| number.trim().parse().ok());
                // Nothing at all is no number that is too small: it switches off what the setting is about.
                let is_below = |n: f64| n > 0.0 && n < *limit;
                number.is_some_and(|n| if operator == Operator::Above { n > *limit } else { is_below(n) })
            }
            (Comparison::Nothing, _) => true,
        };
        if holds { vec![node] } else { Vec::new() }
    }

    fn judgement(&self, tree: &Tree<'_>, node: NodeId, level: Level, mask: &dyn Fn(&[u8]) -> Untrusted) -> Judgement {
        let setting = self.setting;
        let of_project = level == Level::Project;
        let span = tree.span(node);
        let value = matches!(tree.kind(node), Kind::Object | Kind::Array).then_some(()).map_or_else(
            || {
                let text = tree.text(node);
                let bytes = text.as_ref().map_or(tree.raw(node), |text| text.bytes());
                Some(mask(bytes)).filter(|shown| shown.as_found().len() <= SHOWN)
            },
            |()| None,
        );
        Judgement {
            rule: setting.id.to_string(),
            category: setting.category,
            severity: setting.project_severity.filter(|_| of_project).unwrap_or(setting.severity),
            confidence: Confidence::High,
            title: setting.title.to_string(),
            pointer: tree.path(node).iter().map(|key| mask(key.bytes()).as_found().to_owned()).collect(),
            span,
            evidence: Evidence {
                value,
                why: of_project.then(|| "set by the project, not by you".to_owned()).into_iter().collect(),
                ..Evidence::default()
            },
            advice: setting.advice.to_string(),
            mendable: true,
        }
    }
}
