//! Agents do not read files of secrets: rules in their own settings, for the files that were found here and for
//! the usual places that are here.

use super::{Guard, Making, below_home, is_of_secrets};
use crate::read::Document;
use crate::read::json::{Kind, NodeId, Tree};
use crate::remediate::edit::{Machine, Splice};
use crate::remediate::recipes::json::{self, Indent};
use crate::remediate::sighted::Sighted;
use std::path::Path;

/// Places of secrets that most programs of developers keep, relative to the home: folders end in a slash.
const PLACES: [&str; 14] = [
    ".ssh/",
    ".aws/",
    ".azure/",
    ".gnupg/",
    ".kube/",
    ".config/gcloud/",
    ".config/gh/",
    ".docker/config.json",
    ".git-credentials",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials.toml",
    ".vault-token",
];
/// Rules for one agent.
const MOST: usize = 200;
const NOT_ALL: &str =
    "It keeps the agent's own tools from reading them; a program that it is allowed to run still can.";

/// Plans the rules of each agent that is here.
pub(super) fn plan(making: &mut Making<'_>, machine: &Machine, findings: &[Sighted]) {
    let paths = paths(machine, findings);
    if paths.is_empty() {
        return;
    }
    let home = &machine.home;
    let guard = |id, agent: &str, path: &str, surface| Guard {
        id,
        title: format!("{agent} may read files of secrets"),
        path: home.join(path),
        surface,
        next: NOT_ALL.to_owned(),
    };
    if home.join(".claude").is_dir() {
        let rules: Vec<String> = paths.iter().map(|path| format!("Read(~/{path})")).collect();
        let guard = guard("guard-claude-code", "Claude Code", ".claude/settings.json", "claude-code.settings");
        making.add(guard, &|document| edit(document, &rules), &|document| missing(document, &rules).is_empty());
    }
    // Its settings have keys that must be there: one that is not made yet is left to the program.
    if home.join(".cursor/cli-config.json").is_file()
        && let Some(base) = home.to_str()
    {
        let base = base.replace('\\', "/");
        let rules: Vec<String> = paths.iter().map(|path| format!("Read({base}/{path})")).collect();
        let guard = guard("guard-cursor", "Cursor's agent", ".cursor/cli-config.json", "cursor.permissions");
        making.add(guard, &|document| edit(document, &rules), &|document| missing(document, &rules).is_empty());
    }
}

/// Codex denies reads in a profile of permissions that takes the place of its other settings of the sandbox.
pub(super) fn offer(machine: &Machine) -> Option<&'static str> {
    machine.home.join(".codex/config.toml").is_file().then_some(
        "Codex can be kept from reading files of secrets by a profile of permissions (in beta: \
         https://developers.openai.com/codex/permissions). A profile takes the place of `sandbox_mode`, so it is yours \
         to write: `\"~/.ssh\" = \"deny\"` in `[permissions.NAME.filesystem]`, and `default_permissions = \"NAME\"`.",
    )
}

/// What is not to be read, relative to the home, as patterns; each once, none inside of another.
fn paths(machine: &Machine, findings: &[Sighted]) -> Vec<String> {
    let is_here = |place: &&&str| machine.home.join(place.trim_end_matches('/')).exists();
    let mut paths: Vec<String> = PLACES.iter().filter(is_here).map(|place| pattern(place)).collect();
    let folders: Vec<&str> = PLACES.iter().filter(|place| place.ends_with('/')).copied().collect();
    let mut found: Vec<String> = findings
        .iter()
        .filter(|sighted| is_of_secrets(sighted))
        .filter_map(|sighted| below_home(machine, &real(&sighted.path)))
        .filter(|path| !folders.iter().any(|folder| path.starts_with(folder)))
        .collect();
    found.sort();
    paths.extend(found);
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths.truncate(MOST);
    paths
}

fn pattern(place: &str) -> String {
    if place.ends_with('/') { format!("{place}**") } else { place.to_owned() }
}

/// A report may name a home by another way to it.
fn real(path: &Path) -> std::path::PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The list at `permissions.deny`, and the object it stands in.
fn place(tree: &Tree<'_>) -> (Option<NodeId>, Option<NodeId>) {
    let permissions = tree.root().and_then(|root| tree.get(root, b"permissions"));
    (permissions, permissions.and_then(|node| tree.get(node, b"deny")))
}

/// The rules that are not there yet.
fn missing<'r>(document: &Document<'_>, rules: &'r [String]) -> Vec<&'r String> {
    let Some(tree) = &document.tree else { return rules.iter().collect() };
    let list = place(tree).1.filter(|node| tree.kind(*node) == Kind::Array);
    let there = |rule: &str| {
        list.is_some_and(|list| {
            tree.children(list).any(|item| tree.text(item).is_some_and(|t| t.bytes() == rule.as_bytes()))
        })
    };
    rules.iter().filter(|rule| !there(rule)).collect()
}

/// Adds what is missing at the beginning of the list; makes the list, and the object around it, where there is none.
fn edit(document: &Document<'_>, rules: &[String]) -> Option<Vec<Splice>> {
    let (source, tree) = (document.source, document.tree.as_ref()?);
    let rules: Vec<String> = missing(document, rules).into_iter().map(|rule| json::string(rule)).collect();
    let Some(root) = tree.root() else {
        let indent = Indent { eol: "\n", lead: "  ".into(), unit: "  ".into(), lines: true };
        let text = format!("{{\n  {}\n}}\n", object(&rules, &indent));
        return source.trim_ascii().is_empty().then(|| vec![Splice::new(0..source.len(), text)]);
    };
    let is = |node: NodeId, kind: Kind| tree.kind(node) == kind;
    match place(tree) {
        _ if !is(root, Kind::Object) => None,
        (_, Some(list)) => is(list, Kind::Array).then(|| json::begin(source, tree, list, &|_| rules.clone()))?,
        (Some(permissions), None) => is(permissions, Kind::Object)
            .then(|| json::begin(source, tree, permissions, &|indent| vec![list(&rules, indent)]))?,
        (None, None) => json::begin(source, tree, root, &|indent| vec![object(&rules, indent)]),
    }
}

/// `"permissions": {"deny": […]}`
fn object(rules: &[String], indent: &Indent) -> String {
    let Indent { eol, lead, unit, lines } = indent;
    if !lines {
        return format!("\"permissions\": {{{}}}", list(rules, indent));
    }
    let inner = Indent { eol, lead: format!("{lead}{unit}"), unit: unit.clone(), lines: true };
    format!("\"permissions\": {{{eol}{}{}{eol}{lead}}}", inner.lead, list(rules, &inner))
}

/// `"deny": […]`
fn list(rules: &[String], indent: &Indent) -> String {
    let Indent { eol, lead, unit, lines } = indent;
    if *lines {
        let between = format!(",{eol}{lead}{unit}");
        format!("\"deny\": [{eol}{lead}{unit}{}{eol}{lead}]", rules.join(&between))
    } else {
        format!("\"deny\": [{}]", rules.join(", "))
    }
}
