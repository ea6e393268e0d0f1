//! `[[allow]]`: what the user has looked at and accepted, each with a reason.
//!
//! Reading the config file is `cli`'s; here entries are checked and applied. An entry that has run
//! out hides nothing and is reported, and what is hidden is still counted.

use crate::model::{Finding, ScanReport, Suppressed, Untrusted};
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use std::path::Path;

/// One entry as written. All of its criteria must hold; at least one is needed.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AllowEntry {
    /// Glob over rule ids.
    #[serde(default)]
    pub rule: Option<String>,
    /// Glob over paths: `~/...` and relative ones start at a home, absolute ones at the root.
    #[serde(default)]
    pub path: Option<String>,
    /// A finding's id.
    #[serde(default)]
    pub id: Option<String>,
    /// A secret's fingerprint.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Why it is fine; required, and shown with what is hidden.
    #[serde(default)]
    pub reason: String,
    /// The last day it holds.
    #[serde(default)]
    pub until: Option<Until>,
}

/// A date as TOML writes it, with or without quotes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Until {
    /// `"2027-01-31"`
    Text(String),
    /// `2027-01-31`
    Date(toml::value::Datetime),
}

/// Why an entry cannot be used. `nth` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// It names nothing to allow.
    #[error("allow entry {nth} names no rule, path, id or fingerprint: it would hide everything")]
    Empty {
        /// Which entry.
        nth: usize,
    },
    /// It gives no reason.
    #[error("allow entry {nth} needs a reason")]
    NoReason {
        /// Which entry.
        nth: usize,
    },
    /// A glob that is none.
    #[error("allow entry {nth}: `{key}` is not a glob: {why}")]
    Glob {
        /// Which entry.
        nth: usize,
        /// Which of its keys.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A date that is none.
    #[error("allow entry {nth}: `until` is not a date such as 2027-01-31")]
    Date {
        /// Which entry.
        nth: usize,
    },
}

/// An entry that has run out but still fits something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Which entry, from 1.
    pub nth: usize,
    /// Its reason.
    pub reason: Untrusted,
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
    /// Findings it would have hidden.
    pub findings: usize,
}

impl Expired {
    /// One sentence for people.
    #[must_use]
    pub fn note(&self) -> String {
        let those =
            if self.findings == 1 { "1 finding is".to_owned() } else { format!("{} findings are", self.findings) };
        format!("allow entry {} ({}) ran out on {}; {those} listed again", self.nth, self.reason, self.until)
    }
}

/// The checked entries.
pub struct Allow {
    entries: Vec<Checked>,
}

struct Checked {
    nth: usize,
    rule: Option<GlobMatcher>,
    path: Option<PathGlob>,
    id: Option<String>,
    fingerprint: Option<String>,
    reason: Untrusted,
    until: Option<String>,
}

enum PathGlob {
    Absolute(GlobMatcher),
    BelowHome(GlobMatcher),
    /// Also fits a path relative to its repository.
    Relative(GlobMatcher),
}

impl Allow {
    /// Checks entries; the first that is wrong is the error.
    pub fn new(entries: &[AllowEntry]) -> Result<Self, AllowError> {
        entries
            .iter()
            .zip(1..)
            .map(|(entry, nth)| check(entry, nth))
            .collect::<Result<_, _>>()
            .map(|entries| Self { entries })
    }

    /// Moves what is allowed from `findings` to `suppressed` and counts again. The first entry in
    /// force that fits gives the reason. `homes` are added to those of the report; `today` is
    /// `YYYY-MM-DD`, anything after it is ignored, so the report's `started_at` will do. Gives the
    /// entries that have run out and would have hidden something.
    pub fn apply(&self, report: &mut ScanReport, homes: &[&Path], today: &str) -> Vec<Expired> {
        let homes: Vec<String> =
            report.homes.iter().map(AsRef::as_ref).chain(homes.iter().copied()).map(text_of).collect();
        let today = today.get(..10).unwrap_or(today);
        let mut expired: Vec<usize> = vec![0; self.entries.len()];
        let mut kept = Vec::with_capacity(report.findings.len());
        for finding in std::mem::take(&mut report.findings) {
            let mut fitting = self.entries.iter().enumerate().filter(|(_, entry)| entry.fits(&finding, &homes));
            let in_force = fitting.find(|(at, entry)| {
                let over = entry.until.as_deref().is_some_and(|until| until < today);
                expired[*at] += usize::from(over);
                !over
            });
            match in_force {
                Some((_, entry)) => {
                    report.suppressed.push(Suppressed { finding, by: "config", reason: entry.reason.clone() });
                }
                None => kept.push(finding),
            }
        }
        report.findings = kept;
        report.summarize();
        let entries = self.entries.iter().zip(expired).filter(|(_, findings)| *findings > 0);
        entries
            .map(|(entry, findings)| Expired {
                nth: entry.nth,
                reason: entry.reason.clone(),
                until: entry.until.clone().unwrap_or_default(),
                findings,
            })
            .collect()
    }
}

