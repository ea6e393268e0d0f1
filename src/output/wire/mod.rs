//! The shape of the JSON report, apart from the model's types.
//!
//! Model types may be renamed and split; these may not: their keys are public interface. Absent
//! facts are left out, never null. A new key is an addition here and in `report.schema.json`.

mod finding;

pub(in crate::output) use finding::{FindingWire, ResultFacts, octal};

use super::watcher;
use crate::model::{Coverage, HostFacts, PackFacts, ReadError, ScanFacts, ScanReport, Severity, Summary, Untrusted};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Report<'a> {
    schema_version: u8,
    tool: ToolWire<'a>,
    host: HostWire<'a>,
    scan: ScanWire<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watcher: Option<WatcherWire>,
    findings: Vec<FindingWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Vec<FindingWire<'a>>>,
    errors: Vec<ErrorWire<'a>>,
    summary: SummaryWire<'a>,
}

impl<'a> Report<'a> {
    pub(super) fn of(report: &'a ScanReport, show_suppressed: bool) -> Self {
        Self {
            schema_version: 1,
            tool: ToolWire::of(&report.pack),
            host: HostWire::of(&report.host),
            scan: ScanWire { start: StartWire::of(&report.scan), end: EndWire::of(&report.scan, &report.coverage) },
            watcher: WatcherWire::of(report),
            findings: report.findings.iter().map(|finding| FindingWire::of(finding, report.watcher)).collect(),
            suppressed: show_suppressed.then(|| {
                report.suppressed.iter().map(|hidden| FindingWire::suppressed(hidden, report.watcher)).collect()
            }),
            errors: report.errors.iter().map(ErrorWire::of).collect(),
            summary: SummaryWire::of(&report.summary),
        }
    }
}

/// The first NDJSON line: what is known before the first file is read.
#[derive(Serialize)]
pub(super) struct Opening<'a> {
    schema_version: u8,
    tool: ToolWire<'a>,
    host: HostWire<'a>,
    #[serde(flatten)]
    start: StartWire<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watcher: Option<WatcherWire>,
}

impl<'a> Opening<'a> {
    pub(super) fn of(report: &'a ScanReport) -> Self {
        Self {
            schema_version: 1,
            tool: ToolWire::of(&report.pack),
            host: HostWire::of(&report.host),
            start: StartWire::of(&report.scan),
            watcher: WatcherWire::of(report),
        }
    }
}

/// The last NDJSON line: the totals.
#[derive(Serialize)]
pub(super) struct Closing<'a> {
    status: &'static str,
    #[serde(flatten)]
    end: EndWire,
    #[serde(flatten)]
    summary: SummaryWire<'a>,
}

impl<'a> Closing<'a> {
    pub(super) fn of(report: &'a ScanReport) -> Self {
        Self {
            status: if report.scan.complete { "complete" } else { "partial" },
            end: EndWire::of(&report.scan, &report.coverage),
            summary: SummaryWire::of(&report.summary),
        }
    }
}

/// The program and its rules.
#[derive(Serialize)]
pub(super) struct ToolWire<'a> {
    name: &'static str,
    version: &'static str,
    rule_pack: PackWire<'a>,
}

#[derive(Serialize)]
struct PackWire<'a> {
    digest: &'a str,
    rules: usize,
    date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_days: Option<u64>,
    catalog_entries: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<&'a str>,
}

impl<'a> ToolWire<'a> {
    pub(super) fn of(pack: &'a PackFacts) -> Self {
        let rule_pack = PackWire {
            digest: &pack.digest,
            rules: pack.rules,
            date: &pack.date,
            age_days: pack.age_days,
            catalog_entries: pack.catalog_entries,
            expires: pack.expires.as_deref(),
        };
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION"), rule_pack }
    }
}

#[derive(Serialize)]
struct HostWire<'a> {
    id: &'a str,
    name: &'a str,
    os: &'a str,
    arch: &'a str,
    users: Vec<&'a str>,
}

impl<'a> HostWire<'a> {
    fn of(host: &'a HostFacts) -> Self {
        Self { id: &host.id, name: host.name.as_found(), os: &host.os, arch: &host.arch, users: texts(&host.users) }
    }
}

