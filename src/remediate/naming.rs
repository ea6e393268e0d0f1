//! Which name a secret gets, when others may have it already.
//!
//! A name is decided before an edit is made, since the edit may write it into a file.

use crate::model::KeyRing;
use crate::vault::{Binding, Entry, VaultName};
use std::collections::BTreeMap;

/// Secrets of one name that are told apart.
const MOST: u32 = 10_000;

/// What becomes of a value that has the name already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// There is none.
    New,
    /// It is the same value.
    Same,
    /// It is an older one of the same consumer: it is kept under this name.
    Version(VaultName),
}

/// Names taken, and by what.
pub(super) struct Names {
    /// Sealed before, by name: fingerprint and consumers.
    sealed: Vec<(VaultName, String, Vec<Binding>)>,
    /// Names of earlier values.
    versions: Vec<String>,
    /// Given in this plan, by fingerprint.
    given: BTreeMap<String, VaultName>,
    fates: BTreeMap<VaultName, Fate>,
    keys: KeyRing,
}

impl Names {
    pub(super) fn new(entries: &[Entry], keys: &KeyRing) -> Self {
        Self {
            sealed: entries
                .iter()
                .filter_map(|e| Some((e.vault_name()?, e.fingerprint.clone(), e.bindings.clone())))
                .collect(),
            versions: entries.iter().flat_map(|e| e.versions.clone()).collect(),
            given: BTreeMap::new(),
            fates: BTreeMap::new(),
            keys: keys.duplicate(),
        }
    }

    /// The name for `value`, by which `binding` asks: the proposed one unless another secret has it.
    pub(super) fn of(&mut self, proposed: VaultName, value: &[u8], binding: &Binding) -> VaultName {
        let fingerprint = self.keys.id(value).as_str().to_owned();
        if let Some(name) = self.given.get(&fingerprint) {
            return name.clone();
        }
        // A secret that is sealed already keeps its name.
        let sealed = self.sealed.iter().find(|(_, known, _)| *known == fingerprint);
        let (name, fate) = match sealed {
            Some((name, ..)) => (name.clone(), Fate::Same),
            None => self.free(&proposed, binding),
        };
        self.given.insert(fingerprint, name.clone());
        self.fates.insert(name.clone(), fate);
        name
    }

    fn free(&self, proposed: &VaultName, binding: &Binding) -> (VaultName, Fate) {
        let numbered = |n: u32| if n == 1 { proposed.clone() } else { proposed.numbered(n) };
        for number in 1..=MOST {
            let name = numbered(number);
            if self.given.values().any(|given| *given == name) || self.versions.iter().any(|v| *v == name.as_str()) {
                continue;
            }
            match self.sealed.iter().find(|(sealed, ..)| *sealed == name) {
                None => return (name, Fate::New),
                Some((_, _, bindings)) if bindings.contains(binding) => {
                    let kept = (number + 1..=2 * MOST).map(|n| proposed.numbered(n)).find(|kept| self.is_free(kept));
                    return (name, kept.map_or(Fate::New, Fate::Version));
                }
                Some(_) => {}
            }
        }
        (proposed.clone(), Fate::New)
    }

    fn is_free(&self, name: &VaultName) -> bool {
        !self.given.values().any(|given| given == name)
            && !self.versions.iter().any(|version| *version == name.as_str())
            && !self.sealed.iter().any(|(sealed, ..)| sealed == name)
    }

    /// What becomes of a value that has `name` already.
    pub(super) fn fate(&self, name: &VaultName) -> Fate {
        self.fates.get(name).cloned().unwrap_or(Fate::New)
    }
}
