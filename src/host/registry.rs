//! What Windows keeps in the registry: the variables that every program of a user starts with, and what starts
//! when the user signs in.
//!
//! Variables are read like the environment of a process: their key stands for the program. Other systems keep
//! all of this in files, which are surfaces.

use super::procs::ProcessEnv;

/// How the place of such variables begins.
pub const KEYS: &str = "HKEY_";

/// The variables of the user and of the machine.
#[cfg(windows)]
#[must_use]
pub fn environments(most: usize) -> Vec<ProcessEnv> {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};
    let machine = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment";
    [(CURRENT_USER, "HKEY_CURRENT_USER", "Environment"), (LOCAL_MACHINE, "HKEY_LOCAL_MACHINE", machine)]
        .into_iter()
        .filter_map(|(root, name, path)| {
            let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(most.min(64 << 10)));
            let mut truncated = false;
            for (variable, value) in root.open(path).ok()?.values().ok()? {
                let Ok(value) = String::try_from(value).map(zeroize::Zeroizing::new) else { continue };
                if bytes.len() + variable.len() + value.len() + 2 > most {
                    truncated = true;
                    break;
                }
                bytes.extend_from_slice(variable.as_bytes());
                bytes.push(b'=');
                bytes.extend_from_slice(value.as_bytes());
                bytes.push(0);
            }
            let exe = std::path::PathBuf::from(format!(r"{name}\{path}"));
            Some(ProcessEnv { pid: 0, exe, bytes, count: 1, truncated })
        })
        .collect()
}

/// None: only Windows has a registry.
#[cfg(not(windows))]
#[must_use]
pub fn environments(_: usize) -> Vec<ProcessEnv> {
    Vec::new()
}

/// Values of a key that are commands.
pub struct Commands {
    /// The key: `HKEY_CURRENT_USER\Software\…\Run`.
    pub key: String,
    /// Whether it is the machine's, not the user's.
    pub machine: bool,
    /// The names of the values, and the commands; they may hold secrets.
    pub values: Vec<(String, zeroize::Zeroizing<String>)>,
}

/// Keys with commands that start when somebody signs in or opens a prompt, and the one value that counts; an empty
/// name: all of them.
///
/// Sources: learn.microsoft.com, "Run and RunOnce Registry Keys"; `cmd /?` for `AutoRun`.
#[cfg(windows)]
const STARTED: &[(&str, &str)] = &[
    (r"Software\Microsoft\Windows\CurrentVersion\Run", ""),
    (r"Software\Microsoft\Windows\CurrentVersion\RunOnce", ""),
    (r"Software\WOW6432Node\Microsoft\Windows\CurrentVersion\Run", ""),
    (r"Software\WOW6432Node\Microsoft\Windows\CurrentVersion\RunOnce", ""),
    (r"Software\Microsoft\Windows\CurrentVersion\Policies\Explorer\Run", ""),
    (r"Software\Microsoft\Command Processor", "AutoRun"),
    ("Environment", "UserInitMprLogonScript"),
];
/// Values of one key that are looked at.
#[cfg(windows)]
const MOST: usize = 1_000;

/// What starts by itself for this user and on this machine.
#[cfg(windows)]
#[must_use]
pub fn commands() -> Vec<Commands> {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};
    let roots = [(CURRENT_USER, "HKEY_CURRENT_USER", false), (LOCAL_MACHINE, "HKEY_LOCAL_MACHINE", true)];
    let keys = roots.into_iter().flat_map(|root| STARTED.iter().map(move |started| (root, started)));
    keys.filter_map(|((root, name, machine), (path, only))| {
        let is = |name: &str| only.is_empty() || name.eq_ignore_ascii_case(only);
        let values: Vec<_> = root
            .open(path)
            .ok()?
            .values()
            .ok()?
            .filter(|(name, _)| is(name))
            .take(MOST)
            .filter_map(|(name, value)| Some((name, zeroize::Zeroizing::new(String::try_from(value).ok()?))))
            .collect();
        (!values.is_empty()).then(|| Commands { key: format!(r"{name}\{path}"), machine, values })
    })
    .collect()
}

/// None: only Windows has a registry.
#[cfg(not(windows))]
#[must_use]
pub const fn commands() -> Vec<Commands> {
    Vec::new()
}
