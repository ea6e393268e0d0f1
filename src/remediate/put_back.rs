//! Taking one record of a journal back: files first, then the vault.
//!
//! Used for a transaction that failed, for one that a kill left half done, and for an undo. A value
//! leaves the vault only when every file that had it in the clear has it again.

use super::Bench;
use super::files::{self, Direction, Standing};
use super::images::{Images, RunKey, key_name};
use super::journal::{self, FileRecord, ItemRecord, Journal, Record, Stage};
use super::sweep::Sweep;
use super::{merge, recipes};
use crate::host::surgery::Patient;
use crate::model::Secret;
use crate::read;
use crate::vault::{Binding, Index, VaultName};

/// Why a record could not be taken back in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stuck {
    /// In words.
    pub(super) why: String,
    /// Whether another try would end the same: the user's edit stands in the way.
    pub(super) for_good: bool,
}

impl From<String> for Stuck {
    fn from(why: String) -> Self {
        Self { why, for_good: false }
    }
}

/// Takes the record at `index` back and writes so in the journal. What could not be is left for another try.
///
/// Gives the names whose values were changed since they were sealed: those stay in the vault.
pub(super) fn record(
    bench: &Bench<'_>,
    journal: &mut Journal,
    index: usize,
    key: Option<&RunKey>,
) -> Result<Vec<String>, Stuck> {
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
        if ending == Stage::Undone {
            // Every file is whole: it stands as it did, and may be taken back another time.
            journal.records[index].stage = Stage::Done;
            let _ = journal.save(bench.state_dir);
        }
        return Err(why);
    }
    let run = journal.run.clone();
    let contents = files::contents(&journal.records[index].files);
    let kept = release(bench, &run, &journal.records[index], &contents).map_err(Stuck::from)?;
    if let Some(key) = key {
        tidy(bench, journal, index, key).map_err(Stuck::from)?;
    }
    journal.records[index].stage = ending;
    let saved = journal.save(bench.state_dir);
    noted.and(saved).map(|()| kept).map_err(|error| Stuck::from(error.to_string()))
}

