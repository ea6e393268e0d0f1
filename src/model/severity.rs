//! The three scales of a finding. Words here are public interface: they stand in reports, options and rule files.

use std::fmt;
use std::str::FromStr;

/// A word that is not on the scale it was read for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {scale} `{word}`: one of {known}")]
pub struct UnknownWord {
    scale: &'static str,
    word: String,
    known: String,
}

macro_rules! scale {
    ($(#[$meta:meta])* $name:ident, $scale:literal, $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in reports, options and rule files.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(self.as_str()) }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word).ok_or_else(|| UnknownWord {
                    scale: $scale,
                    word: word.to_owned(),
                    known: Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

scale!(
    /// How bad it is that this lies here.
    Severity, "severity",
    /// Worth knowing; nothing to do (public by design, inventory).
    #[default]
    Info = "info",
    /// Clean up some day (dead kinds, failed checksums, samples).
    Low = "low",
    /// Do something this week.
    Medium = "medium",
    /// A thief gets something real.
    High = "high",
    /// A thief gets everything, or code runs unasked.
    Critical = "critical",
);

scale!(
    /// How sure the rule is.
    Confidence, "confidence",
    /// A guess: the shape fits, something speaks against it.
    #[default]
    Low = "low",
    /// The context says so.
    Medium = "medium",
    /// The format, an offline check or the field itself says so.
    High = "high",
);

scale!(
    /// What sort of thing a finding is.
    Category, "category",
    /// A secret in the clear.
    #[default]
    Credential = "credential",
    /// Something runs without being asked.
    AutoExec = "auto-exec",
    /// A setting that lowers a guard.
    Posture = "posture",
    /// Text that steers an agent.
    Injection = "injection",
    /// An indicator of a known attack or a known-bad package.
    Compromise = "compromise",
);
