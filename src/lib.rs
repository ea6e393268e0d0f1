//! caulk finds every credential lying in the clear on a developer's machine and everything there
//! that starts by itself, and seals what it can into the OS keychain while the tools keep working.
//!
//! The crate is a house of floors; a module imports only from lower ones (`tests/architecture.rs`).
//!
//! | floor | modules |
//! | --- | --- |
//! | 6 | [`cli`] |
//! | 4 | [`scan`], [`remediate`] |
//! | 3 | [`detect`], [`audit`], [`ledger`], [`components`] |
//! | 2 | [`rules`], [`read`], [`broker`] |
//! | 1 | [`host`], [`triage`], [`output`], [`vault`] |
//! | 0 | [`model`] |

pub mod audit;
pub mod broker;
pub mod cli;
pub mod components;
pub mod detect;
pub mod host;
pub mod ledger;
pub mod model;
pub mod output;
pub mod read;
#[cfg(feature = "keychain")]
pub mod remediate;
pub mod rules;
pub mod scan;
pub mod triage;
pub mod vault;
