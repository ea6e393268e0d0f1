//! Which actions and commands are agents, and what is known of each.
//!
//! An action that looks up who started it keeps strangers out by itself; a command never does. Some only write
//! text: without a tool they do nothing with what they are told, until somebody runs their answer.

use super::workflow::{Job, Step};
use crate::audit::line;
use aho_corasick::AhoCorasick;
use std::sync::OnceLock;

/// An action that is an agent.
pub(super) struct Action {
    /// Owner, repository and folder, in lower case.
    name: &'static str,
    /// Whether it refuses whoever may not write.
    checks: bool,
    /// Whether it has no tools: all it does is answer.
    answers: bool,
}

const fn action(name: &'static str, checks: bool, answers: bool) -> Action {
    Action { name, checks, answers }
}

/// Known actions. Sources: their repositories' `action.yml` and documentation.
const ACTIONS: &[Action] = &[
    action("anthropics/claude-code-action", true, false),
    action("anthropics/claude-code-base-action", false, false),
    action("google-github-actions/run-gemini-cli", false, false),
    action("google-gemini/gemini-cli-action", false, false),
    action("openai/codex-action", true, false),
    action("actions/ai-inference", false, true),
    action("anomalyco/opencode/github", true, false),
    action("sst/opencode/github", true, false),
    action("factory-ai/droid-action", true, false),
    action("augmentcode/augment-agent", false, false),
    action("qodo-ai/pr-agent", false, true),
    action("codium-ai/pr-agent", false, true),
    action("coderabbitai/ai-pr-reviewer", false, true),
];

/// A command that is an agent when one of these words, or none at all, follows it.
struct Command {
    names: &'static [&'static str],
    words: &'static [&'static str],
}

const fn command(names: &'static [&'static str], words: &'static [&'static str]) -> Command {
    Command { names, words }
}

/// Known commands, in the forms that work without a person.
const COMMANDS: &[Command] = &[
    command(&["claude", "claude-code"], &["-p", "--print", "--dangerously-skip-permissions"]),
    command(&["gemini", "gemini-cli", "qwen", "qwen-code"], &["-p", "--prompt", "-y", "--yolo", "--approval-mode"]),
    command(&["codex"], &["exec", "e", "--dangerously-bypass-approvals-and-sandbox"]),
    command(&["copilot"], &["-p", "--prompt", "--allow-all-tools", "--allow-all"]),
    command(&["cursor-agent"], &["-p", "--print", "-f", "--force"]),
    command(&["opencode", "opencode-ai", "crush", "goose"], &["run"]),
    command(&["amp"], &["-x", "--execute", "--dangerously-allow-all"]),
    command(&["droid"], &["exec"]),
    command(&["auggie"], &["-p", "--print"]),
    command(&["aider", "aider-chat"], &["--message", "-m", "--message-file", "--yes", "--yes-always"]),
    command(&["q", "kiro-cli"], &["--no-interactive", "--trust-all-tools"]),
];

/// Words before a program that start it.
const STARTERS: &[&str] = &[
    "sudo", "env", "exec", "command", "time", "nohup", "npx", "bunx", "pnpx", "uvx", "npm", "pnpm", "bun", "dlx", "x",
    "if", "then", "do", "else", "while", "until", "!", "{", "timeout", "-y", "--yes", "-q", "--quiet", "-c", "--",
];

/// Words of which one stands in every workflow with an agent.
const MARKS: &[&str] = &[
    "claude",
    "gemini",
    "codex",
    "ai-inference",
    "opencode",
    "droid",
    "augment",
    "pr-agent",
    "ai-pr-reviewer",
    "qwen",
    "copilot",
    "cursor-agent",
    "crush",
    "goose",
    "amp -",
    "auggie",
    "aider",
    "--no-interactive",
    "--trust-all-tools",
];

/// Whether the bytes of a file name any agent.
pub(super) fn may_be_in(source: &[u8]) -> bool {
    static MATCHER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let matcher = MATCHER.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(MARKS).ok());
    matcher.as_ref().is_none_or(|matcher| matcher.is_match(source))
}

/// An agent in a job.
pub(super) struct Found<'w> {
    pub(super) step: &'w Step,
    /// The step's number.
    pub(super) at: usize,
    /// What is known of the action; none for a command.
    action: Option<&'static Action>,
    /// The command's name.
    command: &'static str,
}

