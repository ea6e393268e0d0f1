//! Windows keeps the variables that every program of a user starts with in the registry.
//!
//! Read like the environment of a process: its key stands for the program. Other systems keep them in
//! files, which are surfaces.

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
