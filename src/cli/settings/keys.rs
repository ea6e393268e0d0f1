//! The table of settings: name, sort of value, default, one line of explanation.
//!
//! The command line, `CAULK_*`, the config files, `config show` and the config's schema all take
//! their words from here, so that a new setting is one entry. What a setting does is not here.

use crate::model::{Confidence, Severity};
use crate::output::Format;
use std::path::PathBuf;

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Every text file and database below the home.
    Deep,
    /// Format of the report on standard output.
    Format,
    /// More rule files.
    Rules,
    /// Leave the built-in rules out.
    NoDefaultRules,
    /// Rules to keep.
    Only,
    /// Rules to drop.
    Skip,
    /// Least severity reported.
    MinSeverity,
    /// Least confidence reported.
    MinConfidence,
    /// Least severity that makes the status 1.
    FailOn,
    /// Findings do not make the status 1.
    ExitZero,
    /// The number instead of 1.
    ExitCode,
    /// List what was suppressed.
    ShowSuppressed,
    /// Paths to leave out.
    Exclude,
    /// Largest file read.
    MaxFileSize,
    /// Worker threads.
    Jobs,
    /// Do not use the cache.
    NoCache,
    /// Leave process environments out.
    NoEnv,
    /// When to use colour.
    Color,
    /// No notes, no progress.
    Quiet,
    /// More detail.
    Verbose,
    /// No progress line.
    NoProgress,
}

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// A whole number in this range.
    Number(u64, u64),
    /// Bytes, with an optional unit.
    Size,
    /// Glob patterns.
    Globs,
    /// Paths.
    Paths,
}

/// A setting's value, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Word`].
    Word(String),
    /// Of [`Kind::Number`] and [`Kind::Size`].
    Number(u64),
    /// Of [`Kind::Globs`].
    Globs(Vec<String>),
    /// Of [`Kind::Paths`].
    Paths(Vec<PathBuf>),
}

fn formats() -> Vec<&'static str> {
    Format::ALL.iter().map(|f| f.as_str()).collect()
}

fn colors() -> Vec<&'static str> {
    vec!["auto", "always", "never"]
}

fn severities() -> Vec<&'static str> {
    Severity::ALL.iter().map(|s| s.as_str()).collect()
}

fn confidences() -> Vec<&'static str> {
    Confidence::ALL.iter().map(|c| c.as_str()).collect()
}

impl Key {
    /// Every setting, in the order of the help text.
    pub const ALL: &'static [Self] = &[
        Self::Deep,
        Self::Format,
        Self::Rules,
        Self::NoDefaultRules,
        Self::Only,
        Self::Skip,
        Self::MinSeverity,
        Self::MinConfidence,
        Self::FailOn,
        Self::ExitZero,
        Self::ExitCode,
        Self::ShowSuppressed,
        Self::Exclude,
        Self::MaxFileSize,
        Self::Jobs,
        Self::NoCache,
        Self::NoEnv,
        Self::Color,
        Self::Quiet,
        Self::Verbose,
        Self::NoProgress,
    ];

    /// The name: of the long option, and of the key in the `[scan]` table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deep => "deep",
            Self::Format => "format",
            Self::Rules => "rules",
            Self::NoDefaultRules => "no-default-rules",
            Self::Only => "only",
            Self::Skip => "skip",
            Self::MinSeverity => "min-severity",
            Self::MinConfidence => "min-confidence",
            Self::FailOn => "fail-on",
            Self::ExitZero => "exit-zero",
            Self::ExitCode => "exit-code",
            Self::ShowSuppressed => "show-suppressed",
            Self::Exclude => "exclude",
            Self::MaxFileSize => "max-file-size",
            Self::Jobs => "jobs",
            Self::NoCache => "no-cache",
            Self::NoEnv => "no-env",
            Self::Color => "color",
            Self::Quiet => "quiet",
            Self::Verbose => "verbose",
            Self::NoProgress => "no-progress",
        }
    }

    /// The environment variable: `CAULK_FAIL_ON`.
    #[must_use]
    pub fn variable(self) -> String {
        format!("CAULK_{}", self.name().to_uppercase().replace('-', "_"))
    }

    /// The setting of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// What its value looks like.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Deep
            | Self::NoDefaultRules
            | Self::ExitZero
            | Self::ShowSuppressed
            | Self::NoCache
            | Self::NoEnv
            | Self::Quiet
            | Self::Verbose
            | Self::NoProgress => Kind::Flag,
            Self::Format => Kind::Word(formats),
            Self::Color => Kind::Word(colors),
            Self::MinSeverity | Self::FailOn => Kind::Word(severities),
            Self::MinConfidence => Kind::Word(confidences),
            Self::ExitCode => Kind::Number(0, 255),
            Self::Jobs => Kind::Number(1, 1024),
            Self::MaxFileSize => Kind::Size,
            Self::Only | Self::Skip | Self::Exclude => Kind::Globs,
            Self::Rules => Kind::Paths,
        }
    }

    /// Its value where nobody sets it; `None`: there is none, the program decides.
    #[must_use]
    pub fn default(self) -> Option<Value> {
        match self {
            Self::Format => Some(Value::Word("human".into())),
            Self::Color => Some(Value::Word("auto".into())),
            Self::MinSeverity => Some(Value::Word(Severity::Info.as_str().into())),
            Self::MinConfidence => Some(Value::Word(Confidence::Low.as_str().into())),
            Self::FailOn => Some(Value::Word(Severity::Low.as_str().into())),
            Self::ExitCode => Some(Value::Number(1)),
            Self::Jobs | Self::MaxFileSize => None,
            _ => match self.kind() {
                Kind::Globs => Some(Value::Globs(Vec::new())),
                Kind::Paths => Some(Value::Paths(Vec::new())),
                _ => Some(Value::Flag(false)),
            },
        }
    }

    /// One line for people, also the description in the config's schema.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Deep => "Read every text file and database below the home, not only known places and projects",
            Self::Format => "Format of the report",
            Self::Rules => "Add the rules of a file or of a folder of files",
            Self::NoDefaultRules => "Leave the built-in rules out",
            Self::Only => "Keep only rules whose id matches",
            Self::Skip => "Leave out rules whose id matches",
            Self::MinSeverity => "Report nothing below this severity",
            Self::MinConfidence => "Report nothing below this confidence",
            Self::FailOn => "Exit with 1 if there is a finding of this severity or above",
            Self::ExitZero => "Exit with 0 even if there are findings",
            Self::ExitCode => "Exit with this number instead of 1 if there are findings",
            Self::ShowSuppressed => "List suppressed findings too, each with the reason given for it",
            Self::Exclude => "Leave out paths that match, relative to each scanned root",
            Self::MaxFileSize => "Leave out files larger than this: 500K, 10M, 1GiB",
            Self::Jobs => "Number of worker threads (default: one per core)",
            Self::NoCache => "Do not use the cache (this version has none yet: every file is read each time)",
            Self::NoEnv => "Leave out the environments of running processes",
            Self::Color => "When to use colour",
            Self::Quiet => "Print the report and errors only: no notes, no progress",
            Self::Verbose => "Say more about how the scan ran",
            Self::NoProgress => "Show no progress line",
        }
    }
}

