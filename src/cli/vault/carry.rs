//! `export` and `import`: everything in one encrypted file.

use super::desk::{Desk, failure, wrong_file};
use super::items::fresh;
use crate::cli::error::{Failure, Status};
use crate::cli::{ask, out};
use crate::vault::carry::{self, CarryError, Parcel};
use crate::vault::{StoreKind, VaultName};
use std::path::Path;

/// Writes everything of the stores to `output`.
pub(super) fn export(desk: &Desk, output: &Path, passphrase_file: Option<&Path>) -> Result<u8, Failure> {
    let keys = desk.keys()?;
    let mut parcels = Vec::new();
    for kind in desk.kinds() {
        let vault = desk.vault(kind)?;
        for name in vault.names().map_err(failure)? {
            let Some(value) = vault.get(&name).map_err(failure)? else { continue };
            let known = desk.index.find(&name).filter(|entry| entry.store_kind() == kind).cloned();
            let mut entry = known.unwrap_or_else(|| fresh(&name, kind));
            if entry.fingerprint.is_empty() {
                keys.id(value.expose()).as_str().clone_into(&mut entry.fingerprint);
                entry.created_at = desk.now();
            }
            parcels.push(Parcel { entry, value });
        }
    }
    let lost: Vec<&str> = desk
        .index
        .entries
        .iter()
        .filter(|entry| desk.kinds().contains(&entry.store_kind()))
        .filter(|entry| !parcels.iter().any(|parcel| parcel.entry.name == entry.name))
        .map(|entry| entry.name.as_str())
        .collect();
    let passphrase = ask::new_passphrase(passphrase_file, "the export")?.ok_or_else(nobody)?;
    let count = parcels.len();
    carry::write(output, parcels, &passphrase).map_err(|error| told(&error))?;
    out::say(&format!("{count} exported"));
    if lost.is_empty() {
        return Ok(Status::Clean.code());
    }
    out::say(&format!("not in the store, so not exported: {}", lost.join(", ")));
    Ok(Status::Findings.code())
}

/// Takes in what an export holds.
pub(super) fn import(desk: &Desk, file: &Path, replace: bool, passphrase_file: Option<&Path>) -> Result<u8, Failure> {
    let passphrase = ask::passphrase(passphrase_file, "the export")?.ok_or_else(nobody)?;
    let parcels = carry::read(file, &passphrase).map_err(|error| told(&error))?;
    let keys = desk.keys()?;
    let kind = desk.at.store.unwrap_or(StoreKind::Keychain);
    let vault = desk.vault(kind)?;
    let (mut stored, mut same, mut refused) = (0, 0, Vec::new());
    for Parcel { mut entry, value } in parcels {
        let Ok(name) = VaultName::parse(&entry.name) else {
            refused.push(String::from("(a name that is none)"));
            continue;
        };
        let elsewhere = desk.index.find(&name).is_some_and(|known| known.store_kind() != kind);
        let there = vault.get(&name).map_err(failure)?;
        let equal = there.as_ref().is_some_and(|there| there.expose() == value.expose());
        if elsewhere || (there.is_some() && !equal && !replace) {
            refused.push(entry.name);
            continue;
        }
        if !equal {
            vault.set(&name, &value).map_err(failure)?;
        }
        // Fingerprints are made under this machine's key.
        keys.id(value.expose()).as_str().clone_into(&mut entry.fingerprint);
        kind.as_str().clone_into(&mut entry.store);
        desk.update(|index| {
            if !equal || index.find(&name).is_none() {
                index.put(entry);
            }
        })?;
        if equal { same += 1 } else { stored += 1 }
    }
    out::say(&format!("{stored} imported, {same} there already"));
    if refused.is_empty() {
        return Ok(Status::Clean.code());
    }
    out::say(&format!("left as they are, since other values have these names (--replace): {}", refused.join(", ")));
    Ok(Status::Findings.code())
}

fn nobody() -> Failure {
    Failure::new("no passphrase: nobody is at a terminal; give --passphrase-file FILE")
}

fn told(error: &CarryError) -> Failure {
    match error {
        CarryError::File(error) => wrong_file(error),
        CarryError::Vault(crate::vault::VaultError::Passphrase) => {
            Failure::new("the passphrase is not the one that the export was made with")
        }
        CarryError::Vault(error) => failure(*error),
    }
}
