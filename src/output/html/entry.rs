//! One entry: what it is, every place of it, what is known, and the one next step.

use super::super::markup::{html, is_web};
use super::super::prose::LONG;
use super::super::prose::group::Group;
use super::super::prose::next::{Next, Remedy};
use super::super::prose::numbers::{capital, clip, enumerate};
use super::super::prose::place::{exposure, inside};
use super::super::prose::reach;
use super::Sheet;
use super::head::sign;
use crate::model::{Confidence, Finding, Location, RuleText, Untrusted};
use std::fmt::Write as _;

pub(super) fn entry(sheet: &Sheet<'_>, group: &Group<'_>) -> String {
    let head = group.head;
    let open = if group.is_minor() { "" } else { " open" };
    let mut text = format!(
        "<details class=\"entry\" data-category=\"{}\"{open}>\n<summary>{} <span class=\"what\"><h3>{}</h3>",
        head.category.as_str(),
        sign(head.severity, head.severity.as_str()),
        html(&clip(group.name(), 2 * LONG))
    );
    if group.members.len() > 1 {
        let _ = write!(text, "<span class=\"many\"> in {} places</span>", group.members.len());
    }
    if let Some(secret) = &head.secret {
        let _ = write!(text, " <code>{}</code>", html(secret.redacted.as_str()));
    }
    if head.confidence != Confidence::High {
        let _ = write!(text, " <span class=\"soft\">({} confidence)</span>", head.confidence);
    }
    text += "</span></summary>\n<div class=\"body\">\n<ul class=\"places\">\n";
    for member in &group.members {
        text += &place(sheet, member);
    }
    text += "</ul>\n";
    text += &facts(&known(head));
    let _ = writeln!(text, "<p class=\"next\"><b>Next</b> {}</p>", next(sheet, group));
    let more = facts(&more(sheet, group));
    let _ = writeln!(
        text,
        "<details class=\"more\"><summary>More about it</summary>\n{more}</details>\n</div>\n</details>"
    );
    text
}

fn place(sheet: &Sheet<'_>, finding: &Finding) -> String {
    let mut text = format!(
        "<li class=\"place\" id=\"f-{}\" data-severity=\"{}\" data-surface=\"{}\" data-rule=\"{}\" data-path=\"{}\">{}",
        html(finding.id.as_str()),
        finding.severity.as_str(),
        html(&finding.surface),
        html(&finding.rule),
        html(&sheet.paths.short(&finding.location.path)),
        location(sheet, &finding.location)
    );
    for related in &finding.related {
        let _ = write!(text, "<span class=\"note\">with {}</span>", location(sheet, related));
    }
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    if !notes.is_empty() {
        let _ = write!(text, "<span class=\"note\">{}</span>", html(&enumerate(&notes)));
    }
    text + "</li>\n"
}

pub(super) fn location(sheet: &Sheet<'_>, location: &Location) -> String {
    let mut text = format!("<code class=\"path\">{}</code>", html(&sheet.paths.position(location)));
    if let Some(field) = &location.field {
        let _ = write!(text, " <code class=\"soft\">{}</code>", html(&clip(field.as_found(), LONG)));
    }
    if let Some(container) = &location.container {
        let _ = write!(text, " <span class=\"soft\">{}</span>", html(&inside(container)));
    }
    text
}

