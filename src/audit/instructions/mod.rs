//! What instruction files of agents say: orders to hand over secrets, to keep quiet, to run code from the network.
//!
//! Words are a weak signal, so only structure counts: a secret file and a place to send it, secrecy and a risky
//! command, a comment that no reader sees. Most sentences about secrets in such files forbid something, and many
//! files explain attacks; both are silent. A file is first searched for a few words: most have none of them.

mod front;
mod passage;
mod speech;
mod words;

use super::hidden_instruction::shown;
use super::{Audit, AuditCx, Judgement, line, pipe_to_shell, unseen};
use crate::model::{Evidence, Severity};
use aho_corasick::AhoCorasick;
use passage::Passage;
use std::ops::Range;
use std::sync::OnceLock;

pub(super) struct Instructions;

const SENDS: &str = "instructions-send-secrets";
const SECRECY: &str = "instructions-keep-quiet";
const COMMENT: &str = "instructions-hidden-comment";
const HOOK: &str = "instructions-hook";
const INLINE: &str = "instructions-inline-command";
const FETCHES: &str = "instructions-fetch-and-run";

/// Places of one rule that are told of one file; the rest is counted.
const MOST: usize = 5;

/// Things that are told of one file at all.
const SAID: usize = 500;

/// One of these stands in every file that anything is said of.
const MARKS: &[&str] = &[
    ".ssh",
    "id_rsa",
    "id_ed25519",
    ".aws/",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".kube/",
    ".docker/",
    ".gnupg",
    "/etc/shadow",
    ".env",
    "curl",
    "wget",
    "iwr",
    "irm",
    "invoke-",
    "<!--",
    "[//]: #",
    "hooks:",
    "/dev/tcp",
    "base64",
];

fn may_speak(source: &[u8]) -> bool {
    static MATCHER: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    let matcher = MATCHER.get_or_init(|| AhoCorasick::builder().ascii_case_insensitive(true).build(MARKS).ok());
    matcher.as_ref().is_none_or(|matcher| matcher.is_match(source))
}

/// What is found before it is a judgement: the rule, how bad, where, and why.
struct Saying {
    rule: &'static str,
    severity: Severity,
    span: Range<usize>,
    why: String,
}

impl Audit for Instructions {
    fn meta(&self) -> &'static str {
        SENDS
    }

    fn others(&self) -> &'static [&'static str] {
        &[SECRECY, COMMENT, HOOK, INLINE, FETCHES]
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if !unseen::is_instructions(cx.surface) || !may_speak(cx.doc.source) {
            return;
        }
        let Ok(text) = std::str::from_utf8(cx.doc.source) else { return };
        let mut said: Vec<Saying> = Vec::new();
        let front = front::read(text);
        if let Some(front) = &front {
            front::check(cx, text, front, &mut said);
        }
        let from = front.map_or(0, |front| front.end);
        let passages = passage::passages(text, from);
        for (at, passage) in passages.iter().enumerate() {
            if said.len() >= SAID {
                break;
            }
            if passage.comment {
                comment(cx, passage, &mut said);
            } else {
                visible(text, passage, passages.get(at + 1), &mut said);
            }
        }
        for rule in [SENDS, SECRECY, COMMENT, HOOK, INLINE, FETCHES] {
            out.extend(judgement(cx, rule, said.iter().filter(|saying| saying.rule == rule).collect()));
        }
    }
}

/// One judgement of all that one rule found, at the first place of the worst.
fn judgement(cx: &AuditCx<'_>, rule: &str, mut said: Vec<&Saying>) -> Option<Judgement> {
    said.sort_by_key(|saying| (std::cmp::Reverse(saying.severity), saying.span.start));
    let worst = said.first()?;
    let (severity, span) = (worst.severity, worst.span.clone());
    let mut why: Vec<String> = Vec::new();
    for saying in &said {
        if why.len() < MOST && !why.contains(&saying.why) {
            why.push(saying.why.clone());
        }
    }
    if said.len() > 1 {
        why.push(format!("{} places", said.len()));
    }
    cx.judgement(rule, severity, Vec::new(), span, Evidence { why, ..Evidence::default() })
}

/// What is said where everybody sees it.
fn visible(text: &str, passage: &Passage, next: Option<&Passage>, said: &mut Vec<Saying>) {
    let fetched = passage.lines(text).filter(|(_, line)| words::may_fetch(line));
    let fetched: Vec<Range<usize>> = fetched
        .filter(|(_, line)| pipe_to_shell::shell_reason(&line::tokens(line)).is_some())
        .map(|(at, _)| at)
        .collect();
    for span in fetched {
        let why = "has a line that downloads code and runs it".to_owned();
        said.push(Saying { rule: FETCHES, severity: Severity::Info, span, why });
    }
    if passage.forbids || passage.discusses {
        return;
    }
    if let Some(what) = speech::sends_secrets(passage) {
        let quiet = speech::keeps_quiet(passage);
        let severity = if quiet { Severity::High } else { Severity::Medium };
        let span = passage.line_with(text, what);
        said.push(Saying { rule: SENDS, severity, span, why: format!("tells the agent to send {what} away") });
    }
    let code = next.filter(|next| next.fenced);
    if speech::keeps_quiet(passage) && [Some(passage), code].into_iter().flatten().any(words::has_risky_command) {
        let why = "tells the agent to do something that the user is not told".to_owned();
        said.push(Saying { rule: SECRECY, severity: Severity::Medium, span: passage.first_line(text), why });
    }
}

/// What is said where only the agent sees it.
fn comment(cx: &AuditCx<'_>, passage: &Passage, said: &mut Vec<Saying>) {
    if passage.forbids || passage.discusses {
        return;
    }
    let (severity, why) = if let Some(what) = speech::sends_secrets(passage) {
        (Severity::High, format!("tells the agent to send {what} away"))
    } else if let Some(what) = speech::reads_secrets(passage) {
        (Severity::Medium, format!("tells the agent to read {what}"))
    } else if speech::keeps_quiet(passage) {
        (Severity::Medium, "tells the agent what the user is not to know".to_owned())
    } else if speech::overrides(passage) {
        (Severity::Medium, "tells the agent to ignore its other instructions".to_owned())
    } else if passage
        .text
        .lines()
        .any(|line| words::may_fetch(line) && pipe_to_shell::shell_reason(&line::tokens(line)).is_some())
    {
        (Severity::Medium, "has the agent download code and run it".to_owned())
    } else {
        return;
    };
    let said_there = shown(cx, passage.text.trim().as_bytes());
    let span = passage.span.clone();
    said.push(Saying { rule: COMMENT, severity, span, why: format!("a comment {why}: \"{said_there}\"") });
}