#[derive(Serialize)]
struct ScanWire<'a> {
    #[serde(flatten)]
    start: StartWire<'a>,
    #[serde(flatten)]
    end: EndWire,
}

/// What was asked for and how far it got; SARIF has no fields for it.
#[derive(Serialize)]
pub(super) struct Extent<'a>(ScanWire<'a>);

impl<'a> Extent<'a> {
    pub(super) fn of(report: &'a ScanReport) -> Self {
        Self(ScanWire { start: StartWire::of(&report.scan), end: EndWire::of(&report.scan, &report.coverage) })
    }
}

#[derive(Serialize)]
struct StartWire<'a> {
    mode: &'a str,
    started_at: &'a str,
    roots: Vec<&'a str>,
    confined: &'a [String],
    steered_by: Vec<SteeredWire<'a>>,
}

#[derive(Serialize)]
struct SteeredWire<'a> {
    path: &'a str,
    digest: &'a str,
}

impl<'a> StartWire<'a> {
    fn of(scan: &'a ScanFacts) -> Self {
        Self {
            mode: scan.mode,
            started_at: &scan.started_at,
            roots: texts(&scan.roots),
            confined: &scan.confined,
            steered_by: scan
                .steered_by
                .iter()
                .map(|file| SteeredWire { path: file.path.as_found(), digest: &file.digest })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct EndWire {
    duration_ms: u64,
    complete: bool,
    files_seen: u64,
    files_read: u64,
    bytes_read: u64,
    cache_hits: u64,
    pruned: u64,
    truncated: u64,
}

impl EndWire {
    fn of(scan: &ScanFacts, coverage: &Coverage) -> Self {
        Self {
            duration_ms: scan.duration_ms,
            complete: scan.complete,
            files_seen: coverage.files_seen,
            files_read: coverage.files_read,
            bytes_read: coverage.bytes_read,
            cache_hits: coverage.cache_hits,
            pruned: coverage.pruned,
            truncated: coverage.truncated,
        }
    }
}

/// Present only while a watcher stands; scripts must read it before they act on a finding.
#[derive(Serialize)]
struct WatcherWire {
    found: bool,
    safe_order: Vec<&'static str>,
}

impl WatcherWire {
    fn of(report: &ScanReport) -> Option<Self> {
        report.watcher.then(|| Self { found: true, safe_order: watcher::safe_order(&report.host.os) })
    }
}

#[derive(Serialize)]
pub(super) struct ErrorWire<'a> {
    path: &'a str,
    reason: String,
    incidental: bool,
}

impl<'a> ErrorWire<'a> {
    pub(super) fn of(error: &'a ReadError) -> Self {
        Self { path: error.path.as_found(), reason: error.skip.reason(), incidental: error.incidental }
    }
}

#[derive(Serialize)]
struct SummaryWire<'a> {
    by_severity: BySeverity,
    by_category: &'a BTreeMap<&'static str, u64>,
    distinct_secrets: u64,
    suppressed: u64,
    harvestable_by: &'a BTreeMap<String, u64>,
}

impl<'a> SummaryWire<'a> {
    fn of(summary: &'a Summary) -> Self {
        Self {
            by_severity: BySeverity::of(&summary.by_severity),
            by_category: &summary.by_category,
            distinct_secrets: summary.distinct_secrets,
            suppressed: summary.suppressed,
            harvestable_by: &summary.harvestable_by,
        }
    }
}

/// All five, also those that nothing has.
#[derive(Serialize)]
struct BySeverity {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

impl BySeverity {
    fn of(counts: &BTreeMap<Severity, u64>) -> Self {
        let of = |severity| counts.get(&severity).copied().unwrap_or(0);
        Self {
            critical: of(Severity::Critical),
            high: of(Severity::High),
            medium: of(Severity::Medium),
            low: of(Severity::Low),
            info: of(Severity::Info),
        }
    }
}

fn texts(values: &[Untrusted]) -> Vec<&str> {
    values.iter().map(Untrusted::as_found).collect()
}
