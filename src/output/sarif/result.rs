//! One finding as a `result`.

use super::super::prose::numbers::{capital, clip, enumerate};
use super::super::prose::place::{exposure, inside};
use super::super::prose::{LONG, next};
use super::super::wire::ResultFacts;
use super::message::{Message, sentence};
use super::rule::{Rules, level, rank};
use super::uri::{Artifact, Bases};
use crate::model::{ContainerKind, Finding, Location, Region, ScanReport, Suppressed};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    rank: f64,
    message: Message,
    locations: [Place; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Place>,
    fingerprints: BTreeMap<&'static str, &'a str>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Hidden<'a>>>,
    properties: ResultFacts<'a>,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(
        report: &ScanReport,
        finding: &'a Finding,
        suppressions: Option<Vec<Hidden<'a>>>,
        rules: &Rules<'_>,
        bases: &Bases,
    ) -> Self {
        let id = BTreeMap::from([("caulkFinding/v1", finding.id.as_str())]);
        // The secret's names no finding: copies share it. Partial ones may be shared.
        let secret = finding.secret.as_ref().map(|secret| ("caulkSecret/v1", secret.fingerprint.as_str()));
        let related = finding.related.iter().enumerate();
        Self {
            rule_id: &finding.rule,
            rule_index: rules.index(&finding.rule),
            level: level(finding.severity),
            rank: rank(finding.severity),
            message: Message::new(&message(report, finding)),
            locations: [Place::of(&finding.location, bases)],
            related_locations: related.map(|(nth, place)| Place::related(nth + 1, place, bases)).collect(),
            partial_fingerprints: id.clone().into_iter().chain(secret).collect(),
            fingerprints: id,
            suppressions,
            properties: ResultFacts::of(finding, report.watcher),
        }
    }
}

/// Title, stand-in, exposure, what runs, and the next step, in sentences.
fn message(report: &ScanReport, finding: &Finding) -> String {
    let mut title = clip(&finding.title, 2 * LONG);
    if let Some(secret) = &finding.secret {
        title = format!("{title}: {}", secret.redacted.as_str());
    }
    let mut sentences = vec![sentence(&title)];
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    if !notes.is_empty() {
        sentences.push(capital(&sentence(&enumerate(&notes))));
    }
    if let Some(evidence) = &finding.evidence {
        let texts = [("Name", &evidence.server), ("Runs", &evidence.command), ("Set to", &evidence.value)];
        for (name, text) in texts {
            sentences.extend(text.as_ref().map(|text| sentence(&format!("{name}: {}", clip(text.as_found(), LONG)))));
        }
        if !evidence.why.is_empty() {
            let why: Vec<_> = evidence.why.iter().take(8).map(|reason| clip(reason, LONG)).collect();
            sentences.push(sentence(&format!("Why: {}", why.join("; "))));
        }
    }
    sentences.push(sentence(&capital(&next::by_itself(report, finding))));
    sentences.join(" ")
}

/// A `location`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

impl Place {
    fn of(location: &Location, bases: &Bases) -> Self {
        Self {
            id: None,
            physical_location: Physical {
                artifact_location: bases.location(location),
                region: location.region.map(Range::of),
            },
            logical_locations: Logical::of(location).into_iter().collect(),
            message: location.container.as_ref().map(|container| Message::new(&capital(&inside(container)))),
        }
    }

    fn related(id: usize, location: &Location, bases: &Bases) -> Self {
        Self { id: Some(id), message: Some(Message::new("Belongs to it")), ..Self::of(location, bases) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Range>,
}

/// A `region`; its columns count code points.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

impl Range {
    fn of(region: Region) -> Self {
        Self {
            start_line: region.line,
            start_column: region.character,
            end_line: region.end_line,
            end_column: region.end_character,
        }
    }
}

/// A `logicalLocation`: the field, and the thing inside the file that it stands in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    name: String,
    fully_qualified_name: String,
    kind: &'static str,
}

impl Logical {
    fn of(location: &Location) -> Option<Self> {
        let container = location.container.as_ref();
        let parts = [container.and_then(|c| c.table.as_ref()), container.and_then(|c| c.key.as_ref())];
        let parts: Vec<String> = parts
            .into_iter()
            .chain([location.field.as_ref()])
            .flatten()
            .map(|text| clip(&text.to_string(), 2 * LONG))
            .collect();
        let kind = match container.map(|container| container.kind) {
            Some(ContainerKind::Environment) => "variable",
            Some(ContainerKind::Sqlite) if location.field.is_none() => "element",
            _ => "property",
        };
        Some(Self { name: parts.last()?.clone(), fully_qualified_name: parts.join("/"), kind })
    }
}

/// A `suppression`.
#[derive(Serialize)]
pub(super) struct Hidden<'a> {
    kind: &'static str,
    status: &'static str,
    justification: &'a str,
}

impl<'a> Hidden<'a> {
    pub(super) fn of(hidden: &'a Suppressed) -> Self {
        // A comment beside the finding is in the source; a config, a baseline, an ignore file are not.
        let kind = if hidden.by == "inline" { "inSource" } else { "external" };
        Self { kind, status: "accepted", justification: hidden.reason.as_found() }
    }
}