/// Ends writes that were cut short, one way or the other.
pub(super) fn settle(
    bench: &Bench<'_>,
    journal: &Journal,
    index: usize,
    key: &RunKey,
    way: Direction,
) -> Result<(), Stuck> {
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let record = &journal.records[index];
    // What an undo makes of an edited file is an edit of its own, forwards.
    let list = record.files.iter().map(|file| (file, way));
    for (file, way) in list.chain(record.undo.iter().map(|file| (file, Direction::Forward))) {
        // Sealing comes before writing: what was not sealed was not written.
        let Ok(images) = Images::load(key, &folder, &journal.run, &file.images) else { continue };
        files::settle(file, &images, way).map_err(Stuck::from)?;
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
) -> Result<(), Stuck> {
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    let shown = files::shown(file);
    let stuck = |why: String| Err(Stuck { why, for_good: true });
    if file.mode.is_some() {
        return match files::standing(file, &Images::NONE) {
            Standing::Before => Ok(()),
            Standing::After => Ok(files::write(file, None, &Images::NONE, Direction::Back)?),
            Standing::Gone => stuck(format!("{shown} is gone")),
            Standing::Unreadable(why) => Err(format!("{shown}: {why}").into()),
            Standing::Other(_) => stuck(format!("who may use {shown} was changed since; it stays as it is")),
        };
    }
    // Never sealed, so never written.
    if folder.join(&file.images).symlink_metadata().is_err() {
        return Ok(());
    }
    let Some(key) = key else { return Err(format!("{shown}: the key of this run is not in the vault").into()) };
    let images = Images::load(key, &folder, &journal.run, &file.images).map_err(|error| error.to_string())?;
    if file.surface.is_none() && is_shared(bench, &journal.records[index]) {
        // Another sealed login of this host still needs it.
        return Ok(());
    }
    // No secret went out of it: a setting, an entry, a guard.
    let mends = journal.records[index].items.is_empty();
    match files::standing(file, &images) {
        Standing::Before => Ok(()),
        Standing::After => Ok(files::write(file, None, &images, Direction::Back)?),
        Standing::Gone if mends => stuck(format!("{shown} is gone")),
        Standing::Gone => stuck(format!("{shown} is gone; its secret stays in the vault")),
        Standing::Unreadable(why) => Err(format!("{shown}: {why}").into()),
        Standing::Other(current) => {
            if mends && let (None, Some(after)) = (&images.before, &images.after) {
                // A file that caulk made and that others wrote to by now: only what caulk wrote goes.
                return match merge::take_out(b"", after, &current) {
                    Some(merged) => Ok(replace(bench, journal, index, number, file, &current, merged, key)?),
                    None => stuck(format!("{shown} was edited where caulk had written; it stays as it is")),
                };
            }
            let (Some(before), Some(after)) = (&images.before, &images.after) else {
                // A configuration that caulk made and that others use by now: only caulk's part goes.
                return Ok(without_helpers(bench, journal, index, number, file, &current, key)?);
            };
            if merge::is_back(before, after, &current) {
                return Ok(());
            }
            let Some(merged) = merge::take_out(before, after, &current).filter(|m| parses(bench, file, &current, m))
            else {
                if file.surface.is_none() {
                    return Ok(without_helpers(bench, journal, index, number, file, &current, key)?);
                }
                let how = if mends { "it stays as it is" } else { "put the value back by hand: caulk vault get" };
                return stuck(format!("{shown} was edited where caulk had changed it; {how}"));
            };
            Ok(replace(bench, journal, index, number, file, &current, merged, key)?)
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

/// Whether another record's login needs git to ask caulk for one of this record's hosts.
fn is_shared(bench: &Bench<'_>, record: &Record) -> bool {
    let own = |binding: &Binding| record.items.iter().any(|item| item.bindings.contains(binding));
    let urls = urls(record);
    let asks = |binding: &Binding| url(binding).is_some_and(|url| urls.contains(&url));
    Index::load(bench.state_dir)
        .is_ok_and(|index| index.entries.iter().flat_map(|e| &e.bindings).any(|b| asks(b) && !own(b)))
}

/// Takes caulk out of git's configuration for hosts that have no sealed login any more.
fn tidy(bench: &Bench<'_>, journal: &mut Journal, index: usize, key: &RunKey) -> Result<(), String> {
    let left = Index::load(bench.state_dir).map_err(|error| error.to_string())?;
    let needed: Vec<String> = left.entries.iter().flat_map(|e| &e.bindings).filter_map(url).collect();
    let orphans: Vec<String> = urls(&journal.records[index]).into_iter().filter(|url| !needed.contains(url)).collect();
    let path = &bench.machine.git_config;
    if orphans.is_empty() || !path.is_file() {
        return Ok(());
    }
    let Ok(patient) = Patient::open(path, bench.detector.limits().document_bytes) else { return Ok(()) };
    let current = zeroize::Zeroizing::new(patient.bytes().to_vec());
    let record = FileRecord::plain(path, patient.real());
    drop(patient);
    let number = journal.records[index].files.len();
    without_helpers(bench, journal, index, number, &record, &current, key)
}

/// Ends a run of which nothing stands: its key and its sealed files go, the journal stays as history.
pub(super) fn close(bench: &Bench<'_>, journal: &mut Journal) {
    if journal.is_standing() || journal.is_pending() || journal.closed {
        return;
    }
    // Where the key cannot be removed, or this cannot be written, the next run tries again.
    if bench.vault.remove(&key_name(&journal.run)).is_err() {
        return;
    }
    let folder = journal::folder(bench.state_dir).join(&journal.run);
    for file in journal.records.iter().flat_map(|record| record.files.iter().chain(&record.undo)) {
        let _ = std::fs::remove_file(folder.join(&file.images));
    }
    journal.closed = true;
    let _ = journal.save(bench.state_dir);
}

/// Takes caulk's sections out of a git configuration.
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
    let mut urls: Vec<String> = record.items.iter().flat_map(|item| &item.bindings).filter_map(url).collect();
    urls.sort_unstable();
    urls.dedup();
    urls
}

/// The host of a git login, as git's configuration names it.
fn url(binding: &Binding) -> Option<String> {
    match binding {
        Binding::Git { protocol, host, .. } => Some(format!("{protocol}://{host}")),
        _ => None,
    }
}

/// Whether a merged file reads as well as it did.
fn parses(bench: &Bench<'_>, file: &FileRecord, current: &[u8], merged: &[u8]) -> bool {
    let format = bench.format(file.surface.as_deref());
    let limits = bench.detector.limits();
    read::parse(format, current, limits).problem.is_some() || read::parse(format, merged, limits).problem.is_none()
}

/// Takes a record's values out of the vault, or gives a name its earlier value back, and tells the index.
/// A value that was changed since (a rotated token, one that git was told) is the only copy there is: it
/// stays, and its name is given. So does one that none of the files that are put back holds.
fn release(
    bench: &Bench<'_>,
    run: &str,
    record: &Record,
    contents: &[zeroize::Zeroizing<Vec<u8>>],
) -> Result<Vec<String>, String> {
    let mut kept = Vec::new();
    for item in &record.items {
        let Ok(name) = VaultName::parse(&item.name) else { continue };
        if !release_item(bench, run, item, &name, contents)? {
            kept.push(item.name.clone());
        }
    }
    Ok(kept)
}

/// The same for one value; false: it stays, since it was changed.
fn release_item(
    bench: &Bench<'_>,
    run: &str,
    item: &ItemRecord,
    name: &VaultName,
    contents: &[zeroize::Zeroizing<Vec<u8>>],
) -> Result<bool, String> {
    let told = |error: crate::vault::VaultError| format!("{error}. {}", error.advice());
    // An empty value is nobody's: the keychain died before it was filled.
    let current = bench.vault.get(name).map_err(told)?.filter(|value| !value.is_empty());
    let ours = |value: &Secret| bench.detector.keys().id(value.expose()).as_str() == item.fingerprint;
    // The last look before the only other copy goes.
    let in_files = |value: &Secret| {
        let sweep = Sweep::new([value]);
        let plain = |text: &[u8]| memchr::memmem::find(text, value.expose()).is_some();
        contents.iter().any(|text| plain(text) || !sweep.search(text).is_empty())
    };
    let changed = item.stored && current.as_ref().is_some_and(|value| !ours(value) || !in_files(value));
    let version = item.version.as_deref().and_then(|version| VaultName::parse(version).ok());
    let version = version.filter(|_| current.as_ref().is_none_or(ours));
    if let Some(version) = &version
        && let Some(old) = bench.vault.get(version).map_err(told)?
    {
        bench.vault.set(name, &old).map_err(told)?;
    }
    let emptied = Index::update(bench.state_dir, |index| {
        let Some(entry) = index.find_mut(name) else { return item.stored };
        entry.bindings.retain(|binding| !item.bindings.contains(binding));
        entry.runs.retain(|known| known != run);
        if let Some(version) = &version {
            entry.versions.retain(|known| known != version.as_str());
            entry.fingerprint = item.version_fingerprint.clone().unwrap_or_default();
        }
        let emptied = item.stored && !changed && entry.bindings.is_empty() && entry.runs.is_empty();
        if emptied {
            index.take(name);
        }
        emptied
    })
    .map_err(|error| error.to_string())?;
    if let Some(version) = version {
        bench.vault.remove(&version).map_err(told)?;
    }
    if emptied && !changed {
        bench.vault.remove(name).map_err(told)?;
    }
    Ok(!changed)
}
