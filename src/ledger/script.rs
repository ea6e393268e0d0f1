//! Scripts that a product starts as a whole: git's hooks. One entry for the script, one for each line that
//! fetches something; of files of which only some lines run, one for each of those.
//!
//! Rough on purpose, like the audits that read the lines: a script can hide more than any reader sees.

use super::Mask;
use super::launch::{self, shown};
use crate::model::{AutorunEntry, Transport, Untrusted};
use crate::rules::place::Level;
use crate::rules::rule::Run;
use std::ops::Range;

/// Lines of a script that are looked at.
const LINES: usize = 4_096;
/// Longest line that is read as a command.
const LONGEST: usize = 4_096;
/// What the scripts of hook managers and of well-known tools call; they are what the user set up.
const MANAGERS: &[&[u8]] =
    &[b"husky", b"lefthook", b"pre-commit", b"pre_commit", b"git-lfs", b"git lfs", b"simple-git-hooks", b"overcommit"];
/// Words without which a line fetches nothing.
const FETCHERS: &[&[u8]] = &[b"curl", b"wget", b"iwr", b"irm", b"nvoke-", b"fetch", b"/dev/tcp", b"http"];

/// The script, unless a manager of hooks wrote it, and its lines that fetch.
pub(super) fn entries(run: &Run, called: &str, level: Level, source: &[u8], mask: Mask<'_>) -> Vec<AutorunEntry> {
    let has = |text: &[u8], words: &[&[u8]]| words.iter().any(|word| memchr::memmem::find(text, word).is_some());
    let mut found = Vec::new();
    for line in lines(source) {
        let text = &source[line.clone()];
        if !run.begins.is_empty() {
            // A file of which only some lines run.
            let word = run.begins.trim_end();
            let rest = text.strip_prefix(word.as_bytes());
            if let Some(rest) = rest.filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace)) {
                let command = if word.len() == run.begins.len() { text } else { unquoted(rest.trim_ascii()) };
                let launch = Some(launch::of_line(command, mask));
                found.push(AutorunEntry { launch, ..entry(run, level, text, line, mask) });
            }
            continue;
        }
        // Called by what it is, so that a change of its first line is a change and no new script.
        if found.is_empty() && run.listed {
            found.push(AutorunEntry { name: Untrusted::new(called), ..entry(run, level, text, line.clone(), mask) });
        }
        // A start-up file of a shell is told for its lines only.
        if found.is_empty() && !run.project.is_empty() && !has(source, MANAGERS) {
            found
                .push(AutorunEntry { project: run.project.to_string(), ..entry(run, level, text, line.clone(), mask) });
        }
        if has(text, FETCHERS) && !(run.listed && only_assigns(text)) {
            let launch = Some(launch::of_line(text, mask));
            found.push(AutorunEntry { launch, ..entry(run, level, text, line, mask) });
        }
    }
    found
}

fn entry(run: &Run, level: Level, text: &[u8], span: Range<usize>, mask: Mask<'_>) -> AutorunEntry {
    AutorunEntry {
        trigger: run.trigger.to_string(),
        name: Untrusted::new(shown(text, mask)),
        pointer: Vec::new(),
        span,
        transport: Transport::Stdio,
        launch: None,
        disabled: false,
        consent: super::consent(&run.starts, level),
        project: String::new(),
        secrets: Vec::new(),
        env: Vec::new(),
    }
}

/// A command that is one quoted word, without its quotes.
fn unquoted(command: &[u8]) -> &[u8] {
    match command {
        [quote @ (b'"' | b'\''), inner @ .., last] if quote == last && !inner.contains(quote) => inner,
        _ => command,
    }
}

/// Whether a line sets one variable to a text, an address for one, and runs nothing.
fn only_assigns(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let runs = line.iter().any(|b| b";|&<>`()".contains(b));
    !runs && super::words::is_assignment(line.split(u8::is_ascii_whitespace).next().unwrap_or_default())
}

/// Lines that are no comment and not blank, without the blanks around them.
fn lines(source: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    let lines = source.split(|b| *b == b'\n').take(LINES).map(move |line| {
        let start = at + line.len() - line.trim_ascii_start().len();
        let end = start + line.trim_ascii().len();
        at += line.len() + 1;
        start..end.max(start)
    });
    lines.filter(|line| (1..LONGEST).contains(&line.len()) && source.get(line.start) != Some(&b'#'))
}
