//! The environment of a launched command: which variables it gets, and which it does not inherit.
//!
//! The npm clients take a registry's token from a variable named like the line in `.npmrc`, slashes
//! and all, which no shell can export by accident.

use super::{BrokerError, Lookup};
use crate::model::Secret;
use crate::vault::{BadName, Binding, Entry, VaultName};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The variable that names the variables an outer `caulk run` has set, divided by spaces. Never values.
pub const INJECTED: &str = "CAULK_INJECTED";

/// Programs that read npm's configuration from the environment.
pub const NPM_CLIENTS: [&str; 10] =
    ["npm", "npx", "pnpm", "pnpx", "yarn", "yarnpkg", "bun", "bunx", "corepack", "npm-cli.js"];

/// What stands before the key of `.npmrc` in a variable's name.
const NPM_PREFIX: &str = "npm_config_";

/// One `--with`: a secret, and the variable it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct With {
    /// The variable; `None`: the one that belongs to the secret.
    pub variable: Option<String>,
    /// The secret.
    pub name: VaultName,
}

/// Why a `--with` cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWith {
    /// The name.
    #[error(transparent)]
    Name(#[from] BadName),
    /// The variable.
    #[error("a variable's name is not empty and has no spaces")]
    Variable,
}

impl With {
    /// Reads `NAME` or `VARIABLE=NAME`.
    pub fn parse(text: &str) -> Result<Self, BadWith> {
        let (variable, name) = match text.split_once('=') {
            Some((variable, name)) => (Some(variable), name),
            None => (None, text),
        };
        let odd =
            |variable: &str| variable.is_empty() || variable.contains(|c: char| c.is_whitespace() || c.is_control());
        if variable.is_some_and(odd) {
            return Err(BadWith::Variable);
        }
        Ok(Self { variable: variable.map(str::to_owned), name: VaultName::parse(name)? })
    }
}

/// One variable that a command is handed.
pub struct Handed {
    /// The variable.
    pub variable: OsString,
    /// The secret's name.
    pub name: VaultName,
    /// The value.
    pub value: Secret,
}

/// The variables for `program`: those of each `--with`, and for a client of npm those of every sealed
/// registry. A `--with VARIABLE=NAME` needs no entry, since a desktop host may start a server where
/// the index cannot be found.
pub fn environment(
    program: &OsStr,
    with: &[With],
    entries: &[Entry],
    look: &Lookup<'_>,
) -> Result<Vec<Handed>, BrokerError> {
    let mut wanted: Vec<(String, VaultName)> = Vec::new();
    for with in with {
        let variables = match &with.variable {
            Some(variable) => vec![variable.clone()],
            None => variables_of(&with.name, entries)?,
        };
        for variable in variables {
            if wanted.iter().any(|(other, name)| *other == variable && *name != with.name) {
                return Err(BrokerError::Twice(variable));
            }
            wanted.push((variable, with.name.clone()));
        }
    }
    let asked = wanted.len();
    if is_npm_client(program) {
        for (name, entry) in super::active(entries) {
            for variable in entry.bindings.iter().filter_map(npm_variable) {
                // What was asked for by name comes first, and of two secrets of one registry the first sealed.
                if !wanted.iter().any(|(other, _)| *other == variable) {
                    wanted.push((variable, name.clone()));
                }
            }
        }
    }
    let mut handed = Vec::with_capacity(wanted.len());
    for (at, (variable, name)) in wanted.into_iter().enumerate() {
        match look(&name)? {
            Some(value) => handed.push(fit(variable, name, value)?),
            None if at < asked => return Err(BrokerError::Unknown(name)),
            // Sealed once and taken out of the keychain since: npm says itself that it is not logged in.
            None => {}
        }
    }
    Ok(handed)
}

/// Whether any secret is bound to what `program` is.
#[must_use]
pub fn is_npm_client(program: &OsStr) -> bool {
    basename(program).is_some_and(|name| NPM_CLIENTS.contains(&name.as_str()))
}

/// Variables that an outer `caulk run` has set, which the command is not to inherit.
#[must_use]
pub fn inherited(injected: &str) -> Vec<&str> {
    injected.split_ascii_whitespace().collect()
}

/// The value of [`INJECTED`] for a command: names only.
#[must_use]
pub fn injected(handed: &[Handed]) -> OsString {
    let mut names = OsString::new();
    for one in handed {
        if !names.is_empty() {
            names.push(" ");
        }
        names.push(&one.variable);
    }
    names
}

/// The variable of an npm registry's key.
#[must_use]
pub fn npm_variable(binding: &Binding) -> Option<String> {
    if let Binding::Npm { key } = binding { Some(format!("{NPM_PREFIX}{key}")) } else { None }
}

/// The variables that belong to a sealed secret.
fn variables_of(name: &VaultName, entries: &[Entry]) -> Result<Vec<String>, BrokerError> {
    let entry = entries.iter().find(|entry| entry.name == name.as_str());
    let entry = entry.ok_or_else(|| BrokerError::Unknown(name.clone()))?;
    let mut variables: Vec<String> = entry
        .bindings
        .iter()
        .filter_map(|binding| match binding {
            Binding::Env { variable } => Some(variable.clone()),
            other => npm_variable(other),
        })
        .collect();
    variables.dedup();
    if variables.is_empty() { Err(BrokerError::NoVariable(name.clone())) } else { Ok(variables) }
}

fn fit(variable: String, name: VaultName, value: Secret) -> Result<Handed, BrokerError> {
    let has = |bytes: &[u8]| value.expose().iter().any(|byte| bytes.contains(byte));
    let why = if has(&[0]) {
        Some("the environment cannot hold a NUL")
    } else if variable.starts_with(NPM_PREFIX) && has(b"\r\n") {
        Some("it has a line break, and npm prints such a token in its error message")
    } else if variable.is_empty() || variable.contains(['=', '\0']) {
        Some("its variable's name cannot stand in an environment")
    } else if cfg!(windows) && std::str::from_utf8(value.expose()).is_err() {
        Some("it is not text, which an environment on Windows must be")
    } else {
        None
    };
    match why {
        Some(why) => Err(BrokerError::Unfit { name, why }),
        None => Ok(Handed { variable: variable.into(), name, value }),
    }
}

/// The program's name without folder and, as Windows has it, without ending.
fn basename(program: &OsStr) -> Option<String> {
    let name = Path::new(program).file_name()?.to_str()?;
    // A Windows path is told apart on every system, so that one test covers it.
    let name = name.rsplit('\\').next()?.to_ascii_lowercase();
    let bare = [".cmd", ".exe", ".bat", ".ps1"].iter().find_map(|ending| name.strip_suffix(ending));
    Some(bare.map_or_else(|| name.clone(), str::to_owned))
}
