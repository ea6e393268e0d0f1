//! Guards: rules that keep agents and package managers away from what this machine has, before anything happens.
//!
//! Additive only, for programs that are found here, and through the engine that seals: shown as a diff, undone
//! byte for byte. What is there already is not written again, so that a second run does nothing. A setting is
//! written only where the program's documentation has it and its version, where that counts, can be told.

mod deny;
mod gates;
mod ignore;

use super::edit::{self, Machine, Splice};
use super::plan::{Change, RemediationPlan, Transaction};
use super::sighted::Sighted;
use crate::detect::Detector;
use crate::host::surgery::{Patient, Refusal};
use crate::model::{FindingId, FixStep, StepState, Untrusted};
use crate::read::{self, Document, Format};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a guard's file proves once it is written: its program reads it as before, and the rule in it.
const PROVES: &[&str] = &["consumer-syntax"];

/// One guard on its way into a plan.
struct Guard {
    /// Its name in reports.
    id: &'static str,
    /// What it does.
    title: String,
    /// The file.
    path: PathBuf,
    /// How the file is read; for one no surface names: as text.
    surface: &'static str,
    /// What is left to know.
    next: String,
}

/// What an edit makes of a text: nothing to do, or the splices; `None`: it cannot be done safely.
type Edited = Option<Vec<Splice>>;

/// Guards for this machine, from what a scan found on it.
#[must_use]
pub fn plan(detector: &Detector<'_>, machine: &Machine, findings: &[Sighted]) -> RemediationPlan {
    let mut making = Making { detector, plan: RemediationPlan { transactions: Vec::new(), steps: Vec::new() } };
    deny::plan(&mut making, machine, findings);
    ignore::plan(&mut making, machine, findings);
    gates::plan(&mut making, machine);
    making.plan
}

/// What could be guarded, too, but changes how the machine is worked with: told, never done.
#[must_use]
pub fn offers(machine: &Machine) -> Vec<&'static str> {
    gates::offers(machine).into_iter().chain(deny::offer(machine)).collect()
}

/// A plan in the making.
struct Making<'m> {
    detector: &'m Detector<'m>,
    plan: RemediationPlan,
}

impl Making<'_> {
    /// Adds one guard: `edit` is given the file as it is, `holds` asked of what comes out.
    fn add(&mut self, guard: Guard, edit: &dyn Fn(&Document<'_>) -> Edited, holds: &dyn Fn(&Document<'_>) -> bool) {
        let by_hand = "Its file is too unusual to be edited safely; write it there by hand.";
        match self.change(&guard, edit, holds) {
            Ok(None) => {}
            Ok(Some(change)) => {
                let step = step(&guard, StepState::Planned, None, Some(guard.next.clone()).filter(|n| !n.is_empty()));
                self.plan.steps.push(step);
                let steps = vec![self.plan.steps.len() - 1];
                let changes = vec![change];
                self.plan.transactions.push(Transaction { changes, steps, proves: PROVES, ..Transaction::default() });
            }
            Err(Some(reason)) => self.plan.steps.push(step(&guard, StepState::Skipped, Some(reason), None)),
            Err(None) => self.plan.steps.push(step(&guard, StepState::Manual, None, Some(by_hand.into()))),
        }
    }

    /// The change of one file; nothing where the guard holds. An error has a reason, or is a file to be edited by hand.
    fn change(
        &self,
        guard: &Guard,
        edit: &dyn Fn(&Document<'_>) -> Edited,
        holds: &dyn Fn(&Document<'_>) -> bool,
    ) -> Result<Option<Change>, Option<String>> {
        let limits = self.detector.limits();
        let patient = match Patient::open(&guard.path, limits.document_bytes) {
            Ok(patient) => Some(patient),
            Err(Refusal::Gone) => None,
            Err(refusal) => return Err(Some(refusal.reason())),
        };
        let real = match &patient {
            Some(patient) => patient.real().to_owned(),
            // A new file needs its folder.
            None => match guard.path.parent().and_then(|folder| std::fs::canonicalize(folder).ok()) {
                Some(folder) => folder.join(guard.path.file_name().unwrap_or_default()),
                None => return Ok(None),
            },
        };
        let before = patient.as_ref().map(|patient| Zeroizing::new(patient.bytes().to_vec()));
        let source: &[u8] = before.as_ref().map_or(b"", |bytes| bytes);
        if read::encoding::sniff(source) != read::encoding::Encoding::Utf8 {
            return Err(Some("not written in UTF-8".into()));
        }
        let format = self.format(guard);
        let document = read::parse(format, source, limits);
        if holds(&document) {
            return Ok(None);
        }
        // A file that is broken is its owner's to mend.
        if document.problem.is_some() {
            return Err(None);
        }
        let splices = edit(&document).ok_or(None)?;
        let after = edit::apply(source, &splices).ok_or(None)?;
        let parsed = read::parse(format, &after, limits);
        if parsed.problem.is_some() || !holds(&parsed) || !super::same::but_for(&document, &parsed, &splices) {
            return Err(None);
        }
        drop(parsed);
        let surface = Some(guard.surface.to_owned());
        Ok(Some(Change { path: guard.path.clone(), real, before, after, mode: None, surface, locked_by_git: false }))
    }

    fn format(&self, guard: &Guard) -> Format {
        let surfaces = self.detector.pack().surfaces();
        surfaces.iter().find(|surface| surface.id == guard.surface).map_or(Format::Text, |surface| surface.format)
    }
}

fn step(guard: &Guard, state: StepState, reason: Option<String>, next: Option<String>) -> FixStep {
    FixStep {
        finding: FindingId::from_text(""),
        title: guard.title.clone(),
        recipe: Some(guard.id.to_owned()),
        path: Untrusted::from_bytes(guard.path.as_os_str().as_encoded_bytes()),
        vault_name: None,
        store: None,
        state,
        reason,
        verified: Vec::new(),
        residue: Vec::new(),
        next,
    }
}

/// A path below the home with `/` between its parts; `None` for one that a pattern could take for another.
fn below_home(machine: &Machine, path: &Path) -> Option<String> {
    plain(path.strip_prefix(&machine.home).ok()?)
}

/// A relative path as patterns write it.
fn plain(relative: &Path) -> Option<String> {
    let text = relative.to_str()?.replace('\\', "/");
    let odd = |c: char| c.is_control() || "*?[]{}()!#\"'`$".contains(c);
    (!text.is_empty() && !text.contains(odd) && text.trim() == text).then_some(text)
}

/// Whether a secret lies in a file that nobody but its program has to read: one that git hands on is worked on by
/// agents, and a loose text may be anything.
fn is_of_secrets(sighted: &Sighted) -> bool {
    sighted.credential
        && !sighted.tracked
        && !matches!(sighted.surface.as_str(), "file.text" | "process.environment" | "stdin")
        && matches!(sighted.severity.as_str(), "medium" | "high" | "critical")
}
