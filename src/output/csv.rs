//! `--format csv`: RFC 4180, one finding a row, for spreadsheets.
//!
//! A spreadsheet runs what looks like a formula, so a cell that begins like one gets an apostrophe, also
//! where a reader that divides at semicolons would begin a cell. Line ends and other control characters
//! are spelled out: a row is a line. What could not be read has no row; the other formats tell it.

use super::RenderOptions;
use super::markup::shown;
use super::prose::next;
use super::wire::octal;
use crate::model::{Finding, GitState, ScanReport, Suppressed, Untrusted};
use std::io::{self, Write};

/// The header; names are those of the JSON report where it has the fact.
const HEADER: &[&str] = &[
    "id",
    "rule",
    "category",
    "severity",
    "confidence",
    "title",
    "surface",
    "user",
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "field",
    "container",
    "container_table",
    "container_key",
    "secret",
    "fingerprint",
    "same_secret_count",
    "mode",
    "others_can_read",
    "git",
    "synced_by",
    "in_transcript",
    "in_local_history",
    "modified_at",
    "harvested_by",
    "server",
    "command",
    "value",
    "why",
    "fix_automatic",
    "next",
    "suppressed_by",
    "suppression_reason",
];

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    row(HEADER.iter().map(|name| (*name).to_owned()), out)?;
    for finding in &report.findings {
        row(cells(report, finding, None), out)?;
    }
    if options.show_suppressed {
        for hidden in &report.suppressed {
            row(cells(report, &hidden.finding, Some(hidden)), out)?;
        }
    }
    Ok(())
}

fn cells(report: &ScanReport, finding: &Finding, hidden: Option<&Suppressed>) -> impl Iterator<Item = String> {
    let found = |text: Option<&Untrusted>| text.map(|text| text.as_found().to_owned()).unwrap_or_default();
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let yes = |fact: Option<bool>| fact.map(|fact| fact.to_string()).unwrap_or_default();
    let (location, region) = (&finding.location, finding.location.region);
    let container = location.container.as_ref();
    let secret = finding.secret.as_ref();
    let exposure = finding.exposure.as_ref();
    let evidence = finding.evidence.as_ref();
    [
        finding.id.as_str().to_owned(),
        finding.rule.clone(),
        finding.category.as_str().to_owned(),
        finding.severity.as_str().to_owned(),
        finding.confidence.as_str().to_owned(),
        finding.title.clone(),
        finding.surface.clone(),
        found(finding.user.as_ref()),
        location.path.as_found().to_owned(),
        number(region.map(|region| region.line)),
        number(region.map(|region| region.column)),
        number(region.map(|region| region.end_line)),
        number(region.map(|region| region.end_column)),
        found(location.field.as_ref()),
        container.map(|container| container.kind.as_str().to_owned()).unwrap_or_default(),
        found(container.and_then(|container| container.table.as_ref())),
        found(container.and_then(|container| container.key.as_ref())),
        secret.map(|secret| secret.redacted.as_str().to_owned()).unwrap_or_default(),
        secret.map(|secret| secret.fingerprint.as_str().to_owned()).unwrap_or_default(),
        number(secret.map(|_| finding.same_secret_count)),
        exposure.and_then(|exposure| exposure.mode).map(octal).unwrap_or_default(),
        yes(exposure.and_then(|exposure| exposure.others_can_read)),
        exposure.and_then(|exposure| exposure.git).map(GitState::as_str).unwrap_or_default().to_owned(),
        exposure.and_then(|exposure| exposure.synced_by.clone()).unwrap_or_default(),
        yes(exposure.map(|exposure| exposure.in_transcript)),
        yes(exposure.map(|exposure| exposure.in_local_history)),
        exposure.and_then(|exposure| exposure.modified_at.clone()).unwrap_or_default(),
        finding.harvested_by.join(" "),
        found(evidence.and_then(|evidence| evidence.server.as_ref())),
        found(evidence.and_then(|evidence| evidence.command.as_ref())),
        found(evidence.and_then(|evidence| evidence.value.as_ref())),
        evidence.map(|evidence| evidence.why.join("; ")).unwrap_or_default(),
        yes(finding.fix.as_ref().map(|fix| fix.automatic)),
        next::by_itself(report, finding),
        hidden.map(|hidden| hidden.by.to_owned()).unwrap_or_default(),
        found(hidden.map(|hidden| &hidden.reason)),
    ]
    .into_iter()
}

fn row(cells: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    for (nth, text) in cells.enumerate() {
        if nth > 0 {
            out.write_all(b",")?;
        }
        out.write_all(cell(&text).as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// One cell: harmless in a spreadsheet, then quoted where it must be.
fn cell(text: &str) -> String {
    let mut calm = String::with_capacity(text.len());
    // Whether nothing but blanks and quotes has come since a cell may have begun.
    let mut at_start = true;
    for c in text.chars() {
        if at_start && starts_formula(c) {
            calm.push('\'');
        }
        at_start = c == ';' || (at_start && matches!(c, ' ' | '"'));
        calm.push(c);
    }
    let calm = shown(&calm);
    let quoted = calm.contains([',', '"', ';']) || calm.starts_with(' ') || calm.ends_with(' ');
    if quoted { format!("\"{}\"", calm.replace('"', "\"\"")) } else { calm }
}

/// Signs that begin a formula or hide its beginning, in the wide forms of East Asian scripts, too.
fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}
