//! Hooks and helpers that an agent runs by itself.

use super::line::{self, arguments};
use super::program_place::started;
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
                out.extend(cx.judge(self.meta(), entry, Severity::Critical, why));
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
                out.extend(cx.judge(&entry.project, entry, Severity::Low, "the repository has it run by itself"));
                continue;
            }
            let (severity, why) = if fires_by_itself(entry) {
                (Severity::Medium, "the repository has it run without an action of yours")
            } else {
                (Severity::Low, "the repository has it run with the agent's tools")
            };
            out.extend(cx.judge(self.meta(), entry, severity, why));
        }
    }
}

/// Events that need no action of the user, and helpers, which run at start.
fn fires_by_itself(entry: &AutorunEntry) -> bool {
    !matches!(
        entry.name.as_found(),
        "PreToolUse"
            | "PostToolUse"
            | "PostToolUseFailure"
            | "UserPromptSubmit"
            | "Stop"
            | "SubagentStop"
            | "PermissionRequest"
    )
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
                out.extend(cx.judge(self.meta(), entry, Severity::High, "script of a name that worms leave here"));
            }
            let font = arguments(launch)
                .any(|word| matches!(line::extension(word).as_str(), "woff2" | "woff" | "ttf" | "otf"));
            if font && matches!(launch.program.as_str(), "node" | "bun" | "deno") {
                out.extend(cx.judge(self.meta(), entry, Severity::High, "runs a font file as a program"));
            }
        }
    }
}