impl Checked {
    fn fits(&self, finding: &Finding, homes: &[String]) -> bool {
        self.id.as_ref().is_none_or(|id| id == finding.id.as_str())
            && self.rule.as_ref().is_none_or(|rule| rule.is_match(&finding.rule))
            && self.fingerprint.as_ref().is_none_or(|fingerprint| {
                finding.secret.as_ref().is_some_and(|secret| secret.fingerprint.as_str() == fingerprint)
            })
            && self.path.as_ref().is_none_or(|path| path.fits(finding, homes))
    }
}

impl PathGlob {
    fn fits(&self, finding: &Finding, homes: &[String]) -> bool {
        let path = finding.location.path.as_found();
        let below_home =
            |glob: &GlobMatcher| homes.iter().filter_map(|home| below(path, home)).any(|rest| glob.is_match(rest));
        match self {
            Self::Absolute(glob) => glob.is_match(path),
            Self::BelowHome(glob) => below_home(glob),
            Self::Relative(glob) => {
                below_home(glob) || glob.is_match(Untrusted::from_bytes(&finding.id_parts.path).as_found())
            }
        }
    }
}

/// What stands after `home` and a separator.
fn below<'p>(path: &'p str, home: &str) -> Option<&'p str> {
    path.strip_prefix(home.trim_end_matches(['/', '\\']))?.strip_prefix(['/', '\\'])
}

fn text_of(path: &Path) -> String {
    Untrusted::from_bytes(path.as_os_str().as_encoded_bytes()).as_found().to_owned()
}

fn check(entry: &AllowEntry, nth: usize) -> Result<Checked, AllowError> {
    // An empty word is a slip, not a wish to allow everything.
    let given =
        |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (rule, path, id, fingerprint) =
        (given(&entry.rule), given(&entry.path), given(&entry.id), given(&entry.fingerprint));
    if rule.is_none() && path.is_none() && id.is_none() && fingerprint.is_none() {
        return Err(AllowError::Empty { nth });
    }
    if entry.reason.trim().is_empty() {
        return Err(AllowError::NoReason { nth });
    }
    Ok(Checked {
        nth,
        rule: rule.map(|rule| glob(&rule, nth, "rule")).transpose()?,
        path: path.map(|path| path_glob(&path, nth)).transpose()?,
        id,
        fingerprint,
        reason: Untrusted::new(entry.reason.trim()),
        until: entry.until.as_ref().map(|until| date(until).ok_or(AllowError::Date { nth })).transpose()?,
    })
}

fn path_glob(text: &str, nth: usize) -> Result<PathGlob, AllowError> {
    let glob = |text: &str| glob(text, nth, "path");
    let drive = text.as_bytes().get(1) == Some(&b':');
    Ok(match text.strip_prefix("~/") {
        Some(rest) => PathGlob::BelowHome(glob(rest)?),
        None if text.starts_with('/') || drive => PathGlob::Absolute(glob(text)?),
        None => PathGlob::Relative(glob(text.strip_prefix("./").unwrap_or(text))?),
    })
}

fn glob(text: &str, nth: usize, key: &'static str) -> Result<GlobMatcher, AllowError> {
    let built = GlobBuilder::new(text).literal_separator(true).build();
    built.map(|glob| glob.compile_matcher()).map_err(|e| AllowError::Glob { nth, key, why: e.kind().to_string() })
}

/// `YYYY-MM-DD` of a real-looking day, so that days compare as text.
fn date(until: &Until) -> Option<String> {
    let text = match until {
        Until::Text(text) => text.trim().to_owned(),
        Until::Date(date) => date.date?.to_string(),
    };
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() });
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u8>().ok());
    let real = shaped && (1..=12).contains(&number(5..7)?) && (1..=31).contains(&number(8..10)?);
    real.then_some(text)
}
