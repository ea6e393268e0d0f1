//! What steers an agent: who starts it, whose text it reads, whose files lie around it, who runs its answer.

use super::agents::{self, Found};
use super::condition::Reach;
use super::expression::{outputs, strangers_text};
use super::triggers::Events;
use super::workflow::{Job, Step};
use super::{CHECKOUT, EXECUTED, FETCHED, Reasons, Scene, TEXT, TRIGGER};
use crate::model::Severity;

/// Outputs of agents that are no text of theirs.
const HARMLESS: &[&str] =
    &["execution_file", "conclusion", "session_id", "github_token", "branch_name", "response-file", "error"];

/// Events that run with the repository's secrets while files of a pull request can be fetched.
const PRIVILEGED: [&str; 3] = ["pull_request_target", "workflow_run", "issue_comment"];

pub(super) fn check(scene: &Scene<'_>, out: &mut Reasons) {
    for agent in scene.agents {
        let reach = scene.reach_of(agent);
        checkout(scene, agent, reach, out);
        if !agent.answers_only() {
            started(scene, agent, reach, out);
            text(scene, agent, reach, out);
        }
        executed(scene, agent, reach, out);
    }
}

fn started(scene: &Scene<'_>, agent: &Found<'_>, reach: Reach, out: &mut Reasons) {
    if reach.is_nobody() {
        return;
    }
    // With a token that can only read, what is left to be stolen is the model's key.
    let reads = scene.job.permissions(scene.workflow).is_some_and(|permissions| {
        permissions.iter().all(|(_, value)| matches!(value.as_str(), "read" | "none" | "read-all"))
    });
    let severity = if reads { Severity::Medium } else { Severity::High };
    let why = format!("anybody can start it ({}), and nothing asks who did", reach.0.names());
    out.push((TRIGGER, severity, why));
    if !agent.is_action() {
        return;
    }
    if agent.lets_strangers_in() {
        out.push((TRIGGER, severity, "the agent's own check of who may start it is off".into()));
    }
}

fn text(scene: &Scene<'_>, agent: &Found<'_>, reach: Reach, out: &mut Reasons) {
    let open = scene.workflow.triggers.open;
    let direct: Vec<String> = agent.prompts().flat_map(strangers_text).collect();
    for field in direct.iter().take(4) {
        if !reach.is_nobody() {
            out.push((TEXT, Severity::High, format!("{field} stands in the prompt")));
        } else if is_of_others(field, open) {
            out.push((TEXT, Severity::Low, format!("{field} stands in the prompt; strangers write it")));
        }
    }
    if reach.is_nobody() {
        return;
    }
    let own = agent.step.env.iter().map(|pair| (pair, true));
    let around = scene.job.env.iter().chain(&scene.workflow.env).map(|pair| (pair, false));
    for ((name, value), is_own) in own.chain(around) {
        let Some(field) = strangers_text(value).into_iter().next() else { continue };
        if agent.prompts().any(|prompt| names(prompt, name)) {
            out.push((TEXT, Severity::High, format!("{field} reaches the prompt through the variable {name}")));
        } else if is_own {
            out.push((TEXT, Severity::High, format!("{field} reaches the agent in the variable {name}")));
        }
    }
    let fetched = ["gh issue view", "gh pr view", "gh pr diff", "gh issue list", "gh pr list", "gh api repos/"];
    if let Some(call) = fetched.iter().find(|call| agent.prompts().any(|prompt| prompt.contains(**call))) {
        let call = call.trim_end_matches(" repos/");
        out.push((FETCHED, Severity::Medium, format!("the prompt has it read strangers' text with `{call}`")));
    }
}

/// Whether a field is somebody else's text than that of the one who started the workflow.
fn is_of_others(field: &str, open: Events) -> bool {
    let commented =
        Events::of(&["issue_comment", "pull_request_review", "pull_request_review_comment", "discussion_comment"]);
    !open.and(commented).is_none() && !field.contains(".comment.") && !field.contains(".review.")
}

/// Whether a text names a variable.
fn names(text: &str, variable: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !variable.is_empty()
        && text
            .match_indices(variable)
            .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + variable.len()..].starts_with(is_part))
}

fn checkout(scene: &Scene<'_>, agent: &Found<'_>, reach: Reach, out: &mut Reasons) {
    let Some(what) = scene.job.steps.iter().take(agent.at).find_map(fetches_pull) else { return };
    if agent.answers_only() {
        return;
    }
    let privileged = Events::of(&PRIVILEGED);
    let why = format!("{what}: its instructions, MCP servers and hooks are a stranger's");
    if !reach.0.and(privileged).is_none() {
        let severity = if agent.restores_its_files() { Severity::High } else { Severity::Critical };
        out.push((CHECKOUT, severity, why));
    } else if !scene.workflow.triggers.open.and(privileged).is_none() && !agent.restores_its_files() {
        out.push((CHECKOUT, Severity::Low, why));
    }
}

