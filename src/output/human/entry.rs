//! One entry: what it is, where it lies, who else gets at it, and the one next step.

use super::super::wire::octal;
use super::group::Group;
use super::page::{Page, glyph};
use super::text::{Piece, clip, count, enumerate, plain, styled, whole};
use crate::model::{Category, Confidence, ContainerKind, Exposure, Finding, Fix, GitState, Location};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Places of one secret that are listed without `--verbose`.
const PLACES: usize = 5;
/// Characters of a field, a command or a reason; files can be made to hold megabytes of them.
const LONG: usize = 160;

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
    let mut path = page.path(&location.path);
    if let Some(region) = location.region {
        let _ = write!(path, ":{}:{}", region.line, region.column);
    }
    let mut pieces = vec![whole(page.path_style(), path)];
    if let Some(field) = &location.field {
        pieces.push(plain(format!("  {}", clip(field.as_found(), LONG))));
    }
    let Some(container) = &location.container else { return pieces };
    let mut inside = match container.kind {
        ContainerKind::Sqlite => " in the database".to_owned(),
        ContainerKind::Leveldb => " in the application's storage".to_owned(),
        ContainerKind::Json => " in JSON inside a string".to_owned(),
        ContainerKind::Base64 => " in base64".to_owned(),
        ContainerKind::Environment => " in the environment of a running process".to_owned(),
    };
    match container.part {
        Some("free-space") => inside += ", deleted but still on disk",
        Some("superseded-page") => inside += ", overwritten but still on disk",
        Some("wal") => inside += ", in its write-ahead log",
        _ => {}
    }
    if let Some(table) = &container.table {
        let _ = write!(inside, ", table {}", clip(table.as_found(), 60));
    }
    if let Some(key) = &container.key {
        let _ = write!(inside, ", key {}", clip(key.as_found(), LONG));
    }
    pieces.push(styled(page.dim(), inside));
    pieces
}

fn exposure(exposure: &Exposure) -> Vec<String> {
    let mut notes = Vec::new();
    if exposure.others_can_read == Some(true) {
        notes.push(match exposure.mode {
            Some(mode) => format!("others can read it (mode {})", octal(mode)),
            None => "others can read it".to_owned(),
        });
    }
    if exposure.git == Some(GitState::Tracked) {
        notes.push("git tracks it".to_owned());
    }
    if let Some(product) = &exposure.synced_by {
        notes.push(format!("synced by {product}"));
    }
    if exposure.in_transcript {
        notes.push("in an AI transcript".to_owned());
    }
    if exposure.in_local_history {
        notes.push("in an old copy".to_owned());
    }
    notes
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

/// The one next step. While a watcher stands, nothing may invite anybody to revoke.
fn next(page: &Page<'_>, group: &Group<'_>) -> String {
    let head = group.head;
    if page.report.watcher {
        let step = match head.category {
            Category::Credential => "leave it as it is until the safe order above is done",
            _ => "follow the safe order above",
        };
        return labelled(page, "next", &[plain(step)]);
    }
    let Some(fix) = &head.fix else {
        return labelled(page, "next", &[whole(page.bold(), format!("caulk explain {}", head.rule))]);
    };
    let mut step = Vec::new();
    let mended = mendable(group);
    if let Some((finding, _)) = mended {
        step.push(whole(page.bold(), fix_command(finding)));
    }
    let (then, replace) = match mended {
        Some(_) => (", then: ", ", then replace and revoke it: "),
        None => ("", "replace and revoke it: "),
    };
    match &fix.rotate_url {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            step.extend([plain(replace), whole(page.bold(), url.clone())]);
        }
        // A sentence of its own says what to do; a command needs to be told what it is for.
        Some(advice) if is_sentence(advice) => step.push(plain(format!("{then}{}", clip(advice, 2 * LONG)))),
        Some(command) if !command.is_empty() => {
            step.extend([plain(replace), styled(page.bold(), clip(command, 2 * LONG))]);
        }
        _ if mended.is_some() => {}
        _ if !fix.summary.is_empty() => step.push(plain(clip(&fix.summary, 2 * LONG))),
        _ => step.push(whole(page.bold(), format!("caulk explain {}", head.rule))),
    }
    let summary = mended.map_or(&fix.summary, |(_, fix)| &fix.summary);
    if page.verbose() && (mended.is_some() || fix.rotate_url.is_some()) && !summary.is_empty() {
        step.push(plain(format!(" ({})", clip(summary, 2 * LONG))));
    }
    labelled(page, "next", &step)
}

/// The first place that `caulk fix` mends; it takes the secret's other places along.
pub(super) fn mendable<'a>(group: &Group<'a>) -> Option<(&'a Finding, &'a Fix)> {
    group.members.iter().find_map(|member| Some((*member, member.fix.as_ref().filter(|fix| fix.automatic)?)))
}

/// `caulk fix` for one finding; digits enough to name it.
fn fix_command(finding: &Finding) -> String {
    const DIGITS: usize = 12;
    let id = finding.id.as_str();
    format!("caulk fix {}", id.get(..DIGITS).unwrap_or(id))
}

/// Whether a text begins like a sentence: a capital, then small letters. `POST` and `docker` do not.
fn is_sentence(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
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
        text +=
            &page.paragraph("  ", 4, &[plain(format!("and {} of other rules", super::text::thousands(rest as u64)))]);
    }
    text
}
