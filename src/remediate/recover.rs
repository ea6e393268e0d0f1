//! Ending what a kill left half done, before anything new is begun.
//!
//! Where every file is as it was to be and the vault has every value, the record is done; else all of
//! it is taken back. Either way each file ends whole.

use super::Bench;
use super::files::{self, Direction, Standing};
use super::images::{Images, RunKey};
use super::journal::{self, Journal, Record, Stage};
use super::put_back::{self, Stuck};
use crate::host::FileError;
use crate::vault::{VaultError, VaultName};

/// What was found half done and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The run.
    pub run: String,
    /// Secrets whose move was ended.
    pub ended: usize,
    /// Secrets whose move was taken back.
    pub taken_back: usize,
    /// What could not be brought to an end, in words.
    pub stuck: Vec<String>,
}

/// Runs that wait for their end.
pub fn unfinished(state_dir: &std::path::Path) -> Result<Vec<String>, FileError> {
    let unfinished = |run: &String| Journal::load(state_dir, run).is_ok_and(|journal| journal.is_unfinished());
    Ok(journal::runs(state_dir)?.into_iter().filter(unfinished).collect())
}

/// Ends every unfinished run.
pub fn recover(bench: &Bench<'_>) -> Result<Vec<Recovered>, VaultError> {
    let mut all = Vec::new();
    // Whoever calls has looked already, and knows where they cannot be seen.
    for run in unfinished(bench.state_dir).unwrap_or_default() {
        let Ok(mut journal) = Journal::load(bench.state_dir, &run) else { continue };
        let key = RunKey::find(bench.vault, &run)?;
        let mut recovered = Recovered { run, ended: 0, taken_back: 0, stuck: Vec::new() };
        for index in (0..journal.records.len()).rev() {
            let stage = journal.records[index].stage;
            if !matches!(stage, Stage::Begun | Stage::Undoing) {
                continue;
            }
            match one(bench, &mut journal, index, key.as_ref()) {
                Ok(true) => recovered.ended += 1,
                Ok(false) => recovered.taken_back += 1,
                Err(Stuck { why, .. }) => recovered.stuck.push(why),
            }
        }
        put_back::close(bench, &mut journal);
        all.push(recovered);
    }
    Ok(all)
}

/// Brings one record to an end; whether it now stands.
fn one(bench: &Bench<'_>, journal: &mut Journal, index: usize, key: Option<&RunKey>) -> Result<bool, Stuck> {
    if journal.records[index].stage == Stage::Begun
        && let Some(key) = key
    {
        put_back::settle(bench, journal, index, key, Direction::Forward)?;
        if stands(bench, journal, &journal.records[index], key) {
            journal.records[index].stage = Stage::Done;
            journal.save(bench.state_dir).map_err(|error| Stuck::from(error.to_string()))?;
            return Ok(true);
        }
    }
    put_back::record(bench, journal, index, key).map(|_| false)
}

/// Whether all of a record was carried out.
fn stands(bench: &Bench<'_>, journal: &Journal, record: &Record, key: &RunKey) -> bool {
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let written = record.files.iter().all(|file| {
        if file.mode.is_some() {
            return matches!(files::standing(file, &Images::NONE), Standing::After);
        }
        Images::load(key, &folder, &journal.run, &file.images)
            .is_ok_and(|images| matches!(files::standing(file, &images), Standing::After))
    });
    let keys = bench.detector.keys();
    written
        && record.items.iter().all(|item| {
            let name = VaultName::parse(&item.name).ok();
            let value = name.and_then(|name| bench.vault.get(&name).ok().flatten());
            value.is_some_and(|value| keys.id(value.expose()).as_str() == item.fingerprint)
        })
}
