//! Agents in GitHub's workflows: who can start them, whose text they read, and what they are let do.
//!
//! One pass over a workflow, one finding a job and category. What matters is whether strangers reach the agent:
//! a job is *reached* when somebody without write access can start it with words of their own. What is risky
//! only then is high there, and low or nothing in a job that asks who it is working for. Text that steers the
//! agent is `injection`; what the job lets it do is `posture`. Workflows without an agent are told by a few
//! words and cost a search; what they do wrong is other tools' business.

mod agents;
mod condition;
mod expression;
mod settings;
mod steering;
mod triggers;
mod workflow;

use super::{Audit, AuditCx, Judgement};
use crate::model::{Evidence, Severity, Untrusted};
use crate::rules::rule::Surface;
use agents::{Found, find};
use condition::Reach;
use workflow::{Job, Workflow};

pub(super) struct CiAgents;

/// The rules this file names; each has its texts.
const TRIGGER: &str = "ci-agent-untrusted-trigger";
const TEXT: &str = "ci-agent-untrusted-text";
const FETCHED: &str = "ci-agent-fetches-text";
const CHECKOUT: &str = "ci-agent-untrusted-checkout";
const EXECUTED: &str = "ci-agent-output-executed";
const OPEN_LIST: &str = "ci-agent-open-list";
const SANDBOX: &str = "ci-agent-sandbox-off";
const TOKEN: &str = "ci-agent-wide-token";
const TOOLS: &str = "ci-agent-open-tools";
const UNPINNED: &str = "ci-agent-unpinned";
const SERVER: &str = "ci-agent-unpinned-server";

/// Whether the surface's files are workflows: their fields are asked for as a tree.
pub(super) fn is_workflow(surface: &Surface) -> bool {
    surface.id == "ci.workflow"
}

/// Whether a file of `surface` may be a workflow with an agent in it.
pub(super) fn may_have_agent(surface: &Surface, source: &[u8]) -> bool {
    is_workflow(surface) && agents::may_be_in(source)
}

/// Longest reason, in characters.
const SHOWN: usize = 200;

/// Agents of one workflow that are judged.
const AGENTS: usize = 50;

/// A reason before it has a place: the rule, how bad, and why.
type Reasons = Vec<(&'static str, Severity, String)>;

/// One job with an agent, and what is around it.
struct Scene<'w> {
    workflow: &'w Workflow,
    job: &'w Job,
    /// Agents in it.
    agents: &'w [Found<'w>],
    /// By what strangers get to the job, were there no checks of the agents' own.
    reach: Reach,
    /// Whether they get to any of its agents.
    reached: bool,
}

impl Scene<'_> {
    /// By what strangers get to one agent: a check of its own keeps them out, unless it is switched off.
    fn reach_of(&self, agent: &Found<'_>) -> Reach {
        let condition = self.reach.and(condition::reach(&agent.step.condition, self.workflow.triggers.strangers));
        if agent.checks_actor() || condition::checked_before(self.job, agent.at) { Reach::NOBODY } else { condition }
    }

    /// How bad a thing is that matters where strangers get to the agent.
    fn weigh(&self, reached: Severity) -> Severity {
        if self.reached { reached } else { Severity::Low }
    }
}

impl Audit for CiAgents {
    fn meta(&self) -> &'static str {
        TRIGGER
    }

    fn others(&self) -> &'static [&'static str] {
        &[TEXT, FETCHED, CHECKOUT, EXECUTED, OPEN_LIST, SANDBOX, TOKEN, TOOLS, UNPINNED, SERVER]
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if !may_have_agent(cx.surface, cx.doc.source) {
            return;
        }
        let Some(workflow) = Workflow::read(cx) else { return };
        let reaches = condition::of_jobs(&workflow);
        let mut left = AGENTS;
        for (job, reach) in workflow.jobs.iter().zip(reaches) {
            let mut agents = find(job);
            agents.truncate(left);
            left -= agents.len();
            let Some(first) = agents.first() else { continue };
            let mut scene = Scene { workflow: &workflow, job, agents: &agents, reach, reached: false };
            scene.reached = agents.iter().any(|agent| !scene.reach_of(agent).is_nobody());
            let mut reasons = Reasons::new();
            steering::check(&scene, &mut reasons);
            settings::check(&scene, &mut reasons);
            let pointer = vec!["jobs".to_owned(), job.name.clone()];
            for (rule, severity, why) in reasons {
                let why = printable(why);
                let value = Some(Untrusted::new(first.shown()));
                let evidence = Evidence { value, why: vec![why], ..Evidence::default() };
                out.extend(cx.judgement(rule, severity, pointer.clone(), first.step.span.clone(), evidence));
            }
        }
    }
}

/// A reason, in which names of the workflow stand, fit to be shown.
fn printable(why: String) -> String {
    let shown = Untrusted::new(why).to_string();
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}\u{2026}", &shown[..end]),
        None => shown,
    }
}
