//! The known-artefact pass: is a stealer's watcher, or another thing it leaves behind, on this machine?
//!
//! Comes before all else, for it changes every advice. Looks up names with `stat`, reads nothing.

use super::Scanner;
use crate::model::{Category, Confidence, Evidence, Finding, Fix, IdParts, Location, Severity, Untrusted};
use crate::rules::roots;
use crate::rules::rule::{Artifact, Campaign};
use std::path::{Path, PathBuf};

/// What was found, and whether any of it acts when a stolen token is revoked.
pub(super) fn look(scanner: &Scanner<'_>, home: &Path, overrides: bool) -> (Vec<Finding>, bool) {
    let mut findings = Vec::new();
    let mut watcher = false;
    for campaign in scanner.pack.campaigns() {
        for artifact in campaign.artifacts.iter() {
            for path in roots::expand(&artifact.path, scanner.host, home, overrides) {
                if path.symlink_metadata().is_ok() {
                    watcher |= artifact.watcher;
                    findings.push(finding(scanner, campaign, artifact, path));
                }
            }
        }
    }
    (findings, watcher)
}

fn finding(scanner: &Scanner<'_>, campaign: &Campaign, artifact: &Artifact, path: PathBuf) -> Finding {
    let path = scanner.detector.mask_text(path.as_os_str().as_encoded_bytes());
    let summary = campaign.response.first().map(ToString::to_string).unwrap_or_default();
    Finding {
        id_parts: IdParts {
            lineage: campaign.id.to_string(),
            path: artifact.path.as_bytes().to_vec(),
            pointer: String::new(),
        },
        rule: campaign.id.to_string(),
        category: Category::Compromise,
        severity: Severity::Critical,
        confidence: Confidence::Medium,
        title: format!("Trace of {}: {}", campaign.title, artifact.what),
        surface: "file.artifact".into(),
        user: Some(Untrusted::new(scanner.host.user.name.clone())),
        location: Location { path, ..Location::default() },
        evidence: Some(Evidence { why: vec![artifact.what.to_string()], ..Evidence::default() }),
        fix: Some(Fix { recipe: None, automatic: false, summary, rotate_url: None }),
        ..Finding::default()
    }
}
