//! Whole little homes in, the findings out: macOS and Windows layouts are read on any system.

use crate::common::{self, home::Home};
use caulk::host::Os;
use caulk::model::{Finding, ScanReport};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A finding as one line of `expected.txt`.
fn line(finding: &Finding, home: &Path) -> String {
    let home = format!("{}/", home.canonicalize().unwrap().display());
    let short = |path: &str| path.strip_prefix(&home).unwrap_or(path).to_owned();
    let location = &finding.location;
    let mut line = format!(
        "{:<8} {:<11} {:<32} {:<28} {}",
        finding.severity,
        finding.category,
        finding.rule,
        finding.surface,
        short(location.path.as_found())
    );
    if let Some(region) = location.region {
        write!(line, ":{}:{}", region.line, region.column).unwrap();
    }
    if let Some(field) = &location.field {
        write!(line, " {field}").unwrap();
    }
    if let Some(container) = &location.container {
        write!(line, " [{} {}]", container.kind.as_str(), container.part.unwrap_or("-")).unwrap();
    }
    if let Some(evidence) = &finding.evidence {
        write!(line, " ({})", evidence.why.join("; ")).unwrap();
    }
    line
}

fn lines(report: &ScanReport, home: &Path) -> String {
    let mut text: String = report.findings.iter().map(|f| line(f, home) + "\n").collect();
    for error in &report.errors {
        writeln!(text, "error    {} {}", error.path, error.skip.reason()).unwrap();
    }
    text
}

/// Audits a fake home and compares with its `expected.txt`. `CAULK_BLESS=1` writes it anew: read the diff.
fn check(os: Os, name: &str) {
    let home = Home::lay(name);
    let report = common::audit(os, home.path());
    let got = lines(&report, home.path());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(name).join("expected.txt");
    if std::env::var_os("CAULK_BLESS").is_some() {
        fs::write(&file, &got).unwrap();
    }
    let want = fs::read_to_string(&file).unwrap_or_default();
    assert!(got == want, "{name} differs from expected.txt.\ngot:\n{got}\nwant:\n{want}");
    let ids: std::collections::BTreeSet<_> = report.findings.iter().map(|f| &f.id).collect();
    assert_eq!(ids.len(), report.findings.len(), "ids are unique");
    for finding in &report.findings {
        if let Some(secret) = &finding.secret {
            // Before the ellipsis stands the vendor's public prefix, behind it four characters at most.
            let tail = secret.redacted.as_str().rsplit('…').next().unwrap();
            assert!(tail.len() <= 4, "{tail}");
        }
    }
}

#[test]
fn linux_dev() {
    check(Os::Linux, "linux-dev");
}

#[test]
fn macos_dev() {
    check(Os::Macos, "macos-dev");
}

#[test]
fn windows_dev() {
    check(Os::Windows, "windows-dev");
}

/// Templates, references, ciphertext, digests, samples: nothing at medium or above.
#[test]
fn linux_clean() {
    check(Os::Linux, "linux-clean");
    let home = Home::lay("linux-clean");
    let report = common::audit(Os::Linux, home.path());
    let loud: Vec<_> = report.findings.iter().filter(|f| f.severity >= caulk::model::Severity::Medium).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}
