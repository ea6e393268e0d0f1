//! `--format junit`: what build servers show as test results.
//!
//! A suite for each category, a failed case for each finding, an error for each place that counts and could
//! not be read; a clean scan is one case that passed. Only characters that XML 1.0 allows are written:
//! the others are spelled out as everywhere ([`super::markup::html`]).

use super::RenderOptions;
use super::markup::html;
use super::prose::next;
use super::prose::place::{Paths, exposure};
use crate::model::{Category, Finding, ScanReport};
use std::io::{self, Write};

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let paths = Paths::of(report, options);
    let seconds = report.scan.duration_ms as f64 / 1000.0;
    let errors: Vec<_> = report.errors.iter().filter(|error| !error.incidental).collect();
    let clean = report.findings.is_empty() && errors.is_empty();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"caulk\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{seconds:.3}\">",
        report.findings.len() + errors.len() + usize::from(clean),
        report.findings.len(),
        errors.len(),
    )?;
    for category in Category::ALL {
        let of: Vec<&Finding> = report.findings.iter().filter(|finding| finding.category == *category).collect();
        if of.is_empty() {
            continue;
        }
        suite(report, category.as_str(), of.len(), of.len(), 0, out)?;
        for finding in of {
            case(report, &paths, finding, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    if !errors.is_empty() || clean {
        suite(report, "coverage", errors.len() + usize::from(clean), 0, errors.len(), out)?;
        for error in errors {
            let (path, reason) = (xml(&paths.short(&error.path)), xml(&error.skip.reason()));
            writeln!(out, "    <testcase classname=\"coverage\" name=\"{path}\">")?;
            writeln!(out, "      <error type=\"unreadable\" message=\"{reason}\"/>\n    </testcase>")?;
        }
        if clean {
            writeln!(out, "    <testcase classname=\"coverage\" name=\"nothing was found\"/>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(
    report: &ScanReport,
    name: &str,
    tests: usize,
    failures: usize,
    errors: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (host, time) = (xml(report.host.name.as_found()), report.scan.started_at.trim_end_matches('Z'));
    writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         hostname=\"{host}\" timestamp=\"{}\">",
        xml(time)
    )
}

fn case(report: &ScanReport, paths: &Paths, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let place = paths.position(&finding.location);
    let name = format!("{}: {place}", finding.title);
    writeln!(out, "    <testcase classname=\"{}\" name=\"{}\">", xml(&finding.rule), xml(&name))?;
    let message = format!("{}: {}", finding.severity, finding.title);
    writeln!(out, "      <failure type=\"{}\" message=\"{}\">", finding.severity, xml(&message))?;
    let mut line = |name: &str, value: &str| writeln!(out, "{name}: {}", xml(value));
    line("place", &place)?;
    if let Some(field) = &finding.location.field {
        line("field", field.as_found())?;
    }
    if let Some(secret) = &finding.secret {
        line("secret", secret.redacted.as_str())?;
    }
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    if !notes.is_empty() {
        line("known", &notes.join("; "))?;
    }
    if let Some(evidence) = &finding.evidence {
        line("why", &evidence.why.join("; "))?;
    }
    line("next", &next::by_itself(report, finding))?;
    line("id", finding.id.as_str())?;
    writeln!(out, "      </failure>\n    </testcase>")
}

/// Text for XML 1.0, which has no place for U+FFFE and U+FFFF.
fn xml(text: &str) -> String {
    html(text).replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
}
