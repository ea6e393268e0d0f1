//! Lines of a shell's start-up file that have an agent started without its questions, each time.

use super::{Audit, AuditCx, Judgement};
use crate::model::{Evidence, Severity, Untrusted};

pub(super) struct AgentAlias;

/// Options that switch an agent's questions off, and the programs that have them.
const OPTIONS: &[(&str, &[&str])] = &[
    ("--dangerously-skip-permissions", &["claude"]),
    ("--dangerously-bypass-approvals-and-sandbox", &["codex"]),
    ("--full-auto", &["codex"]),
    ("--yolo", &["gemini", "codex", "copilot", "qwen", "crush"]),
    ("--approval-mode=yolo", &["gemini", "qwen"]),
    ("--allow-all-tools", &["copilot"]),
    ("--trust-all-tools", &["q", "kiro-cli"]),
    ("--dangerously-allow-all", &["amp"]),
    ("--force", &["cursor-agent"]),
];
/// Longest line that is looked at.
const LONGEST: usize = 4_096;

impl Audit for AgentAlias {
    fn meta(&self) -> &'static str {
        "agent-alias-bypass"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if cx.surface.id != "shell.rc" {
            return;
        }
        let mut at = 0;
        for line in cx.doc.source.split(|byte| *byte == b'\n') {
            let start = at;
            at += line.len() + 1;
            let text = line.trim_ascii_start();
            let defines = text.starts_with(b"alias ") || text.starts_with(b"function ") || text.starts_with(b"abbr ");
            if !defines || line.len() > LONGEST {
                continue;
            }
            let Some(option) = bypass(&String::from_utf8_lossy(text)) else { continue };
            let evidence = Evidence {
                command: Some((cx.mask)(text)),
                value: Some(Untrusted::new(option)),
                why: vec!["the agent is never asked, in every shell".into()],
                ..Evidence::default()
            };
            let span = start + (line.len() - text.len())..start + line.len();
            out.extend(cx.judgement(self.meta(), Severity::Medium, Vec::new(), span, evidence));
        }
    }
}

/// The option, where a word of the line is it and another is a program that has it.
fn bypass(line: &str) -> Option<&'static str> {
    let quote = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '=' | ';' | '{' | '}' | '(' | ')' | '|' | '&');
    let code = line.split(" #").next().unwrap_or(line);
    let words: Vec<&str> = code.split(quote).collect();
    let has = |word: &str| match word.split_once('=') {
        Some(_) => code.contains(word),
        None => words.contains(&word),
    };
    // The first word after `alias` is its name: that it is called like the agent is no call of it.
    let called = |program: &&str| words.iter().skip(2).any(|word| word.rsplit('/').next() == Some(*program));
    OPTIONS.iter().find(|(option, programs)| has(option) && programs.iter().any(called)).map(|(option, _)| *option)
}
