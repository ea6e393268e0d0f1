//! The head with its policy, and the first paragraphs: what was found, and what a thief could take.

use super::super::markup::{html, shown};
use super::super::prose::group::Group;
use super::super::prose::numbers::{clip, count, enumerate, thousands};
use super::super::prose::{LONG, STOP, glyph, headline, next};
use super::super::watcher;
use super::Sheet;
use crate::model::Severity;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// The style, as it stands in the page.
fn style() -> String {
    lines(include_str!("report.css"))
}

/// The script, as it stands in the page.
pub(super) fn script() -> String {
    lines(include_str!("report.js"))
}

/// A browser makes line feeds of all line ends before it hashes.
fn lines(source: &str) -> String {
    source.replace("\r\n", "\n")
}

/// What a policy allows an inline text by.
fn source_hash(text: &str) -> String {
    format!("'sha256-{}'", data_encoding::BASE64.encode(&Sha256::digest(text.as_bytes())))
}

/// Everything up to the header.
pub(super) fn head(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        source_hash(&style()),
        source_hash(&script())
    );
    let found = count(report.findings.len() as u64, "finding");
    let title = match report.host.name.as_found() {
        "" => format!("caulk: {found}"),
        host => format!("caulk: {found} on {}", clip(host, 64)),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#findings\">Go to the findings</a>\n<div class=\"page\">\n",
        html(&title),
        style()
    )
}

/// What it comes to, the totals, and one command to go on with.
pub(super) fn header(sheet: &Sheet<'_>, groups: &[Group<'_>]) -> String {
    let report = sheet.report;
    let mut text = format!("<header>\n<p class=\"meta\">{}</p>\n", meta(sheet));
    let mut sentences =
        if groups.is_empty() { vec![headline::nothing(report)] } else { headline::found(report, &sheet.paths, groups) }
            .into_iter();
    let first = sentences.next().unwrap_or_default();
    if report.watcher {
        let _ = writeln!(text, "<section class=\"stop\">\n<h1>{}</h1>\n<ol>", html(STOP));
        for step in watcher::safe_order(&report.host.os) {
            let _ = writeln!(text, "<li>{}</li>", html(step));
        }
        let _ = writeln!(text, "</ol>\n</section>\n<h2>{}</h2>", html(&first));
    } else {
        let _ = writeln!(text, "<h1>{}</h1>", html(&first));
    }
    let rest: Vec<String> = sentences.chain(stealers(sheet)).collect();
    if !rest.is_empty() {
        let _ = writeln!(text, "<p class=\"lead\">{}</p>", html(&rest.join(" ")));
    }
    if !groups.is_empty() {
        text += &totals(sheet);
    }
    let (command, remark) = next::overall(report, groups);
    let _ = writeln!(text, "<p class=\"run\">Run next: <code>{}</code>{}</p>\n</header>", html(&command), html(remark));
    text
}

/// Which machine, what was looked at, when.
fn meta(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let mut parts = vec!["<strong>caulk</strong>".to_owned()];
    let host = report.host.name.as_found();
    if !host.is_empty() {
        parts.push(format!("<span>{}</span>", html(&clip(host, 64))));
    }
    let what = match (report.scan.mode, report.scan.roots.as_slice()) {
        ("stdin", _) => "standard input".to_owned(),
        (_, [root]) => clip(root.as_found(), LONG),
        (_, roots) => count(roots.len() as u64, "place"),
    };
    let what = if report.scan.mode == "audit" { format!("audit of {what}") } else { what };
    parts.push(format!("<span>{}</span>", html(&what)));
    let at = report.scan.started_at.as_str();
    if let (Some(day), Some(time)) = (at.get(..10), at.get(11..16)) {
        parts.push(format!("<time datetime=\"{}\">{} {} UTC</time>", html(at), html(day), html(time)));
    }
    parts.join("\n")
}

/// Which known stealers look where something lies; the headline names the worst alone.
fn stealers(sheet: &Sheet<'_>) -> Option<String> {
    const NAMED: usize = 4;
    let report = sheet.report;
    let mut counts: Vec<_> = report.summary.harvestable_by.iter().filter(|(_, number)| **number > 0).collect();
    if counts.len() < 2 {
        return None;
    }
    counts.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let name = |id: &String| report.campaigns.get(id).unwrap_or(id).clone();
    let mut names: Vec<String> =
        counts.iter().take(NAMED).map(|(id, number)| format!("{} ({})", name(id), thousands(**number))).collect();
    if counts.len() > NAMED {
        names.push(count((counts.len() - NAMED) as u64, "other"));
    }
    Some(format!("Findings where known stealers look: {}.", enumerate(&names)))
}

fn totals(sheet: &Sheet<'_>) -> String {
    let mut text = String::from("<ul class=\"totals\" aria-label=\"Findings by severity\">\n");
    for severity in Severity::ALL.iter().rev() {
        let number = sheet.report.summary.by_severity.get(severity).copied().unwrap_or(0);
        if number > 0 {
            let _ = writeln!(text, "<li>{}</li>", sign(*severity, &format!("{severity} {}", thousands(number))));
        }
    }
    text + "</ul>\n"
}

/// A severity: its sign, for the eye only, and a word.
pub(super) fn sign(severity: Severity, words: &str) -> String {
    format!(
        "<span class=\"sev {}\"><i aria-hidden=\"true\">{}</i> {}</span>",
        severity.as_str(),
        glyph(severity),
        html(&shown(words))
    )
}
