//! Findings put together as a reader thinks of them: one entry for one secret, however many copies
//! of it lie about, and one for one program or setting, however many files name it.

use crate::model::{Category, Evidence, Finding, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// Findings that are one thing to the reader; never empty.
pub(in crate::output) struct Group<'a> {
    /// The worst of them, which speaks for all.
    pub(in crate::output) head: &'a Finding,
    /// All of them, in order of the report.
    pub(in crate::output) members: Vec<&'a Finding>,
}

/// What makes two findings one entry.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Secret(&'a str),
    Thing(&'a str, &'a str, [&'a str; 3]),
}

/// The groups of a report, worst first, else in order of their first member.
pub(in crate::output) fn groups(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut index: BTreeMap<(Category, Key<'_>), usize> = BTreeMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for finding in findings {
        let at = *index.entry((finding.category, key(finding))).or_insert(groups.len());
        match groups.get_mut(at) {
            None => groups.push(Group { head: finding, members: vec![finding] }),
            Some(group) => {
                group.members.push(finding);
                if finding.severity > group.head.severity {
                    group.head = finding;
                }
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.head.severity));
    groups
}

fn key(finding: &Finding) -> Key<'_> {
    if let Some(secret) = &finding.secret {
        return Key::Secret(secret.fingerprint.as_str());
    }
    let part = |get: fn(&Evidence) -> Option<&crate::model::Untrusted>| {
        finding.evidence.as_ref().and_then(get).map_or("", |text| text.as_found())
    };
    let evidence = [part(|e| e.server.as_ref()), part(|e| e.command.as_ref()), part(|e| e.value.as_ref())];
    Key::Thing(&finding.rule, &finding.title, evidence)
}

impl Group<'_> {
    /// What the entry is called: the title, or without its place where there are several.
    pub(in crate::output) fn name(&self) -> &str {
        let same = self.members.iter().all(|member| member.title == self.head.title);
        if self.members.len() == 1 || (same && self.head.secret.is_none()) {
            &self.head.title
        } else {
            kind(&self.head.title)
        }
    }

    /// Low and info are shown as a count unless all is asked for.
    pub(in crate::output) fn is_minor(&self) -> bool {
        self.head.severity <= Severity::Low
    }

    /// A short name that sums up with others of its kind: `GitHub token`, `AWS key`.
    ///
    /// Rule ids open with the vendor and titles name it in its own spelling, so no list of vendors
    /// is needed here.
    pub(in crate::output) fn label(&self) -> String {
        let kind = kind(&self.head.title);
        // What a title says after the name is too much for a list: `Private key without a passphrase`.
        let kind = kind.split_once(" without ").map_or(kind, |(name, _)| name);
        let kind = kind.split_once(", ").map_or(kind, |(name, _)| name);
        let noun = NOUNS.iter().filter_map(|noun| Some((last_word(kind, noun)?, noun))).max();
        let vendor = self.head.rule.split('-').next().unwrap_or_default();
        let opening = kind.split(' ').next().unwrap_or_default();
        let named = opening.to_lowercase().split(|c: char| !c.is_alphanumeric()).collect::<String>() == vendor;
        if named && kind != opening && !GENERIC.contains(&vendor) {
            let noun = noun.map_or("secret", |(_, noun)| noun);
            return format!("{opening} {noun}");
        }
        // "SSH" and "JWT" keep their capitals, "Private key" does not.
        let mut letters = opening.chars();
        match (letters.next(), letters.next()) {
            (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
                format!("{}{}", first.to_lowercase(), &kind[first.len_utf8()..])
            }
            _ => kind.to_owned(),
        }
    }

    /// The campaigns that take at least one of the copies.
    pub(in crate::output) fn campaigns(&self) -> BTreeSet<&str> {
        self.members.iter().flat_map(|member| &member.harvested_by).map(String::as_str).collect()
    }
}

/// Words that name what sort of secret it is; in a title the last one counts.
const NOUNS: &[&str] = &["token", "key", "password", "secret", "cookie", "credential", "certificate", "webhook"];

/// First words of rule ids that are no vendor.
const GENERIC: &[&str] =
    &["private", "generic", "password", "basic", "database", "url", "api", "secret", "bearer", "session", "bare"];

fn last_word(text: &str, word: &str) -> Option<usize> {
    let words: Vec<_> = text.split(|c: char| !c.is_alphanumeric()).collect();
    words.iter().rposition(|part| part.strip_suffix('s').unwrap_or(part) == word)
}

/// The title without its place: titles are `KIND in PLACE`.
pub(in crate::output) fn kind(title: &str) -> &str {
    title.rsplit_once(" in ").map_or(title, |(kind, _)| kind)
}
