//! Taking a run back: every file as it was, every value out of the vault.

use super::Bench;
use super::images::RunKey;
use super::journal::{self, Journal, Stage, StepRecord};
use super::put_back::{self, Stuck};
use crate::host::FileError;
use crate::model::{FindingId, FixReport, FixStep, StepState, Untrusted};
use crate::vault::{StoreKind, VaultError};
use std::path::{Path, PathBuf};

/// A run that can be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// Its name.
    pub run: String,
    /// When, RFC 3339.
    pub started_at: String,
    /// The home it was for.
    pub home: PathBuf,
    /// The store it used.
    pub store: StoreKind,
    /// Secrets that stand moved, and mends that stand.
    pub standing: usize,
    /// Of these, secrets.
    pub secrets: usize,
    /// What was taken back, of both.
    pub undone: usize,
    /// Whether a kill left something half done.
    pub unfinished: bool,
}

/// Every run, oldest first; those that cannot be read come as errors.
#[must_use]
pub fn runs(state_dir: &Path) -> Vec<Result<RunFacts, FileError>> {
    match journal::runs(state_dir) {
        Ok(runs) => runs.iter().map(|run| Journal::load(state_dir, run).map(|journal| facts(&journal))).collect(),
        Err(error) => vec![Err(error)],
    }
}

fn facts(journal: &Journal) -> RunFacts {
    let count = |stage| journal.records.iter().filter(|record| record.stage == stage).count();
    RunFacts {
        run: journal.run.clone(),
        started_at: journal.started_at.clone(),
        home: journal.home.path(),
        store: StoreKind::from_word(&journal.store).unwrap_or_default(),
        standing: count(Stage::Done),
        secrets: journal.records.iter().filter(|r| r.stage == Stage::Done && !r.items.is_empty()).count(),
        undone: count(Stage::Undone),
        unfinished: journal.is_unfinished(),
    }
}

/// What an undo of `run` would do.
pub fn plan(state_dir: &Path, run: &str) -> Result<FixReport, FileError> {
    let journal = Journal::load(state_dir, run)?;
    let standing = journal.records.iter().rev().filter(|record| record.stage == Stage::Done);
    let steps = standing.flat_map(|r| &r.steps).map(|s| step(&journal, s, StepState::Planned, None)).collect();
    Ok(FixReport { run: run.to_owned(), dry_run: true, steps })
}

/// Takes `run` back. `stop` is asked between secrets.
///
/// Changes of one file go back in the reverse of their order, or the file would not be what it was: `waiting`
/// has the files of changes, of later runs too, that could not go back this time.
pub fn undo(
    bench: &Bench<'_>,
    run: &str,
    waiting: &mut Vec<PathBuf>,
    stop: &dyn Fn() -> bool,
) -> Result<FixReport, Trouble> {
    let mut journal = Journal::load(bench.state_dir, run)?;
    let key = RunKey::find(bench.vault, run)?;
    let mut steps = Vec::new();
    for index in (0..journal.records.len()).rev() {
        let record = &journal.records[index];
        let files: Vec<PathBuf> = record.files.iter().map(|file| file.real.path()).collect();
        if matches!(record.stage, Stage::Begun | Stage::Undoing) {
            waiting.extend(files);
            continue;
        }
        if record.stage != Stage::Done {
            continue;
        }
        let key = key.as_ref();
        let outcome = if stop() {
            Err((StepState::Skipped, "interrupted before it was begun".to_owned()))
        } else if files.iter().any(|file| waiting.contains(file)) {
            waiting.extend(files);
            Err((
                StepState::Failed,
                "a later change of the same file must go back first; run caulk undo again".to_owned(),
            ))
        } else {
            put_back::record(bench, &mut journal, index, key).map_err(|Stuck { why, for_good }| {
                if !for_good {
                    waiting.extend(files);
                }
                (StepState::Failed, why)
            })
        };
        let (state, reason, kept) = match outcome {
            Ok(kept) => (StepState::Done, None, kept),
            Err((state, why)) => (state, Some(why), Vec::new()),
        };
        for record in &journal.records[index].steps {
            let mut step = step(&journal, record, state, reason.clone());
            if step.vault_name.as_ref().is_some_and(|name| kept.contains(name)) {
                step.next = Some("Its value was changed since it was sealed, or is not in the file again: it stays in the vault (caulk vault get).".into());
            }
            steps.push(step);
        }
    }
    put_back::close(bench, &mut journal);
    Ok(FixReport { run: run.to_owned(), dry_run: false, steps })
}

/// Why an undo could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The journal.
    #[error(transparent)]
    File(#[from] FileError),
    /// The keychain.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

fn step(journal: &Journal, step: &StepRecord, state: StepState, reason: Option<String>) -> FixStep {
    FixStep {
        finding: FindingId::from_text(&step.finding),
        title: step.title.clone(),
        recipe: step.recipe.clone(),
        path: Untrusted::from(step.path.as_str()),
        vault_name: step.vault_name.clone(),
        store: step.vault_name.as_ref().and_then(|_| StoreKind::from_word(&journal.store)).map(StoreKind::as_str),
        state,
        reason,
        verified: Vec::new(),
        residue: Vec::new(),
        next: None,
    }
}
