//! What every subcommand works with: the index, and the stores, each opened when it is first asked.

use super::At;
use crate::cli::ask;
use crate::cli::error::{Failure, Status};
use crate::host::{FileError, Host, key};
use crate::model::{KeyRing, Secret, Untrusted};
use crate::vault::{Binding, Entry, FileStore, Index, StoreKind, Vault, VaultError, VaultName};
use std::cell::{OnceCell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

/// Names that begin so belong to fix runs: the keys under which undo's copies are sealed.
const RUNS: &str = "run/";

pub(super) struct Desk {
    pub(super) host: Host,
    pub(super) state: PathBuf,
    pub(super) index: Index,
    pub(super) at: At,
    keychain: OnceCell<Vault>,
    file: OnceCell<Vault>,
}

impl Desk {
    /// Reads the index; no store is opened yet.
    pub(super) fn open(at: At) -> Result<Self, Failure> {
        let host = Host::current();
        let state = host.dirs().state;
        let index = Index::load(&state).map_err(|error| wrong_file(&error))?;
        Ok(Self { host, state, index, at, keychain: OnceCell::new(), file: OnceCell::new() })
    }

    /// Where `name` is, or would be put.
    pub(super) fn kind(&self, name: &VaultName) -> StoreKind {
        let known = || self.index.find(name).map(Entry::store_kind);
        self.at.store.or_else(known).unwrap_or_default()
    }

    /// The stores that a listing or an export is of.
    pub(super) fn kinds(&self) -> Vec<StoreKind> {
        match self.at.store {
            Some(kind) => vec![kind],
            None if FileStore::exists(&self.state) => StoreKind::ALL.to_vec(),
            None => vec![StoreKind::Keychain],
        }
    }

    /// The store, open.
    pub(super) fn vault(&self, kind: StoreKind) -> Result<&Vault, Failure> {
        let cell = match kind {
            StoreKind::Keychain => &self.keychain,
            StoreKind::File => &self.file,
        };
        if let Some(vault) = cell.get() {
            return Ok(vault);
        }
        let failed = RefCell::new(None);
        let passphrase = || {
            let file = self.at.store_passphrase_file.as_deref();
            let asked = if FileStore::exists(&self.state) {
                ask::passphrase(file, "the vault file")
            } else {
                ask::new_passphrase(file, "the vault file")
            };
            asked.unwrap_or_else(|failure| {
                *failed.borrow_mut() = Some(failure);
                None
            })
        };
        let opened = Vault::open(kind, &self.state, Duration::from_secs(self.at.timeout), Some(&passphrase));
        if let Some(failure) = failed.take() {
            return Err(failure);
        }
        let vault = opened.map_err(failure)?;
        Ok(cell.get_or_init(|| vault))
    }

    /// The value of a name; that there is none is said and ends the run with status 1.
    pub(super) fn value(&self, name: &VaultName) -> Result<Secret, Failure> {
        self.vault(self.kind(name))?.get(name).map_err(failure)?.ok_or_else(|| not_found(name))
    }

    /// Fingerprints, as a scan makes them.
    pub(super) fn keys(&self) -> Result<KeyRing, Failure> {
        Ok(KeyRing::new(key::load(&self.state).map_err(|error| wrong_file(&error))?))
    }

    /// Changes the index.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut Index) -> T) -> Result<T, Failure> {
        Index::update(&self.state, change).map_err(|error| wrong_file(&error))
    }

    /// Now, as it is written in the index.
    pub(super) fn now(&self) -> String {
        humantime::format_rfc3339_seconds(self.host.now).to_string()
    }
}

/// Whether an entry is the key of a fix run.
pub(super) fn is_run(name: &str) -> bool {
    name.starts_with(RUNS)
}

/// How the run ends when a store fails.
pub(super) fn failure(error: VaultError) -> Failure {
    let status = if error.unreachable() { Status::NoKeychain } else { Status::Findings };
    Failure::ending(status, format!("{error}. {}", error.advice()))
}

pub(super) fn wrong_file(error: &FileError) -> Failure {
    Failure::new(error.to_string())
}

pub(super) fn not_found(name: &VaultName) -> Failure {
    Failure::ending(Status::Findings, format!("{name}: not found; `caulk vault ls` lists what is there"))
}

/// Who may be handed a secret, in a few words.
pub(super) fn consumer(binding: &Binding) -> String {
    let text = match binding {
        Binding::Git { protocol, host, path, username } => {
            let path = path.as_ref().map(|path| format!("/{path}")).unwrap_or_default();
            let user = username.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
            format!("git {protocol}://{host}{path}{user}")
        }
        Binding::Npm { key } => format!("npm {key}"),
        Binding::Env { variable } => format!("run, in {variable}"),
        Binding::Header { server, header, .. } => format!("header {header} of {server}"),
    };
    Untrusted::from(text.as_str()).to_string()
}
