//! `--plan`: the same walk, reading nothing.

use super::artifacts::SURFACE;
use super::keys;
use super::walk::{Candidate, Visitor};
use super::{Planned, ScanPlan, Scanner};
use crate::model::{Skip, Untrusted};
use crate::rules::marks::Marks;
use crate::rules::place::Known;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Notes what a scan would read.
pub(super) struct Planner<'p> {
    scanner: &'p Scanner<'p>,
    marks: &'p Marks<'p>,
    plan: Mutex<ScanPlan>,
}

impl<'p> Planner<'p> {
    pub(super) fn new(scanner: &'p Scanner<'p>, marks: &'p Marks<'p>) -> Self {
        Self { scanner, marks, plan: Mutex::default() }
    }

    /// Notes known files.
    pub(super) fn known(&self, known: &[Known<'_>]) {
        for known in known {
            if let Known::File { path, surface, .. } = known {
                self.note(&surface.id, path, path.metadata().is_ok_and(|m| m.is_file()));
            }
        }
    }

    /// Notes the processes whose environments would be read.
    pub(super) fn environments(&self) {
        for environment in self.scanner.environments {
            self.note("process.environment", &environment.exe, true);
        }
    }

    /// Notes the registry's keys with commands.
    pub(super) fn commands(&self) {
        for commands in self.scanner.commands {
            self.note(keys::SURFACE, Path::new(&commands.key), true);
        }
    }

    pub(super) fn finish(self) -> ScanPlan {
        let mut plan = self.plan.into_inner().unwrap_or_else(PoisonError::into_inner);
        plan.reads.sort_by(|a, b| (&a.path, &a.surface).cmp(&(&b.path, &b.surface)));
        plan.reads.dedup();
        plan.absent.sort();
        plan.absent.dedup();
        plan.pruned.sort();
        plan
    }

    pub(super) fn note(&self, surface: &str, path: &Path, present: bool) {
        let planned = Planned { surface: surface.to_owned(), path: self.masked(path) };
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        if present { plan.reads.push(planned) } else { plan.absent.push(planned) }
    }

    fn masked(&self, path: &Path) -> Untrusted {
        self.scanner.detector.mask_text(path.as_os_str().as_encoded_bytes())
    }
}

impl Visitor for Planner<'_> {
    fn file(&self, candidate: Candidate<'_>) {
        let metadata = if candidate.link { candidate.path.metadata() } else { candidate.path.symlink_metadata() };
        let Ok(metadata) = metadata else { return };
        if metadata.is_file() && candidate.max.is_none_or(|max| metadata.len() <= max) {
            self.note(candidate.surface.map_or("file.text", |s| &s.id), &candidate.path, true);
        }
    }

    fn marked(&self, path: &Path, alone: bool) {
        if alone && self.marks.of(path).iter().any(|mark| mark.artifact.is_read()) {
            self.note(SURFACE, path, true);
        }
    }

    fn pruned(&self, path: &Path, why: &'static str) {
        let path = self.masked(path);
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).pruned.push((path, why));
    }

    fn error(&self, _: &Path, _: Skip, _: bool) {}

    fn steered(&self, _: &Path, _: &[u8]) {}
}
