//! What `run` and `helper` share: the index, the keychain opened when it is first asked, and the log
//! of what was handed to whom.
//!
//! Neither settings nor rules are read here: a helper runs on every `git fetch`.

use super::error::{Failure, Status, hint};
use crate::broker::BrokerError;
use crate::host::{FileError, Host};
use crate::model::Secret;
use crate::vault::log::{self, Asker, HandOut};
use crate::vault::{Entry, Index, StoreKind, Vault, VaultError, VaultName};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the keychain may take: somebody may have to type its password first.
const PATIENCE: Duration = Duration::from_secs(60);
/// The variable that names a file with the passphrase of the file store.
pub(super) const PASSPHRASE_FILE: &str = "CAULK_STORE_PASSPHRASE_FILE";
/// Names listed in a message.
const MOST_NAMES: usize = 12;

/// The sealed secrets as a broker is handed them.
pub(super) struct Hand {
    pub(super) host: Host,
    state: PathBuf,
    index: Result<Index, FileError>,
    /// `--store`: look there, whatever the index says.
    only: Option<StoreKind>,
    vaults: RefCell<Vec<Vault>>,
}

impl Hand {
    /// Reads the index; the keychain stays closed.
    #[must_use]
    pub(super) fn open(only: Option<StoreKind>) -> Self {
        let host = Host::current();
        let state = host.dirs().state;
        let index = Index::load(&state);
        Self { host, state, index, only, vaults: RefCell::default() }
    }

    /// The state folder.
    #[must_use]
    pub(super) fn state(&self) -> &Path {
        &self.state
    }

    /// What is sealed; nothing, where the index cannot be read.
    #[must_use]
    pub(super) fn entries(&self) -> &[Entry] {
        self.index.as_ref().map_or(&[], |index| &index.entries)
    }

    /// The same where nothing can be done without.
    pub(super) fn known(&self) -> Result<&[Entry], Failure> {
        match &self.index {
            Ok(index) => Ok(&index.entries),
            Err(error) => Err(Failure::new(error.to_string())),
        }
    }

    /// Which store holds `name`.
    #[must_use]
    pub(super) fn kind(&self, name: &VaultName) -> StoreKind {
        let of_entry = || self.entries().iter().find(|entry| entry.name == name.as_str()).map(Entry::store_kind);
        self.only.or_else(of_entry).unwrap_or_default()
    }

    /// The value of a name.
    pub(super) fn look(&self, name: &VaultName) -> Result<Option<Secret>, VaultError> {
        self.with(self.kind(name), |vault| vault.get(name))
    }

    /// Does something with a store, which is opened once.
    pub(super) fn with<T>(
        &self,
        kind: StoreKind,
        work: impl FnOnce(&Vault) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut vaults = self.vaults.borrow_mut();
        if !vaults.iter().any(|vault| vault.kind() == kind) {
            vaults.push(Vault::open(kind, &self.state, PATIENCE, Some(&|| self.passphrase()))?);
        }
        match vaults.iter().find(|vault| vault.kind() == kind) {
            Some(vault) => work(vault),
            None => Err(VaultError::Other),
        }
    }

    /// The passphrase of the file store: from the file that a variable names, else from the terminal, which
    /// a helper has even where its standard input is a pipe.
    #[cfg(feature = "keychain")]
    fn passphrase(&self) -> Option<Secret> {
        let file = self.host.env(PASSPHRASE_FILE).map(PathBuf::from);
        if file.is_some() {
            return super::ask::passphrase(file.as_deref(), "the vault file").ok().flatten();
        }
        super::ask::at_terminal("Passphrase of the vault file: ")
    }

    /// Built without a store that has one.
    #[cfg(not(feature = "keychain"))]
    #[allow(clippy::unused_self, reason = "the other build asks")]
    fn passphrase(&self) -> Option<Secret> {
        None
    }

    /// Notes that `asker` got the secret. A log that cannot be written is no reason to fail.
    pub(super) fn log(&self, name: &VaultName, verb: &str, asker: Option<&Path>, pid: u32) {
        let asker = asker.map(|program| Asker { program: program.to_string_lossy().into_owned(), pid });
        let (name, verb) = (name.as_str().to_owned(), verb.to_owned());
        let at = humantime::format_rfc3339_seconds(self.host.now).to_string();
        let _ = log::record(&self.state, &HandOut { at, name, verb, asker });
    }

    /// The same for a helper, which is asked by the program that started it.
    pub(super) fn log_parent(&self, name: &VaultName, verb: &str) {
        let (pid, program) = crate::host::procs::asker().unwrap_or_default();
        self.log(name, verb, program.as_deref(), pid);
    }

    /// A broker's refusal as the end of the run.
    #[must_use]
    pub(super) fn refusal(&self, error: &BrokerError) -> Failure {
        match error {
            BrokerError::Vault(error) => vault_failure(*error),
            BrokerError::Unknown(name) => {
                if let Err(failure) = self.known() {
                    return failure;
                }
                let names = self.entries().iter().map(|entry| entry.name.as_str());
                Failure::new(format!("{error}{}{}", hint(name.as_str(), names), self.names()))
            }
            other => Failure::new(other.to_string()),
        }
    }

    /// `; known: a, b, c`, for the end of a message.
    #[must_use]
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.entries().iter().map(|entry| entry.name.as_str()).take(MOST_NAMES).collect();
        let more = if self.entries().len() > MOST_NAMES { ", …" } else { "" };
        if names.is_empty() { "; nothing is sealed".into() } else { format!("; sealed: {}{more}", names.join(", ")) }
    }
}

/// How the run ends when the keychain fails.
#[must_use]
pub(super) fn vault_status(error: VaultError) -> Status {
    if error.unreachable() { Status::NoKeychain } else { Status::Usage }
}

/// The same with what is wrong and what to do.
#[must_use]
pub(super) fn vault_failure(error: VaultError) -> Failure {
    Failure::ending(vault_status(error), format!("{error}. {}", error.advice()))
}
