//! Carrying a plan out: store, read back, seal, write, verify, and journal, one secret at a time.
//!
//! The order is what makes a kill at any instant harmless: a value is in the vault and was read back
//! before a byte of a file changes, both contents of the file are sealed on disk before that, and the
//! journal says so before it begins. What a kill leaves half done, `recover` ends.

use super::files::{self, Direction};
use super::images::{Images, RunKey};
use super::journal::{self, ItemRecord, Journal, Record, Stage, StepRecord};
use super::naming::Fate;
use super::plan::{Item, RemediationPlan, Transaction};
use super::{Bench, put_back, verify};
use crate::model::{FixReport, FixStep, StepState};
use crate::vault::{Entry, Index, VaultError};
use std::time::Duration;

/// Why a transaction was not carried out.
pub(super) enum Setback {
    /// Nothing was begun.
    Skip(String),
    /// It was begun and taken back; whether all of it could be.
    Failed(String, bool),
}

/// Carries `plan` out. `stop` is asked between secrets: what is begun is ended first.
pub fn act(bench: &Bench<'_>, plan: RemediationPlan, stop: &dyn Fn() -> bool) -> Result<Acted, VaultError> {
    let RemediationPlan { transactions, mut steps } = plan;
    let mut journal = Journal::start(bench.state_dir, bench.now, bench.vault.kind().as_str(), &bench.machine.home);
    if transactions.is_empty() {
        return Ok(Acted { report: FixReport { run: String::new(), dry_run: false, steps }, moved: Vec::new() });
    }
    // First, so that a key that is left behind belongs to a run that the next one finds.
    if let Err(error) = journal.save(bench.state_dir) {
        for step in steps.iter_mut().filter(|step| step.state == StepState::Planned) {
            (step.state, step.reason, step.next) =
                (StepState::Failed, Some(format!("{error}; nothing was done")), None);
        }
        return Ok(Acted { report: FixReport { run: String::new(), dry_run: false, steps }, moved: Vec::new() });
    }
    let key = RunKey::make(bench.vault, &journal.run)?;
    let mut acted = Vec::new();
    let mut spoiled = Vec::new();
    for transaction in transactions {
        let outcome = if stop() {
            Err(Setback::Skip("interrupted before it was begun".into()))
        } else if transaction.changes.iter().any(|change| spoiled.contains(&change.real)) {
            Err(Setback::Skip("its file is not as planned, since an earlier step failed; run caulk fix again".into()))
        } else {
            carry_out(bench, &mut journal, &key, &transaction, &steps)
        };
        let done = outcome.is_ok();
        if !done {
            spoiled.extend(transaction.changes.iter().map(|change| change.real.clone()));
        }
        report(&mut steps, &transaction.steps, outcome);
        if done {
            acted.push(Moved { steps: transaction.steps, items: transaction.items });
        }
    }
    if !journal.is_standing() && !journal.is_pending() {
        // Nothing stands: no key is left behind, and no run to undo.
        put_back::close(bench, &mut journal);
        if journal.closed {
            files::forget(&journal::folder(bench.state_dir).join(&journal.run));
            journal.run.clear();
        }
    }
    Ok(Acted { report: FixReport { run: journal.run, dry_run: false, steps }, moved: acted })
}

/// What was carried out.
pub struct Acted {
    /// One step a finding.
    pub report: FixReport,
    /// The secrets that were moved, to be looked for elsewhere; wiped when dropped.
    pub moved: Vec<Moved>,
}

/// One secret that was moved.
pub struct Moved {
    /// Positions of its steps in the report.
    pub steps: Vec<usize>,
    /// Its values.
    pub items: Vec<Item>,
}

fn report(steps: &mut [FixStep], of: &[usize], outcome: Result<Vec<&'static str>, Setback>) {
    for index in of {
        let Some(step) = steps.get_mut(*index) else { continue };
        match &outcome {
            Ok(verified) => {
                step.state = StepState::Done;
                step.verified.clone_from(verified);
            }
            Err(Setback::Skip(reason)) => {
                (step.state, step.reason, step.next) = (StepState::Skipped, Some(reason.clone()), None);
            }
            Err(Setback::Failed(reason, whole)) => {
                step.state = StepState::Failed;
                let state = if *whole { "everything was put back" } else { "the next caulk fix or undo puts it back" };
                (step.reason, step.next) = (Some(format!("{reason}; {state}")), None);
            }
        }
    }
}

