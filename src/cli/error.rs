//! How a run ends: the table of exit statuses and the one sentence that explains a failure.
//!
//! Scripts rely on the table; the README's section is held against it by `tests/docs.rs`. Nothing
//! here decides which status applies: the subcommands do. A message must never quote a file's
//! content or a setting's value.

use std::fmt::Write as _;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing to act on.
    Clean,
    /// Findings.
    Findings,
    /// The call was wrong.
    Usage,
    /// Something that counts could not be read.
    Unread,
    /// No keychain.
    NoKeychain,
    /// Ctrl-C.
    Interrupted,
    /// Asked to end by the system.
    Terminated,
}

impl Status {
    /// Every status, in order of number.
    pub const ALL: &'static [Self] = &[
        Self::Clean,
        Self::Findings,
        Self::Usage,
        Self::Unread,
        Self::NoKeychain,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Unread => 3,
            Self::NoKeychain => 4,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// When it applies, for people.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::Clean => "nothing at or above `--fail-on`; `fix`, `undo`: everything chosen was done or planned",
            Self::Findings => {
                "findings at or above `--fail-on` (`--exit-code N` gives another number); `fix`, `undo`, `vault doctor`: something was skipped, failed or is to be done by hand"
            }
            Self::Usage => "the call, a named PATH, a rule file or a config file is wrong; nothing was done",
            Self::Unread => {
                "no such finding, and a named root or an existing user-level surface could not be read in full"
            }
            Self::NoKeychain => "no keychain can be reached; nothing was touched",
            Self::Interrupted => "interrupted (Ctrl-C)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }

    /// The table as Markdown, as it stands in the README.
    #[must_use]
    pub fn table() -> String {
        let mut table = String::from("| status | when |\n| --- | --- |\n");
        for status in Self::ALL {
            let _ = writeln!(table, "| {} | {} |", status.code(), status.when());
        }
        table
    }
}

/// Why a call could not be carried out: one sentence, printed after `caulk: `, and how the run ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    message: String,
    status: Status,
}

impl Failure {
    /// A failure that ends the run with [`Status::Usage`]. Text of others in `message` goes
    /// through `Untrusted` before it is put there.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self::ending(Status::Usage, message)
    }

    /// The same with another status.
    #[must_use]
    pub fn ending(status: Status, message: impl Into<String>) -> Self {
        Self { message: message.into(), status }
    }

    /// How the run ends.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }
}

/// The candidate that a mistyped `word` most likely means, if any is near.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long words would make the comparison slow; nobody mistypes a name of that length.
    if word.len() > 100 {
        return None;
    }
    let word = word.to_lowercase().replace('_', "-");
    let bound = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean `x`?)`, or nothing.
#[must_use]
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |candidate| format!(" (did you mean `{candidate}`?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_offered_and_a_far_one_is_not() {
        let known = ["fail-on", "min-severity", "exclude"];
        assert_eq!(nearest("fail_on", known), Some("fail-on"));
        assert_eq!(nearest("min-severty", known), Some("min-severity"));
        assert_eq!(nearest("telemetry", known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), known), None);
    }

    #[test]
    fn statuses_are_distinct_and_ascend() {
        assert!(Status::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
    }
}
