//! Carries out what git's `store` and `erase` ask for. The old value is kept under a name of its own
//! before the new one is written, so that no failed step loses the only copy.

use crate::broker::git::Change;
use crate::cli::error::Failure;
use crate::cli::hand::{Hand, vault_failure};
use crate::host::key;
use crate::model::{KeyRing, Secret};
use crate::vault::{Binding, Entry, Index, StoreKind, VaultError, VaultName};

/// Decides under the index's lock, with the index as it is then, and does it.
pub(super) fn apply(hand: &Hand, wish: impl FnOnce(&[Entry]) -> Result<Change, VaultError>) -> Result<(), Failure> {
    let key = key::machine_key(hand.state()).map_err(|error| Failure::new(error.to_string()))?;
    let keys = KeyRing::new(key.bytes);
    let fingerprint = |value: &Secret| keys.id(value.expose()).as_str().to_owned();
    let done = Index::update(hand.state(), |index| -> Result<(), VaultError> {
        match wish(&index.entries)? {
            Change::None => Ok(()),
            Change::Refuse { name } => {
                edit(index, &name, |entry| entry.refused_at = Some(now(hand)));
                Ok(())
            }
            Change::Accept { name } => {
                edit(index, &name, |entry| entry.refused_at = None);
                Ok(())
            }
            Change::Version { name, value } => {
                let kept = keep(hand, index, &name)?;
                hand.with(hand.kind(&name), |vault| vault.set(&name, &value))?;
                edit(index, &name, |entry| {
                    entry.versions.extend(kept.map(|kept| kept.as_str().to_owned()));
                    entry.fingerprint = fingerprint(&value);
                    entry.refused_at = None;
                });
                Ok(())
            }
            Change::New { name, value, binding } => {
                let kind = sibling(index, &binding);
                let name = free(hand, index, kind, name.clone(), &name)?;
                hand.with(kind, |vault| vault.set(&name, &value))?;
                index.put(Entry {
                    name: name.as_str().to_owned(),
                    store: kind.as_str().to_owned(),
                    created_at: now(hand),
                    fingerprint: fingerprint(&value),
                    bindings: vec![binding],
                    refused_at: None,
                    versions: Vec::new(),
                    runs: Vec::new(),
                });
                Ok(())
            }
        }
    });
    done.map_err(|error| Failure::new(error.to_string()))?.map_err(vault_failure)
}

/// The old value under a numbered name.
fn keep(hand: &Hand, index: &Index, name: &VaultName) -> Result<Option<VaultName>, VaultError> {
    let kind = hand.kind(name);
    let Some(old) = hand.with(kind, |vault| vault.get(name))? else { return Ok(None) };
    let kept = free(hand, index, kind, name.numbered(1), name)?;
    hand.with(kind, |vault| vault.set(&kept, &old))?;
    Ok(Some(kept))
}

/// `first`, or `base` with the first number that nothing has.
fn free(
    hand: &Hand,
    index: &Index,
    kind: StoreKind,
    first: VaultName,
    base: &VaultName,
) -> Result<VaultName, VaultError> {
    let mut candidate = first;
    for number in 2..=u32::MAX {
        let name = candidate.as_str();
        let listed = |entry: &Entry| entry.name == name || entry.versions.iter().any(|version| version == name);
        if !index.entries.iter().any(listed) && hand.with(kind, |vault| vault.get(&candidate))?.is_none() {
            break;
        }
        candidate = base.numbered(number);
    }
    Ok(candidate)
}

/// The store that holds the other logins of the host.
fn sibling(index: &Index, binding: &Binding) -> StoreKind {
    let Binding::Git { host, .. } = binding else { return StoreKind::default() };
    let at_host = |entry: &&Entry| {
        entry
            .bindings
            .iter()
            .any(|other| matches!(other, Binding::Git { host: other, .. } if other.eq_ignore_ascii_case(host)))
    };
    index.entries.iter().find(at_host).map(Entry::store_kind).unwrap_or_default()
}

fn edit(index: &mut Index, name: &VaultName, change: impl FnOnce(&mut Entry)) {
    if let Some(entry) = index.find_mut(name) {
        change(entry);
    }
}

fn now(hand: &Hand) -> String {
    humantime::format_rfc3339_seconds(hand.host.now).to_string()
}
