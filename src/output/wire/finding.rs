//! One finding on the wire: the same in the JSON report and on a line of NDJSON.

use crate::model::{
    Category, Container, Evidence, Exposure, Finding, FindingId, Fix, GitState, Location, Reach, SecretFacts,
    Suppressed, Untrusted,
};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(in crate::output) struct FindingWire<'a> {
    id: &'a str,
    rule: &'a str,
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    title: &'a str,
    surface: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    location: LocationWire<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<LocationWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureWire<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    harvested_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<ReachWire<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    same_secret: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_secret_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<SuppressionWire<'a>>,
}

/// The facts of a finding that SARIF has no field for, under their names of the JSON report.
#[derive(Serialize)]
pub(in crate::output) struct ResultFacts<'a> {
    category: &'static str,
    severity: &'static str,
    confidence: &'static str,
    surface: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SecretWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureWire<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    harvested_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reach: Option<ReachWire<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    same_secret: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_secret_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixWire<'a>>,
}

impl<'a> ResultFacts<'a> {
    pub(in crate::output) fn of(finding: &'a Finding, watcher: bool) -> Self {
        let whole = FindingWire::of(finding, watcher);
        Self {
            category: whole.category,
            severity: whole.severity,
            confidence: whole.confidence,
            surface: whole.surface,
            user: whole.user,
            secret: whole.secret,
            exposure: whole.exposure,
            harvested_by: whole.harvested_by,
            evidence: whole.evidence,
            reach: whole.reach,
            same_secret: whole.same_secret,
            same_secret_count: whole.same_secret_count,
            fix: whole.fix,
        }
    }
}

#[derive(Serialize)]
struct SuppressionWire<'a> {
    by: &'static str,
    reason: &'a str,
}

impl<'a> FindingWire<'a> {
    pub(in crate::output) fn of(finding: &'a Finding, watcher: bool) -> Self {
        Self {
            id: finding.id.as_str(),
            rule: &finding.rule,
            category: finding.category.as_str(),
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            title: &finding.title,
            surface: &finding.surface,
            user: text(finding.user.as_ref()),
            location: LocationWire::of(&finding.location),
            related_locations: finding.related.iter().map(LocationWire::of).collect(),
            secret: finding.secret.as_ref().map(SecretWire::of),
            exposure: finding.exposure.as_ref().map(ExposureWire::of),
            harvested_by: &finding.harvested_by,
            evidence: finding.evidence.as_ref().map(EvidenceWire::of),
            reach: finding.reach.as_ref().map(ReachWire::of),
            same_secret: finding.same_secret.iter().map(FindingId::as_str).collect(),
            same_secret_count: finding.secret.is_some().then_some(finding.same_secret_count),
            fix: finding.fix.as_ref().map(|fix| FixWire::of(fix, watcher && finding.category == Category::Credential)),
            suppression: None,
        }
    }

    pub(in crate::output) fn suppressed(hidden: &'a Suppressed, watcher: bool) -> Self {
        let suppression = SuppressionWire { by: hidden.by, reason: hidden.reason.as_found() };
        Self { suppression: Some(suppression), ..Self::of(&hidden.finding, watcher) }
    }
}

#[derive(Serialize)]
struct LocationWire<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<ContainerWire<'a>>,
}

impl<'a> LocationWire<'a> {
    fn of(location: &'a Location) -> Self {
        Self {
            path: location.path.as_found(),
            path_bytes: location.path_bytes.as_ref().map(|bytes| data_encoding::BASE64.encode(bytes)),
            line: location.region.map(|region| region.line),
            column: location.region.map(|region| region.column),
            end_line: location.region.map(|region| region.end_line),
            end_column: location.region.map(|region| region.end_column),
            field: text(location.field.as_ref()),
            container: location.container.as_ref().map(ContainerWire::of),
        }
    }
}

#[derive(Serialize)]
struct ContainerWire<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
}

impl<'a> ContainerWire<'a> {
    fn of(container: &'a Container) -> Self {
        Self {
            kind: container.kind.as_str(),
            table: text(container.table.as_ref()),
            key: text(container.key.as_ref()),
            part: container.part,
        }
    }
}

#[derive(Serialize)]
struct SecretWire<'a> {
    redacted: &'a str,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    checks: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'a str, &'a str>,
}

impl<'a> SecretWire<'a> {
    fn of(secret: &'a SecretFacts) -> Self {
        Self {
            redacted: secret.redacted.as_str(),
            fingerprint: secret.fingerprint.as_str(),
            length: secret.redacted.length(),
            checks: &secret.checks,
            attributes: secret.attributes.iter().map(|(name, value)| (name.as_str(), value.as_found())).collect(),
        }
    }
}

#[derive(Serialize)]
struct ExposureWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    others_can_read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    synced_by: Option<&'a str>,
    in_transcript: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    in_local_history: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified_at: Option<&'a str>,
}

impl<'a> ExposureWire<'a> {
    fn of(exposure: &'a Exposure) -> Self {
        Self {
            mode: exposure.mode.map(octal),
            others_can_read: exposure.others_can_read,
            git: exposure.git.map(GitState::as_str),
            synced_by: exposure.synced_by.as_deref(),
            in_transcript: exposure.in_transcript,
            in_local_history: exposure.in_local_history,
            modified_at: exposure.modified_at.as_deref(),
        }
    }
}

/// Permission bits as four octal digits.
pub(in crate::output) fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

#[derive(Serialize)]
struct EvidenceWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    why: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<&'a str>,
}

impl<'a> EvidenceWire<'a> {
    fn of(evidence: &'a Evidence) -> Self {
        Self {
            server: text(evidence.server.as_ref()),
            command: text(evidence.command.as_ref()),
            value: text(evidence.value.as_ref()),
            why: &evidence.why,
            consent: evidence.runs.map(|runs| runs.consent.as_str()),
            code_from: evidence.runs.map(|runs| runs.code.as_str()),
            campaign: evidence.campaign.as_deref(),
        }
    }
}

/// What something that runs could take.
#[derive(Serialize)]
struct ReachWire<'a> {
    secrets: u64,
    handed: u64,
    in_project: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confined_by: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    of_campaign: bool,
}

impl<'a> ReachWire<'a> {
    fn of(reach: &'a Reach) -> Self {
        Self {
            secrets: reach.secrets,
            handed: reach.handed,
            in_project: reach.in_project,
            findings: reach.ids.iter().map(FindingId::as_str).collect(),
            confined_by: reach.confined_by,
            of_campaign: reach.of_campaign,
        }
    }
}

#[derive(Serialize)]
struct FixWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    recipe: Option<&'a str>,
    automatic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotate_url: Option<&'a str>,
}

impl<'a> FixWire<'a> {
    /// `hold`: a watcher stands, so nothing may invite anybody to revoke.
    fn of(fix: &'a Fix, hold: bool) -> Self {
        Self {
            recipe: fix.recipe.as_deref(),
            automatic: fix.automatic,
            summary: Some(fix.summary.as_str()).filter(|summary| !hold && !summary.is_empty()),
            rotate_url: fix.rotate_url.as_deref().filter(|_| !hold),
        }
    }
}

fn text(value: Option<&Untrusted>) -> Option<&str> {
    value.map(Untrusted::as_found)
}
