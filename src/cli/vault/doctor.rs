//! `doctor`: whether the keychain works and holds what the index says. Each problem with its next step.

use super::At;
use super::desk::{Desk, failure};
use crate::cli::error::{Failure, Status};
use crate::cli::out;
use crate::cli::settings::shown;
use crate::host::{Host, open};
use crate::model::KeyRing;
use crate::vault::{Entry, Index, MOST_BYTES, StoreKind, Vault, VaultError, VaultName, log};
use std::collections::BTreeSet;
use std::path::Path;

/// What was looked at, a line each.
#[derive(Default)]
struct Report {
    lines: Vec<String>,
    wrong: bool,
    unreachable: bool,
}

impl Report {
    fn well(&mut self, what: &str) {
        self.lines.push(format!("ok     {what}"));
    }

    fn wrong(&mut self, what: &str, next: &str) {
        self.lines.push(format!("wrong  {what}\n       next: {next}"));
        self.wrong = true;
    }
}

/// Checks everything.
pub(super) fn run(at: At, sweep: bool) -> Result<u8, Failure> {
    let mut report = Report::default();
    let state = Host::current().dirs().state;
    files(&mut report, &state);
    let desk = match Desk::open(at) {
        Ok(desk) => desk,
        Err(failure) => {
            report.wrong(&failure.to_string(), "mend the file, or move it away and run this again");
            return finish(&report);
        }
    };
    // A key is not made here: with a new one every fingerprint would be another.
    let keys = match (desk.index.entries.is_empty(), desk.keys()) {
        (true, _) => None,
        (false, Ok(keys)) => Some(keys),
        (false, Err(failure)) => {
            report.wrong(&failure.to_string(), "fingerprints cannot be compared until it can be read");
            None
        }
    };
    for kind in desk.kinds() {
        store(&mut report, &desk, kind, keys.as_ref(), sweep);
    }
    finish(&report)
}

fn finish(report: &Report) -> Result<u8, Failure> {
    out::print(format!("{}\n", report.lines.join("\n")).as_bytes())?;
    let status = match (report.unreachable, report.wrong) {
        (true, _) => Status::NoKeychain,
        (false, true) => Status::Findings,
        (false, false) => Status::Clean,
    };
    Ok(status.code())
}

/// The index and the log are this account's alone.
fn files(report: &mut Report, state: &Path) {
    for path in [Index::path(state), log::path(state)] {
        let Ok(file) = open::open(&path) else { continue };
        let open_to = file.mode().is_some_and(|mode| mode & 0o077 != 0);
        if open_to {
            report.wrong(&format!("{} is open to others", shown(&path)), &format!("chmod 600 {}", shown(&path)));
        } else {
            report.well(&format!("{} is private", shown(&path)));
        }
    }
}

fn store(report: &mut Report, desk: &Desk, kind: StoreKind, keys: Option<&KeyRing>, sweep: bool) {
    let word = kind.as_str();
    let vault = match desk.vault(kind) {
        Ok(vault) => vault,
        Err(failure) => {
            report.unreachable |= failure.status() == Status::NoKeychain;
            report.wrong(&format!("{word}: it cannot be opened"), &failure.to_string());
            return;
        }
    };
    match vault.probe(1).and_then(|()| vault.probe(MOST_BYTES)) {
        Ok(()) => report.well(&format!("{word}: writes, reads and removes values up to 64 KiB")),
        Err(error) => {
            report.unreachable |= error.unreachable();
            report.wrong(&format!("{word}: {error}"), error.advice());
            return;
        }
    }
    let held = vault.names();
    match held {
        Ok(held) => items(report, desk, vault, &held, keys),
        Err(error) => report.wrong(&format!("{word}: its items cannot be listed: {error}"), error.advice()),
    }
    match if sweep { vault.sweep() } else { vault.orphans() } {
        Ok(0) => {}
        Ok(count) if sweep => report.well(&format!("{word}: {count} leftover pieces removed")),
        Ok(count) => report.wrong(
            &format!("{word}: {count} pieces of values that an interrupted write left behind"),
            "caulk vault doctor --sweep, while no other caulk is at work",
        ),
        Err(error) => report.wrong(&format!("{word}: {error}"), error.advice()),
    }
}

/// Each entry has its item and each item its entry.
fn items(report: &mut Report, desk: &Desk, vault: &Vault, held: &[VaultName], keys: Option<&KeyRing>) {
    let word = vault.kind().as_str();
    let ours: Vec<&Entry> = desk.index.entries.iter().filter(|entry| entry.store_kind() == vault.kind()).collect();
    let mut whole = 0;
    for entry in &ours {
        match item(vault, entry, keys) {
            Ok(None) => whole += 1,
            Ok(Some((what, next))) => report.wrong(&format!("{}: {what}", entry.name), &next),
            Err(error) => report.wrong(&format!("{}: {error}", entry.name), failure(error).to_string().as_str()),
        }
    }
    report.well(&format!("{word}: {whole} of {} sealed secrets are whole", ours.len()));
    let known: BTreeSet<&str> = ours
        .iter()
        .flat_map(|entry| entry.versions.iter().map(String::as_str).chain([entry.name.as_str()]))
        .chain(desk.index.entries.iter().flat_map(|entry| entry.runs.iter().map(String::as_str)))
        .collect();
    for name in held.iter().filter(|name| !known.contains(name.as_str()) && !super::desk::is_run(name.as_str())) {
        // Not wrong: other programs may store for us.
        report
            .lines
            .push(format!("note   {name} is in the {word} and not in the index: caulk hands it out by name only"));
    }
}

/// What is wrong with an entry's item, and what to do.
fn item(vault: &Vault, entry: &Entry, keys: Option<&KeyRing>) -> Result<Option<(String, String)>, VaultError> {
    let Some(name) = entry.vault_name() else {
        return Ok(Some(("is no name".into(), "take the entry out of the index file".into())));
    };
    let Some(value) = vault.get(&name)? else {
        return Ok(Some((
            "is in the index and not in the store".into(),
            format!("caulk vault set {name} stores it again; caulk vault rm {name} forgets it"),
        )));
    };
    let differs = keys.is_some_and(|keys| keys.id(value.expose()).as_str() != entry.fingerprint);
    Ok(differs.then(|| {
        (
            "another program has changed the value".into(),
            format!("caulk vault set {name} stores the right one; caulk vault get {name} gives the one that is there"),
        )
    }))
}
