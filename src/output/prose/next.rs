//! The one next step. While a stealer's watcher stands, nothing may invite anybody to revoke.

use super::super::watcher;
use super::LONG;
use super::group::Group;
use super::numbers::clip;
use crate::model::{Category, Finding, Fix, ScanReport};

/// What to do about one group.
pub(in crate::output) struct Next<'a> {
    /// A command of caulk's own, to be run first.
    pub(in crate::output) command: Option<String>,
    /// What to do after that, or instead.
    pub(in crate::output) remedy: Option<Remedy<'a>>,
    /// What the fix does, where that is not the step itself.
    pub(in crate::output) summary: Option<&'a str>,
}

/// What ends the use of a secret, or mends a setting.
#[derive(Clone, Copy)]
pub(in crate::output) enum Remedy<'a> {
    /// A page where it is replaced and revoked.
    Url(&'a str),
    /// A command that revokes it.
    Command(&'a str),
    /// A sentence of its own.
    Sentence(&'a str),
}

impl<'a> Next<'a> {
    /// The step in one sentence, without a period.
    fn in_words(&self) -> String {
        let remedy = self.remedy.map(|remedy| match remedy {
            Remedy::Url(text) | Remedy::Command(text) => format!("replace and revoke it: {text}"),
            Remedy::Sentence(text) => clip(text, 2 * LONG),
        });
        match (&self.command, remedy) {
            (Some(command), Some(remedy)) => format!("run {command}, then: {remedy}"),
            (Some(command), None) => format!("run {command}"),
            (None, remedy) => remedy.unwrap_or_default(),
        }
    }

    pub(in crate::output) fn of(report: &ScanReport, group: &Group<'a>) -> Self {
        let head = group.head;
        if report.watcher {
            let step = match head.category {
                Category::Credential => "leave it as it is until the safe order above is done",
                _ => "follow the safe order above",
            };
            return Self { command: None, remedy: Some(Remedy::Sentence(step)), summary: None };
        }
        let explain = || Some(format!("caulk explain {}", head.rule));
        let Some(fix) = &head.fix else {
            return Self { command: explain(), remedy: None, summary: None };
        };
        let mended = mendable(group);
        let command = mended.map(|(finding, _)| fix_command(finding));
        let remedy = Remedy::of(fix);
        let summary = Some(mended.map_or(&fix.summary, |(_, fix)| &fix.summary).as_str()).filter(|s| !s.is_empty());
        match (command, remedy) {
            (None, None) if !fix.summary.is_empty() => {
                Self { command: None, remedy: Some(Remedy::Sentence(&fix.summary)), summary: None }
            }
            (None, None) => Self { command: explain(), remedy: None, summary: None },
            (command, remedy) => Self { command, remedy, summary },
        }
    }
}

impl<'a> Remedy<'a> {
    /// How the secret of a finding is revoked, where that is known.
    pub(in crate::output) fn of(fix: &'a Fix) -> Option<Self> {
        fix.rotate_url.as_deref().and_then(Self::read)
    }

    /// Tells a URL, a sentence and a command apart: rule data has one field for all three.
    pub(in crate::output) fn read(text: &'a str) -> Option<Self> {
        match text {
            "" => None,
            url if url.starts_with("https://") || url.starts_with("http://") => Some(Self::Url(url)),
            advice if is_sentence(advice) => Some(Self::Sentence(advice)),
            command => Some(Self::Command(command)),
        }
    }
}

/// The step for formats that tell each finding by itself: there the safe order stands nowhere above it.
pub(in crate::output) fn by_itself(report: &ScanReport, finding: &Finding) -> String {
    if report.watcher {
        return watcher::safe_order(&report.host.os).first().copied().unwrap_or_default().to_owned();
    }
    Next::of(report, &Group { head: finding, members: vec![finding] }).in_words()
}

/// The first place that `caulk fix` mends; it takes the secret's other places along.
pub(in crate::output) fn mendable<'a>(group: &Group<'a>) -> Option<(&'a Finding, &'a Fix)> {
    group.members.iter().find_map(|member| Some((*member, member.fix.as_ref().filter(|fix| fix.automatic)?)))
}

/// The command to go on with, and when to run it.
pub(in crate::output) fn overall(report: &ScanReport, groups: &[Group<'_>]) -> (String, &'static str) {
    if report.watcher {
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
        None if report.scan.complete => "caulk scan --deep".to_owned(),
        None => "caulk scan --verbose".to_owned(),
    };
    (command, "")
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
