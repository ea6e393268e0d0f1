//! Where things lie: caulk's own folders, and the roots that surface paths start from.
//!
//! Pure: made from a [`Host`] alone, so that every layout can be tested on every system. Nothing
//! here touches the disk.

use super::{Host, Os};
use std::path::{Path, PathBuf};

/// caulk's own folders. None of them need exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// The user's `config.toml` and rules.
    pub config: PathBuf,
    /// Key, saved runs, journal.
    pub state: PathBuf,
    /// What may be deleted at any time.
    pub cache: PathBuf,
    /// Other data of the user's.
    pub data: PathBuf,
}

/// caulk's folder name in each of them.
const NAME: &str = "caulk";

impl Host {
    /// caulk's own folders for the account that runs it.
    #[must_use]
    pub fn dirs(&self) -> Dirs {
        let home = &self.user.home;
        match self.os {
            Os::Linux => {
                let of = |name| self.root(name, home, true).unwrap_or_else(|| home.clone()).join(NAME);
                Dirs { config: of("config"), state: of("state"), cache: of("cache"), data: of("data") }
            }
            Os::Macos => {
                let support = home.join("Library").join("Application Support").join(NAME);
                let cache = home.join("Library").join("Caches").join(NAME);
                Dirs { config: support.clone(), state: support.clone(), cache, data: support }
            }
            Os::Windows => {
                let of = |name| self.root(name, home, true).unwrap_or_else(|| home.clone()).join(NAME);
                let local = of("localappdata");
                Dirs { config: of("appdata"), state: local.clone(), cache: local.join("cache"), data: local }
            }
        }
    }

    /// The folder that a root of surface paths stands for: `home`, `config`, `data`, `state`,
    /// `cache`, `appdata`, `localappdata`.
    ///
    /// `home` is the audited home. `overrides`: whether the caller's environment may move the
    /// folder, which holds for the caller's own home only. `config`, `data`, `state` and `cache`
    /// are those of the XDG base directory specification on every system, since the command-line
    /// tools that use them do so everywhere; a relative override is ignored, as it demands. `None`
    /// for a root that this system does not have, or an unknown name.
    #[must_use]
    pub fn root(&self, name: &str, home: &Path, overrides: bool) -> Option<PathBuf> {
        let (variable, below): (&str, &[&str]) = match (name, self.os) {
            ("home", _) => return Some(home.to_owned()),
            ("config", _) => ("XDG_CONFIG_HOME", &[".config"]),
            ("data", _) => ("XDG_DATA_HOME", &[".local", "share"]),
            ("state", _) => ("XDG_STATE_HOME", &[".local", "state"]),
            ("cache", _) => ("XDG_CACHE_HOME", &[".cache"]),
            ("appdata", Os::Windows) => ("APPDATA", &["AppData", "Roaming"]),
            ("localappdata", Os::Windows) => ("LOCALAPPDATA", &["AppData", "Local"]),
            _ => return None,
        };
        let moved = if overrides { self.env(variable).map(PathBuf::from) } else { None };
        let moved = moved.filter(|path| path.is_absolute() || (self.os == Os::Windows && self.os != Os::HERE));
        Some(moved.unwrap_or_else(|| below.iter().fold(home.to_owned(), |path, part| path.join(part))))
    }
}
