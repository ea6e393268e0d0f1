//! Mends: a setting, an entry that starts by itself, a file's mode. No secret moves, but a mend goes the same
//! way as one: planned on the bytes of now, shown, sealed for undo, written, looked at again.
//!
//! What is wrong is found anew with the very rules that a scan uses, so that nothing is changed on a report's
//! word; and it is mended only if those rules say so of the file as it would be.

mod entry;
mod judged;
mod mode;
mod pin;
mod setting;
mod tables;
mod task;
mod yaml;

use super::edit::{self, Splice};
use super::plan::Transaction;
use super::planner::{self, Planner};
use super::sighted::Sighted;
use super::work::{Verdict, Work};
use super::{recipes, same};
use crate::audit::posture::Posture;
use crate::host::surgery::{Patient, Refusal};
use crate::model::{GitState, Severity};
use crate::read::{self, git_state::GitStates};
use crate::rules::rule::{Edit, Recipe, Surface};
use judged::Judged;
use std::path::Path;
use zeroize::Zeroizing;

/// What a mend of a file's text proves: the file is as its program reads it, and the rule finds nothing there.
const PROVES: &[&str] = &["consumer-syntax", "finding-gone"];
/// Mends of one file in one run: each looks at the whole file again.
const MOST: usize = 100;
const ODD: &str = "Its surroundings are too unusual to be edited safely";

/// A mend of one finding of one file.
struct Mend<'m> {
    sighted: &'m Sighted,
    recipe: &'static Recipe,
}

