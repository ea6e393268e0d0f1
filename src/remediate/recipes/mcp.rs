//! MCP servers: what a local one gets in `env` comes from caulk, which starts it; what a remote one
//! gets in `headers` comes from a helper, where the client knows one.

use super::super::edit::{Move, Outcome, Splice, Target};
use super::json::{self, layout, member, quoted, string};
use super::{by_hand, shell_word};
use crate::model::Secret;
use crate::read::json::{Kind, NodeId, Tree};
use crate::vault::{Binding, VaultName};

/// A value under `env` of a server that is started by a command.
pub(super) fn env(target: &Target<'_>) -> Outcome {
    let odd = "The server is written in a way that caulk does not edit; start it by hand through caulk run.";
    env_move(target).unwrap_or_else(|why| Outcome::Manual(why.unwrap_or_else(|| odd.to_owned())))
}

/// The reason, where there is a better one than the recipe's.
type No = Option<String>;

fn env_move(target: &Target<'_>) -> Result<Outcome, No> {
    let source = target.document.source;
    let tree = target.document.tree.as_ref().ok_or(None)?;
    let node = node(target, tree).ok_or(None)?;
    let (server, server_name) = server(tree, node, b"env").ok_or(None)?;
    let key = tree.key(node).ok_or(None)?;
    let variable = std::str::from_utf8(key.bytes()).ok().filter(|v| is_variable(v)).ok_or(None)?;
    let text = tree.text(node).ok_or(None)?;
    let value = text.bytes();
    if memchr::memmem::find(value, b"${").is_some() || value.contains(&0) {
        return Err(Some("Part of the value is a reference already; put all of it into one variable by hand.".into()));
    }
    // Clients take the last of several, and caulk run takes a variable once.
    let holder = tree.parent(node).ok_or(None)?;
    let mut twins = tree
        .children(holder)
        .filter(|&other| other != node && tree.key(other).is_some_and(|k| k.bytes() == key.bytes()));
    let twin = twins.next();
    if twin.into_iter().chain(twins).any(|other| tree.text(other).is_none_or(|other| other.bytes() != value)) {
        return Err(Some("The variable stands there several times with different values, and the last one counts: delete the others, then run caulk fix again.".into()));
    }
    let not_started = || Some("The server is not started by a command; take the value out by hand.".to_owned());
    let command = only(tree, server, b"command").filter(|c| tree.kind(*c) == Kind::String).ok_or_else(not_started)?;
    let args = match only(tree, server, b"args") {
        None if count(tree, server, b"args") == 0 => None,
        Some(args) if tree.kind(args) == Kind::Array => Some(args),
        _ => return Err(None),
    };
    let binding = Binding::Env { variable: variable.to_owned() };
    let name = (target.name)(VaultName::of(&["mcp", &server_name, variable]), value, &binding);
    let with = string(&format!("{variable}={name}"));
    let launcher = target.machine.launcher.to_str().ok_or(None)?;
    let mut splices = json::remove(source, tree, node).ok_or(None)?;
    let items: Vec<NodeId> = args.into_iter().flat_map(|args| tree.children(args)).collect();
    let is = |node: NodeId, wanted: &str| tree.text(node).is_some_and(|text| text.bytes() == wanted.as_bytes());
    let command_key = tree.key_span(command).ok_or(None)?;
    let style = layout(source, &command_key);
    let comma = format!(",{}", style.space);
    if is(command, launcher) && items.len() > 1 && is(items[0], "run") {
        // Started through caulk already: one more for the same start, or another name for the same variable.
        let own = |item: &&NodeId| {
            tree.text(**item).is_some_and(|t| t.bytes().starts_with(format!("{variable}=").as_bytes()))
        };
        splices.push(match items.iter().take_while(|item| !is(**item, "--")).find(own) {
            Some(item) => Splice::new(quoted(tree, *item), &with),
            None => Splice::new(at(quoted(tree, items[1]).start), format!("\"--with\"{comma}{with}{comma}")),
        });
    } else {
        let old = quoted(tree, command);
        if source.get(old.start) != Some(&b'"') {
            return Err(None);
        }
        let old_text = std::str::from_utf8(&source[old.clone()]).map_err(|_| None)?;
        let head = ["\"run\"", "\"--with\"", &with, "\"--\"", old_text].join(&comma);
        splices.push(match (args, items.first()) {
            (_, Some(first)) => Splice::new(at(quoted(tree, *first).start), format!("{head}{comma}")),
            (Some(args), None) => Splice::new(at(tree.span(args).start + 1), head),
            (None, None) => Splice::new(at(old.end), format!(",{}\"args\":{}[{head}]", style.between, style.space)),
        });
        splices.push(Splice::new(old, string(launcher)));
    }
    Ok(Outcome::Move(Box::new(Move {
        name,
        value: Secret::copy_of(value),
        binding,
        splices,
        companions: Vec::new(),
        next: "Restart the client, so that it starts the server anew.".into(),
    })))
}

