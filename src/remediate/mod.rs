//! Floor 4: the verbs `fix` and `undo`. A report's findings are read again, their secrets moved into the keychain,
//! settings and entries mended, guards written, and all of it put back byte for byte when asked.
//!
//! Prints nothing and decides no exit status. Does not know how a scan works: it takes findings as
//! a report tells them, and trusts only what it has read itself.

mod act;
mod diff;
pub mod edit;
mod files;
pub mod guards;
mod images;
mod journal;
mod mends;
mod merge;
mod naming;
mod plan;
mod planner;
mod put_back;
pub mod recipes;
mod recover;
mod same;
mod sighted;
mod sought;
mod sweep;
mod undo;
mod verify;
mod work;

pub use act::{Acted, Moved, act};
pub use diff::{FileDiff, of as diff};
pub use merge::take_out;
pub use naming::Fate;
pub use plan::{Change, Item, ModeChange, RemediationPlan, Transaction};
pub use planner::Planner;
pub use recover::{Recovered, recover, unfinished};
pub use sighted::{Sighted, Sightings};
pub use sought::sought;
pub use sweep::{MOST_FILE, Sweep, Swept};
pub use undo::{RunFacts, Trouble, plan as plan_undo, runs, undo};

use crate::detect::Detector;
use crate::read::Format;
use crate::vault::{Entry, Vault};
use edit::Machine;
use std::path::Path;
use std::time::SystemTime;

/// What a fix and an undo stand on.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// Finds secrets again, and makes fingerprints.
    pub detector: &'a Detector<'a>,
    /// Facts of the machine.
    pub machine: &'a Machine,
    /// Where secrets go.
    pub vault: &'a Vault,
    /// caulk's own state folder.
    pub state_dir: &'a Path,
    /// What was sealed before this run.
    pub entries: &'a [Entry],
    /// When the run started.
    pub now: SystemTime,
}

impl Bench<'_> {
    /// How a changed file is read: as its surface says; without one it is git's configuration.
    fn format(&self, surface: Option<&str>) -> Format {
        surface.map_or(Format::Gitconfig, |id| {
            let surfaces = self.detector.pack().surfaces();
            surfaces.iter().find(|surface| surface.id == id).map_or(Format::Text, |surface| surface.format)
        })
    }
}
