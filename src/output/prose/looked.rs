//! What was looked at and what was not, in sentences.

use super::numbers::{bytes, count, duration, enumerate, thousands};
use crate::model::ScanReport;

/// What was seen and read, in one sentence.
pub(in crate::output) fn at(report: &ScanReport) -> String {
    let coverage = &report.coverage;
    let seen = if coverage.files_seen > coverage.files_read {
        format!("Saw {} and read {}", count(coverage.files_seen, "file"), thousands(coverage.files_read))
    } else {
        format!("Read {}", count(coverage.files_read, "file"))
    };
    format!("{seen} ({}) in {}.", bytes(coverage.bytes_read), duration(report.scan.duration_ms))
}

/// What was left out and can be counted, in one sentence.
pub(in crate::output) fn past(report: &ScanReport, show_suppressed: bool) -> Option<String> {
    let incidental = report.errors.iter().filter(|error| error.incidental).count();
    let hidden = if show_suppressed { 0 } else { report.suppressed.len() };
    let parts: Vec<_> = [
        (report.coverage.pruned, "pruned folder", " (--plan lists them)"),
        (report.coverage.cache_hits, "file", " unchanged since the last clean scan"),
        (incidental as u64, "other place", " that could not be read"),
        (hidden as u64, "suppressed finding", " (--show-suppressed)"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, noun, rest)| format!("{}{rest}", count(number, noun)))
    .collect();
    (!parts.is_empty()).then(|| format!("Left out: {}.", enumerate(&parts)))
}

/// What held the process while it looked.
pub(in crate::output) fn confined(report: &ScanReport) -> String {
    match report.scan.confined.as_slice() {
        [] => "The scanner ran unconfined.".to_owned(),
        held => format!("The scanner was confined by {}.", enumerate(held)),
    }
}

/// How much was cut by a cap.
pub(in crate::output) fn cut(report: &ScanReport) -> Option<String> {
    let cut = report.coverage.truncated;
    (cut > 0).then(|| format!("Findings and errors over the limits, counted but not listed: {}.", thousands(cut)))
}

/// Days after which rules are old: new kinds of tokens and new attacks come every month.
const OLD: u64 = 90;

/// Which rules were used.
pub(in crate::output) fn rules(report: &ScanReport) -> Option<String> {
    let pack = &report.pack;
    if pack.date.is_empty() {
        return None;
    }
    let old = pack.age_days.filter(|days| *days >= OLD);
    let expired = pack.expires.as_deref().filter(|day| *day < report.scan.started_at.get(..10).unwrap_or(""));
    let advice = match (expired, old) {
        (Some(day), _) => format!(" The rule bundle expired on {day}: take a new one in with `caulk rules update`."),
        (None, Some(days)) => format!(" They are {} days old: update caulk.", thousands(days)),
        (None, None) => String::new(),
    };
    let mut rules = thousands(pack.rules as u64);
    if pack.catalog_entries > 0 {
        rules = format!("{rules}; {} known-bad packages", thousands(pack.catalog_entries as u64));
    }
    Some(format!("Rules of {} ({rules}).{advice}", pack.date))
}
