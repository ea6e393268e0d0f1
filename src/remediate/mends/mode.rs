//! Who may use a file or folder: a hook nobody may run, code that only its owner may write, secrets for their owner
//! only. The content stays.

use super::{Mend, next};
use crate::host::surgery;
use crate::host::writers::OTHERS_WRITE;
use crate::model::{Severity, StepState};
use crate::remediate::plan::{Change, ModeChange, Transaction};
use crate::remediate::planner::Planner;
use crate::remediate::sighted::Sighted;
use crate::remediate::work::{Verdict, Work};
use crate::rules::rule::{Edit, Recipe};
use std::path::Path;
use zeroize::Zeroizing;

/// What a change of a mode proves.
const PROVES: &[&str] = &["mode-set"];
/// The right to run a file, of anybody.
const RUNS: u32 = 0o111;
/// Every right of all but the owner.
const OTHERS: u32 = 0o077;

/// Takes from a hook that is a file the right to be run, from what others can write their right to: all of it in one
/// change, for each undo goes back to what it found.
pub(super) fn rights(work: &mut Work, path: &Path, list: &[Mend<'_>], transactions: &mut Vec<Transaction>) {
    let takes = |mend: &Mend<'_>| if mend.recipe.edit == Edit::MendHook { RUNS } else { OTHERS_WRITE };
    let now = surgery::mode(path).map_err(|refusal| refusal.reason());
    let mut steps = Vec::new();
    let mut taken = 0;
    for mend in list {
        let recipe = Some(mend.recipe.id.to_string());
        let verdict = match &now {
            Err(reason) => Verdict::Skip { recipe, reason: reason.clone() },
            Ok((_, mode)) if mode & takes(mend) == 0 => {
                Verdict::Skip { recipe, reason: "changed since the scan: it has that right no more".into() }
            }
            Ok(_) => Verdict::Mended { recipe: mend.recipe.id.to_string(), next: next(mend.recipe) },
        };
        let mended = matches!(verdict, Verdict::Mended { .. });
        let step = work.step(mend.sighted, verdict);
        if mended {
            taken |= takes(mend);
            steps.push(step);
        }
    }
    if let (Ok((real, mode)), Some(first)) = (now, list.first())
        && !steps.is_empty()
    {
        let after = mode & !taken;
        work.modes.insert(real.clone(), after);
        let change = change(path, &real, &first.sighted.surface, mode, after);
        transactions.push(Transaction { changes: vec![change], steps, proves: PROVES, ..Transaction::default() });
    }
}

impl Planner<'_> {
    /// Files of secrets that others can read and that stay: for their owner only, one step a file. The secret
    /// itself has a step of its own, which says what to do with it.
    pub(in crate::remediate) fn modes(
        &self,
        work: &mut Work,
        chosen: &[&Sighted],
        transactions: &mut Vec<Transaction>,
    ) {
        let recipes = self.detector.pack().recipes();
        let Some(recipe) = recipes.iter().find(|recipe| recipe.edit == Edit::MendMode) else { return };
        let mut seen: Vec<&Path> = Vec::new();
        for sighted in chosen.iter().filter(|sighted| is_open(sighted)) {
            let stays = work
                .steps
                .iter()
                .any(|step| step.finding == sighted.id && matches!(step.state, StepState::Manual | StepState::Skipped));
            if stays && !seen.contains(&&*sighted.path) {
                seen.push(&sighted.path);
                self.owner_only(work, sighted, recipe, transactions);
            }
        }
    }

    fn owner_only(&self, work: &mut Work, sighted: &Sighted, recipe: &Recipe, transactions: &mut Vec<Transaction>) {
        // What cannot be told or changed is said in the secret's own step already.
        let Ok((real, mode)) = surgery::mode(&sighted.path) else { return };
        // What is taken from it for another reason is gone by then.
        let mode = work.modes.get(&real).copied().unwrap_or(mode);
        if mode & OTHERS == 0 || !real.starts_with(&self.machine.home) || work.files.contains_key(&real) {
            return;
        }
        let change = change(&sighted.path, &real, &sighted.surface, mode, mode & !OTHERS);
        let at = work.step(sighted, Verdict::Mended { recipe: recipe.id.to_string(), next: next(recipe) });
        if let Some(step) = work.steps.get_mut(at) {
            TITLE.clone_into(&mut step.title);
        }
        let steps = vec![at];
        transactions.push(Transaction { changes: vec![change], steps, proves: PROVES, ..Transaction::default() });
    }
}

/// What is mended, as the step says it.
const TITLE: &str = "File of secrets that other accounts can read";

/// Whether a secret lies where others can read it, in a file whose only use is its owner's: not one that git
/// hands to others anyway, not a loose text, and not what is hardly a secret.
fn is_open(sighted: &Sighted) -> bool {
    sighted.credential
        && sighted.others_can_read
        && !sighted.tracked
        && !sighted.canary
        && !matches!(sighted.surface.as_str(), "file.text" | "process.environment" | "stdin")
        && sighted.severity.parse::<Severity>().is_ok_and(|severity| severity >= Severity::Medium)
}

fn change(path: &Path, real: &Path, surface: &str, before: u32, after: u32) -> Change {
    Change {
        path: path.to_owned(),
        real: real.to_owned(),
        before: None,
        after: Zeroizing::default(),
        mode: Some(ModeChange { before, after }),
        surface: Some(surface.to_owned()),
        locked_by_git: false,
    }
}
