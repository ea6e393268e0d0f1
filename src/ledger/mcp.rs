//! MCP servers as each client's file keeps them.
//!
//! Clients differ in the key that holds the servers, in the names of a server's fields, and in what
//! stands between an entry and its start; those three are all a [`Dialect`] is.

use super::grants::Grants;
use super::launch::{self, shown};
use super::node::{each, is, name, pointer, strings};
use super::{Mask, words};
use crate::model::{AutorunEntry, Consent, Launch, Transport, Untrusted};
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{Document, Text};

/// Servers of one document that are looked at.
const SERVERS: usize = 1_000;

/// How a client keeps its servers. The words are those of `mcp` in `rules/surfaces`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `.claude.json`: `mcpServers`, and the same for each project.
    ClaudeCode,
    /// `.mcp.json`: `mcpServers`, `servers`, or the servers themselves.
    ClaudeCodeProject,
    /// `claude_desktop_config.json`.
    ClaudeDesktop,
    /// Cursor's `mcp.json`.
    Cursor,
    /// VS Code's `mcp.json`: `servers`.
    Vscode,
    /// VS Code's settings, and workspaces: `mcp.servers`, or `mcp` with `servers` in it.
    VscodeSettings,
    /// The servers themselves, without a key around them.
    Flat,
}

impl Dialect {
    /// The dialect of a word; `None` for another.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "claude-code" => Self::ClaudeCode,
            "claude-code-project" => Self::ClaudeCodeProject,
            "claude-desktop" => Self::ClaudeDesktop,
            "cursor" => Self::Cursor,
            "vscode" => Self::Vscode,
            "vscode-settings" => Self::VscodeSettings,
            "flat" => Self::Flat,
            _ => return None,
        })
    }

    fn client(self) -> &'static str {
        match self {
            Self::ClaudeCode | Self::ClaudeCodeProject => "Claude Code",
            Self::ClaudeDesktop => "Claude Desktop",
            Self::Cursor => "Cursor",
            Self::Vscode | Self::VscodeSettings => "VS Code",
            Self::Flat => "an agent",
        }
    }

    /// What stands between an entry and its start, before grants.
    fn consent(self) -> Consent {
        match self {
            // Starts what the user's own file says with each session.
            Self::ClaudeCode | Self::ClaudeDesktop => Consent::Unasked,
            // Asks, and asks again when the content changes.
            Self::ClaudeCodeProject | Self::Cursor | Self::Vscode | Self::VscodeSettings | Self::Flat => Consent::Asked,
        }
    }
}

/// The servers of a document, in order of position; none for an unknown word or another format.
#[must_use]
pub fn entries(dialect_word: &str, doc: &Document<'_>, mask: Mask<'_>) -> Vec<AutorunEntry> {
    entries_with(dialect_word, doc, &Grants::default(), mask)
}

/// The same, with what other files grant to a project's servers.
#[must_use]
pub fn entries_with(dialect_word: &str, doc: &Document<'_>, grants: &Grants, mask: Mask<'_>) -> Vec<AutorunEntry> {
    let Some(dialect) = Dialect::from_word(dialect_word) else { return Vec::new() };
    let Some(tree) = &doc.tree else { return Vec::new() };
    let Some(root) = tree.root() else { return Vec::new() };
    let mut found = Vec::new();
    for map in maps(dialect, tree, root) {
        for server in tree.children(map).filter(|&server| tree.kind(server) == Kind::Object) {
            if found.len() >= SERVERS {
                return found;
            }
            found.push(entry(dialect, tree, server, grants, mask));
            found.extend(headers_helper(dialect, tree, server, mask));
        }
    }
    found
}

/// The objects whose entries are servers.
fn maps(dialect: Dialect, tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let of = |node, key| each(tree, node, key).filter(|&map| tree.kind(map) == Kind::Object).collect::<Vec<_>>();
    match dialect {
        Dialect::ClaudeCode => {
            let projects = of(root, b"projects");
            let mut maps = of(root, b"mcpServers");
            maps.extend(
                projects.iter().flat_map(|&map| tree.children(map)).flat_map(|project| of(project, b"mcpServers")),
            );
            maps
        }
        Dialect::ClaudeDesktop | Dialect::Cursor => of(root, b"mcpServers"),
        Dialect::Vscode => [of(root, b"servers"), of(root, b"mcpServers")].concat(),
        Dialect::VscodeSettings => {
            // A workspace file has settings inside; a development container has its own place.
            let settings = [vec![root], of(root, b"settings")].concat();
            let nested = |node| of(node, b"mcp").into_iter().flat_map(|mcp| of(mcp, b"servers")).collect::<Vec<_>>();
            settings.into_iter().flat_map(|node| [of(node, b"mcp.servers"), nested(node)].concat()).collect()
        }
        Dialect::ClaudeCodeProject => {
            let named = [of(root, b"mcpServers"), of(root, b"servers")].concat();
            if named.is_empty() { flat(tree, root) } else { named }
        }
        Dialect::Flat => flat(tree, root),
    }
}

