//! `--format markdown`: GitHub-flavoured, to be pasted into an issue or a chat.
//!
//! Names of the scanned machine stand as code wherever they could mean something else: nothing of theirs
//! becomes a link, an image, a mention, an element or a list ([`super::markup`]). Only addresses that the
//! rules themselves name are links. Tables hold no such name, since code does not shield a `|` in them.

use super::markup::{code, is_web, link, words};
use super::prose::group::{self, Group};
use super::prose::next::{self, Next, Remedy};
use super::prose::numbers::{capital, clip, count, enumerate, thousands};
use super::prose::place::{exposure, inside};
use super::prose::{LONG, SECTIONS, STOP, Sheet, glyph, headline, looked};
use super::{RenderOptions, watcher};
use crate::model::{Confidence, Finding, Location, ReadError, ScanReport, Severity, Untrusted};
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet::of(report, options);
    let groups = group::groups(&report.findings);
    out.write_all(opening(&sheet, &groups).as_bytes())?;
    let in_full = |group: &&Group<'_>| options.verbose > 0 || !group.is_minor();
    for (category, title) in SECTIONS {
        let mut section = groups.iter().filter(|group| group.head.category == *category).filter(in_full).peekable();
        if section.peek().is_some() {
            write!(out, "\n## {title}\n")?;
        }
        for group in section {
            out.write_all(entry(&sheet, group).as_bytes())?;
        }
    }
    let mut minor = groups.iter().filter(|group| !in_full(group)).peekable();
    if minor.peek().is_some() {
        out.write_all(b"\n## Less urgent\n\n")?;
    }
    for group in minor {
        writeln!(out, "- {}, {}", heading(group), places_in_short(&sheet, group))?;
    }
    closing(&sheet, out)
}

/// What it comes to, and the totals.
fn opening(sheet: &Sheet<'_>, groups: &[Group<'_>]) -> String {
    let report = sheet.report;
    let mut text = String::from("# caulk report\n");
    if report.watcher {
        let _ = write!(text, "\n**{}**\n\n", words(STOP));
        for (nth, step) in watcher::safe_order(&report.host.os).into_iter().enumerate() {
            let _ = writeln!(text, "{}. {}", nth + 1, words(step));
        }
    }
    let sentences =
        if groups.is_empty() { vec![headline::nothing(report)] } else { headline::found(report, &sheet.paths, groups) };
    let (first, rest) = sentences.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let rest = if rest.is_empty() { String::new() } else { format!(" {}", words(&rest.join(" "))) };
    let _ = write!(text, "\n**{}**{rest}\n\n{}", words(first), meta(report));
    let (command, remark) = next::overall(report, groups);
    let _ = writeln!(text, " Run next: {}{}", code(&command), words(remark));
    if !groups.is_empty() {
        text += "\n| severity | findings |\n| --- | ---: |\n";
        for severity in Severity::ALL.iter().rev() {
            let number = report.summary.by_severity.get(severity).copied().unwrap_or(0);
            let _ = writeln!(text, "| {} {severity} | {} |", glyph(*severity), thousands(number));
        }
    }
    text
}

/// What was looked at, where and when, in one sentence.
fn meta(report: &ScanReport) -> String {
    let what = match (report.scan.mode, report.scan.roots.as_slice()) {
        ("stdin", _) => "standard input".to_owned(),
        (_, [root]) => code(&clip(root.as_found(), LONG)),
        (_, roots) => count(roots.len() as u64, "place"),
    };
    let verb = if report.scan.mode == "audit" { "Audit" } else { "Scan" };
    let mut text = format!("{verb} of {what}");
    if !report.host.name.is_empty() {
        let _ = write!(text, " on {}", code(&clip(report.host.name.as_found(), 64)));
    }
    let at = report.scan.started_at.as_str();
    if let (Some(day), Some(time)) = (at.get(..10), at.get(11..16)) {
        let _ = write!(text, ", {day} {time} UTC");
    }
    text + "."
}

/// Severity, name, stand-in, confidence: on one line.
fn heading(group: &Group<'_>) -> String {
    let head = group.head;
    let mut text = format!("{} {}: {}", glyph(head.severity), head.severity, words(&clip(group.name(), 2 * LONG)));
    if group.members.len() > 1 {
        let _ = write!(text, ", in {} places", group.members.len());
    }
    if let Some(secret) = &head.secret {
        let _ = write!(text, ": {}", code(secret.redacted.as_str()));
    }
    if head.confidence != Confidence::High {
        let _ = write!(text, " ({} confidence)", head.confidence);
    }
    text
}