fn carry_out(
    bench: &Bench<'_>,
    journal: &mut Journal,
    key: &RunKey,
    transaction: &Transaction,
    steps: &[FixStep],
) -> Result<Vec<&'static str>, Setback> {
    let failed = |what: &dyn std::fmt::Display| Setback::Failed(what.to_string(), true);
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let index = journal.records.len();
    let mut prepared = Vec::new();
    for (number, change) in transaction.changes.iter().enumerate() {
        let name = format!("{index}-{number}.sealed");
        prepared.push(files::prepare(change, &name).map_err(Setback::Skip)?);
    }
    journal.records.push(Record {
        stage: Stage::Begun,
        items: transaction.items.iter().map(|item| item_record(bench, item)).collect(),
        files: prepared.iter().map(|(record, _)| record.clone()).collect(),
        undo: Vec::new(),
        steps: transaction.steps.iter().filter_map(|at| steps.get(*at)).map(step_record).collect(),
    });
    let images: Vec<Images> = transaction.changes.iter().map(files::images).collect();
    let sealed = journal.save(bench.state_dir).map_err(|error| error.to_string()).and_then(|()| {
        let written = images.iter().zip(&prepared).filter(|(_, (record, _))| record.mode.is_none());
        written.into_iter().try_for_each(|(images, (record, _))| {
            images.save(key, &folder, &journal.run, &record.images).map_err(|error| error.to_string())
        })
    });
    if let Err(error) = sealed {
        // Nothing was touched but our own folder.
        journal.records[index].stage = Stage::Failed;
        let _ = journal.save(bench.state_dir);
        return Err(failed(&error));
    }
    let carried = store(bench, &journal.run, transaction)
        .and_then(|()| {
            prepared
                .into_iter()
                .zip(&images)
                .try_for_each(|((record, patient), images)| files::write(&record, patient, images, Direction::Forward))
        })
        .and_then(|()| verify::transaction(bench, transaction));
    match carried {
        Ok(verified) => {
            journal.records[index].stage = Stage::Done;
            // Where this cannot be written, the next run sees that all is in place and writes it.
            let _ = journal.save(bench.state_dir);
            Ok(verified)
        }
        Err(error) => {
            let whole = put_back::record(bench, journal, index, Some(key)).is_ok();
            Err(Setback::Failed(error, whole))
        }
    }
}

/// Puts the values into the vault, reads them back, and notes who may ask for them.
fn store(bench: &Bench<'_>, run: &str, transaction: &Transaction) -> Result<(), String> {
    let told = |error: VaultError| format!("{error}. {}", error.advice());
    for item in &transaction.items {
        match &item.fate {
            Fate::New => {
                let there = bench.vault.get(&item.name).map_err(told)?;
                // An empty one is what a keychain that died between making an item and filling it has left.
                if there.is_some_and(|there| !there.is_empty() && there.expose() != item.value.expose()) {
                    return Err(format!(
                        "the keychain holds another item named {}, which caulk did not store; rename it with caulk vault mv",
                        item.name
                    ));
                }
            }
            Fate::Same => {}
            Fate::Version(kept) => {
                if let Some(old) = bench.vault.get(&item.name).map_err(told)? {
                    bench.vault.set(kept, &old).map_err(told)?;
                }
            }
        }
        bench.vault.set(&item.name, &item.value).map_err(told)?;
    }
    Index::update(bench.state_dir, |index| {
        for item in &transaction.items {
            note(bench, index, run, item);
        }
    })
    .map_err(|error| error.to_string())
}

/// One item's entry in the index.
fn note(bench: &Bench<'_>, index: &mut Index, run: &str, item: &Item) {
    let fingerprint = bench.detector.keys().id(item.value.expose()).as_str().to_owned();
    if index.find(&item.name).is_none() {
        index.put(Entry {
            name: item.name.to_string(),
            store: bench.vault.kind().as_str().to_owned(),
            // Of two logins of one host the first sealed is the one git gets, as with its own store.
            created_at: humantime::format_rfc3339_millis(bench.now + Duration::from_millis(index.entries.len() as u64))
                .to_string(),
            fingerprint: String::new(),
            bindings: Vec::new(),
            refused_at: None,
            versions: Vec::new(),
            runs: Vec::new(),
        });
    }
    let Some(entry) = index.find_mut(&item.name) else { return };
    entry.fingerprint = fingerprint;
    entry.refused_at = None;
    for binding in &item.bindings {
        if !entry.bindings.contains(binding) {
            entry.bindings.push(binding.clone());
        }
    }
    if let Fate::Version(kept) = &item.fate
        && !entry.versions.iter().any(|version| version == kept.as_str())
    {
        entry.versions.push(kept.to_string());
    }
    if !entry.runs.iter().any(|known| known == run) {
        entry.runs.push(run.to_owned());
    }
}

fn item_record(bench: &Bench<'_>, item: &Item) -> ItemRecord {
    let version = match &item.fate {
        Fate::Version(kept) => Some(kept.to_string()),
        Fate::New | Fate::Same => None,
    };
    let known = bench.entries.iter().find(|entry| entry.name == item.name.as_str());
    ItemRecord {
        name: item.name.to_string(),
        fingerprint: bench.detector.keys().id(item.value.expose()).as_str().to_owned(),
        stored: item.fate == Fate::New,
        version_fingerprint: version.as_ref().and(known).map(|entry| entry.fingerprint.clone()),
        version,
        // Only those that this run adds: an undo must not take away another's.
        bindings: item
            .bindings
            .iter()
            .filter(|binding| !known.is_some_and(|entry| entry.bindings.contains(binding)))
            .cloned()
            .collect(),
    }
}

fn step_record(step: &FixStep) -> StepRecord {
    StepRecord {
        finding: step.finding.to_string(),
        title: step.title.clone(),
        recipe: step.recipe.clone(),
        path: step.path.as_found().to_owned(),
        vault_name: step.vault_name.clone(),
    }
}