/// The root itself, when what is in it looks like servers.
fn flat(tree: &Tree<'_>, root: NodeId) -> Vec<NodeId> {
    let server =
        |node| [&b"command"[..], b"url", b"serverUrl", b"httpUrl"].iter().any(|key| tree.get(node, key).is_some());
    if tree.children(root).any(server) { vec![root] } else { Vec::new() }
}

fn entry(dialect: Dialect, tree: &Tree<'_>, server: NodeId, grants: &Grants, mask: Mask<'_>) -> AutorunEntry {
    let key = tree.key(server);
    let key = key.as_ref().map_or(&b""[..], |key| key.bytes());
    let of_project = dialect == Dialect::ClaudeCodeProject;
    let launch = command(tree, server, mask);
    let transport = match (&launch, url(tree, server, mask)) {
        // A URL makes it remote, whatever `type` says; many files leave `type` out.
        (None, Some(url)) => Transport::Remote(url),
        (Some(_), _) => Transport::Stdio,
        (None, None) => Transport::Unknown,
    };
    let (env, secrets) = environment(tree, server, mask);
    AutorunEntry {
        trigger: format!("MCP server of {}", dialect.client()),
        name: name(tree, server, mask),
        pointer: pointer(tree, server, mask),
        span: tree.span(server),
        transport,
        launch,
        disabled: disabled(tree, server) || of_project && grants.disabled.contains(key),
        consent: if of_project && grants.starts(key) { Consent::SwitchedOff } else { dialect.consent() },
        secrets,
        env,
    }
}

/// The command line: `command` as a string or a list, then `args`.
fn command(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<Launch> {
    let mut argv = strings(tree, tree.get(server, b"command")?);
    argv.extend(tree.get(server, b"args").map(|args| strings(tree, args)).unwrap_or_default());
    let words: Vec<&[u8]> = argv.iter().map(Text::bytes).collect();
    (!words.is_empty() && !words[0].is_empty()).then(|| launch::of_words(&words, mask))
}

fn url(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<Untrusted> {
    let keys = [&b"url"[..], b"serverUrl", b"httpUrl"];
    let url = keys.iter().find_map(|key| tree.text(tree.get(server, key)?))?;
    Some(Untrusted::new(shown(url.bytes(), mask)))
}

fn disabled(tree: &Tree<'_>, server: NodeId) -> bool {
    is(tree, server, b"disabled", Kind::True)
        || [&b"enabled"[..], b"isActive", b"active"].iter().any(|key| is(tree, server, key, Kind::False))
}

/// Claude Code runs `headersHelper` to get a remote server's headers.
fn headers_helper(dialect: Dialect, tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> Option<AutorunEntry> {
    let helper = tree.get(server, b"headersHelper")?;
    let line = tree.text(helper)?;
    Some(AutorunEntry {
        trigger: format!("headers helper of an MCP server of {}", dialect.client()),
        name: name(tree, server, mask),
        pointer: pointer(tree, helper, mask),
        span: tree.span(helper),
        transport: Transport::Stdio,
        launch: Some(launch::of_line(line.bytes(), mask)),
        disabled: disabled(tree, server),
        consent: dialect.consent(),
        secrets: Vec::new(),
        env: Vec::new(),
    })
}

/// Variables with masked values, and the names of variables and headers that look like secrets.
fn environment(tree: &Tree<'_>, server: NodeId, mask: Mask<'_>) -> (Vec<(String, Untrusted)>, Vec<Untrusted>) {
    let (mut env, mut secrets) = (Vec::new(), Vec::new());
    for (key, variables) in [(&b"env"[..], true), (b"environment", true), (b"headers", false)] {
        for map in each(tree, server, key) {
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
