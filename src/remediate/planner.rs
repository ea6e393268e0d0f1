//! Working a plan out on the files as they are now, before anything is asked.
//!
//! Nothing is written and no keychain is opened. The same edits are made again on disk by `act`, on
//! the same bytes or not at all.

use super::edit::{self, Companion, CompanionEdit, Machine, Move, Outcome, Target};
use super::naming::Names;
use super::plan::{Change, RemediationPlan, Transaction};
use super::recipes;
use super::same;
use super::sighted::Sighted;
use super::work::{Verdict, Work};
use crate::detect::{Detection, Detector, Hit, Scene};
use crate::host::surgery::{self, Patient, Refusal};
use crate::model::{GitState, Untrusted};
use crate::read::git_state::GitStates;
use crate::read::{self, Document};
use crate::rules::rule::{Recipe, Surface};
use crate::vault::{Binding, Entry};
use std::path::Path;
use zeroize::Zeroizing;

/// Makes plans.
pub struct Planner<'a> {
    /// Finds the secrets again.
    pub detector: &'a Detector<'a>,
    /// Facts of the machine.
    pub machine: &'a Machine,
    /// What is sealed already.
    pub entries: &'a [Entry],
    /// The word of the store the secrets go to.
    pub store: &'static str,
}

impl Planner<'_> {
    /// A plan for the `chosen` findings: secrets first, then settings and entries, then modes. Other findings of a chosen secret are taken along: a secret that
    /// is moved in one place and stays in another is not moved.
    #[must_use]
    pub fn plan(&self, all: &[Sighted], chosen: &[&Sighted]) -> RemediationPlan {
        let mut work = Work::new(Names::new(self.entries, self.detector.keys()), self.store);
        let mut transactions = Vec::new();
        let mut seen: Vec<&str> = Vec::new();
        for sighted in chosen {
            let Some(fingerprint) = sighted.fingerprint.as_deref().filter(|_| sighted.credential) else {
                // Settings and entries come after the secrets: what is found in a file then is what is left of it.
                continue;
            };
            if seen.contains(&fingerprint) {
                continue;
            }
            seen.push(fingerprint);
            let group: Vec<&Sighted> = all
                .iter()
                .filter(|other| other.credential && other.fingerprint.as_deref() == Some(fingerprint))
                .collect();
            let named = |sighted: &Sighted| chosen.iter().any(|chosen| chosen.id == sighted.id);
            let transaction = self.transaction(&mut work, fingerprint, &group, &named);
            if !transaction.changes.is_empty() {
                transactions.push(transaction);
            }
        }
        let mends: Vec<&Sighted> =
            chosen.iter().copied().filter(|s| !s.credential || s.fingerprint.is_none()).collect();
        self.mends(&mut work, &mends, &mut transactions);
        self.modes(&mut work, chosen, &mut transactions);
        RemediationPlan { transactions, steps: work.steps }
    }

    /// Works out one secret in all its places.
    fn transaction(
        &self,
        work: &mut Work,
        fingerprint: &str,
        group: &[&Sighted],
        named: &dyn Fn(&Sighted) -> bool,
    ) -> Transaction {
        let mut transaction = Transaction::default();
        let mut files: Vec<(&Path, Vec<&Sighted>)> = Vec::new();
        for sighted in group {
            match files.iter_mut().find(|(path, _)| *path == sighted.path) {
                Some((_, list)) => list.push(sighted),
                None => files.push((&sighted.path, vec![sighted])),
            }
        }
        for (path, list) in files {
            for (sighted, verdict) in self.file(work, &mut transaction, fingerprint, path, &list) {
                if matches!(verdict, Verdict::Moved { .. }) {
                    transaction.steps.push(work.steps.len());
                } else if !named(sighted) {
                    // Nobody asked for this place; where the secret stays there it is named as residue.
                    continue;
                }
                work.step(sighted, verdict);
            }
        }
        transaction
    }

    /// Works out one secret in one file.
    fn file<'s>(
        &self,
        work: &mut Work,
        transaction: &mut Transaction,
        fingerprint: &str,
        path: &Path,
        list: &[&'s Sighted],
    ) -> Vec<(&'s Sighted, Verdict)> {
        let pack = self.detector.pack();
        let surface = list.first().and_then(|s| pack.surfaces().iter().find(|surface| surface.id == s.surface));
        let all = |verdict: &dyn Fn(&Sighted) -> Verdict| list.iter().map(|s| (*s, verdict(s))).collect();
        let by_hand = |s: &Sighted| Verdict::Manual { recipe: None, next: by_hand(s) };
        let Some(surface) = surface.filter(|_| list.iter().all(|s| !s.contained)) else {
            return all(&by_hand);
        };
        if surface.recipes.is_empty() {
            return all(&by_hand);
        }
        if list.iter().any(|s| s.canary) {
            let reason = "a known tripwire: it must stay where it is";
            return all(&|_| Verdict::Skip { recipe: None, reason: reason.into() });
        }
        let skip = |reason: String| move |_: &Sighted| Verdict::Skip { recipe: None, reason: reason.clone() };
        let patient = match Patient::open(path, self.detector.limits().document_bytes) {
            Ok(patient) => patient,
            Err(Refusal::Gone) => return all(&skip("changed since the scan: the file is gone".into())),
            Err(refusal) => return all(&skip(refusal.reason())),
        };
        let real = patient.real().to_owned();
        let mut bytes = match work.files.get(&real) {
            Some(bytes) => bytes.clone(),
            None => Zeroizing::new(patient.bytes().to_vec()),
        };
        if read::encoding::sniff(&bytes) != read::encoding::Encoding::Utf8 {
            return all(&skip("not written in UTF-8".into()));
        }
        let mut open: Vec<&Sighted> = list.to_vec();
        let mut done = Vec::new();
        let mut left: Vec<(String, Option<String>)> = Vec::new();
        // Each turn moves one sighting or puts it among those that stay.
        loop {
            let document = read::parse(surface.format, &bytes, self.detector.limits());
            let detection = detect(self.detector, surface, &document);
            let Some(hit) = detection
                .hits
                .iter()
                .find(|hit| hit.secret.fingerprint.as_str() == fingerprint && !left.contains(&self.key(hit)))
            else {
                break;
            };
            let key = self.key(hit);
            let verdict = self.sighting(work, transaction, surface, &real, &document, hit, open.first().copied());
            let (verdict, after) = match verdict {
                Ok((verdict, after)) => (verdict, Some(after)),
                Err(verdict) => (verdict, None),
            };
            if after.is_none() {
                left.push(key.clone());
            }
            while let Some(at) = open.iter().position(|s| s.rule == key.0 && s.field == key.1) {
                done.push((open.remove(at), verdict.copy()));
                if after.is_some() {
                    break;
                }
            }
            drop((detection, document));
            match after {
                Some(after) => {
                    work.change(transaction, path, &real, &surface.id, &bytes, &after);
                    bytes = after;
                }
                None if left.len() > self.detector.limits().findings_per_file => break,
                None => {}
            }
        }
        let gone = "changed since the scan: the secret is not there any more";
        done.extend(open.into_iter().map(|s| (s, Verdict::Skip { recipe: None, reason: gone.into() })));
        done
    }

    /// What a hit is known by: the rule and the field.
    fn key(&self, hit: &Hit) -> (String, Option<String>) {
        let rule = self.detector.pack().rule(hit.rule).id.to_string();
        (rule, hit.field.as_ref().map(|field| field.as_found().to_owned()))
    }

    /// Works out one sighting: the file's content without it, or why not.
    #[allow(clippy::too_many_arguments, reason = "one step of a loop, apart for its length")]
    fn sighting(
        &self,
        work: &mut Work,
        transaction: &mut Transaction,
        surface: &Surface,
        real: &Path,
        document: &Document<'_>,
        hit: &Hit,
        sighted: Option<&Sighted>,
    ) -> Result<(Verdict, Zeroizing<Vec<u8>>), Verdict> {
        let field = hit.field.as_ref().map_or("", |field| field.as_found());
        let Some(recipe) = self.detector.pack().recipe_for(surface, field) else {
            let next = sighted.map_or_else(|| "No recipe is known for it.".to_owned(), by_hand);
            return Err(Verdict::Manual { recipe: None, next });
        };
        let id = || Some(recipe.id.to_string());
        if let Some(reason) = busy(recipe, surface) {
            return Err(Verdict::Skip { recipe: id(), reason });
        }
        // A link from the home may lead into a repository of dotfiles: what counts is the file itself.
        let state = || GitStates::default().of(real, self.detector.limits());
        let tracked = sighted.is_some_and(|s| s.tracked) || state() == Some(GitState::Tracked);
        let names = std::cell::RefCell::new(&mut work.names);
        let target = Target {
            recipe,
            surface,
            path: real,
            document,
            span: hit.span.clone(),
            tracked,
            machine: self.machine,
            name: &|proposed, value, binding| names.borrow_mut().of(proposed, value, binding),
        };
        let moved = match recipes::edit(&target) {
            Outcome::Move(moved) => *moved,
            Outcome::Manual(next) => return Err(Verdict::Manual { recipe: id(), next }),
            Outcome::Skip(reason) => return Err(Verdict::Skip { recipe: id(), reason }),
        };
        let unsafe_edit = || Verdict::Manual {
            recipe: id(),
            next: "Its surroundings are too unusual to be edited safely; move it by hand.".into(),
        };
        let after = edit::apply(document.source, &moved.splices).ok_or_else(unsafe_edit)?;
        let parsed = read::parse(surface.format, &after, self.detector.limits());
        if !same::but_for(document, &parsed, &moved.splices) {
            return Err(unsafe_edit());
        }
        drop(parsed);
        let Move { name, value, binding, companions, next, .. } = moved;
        if work.consumers.iter().any(|(known, other)| asks_alike(known, &binding) && *other != name) {
            let next = "The same program would be given two different secrets for one place: keep one of them, then run caulk fix again.";
            return Err(Verdict::Manual { recipe: id(), next: next.into() });
        }
        work.consumers.push((binding.clone(), name.clone()));
        for companion in companions {
            if let Err(reason) = self.companion(work, transaction, &companion) {
                return Err(Verdict::Skip { recipe: id(), reason });
            }
        }
        transaction.take(&name, value, binding, work.names.fate(&name));
        Ok((Verdict::Moved { recipe: recipe.id.to_string(), name, next }, after))
    }

    /// Works out a change beside the secret's own file.
    fn companion(&self, work: &mut Work, transaction: &mut Transaction, companion: &Companion) -> Result<(), String> {
        let opened = match Patient::open(&companion.path, self.detector.limits().document_bytes) {
            Ok(patient) => Some(patient),
            Err(Refusal::Gone) => None,
            Err(refusal) => {
                return Err(format!(
                    "{}: {}",
                    Untrusted::from_bytes(companion.path.as_os_str().as_encoded_bytes()),
                    refusal.reason()
                ));
            }
        };
        let real = opened.as_ref().map_or_else(|| companion.path.clone(), |patient| patient.real().to_owned());
        let before = match (work.files.get(&real), &opened) {
            (Some(bytes), _) => Some(bytes.clone()),
            (None, Some(patient)) => Some(Zeroizing::new(patient.bytes().to_vec())),
            (None, None) => None,
        };
        let current: &[u8] = before.as_ref().map_or(b"", |bytes| bytes);
        let CompanionEdit::GitHelper { url } = &companion.edit;
        let splices = recipes::git_helper(current, url, &self.machine.launcher);
        let Some(splices) = splices.filter(|splices| !splices.is_empty()) else { return Ok(()) };
        let after = edit::apply(current, &splices).ok_or("git's configuration cannot be extended safely")?;
        work.files.insert(real.clone(), after.clone());
        let path = companion.path.clone();
        transaction.put(Change { path, real, before, after, mode: None, surface: None, locked_by_git: true });
        Ok(())
    }
}

