//! What is worked on while a plan is made: the files as its transactions leave them, and its steps.

use super::naming::Names;
use super::plan::{Change, Transaction};
use super::sighted::Sighted;
use crate::model::{FixStep, StepState};
use crate::vault::{Binding, VaultName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A plan in the making.
pub(super) struct Work {
    /// Files as earlier transactions of the plan leave them.
    pub(super) files: BTreeMap<PathBuf, Zeroizing<Vec<u8>>>,
    /// Permission bits as earlier transactions of the plan leave them.
    pub(super) modes: BTreeMap<PathBuf, u32>,
    /// Names for the vault.
    pub(super) names: Names,
    /// Consumers that are given a secret in this plan, and which.
    pub(super) consumers: Vec<(Binding, VaultName)>,
    /// The steps so far.
    pub(super) steps: Vec<FixStep>,
    store: &'static str,
}

/// What became of one finding.
pub(super) enum Verdict {
    /// Its secret is moved.
    Moved { recipe: String, name: VaultName, next: String },
    /// It is mended in its file.
    Mended { recipe: String, next: String },
    /// The user has to do it.
    Manual { recipe: Option<String>, next: String },
    /// It is left as it is.
    Skip { recipe: Option<String>, reason: String },
}

impl Work {
    /// Nothing is planned yet; secrets go to `store`.
    pub(super) fn new(names: Names, store: &'static str) -> Self {
        Self { files: BTreeMap::new(), modes: BTreeMap::new(), names, consumers: Vec::new(), steps: Vec::new(), store }
    }

    /// Adds a step; gives its position.
    pub(super) fn step(&mut self, sighted: &Sighted, verdict: Verdict) -> usize {
        let mut step = FixStep {
            finding: sighted.id.clone(),
            title: sighted.title.clone(),
            recipe: None,
            path: sighted.shown.clone(),
            vault_name: None,
            store: None,
            state: StepState::Planned,
            reason: None,
            verified: Vec::new(),
            residue: Vec::new(),
            next: None,
        };
        match verdict {
            Verdict::Moved { recipe, name, next } => {
                step.recipe = Some(recipe);
                step.vault_name = Some(name.to_string());
                step.store = Some(self.store);
                step.next = Some(next).filter(|next| !next.is_empty());
            }
            Verdict::Mended { recipe, next } => {
                (step.recipe, step.next) = (Some(recipe), Some(next).filter(|next| !next.is_empty()));
            }
            Verdict::Manual { recipe, next } => {
                (step.state, step.recipe, step.next) = (StepState::Manual, recipe, Some(next));
            }
            Verdict::Skip { recipe, reason } => {
                (step.state, step.recipe, step.reason) = (StepState::Skipped, recipe, Some(reason));
            }
        }
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Notes what a transaction makes of a file.
    #[allow(clippy::too_many_arguments, reason = "what a change is made of")]
    pub(super) fn change(
        &mut self,
        transaction: &mut Transaction,
        path: &Path,
        real: &Path,
        surface: &str,
        before: &Zeroizing<Vec<u8>>,
        after: &Zeroizing<Vec<u8>>,
    ) {
        self.files.insert(real.to_owned(), after.clone());
        transaction.put(Change {
            path: path.to_owned(),
            real: real.to_owned(),
            before: Some(before.clone()),
            after: after.clone(),
            mode: None,
            surface: Some(surface.to_owned()),
            locked_by_git: surface == "git.config",
        });
    }
}

impl Verdict {
    /// The same for another finding of the same place.
    pub(super) fn copy(&self) -> Self {
        match self {
            Self::Moved { recipe, name, next } => {
                Self::Moved { recipe: recipe.clone(), name: name.clone(), next: next.clone() }
            }
            Self::Mended { recipe, next } => Self::Mended { recipe: recipe.clone(), next: next.clone() },
            Self::Manual { recipe, next } => Self::Manual { recipe: recipe.clone(), next: next.clone() },
            Self::Skip { recipe, reason } => Self::Skip { recipe: recipe.clone(), reason: reason.clone() },
        }
    }
}
