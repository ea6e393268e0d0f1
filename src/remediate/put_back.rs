//! Taking one record of a journal back: files first, then the vault.
//!
//! Used for a transaction that failed, for one that a kill left half done, and for an undo. A value
//! leaves the vault only when every file that had it in the clear has it again.

use super::Bench;
use super::files::{self, Direction, Standing};
use super::images::{Images, RunKey};
use super::journal::{self, FileRecord, ItemRecord, Journal, Record, Stage};
use super::{merge, recipes};
use crate::read::{self, Format};
use crate::vault::{Binding, Index, VaultName};

/// Why a record could not be taken back in full.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Stuck(pub String);

/// Takes the record at `index` back and writes so in the journal. What could not be is left for another try.
pub fn record(bench: &Bench<'_>, journal: &mut Journal, index: usize, key: Option<&RunKey>) -> Result<(), Stuck> {
    let was = journal.records[index].stage;
    let ending = if matches!(was, Stage::Begun | Stage::Failed) { Stage::Failed } else { Stage::Undone };
    // A forward write that was cut short is settled before anything goes the other way.
    if was == Stage::Begun
        && let Some(key) = key
    {
        settle(bench, journal, index, key, Direction::Forward)?;
    }
    journal.records[index].stage = Stage::Undoing;
    // With a full disk this fails; the files can still be put back, and the images say how.
    let noted = journal.save(bench.state_dir);
    if was == Stage::Undoing
        && let Some(key) = key
    {
        settle(bench, journal, index, key, Direction::Back)?;
    }
    let mut stuck = Vec::new();
    let files = journal.records[index].files.clone();
    for (number, file) in files.iter().enumerate().rev() {
        if let Err(why) = one(bench, journal, index, number, file, key) {
            stuck.push(why);
        }
    }
    if let Some(why) = stuck.into_iter().next() {
        return Err(Stuck(why));
    }
    let run = journal.run.clone();
    release(bench, &run, &journal.records[index]).map_err(Stuck)?;
    journal.records[index].stage = ending;
    let saved = journal.save(bench.state_dir);
    noted.and(saved).map_err(|error| Stuck(error.to_string()))
}

/// Ends writes that were cut short, one way or the other.
fn settle(bench: &Bench<'_>, journal: &Journal, index: usize, key: &RunKey, way: Direction) -> Result<(), Stuck> {
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let record = &journal.records[index];
    let list = record.files.iter().chain(&record.undo);
    for file in list {
        // Sealing comes before writing: what was not sealed was not written.
        let Ok(images) = Images::load(key, &folder, &journal.run, &file.images) else { continue };
        files::settle(file, &images, way).map_err(Stuck)?;
    }
    Ok(())
}

