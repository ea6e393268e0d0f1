//! `caulk rules ls`, `show`, `test`.

use super::error::{Failure, Status, hint};
use super::{out, pack};
use crate::detect::{check, matcher};
use crate::model::Untrusted;
use crate::rules::{RulePack, lint};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Prints every rule, setting and audit, one a line, in order of id.
pub(super) fn ls(pack: &RulePack) -> Result<u8, Failure> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut row = |id: &str, severity: crate::model::Severity, category: crate::model::Category, title: &str| {
        rows.push([id.to_owned(), severity.to_string(), category.to_string(), Untrusted::from(title).to_string()]);
    };
    for rule in pack.rules() {
        row(&rule.id, rule.severity, rule.category, &rule.title);
    }
    for setting in pack.settings() {
        row(&setting.id, setting.severity, setting.category, &setting.title);
    }
    for audit in pack.audits() {
        row(&audit.id, audit.severity, audit.category, &audit.title);
    }
    rows.sort();
    let widest = rows.iter().map(|row| row[0].len()).max().unwrap_or(0);
    out::stdout(|out| {
        for [id, severity, category, title] in &rows {
            writeln!(out, "{id:<widest$}  {severity:<8}  {category:<10}  {title}")?;
        }
        Ok(())
    })?;
    Ok(Status::Clean.code())
}

/// Prints one rule in full, its examples included.
pub(super) fn show(pack: &RulePack, id: &str) -> Result<u8, Failure> {
    let Some(mut text) = pack::describe(pack, id) else {
        let ids = pack::ids(pack);
        let hint = hint(id, ids.iter().map(String::as_str));
        return Err(Failure::new(format!("no rule `{}`{hint}; see caulk rules ls", Untrusted::from(id))));
    };
    if let Some(rule) = pack.find(id).map(|index| pack.rule(index)) {
        if let Some(token) = rule.token() {
            let _ = writeln!(text, "\nPattern: `{}`", Untrusted::from(&*token.pattern));
        }
        for (title, examples) in [("Holds in", &rule.matches), ("Does not hold in", &rule.ignores)] {
            for (number, example) in examples.iter().enumerate() {
                if number == 0 {
                    let _ = writeln!(text, "\n{title}:");
                }
                let _ = writeln!(text, "- `{}`", Untrusted::from(&**example));
            }
        }
    }
    out::print(text.as_bytes())?;
    Ok(Status::Clean.code())
}

/// Checks the rules of `files`, or of `pack` where none are given, and runs their examples.
pub(super) fn test(mut pack: RulePack, files: Vec<(PathBuf, String)>) -> Result<u8, Failure> {
    let mut problems: Vec<String> = Vec::new();
    for (path, text) in files {
        let name = super::settings::shown(&path).to_string();
        if let Err(error) = pack.add_file(&name, &text) {
            problems.push(error.to_string());
        }
    }
    problems.extend(lint::lint(&pack, &check::passes, &matcher::anchors).iter().map(ToString::to_string));
    let (rules, examples) = pack.rules().iter().fold((0usize, 0usize), |(rules, examples), rule| {
        (rules + 1, examples + rule.matches.len() + rule.ignores.len())
    });
    out::stdout(|out| {
        for problem in &problems {
            writeln!(out, "{}", Untrusted::from(problem.as_str()))?;
        }
        writeln!(out, "{rules} rules, {examples} examples, {} problems", problems.len())
    })?;
    Ok(if problems.is_empty() { Status::Clean } else { Status::Findings }.code())
}
