//! `tool.driver`: the program, the rules that have a result, and the notifications it can give.

use super::super::markup;
use super::super::prose::group::kind;
use super::super::prose::next::Remedy;
use super::super::wire::ToolWire;
use super::message::{Message, sentence};
use crate::model::{Category, Confidence, Finding, RuleText, ScanReport, Severity};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The rules that have a result, in order of id: that order is their index.
pub(super) struct Rules<'a>(BTreeMap<&'a str, (usize, RuleText)>);

impl<'a> Rules<'a> {
    pub(super) fn of(report: &ScanReport, findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut rules = BTreeMap::new();
        for finding in findings {
            let text = || report.rules.get(&finding.rule).cloned().unwrap_or_else(|| bare(finding));
            rules.entry(finding.rule.as_str()).or_insert_with(|| (0, text()));
        }
        for (index, (place, _)) in rules.values_mut().enumerate() {
            *place = index;
        }
        Self(rules)
    }

    pub(super) fn index(&self, id: &str) -> Option<usize> {
        self.0.get(id).map(|(index, _)| *index)
    }
}

/// What a finding tells of a rule that left no text.
fn bare(finding: &Finding) -> RuleText {
    RuleText {
        title: kind(&finding.title).to_owned(),
        category: finding.category,
        severity: finding.severity,
        ..RuleText::default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Driver<'a> {
    name: &'static str,
    full_name: String,
    version: &'static str,
    semantic_version: &'static str,
    language: &'static str,
    short_description: Message,
    rules: Vec<Descriptor<'a>>,
    notifications: Vec<Notice>,
    properties: ToolWire<'a>,
}

impl<'a> Driver<'a> {
    pub(super) fn of(report: &'a ScanReport, rules: &Rules<'a>) -> Self {
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        Self {
            name: env!("CARGO_PKG_NAME"),
            full_name: format!("{} {VERSION}", env!("CARGO_PKG_NAME")),
            version: VERSION,
            semantic_version: VERSION,
            language: "en-US",
            short_description: Message::new(env!("CARGO_PKG_DESCRIPTION")),
            rules: rules.0.iter().map(|(id, (_, text))| Descriptor::of(id, text, report.watcher)).collect(),
            notifications: super::invocation::NOTICES.iter().map(|(id, text)| Notice::of(id, text)).collect(),
            properties: ToolWire::of(&report.pack),
        }
    }
}

/// A notification that the program can give.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notice {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    short_description: Message,
    full_description: Message,
    help: Message,
}

impl Notice {
    fn of(id: &'static str, text: &str) -> Self {
        let [short_description, full_description] = [Message::new(text), Message::new(text)];
        let help = Message::with_markdown(text, markup::words(text));
        Self { id, name: name(id), short_description, full_description, help }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    short_description: Message,
    full_description: Message,
    help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
    rank: f64,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<&'static str>,
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
}

impl<'a> Descriptor<'a> {
    fn of(id: &'a str, text: &RuleText, watcher: bool) -> Self {
        // While a watcher stands, nothing may invite anybody to revoke.
        let hold = watcher && text.category == Category::Credential;
        let help = Help::of(text, hold);
        let full = if text.impact.is_empty() { &text.title } else { &text.impact };
        let remedy = Some(text.remedy.as_str()).filter(|_| !hold);
        let help_uri = text.references.iter().map(String::as_str).chain(remedy).find(|url| markup::is_web(url));
        Self {
            id,
            name: name(id),
            short_description: Message::new(&text.title),
            full_description: Message::new(full),
            help: Message::with_markdown(&help.text, help.markdown),
            help_uri: help_uri.map(str::to_owned),
            default_configuration: Configuration { level: level(text.severity), rank: rank(text.severity) },
            properties: Properties {
                tags: tags(text.category),
                precision: text.confidence.map(Confidence::as_str),
                security_severity: score(text.severity),
            },
        }
    }
}

/// Why it matters, what to do, and sources, twice.
#[derive(Default)]
struct Help {
    text: String,
    markdown: String,
}

impl Help {
    fn of(rule: &RuleText, hold: bool) -> Self {
        let mut help = Self::default();
        help.add("Why it matters", &sentence(&rule.impact), &markup::words(&sentence(&rule.impact)));
        match Remedy::read(&rule.remedy) {
            _ if hold => {
                let wait = "Leave it as it is until the watcher on this machine is gone.";
                help.add("What to do", wait, wait);
            }
            Some(Remedy::Url(url)) => {
                let step = "Replace and revoke it:";
                help.add("What to do", &format!("{step} {url}"), &format!("{step} {}", markup::link(url)));
            }
            Some(Remedy::Command(command)) => {
                let step = "Replace and revoke it:";
                help.add("What to do", &format!("{step} {command}"), &format!("{step} {}", markup::code(command)));
            }
            Some(Remedy::Sentence(advice)) => {
                help.add("What to do", &sentence(advice), &markup::words(&sentence(advice)));
            }
            None => {}
        }
        if !rule.references.is_empty() {
            let links: Vec<_> = rule.references.iter().map(|url| markup::link(url)).collect();
            help.add("Sources", &rule.references.join(" , "), &links.join(", "));
        }
        if help.text.is_empty() {
            help.add("What it finds", &sentence(&rule.title), &markup::words(&sentence(&rule.title)));
        }
        help
    }

    fn add(&mut self, title: &str, text: &str, markdown: &str) {
        if text.is_empty() {
            return;
        }
        let (gap, break_) = if self.text.is_empty() { ("", "") } else { (" ", "\n\n") };
        let _ = write!(self.text, "{gap}{title}: {text}");
        let _ = write!(self.markdown, "{break_}**{title}.** {markdown}");
    }
}

/// `npm-access-token` as `NpmAccessToken`; a name that says no more than the id is left out.
fn name(id: &str) -> Option<String> {
    let mut name = String::with_capacity(id.len());
    for part in id.split(|c: char| !c.is_alphanumeric()) {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    (!name.eq_ignore_ascii_case(id)).then_some(name)
}

pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Importance from 0 to 100, since `level` has fewer steps than severities.
pub(super) const fn rank(severity: Severity) -> f64 {
    match severity {
        Severity::Critical => 95.0,
        Severity::High => 80.0,
        Severity::Medium => 55.0,
        Severity::Low => 25.0,
        Severity::Info => 5.0,
    }
}

/// A score whose bands are GitHub's: above 9 critical, from 7 high, from 4 medium.
const fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.0",
    }
}

/// The category, and for what lies in the clear the weakness by its number (CWE-312).
fn tags(category: Category) -> Vec<&'static str> {
    let mut tags = vec!["security", category.as_str()];
    if category == Category::Credential {
        tags.push("external/cwe/cwe-312");
    }
    tags
}
