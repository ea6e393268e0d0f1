//! The front matter of skills and commands: what tools they have unasked, the hooks they bring, and the commands in
//! their text that run before the agent has read a word.

use super::{HOOK, INLINE, Saying, words};
use crate::audit::{AuditCx, line, pipe_to_shell};
use crate::model::{Limits, Severity};
use crate::read::{self, Format};
use crate::rules::place::Level;
use std::ops::Range;

/// Commands of one file that are looked at.
const COMMANDS: usize = 100;

/// What the front matter says.
pub(super) struct Front {
    /// Where the text after it begins.
    pub(super) end: usize,
    /// Whether any command may run unasked.
    any_command: bool,
    /// Commands of hooks: where, the event, the command.
    hooks: Vec<(Range<usize>, String, String)>,
}

/// Reads the front matter; `None` where there is none.
pub(super) fn read(text: &str) -> Option<Front> {
    let body = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let start = text.len() - body.len();
    let length = body.find("\n---")?;
    let document = read::parse(Format::Yaml, body.get(..length)?.as_bytes(), &Limits::SHIPPED);
    let mut front = Front { end: start + length + 4, any_command: false, hooks: Vec::new() };
    for field in document.fields.iter().filter(|field| field.role == read::Role::Entry) {
        let value = String::from_utf8_lossy(field.value.bytes());
        let key = |at: usize| field.path.get(at).map(read::Text::bytes);
        match key(0) {
            Some(b"allowed-tools" | b"tools" | b"allowedTools") => front.any_command |= allows_all(&value),
            Some(b"hooks") if field.key() == b"command" && front.hooks.len() < COMMANDS => {
                let event = String::from_utf8_lossy(key(1).unwrap_or_default()).into_owned();
                let span = start + field.span.start..start + field.span.end;
                front.hooks.push((span, event, value.into_owned()));
            }
            _ => {}
        }
    }
    Some(front)
}

fn allows_all(list: &str) -> bool {
    list.split(',').any(|tool| matches!(tool.trim(), "Bash" | "Bash(*)" | "Bash(:*)" | "Bash(*:*)" | "*"))
}

pub(super) fn check(cx: &AuditCx<'_>, text: &str, front: &Front, said: &mut Vec<Saying>) {
    let project = cx.level == Level::Project;
    for (span, event, command) in &front.hooks {
        let fetches = pipe_to_shell::shell_reason(&line::tokens(command));
        let lower = zeroize::Zeroizing::new(command.to_ascii_lowercase());
        let (severity, why) = if let Some(why) = fetches {
            (Severity::High, format!("its hook {why}"))
        } else if words::sending_command(&lower).is_some() {
            (Severity::High, "its hook sends a file of secrets away".to_owned())
        } else if !project {
            continue;
        } else if matches!(event.as_str(), "PreToolUse" | "PostToolUse" | "Stop" | "SubagentStop") {
            (Severity::Low, "the repository has a command run with the agent's tools".to_owned())
        } else {
            (Severity::Medium, "the repository has a command run without an action of yours".to_owned())
        };
        said.push(Saying { rule: HOOK, severity, span: span.clone(), why });
    }
    let weigh = |asked: Severity, unasked: Severity| if front.any_command { unasked } else { asked };
    for (span, command) in inline(text, front.end) {
        let lower = zeroize::Zeroizing::new(command.to_ascii_lowercase());
        let secret = words::secret_file(&lower).filter(|_| words::is_read(&lower));
        let (severity, why) = if let Some(why) = pipe_to_shell::shell_reason(&line::tokens(command)) {
            (weigh(Severity::Medium, Severity::High), format!("a command in its text {why}"))
        } else if words::sending_command(&lower).is_some() {
            (weigh(Severity::Medium, Severity::High), "a command in its text sends a file of secrets away".to_owned())
        } else if let Some(what) = secret {
            let (asked, unasked) = if words::is_project_file(what) {
                (Severity::Low, Severity::Low)
            } else {
                (Severity::Medium, Severity::High)
            };
            (weigh(asked, unasked), format!("a command in its text reads {what}"))
        } else {
            continue;
        };
        // What the user wrote or installed is weighed less than what a repository brings.
        let severity = if project || severity < Severity::Medium { severity } else { Severity::Medium };
        said.push(Saying { rule: INLINE, severity, span, why });
    }
}

/// Commands that run when the file is loaded: a code span with an exclamation mark before it, outside of fences.
fn inline(text: &str, from: usize) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let (mut at, mut fenced) = (from, false);
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        let start = at;
        at += line.len();
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let mut rest = 0;
        while let Some(open) = line.get(rest..).and_then(|text| text.find("!`")) {
            let open = rest + open;
            let Some(length) = line.get(open + 2..).and_then(|text| text.find('`')) else { break };
            let alone =
                line.get(..open).is_none_or(|before| before.is_empty() || before.ends_with([' ', '\t', ':', '(']));
            if alone && found.len() < COMMANDS {
                found.push((start + open..start + open + 3 + length, &line[open + 2..open + 2 + length]));
            }
            rest = open + 3 + length;
        }
    }
    found
}