/// A fact's name and its value as markup.
type Fact = (&'static str, String);

fn facts(facts: &[Fact]) -> String {
    if facts.is_empty() {
        return String::new();
    }
    let mut text = String::from("<dl class=\"facts\">\n");
    for (name, value) in facts {
        let _ = writeln!(text, "<dt>{name}</dt><dd>{value}</dd>");
    }
    text + "</dl>\n"
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

/// What is known of the thing itself.
fn known(head: &Finding) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    if let Some(evidence) = &head.evidence {
        let long = |text: &Untrusted| code(&clip(text.as_found(), 4 * LONG));
        facts.extend(evidence.server.as_ref().map(|server| ("Name", long(server))));
        facts.extend(evidence.command.as_ref().map(|command| ("Runs", long(command))));
        facts.extend(evidence.value.as_ref().map(|value| ("Set to", long(value))));
        let why: Vec<_> = evidence.why.iter().take(8).map(|reason| clip(reason, LONG)).collect();
        facts.extend((!why.is_empty()).then(|| ("Why", html(&why.join("; ")))));
    }
    facts.extend(reach::sentence(head).map(|text| ("Could take", html(&text))));
    if let Some(secret) = &head.secret {
        let attributes: Vec<_> = secret
            .attributes
            .iter()
            .map(|(name, value)| format!("{} {}", clip(&name.replace('_', " "), 40), clip(value.as_found(), 60)))
            .collect();
        facts.extend((!attributes.is_empty()).then(|| ("Known", html(&attributes.join(", ")))));
        let failed: Vec<_> = secret.checks.iter().filter_map(|check| check.strip_prefix("failed:")).collect();
        facts.extend((!failed.is_empty()).then(|| ("Check", html(&format!("{} does not fit", enumerate(&failed))))));
    }
    facts
}

/// What a reader may want to look up.
fn more(sheet: &Sheet<'_>, group: &Group<'_>) -> Vec<Fact> {
    const IDS: usize = 16;
    let (report, head) = (sheet.report, group.head);
    let mut facts: Vec<Fact> = Vec::new();
    let rule = report.rules.get(&head.rule);
    facts.extend(rule.filter(|rule| !rule.impact.is_empty()).map(|rule| ("Impact", html(&rule.impact))));
    let campaigns: Vec<_> =
        group.campaigns().into_iter().map(|id| report.campaigns.get(id).map_or(id, String::as_str)).collect();
    facts.extend((!campaigns.is_empty()).then(|| ("Taken by", html(&enumerate(&campaigns)))));
    let since = group.members.iter().filter_map(|member| member.exposure.as_ref()?.modified_at.as_deref()).min();
    facts.extend(since.and_then(|since| since.get(..10)).map(|day| ("Since", html(day))));
    facts.push(("Rule", code(&head.rule)));
    let ids: Vec<_> = group.members.iter().take(IDS).map(|member| code(member.id.as_str())).collect();
    facts.push(("Id", ids.join(" ")));
    facts.extend(head.secret.as_ref().map(|secret| ("Fingerprint", code(secret.fingerprint.as_str()))));
    let sources: Vec<_> = rule.map(|rule| rule.references.iter().map(|url| link(url)).collect()).unwrap_or_default();
    facts.extend((!sources.is_empty()).then(|| ("Sources", sources.join("<br>"))));
    facts
}

/// A link that shows where it leads; text of rule data only.
fn link(url: &str) -> String {
    if is_web(url) { format!("<a href=\"{0}\" rel=\"noopener noreferrer\">{0}</a>", html(url)) } else { code(url) }
}

fn next(sheet: &Sheet<'_>, group: &Group<'_>) -> String {
    let next = Next::of(sheet.report, group);
    let text = next.command.as_deref().map(code).unwrap_or_default();
    let (then, replace) = match next.command {
        Some(_) => (", then: ", ", then replace and revoke it: "),
        None => ("", "Replace and revoke it: "),
    };
    match next.remedy {
        // Only an address that the rule itself names is made a link.
        Some(Remedy::Url(url)) if sheet.report.rules.get(&group.head.rule).is_some_and(|rule| names(rule, url)) => {
            text + replace + &link(url)
        }
        Some(Remedy::Url(url)) => text + replace + &code(url),
        Some(Remedy::Command(command)) => text + replace + &code(&clip(command, 2 * LONG)),
        Some(Remedy::Sentence(advice)) if text.is_empty() => html(&capital(&clip(advice, 2 * LONG))),
        Some(Remedy::Sentence(advice)) => text + then + &html(&clip(advice, 2 * LONG)),
        None => text,
    }
}

fn names(rule: &RuleText, url: &str) -> bool {
    rule.remedy == url || rule.references.iter().any(|reference| reference == url)
}