/// Puts one file back.
fn one(
    bench: &Bench<'_>,
    journal: &mut Journal,
    index: usize,
    number: usize,
    file: &FileRecord,
    key: Option<&RunKey>,
) -> Result<(), String> {
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let shown = files::shown(file);
    let Some(key) = key else { return Err(format!("{shown}: the key of this run is not in the vault")) };
    let images = Images::load(key, &folder, &journal.run, &file.images);
    let images = match images {
        Ok(images) => images,
        // Never sealed, so never written.
        Err(error) if error.is_absent() => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    match files::standing(file, &images) {
        Standing::Before => Ok(()),
        Standing::After => files::write(file, None, &images, Direction::Back),
        Standing::Gone => Err(format!("{shown} is gone; its secret stays in the vault")),
        Standing::Unreadable(why) => Err(format!("{shown}: {why}")),
        Standing::Other(current) => {
            let (Some(before), Some(after)) = (&images.before, &images.after) else {
                // A configuration that caulk made and that others use by now: only caulk's part goes.
                return without_helpers(bench, journal, index, number, file, &current, key);
            };
            let Some(merged) = merge::take_out(before, after, &current).filter(|m| parses(bench, file, &current, m))
            else {
                return Err(format!(
                    "{shown} was edited where caulk had changed it; put the value back by hand: caulk vault get"
                ));
            };
            replace(bench, journal, index, number, file, &current, merged, key)
        }
    }
}

/// Writes `merged` over `current`, as carefully as a fix writes: sealed and journaled first.
#[allow(clippy::too_many_arguments, reason = "the place of one file in a run")]
fn replace(
    bench: &Bench<'_>,
    journal: &mut Journal,
    index: usize,
    number: usize,
    file: &FileRecord,
    current: &[u8],
    merged: zeroize::Zeroizing<Vec<u8>>,
    key: &RunKey,
) -> Result<(), String> {
    if merged.as_slice() == current {
        return Ok(());
    }
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let name = format!("{index}-{number}-undo{}.sealed", journal.records[index].undo.len());
    let (record, patient, images) = files::prepare_again(file, current, merged, &name)?;
    images.save(key, &folder, &journal.run, &name).map_err(|error| error.to_string())?;
    journal.records[index].undo.push(record.clone());
    journal.save(bench.state_dir).map_err(|error| error.to_string())?;
    // To what was merged: an edit of its own, forwards.
    files::write(&record, Some(patient), &images, Direction::Forward)
}

/// Takes caulk's sections out of a git configuration that it had made.
fn without_helpers(
    bench: &Bench<'_>,
    journal: &mut Journal,
    index: usize,
    number: usize,
    file: &FileRecord,
    current: &[u8],
    key: &RunKey,
) -> Result<(), String> {
    let mut text = zeroize::Zeroizing::new(current.to_vec());
    for url in urls(&journal.records[index]) {
        text = match recipes::without_git_helper(&text, &url, &bench.machine.launcher) {
            Some(splices) => super::edit::apply(&text, &splices).ok_or("git's configuration cannot be edited")?,
            None => text,
        };
    }
    replace(bench, journal, index, number, file, current, text, key)
}

/// The hosts that a record's git logins are for, as git's configuration names them.
fn urls(record: &Record) -> Vec<String> {
    let mut urls: Vec<String> = record
        .items
        .iter()
        .flat_map(|item| &item.bindings)
        .filter_map(|binding| match binding {
            Binding::Git { protocol, host, .. } => Some(format!("{protocol}://{host}")),
            _ => None,
        })
        .collect();
    urls.sort_unstable();
    urls.dedup();
    urls
}

/// Whether a merged file reads as well as it did.
fn parses(bench: &Bench<'_>, file: &FileRecord, current: &[u8], merged: &[u8]) -> bool {
    let format = file.surface.as_deref().map_or(Format::Gitconfig, |id| {
        let surfaces = bench.detector.pack().surfaces();
        surfaces.iter().find(|surface| surface.id == id).map_or(Format::Text, |surface| surface.format)
    });
    let limits = bench.detector.limits();
    read::parse(format, current, limits).problem.is_some() || read::parse(format, merged, limits).problem.is_none()
}

/// Takes a record's values out of the vault, or gives a name its earlier value back, and tells the index.
fn release(bench: &Bench<'_>, run: &str, record: &Record) -> Result<(), String> {
    for item in &record.items {
        let Ok(name) = VaultName::parse(&item.name) else { continue };
        release_item(bench, run, item, &name)?;
    }
    Ok(())
}

fn release_item(bench: &Bench<'_>, run: &str, item: &ItemRecord, name: &VaultName) -> Result<(), String> {
    let told = |error: crate::vault::VaultError| format!("{error}. {}", error.advice());
    let version = item.version.as_deref().and_then(|version| VaultName::parse(version).ok());
    if let Some(version) = &version
        && let Some(old) = bench.vault.get(version).map_err(told)?
    {
        bench.vault.set(name, &old).map_err(told)?;
    }
    let emptied = Index::update(bench.state_dir, |index| {
        let Some(at) = index.entries.iter().position(|entry| entry.name == item.name) else { return item.stored };
        let entry = &mut index.entries[at];
        entry.bindings.retain(|binding| !item.bindings.contains(binding));
        entry.runs.retain(|known| known != run);
        if let Some(version) = &version {
            entry.versions.retain(|known| known != version.as_str());
            entry.fingerprint = item.version_fingerprint.clone().unwrap_or_default();
        }
        let emptied = item.stored && entry.bindings.is_empty() && entry.runs.is_empty();
        if emptied {
            index.entries.remove(at);
        }
        emptied
    })
    .map_err(|error| error.to_string())?;
    if let Some(version) = version {
        bench.vault.remove(&version).map_err(told)?;
    }
    if emptied {
        bench.vault.remove(name).map_err(told)?;
    }
    Ok(())
}
