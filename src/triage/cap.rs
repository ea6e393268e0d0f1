//! Bounds on what a report lists, so that one hostile file can neither flood it nor push out what
//! matters: the worst is kept, the rest is counted, and the scan is no longer complete.

use super::order::{sort, sort_errors};
use crate::model::{Limits, ScanReport};
use std::collections::BTreeMap;

/// Sorts findings and errors and cuts them to `limits`, per file and per run.
pub fn cap(report: &mut ScanReport, limits: &Limits) {
    sort(&mut report.findings);
    sort_errors(&mut report.errors);
    let before = report.findings.len() + report.errors.len();
    let mut per_file = BTreeMap::new();
    report.findings.retain(|finding| {
        let location = &finding.location;
        let count: &mut usize = per_file.entry((location.path.clone(), location.path_bytes.clone())).or_default();
        *count += 1;
        *count <= limits.findings_per_file
    });
    report.findings.truncate(limits.findings_per_run);
    report.errors.truncate(limits.errors_per_run);
    let cut = before - report.findings.len() - report.errors.len();
    if cut > 0 {
        report.coverage.truncated += cut as u64;
        report.scan.complete = false;
    }
}
