//! Agents that know a project by its ignore file are kept from its files of secrets. What git ignores they leave
//! alone already; what git tracks they are there to work on.

use super::{Guard, Making, is_of_secrets, plain};
use crate::read::Document;
use crate::read::git_state::GitStates;
use crate::remediate::edit::{Machine, Splice};
use crate::remediate::sighted::Sighted;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Projects that are guarded.
const PROJECTS: usize = 50;
/// Each agent's folder in the home, its ignore file, the guard's id, the agent's name.
const AGENTS: [(&str, &str, &str, &str); 2] = [
    (".cursor", ".cursorignore", "guard-cursor-ignore", "Cursor"),
    (".gemini", ".geminiignore", "guard-gemini-ignore", "Gemini CLI"),
];

/// Plans the ignore files.
pub(super) fn plan(making: &mut Making<'_>, machine: &Machine, findings: &[Sighted]) {
    let git = GitStates::default();
    let mut projects: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for sighted in findings.iter().filter(|sighted| is_of_secrets(sighted) && !sighted.ignored) {
        let Some(root) = sighted.path.parent().and_then(|folder| git.root(folder)) else { continue };
        let inside = root.starts_with(&machine.home) && root != machine.home;
        // What git keeps for itself is no file of the project.
        let relative = sighted.path.strip_prefix(&root).ok().filter(|path| inside && !path.starts_with(".git"));
        let Some(line) = relative.and_then(plain).map(|path| format!("/{path}")) else { continue };
        let lines = projects.entry(root).or_default();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    for (root, lines) in projects.into_iter().take(PROJECTS) {
        for (_, file, id, agent) in AGENTS.iter().filter(|agent| machine.home.join(agent.0).is_dir()) {
            let title = format!("{agent} may read a project's files of secrets");
            let next = "A program that the agent is allowed to run can still read them.".to_owned();
            let guard = Guard { id, title, path: root.join(file), surface: "file.text", next };
            making
                .add(guard, &|document| Some(edit(document, &lines)), &|document| missing(document, &lines).is_empty());
        }
    }
}

fn missing<'l>(document: &Document<'_>, lines: &'l [String]) -> Vec<&'l String> {
    let there = |line: &str| {
        let own = document.source.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        own.into_iter().any(|known| known == line.as_bytes() || Some(known) == line.get(1..).map(str::as_bytes))
    };
    lines.iter().filter(|line| !there(line)).collect()
}

/// At the end: there the last rule counts, so that no earlier exception lets the file in.
fn edit(document: &Document<'_>, lines: &[String]) -> Vec<Splice> {
    let source = document.source;
    let eol = if memchr::memmem::find(source, b"\r\n").is_some() { "\r\n" } else { "\n" };
    let mut text = if source.is_empty() || source.ends_with(b"\n") { String::new() } else { eol.to_owned() };
    for line in missing(document, lines) {
        text.push_str(line);
        text.push_str(eol);
    }
    vec![Splice::new(source.len()..source.len(), text)]
}
