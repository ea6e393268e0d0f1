//! Hooks and helpers that an agent runs by itself.

use super::line::{self, arguments};
use super::program_place::started;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement, pipe_to_shell};
use crate::model::{AutorunEntry, Severity};
use crate::rules::place::Level;

pub(super) struct FetchAndRun;

impl Audit for FetchAndRun {
    fn meta(&self) -> &'static str {
        "agent-hook-fetch-and-run"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_hooks() {
            if let Some(why) = entry.launch.as_ref().and_then(pipe_to_shell::reason) {
                out.extend(cx.judge(self.meta(), entry, Fault::Bad(Severity::Critical), why));
            }
        }
    }
}

pub(super) struct FromProject;

impl Audit for FromProject {
    fn meta(&self) -> &'static str {
        "agent-hook-project"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if cx.level != Level::Project {
            return;
        }
        for entry in cx.live_hooks().filter(|entry| !entry.project.is_empty()) {
            if entry.project != self.meta() {
                out.extend(cx.judge(
                    &entry.project,
                    entry,
                    Fault::Usual(Severity::Low),
                    "the repository has it run by itself",
                ));
                continue;
            }
            let (fault, why) = if fires_by_itself(entry) {
                (Fault::Unseen(Severity::Medium), "the repository has it run without an action of yours")
            } else {
                (Fault::Usual(Severity::Low), "the repository has it run with the agent's tools")
            };
            out.extend(cx.judge(self.meta(), entry, fault, why));
        }
    }
}

/// Events that need no action of the user, and helpers, which run at start.
fn fires_by_itself(entry: &AutorunEntry) -> bool {
    // Products write them with a small letter or a large one.
    let with_an_action = [
        "PreToolUse",
        "PostToolUse",
        "PostToolUseFailure",
        "UserPromptSubmit",
        "UserPromptSubmitted",
        "Stop",
        "SubagentStop",
        "PermissionRequest",
    ];
    !with_an_action.iter().any(|event| event.eq_ignore_ascii_case(entry.name.as_found()))
}

pub(super) struct Suspicious;

/// Names that a worm has used for the script it leaves beside an agent's or editor's settings.
const WORM_SCRIPTS: &[&str] = &["setup.mjs", "router_runtime.js", "execution.js", "math_init.js", "_index.js"];

impl Audit for Suspicious {
    fn meta(&self) -> &'static str {
        "agent-hook-suspicious"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_hooks() {
            let Some(launch) = &entry.launch else { continue };
            let Some(file) = started(launch) else { continue };
            let path = file.replace('\\', "/");
            let name = path.rsplit('/').next().unwrap_or(&path);
            let beside = path.contains(".claude/") || path.contains(".vscode/") || path.contains(".cursor/");
            if beside && WORM_SCRIPTS.contains(&name) {
                out.extend(cx.judge(
                    self.meta(),
                    entry,
                    Fault::Bad(Severity::High),
                    "script of a name that worms leave here",
                ));
            }
            let font = arguments(launch)
                .any(|word| matches!(line::extension(word).as_str(), "woff2" | "woff" | "ttf" | "otf"));
            if font && matches!(launch.program.as_str(), "node" | "bun" | "deno") {
                out.extend(cx.judge(self.meta(), entry, Fault::Bad(Severity::High), "runs a font file as a program"));
            }
        }
    }
}
