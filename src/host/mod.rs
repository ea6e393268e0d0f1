//! Floor 1: facts of the operating system, safe access to files, confinement.
//!
//! The only floor that reads the environment, the clock, user accounts and processes, that opens
//! files, and that writes any. Everything above gets a [`Host`], so that a fake one can stand in
//! for another system in tests. No format, rule or report is known here.

pub mod access;
mod accounts;
pub mod append;
pub mod confine;
pub mod dirs;
pub mod error;
pub mod exec;
pub mod installed;
pub mod key;
pub mod list;
pub mod lock;
pub mod mounts;
pub mod open;
pub mod procs;
pub mod registry;
pub mod signal;
pub mod state;
pub mod surgery;
pub mod synced;
pub mod terminal;
pub mod trusted;
pub mod write;
pub mod writers;

pub use dirs::Dirs;
pub use error::{FileError, skip_of};

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The operating systems caulk knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux, WSL included.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

impl Os {
    /// The system this program was built for; other Unixes count as Linux.
    pub const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Macos
    } else {
        Self::Linux
    };

    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Macos => "macos",
            Self::Windows => "windows",
        }
    }
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Account name.
    pub name: String,
    /// Its home folder.
    pub home: PathBuf,
    /// Its numeric id, on Unix.
    pub uid: Option<u32>,
}

/// The machine and the caller, as facts.
///
/// Its `Debug` shows no value of the environment: those hold secrets.
#[derive(Clone)]
pub struct Host {
    /// The system whose layout is looked for.
    pub os: Os,
    /// Host name.
    pub name: String,
    /// The account that runs caulk.
    pub user: User,
    /// When the run started.
    pub now: SystemTime,
    /// The folder that stands for the root of the file system; only a made-up machine has one.
    system: Option<PathBuf>,
    environment: BTreeMap<OsString, OsString>,
}

impl Host {
    /// The machine this program runs on and the account that runs it.
    ///
    /// Cheap and without side effects: one read of `/etc/passwd`, no name service, no process.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn current() -> Self {
        let environment: BTreeMap<_, _> = std::env::vars_os().collect();
        let value = |name: &str| environment.get(OsStr::new(name)).map(OsString::as_os_str).filter(|v| !v.is_empty());
        let user = accounts::caller(&value);
        let name = accounts::machine_name(&value);
        Self { os: Os::HERE, name, user, now: SystemTime::now(), system: None, environment }
    }

    /// The value of an environment variable of the caller; empty ones count as unset.
    #[must_use]
    pub fn env(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.environment.get(name.as_ref()).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The caller's whole environment, in order of names.
    pub fn environment(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.environment.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A made-up machine for tests: `home` is read as a home folder of `os`.
    #[must_use]
    pub fn fake(os: Os, home: &Path, environment: &[(&str, &str)]) -> Self {
        Self {
            os,
            name: "fake-host".into(),
            user: User { name: "ada".into(), home: home.to_owned(), uid: None },
            now: SystemTime::now(),
            system: None,
            environment: environment.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        }
    }
}

impl Host {
    /// The same made-up machine with `root` as the root of its file system: what it has in `/etc` is `root/etc`.
    #[must_use]
    pub fn with_system(self, root: &Path) -> Self {
        Self { system: Some(root.to_owned()), ..self }
    }

    /// Where a path of the machine's own, such as `/etc/npmrc` or `C:/ProgramData/x`, is.
    #[must_use]
    pub fn system_path(&self, path: &str) -> PathBuf {
        match &self.system {
            Some(root) => root.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        }
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("os", &self.os)
            .field("name", &self.name)
            .field("user", &self.user)
            .field("now", &self.now)
            .field("system", &self.system)
            .field("variables", &self.environment.len())
            .finish()
    }
}
