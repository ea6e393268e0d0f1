//! MCP servers as each client's file keeps them.
//!
//! Where the servers stand, and what stands between them and their start, is data of the surface. What a
//! server's fields are called differs, too, but no client gives another's name a meaning of its own: all
//! names are known here.

use super::grants::Grants;
use super::launch::{self, shown};
use super::node::{each, is, name, pointer, select, strings};
use super::{Mask, consent, words};
use crate::model::{AutorunEntry, Consent, Launch, Transport, Untrusted};
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{Document, Text};
use crate::rules::place::Level;
use crate::rules::rule::Surface;

/// Servers of one document that are looked at.
const SERVERS: usize = 1_000;
/// Names of a server's URL.
const URLS: [&[u8]; 5] = [b"url", b"serverUrl", b"httpUrl", b"uri", b"endpoint"];
/// Names of its command.
const COMMANDS: [&[u8]; 2] = [b"command", b"cmd"];

/// Whose servers they are.
struct Client<'c> {
    name: &'c str,
    consent: Consent,
}

/// The servers of a document of `surface`, in order of position; none where no client starts any.
#[must_use]
pub fn entries(surface: &Surface, level: Level, doc: &Document<'_>, mask: Mask<'_>) -> Vec<AutorunEntry> {
    entries_with(surface, level, doc, &Grants::default(), mask)
}

/// The same, with what other files grant to a project's servers.
#[must_use]
pub fn entries_with(
    surface: &Surface,
    level: Level,
    doc: &Document<'_>,
    grants: &Grants,
    mask: Mask<'_>,
) -> Vec<AutorunEntry> {
    let Some(tree) = doc.tree.as_ref().filter(|_| !surface.mcp.is_empty()) else { return Vec::new() };
    let Some(root) = tree.root() else { return Vec::new() };
    let client = Client { name: &surface.client, consent: consent(&surface.mcp, level) };
    let mut found = Vec::new();
    for map in maps(surface, tree, root) {
        for server in tree.children(map).filter(|&server| tree.kind(server) == Kind::Object) {
            if found.len() >= SERVERS {
                return found;
            }
            found.push(entry(&client, tree, server, grants, mask));
            found.extend(headers_helper(&client, tree, server, mask));
        }
    }
    found.sort_by_key(|entry| entry.span.start);
    found
}

/// The objects, or lists, whose entries are servers.
fn maps(surface: &Surface, tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let holds = |&node: &NodeId| matches!(tree.kind(node), Kind::Object | Kind::Array);
    let named = surface.servers.iter().filter(|at| !at.is_empty());
    let mut maps: Vec<NodeId> = named.flat_map(|at| select(tree, root, at)).filter(holds).collect();
    if maps.is_empty() && surface.servers.iter().any(|at| at.is_empty()) {
        maps = flat(tree, root);
    }
    // Two patterns may take one place.
    maps.sort_unstable();
    maps.dedup();
    maps
}

/// The root itself, when what is in it looks like servers.
fn flat(tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let server = |node| COMMANDS.iter().chain(&URLS).any(|key| tree.get(node, key).is_some());
    if tree.children(root).any(server) { vec![root] } else { Vec::new() }
}

fn entry(client: &Client<'_>, tree: &Tree<'_>, server: NodeId, grants: &Grants, mask: Mask<'_>) -> AutorunEntry {
    let key = tree.key(server);
    let key = key.as_ref().map_or(&b""[..], |key| key.bytes());
    // Some clients keep how a server is reached in an object of its own.
    let reached = tree.get(server, b"transport").filter(|&node| tree.kind(node) == Kind::Object).unwrap_or(server);
    let launch = command(tree, reached, mask);
    let transport = match (&launch, url(tree, reached, mask)) {
        // A URL makes it remote, whatever `type` says; many files leave `type` out.
        (None, Some(url)) => Transport::Remote(url),
        (Some(_), _) => Transport::Stdio,
        (None, None) => Transport::Unknown,
    };
    let (env, secrets) = environment(tree, server, mask);
    AutorunEntry {
        trigger: format!("MCP server of {}", client.name),
        name: called(tree, server, mask),
        pointer: pointer(tree, server, mask),
        span: tree.span(server),
        transport,
        launch,
        disabled: disabled(tree, server) || grants.disabled.contains(key),
        consent: grants.consent(key).unwrap_or(client.consent),
        project: String::new(),
        secrets,
        env,
    }
}

