//! `ls` and `log`: what is sealed, and who got it. Never a value.

use super::desk::{Desk, consumer, failure, is_run, wrong_file};
use crate::cli::error::{Failure, Status};
use crate::cli::out;
use crate::host::Host;
use crate::model::Untrusted;
use crate::vault::{Entry, StoreKind, VaultName, log};
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Lists the index, and what a store holds besides.
pub(super) fn ls(desk: &Desk, all: bool, as_json: bool) -> Result<u8, Failure> {
    let of_store = |entry: &&Entry| desk.at.store.is_none_or(|kind| entry.store_kind() == kind);
    let known: Vec<&Entry> = desk.index.entries.iter().filter(of_store).filter(|e| all || !is_run(&e.name)).collect();
    // The file store would ask for its passphrase; only when it is meant does a list need that.
    let kind = desk.at.store.unwrap_or_default();
    let held = desk.vault(kind).and_then(|vault| vault.names().map_err(failure));
    let names: BTreeSet<&str> = desk.index.entries.iter().map(|entry| entry.name.as_str()).collect();
    let versions: BTreeSet<&str> =
        desk.index.entries.iter().flat_map(|entry| entry.versions.iter().map(String::as_str)).collect();
    let more: Vec<&VaultName> = held
        .iter()
        .flatten()
        .filter(|name| !names.contains(name.as_str()) && !versions.contains(name.as_str()))
        .filter(|name| all || !is_run(name.as_str()))
        .collect();
    let text = if as_json { json_list(&known, &more, kind) } else { table(&known, &more, kind) };
    out::print(text.as_bytes())?;
    match held {
        Ok(_) => Ok(Status::Clean.code()),
        // The list is of what should be there; the reader must know that nobody looked.
        Err(failure) => Err(failure),
    }
}

fn json_list(known: &[&Entry], more: &[&VaultName], kind: StoreKind) -> String {
    let entries = known.iter().map(|entry| json!(entry));
    let others = more.iter().map(|name| json!({"name": name.as_str(), "store": kind.as_str(), "indexed": false}));
    let list = json!({"schema_version": 1, "entries": entries.chain(others).collect::<Vec<_>>()});
    format!("{list:#}\n")
}

fn table(known: &[&Entry], more: &[&VaultName], kind: StoreKind) -> String {
    let mut rows: Vec<[String; 4]> = known.iter().map(|entry| row(entry)).collect();
    rows.extend(more.iter().map(|name| {
        [name.as_str().into(), kind.as_str().into(), "-".into(), "nobody (not stored by this caulk)".into()]
    }));
    if rows.is_empty() {
        return String::from("nothing is sealed\n");
    }
    rows.sort();
    rows.insert(0, ["NAME", "STORE", "SEALED", "FOR"].map(String::from));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (name, store, sealed) = (width(0), width(1), width(2));
    rows.iter().fold(String::new(), |mut text, row| {
        let _ = writeln!(text, "{:name$}  {:store$}  {:sealed$}  {}", row[0], row[1], row[2], row[3]);
        text
    })
}

fn row(entry: &Entry) -> [String; 4] {
    let clean = |text: &str| Untrusted::from(text).to_string();
    let day = entry.created_at.get(..10).unwrap_or("-");
    let mut consumers: Vec<String> = entry.bindings.iter().map(consumer).collect();
    if entry.refused_at.is_some() {
        consumers.push("refused: not handed out".into());
    }
    if consumers.is_empty() {
        consumers.push("-".into());
    }
    [clean(&entry.name), clean(&entry.store), clean(day), consumers.join(", ")]
}

/// Shows the hand-out log.
pub(super) fn log(name: Option<&VaultName>, as_json: bool) -> Result<u8, Failure> {
    let mut events = log::read(&Host::current().dirs().state).map_err(|error| wrong_file(&error))?;
    events.retain(|event| name.is_none_or(|name| event.name == name.as_str()));
    if as_json {
        let list = json!({"schema_version": 1, "handouts": events});
        out::print(format!("{list:#}\n").as_bytes())?;
        return Ok(Status::Clean.code());
    }
    let clean = |text: &str| Untrusted::from(text).to_string();
    let text = events.iter().fold(String::new(), |mut text, event| {
        let _ = write!(text, "{}  {}  {}", clean(&event.at), clean(&event.name), clean(&event.verb));
        if let Some(asker) = &event.asker {
            let _ = write!(text, "  {} ({})", clean(&asker.program), asker.pid);
        }
        text.push('\n');
        text
    });
    let text = if text.is_empty() { "nothing was handed out\n" } else { &text };
    out::print(text.as_bytes())?;
    Ok(Status::Clean.code())
}
