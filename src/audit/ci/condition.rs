//! Whom an `if:` lets through: by which events a stranger gets past it.
//!
//! Understood as far as `&&`, `||`, brackets and single comparisons go. What is not understood lets everybody
//! through who came; what asks who somebody is keeps strangers out.

use super::triggers::Events;
use super::workflow::{Job, Step, Workflow};
use std::collections::HashMap;

/// Brackets in brackets that are read.
const DEPTH: usize = 24;
/// Jobs in a row that wait for each other.
const CHAIN: usize = 16;

/// The events by which strangers get to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach(pub(super) Events);

impl Reach {
    pub(super) const NOBODY: Self = Self(Events::NONE);

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0.and(other.0))
    }

    pub(super) fn is_nobody(self) -> bool {
        self.0.is_none()
    }
}

/// By what strangers get to each job: its own condition, and those of the jobs that it waits for.
pub(super) fn of_jobs(workflow: &Workflow) -> Vec<Reach> {
    let jobs = &workflow.jobs;
    let numbers: HashMap<&str, usize> = jobs.iter().enumerate().map(|(at, job)| (job.name.as_str(), at)).collect();
    let checked: Vec<bool> = jobs.iter().map(|job| checked_before(job, job.steps.len())).collect();
    let needs =
        |job: &Job| -> Vec<usize> { job.needs.iter().filter_map(|name| numbers.get(name.as_str()).copied()).collect() };
    let needs: Vec<Vec<usize>> = jobs.iter().map(needs).collect();
    let own = |(job, needs): (&Job, &Vec<usize>)| {
        let checked = needs.iter().any(|needed| checked[*needed]);
        if checked { Reach::NOBODY } else { reach(&job.condition, workflow.triggers.strangers) }
    };
    let mut reaches: Vec<Reach> = jobs.iter().zip(&needs).map(own).collect();
    for _ in 0..CHAIN {
        for (at, job) in jobs.iter().enumerate() {
            // A job that is left out takes those with it that wait for it, unless they say otherwise.
            let regardless = ["always()", "cancelled()", "failure()"].iter().any(|word| job.condition.contains(word));
            if !regardless {
                reaches[at] = needs[at].iter().fold(reaches[at], |reach, needed| reach.and(reaches[*needed]));
            }
        }
    }
    reaches
}

/// Whether a step before number `at` asks what the one who started the job may do.
pub(super) fn checked_before(job: &Job, at: usize) -> bool {
    job.steps.iter().take(at).any(asks_permission)
}

fn asks_permission(step: &Step) -> bool {
    let marks = |text: &str| {
        let text = text.to_ascii_lowercase();
        let known = [
            "getcollaboratorpermissionlevel",
            "author_association",
            "authorassociation",
            "checkcollaborator",
            "check_membership",
            "checkmembershipforuser",
            "getmembershipfororg",
            "getmembershipforuserinorg",
            "required_roles",
        ];
        known.iter().any(|mark| text.contains(mark)) || (text.contains("collaborators/") && text.contains("permission"))
    };
    let uses = step.uses.to_ascii_lowercase();
    let action = (uses.contains("permission") || uses.contains("membership"))
        && ["check", "user", "actor", "team", "repo"].iter().any(|word| uses.contains(word));
    action || marks(&step.run) || step.with.iter().chain(&step.env).any(|(_, value)| marks(value))
}

