//! What a scan comes to: findings, coverage, and how it was run.

use super::{Component, Confidence, Finding, RuleText, Severity, Started, Untrusted};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Why a target was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// No permission.
    PermissionDenied,
    /// Changed or vanished while it was read.
    ChangedWhileReading,
    /// A FIFO, socket, device, or a link that leads out of the root.
    NotRegular(&'static str),
    /// Larger than the limit.
    TooLarge,
    /// A cloud placeholder or network mount that reading would fetch.
    NotLocal,
    /// The format is broken; whatever could be read was. Never quotes the content.
    Malformed(&'static str),
    /// A bound of the reader was hit.
    Bound(&'static str),
    /// Another I/O error, by kind.
    Io(std::io::ErrorKind),
    /// A defect of ours; the position was printed.
    Internal,
}

impl Skip {
    /// One phrase for people and reports.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::PermissionDenied => "permission denied".into(),
            Self::ChangedWhileReading => "changed while it was read".into(),
            Self::NotRegular(what) => format!("not a regular file: {what}"),
            Self::TooLarge => "larger than the size limit".into(),
            Self::NotLocal => "not on this machine (a placeholder or a network mount)".into(),
            Self::Malformed(what) => format!("malformed: {what}"),
            Self::Bound(what) => format!("bound reached: {what}"),
            Self::Io(kind) => format!("cannot be read: {kind}"),
            Self::Internal => "internal error; please report it".into(),
        }
    }
}

/// One thing that could not be read in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The path; masked.
    pub path: Untrusted,
    /// Why.
    pub skip: Skip,
    /// Whether it does not count against completeness: not a named root, not a user-level surface.
    pub incidental: bool,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Files whose names were seen.
    pub files_seen: u64,
    /// Files whose content was read.
    pub files_read: u64,
    /// Bytes of them.
    pub bytes_read: u64,
    /// Files the cache vouched for.
    pub cache_hits: u64,
    /// Folders pruned.
    pub pruned: u64,
    /// Findings and errors cut by a cap.
    pub truncated: u64,
}

/// A file below a scanned root that steered the scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SteeredBy {
    /// Its path.
    pub path: Untrusted,
    /// `sha256:` of its content.
    pub digest: String,
}

/// The rule pack a scan ran with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackFacts {
    /// `sha256:` over all rule data.
    pub digest: String,
    /// Number of rules.
    pub rules: usize,
    /// Date of the pack, `YYYY-MM-DD`.
    pub date: String,
    /// Days between that date and the scan.
    pub age_days: Option<u64>,
    /// Packages and extensions that its catalogs list.
    pub catalog_entries: usize,
    /// Day after which a bundle that was taken in is old, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// The machine a scan ran on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostFacts {
    /// Stable and keyed; not the name.
    pub id: String,
    /// Host name.
    pub name: Untrusted,
    /// `linux`, `macos`, `windows`.
    pub os: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// Accounts looked at.
    pub users: Vec<Untrusted>,
}

/// How the scan ran.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScanFacts {
    /// `audit`, `path` or `stdin`.
    pub mode: &'static str,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// Milliseconds.
    pub duration_ms: u64,
    /// What was asked for; masked.
    pub roots: Vec<Untrusted>,
    /// Whether everything that counts was read.
    pub complete: bool,
    /// What held the process: `no-new-privileges`, `landlock`, `seccomp`, ...
    pub confined: Vec<String>,
    /// Files that steered the scan.
    pub steered_by: Vec<SteeredBy>,
}

/// A finding that a rule of the user's hid.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Where the decision stands: `config`, `inline`, `ignore-file`, `baseline`.
    pub by: &'static str,
    /// The reason given.
    pub reason: Untrusted,
}

/// Totals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Findings by severity.
    pub by_severity: BTreeMap<Severity, u64>,
    /// Findings by category word.
    pub by_category: BTreeMap<&'static str, u64>,
    /// Distinct fingerprints.
    pub distinct_secrets: u64,
    /// Suppressed findings.
    pub suppressed: u64,
    /// Findings that each campaign would have taken.
    pub harvestable_by: BTreeMap<String, u64>,
}

/// What a scan comes to. Reporters get this and nothing else.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScanReport {
    /// The pack.
    pub pack: PackFacts,
    /// The machine.
    pub host: HostFacts,
    /// The run.
    pub scan: ScanFacts,
    /// How much was looked at.
    pub coverage: Coverage,
    /// What holds, worst first.
    pub findings: Vec<Finding>,
    /// What was hidden, and why.
    pub suppressed: Vec<Suppressed>,
    /// What could not be read.
    pub errors: Vec<ReadError>,
    /// Totals.
    pub summary: Summary,
    /// Whether a known stealer's watcher was found: then no rotate advice without the safe order.
    pub watcher: bool,
    /// Titles of the campaigns that findings name, by id.
    pub campaigns: BTreeMap<String, String>,
    /// What the rules with a finding, shown or suppressed, say of themselves, by id.
    pub rules: BTreeMap<String, RuleText>,
    /// The audited homes, for showing paths short.
    pub homes: Vec<PathBuf>,
    /// Everything that starts by itself, in order of file and place; only when it was asked for.
    pub started: Vec<Started>,
    /// Agents and other programs that start MCP servers, with the settings they were told by; only with the components.
    pub agents: Vec<(String, Untrusted)>,
    /// Packages and extensions that are here, in order; only when they were asked for.
    pub components: Vec<Component>,
}

impl ScanReport {
    /// Counts findings again; call after the list changed.
    pub fn summarize(&mut self) {
        let mut summary = Summary { suppressed: self.suppressed.len() as u64, ..Summary::default() };
        for severity in Severity::ALL {
            summary.by_severity.insert(*severity, 0);
        }
        let mut distinct = std::collections::BTreeSet::new();
        for finding in &self.findings {
            *summary.by_severity.entry(finding.severity).or_default() += 1;
            *summary.by_category.entry(finding.category.as_str()).or_default() += 1;
            if let Some(secret) = &finding.secret {
                distinct.insert(&secret.fingerprint);
            }
            for campaign in &finding.harvested_by {
                *summary.harvestable_by.entry(campaign.clone()).or_default() += 1;
            }
        }
        summary.distinct_secrets = distinct.len() as u64;
        self.summary = summary;
    }

    /// Whether any finding is at or above `level` with at least `confidence`.
    #[must_use]
    pub fn has_at_least(&self, level: Severity, confidence: Confidence) -> bool {
        self.findings.iter().any(|f| f.severity >= level && f.confidence >= confidence)
    }
}
