//! `get`, `set`, `rm`, `mv`: one secret at a time.

use super::desk::{Desk, consumer, failure, is_run, not_found};
use crate::cli::error::{Failure, Status};
use crate::cli::{ask, out};
use crate::host::procs;
use crate::host::terminal::{Stream, is_terminal};
use crate::model::Secret;
use crate::vault::log::{self, Asker, HandOut};
use crate::vault::{Binding, Entry, MOST_BYTES, StoreKind, VaultName};

/// Writes a secret to standard output.
pub(super) fn get(desk: &Desk, name: &VaultName, show: bool) -> Result<u8, Failure> {
    let terminal = is_terminal(Stream::Stdout);
    if terminal && !show {
        return Err(Failure::new("standard output is a terminal: add --show to have the value on it"));
    }
    let value = desk.value(name)?;
    if terminal && !value.expose().iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')) {
        let text = std::str::from_utf8(value.expose()).ok();
        if text.is_none_or(|text| text.chars().any(crate::model::Untrusted::must_escape)) {
            return Err(Failure::new("the value has bytes that a terminal would obey: pipe it to where it belongs"));
        }
    }
    if desk.index.find(name).is_some_and(|entry| entry.refused_at.is_some()) {
        out::say("this value was refused where it belongs; `caulk vault set` stores a new one");
    }
    let (pid, program) = procs::asker().unwrap_or_default();
    let asker = program.map(|program| Asker { program: program.to_string_lossy().into_owned(), pid });
    let event = HandOut { at: desk.now(), name: name.as_str().into(), verb: "vault get".into(), asker };
    if let Err(error) = log::record(&desk.state, &event) {
        out::say(&format!("the hand-out is not in the log: {error}"));
    }
    out::stdout(|out| {
        out.write_all(value.expose())?;
        if terminal { out.write_all(b"\n") } else { Ok(()) }
    })?;
    Ok(Status::Clean.code())
}

/// Stores a secret.
pub(super) fn set(desk: &Desk, name: &VaultName, variable: Option<String>) -> Result<u8, Failure> {
    let kind = desk.kind(name);
    if let Some(known) = desk.index.find(name)
        && known.store_kind() != kind
    {
        let message = format!("{name} is in the store `{}`; remove it there first, or leave --store out", known.store);
        return Err(Failure::new(message));
    }
    if is_run(name.as_str()) {
        return Err(Failure::new("names that begin with run/ are those of `caulk undo`"));
    }
    let value = if is_terminal(Stream::Stdin) {
        ask::hidden(&format!("Value of {name}: "))
    } else {
        Some(
            ask::piped(MOST_BYTES)?
                .ok_or_else(|| Failure::new("the value is larger than 64 KiB; nothing was stored"))?,
        )
    };
    let value = value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Failure::new("no value: give it on standard input, or type it on a terminal"))?;
    if value.len() > MOST_BYTES {
        return Err(Failure::new("the value is larger than 64 KiB; nothing was stored"));
    }
    let fingerprint = desk.keys()?.id(value.expose()).as_str().to_owned();
    desk.vault(kind)?.set(name, &value).map_err(failure)?;
    let now = desk.now();
    desk.update(|index| {
        let mut entry = index.take(name).unwrap_or_else(|| fresh(name, kind));
        entry.created_at = now;
        entry.fingerprint = fingerprint;
        entry.refused_at = None;
        if let Some(variable) = variable {
            entry.bindings.retain(|binding| !matches!(binding, Binding::Env { .. }));
            entry.bindings.push(Binding::Env { variable });
        }
        index.put(entry);
    })?;
    Ok(Status::Clean.code())
}

/// An entry of which nothing is known yet.
pub(super) fn fresh(name: &VaultName, kind: StoreKind) -> Entry {
    Entry {
        name: name.as_str().to_owned(),
        store: kind.as_str().to_owned(),
        created_at: String::new(),
        fingerprint: String::new(),
        bindings: Vec::new(),
        refused_at: None,
        versions: Vec::new(),
        runs: Vec::new(),
    }
}