/// By which of `all` a stranger gets past a condition; an empty one lets everybody through.
pub(super) fn reach(condition: &str, all: Events) -> Reach {
    let text = condition.replace("${{", " ").replace("}}", " ");
    if text.trim().is_empty() {
        return Reach(all);
    }
    let mut parser = Parser { text: &text, at: 0, all };
    Reach(parser.any(0))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    all: Events,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip(&mut self, word: &str) -> bool {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let found = self.rest().starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// Alternatives: whoever passes one passes.
    fn any(&mut self, depth: usize) -> Events {
        let mut events = self.every(depth);
        while self.skip("||") {
            events = events.or(self.every(depth));
        }
        events
    }

    fn every(&mut self, depth: usize) -> Events {
        let mut events = self.one(depth);
        while self.skip("&&") {
            events = events.and(self.one(depth));
        }
        events
    }

    fn one(&mut self, depth: usize) -> Events {
        let mut negated = false;
        while self.skip("!") {
            negated = !negated;
        }
        if self.skip("(") {
            if depth >= DEPTH {
                self.at = self.text.len();
                return self.all;
            }
            let inside = self.any(depth + 1);
            let closed = self.skip(")");
            // What is compared with a bracket is not understood, nor what a negation of one comes to.
            let tail = self.atom();
            return if negated || !closed || !tail.trim().is_empty() { self.all } else { inside };
        }
        let atom = self.atom();
        judge(&atom, negated, self.all)
    }

    /// The text up to the next operator that is outside of quotes and brackets.
    fn atom(&mut self) -> String {
        let bytes = self.rest().as_bytes();
        let (mut open, mut quoted, mut end) = (0_usize, false, bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                b'\'' => quoted = !quoted,
                _ if quoted => {}
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => {
                    end = at;
                    break;
                }
                b'&' | b'|' if open == 0 && bytes.get(at + 1) == Some(byte) => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let atom = self.rest()[..end].to_owned();
        self.at += end;
        atom
    }
}

/// Events of pull requests, which a comparison of repositories keeps forks out of.
const PULLS: [&str; 3] = ["pull_request_target", "pull_request_review", "pull_request_review_comment"];

/// By which events a stranger passes one comparison.
fn judge(atom: &str, negated: bool, all: Events) -> Events {
    let text = atom.to_ascii_lowercase();
    let has = |word: &str| text.contains(word);
    let equal = has("==");
    let unequal = has("!=");
    if text.trim() == "false" && !negated {
        return Events::NONE;
    }
    if has("github.event_name") && !negated {
        let named = literals(&text).iter().fold(Events::NONE, |events, name| {
            // `fromJSON('["issues", "push"]')` is one text of several names.
            name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .fold(events, |events, word| events.or(Events::named(word)))
        });
        if equal || has("contains(") {
            return all.and(named);
        }
        return if unequal { all.without(named) } else { all };
    }
    if has("head.repo.") || has(".fork") {
        let same = equal && (has("github.repository") || has("false") || has("github.event.repository."));
        let no_fork = has(".fork") && (negated || (unequal && has("true")));
        return if same || no_fork { all.without(Events::of(&PULLS)) } else { all };
    }
    if has("workflow_run.") {
        // Pull requests of forks are not listed; other events are not strangers'.
        let own = has("workflow_run.pull_requests[0]")
            || has("workflow_run.head_repository.") && equal
            || has("workflow_run.event") && (equal && !has("'pull_request") || unequal && has("'pull_request"));
        if own && !negated {
            return all.without(Events::named("workflow_run"));
        }
    }
    if is_gate(&text, negated) { Events::NONE } else { all }
}

/// Whether a comparison asks who somebody is, or for what only people with rights can do.
fn is_gate(text: &str, negated: bool) -> bool {
    let has = |word: &str| text.contains(word);
    let chosen = text.contains("==") || text.contains("contains(");
    if has("author_association") {
        let strangers = ["'none'", "first_time", "first_timer", "'mannequin'", "\"none\""].iter().any(|word| has(word));
        return (negated != has("!=")) == strangers;
    }
    let who = ["github.actor", "github.triggering_actor", "user.login", "sender.login", "author.login", "user.id"];
    let rights = ["event.label.name", "pull_request.labels", "pull_request.merged"];
    let people: usize = who.iter().map(|word| text.matches(word).count()).sum();
    // That two of a stranger's names are the same says nothing of who it is.
    let is_somebody = people == 1 || (people > 1 && has("'"));
    let acted = has("event.action") && (has("'labeled'") || has("'assigned'"));
    let asked = is_somebody || acted || rights.iter().any(|word| has(word));
    asked && !negated && (chosen || text.trim().ends_with("pull_request.merged"))
}

/// Texts in single quotes.
fn literals(text: &str) -> Vec<&str> {
    text.split('\'').skip(1).step_by(2).collect()
}
