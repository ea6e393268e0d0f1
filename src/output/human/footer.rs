//! The last paragraphs: what could not be read, what was hidden, what was looked at, what to do next.

use super::super::watcher;
use super::entry::{location, mendable};
use super::group::Group;
use super::page::Page;
use super::text::{bytes, clip, count, duration, enumerate, plain, styled, thousands, whole};
use crate::model::{Category, Severity};

/// Errors and suppressed findings that are listed without `--verbose`.
const LISTED: usize = 12;

/// What to do before anything else, while a stealer's watcher stands.
pub(super) fn banner(page: &Page<'_>) -> String {
    let style = page.severity(Severity::Critical);
    let stop = "Stop first: a known stealer's watcher is on this machine. It may act when a stolen token is \
                revoked, so the order matters.";
    let mut text = page.paragraph("", 0, &[styled(style, stop)]);
    for (nth, step) in watcher::safe_order(&page.report.host.os).into_iter().enumerate() {
        text += &page.paragraph(&format!("  {}. ", nth + 1), 5, &[plain(step)]);
    }
    text
}

/// Places that count and could not be read, and a count of the others.
pub(super) fn errors(page: &Page<'_>) -> String {
    let listed: Vec<_> = page.report.errors.iter().filter(|error| page.verbose() || !error.incidental).collect();
    let incidental = page.report.errors.len() - listed.len();
    if listed.is_empty() {
        return String::new();
    }
    let mut text = page.paragraph("", 0, &[styled(page.bold(), "Could not look")]);
    let limit = if page.verbose() { usize::MAX } else { LISTED };
    for error in listed.iter().take(limit) {
        let reason = plain(format!(": {}", error.skip.reason()));
        text += &page.paragraph("  ", 6, &[whole(page.path_style(), page.path(&error.path)), reason]);
    }
    if listed.len() > limit {
        let more = format!("and {}, see --verbose or --format json", count(listed.len() - limit, "more place"));
        text += &page.paragraph("  ", 4, &[styled(page.dim(), more)]);
    }
    if incidental > 0 {
        let others = format!("and {} that no credential is expected in", count(incidental, "other place"));
        text += &page.paragraph("  ", 4, &[styled(page.dim(), others)]);
    }
    text
}

/// What was hidden, by what, and the reason given.
pub(super) fn suppressed(page: &Page<'_>) -> String {
    let hidden = &page.report.suppressed;
    if !page.options.show_suppressed || hidden.is_empty() {
        return String::new();
    }
    let mut text = page.paragraph("", 0, &[styled(page.bold(), "Suppressed")]);
    let limit = if page.verbose() { usize::MAX } else { LISTED };
    for one in hidden.iter().take(limit) {
        let finding = &one.finding;
        let title = format!("{}: {}", finding.severity, clip(&finding.title, 160));
        text += &page.paragraph("  ", 6, &[plain(title)]);
        text += &page.paragraph("    ", 6, &location(page, &finding.location));
        let reason = format!("by {}: {}", one.by, clip(one.reason.as_found(), 160));
        text += &page.paragraph("    ", 6, &[styled(page.dim(), reason)]);
    }
    if hidden.len() > limit {
        let more = format!("and {} more, see --verbose or --format json", hidden.len() - limit);
        text += &page.paragraph("  ", 4, &[styled(page.dim(), more)]);
    }
    text
}

/// What was read and left out, and one command to go on with.
pub(super) fn footer(page: &Page<'_>, groups: &[Group<'_>]) -> String {
    let mut text = String::new();
    for note in &page.options.notes {
        text += &page.paragraph("", 2, &[plain(format!("Note: {}", clip(note.as_found(), 400)))]);
    }
    let mut sentences = vec![looked_at(page)];
    sentences.extend(left_out(page));
    if page.report.coverage.truncated > 0 {
        let cut = thousands(page.report.coverage.truncated);
        sentences.push(format!("Findings and errors over the limits, counted but not listed: {cut}."));
    }
    let pack = &page.report.pack;
    if !pack.date.is_empty() {
        sentences.push(format!("Rules of {} ({}).", pack.date, thousands(pack.rules as u64)));
    }
    if let Some(home) = page.other_home() {
        sentences.push(format!("Here ~ is {home}."));
    }
    text += &page.paragraph("", 0, &[styled(page.dim(), sentences.join(" "))]);
    if page.verbose() {
        text += &confined(page);
    }
    let (command, remark) = next_command(page, groups);
    text += &page.paragraph("", 0, &[plain("Run next: "), whole(page.bold(), command), plain(remark)]);
    text
}

fn looked_at(page: &Page<'_>) -> String {
    let coverage = &page.report.coverage;
    let seen = if coverage.files_seen > coverage.files_read {
        format!("Saw {} and read {}", count(coverage.files_seen, "file"), thousands(coverage.files_read))
    } else {
        format!("Read {}", count(coverage.files_read, "file"))
    };
    format!("{seen} ({}) in {}.", bytes(coverage.bytes_read), duration(page.report.scan.duration_ms))
}

fn left_out(page: &Page<'_>) -> Option<String> {
    let report = page.report;
    let incidental = report.errors.iter().filter(|error| error.incidental).count();
    let hidden = if page.options.show_suppressed { 0 } else { report.suppressed.len() };
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

fn confined(page: &Page<'_>) -> String {
    let scan = &page.report.scan;
    let held = match scan.confined.as_slice() {
        [] => "The scanner ran unconfined.".to_owned(),
        held => format!("The scanner was confined by {}.", enumerate(held)),
    };
    let mut text = page.paragraph("", 0, &[styled(page.dim(), held)]);
    for file in &scan.steered_by {
        text += &page.paragraph("", 2, &[plain("Steered by "), whole(page.path_style(), page.path(&file.path))]);
    }
    text
}

/// The command, and when to run it.
fn next_command(page: &Page<'_>, groups: &[Group<'_>]) -> (String, &'static str) {
    if page.report.watcher {
        // Why a credential should be revoked is no reading while that does harm.
        return match groups.iter().find(|group| group.head.category == Category::Compromise) {
            Some(group) => (format!("caulk explain {}", group.head.id), ""),
            None => ("caulk scan".to_owned(), ", once the watcher is gone"),
        };
    }
    let command = match groups.first() {
        // It shows what it would do, and asks.
        Some(_) if groups.iter().any(|group| mendable(group).is_some()) => "caulk fix".to_owned(),
        Some(group) => format!("caulk explain {}", group.head.id),
        None if page.report.scan.complete => "caulk scan --deep".to_owned(),
        None => "caulk scan --verbose".to_owned(),
    };
    (command, "")
}
