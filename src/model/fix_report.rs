//! What a fix or an undo came to: one step a finding.

use super::{FindingId, Untrusted};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepState {
    /// Would be done.
    Planned,
    /// Done and verified.
    Done,
    /// Left as it was, for the reason given.
    Skipped,
    /// Begun, failed, and put back as it was.
    Failed,
    /// No safe recipe: what to do by hand is said.
    Manual,
}

impl StepState {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Manual => "manual",
        }
    }
}

/// What became of one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixStep {
    /// The finding; empty for a guard.
    pub finding: FindingId,
    /// Its title, for people.
    pub title: String,
    /// The recipe, where one claims it.
    pub recipe: Option<String>,
    /// The file.
    pub path: Untrusted,
    /// The name the secret has in the vault.
    pub vault_name: Option<String>,
    /// Which store: `keychain`, `file`, `native`.
    pub store: Option<&'static str>,
    /// How it ended.
    pub state: StepState,
    /// Why, for what was not done.
    pub reason: Option<String>,
    /// What was proved after the change: `vault-read-back`, `consumer-syntax`, `consumer-answer`; of a mend
    /// `finding-gone`, `mode-set`.
    pub verified: Vec<&'static str>,
    /// Files that still hold the secret.
    pub residue: Vec<Untrusted>,
    /// The next step of the user's.
    pub next: Option<String>,
}

/// What a fix or an undo came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FixReport {
    /// The run's name; empty where nothing was begun.
    pub run: String,
    /// Whether nothing was to be done.
    pub dry_run: bool,
    /// The steps, in the order of the report they come from.
    pub steps: Vec<FixStep>,
}

impl FixReport {
    /// How many steps ended so.
    #[must_use]
    pub fn count(&self, state: StepState) -> usize {
        self.steps.iter().filter(|step| step.state == state).count()
    }

    /// Whether every step is done or planned.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.state, StepState::Done | StepState::Planned))
    }
}
