//! Replacing the content of a user's file so that nothing else about it changes and nothing can be
//! lost: not the file, not an edit that somebody makes meanwhile, whenever the program ends.
//!
//! The only place that writes to files that are not caulk's own. What is written is decided above;
//! no format and no secret is known here. The caller keeps a sealed copy of what a file held, and
//! writes down the name of the temporary file, before [`Patient::replace`]; [`settle()`] then brings
//! a file to an end after a kill at any instant.

mod attributes;
mod busy;
mod in_place;
mod made;
mod mode;
mod patient;
mod refusal;
mod settle;
mod swap;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
use unix as sys;
#[cfg(not(unix))]
use windows as sys;

pub use busy::{Lock, lock_beside, running};
pub use made::{create, name_beside, remove_if};
pub use mode::{mode, set_mode};
pub use patient::{Method, Patient};
pub use refusal::Refusal;
pub use settle::{Settled, restore, settle};
