//! Floor 3: documents to findings. A [`crate::model::Secret`] ends here.
//!
//! Knows documents and rules, not files: what a place is called and who can read it is `scan`'s
//! business. Everything that leaves carries a stand-in, fingerprints and masked texts only.

pub mod check;
pub mod gates;
pub mod matcher;
pub mod names;
pub mod statistics;

mod arguments;
mod beside;
mod coded;
mod escaped;
mod fields;
mod joined;
mod labels;
mod mask;
mod merge;
mod places;
mod roles;
mod sighting;
mod tokens;
mod urls;

pub use mask::Mask;

use crate::model::{Category, Confidence, Container, KeyRing, Limits, SecretFacts, Severity, Untrusted};
use crate::read::{Document, Field, Format, Role, Text};
use crate::rules::rule::Surface;
use crate::rules::{RuleIdx, RulePack};
use matcher::Matcher;
use places::Places;
use sighting::Sighting;
use std::ops::Range;
use std::time::SystemTime;

/// Finds secrets in documents. Made once a run, shared by all threads.
pub struct Detector<'p> {
    pack: &'p RulePack,
    keys: &'p KeyRing,
    limits: Limits,
    now: SystemTime,
    matcher: Matcher<'p>,
    places: Places,
    coded: coded::CodedRules,
}

/// What the detector must know of where a document comes from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Its surface; `None` for loose text.
    pub surface: Option<&'a Surface>,
    /// How it is laid out.
    pub format: Format,
    /// What the document lies inside of, when it is not a file of its own.
    pub container: Option<&'a Container>,
    /// Keys that come before every field's own: the row's key of a database value.
    pub prefix: &'a [&'a [u8]],
}

impl Scene<'_> {
    /// Loose text without a surface.
    pub const TEXT: Scene<'static> = Scene { surface: None, format: Format::Text, container: None, prefix: &[] };
}

/// One secret found in one document; holds no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The rule that holds.
    pub rule: RuleIdx,
    /// Category of that rule.
    pub category: Category,
    /// After all caps.
    pub severity: Severity,
    /// After all caps.
    pub confidence: Confidence,
    /// Bytes in the document's source.
    pub span: Range<usize>,
    /// The field, in the format's notation; masked.
    pub field: Option<Untrusted>,
    /// What it lies inside of; masked.
    pub container: Option<Container>,
    /// The stand-in, fingerprints and facts.
    pub secret: SecretFacts,
    /// Other places of the same finding: the other half of a pair.
    pub related: Vec<(Range<usize>, Option<Untrusted>)>,
}

/// What a document comes to.
pub struct Detection {
    /// What was found, in order of position.
    pub hits: Vec<Hit>,
    /// Masks texts of this document. Holds its secrets: drop it with the document.
    pub mask: Mask,
    /// Hits that were cut by the bound on findings.
    pub truncated: u64,
}

impl<'p> Detector<'p> {
    /// Compiles what the rules need.
    #[must_use]
    pub fn new(pack: &'p RulePack, keys: &'p KeyRing, limits: Limits, now: SystemTime) -> Self {
        Self {
            pack,
            keys,
            limits,
            now,
            matcher: Matcher::new(pack),
            places: Places::new(pack),
            coded: coded::CodedRules::new(pack),
        }
    }

    /// The rules it works with.
    #[must_use]
    pub fn pack(&self) -> &'p RulePack {
        self.pack
    }

    /// The bounds it keeps.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The keys it fingerprints with.
    #[must_use]
    pub fn keys(&self) -> &'p KeyRing {
        self.keys
    }

    /// Finds the secrets of `document`.
    ///
    /// `accept` bounds where a secret may start: texts read in overlapping chunks pass each chunk's own part.
    #[must_use]
    pub fn detect(&self, document: &Document<'_>, scene: &Scene<'_>, accept: Range<usize>) -> Detection {
        let mut sightings = Vec::new();
        let marks = self.tokens_outside_blobs(document.source, scene, &mut sightings);
        if scene.format == Format::Text && marks.escape {
            self.escaped(document.source, scene, &mut sightings);
        }
        self.coded(document.source, scene, marks, &mut sightings);
        labels::attach(self.pack, document, scene, &mut sightings);
        if marks.key_block {
            self.joined_keys(document, scene, &mut sightings);
        }
        self.fields(document, scene, &fields::Layer::outermost(document), &mut sightings);
        let mut mask = Mask::new(self);
        if sightings.is_empty() {
            return Detection { hits: Vec::new(), mask, truncated: 0 };
        }
        for sighting in &sightings {
            mask.add(&sighting.secret);
        }
        mask.seal();
        sightings.retain(|s| accept.contains(&s.span.start) && self.pack.enabled(s.rule));
        let mut kept = merge::merge(self.pack, sightings, document.source);
        let truncated = kept.len().saturating_sub(self.limits.findings_per_file) as u64;
        if truncated > 0 {
            kept.sort_by_key(|s| std::cmp::Reverse(s.severity));
            kept.truncate(self.limits.findings_per_file);
            kept.sort_by_key(|s| s.span.start);
        }
        let hits = kept.into_iter().map(|sighting| self.hit(sighting, scene, &mask)).collect();
        Detection { hits, mask, truncated }
    }

    /// Finds the secrets of a value that is a field of its own: a database's cell. Its key is the scene's prefix.
    #[must_use]
    pub fn detect_value(&self, document: &Document<'_>, scene: &Scene<'_>) -> Detection {
        if !document.fields.is_empty() {
            return self.detect(document, scene, 0..usize::MAX);
        }
        let source = document.source;
        let whole = Field { path: Vec::new(), span: 0..source.len(), value: Text::Slice(source), role: Role::Entry };
        let document = Document { source, fields: vec![whole], tree: None, problem: document.problem };
        self.detect(&document, scene, 0..usize::MAX)
    }

    /// Masks a text that stands in no document: a path, an argument.
    #[must_use]
    pub fn mask_text(&self, text: &[u8]) -> Untrusted {
        Mask::new(self).text(self, text)
    }

    /// The secret ends here: what leaves is a stand-in, fingerprints and masked texts.
    fn hit(&self, sighting: Sighting, scene: &Scene<'_>, mask: &Mask) -> Hit {
        let rule = self.pack.rule(sighting.rule);
        let container = sighting.container(scene).map(|c| Container {
            kind: c.kind,
            table: c.table.map(|t| mask.text(self, t.as_found().as_bytes())),
            key: c.key.map(|k| mask.text(self, k.as_found().as_bytes())),
            part: c.part,
        });
        let field = |name: &Option<sighting::Name>| name.as_ref().map(|name| mask.text(self, name));
        Hit {
            rule: sighting.rule,
            category: rule.category,
            severity: sighting.severity,
            confidence: sighting.confidence,
            field: field(&sighting.field),
            container,
            related: sighting.related.iter().map(|(span, name)| (span.clone(), field(name))).collect(),
            secret: SecretFacts {
                redacted: sighting.redacted(rule),
                fingerprint: self.keys.id(sighting.secret.expose()),
                baseline_id: self.keys.baseline_id(sighting.secret.expose()),
                checks: sighting.checks,
                attributes: sighting
                    .attributes
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), mask.text(self, value.as_bytes())))
                    .collect(),
            },
            span: sighting.span,
        }
    }
}