impl Kind {
    /// What a right value looks like, for error messages: never quotes the wrong one.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Word(words) => format!("one of {}", words().join(", ")),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Size => "a number of bytes, or one with a unit such as 500K, 10M, 1GiB".into(),
            Self::Globs => "a list of glob patterns".into(),
            Self::Paths => "a list of paths".into(),
        }
    }

    /// Reads a single value from text, as the environment and the command line give it.
    /// Lists are not read here.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Flag => match text {
                "true" | "1" | "yes" | "on" => Some(Value::Flag(true)),
                "false" | "0" | "no" | "off" => Some(Value::Flag(false)),
                _ => None,
            },
            Self::Word(words) => words().contains(&text).then(|| Value::Word(text.to_owned())),
            Self::Number(least, most) => text.parse().ok().and_then(|number| in_range(number, least, most)),
            Self::Size => size(text).map(Value::Number),
            Self::Globs | Self::Paths => None,
        }
    }
}

fn in_range(number: u64, least: u64, most: u64) -> Option<Value> {
    (least..=most).contains(&number).then_some(Value::Number(number))
}

/// Reads a size: `K`, `M`, `G`, `T` and `KiB` … count by 1024, `KB` … by 1000, no unit is bytes.
#[must_use]
pub fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim_start().to_ascii_lowercase();
    if unit.is_empty() || unit == "b" {
        return Some(number);
    }
    let (letter, base) = match (unit.strip_suffix("ib"), unit.strip_suffix('b')) {
        (Some(letter), _) => (letter, 1024u64),
        (None, Some(letter)) => (letter, 1000),
        (None, None) => (unit.as_str(), 1024),
    };
    let power = ["k", "m", "g", "t"].iter().position(|known| *known == letter)?;
    number.checked_mul(base.pow(u32::try_from(power).ok()? + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_bases_and_nonsense_is_refused() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512b", 512),
            ("1k", 1024),
            ("10M", 10 << 20),
            ("1GiB", 1 << 30),
            ("2 MiB", 2 << 20),
            ("1MB", 1_000_000),
        ] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "M", "-1", "1.5M", "10X", "1Mi", "99999999999999999999", "99999999999T", "1ib"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn every_default_is_a_value_of_its_own_kind() {
        for key in Key::ALL {
            let fits = match (key.default(), key.kind()) {
                (None, Kind::Number(..) | Kind::Size)
                | (Some(Value::Flag(_)), Kind::Flag)
                | (Some(Value::Globs(_)), Kind::Globs)
                | (Some(Value::Paths(_)), Kind::Paths) => true,
                (Some(Value::Word(word)), kind @ Kind::Word(_)) => kind.read(&word).is_some(),
                (Some(Value::Number(number)), kind @ Kind::Number(..)) => kind.read(&number.to_string()).is_some(),
                _ => false,
            };
            assert!(fits, "{}", key.name());
        }
    }

    #[test]
    fn names_are_unique_and_found_again() {
        for key in Key::ALL {
            assert_eq!(Key::from_name(key.name()), Some(*key));
        }
    }
}
