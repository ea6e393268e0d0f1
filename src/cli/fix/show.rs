//! A plan and what became of it, for people: what, where, why not, and the one thing to do next.

use crate::detect::Detector;
use crate::model::{FixReport, FixStep, StepState, Untrusted};
use crate::remediate::{self, RemediationPlan, Sightings};
use std::fmt::Write as _;
use std::path::Path;

/// Files of residue listed for one secret.
const MOST_RESIDUE: usize = 20;

/// What telling needs to know.
pub(super) struct Telling<'t> {
    pub(super) home: &'t Path,
    pub(super) sightings: &'t Sightings,
    /// Whether it is guards that are planned.
    pub(super) guards: bool,
    /// What could be done, too, and is not.
    pub(super) offers: Vec<&'static str>,
}

/// `1 secret`, `2 secrets`.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Telling<'_> {
    /// The plan: a diff a file, and what is left as it is.
    pub(super) fn plan(&self, detector: &Detector<'_>, plan: &RemediationPlan) -> String {
        let mut text = String::new();
        if plan.transactions.is_empty() {
            return self.nothing(&plan.report());
        }
        let (secrets, mends) = plan.counts();
        let moved = (secrets > 0).then(|| format!("{} would move to the keychain", count(secrets, "secret")));
        let mended = (mends > 0).then(|| format!("{} would be made", count(mends, "change")));
        let heading: Vec<String> = moved.into_iter().chain(mended).collect();
        let _ = writeln!(text, "{}:", heading.join(", "));
        for (number, transaction) in plan.transactions.iter().enumerate() {
            let titles: Vec<&FixStep> = transaction.steps.iter().filter_map(|at| plan.steps.get(*at)).collect();
            let names: Vec<&str> = transaction.items.iter().map(|item| item.name.as_str()).collect();
            let title = titles.first().map_or("", |step| step.title.as_str());
            let to = if names.is_empty() { String::new() } else { format!(" -> {}", names.join(", ")) };
            let _ = writeln!(text, "\n{}. {}{to}", number + 1, Untrusted::from(title));
            for change in &transaction.changes {
                let diff = remediate::diff(detector, change);
                let made = if diff.made { " (new)" } else { "" };
                let path = self.path(&Untrusted::from_bytes(diff.path.as_os_str().as_encoded_bytes()));
                let _ = writeln!(text, "   {path}{made}");
                for (sign, line) in &diff.lines {
                    let _ = writeln!(text, "   {sign} {line}");
                }
            }
        }
        self.others(&mut text, &plan.steps);
        self.offered(&mut text);
        text
    }

    /// There is nothing to do.
    pub(super) fn nothing(&self, report: &FixReport) -> String {
        let what =
            if self.guards { "Nothing to guard" } else { "Nothing to move to the keychain, and nothing to mend" };
        let mut text = format!("{what}.\n");
        self.others(&mut text, &report.steps);
        self.offered(&mut text);
        text
    }

    /// What is left as it is, and why.
    fn others(&self, text: &mut String, steps: &[FixStep]) {
        for (state, heading) in
            [(StepState::Failed, "Failed"), (StepState::Skipped, "Skipped"), (StepState::Manual, "By hand")]
        {
            let of: Vec<&FixStep> = steps.iter().filter(|step| step.state == state).collect();
            if of.is_empty() {
                continue;
            }
            let _ = writeln!(text, "\n{heading}:");
            for step in of {
                let _ = writeln!(text, "   {} ({})", Untrusted::from(step.title.as_str()), self.path(&step.path));
                if let Some(why) = step.reason.as_ref().or(step.next.as_ref()) {
                    let _ = writeln!(text, "      {}", Untrusted::from(why.as_str()));
                }
            }
        }
    }

    /// What could be done, too.
    fn offered(&self, text: &mut String) {
        for offer in &self.offers {
            let _ = writeln!(text, "\nNot done, but possible: {offer}");
        }
    }

    /// Adds to each step what comes after it: rotate, or not yet.
    pub(super) fn advise(&self, report: &mut FixReport) {
        let sealed = |step: &&mut FixStep| step.state == StepState::Done && step.vault_name.is_some();
        for step in report.steps.iter_mut().filter(sealed) {
            let sighted = self.sightings.findings.iter().find(|sighted| sighted.id == step.finding);
            let after = if self.sightings.watcher {
                NOT_YET.to_owned()
            } else {
                match sighted.and_then(|sighted| sighted.rotate.as_deref()) {
                    Some(rotate) => format!("It lay in the clear, so rotate it: {rotate}"),
                    None => "It lay in the clear, so rotate it.".to_owned(),
                }
            };
            step.next = Some(step.next.take().map_or_else(|| after.clone(), |next| format!("{next} {after}")));
        }
    }

    /// What was done, what remains, and what is next.
    pub(super) fn done(&self, report: &FixReport, after: Option<&Sightings>) -> String {
        let mut text = String::new();
        let all = report.steps.iter().filter(|step| step.state == StepState::Done);
        let (done, mended): (Vec<&FixStep>, Vec<&FixStep>) = all.partition(|step| step.vault_name.is_some());
        if done.is_empty() && mended.is_empty() {
            text.push_str("Nothing was done.\n");
        }
        if !done.is_empty() {
            let _ = writeln!(text, "Sealed (run {}):", report.run);
        }
        for step in &done {
            let name = step.vault_name.as_deref().unwrap_or_default();
            let _ = writeln!(text, "   {} ({}) -> {name}", Untrusted::from(step.title.as_str()), self.path(&step.path));
        }
        if !mended.is_empty() {
            let what = if self.guards { "Guarded" } else { "Mended" };
            let _ = writeln!(text, "{what} (run {}):", report.run);
        }
        for step in &mended {
            let _ = writeln!(text, "   {} ({})", Untrusted::from(step.title.as_str()), self.path(&step.path));
        }
        let mut next: Vec<&str> = mended.iter().filter_map(|step| step.next.as_deref()).collect();
        for step in &done {
            // The first sentences are the recipe's; rotation comes below.
            if let Some((recipe, _)) = step.next.as_deref().and_then(|next| next.split_once(" It lay in the clear")) {
                next.push(recipe);
            }
        }
        next.sort_unstable();
        next.dedup();
        if !next.is_empty() {
            text.push_str("\nFrom now on:\n");
            for next in next {
                let _ = writeln!(text, "   {}", Untrusted::from(next));
            }
        }
        self.residue(&mut text, &done);
        self.others(&mut text, &report.steps);
        if let Some(after) = after {
            let _ =
                writeln!(text, "\nSecrets in the clear: {} before, {} now.", self.sightings.distinct, after.distinct);
        }
        self.rotate(&mut text, &done);
        if !(done.is_empty() && mended.is_empty()) {
            text.push_str("\nTake it back: caulk undo\n");
        }
        text
    }

    fn residue(&self, text: &mut String, done: &[&FixStep]) {
        let mut seen: Vec<(&str, &[Untrusted])> = Vec::new();
        for step in done.iter().filter(|step| !step.residue.is_empty()) {
            let name = step.vault_name.as_deref().unwrap_or_default();
            if !seen.iter().any(|(known, _)| *known == name) {
                seen.push((name, &step.residue));
            }
        }
        if seen.is_empty() {
            return;
        }
        text.push_str("\nStill in the clear elsewhere; rotating makes these copies worthless:\n");
        for (name, paths) in seen {
            let _ = writeln!(text, "   {name}");
            for path in paths.iter().take(MOST_RESIDUE) {
                let _ = writeln!(text, "      {}", self.path(path));
            }
            if paths.len() > MOST_RESIDUE {
                let _ = writeln!(text, "      and {} more (--format json lists all)", paths.len() - MOST_RESIDUE);
            }
        }
    }

    fn rotate(&self, text: &mut String, done: &[&FixStep]) {
        if done.is_empty() {
            return;
        }
        if self.sightings.watcher {
            let _ = writeln!(text, "\n{NOT_YET} caulk scan shows the safe order.");
            return;
        }
        let mut list: Vec<(u8, String)> = Vec::new();
        let mut named: Vec<&str> = Vec::new();
        for step in done {
            let sighted = self.sightings.findings.iter().find(|sighted| sighted.id == step.finding);
            let Some(sighted) = sighted else { continue };
            let how = sighted.rotate.as_deref().unwrap_or("at its issuer");
            let name = step.vault_name.as_deref().unwrap_or(&sighted.title);
            // One secret in several places is rotated once, as the first place says.
            if !named.contains(&name) {
                named.push(name);
                list.push((rank(&sighted.rule), format!("{name}: {how}")));
            }
        }
        list.sort();
        text.push_str(
            "\nThey lay in the clear, so rotate them, in this order, and store the new ones with caulk vault set:\n",
        );
        for (number, (_, line)) in list.iter().enumerate() {
            let _ = writeln!(text, "   {}. {}", number + 1, Untrusted::from(line.as_str()));
        }
    }

    /// A path, the home shown as `~`.
    fn path(&self, path: &Untrusted) -> String {
        let home = self.home.to_string_lossy();
        match path.as_found().strip_prefix(home.as_ref()) {
            Some(rest) if rest.starts_with(['/', '\\']) => format!("~{}", Untrusted::from(rest)),
            _ => path.to_string(),
        }
    }
}

const NOT_YET: &str =
    "Do not rotate or revoke it yet: a stealer's watcher is on this machine, and acts when a token stops working.";

/// What spreads a worm comes first, what costs money next.
fn rank(rule: &str) -> u8 {
    match rule.split('-').next().unwrap_or_default() {
        "github" | "npm" | "git" | "gitlab" | "pypi" => 0,
        "aws" | "google" | "azure" | "gcp" | "cloudflare" | "digitalocean" => 1,
        _ => 2,
    }
}
