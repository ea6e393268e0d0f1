//! The names of the formats. How each is written stands in a file of its own.

use std::fmt;
use std::str::FromStr;

/// A format a report can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text for people.
    Human,
    /// One JSON object.
    Json,
    /// One JSON object a line, each at most 8 KiB.
    Ndjson,
    /// SARIF 2.1.0.
    Sarif,
    /// One page for a browser.
    Html,
    /// One finding a row, for spreadsheets.
    Csv,
    /// GitHub-flavoured Markdown.
    Markdown,
    /// Test results, for build servers.
    Junit,
}

impl Format {
    /// Every format, the default first.
    pub const ALL: &'static [Self] =
        &[Self::Human, Self::Json, Self::Ndjson, Self::Sarif, Self::Html, Self::Csv, Self::Markdown, Self::Junit];

    /// The word of `--format`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Sarif => "sarif",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{word}`: did you mean `{nearest}`? (formats: {known})")]
pub struct UnknownFormat {
    word: String,
    nearest: Format,
    known: String,
}

impl UnknownFormat {
    /// The known format whose name is nearest.
    #[must_use]
    pub fn nearest(&self) -> Format {
        self.nearest
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        if let Some(format) = Self::ALL.iter().copied().find(|format| format.as_str() == word) {
            return Ok(format);
        }
        let nearest = Self::ALL
            .iter()
            .copied()
            .min_by_key(|format| strsim::damerau_levenshtein(&word.to_lowercase(), format.as_str()))
            .unwrap_or(Self::Human);
        Err(UnknownFormat {
            word: word.to_owned(),
            nearest,
            known: Self::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(", "),
        })
    }
}