impl Planner<'_> {
    /// Plans the mends of `chosen`, which are no secrets.
    pub(super) fn mends(&self, work: &mut Work, chosen: &[&Sighted], transactions: &mut Vec<Transaction>) {
        let pack = self.detector.pack();
        let mut posture = None;
        let mut files: Vec<(&Path, Vec<Mend<'_>>)> = Vec::new();
        for sighted in chosen {
            let Some(recipe) = pack.mend_for(&sighted.rule, &sighted.surface).filter(|r| applies(r, sighted)) else {
                let next = sighted.advice.clone().unwrap_or_else(|| "No secret lies there; mend it by hand.".into());
                work.step(sighted, Verdict::Manual { recipe: None, next });
                continue;
            };
            let mend = Mend { sighted, recipe };
            match files.iter_mut().find(|(path, _)| *path == sighted.path) {
                Some((_, list)) => list.push(mend),
                None => files.push((&sighted.path, vec![mend])),
            }
        }
        for (path, list) in files {
            let (modes, texts): (Vec<_>, Vec<_>) =
                list.into_iter().partition(|m| matches!(m.recipe.edit, Edit::MendHook | Edit::MendOpen));
            if !modes.is_empty() {
                mode::rights(work, path, &modes, transactions);
            }
            if !texts.is_empty() {
                let posture = posture.get_or_insert_with(|| Posture::new(pack.settings()));
                self.texts(work, posture, path, &texts, transactions);
            }
        }
    }

    /// Mends of one file's text, the last one in it first, so that the places of the others stay.
    fn texts(
        &self,
        work: &mut Work,
        posture: &Posture<'_>,
        path: &Path,
        list: &[Mend<'_>],
        transactions: &mut Vec<Transaction>,
    ) {
        let skip = |work: &mut Work, mend: &Mend<'_>, reason: String| {
            work.step(mend.sighted, Verdict::Skip { recipe: Some(mend.recipe.id.to_string()), reason });
        };
        let opened = Patient::open(path, self.detector.limits().document_bytes).map_err(|refusal| match refusal {
            Refusal::Gone => "changed since the scan: the file is gone".to_owned(),
            refusal => refusal.reason(),
        });
        let patient = match opened {
            Ok(patient) => patient,
            Err(reason) => return list.iter().for_each(|mend| skip(work, mend, reason.clone())),
        };
        let real = patient.real().to_owned();
        let read = patient.bytes().to_vec();
        let mut bytes = work.files.get(&real).cloned().unwrap_or_else(|| Zeroizing::new(read));
        let surface = self.detector.pack().surfaces().iter().find(|s| list.iter().any(|m| m.sighted.surface == s.id));
        let Some(surface) = surface else { return };
        if read::encoding::sniff(&bytes) != read::encoding::Encoding::Utf8 {
            return list.iter().for_each(|mend| skip(work, mend, "not written in UTF-8".into()));
        }
        let judged = Judged::new(self.detector, surface, posture, &bytes);
        let mut order: Vec<(Option<usize>, &Mend<'_>)> =
            list.iter().map(|mend| (judged.find(mend.sighted).map(|found| found.span.start), mend)).collect();
        drop(judged);
        order.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (number, (_, mend)) in order.into_iter().enumerate() {
            if number >= MOST {
                skip(work, mend, "too many in one file; run caulk fix again".into());
                continue;
            }
            let recipe = mend.recipe;
            let id = || Some(recipe.id.to_string());
            let tracked = || {
                mend.sighted.tracked
                    || GitStates::default().of(&real, self.detector.limits()) == Some(GitState::Tracked)
            };
            let verdict = if let Some(reason) = planner::busy(recipe, surface) {
                Err(Verdict::Skip { recipe: id(), reason })
            } else if !recipe.tracked && tracked() {
                Err(Verdict::Manual { recipe: id(), next: recipe.manual.to_string() })
            } else {
                self.text(surface, posture, mend, &bytes)
            };
            match verdict {
                Ok((after, next)) => {
                    let verdict = Verdict::Mended { recipe: recipe.id.to_string(), next };
                    let mut transaction = Transaction { proves: PROVES, ..Transaction::default() };
                    work.change(&mut transaction, path, &real, &surface.id, &bytes, &after);
                    transaction.steps.push(work.step(mend.sighted, verdict));
                    transactions.push(transaction);
                    bytes = after;
                }
                Err(verdict) => {
                    work.step(mend.sighted, verdict);
                }
            }
        }
    }

    /// What one mend makes of a text, and what the user does from now on.
    fn text(
        &self,
        surface: &Surface,
        posture: &Posture<'_>,
        mend: &Mend<'_>,
        bytes: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, String), Verdict> {
        let recipe = mend.recipe;
        let id = || Some(recipe.id.to_string());
        let by_hand = |next: String| Verdict::Manual { recipe: id(), next };
        let judged = Judged::new(self.detector, surface, posture, bytes);
        let Some(found) = judged.find(mend.sighted) else {
            let reason = "changed since the scan: it is not there any more".into();
            return Err(Verdict::Skip { recipe: id(), reason });
        };
        let told = match recipe.edit {
            Edit::MendSetting => setting::splices(&judged, &found),
            Edit::MendPin => pin::splices(&judged, &found, self.machine),
            Edit::MendTask => task::splices(&judged, &found),
            Edit::MendEntry => entry::splices(&judged, &found),
            _ => None,
        };
        let advice = || mend.sighted.advice.clone().unwrap_or_else(|| recipe.manual.to_string());
        let Some(splices) = told else {
            // Without an edit the rule's own words say more than the recipe's, but for what it cannot know.
            return Err(by_hand(if recipe.edit == Edit::MendSetting { advice() } else { recipe.manual.to_string() }));
        };
        checked(&judged, &found, recipe, bytes, &splices)
            .map(|after| (after, next(recipe)))
            .ok_or_else(|| by_hand(format!("{ODD}. {}", recipe.manual)))
    }
}

/// The text with the splices, if nothing else changes by them and the rule finds one place less.
fn checked(
    judged: &Judged<'_, '_>,
    found: &judged::Found,
    recipe: &Recipe,
    bytes: &[u8],
    splices: &[Splice],
) -> Option<Zeroizing<Vec<u8>>> {
    let after = edit::apply(bytes, splices)?;
    let again = judged.again(&after);
    let whole = judged.document.problem.is_some() || again.document.problem.is_none();
    let same = same::tree_but_for(judged.tree()?, again.tree()?, splices);
    let gone = match recipe.edit {
        Edit::MendPin => pin::is_pinned(&again, found),
        _ => again.count(&found.rule) < judged.count(&found.rule),
    };
    (whole && same && gone).then_some(after)
}

/// Whether a mend is for a finding of this weight.
fn applies(recipe: &Recipe, sighted: &Sighted) -> bool {
    sighted.severity.parse::<Severity>().is_ok_and(|severity| recipe.is_for(severity))
}

/// What the user does from now on, one sentence.
fn next(recipe: &Recipe) -> String {
    let text = match recipe.edit {
        Edit::MendPin => {
            "A newer version comes only when you write it there; what caulk mcp trust had approved is to be approved again."
        }
        Edit::MendEntry => "The program it started is still there: look at it, and delete it if it is not yours.",
        Edit::MendHook => "The script is still there: look at it, and delete it if it is not yours.",
        Edit::MendOpen => "Others could write there until now: look at what lies there.",
        _ => "",
    };
    text.to_owned()
}

pub(super) use recipes::json;
