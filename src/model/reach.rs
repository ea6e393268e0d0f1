//! What something that runs could take, seen from the findings of one scan.

use super::{Consent, FindingId};

/// Who can change the code that an entry runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeFrom {
    /// Whoever publishes the newest version, or answers at the address.
    Anyone,
    /// Whoever can move a tag.
    Tag,
    /// Whoever can write to the repository it comes with.
    Repository,
    /// Any account that can write the file.
    Others,
    /// The user: a program or script that lies here.
    User,
    /// Nobody: an exact version.
    Nobody,
}

impl CodeFrom {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "publisher",
            Self::Tag => "tag",
            Self::Repository => "repository",
            Self::Others => "other-accounts",
            Self::User => "user",
            Self::Nobody => "pinned",
        }
    }
}

/// What kind of running a finding is about; told by an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Runs {
    /// What stands between it and its start.
    pub consent: Consent,
    /// Who can change its code.
    pub code: CodeFrom,
    /// What keeps it from the user's files: `container`, `flatpak`, `other-user`; `None`: nothing.
    pub confined_by: Option<&'static str>,
    /// Whether it comes with a project.
    pub in_project: bool,
}

/// The secrets in the clear that it can get at, counted by fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Handed to it: in its environment, headers or arguments.
    pub handed: u64,
    /// In the project that it comes with.
    pub in_project: u64,
    /// All that it can read.
    pub secrets: u64,
    /// The worst of them, up to 16.
    pub ids: Vec<FindingId>,
    /// What keeps it from the rest: `container`, `flatpak`, `other-user`; `None`: nothing.
    pub confined_by: Option<&'static str>,
    /// Whether only those are counted that its campaign is known to take.
    pub of_campaign: bool,
}