/// The secrets of a file that lies at a surface.
pub(super) fn detect(detector: &Detector<'_>, surface: &Surface, document: &Document<'_>) -> Detection {
    let scene = Scene { surface: Some(surface), format: surface.format, container: None, prefix: &[] };
    detector.detect(document, &scene, 0..usize::MAX)
}

/// Whether a program that rewrites such a file at any time runs now.
pub(super) fn busy(recipe: &Recipe, surface: &Surface) -> Option<String> {
    let busy = recipe.busy.iter().filter_map(|busy| busy.split_once(' '));
    let busy: Vec<&str> = busy.filter(|(of, _)| *of == surface.id).map(|(_, program)| program).collect();
    let program = surgery::running(&busy)?;
    Some(format!("in use by a running app: {program} rewrites this file at any time; end it and try again"))
}

/// Whether two consumers ask the same question, so that only one secret can be the answer. A variable is asked
/// for together with the secret's name.
fn asks_alike(a: &Binding, b: &Binding) -> bool {
    matches!(a, Binding::Git { .. } | Binding::Npm { .. }) && a == b
}

/// What to do where no recipe is known.
fn by_hand(sighted: &Sighted) -> String {
    match sighted.surface.as_str() {
        "process.environment" => {
            "A running program has it in its environment: take it out of what starts the program, and start it again."
                .into()
        }
        _ => sighted.advice.clone().unwrap_or_else(|| "Delete it there, then rotate it.".into()),
    }
}
