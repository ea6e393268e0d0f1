//! A text as the audits see it: what of a report still holds there, and what would hold after an edit.

use crate::audit::posture::Posture;
use crate::audit::{self, Around, AuditCx, Judgement};
use crate::detect::{Detector, Mask};
use crate::ledger::{hooks, mcp, runs};
use crate::model::{AutorunEntry, Untrusted};
use crate::read::json::{NodeId, Tree};
use crate::read::{self, Document, outline};
use crate::remediate::planner;
use crate::remediate::sighted::Sighted;
use crate::rules::place::Level;
use crate::rules::rule::Surface;
use std::ops::Range;

/// Levels at which a file may count; what a project's file may not do depends on it.
const LEVELS: [Level; 2] = [Level::User, Level::Project];

/// A document with what is wrong in it.
pub(super) struct Judged<'p, 'a> {
    pub(super) detector: &'p Detector<'p>,
    pub(super) surface: &'p Surface,
    posture: &'p Posture<'p>,
    pub(super) document: Document<'a>,
    mask: Mask,
}

/// Where something stands that a report tells of.
pub(super) struct Found {
    pub(super) rule: String,
    /// Its bytes.
    pub(super) span: Range<usize>,
    /// Its key path, masked.
    pub(super) pointer: Vec<String>,
}

impl<'p, 'a> Judged<'p, 'a> {
    pub(super) fn new(
        detector: &'p Detector<'p>,
        surface: &'p Surface,
        posture: &'p Posture<'p>,
        bytes: &'a [u8],
    ) -> Self {
        let mut document = read::parse(surface.format, bytes, detector.limits());
        let mask = planner::detect(detector, surface, &document).mask;
        if document.tree.is_none() {
            document.tree = Some(outline::tree(&document, detector.limits()));
        }
        Self { detector, surface, posture, document, mask }
    }

    /// The same eyes on another text.
    pub(super) fn again<'b>(&self, bytes: &'b [u8]) -> Judged<'p, 'b> {
        Judged::new(self.detector, self.surface, self.posture, bytes)
    }

    pub(super) fn tree(&self) -> Option<&Tree<'a>> {
        self.document.tree.as_ref()
    }

    fn masked(&self, text: &[u8]) -> Untrusted {
        self.mask.text(self.detector, text)
    }

    /// Everything that starts by itself here, as far as the file alone tells.
    pub(super) fn entries(&self, level: Level) -> (Vec<AutorunEntry>, Vec<AutorunEntry>) {
        let mask = |text: &[u8]| self.masked(text);
        let servers = mcp::entries(self.surface, level, &self.document, &mask);
        let claude = self.surface.product == hooks::PRODUCT;
        let mut found = if claude { hooks::entries(&self.document, level, &mask) } else { Vec::new() };
        found.extend(runs::entries(self.surface, level, &self.document, &mask));
        (servers, found)
    }

    fn judgements(&self, level: Level) -> Vec<Judgement> {
        let mask = |text: &[u8]| self.masked(text);
        let mut all = self.posture.check(&self.surface.id, level, &self.document, &mask);
        let (servers, hooks) = self.entries(level);
        let texts = self.detector.pack().audits();
        let surface = self.surface;
        let around = Around::default();
        let (doc, servers, hooks) = (&self.document, servers.as_slice(), hooks.as_slice());
        let cx = AuditCx { surface, level, doc, servers, hooks, texts, mask: &mask, around };
        all.extend(audit::run(&cx));
        all
    }

    /// Where what `sighted` tells of stands now.
    pub(super) fn find(&self, sighted: &Sighted) -> Option<Found> {
        let at = |pointer: &[String]| {
            let field = (!pointer.is_empty()).then(|| pointer.join("."));
            field == sighted.field
        };
        let found = |pointer: Vec<String>, span| Found { rule: sighted.rule.clone(), span, pointer };
        for level in LEVELS {
            let held = self.judgements(level).into_iter().find(|j| j.rule == sighted.rule && at(&j.pointer));
            if let Some(judgement) = held {
                return Some(found(judgement.pointer, judgement.span));
            }
        }
        // Other files, a switch in the home among them, may have made this reason the worst of an entry's.
        let (servers, hooks) = self.entries(Level::Project);
        let entry = servers.into_iter().chain(hooks).find(|entry| at(&entry.pointer))?;
        (sighted.rule == super::pin::RULE).then(|| found(entry.pointer, entry.span))
    }

    /// In how many places a rule holds.
    pub(super) fn count(&self, rule: &str) -> usize {
        LEVELS.iter().flat_map(|level| self.judgements(*level)).filter(|judgement| judgement.rule == rule).count()
    }

    /// The innermost value at a place.
    pub(super) fn node(&self, found: &Found) -> Option<NodeId> {
        let tree = self.tree()?;
        tree.nodes().filter(|node| tree.span(*node) == found.span).last()
    }
}
