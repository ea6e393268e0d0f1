//! Floor 2: how a sealed secret reaches its consumer.
//!
//! The protocols of credential helpers and the environment of a launched command, as pure functions:
//! bytes of a question in, an answer or a wish to change something out. Nothing here reads, writes,
//! prints or runs anything; the keychain is a function that is handed in. An answer is given to the
//! question that was sealed and to no other, and no error or log text holds a value.

pub mod env;
pub mod git;
pub mod headers;
pub mod launch;
pub mod npm;

use crate::model::Secret;
use crate::vault::{Entry, VaultError, VaultName};

/// The keychain as a broker sees it: the value of a name, if there is one.
pub type Lookup<'a> = dyn Fn(&VaultName) -> Result<Option<Secret>, VaultError> + 'a;

/// Why a secret is not handed out. Never holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// The keychain did not give it.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// Nothing has this name.
    #[error("no secret is named `{0}`")]
    Unknown(VaultName),
    /// The secret is known and no variable belongs to it.
    #[error("`{0}` belongs to no variable; say which: --with VARIABLE={0}")]
    NoVariable(VaultName),
    /// One variable is to hold two secrets.
    #[error("two secrets for the variable {0}")]
    Twice(String),
    /// The value cannot be what its consumer wants.
    #[error("`{name}` cannot be handed over: {why}")]
    Unfit {
        /// The secret's name.
        name: VaultName,
        /// What about the value does not fit.
        why: &'static str,
    },
}

/// Entries in the order they were sealed, which the index does not keep: of several that answer one
/// question, the first sealed wins.
fn oldest_first(entries: &[Entry]) -> impl Iterator<Item = (VaultName, &Entry)> {
    let mut order: Vec<&Entry> = entries.iter().collect();
    // Times are RFC 3339 in UTC: their texts sort as they do.
    order.sort_by(|a, b| a.created_at.cmp(&b.created_at));
    order.into_iter().filter_map(|entry| Some((entry.vault_name()?, entry)))
}

/// Those that are handed out unasked: not the ones that their consumer said are refused.
fn active(entries: &[Entry]) -> impl Iterator<Item = (VaultName, &Entry)> {
    oldest_first(entries).filter(|(_, entry)| entry.refused_at.is_none())
}
