//! One rule that holds at one location. A finding never holds a secret.

use super::{Category, Confidence, FindingId, IdParts, Location, Reach, Redacted, Runs, SecretId, Severity, Untrusted};
use std::collections::BTreeMap;

/// One rule that holds at one location.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finding {
    /// Stable name; set once all equals are known (`scan`).
    pub id: FindingId,
    /// What the id is made of.
    pub id_parts: IdParts,
    /// The rule's id.
    pub rule: String,
    /// What sort of thing it is.
    pub category: Category,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One line for people; made of rule and surface titles, masked.
    pub title: String,
    /// The surface's id.
    pub surface: String,
    /// The local account it belongs to.
    pub user: Option<Untrusted>,
    /// Where.
    pub location: Location,
    /// Byte position in the file, for order only.
    pub offset: u64,
    /// Other places of the same finding (the other half of a pair, a superseded copy).
    pub related: Vec<Location>,
    /// What may be said of the secret; on credentials always.
    pub secret: Option<SecretFacts>,
    /// Who else can get at the file; on credentials in files always.
    pub exposure: Option<Exposure>,
    /// Campaigns that harvest this place.
    pub harvested_by: Vec<String>,
    /// Why, for what is not a credential or has a story.
    pub evidence: Option<Evidence>,
    /// What it could take; on what runs by itself, and on what is known to be bad.
    pub reach: Option<Reach>,
    /// Up to 16 other findings with the same fingerprint.
    pub same_secret: Vec<FindingId>,
    /// How many others there are.
    pub same_secret_count: u32,
    /// What `caulk fix` or the reader can do.
    pub fix: Option<Fix>,
}

impl Finding {
    /// Every place of it.
    pub fn locations_mut(&mut self) -> impl Iterator<Item = &mut Location> {
        std::iter::once(&mut self.location).chain(&mut self.related)
    }
}

/// What may be said of a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretFacts {
    /// The printable stand-in.
    pub redacted: Redacted,
    /// Keyed digest, to group sightings.
    pub fingerprint: SecretId,
    /// Keyed digest under a baseline's salt.
    pub baseline_id: Option<SecretId>,
    /// Offline checks that were made and passed, or `failed:<name>`.
    pub checks: Vec<String>,
    /// Facts read from the secret's structure: `expires_at`, `account`; masked.
    pub attributes: BTreeMap<String, Untrusted>,
}

/// Who else can get at a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Permission bits, on Unix.
    pub mode: Option<u32>,
    /// Whether an account other than the owner can read it.
    pub others_can_read: Option<bool>,
    /// What git knows of it.
    pub git: Option<GitState>,
    /// The sync product whose folder it lies in.
    pub synced_by: Option<String>,
    /// Whether it is an AI agent's transcript.
    pub in_transcript: bool,
    /// Whether it is an old copy that a program keeps: a history, a backup, an undo file.
    pub in_local_history: bool,
    /// When the file last changed, RFC 3339: what lies there has lain there at least since then.
    pub modified_at: Option<String>,
}

impl Exposure {
    /// Takes over what only an open file tells.
    pub fn take_file_facts(&mut self, facts: Self) {
        self.mode = facts.mode;
        self.others_can_read = facts.others_can_read;
        self.modified_at = facts.modified_at;
    }
}

/// What a git repository knows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GitState {
    /// In the index: every clone has it.
    Tracked,
    /// In a repository, not in its index.
    Untracked,
    /// The same, and an ignore file keeps it out.
    Ignored,
}

impl GitState {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tracked => "tracked",
            Self::Untracked => "untracked",
            Self::Ignored => "ignored",
        }
    }
}

/// Why a finding holds. Every text is masked for the secrets of its document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Name of the MCP server or entry.
    pub server: Option<Untrusted>,
    /// The command as written.
    pub command: Option<Untrusted>,
    /// The setting's value, where it is a short word.
    pub value: Option<Untrusted>,
    /// Plain reasons, worst first.
    pub why: Vec<String>,
    /// How it runs, where it runs by itself.
    pub runs: Option<Runs>,
    /// The campaign it is a mark of.
    pub campaign: Option<String>,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fix {
    /// The recipe's id; absent where nothing is automatic.
    pub recipe: Option<String>,
    /// Whether `caulk fix` can do it.
    pub automatic: bool,
    /// One sentence.
    pub summary: String,
    /// Where to revoke or rotate: a URL or a command.
    pub rotate_url: Option<String>,
}
