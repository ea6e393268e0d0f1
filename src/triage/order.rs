//! The one order of findings and errors. It depends on nothing but them, so threads cannot change it.

use crate::model::{Finding, ReadError};
use std::cmp::Ordering;

/// Sorts as reports list them: worst first, then by path, by position, by rule id.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| by_place(a, b)));
}

/// Sorts errors: those that count first, then by path and reason.
pub fn sort_errors(errors: &mut [ReadError]) {
    errors.sort_by(|a, b| {
        (a.incidental, &a.path).cmp(&(b.incidental, &b.path)).then_with(|| a.skip.reason().cmp(&b.skip.reason()))
    });
}

/// By path and position, whatever the severity. What follows the rule id only breaks ties, so that
/// the order in which findings arrive never shows.
pub(super) fn by_place(a: &Finding, b: &Finding) -> Ordering {
    a.location
        .path
        .cmp(&b.location.path)
        .then_with(|| a.location.path_bytes.cmp(&b.location.path_bytes))
        .then_with(|| a.offset.cmp(&b.offset))
        .then_with(|| a.location.region.cmp(&b.location.region))
        .then_with(|| a.rule.cmp(&b.rule))
        .then_with(|| a.location.cmp(&b.location))
        .then_with(|| a.id_parts.cmp(&b.id_parts))
        .then_with(|| fingerprint(a).cmp(&fingerprint(b)))
        .then_with(|| (&a.title, &a.surface, &a.user).cmp(&(&b.title, &b.surface, &b.user)))
        .then_with(|| a.related.cmp(&b.related))
}

fn fingerprint(finding: &Finding) -> Option<&str> {
    finding.secret.as_ref().map(|secret| secret.fingerprint.as_str())
}