fn entry(sheet: &Sheet<'_>, group: &Group<'_>) -> String {
    let mut text = format!("\n### {}\n\n", heading(group));
    for member in &group.members {
        let _ = writeln!(text, "- {}", place(sheet, member));
    }
    for (name, value) in known(group.head) {
        let _ = writeln!(text, "- {name}: {value}");
    }
    let _ = writeln!(text, "- **Next:** {}", step(sheet, group));
    let rule = sheet.report.rules.get(&group.head.rule);
    if let Some(rule) = rule.filter(|rule| !rule.impact.is_empty()) {
        let _ = writeln!(text, "- Impact: {}", words(&rule.impact));
    }
    let ids: Vec<_> = group.members.iter().take(16).map(|member| code(member.id.as_str())).collect();
    let _ = writeln!(text, "- Rule: {}, id: {}", code(&group.head.rule), ids.join(" "));
    text
}

fn places_in_short(sheet: &Sheet<'_>, group: &Group<'_>) -> String {
    let first = location(sheet, &group.head.location);
    match group.members.len() - 1 {
        0 => first,
        more => format!("{first} and {}", count(more as u64, "more place")),
    }
}

fn place(sheet: &Sheet<'_>, finding: &Finding) -> String {
    let mut text = location(sheet, &finding.location);
    for related in &finding.related {
        let _ = write!(text, " with {}", location(sheet, related));
    }
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    if !notes.is_empty() {
        let _ = write!(text, ": {}", words(&enumerate(&notes)));
    }
    text
}

fn location(sheet: &Sheet<'_>, location: &Location) -> String {
    let mut text = code(&sheet.paths.position(location));
    if let Some(field) = location.field.as_ref().filter(|field| !field.is_empty()) {
        let _ = write!(text, " {}", code(&clip(field.as_found(), LONG)));
    }
    if let Some(container) = &location.container {
        let _ = write!(text, " {}", words(&inside(container)));
    }
    text
}

fn known(head: &Finding) -> Vec<(&'static str, String)> {
    let Some(evidence) = &head.evidence else { return Vec::new() };
    let long = |text: &Untrusted| code(&clip(text.as_found(), 4 * LONG));
    let mut known: Vec<_> = [("Name", &evidence.server), ("Runs", &evidence.command), ("Set to", &evidence.value)]
        .into_iter()
        .filter_map(|(name, text)| Some((name, long(text.as_ref()?))))
        .collect();
    let why: Vec<_> = evidence.why.iter().take(8).map(|reason| clip(reason, LONG)).collect();
    known.extend((!why.is_empty()).then(|| ("Why", words(&why.join("; ")))));
    known
}

fn step(sheet: &Sheet<'_>, group: &Group<'_>) -> String {
    let next = Next::of(sheet.report, group);
    let command = next.command.as_deref().map(code).unwrap_or_default();
    let rule = sheet.report.rules.get(&group.head.rule);
    let remedy = match next.remedy {
        None => return command,
        Some(Remedy::Url(url)) => {
            let ours = is_web(url) && rule.is_some_and(|rule| rule.remedy == url);
            format!("replace and revoke it: {}", if ours { link(url) } else { code(url) })
        }
        Some(Remedy::Command(command)) => format!("replace and revoke it: {}", code(&clip(command, 2 * LONG))),
        Some(Remedy::Sentence(advice)) => words(&clip(advice, 2 * LONG)),
    };
    if command.is_empty() { capital(&remedy) } else { format!("{command}, then: {remedy}") }
}

/// What was hidden, what could not be read, what was looked at.
fn closing(sheet: &Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = sheet.report;
    if sheet.options.show_suppressed && !report.suppressed.is_empty() {
        out.write_all(b"\n## Suppressed\n\n")?;
        for one in &report.suppressed {
            let title = words(&clip(&one.finding.title, 2 * LONG));
            let reason = code(&clip(one.reason.as_found(), 2 * LONG));
            let place = location(sheet, &one.finding.location);
            writeln!(out, "- {}: {title}, {place}, by {}: {reason}", one.finding.severity, one.by)?;
        }
    }
    let listed = |error: &&ReadError| sheet.options.verbose > 0 || !error.incidental;
    let mut errors = report.errors.iter().filter(listed).peekable();
    if errors.peek().is_some() {
        out.write_all(b"\n## Could not look\n\n")?;
    }
    for error in errors {
        writeln!(out, "- {}: {}", code(&sheet.paths.short(&error.path)), words(&error.skip.reason()))?;
    }
    let mut sentences = vec![looked::at(report)];
    sentences.extend(looked::past(report, sheet.options.show_suppressed));
    sentences.extend(looked::cut(report));
    sentences.extend(looked::rules(report));
    sentences.extend(sheet.paths.foreign_home().map(|home| format!("Here ~ is {home}.")));
    sentences.push(looked::confined(report));
    write!(out, "\n## What was looked at\n\n{}\n", words(&sentences.join(" ")))?;
    for file in &report.scan.steered_by {
        write!(out, "\nSteered by {}\n", code(&sheet.paths.short(&file.path)))?;
    }
    for note in &sheet.options.notes {
        write!(out, "\nNote: {}\n", words(&clip(note.as_found(), 400)))?;
    }
    Ok(())
}