/// A header of a remote server, for a client that asks a helper for headers.
pub(super) fn header(target: &Target<'_>) -> Outcome {
    header_move(target).unwrap_or_else(|| by_hand(target))
}

fn header_move(target: &Target<'_>) -> Option<Outcome> {
    let source = target.document.source;
    let tree = target.document.tree.as_ref()?;
    let node = node(target, tree)?;
    let (server, server_name) = server(tree, node, b"headers")?;
    let key = tree.key(node)?;
    let header = std::str::from_utf8(key.bytes()).ok()?;
    let text = tree.text(node).filter(|text| !text.is_decoded())?;
    let span = tree.span(node);
    // What stands before the secret is said by the helper; behind it nothing may stand.
    let before = std::str::from_utf8(source.get(span.start..target.span.start)?).ok()?;
    let value = &source[target.span.clone()];
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\'' | '{' | '}' | '=') || c == ' ';
    let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if target.span.end != span.end || !before.chars().all(plain) || header.is_empty() || !header.chars().all(token) {
        return None;
    }
    if memchr::memmem::find(text.bytes(), b"${").is_some() || tree.get(server, b"command").is_some() {
        return None;
    }
    let binding = Binding::Header { server: server_name.clone(), header: header.to_owned(), before: before.to_owned() };
    let name = (target.name)(VaultName::of(&["mcp", &server_name, header]), value, &binding);
    let word = format!("'{header}={before}{{{name}}}'");
    let call = format!("{} helper headers", shell_word(&target.machine.launcher)?);
    let mut splices = json::remove(source, tree, node)?;
    match only(tree, server, b"headersHelper") {
        Some(helper) => {
            let known =
                tree.text(helper).filter(|text| !text.is_decoded() && text.bytes().starts_with(call.as_bytes()))?;
            drop(known);
            let escaped = string(&format!(" {word}"));
            splices.push(Splice::new(at(tree.span(helper).end), &escaped[1..escaped.len() - 1]));
        }
        None if count(tree, server, b"headersHelper") == 0 => {
            let headers = tree.parent(node)?;
            let place = member(source, tree, headers)?;
            let style = layout(source, &tree.key_span(headers)?);
            let text = string(&format!("{call} {word}"));
            splices.push(Splice::new(
                at(place.start),
                format!("\"headersHelper\":{}{text},{}", style.space, style.between),
            ));
        }
        None => return None,
    }
    Some(Outcome::Move(Box::new(Move {
        name,
        value: Secret::copy_of(value),
        binding,
        splices,
        companions: Vec::new(),
        next: "Restart the client, so that it connects anew.".into(),
    })))
}

/// The string a secret stands in.
fn node(target: &Target<'_>, tree: &Tree<'_>) -> Option<NodeId> {
    tree.nodes().find(|&node| {
        let span = tree.span(node);
        tree.kind(node) == Kind::String && span.start <= target.span.start && target.span.end <= span.end
    })
}

/// The server whose `part` holds a member, and its name.
fn server(tree: &Tree<'_>, node: NodeId, part: &[u8]) -> Option<(NodeId, String)> {
    let holder = tree.parent(node)?;
    let server = tree.parent(holder)?;
    let named = tree.key(holder).is_some_and(|key| key.bytes() == part) && count(tree, server, part) == 1;
    let name = tree.key(server).map(|key| String::from_utf8_lossy(key.bytes()).into_owned())?;
    (named && tree.kind(server) == Kind::Object).then_some((server, name))
}

/// The one member under `key`.
fn only(tree: &Tree<'_>, object: NodeId, key: &[u8]) -> Option<NodeId> {
    let mut found = tree.children(object).filter(|&child| tree.key(child).is_some_and(|name| name.bytes() == key));
    found.next().filter(|_| found.next().is_none())
}

fn count(tree: &Tree<'_>, object: NodeId, key: &[u8]) -> usize {
    tree.children(object).filter(|&child| tree.key(child).is_some_and(|name| name.bytes() == key)).count()
}

fn is_variable(name: &str) -> bool {
    name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn at(place: usize) -> std::ops::Range<usize> {
    place..place
}
