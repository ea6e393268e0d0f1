//! What both commands stand on: settings, rules, keys, the lock, and the vault opened when it is needed.

use super::machine;
use crate::cli::error::Failure;
use crate::cli::settings::Settings;
use crate::cli::{args::PackArgs, ask, hand, out, pack};
use crate::detect::Detector;
use crate::host::{Host, key, lock, state};
use crate::model::{KeyRing, Limits, Secret};
use crate::remediate::edit::Machine;
use crate::remediate::{self, Bench};
use crate::rules::RulePack;
use crate::vault::{Entry, FileStore, Index, StoreKind, Vault};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the keychain may take: somebody may have to find its prompt and type a password.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long another caulk may hold the lock.
const WAIT: Duration = Duration::from_secs(2);

/// Everything that is made once.
pub(super) struct Workshop {
    pub(super) host: Host,
    pub(super) state: PathBuf,
    pub(super) machine: Machine,
    pack: RulePack,
    keys: KeyRing,
    _lock: lock::Lock,
}

impl Workshop {
    /// Reads settings and rules, and takes the lock: one fix at a time.
    pub(super) fn open(home: Option<&Path>) -> Result<Self, Failure> {
        let host = Host::current();
        let machine = machine::facts(&host, home)?;
        let settings = Settings::load(&host, None, PackArgs::default().layer())?;
        let pack = pack::load(&settings, &host.dirs().state)?;
        let state = host.dirs().state;
        let folder = state.join("fix");
        let told = |error: crate::host::FileError| Failure::new(format!("{error}; nothing was done"));
        state::ensure_dir(&folder).map_err(told)?;
        let lock = lock::take(&folder.join("lock"), WAIT).map_err(told)?;
        let keys = KeyRing::new(key::load(&state).map_err(told)?);
        Ok(Self { host, state, machine, pack, keys, _lock: lock })
    }

    /// The detector over the rules.
    pub(super) fn detector(&self) -> Detector<'_> {
        Detector::new(&self.pack, &self.keys, Limits::SHIPPED, self.host.now)
    }

    /// The facts for another home that was mended from here.
    pub(super) fn machine_of(&self, home: &Path) -> Result<Machine, Failure> {
        machine::facts(&self.host, Some(home))
    }

    /// What is sealed already.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, Failure> {
        Index::load(&self.state).map(|index| index.entries).map_err(|error| Failure::new(error.to_string()))
    }

    /// Opens the store; one that cannot be reached ends the run with status 4.
    pub(super) fn vault(&self, kind: StoreKind, passphrase_file: Option<&Path>) -> Result<Vault, Failure> {
        let failed = std::cell::RefCell::new(None);
        let passphrase = || -> Option<Secret> {
            let asked = if FileStore::exists(&self.state) {
                ask::passphrase(passphrase_file, "the vault file")
            } else {
                ask::new_passphrase(passphrase_file, "the vault file")
            };
            asked.unwrap_or_else(|failure| {
                failed.replace(Some(failure));
                None
            })
        };
        let opened = Vault::open(kind, &self.state, PATIENCE, Some(&passphrase));
        match (opened, failed.take()) {
            (_, Some(failure)) => Err(failure),
            (opened, None) => opened.map_err(hand::vault_failure),
        }
    }

    /// The bench that the engine works on.
    pub(super) fn bench<'b>(&'b self, detector: &'b Detector<'b>, vault: &'b Vault, entries: &'b [Entry]) -> Bench<'b> {
        Bench { detector, machine: &self.machine, vault, state_dir: &self.state, entries, now: self.host.now }
    }

    /// Whether an earlier run waits for its end.
    pub(super) fn is_unfinished(&self) -> Result<bool, Failure> {
        let unfinished = remediate::unfinished(&self.state);
        unfinished.map(|runs| !runs.is_empty()).map_err(|error| Failure::new(format!("{error}; nothing was done")))
    }

    /// Ends what a kill left half done, and says so.
    ///
    /// Whether all of it came to an end.
    pub(super) fn recover(bench: &Bench<'_>) -> Result<bool, Failure> {
        let mut whole = true;
        for found in remediate::recover(bench).map_err(hand::vault_failure)? {
            if found.ended + found.taken_back > 0 {
                out::complain(&format!(
                    "an earlier run was cut short ({}): {} ended, {} taken back",
                    found.run, found.ended, found.taken_back
                ));
            }
            whole &= found.stuck.is_empty();
            for why in found.stuck {
                out::complain(&format!("an earlier run was cut short ({}): {why}", found.run));
            }
        }
        Ok(whole)
    }
}
