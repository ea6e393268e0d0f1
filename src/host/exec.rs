//! Becoming another program: on Unix the process is replaced, so that terminal, signals, process group
//! and exit status are the command's own. On Windows, which cannot, the command is waited for.
//!
//! What the command is handed is decided above; here is no name of a secret and no log.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// What to become.
pub struct Launch<'a> {
    /// The program, a path or a name to look for.
    pub program: &'a OsStr,
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// Variables it gets on top of ours.
    pub set: Vec<(&'a OsStr, &'a [u8])>,
    /// Variables of ours it does not get.
    pub unset: Vec<&'a OsStr>,
}

/// Why the program did not start, with the status a shell has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotStarted {
    /// Nothing of this name.
    #[error("command not found")]
    NotFound,
    /// There is a file, and it cannot be run.
    #[error("cannot be run: {0}")]
    NotRunnable(std::io::ErrorKind),
}

impl NotStarted {
    /// 127 and 126, as in a shell.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::NotFound => 127,
            Self::NotRunnable(_) => 126,
        }
    }

    fn of(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::NotFound,
            kind => Self::NotRunnable(kind),
        }
    }
}

/// Runs it. Comes back on failure only, and on Windows with the command's status.
pub fn run(launch: &Launch<'_>) -> Result<i32, NotStarted> {
    let mut command = Command::new(sys::find(launch.program));
    command.args(launch.arguments);
    for name in &launch.unset {
        command.env_remove(name);
    }
    for (name, value) in &launch.set {
        command.env(name, sys::value(value));
    }
    sys::run(command)
}

#[cfg(unix)]
mod sys {
    use super::NotStarted;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    pub(super) fn find(program: &OsStr) -> &OsStr {
        program
    }

    pub(super) fn value(bytes: &[u8]) -> &OsStr {
        OsStr::from_bytes(bytes)
    }

    /// The standard library gives SIGPIPE, which it ignores in our process, its default back.
    pub(super) fn run(mut command: Command) -> Result<i32, NotStarted> {
        Err(NotStarted::of(&command.exec()))
    }
}

#[cfg(not(unix))]
mod sys {
    use super::NotStarted;
    use std::ffi::{OsStr, OsString};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// What a shell of Windows would start: `npm` is `npm.cmd`, which `Command` alone does not find.
    #[allow(clippy::disallowed_methods, reason = "where programs lie is this floor's business")]
    pub(super) fn find(program: &OsStr) -> OsString {
        let path = Path::new(program);
        let endings = std::env::var_os("PATHEXT").unwrap_or_else(|| ".COM;.EXE;.BAT;.CMD".into());
        let endings = endings.to_string_lossy().into_owned();
        let candidates = |path: &Path| -> Vec<PathBuf> {
            let with = |ending: &str| {
                let mut name = path.as_os_str().to_owned();
                name.push(ending);
                PathBuf::from(name)
            };
            let named = path.extension().map(|_| path.to_owned());
            named.into_iter().chain(endings.split(';').filter(|ending| !ending.is_empty()).map(with)).collect()
        };
        let found = |path: PathBuf| candidates(&path).into_iter().find(|path| path.is_file());
        let found = if path.components().count() > 1 {
            found(path.to_owned())
        } else {
            let folders = std::env::var_os("PATH").unwrap_or_default();
            std::env::split_paths(&folders).find_map(|folder| found(folder.join(path)))
        };
        found.map_or_else(|| program.to_owned(), PathBuf::into_os_string)
    }

    pub(super) fn value(bytes: &[u8]) -> OsString {
        String::from_utf8_lossy(bytes).into_owned().into()
    }

    /// Ctrl-C goes to every program of the console: the command decides, we wait for it.
    pub(super) fn run(mut command: Command) -> Result<i32, NotStarted> {
        let _ = ctrlc::set_handler(|| {});
        let status = command.status().map_err(|error| NotStarted::of(&error))?;
        Ok(status.code().unwrap_or(1))
    }
}
