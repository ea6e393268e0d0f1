//! The last paragraphs: what could not be read, what was hidden, what was looked at, what to do next.

use super::super::prose::group::Group;
use super::super::prose::numbers::{clip, count};
use super::super::prose::{LONG, STOP, looked, next};
use super::super::watcher;
use super::entry::location;
use super::page::Page;
use super::text::{plain, styled, whole};
use crate::model::Severity;

/// Errors and suppressed findings that are listed without `--verbose`.
const LISTED: usize = 12;

/// What to do before anything else, while a stealer's watcher stands.
pub(super) fn banner(page: &Page<'_>) -> String {
    let style = page.severity(Severity::Critical);
    let mut text = page.paragraph("", 0, &[styled(style, STOP)]);
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
        let title = format!("{}: {}", finding.severity, clip(&finding.title, LONG));
        text += &page.paragraph("  ", 6, &[plain(title)]);
        text += &page.paragraph("    ", 6, &location(page, &finding.location));
        let reason = format!("by {}: {}", one.by, clip(one.reason.as_found(), LONG));
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
    let mut sentences = vec![looked::at(page.report)];
    sentences.extend(looked::past(page.report, page.options.show_suppressed));
    sentences.extend(looked::cut(page.report));
    sentences.extend(looked::rules(page.report));
    if let Some(home) = page.paths.foreign_home() {
        sentences.push(format!("Here ~ is {home}."));
    }
    text += &page.paragraph("", 0, &[styled(page.dim(), sentences.join(" "))]);
    if page.verbose() {
        text += &confined(page);
    }
    let (command, remark) = next::overall(page.report, groups);
    text += &page.paragraph("", 0, &[plain("Run next: "), whole(page.bold(), command), plain(remark)]);
    text
}

fn confined(page: &Page<'_>) -> String {
    let mut text = page.paragraph("", 0, &[styled(page.dim(), looked::confined(page.report))]);
    for file in &page.report.scan.steered_by {
        text += &page.paragraph("", 2, &[plain("Steered by "), whole(page.path_style(), page.path(&file.path))]);
    }
    text
}
