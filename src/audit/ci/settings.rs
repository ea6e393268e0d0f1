//! What a job lets its agent do: lists that are open to all, checks that are off, tokens that can do much, tools
//! that run anything, code without a version.

use super::agents::Found;
use super::workflow::Pairs;
use super::{OPEN_LIST, Reasons, SANDBOX, SERVER, Scene, TOKEN, TOOLS, UNPINNED};
use crate::model::Severity;

pub(super) fn check(scene: &Scene<'_>, out: &mut Reasons) {
    for agent in scene.agents {
        open_lists(scene, agent, out);
        if !agent.answers_only() {
            sandbox(scene, agent, out);
            tools(scene, agent, out);
            token(scene, agent, out);
        }
        servers(agent, out);
        pinned(agent, out);
    }
}

fn open_lists(scene: &Scene<'_>, agent: &Found<'_>, out: &mut Reasons) {
    let strangers = !scene.reach.is_nobody();
    let weigh = |severity| if strangers { severity } else { Severity::Low };
    if agent.lets_strangers_in() {
        out.push((OPEN_LIST, weigh(Severity::High), "everybody may start the agent".into()));
    }
    if agent.lets_bots_in() {
        // A bot repeats what others write, but somebody has to make it do so.
        out.push((OPEN_LIST, weigh(Severity::Medium), "any bot may start the agent".into()));
    }
}

/// Words that switch off a sandbox or the question before a tool is used, wherever they stand in the options.
const SWITCHES: &[&str] = &[
    "--dangerously-skip-permissions",
    "--dangerously-bypass-approvals-and-sandbox",
    "--dangerously-allow-all",
    "bypassPermissions",
    "danger-full-access",
    "--yolo",
    "--approval-mode=yolo",
    "--approval-mode yolo",
    "--allow-all-tools",
    "--trust-all-tools",
    "--skip-permissions-unsafe",
];

fn sandbox(scene: &Scene<'_>, agent: &Found<'_>, out: &mut Reasons) {
    let severity = scene.weigh(Severity::High);
    let mut say = |why: String| out.push((SANDBOX, severity, why));
    for switch in SWITCHES.iter().filter(|switch| agent.options().any(|text| has_word(text, switch))) {
        say(format!("`{switch}`"));
    }
    if agent.step.input("safety-strategy") == Some("unsafe") {
        say("`safety-strategy: unsafe`".into());
    }
    for settings in agent.options() {
        let flat: String = settings.chars().filter(|c| !c.is_whitespace()).collect();
        for setting in ["\"sandbox\":false", "\"autoAccept\":true", "\"allowed\":[\"*\"]"] {
            if flat.contains(setting) {
                say(format!("`{}`", setting.replace("\":", "\": ")));
            }
        }
    }
    let trusts = [&agent.step.env, &scene.job.env, &scene.workflow.env].into_iter().flatten();
    if trusts.into_iter().any(|(name, value)| name == "GEMINI_CLI_TRUST_WORKSPACE" && value == "true") {
        say("the checked out folder is trusted unasked".into());
    }
}

/// Commands that run any other, so that a list with them is no list.
const RUNNERS: &[&str] = &[
    "echo", "gh", "git", "npm", "npx", "node", "python", "python3", "bash", "sh", "curl", "find", "sed", "awk", "make",
    "xargs", "env", "cat", "printf", "docker", "bun", "perl", "ruby",
];

fn tools(scene: &Scene<'_>, agent: &Found<'_>, out: &mut Reasons) {
    if !scene.reached {
        return;
    }
    let mut say = |what: &str| {
        out.push((TOOLS, Severity::Medium, format!("`{what}` among the allowed tools runs any command")));
    };
    for text in agent.options() {
        if bare_bash(text) {
            say("Bash");
        }
        for (open, ends) in [("run_shell_command(", ")"), ("Bash(", ":*)"), ("Bash(", " *)")] {
            let named = |rest: &str| {
                let end = rest.find(ends)?;
                RUNNERS.iter().find(|runner| rest[..end] == ***runner).copied()
            };
            if let Some(runner) = text.split(open).skip(1).find_map(named) {
                say(&format!("{open}{runner}{ends}"));
            }
        }
    }
}

