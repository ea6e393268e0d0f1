//! After a change: the file is what was planned, it reads as before, and its consumer gets the secret.
//!
//! Plays the consumer's side of each protocol against the vault. Nothing is run and nothing is sent.

use super::Bench;
use super::files;
use super::plan::{Change, Transaction};
use crate::broker::{git, headers, launch};
use crate::host::{open, surgery};
use crate::model::{Limits, Secret};
use crate::read::{self, Format};
use crate::vault::{Binding, Entry, Index, VaultName};
use std::ffi::OsStr;
use zeroize::Zeroizing;

/// Verifies what was carried out; gives what was proved.
pub(super) fn transaction(bench: &Bench<'_>, transaction: &Transaction) -> Result<Vec<&'static str>, String> {
    for change in &transaction.changes {
        file(bench, change)?;
    }
    if transaction.items.is_empty() {
        return Ok(transaction.proves.to_vec());
    }
    let index = Index::load(bench.state_dir).map_err(|error| error.to_string())?;
    for item in &transaction.items {
        for binding in &item.bindings {
            let answered = answer(bench, &index.entries, &item.name, binding, &item.value)?;
            if !answered {
                return Err(format!("{} is not handed to the program it is for", item.name));
            }
        }
    }
    Ok(vec!["vault-read-back", "consumer-syntax", "consumer-answer"])
}

/// The file holds what was planned, and parses as well as it did.
fn file(bench: &Bench<'_>, change: &Change) -> Result<(), String> {
    let shown = files::shown_path(&change.path);
    if let Some(mode) = change.mode {
        let now = surgery::mode(&change.real).map_err(|refusal| format!("{shown}: {}", refusal.reason()))?;
        return if now.1 == mode.after { Ok(()) } else { Err(format!("{shown}: changed by somebody else meanwhile")) };
    }
    let mut bytes = Zeroizing::new(Vec::new());
    open::open(&change.real)
        .and_then(|mut file| file.read_up_to(&mut bytes, Limits::SHIPPED.document_bytes))
        .map_err(|skip| format!("{shown}: {}", skip.reason()))?;
    if *bytes != *change.after {
        return Err(format!("{shown}: changed by somebody else meanwhile"));
    }
    let format = bench.format(change.surface.as_deref());
    let whole = |bytes: &[u8]| read::parse(format, bytes, bench.detector.limits()).problem.is_none();
    let was_whole = change.before.as_ref().is_none_or(|before| whole(before));
    if was_whole && format != Format::Text && !whole(&bytes) {
        return Err(format!("{shown}: would not be read any more"));
    }
    Ok(())
}

/// Whether the consumer of `binding` gets `value`.
fn answer(
    bench: &Bench<'_>,
    entries: &[Entry],
    name: &VaultName,
    binding: &Binding,
    value: &Secret,
) -> Result<bool, String> {
    let look = |name: &VaultName| bench.vault.get(name);
    let equal = |given: &[u8]| given == value.expose();
    match binding {
        Binding::Git { protocol, host, path, username } => {
            let request = git::Request::new(protocol, host, path.as_deref(), username.as_deref());
            match git::get(&request, entries, &look).map_err(|error| error.to_string())? {
                git::Reply::Login(login) => Ok(equal(login.secret().expose())),
                _ => Ok(false),
            }
        }
        Binding::Npm { .. } => {
            let handed =
                launch::environment(OsStr::new("npm"), &[], entries, &look).map_err(|error| error.to_string())?;
            let variable = launch::npm_variable(binding).unwrap_or_default();
            Ok(handed.iter().any(|one| one.variable == *variable && equal(one.value.expose())))
        }
        Binding::Env { variable } => {
            let with = launch::With { variable: Some(variable.clone()), name: name.clone() };
            let handed =
                launch::environment(OsStr::new(""), &[with], entries, &look).map_err(|error| error.to_string())?;
            Ok(handed.iter().any(|one| one.variable == **variable && equal(one.value.expose())))
        }
        Binding::Header { header, before, .. } => {
            let template =
                headers::Template::parse(&format!("{header}={before}{{{name}}}")).map_err(|error| error.to_string())?;
            let json = headers::json(&[template], &look).map_err(|error| error.to_string())?;
            let told: serde_json::Value = serde_json::from_slice(&json).map_err(|_| "no answer".to_owned())?;
            let given = told[header].as_str().and_then(|told| told.strip_prefix(before.as_str()));
            Ok(given.is_some_and(|given| equal(given.as_bytes())))
        }
    }
}