/// Its key; in a list, what it calls itself.
fn called(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Untrusted {
    let own = tree.get(server, b"name").and_then(|name| tree.text(name)).filter(|_| tree.key(server).is_none());
    own.map_or_else(|| name(tree, server, mask), |own| Untrusted::new(shown(own.bytes(), mask)))
}

/// The command line: `command` as a string or a list, then `args`.
fn command(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<Launch> {
    let command = COMMANDS.iter().find_map(|key| tree.get(server, key))?;
    let mut argv = strings(tree, command);
    argv.extend(tree.get(server, b"args").map(|args| strings(tree, args)).unwrap_or_default());
    let words: Vec<&[u8]> = argv.iter().map(Text::bytes).collect();
    (!words.is_empty() && !words[0].is_empty()).then(|| launch::of_words(&words, mask))
}

fn url(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<Untrusted> {
    let url = URLS.iter().find_map(|key| tree.text(tree.get(server, key)?))?;
    Some(Untrusted::new(shown(url.bytes(), mask)))
}

fn disabled(tree: &Tree<'_>, server: NodeId) -> bool {
    is(tree, server, b"disabled", Kind::True)
        || [&b"enabled"[..], b"isActive", b"active"].iter().any(|key| is(tree, server, key, Kind::False))
}

/// Claude Code runs `headersHelper` to get a remote server's headers.
fn headers_helper(client: &Client<'_>, tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<AutorunEntry> {
    let helper = tree.get(server, b"headersHelper")?;
    let line = tree.text(helper)?;
    Some(AutorunEntry {
        trigger: format!("headers helper of an MCP server of {}", client.name),
        name: name(tree, server, mask),
        pointer: pointer(tree, helper, mask),
        span: tree.span(helper),
        transport: Transport::Stdio,
        launch: Some(launch::of_line(line.bytes(), mask)),
        disabled: disabled(tree, server),
        consent: client.consent,
        project: String::new(),
        secrets: Vec::new(),
        env: Vec::new(),
    })
}

/// Variables with masked values, and the names of variables and headers that look like secrets.
fn environment(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> (Vec<(String, Untrusted)>, Vec<Untrusted>) {
    let (mut env, mut secrets) = (Vec::new(), Vec::new());
    let reached = each(tree, server, b"transport").chain(each(tree, server, b"requestOptions")).chain([server]);
    let places: Vec<NodeId> = reached.collect();
    let keys =
        [(&b"env"[..], true), (b"environment", true), (b"envs", true), (b"headers", false), (b"http_headers", false)];
    for (key, variables) in keys {
        for map in places.iter().flat_map(|&place| each(tree, place, key)) {
            for value in tree.children(map) {
                let (Some(key), Some(text)) = (tree.key(value), tree.text(value)) else { continue };
                let name = shown(key.bytes(), mask);
                let secret = is_secret_name(key.bytes()) && !text.bytes().is_empty();
                if secret {
                    secrets.push(Untrusted::new(name.clone()));
                }
                if variables {
                    let value = if secret { Untrusted::new("…") } else { Untrusted::new(shown(text.bytes(), mask)) };
                    env.push((name, value));
                }
            }
        }
    }
    (env, secrets)
}

/// Whether a variable's or header's name says that its value is a secret.
fn is_secret_name(name: &[u8]) -> bool {
    let name = words::lower(name);
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let whole = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "pat",
        "key",
        "apikey",
        "auth",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "bearer",
        "jwt",
        "dsn",
    ];
    let ends = ["token", "secret", "password", "apikey", "authkey"];
    words.iter().any(|word| whole.contains(word) || ends.iter().any(|end| word.ends_with(end)))
}
