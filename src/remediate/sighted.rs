//! A finding as a report tells it: all that a fix takes from a scan.
//!
//! Nothing in it is trusted further than to say where to look.

use crate::model::{FindingId, Untrusted};
use serde_json::Value;
use std::path::PathBuf;

/// A credential that a report lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// The finding's id.
    pub id: FindingId,
    /// The rule's id.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// Whether it is a credential; other findings have no secret to move.
    pub credential: bool,
    /// The word of its severity.
    pub severity: String,
    /// The surface's id.
    pub surface: String,
    /// The file.
    pub path: PathBuf,
    /// The same for people.
    pub shown: Untrusted,
    /// The field, in the format's notation; masked.
    pub field: Option<String>,
    /// Keyed digest of the secret.
    pub fingerprint: Option<String>,
    /// Whether it lies inside of something that is no text: a database, another document.
    pub contained: bool,
    /// Whether it is a known tripwire, which must stay.
    pub canary: bool,
    /// Whether git tracks the file.
    pub tracked: bool,
    /// Whether git's ignore files keep it out of a repository.
    pub ignored: bool,
    /// Whether other accounts can read the file.
    pub others_can_read: bool,
    /// Whether the report says that a fix does it by itself.
    pub automatic: bool,
    /// What the report advises.
    pub advice: Option<String>,
    /// Where to revoke or rotate it.
    pub rotate: Option<String>,
}

/// What a report says besides its findings.
#[derive(Debug, Clone, Default)]
pub struct Sightings {
    /// The findings, in the report's order.
    pub findings: Vec<Sighted>,
    /// Whether a stealer's watcher was found: it acts when a stolen token is revoked.
    pub watcher: bool,
    /// Distinct secrets in the clear.
    pub distinct: u64,
}

impl Sightings {
    /// Reads a report of `caulk scan --format json`. `None` when it is none.
    #[must_use]
    pub fn of_report(report: &Value) -> Option<Self> {
        let findings = report["findings"].as_array()?.iter().filter_map(sighted).collect();
        Some(Self {
            findings,
            watcher: report.get("watcher").is_some(),
            distinct: report["summary"]["distinct_secrets"].as_u64().unwrap_or(0),
        })
    }
}

fn sighted(finding: &Value) -> Option<Sighted> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let location = &finding["location"];
    let shown = location["path"].as_str()?;
    let path = match location["path_bytes"].as_str() {
        Some(encoded) => path_of(data_encoding::BASE64.decode(encoded.as_bytes()).ok()?)?,
        None => PathBuf::from(shown),
    };
    Some(Sighted {
        id: FindingId::from_text(finding["id"].as_str()?),
        rule: text(&finding["rule"])?,
        title: text(&finding["title"]).unwrap_or_default(),
        credential: finding["category"] == "credential",
        severity: text(&finding["severity"]).unwrap_or_default(),
        surface: text(&finding["surface"]).unwrap_or_default(),
        path,
        shown: Untrusted::from(shown),
        field: text(&location["field"]),
        fingerprint: text(&finding["secret"]["fingerprint"]),
        contained: location.get("container").is_some(),
        canary: finding["secret"]["attributes"].get("canary").is_some(),
        tracked: finding["exposure"]["git"] == "tracked",
        ignored: finding["exposure"]["git"] == "ignored",
        others_can_read: finding["exposure"]["others_can_read"] == true,
        automatic: finding["fix"]["automatic"] == true,
        advice: text(&finding["fix"]["summary"]),
        rotate: text(&finding["fix"]["rotate_url"]),
    })
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere a path is text")]
pub(super) fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

#[cfg(not(unix))]
pub(super) fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}