/// How a step fetches the files of a pull request.
fn fetches_pull(step: &Step) -> Option<&'static str> {
    let uses = step.uses.to_ascii_lowercase();
    if uses.starts_with("actions/checkout@") {
        let asked = ["ref", "repository"].iter().filter_map(|name| step.input(name));
        let marks = [
            "pull_request.head",
            "github.head_ref",
            "workflow_run.head_",
            "refs/pull/",
            "pull/${{",
            "head_sha",
            "head_ref",
            "head-ref",
            "head-sha",
        ];
        let found = asked.into_iter().any(|text| marks.iter().any(|mark| text.contains(mark)));
        return found.then_some("the pull request's files are checked out before it starts");
    }
    let fetched = step.run.contains("gh pr checkout") || (step.run.contains("git fetch") && step.run.contains("pull/"));
    fetched.then_some("the pull request's files are fetched before it starts")
}

fn executed(scene: &Scene<'_>, agent: &Found<'_>, reach: Reach, out: &mut Reasons) {
    // A gated agent may still read strangers' text; what it then answers is no stranger's order.
    let severity = if reach.is_nobody() { Severity::Low } else { Severity::High };
    if !agent.is_action() && pipes_to_shell(&agent.step.run) {
        out.push((EXECUTED, severity, "what it answers is run as a command".into()));
    }
    for answer in answers(scene, agent) {
        for step in &answer.job.steps {
            let script = if step.uses.starts_with("actions/github-script@") { step.input("script") } else { None };
            if answer.is_in(&step.run) || script.is_some_and(|script| answer.is_in(script)) {
                out.push((EXECUTED, severity, "its answer becomes a part of a script".into()));
                continue;
            }
            for (name, _) in step.env.iter().filter(|(_, value)| answer.is_in(value)) {
                if runs_variable(&step.run, name) {
                    let why = format!("its answer is run, or kept for later steps, by way of {name}");
                    out.push((EXECUTED, severity, why));
                }
            }
        }
    }
}

/// A name of the agent's answer in one job.
struct Answer<'s> {
    job: &'s Job,
    prefix: String,
    /// The output; any that may hold text where none is told.
    output: Option<&'s str>,
}

impl Answer<'_> {
    fn is_in(&self, text: &str) -> bool {
        outputs(text, &self.prefix)
            .any(|name| self.output.map_or_else(|| !HARMLESS.contains(&name), |output| output == name))
    }
}

/// Names of one answer that are followed.
const NAMES: usize = 50;

/// Under which names the agent's answer is known, and in which jobs.
fn answers<'s>(scene: &Scene<'s>, agent: &Found<'_>) -> Vec<Answer<'s>> {
    if agent.step.id.is_empty() {
        return Vec::new();
    }
    let own = Answer { job: scene.job, prefix: format!("steps.{}.outputs.", agent.step.id), output: None };
    let mut names = Vec::new();
    for (output, _) in scene.job.outputs.iter().take(NAMES).filter(|(_, value)| own.is_in(value)) {
        for job in scene.workflow.jobs.iter().filter(|job| job.needs.contains(&scene.job.name)) {
            names.push(Answer { job, prefix: format!("needs.{}.outputs.", scene.job.name), output: Some(output) });
        }
    }
    names.truncate(NAMES);
    names.push(own);
    names
}

/// Whether a script runs what a variable holds, or writes it where later steps take variables from.
fn runs_variable(script: &str, name: &str) -> bool {
    let forms = [format!("${name}"), format!("${{{name}}}")];
    let uses = |line: &str| forms.iter().any(|form| line.contains(form.as_str()));
    script.lines().filter(|line| uses(line)).any(|line| {
        let shell = ["eval ", "bash -c", "sh -c", "| bash", "| sh", "python -c", "node -e"];
        let kept = line.contains("GITHUB_ENV") || line.contains("GITHUB_PATH");
        let bare = line.trim_start().trim_start_matches(['"', '\'']);
        kept || shell.iter().any(|word| line.contains(word)) || forms.iter().any(|form| bare.starts_with(form.as_str()))
    })
}

/// Whether a script hands an agent's answer to a shell.
fn pipes_to_shell(script: &str) -> bool {
    let piped = script.lines().any(|line| {
        let mut parts = line.split('|');
        let first = parts.next().is_some_and(|part| agents::called(part).is_some());
        let shell = |part: &str| matches!(part.trim().split(' ').next(), Some("sh" | "bash" | "zsh"));
        first && parts.any(shell)
    });
    let substituted = ["eval \"$(", "eval $(", "bash -c \"$(", "sh -c \"$("].iter().any(|open| {
        script.split(open).skip(1).any(|rest| agents::called(rest).is_some_and(|_| starts_with_agent(rest)))
    });
    piped || substituted
}

fn starts_with_agent(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    agents::called(line.split(')').next().unwrap_or_default()).is_some()
}
