//! One entry: what it is, where it lies, who else gets at it, and the one next step.

use super::super::prose::group::Group;
use super::super::prose::next::{Next, Remedy};
use super::super::prose::numbers::{clip, count, enumerate, thousands};
use super::super::prose::place::{exposure, inside};
use super::super::prose::reach;
use super::super::prose::{LONG, glyph};
use super::page::Page;
use super::text::{Piece, plain, styled, whole};
use crate::model::{Confidence, Finding, Location};
use std::collections::BTreeMap;

/// Places of one secret that are listed without `--verbose`.
const PLACES: usize = 5;

/// The whole entry.
pub(super) fn entry(page: &Page<'_>, group: &Group<'_>) -> String {
    let mut text = heading(page, group);
    let shown = if page.verbose() || group.members.len() == PLACES + 1 { group.members.len() } else { PLACES };
    for member in group.members.iter().take(shown) {
        text += &place(page, member);
    }
    let rest = group.members.len().saturating_sub(shown);
    if rest > 0 {
        let more = format!("and {}, see --verbose or --format json", count(rest, "more place"));
        text += &page.paragraph("    ", 4, &[styled(page.dim(), more)]);
    }
    text += &facts(page, group);
    text += &next(page, group);
    text
}

fn heading(page: &Page<'_>, group: &Group<'_>) -> String {
    let head = group.head;
    let severity = head.severity;
    let style = page.severity(severity);
    let first = format!("{style}{} {:<8}{style:#}  ", glyph(severity), severity.as_str());
    let mut pieces = vec![styled(page.bold(), clip(group.name(), LONG))];
    if group.members.len() > 1 {
        pieces.push(plain(format!(", in {} places", group.members.len())));
    }
    if let Some(secret) = &head.secret {
        pieces.push(plain(": "));
        pieces.push(styled(page.dim(), clip(secret.redacted.as_str(), LONG)));
    }
    if head.confidence != Confidence::High {
        pieces.push(styled(page.dim(), format!(" ({} confidence)", head.confidence)));
    }
    // The styles of `first` take no columns, so the line is laid out without them.
    let bare = format!("{} {:<8}  ", glyph(severity), severity.as_str());
    page.paragraph(&bare, 4, &pieces).replacen(&bare, &first, 1)
}

fn place(page: &Page<'_>, finding: &Finding) -> String {
    let mut text = page.paragraph("    ", 6, &location(page, &finding.location));
    for related in &finding.related {
        let mut pieces = vec![styled(page.dim(), "with ")];
        pieces.extend(location(page, related));
        text += &page.paragraph("      ", 8, &pieces);
    }
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    if !notes.is_empty() {
        text += &page.paragraph("      ", 8, &[plain(enumerate(&notes))]);
    }
    text
}

/// Path, line and column, field, and what the value lies inside of.
pub(super) fn location(page: &Page<'_>, location: &Location) -> Vec<Piece> {
    let mut pieces = vec![whole(page.path_style(), page.paths.position(location))];
    if let Some(field) = &location.field {
        pieces.push(plain(format!("  {}", clip(field.as_found(), LONG))));
    }
    if let Some(container) = &location.container {
        pieces.push(styled(page.dim(), format!(" {}", inside(container))));
    }
    pieces
}

/// What else is known: what runs, why it counts, and with `--verbose` all the rest.
fn facts(page: &Page<'_>, group: &Group<'_>) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(evidence) = &group.head.evidence {
        let long = |text: &crate::model::Untrusted| clip(text.as_found(), LONG);
        lines.extend(evidence.server.as_ref().map(|server| ("name", long(server))));
        lines.extend(evidence.command.as_ref().map(|command| ("runs", long(command))));
        lines.extend(evidence.value.as_ref().map(|value| ("set to", long(value))));
        let why: Vec<_> = evidence.why.iter().take(8).map(|reason| clip(reason, LONG)).collect();
        lines.extend((!why.is_empty()).then(|| ("why", why.join("; "))));
    }
    lines.extend(reach::sentence(group.head).map(|text| ("could take", text)));
    if let Some(secret) = &group.head.secret {
        let known: Vec<_> = secret
            .attributes
            .iter()
            .filter(|(name, _)| page.verbose() || matches!(name.as_str(), "account" | "expires_at"))
            .map(|(name, value)| format!("{} {}", clip(&name.replace('_', " "), 40), clip(value.as_found(), 60)))
            .collect();
        lines.extend((!known.is_empty()).then(|| ("known", known.join(", "))));
        let failed: Vec<_> = secret.checks.iter().filter_map(|check| check.strip_prefix("failed:")).collect();
        lines.extend((!failed.is_empty()).then(|| ("check", format!("{} does not fit", enumerate(&failed)))));
    }
    if page.verbose() {
        let campaigns: Vec<_> = group.campaigns().into_iter().collect();
        lines.extend((!campaigns.is_empty()).then(|| ("taken by", enumerate(&campaigns))));
        lines.push(("rule", group.head.rule.clone()));
        lines.push(("id", group.members.iter().take(16).map(|m| m.id.as_str()).collect::<Vec<_>>().join(" ")));
    }
    lines.iter().map(|(name, text)| labelled(page, name, &[plain(text.clone())])).collect()
}

fn labelled(page: &Page<'_>, name: &str, text: &[Piece]) -> String {
    let mut pieces = vec![styled(page.dim(), format!("{name}: "))];
    pieces.extend(text.iter().cloned());
    page.paragraph("    ", 6, &pieces)
}

fn next(page: &Page<'_>, group: &Group<'_>) -> String {
    let next = Next::of(page.report, group);
    let (then, replace) = match next.command {
        Some(_) => (", then: ", ", then replace and revoke it: "),
        None => ("", "replace and revoke it: "),
    };
    let mut step: Vec<_> = next.command.map(|command| whole(page.bold(), command)).into_iter().collect();
    match next.remedy {
        Some(Remedy::Url(url)) => step.extend([plain(replace), whole(page.bold(), url)]),
        // A sentence of its own says what to do; a command needs to be told what it is for.
        Some(Remedy::Sentence(advice)) => step.push(plain(format!("{then}{}", clip(advice, 2 * LONG)))),
        Some(Remedy::Command(command)) => step.extend([plain(replace), styled(page.bold(), clip(command, 2 * LONG))]),
        None => {}
    }
    if let Some(summary) = next.summary.filter(|_| page.verbose()) {
        step.push(plain(format!(" ({})", clip(summary, 2 * LONG))));
    }
    labelled(page, "next", &step)
}

/// Minor findings as counts by rule, worst first.
pub(super) fn minor(page: &Page<'_>, groups: &[&Group<'_>]) -> String {
    const RULES: usize = 8;
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for group in groups {
        *counts.entry((std::cmp::Reverse(group.head.severity), group.head.rule.as_str())).or_default() += 1;
    }
    let shown = if counts.len() == RULES + 1 { RULES + 1 } else { RULES };
    let mut text = String::new();
    for ((severity, rule), number) in counts.iter().take(shown) {
        let bare = format!("{} {:<8}  ", glyph(severity.0), severity.0.as_str());
        text += &page.paragraph(&bare, 4, &[plain(format!("{number} {}", clip(rule, 80)))]);
    }
    let rest: usize = counts.values().skip(shown).sum();
    if rest > 0 {
        text += &page.paragraph("  ", 4, &[plain(format!("and {} of other rules", thousands(rest as u64)))]);
    }
    text
}