/// `Bash`, or `Bash(*)`, in a list of allowed tools.
fn bare_bash(text: &str) -> bool {
    let lists = ["--allowedTools", "--allowed-tools", "\"allow\"", "allowed_tools"];
    let named = |list: &str| {
        text.split(list).skip(1).any(|rest| {
            let rest = rest.split(" --").next().unwrap_or(rest);
            let rest = rest.split([']', '\n']).next().unwrap_or(rest);
            rest.split([',', ' ', '"', '\'', '=', '[', ':']).any(|tool| matches!(tool, "Bash" | "Bash(*)" | "Bash(:*)"))
        })
    };
    lists.into_iter().any(named)
}

fn token(scene: &Scene<'_>, agent: &Found<'_>, out: &mut Reasons) {
    if !scene.reached {
        return;
    }
    if let Some(permissions) = scene.job.permissions(scene.workflow) {
        let writes = |name: &str| permissions.iter().any(|(key, value)| key == name && value == "write");
        if permissions.iter().any(|(key, value)| key.is_empty() && value == "write-all") {
            out.push((TOKEN, Severity::High, "the job's token may write everything".into()));
        } else if writes("contents") && writes("id-token") {
            out.push((TOKEN, Severity::High, "the job's token may write the code and log in to clouds".into()));
        }
    }
    let env: [&Pairs; 3] = [&agent.step.env, &scene.job.env, &scene.workflow.env];
    for (name, value) in env.into_iter().flatten() {
        if secret_names(value).any(|secret| is_far_reaching(&secret)) {
            out.push((TOKEN, Severity::High, format!("{name} hands it a secret of more than the model")));
        }
    }
}

/// Secrets that an expression hands over.
fn secret_names(value: &str) -> impl Iterator<Item = String> + '_ {
    value.split("secrets.").skip(1).map(|rest| {
        rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default().to_ascii_uppercase()
    })
}

/// Whether a secret's name says that it opens more than the model and this repository.
fn is_far_reaching(name: &str) -> bool {
    let parts = || name.split('_');
    let pairs = [("NPM", "TOKEN"), ("PYPI", "TOKEN"), ("AWS", "SECRET"), ("AWS", "KEY"), ("AZURE", "CREDENTIALS")];
    let more = [("AZURE", "SECRET"), ("GCP", "KEY"), ("CARGO", "TOKEN"), ("DOCKERHUB", "TOKEN"), ("SSH", "KEY")];
    let both = |(first, second): &(&str, &str)| parts().any(|p| p == *first) && parts().any(|p| p == *second);
    parts().any(|part| matches!(part, "PAT" | "KUBECONFIG" | "VSCE" | "OVSX")) || pairs.iter().chain(&more).any(both)
}

fn servers(agent: &Found<'_>, out: &mut Reasons) {
    for text in agent.options().filter(|text| text.contains("mcp")) {
        if let Some(package) = unpinned_package(text) {
            out.push((SERVER, Severity::Medium, format!("the MCP server's package {package} has no version")));
        }
    }
}

/// The first package that a runner of packages is given without a version.
fn unpinned_package(text: &str) -> Option<String> {
    let clear: String = text.chars().map(|c| if "\"',[]{}()\n".contains(c) { ' ' } else { c }).collect();
    let mut words = clear.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !matches!(word, "npx" | "bunx" | "uvx" | "pnpx") {
            continue;
        }
        while words.peek().is_some_and(|next| next.starts_with('-') || matches!(*next, "args" | ":" | "args:")) {
            words.next();
        }
        let Some(package) = words.peek() else { break };
        let version = package.get(1..).unwrap_or_default().rsplit_once(['@', '=']).map_or("", |(_, version)| version);
        let is_name = package.starts_with(|c: char| c == '@' || c.is_ascii_alphabetic());
        if is_name && !version.starts_with(|c: char| c.is_ascii_digit()) && !package.contains("claude-code") {
            return Some((*package).chars().take(80).collect());
        }
    }
    None
}

fn pinned(agent: &Found<'_>, out: &mut Reasons) {
    let uses = agent.step.uses.trim();
    if !agent.is_action() || uses.starts_with("./") || uses.contains("@sha256:") {
        return;
    }
    let version = uses.rsplit_once('@').map_or("", |(_, version)| version);
    if version.len() != 40 || !version.bytes().all(|b| b.is_ascii_hexdigit()) {
        let shown = if version.is_empty() { "no version" } else { version };
        out.push((UNPINNED, Severity::Low, format!("the agent's action is named by {shown}, not by a commit")));
    }
}

/// Whether a text has a word that ends there.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[at + word.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_')
    })
}
