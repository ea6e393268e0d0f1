//! `caulk fix` and `caulk undo`: what is planned is shown, what is agreed is done, what was done is told.
//!
//! Scans in a child of its own, which confines itself, and reads its report from a pipe. What is
//! done and in which order is `remediate`'s business.

mod args;
#[cfg(feature = "keychain")]
mod machine;
#[cfg(feature = "keychain")]
mod mend;
#[cfg(feature = "keychain")]
mod show;
#[cfg(feature = "keychain")]
mod survey;
#[cfg(feature = "keychain")]
mod undo;
#[cfg(feature = "keychain")]
mod workshop;

pub(super) use args::{FIX_EXAMPLES, UNDO_EXAMPLES};
pub(super) use args::{FixArgs, UndoArgs};

use super::error::Failure;

/// `caulk fix`.
#[cfg(feature = "keychain")]
pub(super) fn run(args: &FixArgs) -> Result<u8, Failure> {
    mend::run(args)
}

/// `caulk undo`.
#[cfg(feature = "keychain")]
pub(super) fn undo(args: &UndoArgs) -> Result<u8, Failure> {
    undo::run(args)
}

#[cfg(not(feature = "keychain"))]
pub(super) fn run(_: &FixArgs) -> Result<u8, Failure> {
    Err(super::hand::vault_failure(crate::vault::VaultError::Unsupported))
}

#[cfg(not(feature = "keychain"))]
pub(super) fn undo(_: &UndoArgs) -> Result<u8, Failure> {
    Err(super::hand::vault_failure(crate::vault::VaultError::Unsupported))
}
