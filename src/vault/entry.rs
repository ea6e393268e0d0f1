//! What caulk remembers of a sealed secret besides its value: who may be handed it.
//!
//! Kept in the index, a file without secrets. A binding names one consumer's question; an answer is
//! given to that question only.

use super::{StoreKind, VaultName};
use serde::{Deserialize, Serialize};

/// The question to which a secret is the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Binding {
    /// git asks for a login at a host.
    Git {
        /// `https`, `http`, …
        protocol: String,
        /// Host, with `:port` where the URL has one; lower case.
        host: String,
        /// Path of the repository; only where it was sealed with one (`useHttpPath`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// The user name; `None`: the secret itself stands in the place of the user, with no password.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<String>,
    },
    /// An npm client is run: the secret is the value of this configuration key.
    Npm {
        /// The key as `.npmrc` writes it: `//npm.example.com/:_authToken`.
        key: String,
    },
    /// A program is run with the secret in this variable.
    Env {
        /// The variable.
        variable: String,
    },
    /// A client asks for the headers of a remote server.
    Header {
        /// The server's name in the client's file.
        server: String,
        /// The header.
        header: String,
        /// What stands before the secret in the header's value: `Bearer `.
        #[serde(default)]
        before: String,
    },
}

/// One sealed secret in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the store.
    pub name: String,
    /// Which store holds it: a word of [`StoreKind`].
    pub store: String,
    /// When it was sealed, RFC 3339.
    pub created_at: String,
    /// Keyed digest of the value.
    pub fingerprint: String,
    /// Who may be handed it.
    #[serde(default)]
    pub bindings: Vec<Binding>,
    /// When its consumer said that it is refused (git's `erase`): it is kept and not handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<String>,
    /// Earlier values, kept under names of their own, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Fix runs that refer to it; empty for one stored by hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
}

impl Entry {
    /// The name, checked.
    #[must_use]
    pub fn vault_name(&self) -> Option<VaultName> {
        VaultName::parse(&self.name).ok()
    }

    /// The store, `Keychain` for a word of a later version.
    #[must_use]
    pub fn store_kind(&self) -> StoreKind {
        StoreKind::from_word(&self.store).unwrap_or_default()
    }
}
