//! A rule in words, for `caulk explain` and the documentation. Knows no finding.

use super::RulePack;
use super::rule::{AuditText, Campaign, Recipe, Rule, Setting, Str};
use crate::model::{Category, RuleText, Severity};
use std::fmt::Write as _;

/// What a rule, a setting, an audit or a known stealer says of itself in a report.
#[must_use]
pub fn text(pack: &RulePack, id: &str) -> Option<RuleText> {
    let owned = |list: &[Str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    if let Some(rule) = pack.find(id).map(|index| pack.rule(index)) {
        return Some(RuleText {
            title: rule.title.to_string(),
            category: rule.category,
            severity: rule.severity,
            confidence: Some(rule.confidence),
            impact: rule.impact.to_string(),
            remedy: rule.revoke.to_string(),
            references: owned(&rule.references),
        });
    }
    if let Some(setting) = pack.settings().iter().find(|setting| setting.id == id) {
        return Some(RuleText {
            title: setting.title.to_string(),
            category: setting.category,
            severity: setting.severity,
            confidence: None,
            impact: setting.impact.to_string(),
            remedy: setting.advice.to_string(),
            references: owned(&setting.references),
        });
    }
    if let Some(audit) = pack.audit_text(id) {
        return Some(RuleText {
            title: audit.title.to_string(),
            category: audit.category,
            severity: audit.severity,
            confidence: None,
            impact: audit.impact.to_string(),
            remedy: audit.advice.to_string(),
            references: owned(&audit.references),
        });
    }
    let campaign = pack.campaigns().find(|campaign| campaign.id == id)?;
    Some(RuleText {
        title: format!("Trace of {}", campaign.title),
        category: Category::Compromise,
        severity: Severity::Critical,
        confidence: None,
        impact: format!("{} is a known stealer of credentials, first seen {}.", campaign.title, campaign.date),
        remedy: campaign.response.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" "),
        references: owned(&campaign.references),
    })
}

/// The rule as Markdown: what it is, why it matters, how to revoke, sources.
#[must_use]
pub fn markdown(rule: &Rule) -> String {
    let mut out = format!("## {}\n\n`{}` · {} · {}", rule.title, rule.id, rule.vendor, rule.severity);
    let _ = writeln!(out, " · confidence {}", rule.confidence);
    for old in rule.supersedes.iter() {
        let _ = writeln!(out, "\nReplaces `{old}`.");
    }
    if rule.public {
        out.push_str("\nPublic by design: it is listed so that nobody has to wonder, and needs no action.\n");
    }
    if rule.dead {
        out.push_str("\nThe vendor no longer accepts this kind; delete what is left of it.\n");
    }
    section(&mut out, "Why it matters", &rule.impact);
    section(&mut out, "How to revoke or rotate", &command_or_url(&rule.revoke));
    if !rule.check.is_empty() {
        section(
            &mut out,
            "How sure",
            &format!(
                "The value carries a structure that is checked offline (`{}`); one that fails is at most low.",
                rule.check
            ),
        );
    }
    if !rule.pair.is_empty() {
        section(&mut out, "Belongs with", &format!("`{}`: the two halves are one finding.", rule.pair));
    }
    sources(&mut out, rule.references.iter().map(AsRef::as_ref));
    out
}

/// A setting as Markdown.
#[must_use]
pub fn setting_markdown(setting: &Setting) -> String {
    let mut out = format!("## {}\n\n`{}` · {} · {}\n", setting.title, setting.id, setting.product, setting.severity);
    if !setting.versions.is_empty() {
        let _ = writeln!(out, "\nVersions: {}.", setting.versions);
    }
    section(&mut out, "Why it matters", &setting.impact);
    section(&mut out, "What to do", &setting.advice);
    let mend = match &*setting.mend {
        "" => String::new(),
        "remove" => "Takes it out of the file.".to_owned(),
        value => format!("Sets it to `{}`.", value.trim_matches('"')),
    };
    section(&mut out, "What `caulk fix` does", &mend);
    sources(&mut out, setting.references.iter().map(AsRef::as_ref));
    out
}

/// A coded audit as Markdown.
#[must_use]
pub fn audit_markdown(audit: &AuditText) -> String {
    let mut out = format!("## {}\n\n`{}` · {} · {}\n", audit.title, audit.id, audit.category, audit.severity);
    section(&mut out, "Why it matters", &audit.impact);
    section(&mut out, "What to do", &audit.advice);
    sources(&mut out, audit.references.iter().map(AsRef::as_ref));
    out
}

/// A campaign as Markdown: what it takes, what it leaves, and what to do in which order.
#[must_use]
pub fn campaign_markdown(campaign: &Campaign) -> String {
    let mut out =
        format!("## {}\n\n`{}` · known stealer · first seen {}\n", campaign.title, campaign.id, campaign.date);
    let list = |items: &[Str]| items.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ");
    if campaign.sweeps_home {
        section(&mut out, "What it takes", "It runs a secret scanner over the home: every token such a scanner knows.");
    }
    if !campaign.harvests.is_empty() {
        section(&mut out, "Places it looks in", &list(&campaign.harvests));
    }
    if !campaign.variables.is_empty() {
        section(&mut out, "Variables it takes", &list(&campaign.variables));
    }
    for artifact in campaign.artifacts.iter() {
        let places = if artifact.path.is_empty() { list(&artifact.anywhere) } else { format!("`{}`", artifact.path) };
        section(&mut out, "Leaves behind", &format!("{places}: {} ({})", artifact.what, artifact.told_by()));
    }
    for (step, what) in campaign.response.iter().enumerate() {
        section(&mut out, &format!("Step {}", step + 1), what);
    }
    sources(&mut out, campaign.references.iter().map(AsRef::as_ref));
    out
}

/// A recipe as Markdown: what it moves, and what to do by hand.
#[must_use]
pub fn recipe_markdown(recipe: &Recipe) -> String {
    let mut out = format!("## {}: `{}`\n\nrecipe of `caulk fix`\n", recipe.product, recipe.id);
    section(&mut out, "What it does", &recipe.summary);
    let fields = recipe.fields.iter().map(|field| format!("`{field}`")).collect::<Vec<_>>().join(", ");
    section(&mut out, "Fields", &fields);
    let rules = recipe.rules.iter().map(|rule| format!("`{rule}`")).collect::<Vec<_>>().join(", ");
    section(&mut out, "Mends", &rules);
    section(&mut out, "Versions", &recipe.versions);
    section(&mut out, "By hand", &recipe.manual);
    sources(&mut out, recipe.references.iter().map(AsRef::as_ref));
    out
}

/// A Markdown table of rules, worst first, then by id.
#[must_use]
pub fn table<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> String {
    let mut rows: Vec<&Rule> = rules.into_iter().collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let mut out = String::from("| rule | what | severity |\n| --- | --- | --- |\n");
    for rule in rows {
        let _ = writeln!(out, "| `{}` | {} | {} |", rule.id, rule.title.replace('|', "\\|"), rule.severity);
    }
    out
}

fn section(out: &mut String, title: &str, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "\n**{title}.** {text}");
    }
}

fn sources<'a>(out: &mut String, references: impl Iterator<Item = &'a str>) {
    for (number, url) in references.enumerate() {
        out.push_str(if number == 0 { "\nSources:\n" } else { "" });
        let _ = writeln!(out, "- <{url}>");
    }
}

/// A URL as a link, a command as code, a sentence as it is.
fn command_or_url(text: &str) -> String {
    if text.starts_with("https://") && !text.contains(' ') { format!("<{text}>") } else { text.to_owned() }
}