/// Removes secrets.
pub(super) fn rm(desk: &Desk, names: &[VaultName], yes: bool) -> Result<u8, Failure> {
    let mut missing = false;
    for name in names {
        if !yes {
            let question = format!("{}Remove {name} for good?", references(desk, name));
            let unattended =
                format!("{}nothing was removed: add --yes where nobody can be asked", references(desk, name));
            if !ask::confirm(&question, &unattended)? {
                missing = true;
                out::say(&format!("{name}: kept"));
                continue;
            }
        }
        let vault = desk.vault(desk.kind(name))?;
        // The earlier values first: until the end the entry says where they are.
        let entry = desk.index.find(name);
        for version in entry.map(|entry| entry.versions.as_slice()).unwrap_or_default() {
            if let Ok(version) = VaultName::parse(version) {
                vault.remove(&version).map_err(failure)?;
            }
        }
        let was = vault.remove(name).map_err(failure)?;
        let known = desk.update(|index| index.take(name))?.is_some();
        if !was && !known {
            missing = true;
            out::say(&not_found(name).to_string());
        }
    }
    Ok(if missing { Status::Findings } else { Status::Clean }.code())
}

/// Gives a secret another name. At every instant it can be found under the old one or the new.
pub(super) fn mv(desk: &Desk, from: &VaultName, to: &VaultName, yes: bool) -> Result<u8, Failure> {
    if from == to {
        return Err(Failure::new("the two names are the same"));
    }
    if is_run(from.as_str()) || is_run(to.as_str()) {
        return Err(Failure::new("names that begin with run/ are those of `caulk undo`"));
    }
    let kind = desk.kind(from);
    let vault = desk.vault(kind)?;
    let value = desk.value(from)?;
    let taken = |other: &Secret| other.expose() != value.expose();
    // The same value at the new name: this was begun before and is finished now.
    let bindings = |name| desk.index.find(name).map(|entry| entry.bindings.as_slice());
    if desk.index.find(to).is_some_and(|entry| entry.store_kind() != kind || bindings(to) != bindings(from))
        || vault.get(to).map_err(failure)?.as_ref().is_some_and(taken)
    {
        return Err(Failure::new(format!("{to} is there already; nothing was changed")));
    }
    // Helpers find a secret by what it is for; a launcher in a file names it.
    let named = desk.index.find(from).is_some_and(|entry| !entry.runs.is_empty());
    let refers = if named { references(desk, from) } else { String::new() };
    if !yes && named {
        let question = format!("{refers}What names {from} finds nothing any more. Rename it?");
        if !ask::confirm(&question, &format!("{refers}nothing was renamed: add --yes where nobody can be asked"))? {
            return Ok(Status::Findings.code());
        }
    }
    vault.set(to, &value).map_err(failure)?;
    let fingerprint = desk.keys()?.id(value.expose()).as_str().to_owned();
    let now = desk.now();
    desk.update(|index| {
        let mut entry = index.find(from).cloned().unwrap_or_else(|| {
            let created_at = now.clone();
            Entry { created_at, fingerprint: fingerprint.clone(), ..fresh(from, kind) }
        });
        to.as_str().clone_into(&mut entry.name);
        index.put(entry);
    })?;
    vault.remove(from).map_err(failure)?;
    desk.update(|index| index.take(from))?;
    Ok(Status::Clean.code())
}

/// What still refers to a name, a line each; nothing when nothing does.
fn references(desk: &Desk, name: &VaultName) -> String {
    if is_run(name.as_str()) {
        return format!("{name} is what `caulk undo` of that run needs.\n");
    }
    let Some(entry) = desk.index.find(name) else { return String::new() };
    let mut lines: Vec<String> = entry.bindings.iter().map(|binding| format!("  {}", consumer(binding))).collect();
    lines.extend(
        entry.runs.iter().map(|run| format!("  the files of fix run {run}; `caulk undo {run}` puts them back")),
    );
    if lines.is_empty() { String::new() } else { format!("{name} is used by:\n{}\n", lines.join("\n")) }
}