/// The agents of a job, in its order.
pub(super) fn find(job: &Job) -> Vec<Found<'_>> {
    let found = |(at, step)| {
        let action = known(step);
        let command = if action.is_none() { called(&step.run) } else { None };
        (action.is_some() || command.is_some()).then(|| Found {
            step,
            at,
            action,
            command: command.unwrap_or_default(),
        })
    };
    job.steps.iter().enumerate().filter_map(found).collect()
}

impl Found<'_> {
    /// Whether it refuses strangers, and nobody has switched that off.
    pub(super) fn checks_actor(&self) -> bool {
        self.action.is_some_and(|action| action.checks) && !self.lets_strangers_in()
    }

    /// Whether its list of who may start it has everybody in it.
    pub(super) fn lets_strangers_in(&self) -> bool {
        let any = |name: &str| self.step.input(name).is_some_and(lists_all);
        // Claude Code's list only works with a token that is handed in.
        let of_claude = any("allowed_non_write_users") && self.step.input("github_token").is_some();
        of_claude || any("allow-users")
    }

    /// Whether it takes orders from any bot, which may repeat what strangers write.
    pub(super) fn lets_bots_in(&self) -> bool {
        let any = |name: &str| self.step.input(name).is_some_and(lists_all);
        any("allowed_bots") || any("allow-bot-users") || self.step.input("allow-bots") == Some("true")
    }

    /// Whether all it does is answer: it has no tools, or its settings leave it none.
    pub(super) fn answers_only(&self) -> bool {
        let without_tools = |text: &str| {
            let flat: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            flat.contains("\"coreTools\":[]") || flat.contains("\"core\":[]")
        };
        if self.step.input("settings").is_some_and(without_tools) {
            return true;
        }
        self.action.is_some_and(|action| action.answers) && self.step.input("enable-github-mcp") != Some("true")
    }

    /// Whether it puts the files that steer it back to those of the base branch.
    pub(super) fn restores_its_files(&self) -> bool {
        self.action.is_some_and(|action| action.name == "anthropics/claude-code-action")
    }

    pub(super) fn is_action(&self) -> bool {
        self.action.is_some()
    }

    /// What it is told: the inputs that are prompts, or the whole script.
    pub(super) fn prompts(&self) -> impl Iterator<Item = &str> {
        let told = |name: &str| {
            let name = name.to_ascii_lowercase();
            ["prompt", "instruction", "args", "message"].iter().any(|word| name.contains(word)) || name == "input"
        };
        let inputs = self.step.with.iter().filter(move |(name, _)| told(name)).map(|(_, value)| value.as_str());
        inputs.chain((!self.is_action()).then_some(self.step.run.as_str()))
    }

    /// Every text that sets it up.
    pub(super) fn options(&self) -> impl Iterator<Item = &str> {
        let inputs = self.step.with.iter().map(|(_, value)| value.as_str());
        inputs.chain((!self.is_action()).then_some(self.step.run.as_str()))
    }

    /// How a report names it.
    pub(super) fn shown(&self) -> String {
        if self.is_action() { self.step.uses.clone() } else { self.command.to_owned() }
    }
}

/// Whether a list, or a text, says everybody.
pub(super) fn lists_all(list: &str) -> bool {
    list.split([',', ' ', '\n']).any(|one| one.trim_matches(['"', '\'', '[', ']']) == "*")
}

fn known(step: &Step) -> Option<&'static Action> {
    let uses = step.uses.to_ascii_lowercase();
    let name = uses.split('@').next().unwrap_or_default().trim();
    ACTIONS
        .iter()
        .find(|action| name.strip_prefix(action.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The agent that a script calls.
pub(super) fn called(script: &str) -> Option<&'static str> {
    let tokens = line::tokens(script);
    let mut starts = true;
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token.as_str(), "|" | "(" | "`" | "\n") || line::ends_pipeline(token) {
            starts = true;
            continue;
        }
        if !starts {
            continue;
        }
        let assigns = token.contains('=') && !token.starts_with('-');
        if assigns || STARTERS.contains(&token.as_str()) || token.bytes().all(|b| b.is_ascii_digit() || b == b's') {
            continue;
        }
        starts = false;
        let name = line::name(token);
        let name = name.split('@').next().unwrap_or(name);
        let Some(command) = COMMANDS.iter().find(|command| command.names.contains(&name)) else { continue };
        let ends = |token: &&String| !line::ends_pipeline(token) && *token != "|" && *token != ")";
        let fits = |token: &String| {
            command.words.iter().any(|word| {
                token
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || (word.starts_with("--") && rest.starts_with('=')))
            })
        };
        if tokens[at + 1..].iter().take_while(ends).any(fits) {
            return command.names.iter().find(|known| **known == name).copied();
        }
    }
    None
}
