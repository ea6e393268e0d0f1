//! A secret seen, before it is decided whether and as what it is reported. Lives as long as its document.

use super::Scene;
use crate::model::{Confidence, Container, ContainerKind, Redacted, Secret, Severity, Untrusted};
use crate::rules::RuleIdx;
use crate::rules::rule::Rule;
use std::ops::Range;
use zeroize::Zeroizing;

/// A name found in a document, unmasked: it may hold a secret itself.
pub(super) type Name = Zeroizing<Vec<u8>>;

/// How well a sighting knows what it saw; the better one wins where two overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// A name says so.
    Named,
    /// A URL's userinfo, an option, a header.
    Shaped,
    /// A token without a vendor: a JWT.
    Structure,
    /// A field that holds a secret whatever it looks like.
    Field,
    /// A vendor's format, or a key block.
    Token,
    /// The same, and an offline check holds.
    Checked,
}

/// One secret seen at one place.
pub(super) struct Sighting {
    pub(super) rule: RuleIdx,
    pub(super) rank: Rank,
    /// Bytes in the outermost source.
    pub(super) span: Range<usize>,
    /// Whether `span` covers just the secret as written, not a longer text it was decoded from.
    pub(super) precise: bool,
    /// Whether a name before the value says whose it is, besides the value's own shape.
    pub(super) named: bool,
    pub(super) secret: Secret,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) checks: Vec<String>,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) field: Option<Name>,
    /// Set for a value found after decoding: which sort of layer, and the outer field.
    pub(super) layer: Option<(ContainerKind, Option<Name>)>,
    pub(super) related: Vec<(Range<usize>, Option<Name>)>,
}

impl Sighting {
    /// A sighting with the rule's own severity and confidence.
    pub(super) fn new(index: RuleIdx, rule: &Rule, rank: Rank, span: Range<usize>, secret: Secret) -> Self {
        let mut sighting = Self {
            rule: index,
            rank,
            span,
            precise: true,
            named: false,
            secret,
            severity: rule.severity,
            confidence: rule.confidence,
            checks: Vec::new(),
            attributes: Vec::new(),
            field: None,
            layer: None,
            related: Vec::new(),
        };
        if rule.public {
            sighting.severity = Severity::Info;
        } else if rule.dead {
            sighting.cap();
            sighting.checks.push("no longer accepted by its vendor".into());
        }
        sighting
    }

    /// Something speaks against it: severity and confidence at most low, and it is still reported.
    pub(super) fn cap(&mut self) {
        self.severity = self.severity.min(Severity::Low);
        self.confidence = Confidence::Low;
    }

    /// It is no secret at all, but a published sample: told as info.
    pub(super) fn dismiss(&mut self, why: &str) {
        self.severity = Severity::Info;
        self.confidence = Confidence::Low;
        self.checks.push(why.to_owned());
    }

    /// The same finding for less, and why.
    pub(super) fn lower(&mut self, why: &str) {
        self.cap();
        self.checks.push(why.to_owned());
    }

    /// What the secret lies inside of: a layer of this document, else what the document lies in.
    pub(super) fn container(&self, scene: &Scene<'_>) -> Option<Container> {
        let outer = scene.container.cloned();
        match (&self.layer, outer) {
            (_, Some(outer)) => Some(outer),
            (Some((kind, key)), None) => Some(Container {
                kind: *kind,
                table: None,
                key: key.as_ref().map(|name| Untrusted::from_bytes(name)),
                part: None,
            }),
            (None, None) => None,
        }
    }

    /// The printable stand-in.
    pub(super) fn redacted(&self, rule: &Rule) -> Redacted {
        let secret = self.secret.expose();
        let names = |name: &[u8]| memchr::memmem::find(secret, name).is_some();
        if memchr::memchr(b'\n', secret).is_some() || names(b"PRIVATE KEY") || names(b"private-key(") {
            return Redacted::opaque("private key ");
        }
        let prefix = if secret.starts_with(rule.prefix.as_bytes()) { rule.prefix.len() } else { 0 };
        Redacted::of(secret, prefix, random_characters(&secret[prefix..]))
    }
}

/// How many characters carry randomness: none in a value of few distinct ones, else all.
fn random_characters(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    for byte in value {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|s| **s).count();
    if distinct < 8 { 0 } else { value.len() }
}
