//! The plan of a fix: what moves where. Types only; `planner` makes it, `act` carries it out.

use super::naming::Fate;
use crate::model::{FixReport, FixStep, Secret};
use crate::vault::{Binding, VaultName};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A secret on its way to the vault.
pub struct Item {
    /// Its name there.
    pub name: VaultName,
    /// The value.
    pub value: Secret,
    /// Who may be handed it.
    pub bindings: Vec<Binding>,
    /// What becomes of a value that has the name already.
    pub fate: Fate,
}

/// One file that changes.
pub struct Change {
    /// The file as the report names it.
    pub path: PathBuf,
    /// The same with links resolved.
    pub real: PathBuf,
    /// Its content now; `None`: it is made.
    pub before: Option<Zeroizing<Vec<u8>>>,
    /// Its content afterwards.
    pub after: Zeroizing<Vec<u8>>,
    /// Its permission bits before and after, where they change and the content does not: then both contents
    /// are left empty.
    pub mode: Option<ModeChange>,
    /// The surface it is read as; `None`: a companion, git's configuration.
    pub surface: Option<String>,
    /// Whether git's own lock is taken while it is written.
    pub locked_by_git: bool,
}

/// Permission bits that change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModeChange {
    /// Now.
    pub before: u32,
    /// Afterwards.
    pub after: u32,
}

/// One secret, or one mend, with everything that changes for it: all of it happens, or none.
#[derive(Default)]
pub struct Transaction {
    /// What goes into the vault.
    pub items: Vec<Item>,
    /// What changes on disk, in order.
    pub changes: Vec<Change>,
    /// Positions of its steps in the plan.
    pub steps: Vec<usize>,
    /// Of a mend: what has been proved when its files are as planned.
    pub proves: &'static [&'static str],
}

/// What a fix will do.
pub struct RemediationPlan {
    /// Secrets to be moved, in the order of the report.
    pub transactions: Vec<Transaction>,
    /// One step a finding: planned, skipped or manual.
    pub steps: Vec<FixStep>,
}

impl RemediationPlan {
    /// The plan as a report of a fix that was not carried out.
    #[must_use]
    pub fn report(&self) -> FixReport {
        FixReport { run: String::new(), dry_run: true, steps: self.steps.clone() }
    }

    /// How many of its transactions move a secret, and how many mend something.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let secrets = self.transactions.iter().filter(|transaction| !transaction.items.is_empty()).count();
        (secrets, self.transactions.len() - secrets)
    }

    /// Largest value that goes into the vault, bytes; 0: nothing does.
    #[must_use]
    pub fn largest(&self) -> usize {
        self.transactions.iter().flat_map(|t| &t.items).map(|item| item.value.len()).max().unwrap_or(0)
    }
}

impl Transaction {
    /// Adds a change; several of one file are one.
    pub(super) fn put(&mut self, change: Change) {
        match self.changes.iter_mut().find(|known| known.real == change.real) {
            Some(known) => known.after = change.after,
            None => self.changes.push(change),
        }
    }

    /// Adds an item, or one more consumer of one that is there.
    pub(super) fn take(&mut self, name: &VaultName, value: Secret, binding: Binding, fate: Fate) {
        match self.items.iter_mut().find(|item| item.name == *name) {
            Some(item) if item.bindings.contains(&binding) => {}
            Some(item) => item.bindings.push(binding),
            None => self.items.push(Item { name: name.clone(), value, bindings: vec![binding], fate }),
        }
    }
}
