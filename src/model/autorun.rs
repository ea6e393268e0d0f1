//! Something that starts by itself.
//!
//! Facts only; what is wrong with an entry is the audits' business.

use super::{CodeFrom, Untrusted};
use std::ops::Range;

/// One entry that starts a program, or connects somewhere, without being asked each time.
#[derive(Debug, Clone, PartialEq)]
pub struct AutorunEntry {
    /// What starts it, in the product's words: `MCP server of Cursor`.
    pub trigger: String,
    /// The entry's name.
    pub name: Untrusted,
    /// Key path of the entry in its document, outermost first.
    pub pointer: Vec<String>,
    /// Bytes of the entry in its document.
    pub span: Range<usize>,
    /// How it is reached.
    pub transport: Transport,
    /// How it is launched, when it is a local command.
    pub launch: Option<Launch>,
    /// Whether it is switched off.
    pub disabled: bool,
    /// What stands between the entry and its start.
    pub consent: Consent,
    /// The audit that tells of it where it comes with a project; empty: none.
    pub project: String,
    /// Names of the variables and headers it is handed that look like secrets.
    pub secrets: Vec<Untrusted>,
    /// Environment variable names it is given.
    pub env: Vec<(String, Untrusted)>,
}

/// How an entry is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// A local command over standard input and output.
    Stdio,
    /// A URL; userinfo and query are masked.
    Remote(Untrusted),
    /// Neither a command nor a URL.
    Unknown,
}

/// A command, read past its wrappers. All texts are masked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Launch {
    /// The command line as written.
    pub written: Untrusted,
    /// The program that really runs: `npx`, `docker`, `bash`.
    pub program: String,
    /// Its package or image, when the program fetches one.
    pub package: Option<String>,
    /// Whether that package is pinned.
    pub pin: Pin,
    /// Whether it goes through a shell.
    pub shell: bool,
    /// The words of the command that really runs, past its wrappers.
    pub argv: Vec<Untrusted>,
}

/// How firmly a fetched package is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pin {
    /// Nothing is fetched.
    #[default]
    Local,
    /// An exact version, a digest or a commit.
    Exact,
    /// A tag that can be moved.
    Tag,
    /// Nothing: whatever is newest runs.
    None,
}

/// What stands between an entry and its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Consent {
    /// The product starts it without asking.
    Unasked,
    /// A setting has switched asking off.
    SwitchedOff,
    /// The user approved it before.
    Approved,
    /// The product asks first.
    Asked,
}

impl Consent {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::SwitchedOff => "switched-off",
            Self::Approved => "approved",
            Self::Asked => "asked",
        }
    }
}

/// An entry, and the file that has it started.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The file; masked.
    pub path: Untrusted,
    /// Its surface.
    pub surface: String,
    /// The entry.
    pub entry: AutorunEntry,
    /// The local script or program it starts, as far as it was found on disk; masked, empty: none.
    pub file: Untrusted,
    /// SHA-256 of that file, in hex; empty: none, or it cannot be read.
    pub script: String,
    /// Who can change what it runs.
    pub code: CodeFrom,
}
