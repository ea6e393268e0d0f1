//! The Landlock half: which files may be opened for what.
//!
//! Best effort: each right is asked for and dropped where the kernel does not know it yet. Files
//! that are open already (terminals, outputs) keep the rights they were opened with.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, RestrictSelfAttr, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::PathBuf;

/// The newest set of rights that is asked for: every right of Linux 7.1.
const NEWEST: ABI = ABI::V9;

/// Restricts the process; whether it holds for all of it. `alone`: no other thread runs.
pub(super) fn restrict(write_dirs: &[PathBuf], alone: bool) -> bool {
    let Ok(status) = apply(write_dirs) else { return false };
    status.ruleset != RulesetStatus::NotEnforced && (alone || status.all_threads)
}

fn apply(write_dirs: &[PathBuf]) -> Result<landlock::RestrictionStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    if let Ok(root) = PathFd::new("/") {
        rules = rules.add_rule(PathBeneath::new(root, read))?;
    }
    for dir in write_dirs.iter().filter(|dir| dir.is_dir()) {
        if let Ok(dir) = PathFd::new(dir) {
            rules = rules.add_rule(PathBeneath::new(dir, write))?;
        }
    }
    rules.all_threads(true)?.restrict_self()
}
