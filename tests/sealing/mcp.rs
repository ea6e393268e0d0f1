//! MCP: a server on standard input and output, started as a desktop host starts it, from the host's own
//! configuration and with next to nothing in its environment.

use super::place::Place;
use super::values::token;
use crate::common::desk::required;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Tells of a tool whose name says whether the variable holds the value with this SHA-256.
const SERVER: &str = r#"
const [variable, wanted] = process.argv.slice(2);
const given = process.env[variable];
const hash = require("crypto").createHash("sha256").update(given ?? "").digest("hex");
const name = given === undefined ? "no_token" : hash === wanted ? "right_token" : "wrong_token";
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method } = JSON.parse(line);
  const result = method === "initialize"
    ? { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "acme", version: "1" } }
    : { tools: [{ name, inputSchema: { type: "object" } }] };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result }));
});
"#;

struct Host {
    place: Place,
    script: PathBuf,
}

impl Host {
    fn new() -> Self {
        required("node");
        let place = Place::new();
        let script = place.beside().join("server.js");
        fs::write(&script, SERVER).unwrap();
        Self { place, script }
    }

    /// A server's entry that hands it `secret` in `variable`.
    fn entry(&self, variable: &str, secret: &str) -> Value {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(secret.as_bytes()));
        json!({
            "command": "node", "args": [self.script, variable, hash],
            "env": { variable: secret, "LOG_LEVEL": "debug" }
        })
    }

    /// Starts the server at `pointer` of a configuration as its host does, and gives the name of its tool.
    #[track_caller]
    fn tool(&self, config: &str, pointer: &str, scrubbed: bool) -> String {
        let config: Value = serde_json::from_str(&plain(&self.place.text(config))).unwrap();
        let entry = config.pointer(pointer).unwrap();
        let words = entry["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned());
        let mut call = vec![entry["command"].as_str().unwrap().to_owned()];
        call.extend(words);
        let bus = self.place.service.runtime_dir();
        if scrubbed {
            // The session's bus at its well-known place, in a file system of this process's own.
            let lay = format!(
                "mount -t tmpfs none /run/user && mkdir -p /run/user/$(id -u) && \
                 ln -s {}/bus /run/user/$(id -u)/bus && exec \"$@\"",
                bus.display()
            );
            let own = ["unshare", "--mount", "sh", "-c", &lay, "sh"].map(str::to_owned);
            call = own.into_iter().chain(call).collect();
        }
        let mut command = Command::new(&call[0]);
        command.args(&call[1..]).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.place.home());
        if !scrubbed {
            command.env("XDG_RUNTIME_DIR", bus);
        }
        for (name, value) in entry["env"].as_object().into_iter().flatten() {
            command.env(name, value.as_str().unwrap());
        }
        let mut child = command
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut ask = |id: u32, method: &str| {
            let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {}});
            // A server that ended before its time has closed the pipe; its answer tells.
            let _ = writeln!(input, "{request}");
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            serde_json::from_str::<Value>(&line).unwrap_or_default()
        };
        let hello = ask(1, "initialize");
        let tools = ask(2, "tools/list");
        drop(input);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(hello["result"]["serverInfo"]["name"], "acme", "{said}");
        assert!(ended.status.success(), "{said}");
        tools["result"]["tools"][0]["name"].as_str().unwrap().to_owned()
    }

    /// The whole way for one configuration with these servers in it.
    fn round(&self, config: &str, servers: &[(&str, &str)]) {
        let right = |when: &str| {
            for (pointer, _) in servers {
                assert_eq!(self.tool(config, pointer, false), "right_token", "{when}: {config} {pointer}");
            }
        };
        right("before");
        let before = self.place.photos();
        let secrets: Vec<&str> = servers.iter().map(|(_, secret)| *secret).collect();
        let report = self.place.seal(&secrets);
        assert_eq!(report["summary"]["done"], servers.len(), "{report:#}");
        right("sealed");
        for (pointer, _) in servers {
            let text: Value = serde_json::from_str(&plain(&self.place.text(config))).unwrap();
            assert_eq!(text.pointer(pointer).unwrap()["env"]["LOG_LEVEL"], "debug", "other variables stay");
            if may_mount() {
                assert_eq!(self.tool(config, pointer, true), "right_token", "sealed, scrubbed: {config} {pointer}");
            }
        }
        self.place.unseal(&before);
        right("undone");
    }

    fn put(&self, relative: &str, config: &Value) {
        self.place.put(relative, format!("{config:#}\n"), 0o600);
    }
}

/// Whether a process can be given a file system of its own here.
fn may_mount() -> bool {
    let root = rustix::process::geteuid().is_root();
    root && Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success())
}

/// JSON without comments and without commas before a closing bracket.
fn plain(text: &str) -> String {
    let (mut out, mut rest, mut quoted) = (String::new(), text, false);
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '\\' if quoted => {
                out.push(c);
                out.extend(rest.chars().nth(1));
                taken += rest.chars().nth(1).map_or(0, char::len_utf8);
            }
            '"' => {
                quoted = !quoted;
                out.push(c);
            }
            '/' if !quoted && rest.starts_with("//") => taken = rest.find('\n').unwrap_or(rest.len()),
            '/' if !quoted && rest.starts_with("/*") => taken = rest.find("*/").unwrap() + 2,
            '}' | ']' if !quoted => {
                out.truncate(out.trim_end().trim_end_matches(',').len());
                out.push(c);
            }
            _ => out.push(c),
        }
        rest = &rest[taken..];
    }
    out
}

#[test]
fn cursor() {
    let host = Host::new();
    let secret = token("mcp-cursor");
    host.put(".cursor/mcp.json", &json!({"mcpServers": {"acme": host.entry("ACME_API_KEY", &secret)}}));
    host.round(".cursor/mcp.json", &[("/mcpServers/acme", &secret)]);
}

#[test]
fn claude_desktop() {
    let host = Host::new();
    let (secret, other) = (token("mcp-desktop-a"), token("mcp-desktop-b"));
    let servers = json!({"acme": host.entry("ACME_API_KEY", &secret), "other": host.entry("OTHER_TOKEN", &other)});
    let config = ".config/Claude/claude_desktop_config.json";
    host.put(config, &json!({"globalShortcut": "", "mcpServers": servers}));
    host.round(config, &[("/mcpServers/acme", &secret), ("/mcpServers/other", &other)]);
}

#[test]
fn claude_code_for_the_user_and_for_a_project() {
    let host = Host::new();
    let (secret, other) = (token("mcp-claude-a"), token("mcp-claude-b"));
    let project = json!({"allowedTools": [], "mcpServers": {"acme": host.entry("ACME_API_KEY", &other)}});
    let servers = json!({"acme": host.entry("ACME_API_KEY", &secret)});
    host.put(".claude.json", &json!({"numStartups": 3, "mcpServers": servers, "projects": {"/srv/app": project}}));
    host.round(".claude.json", &[("/mcpServers/acme", &secret), ("/projects/~1srv~1app/mcpServers/acme", &other)]);
}

#[test]
fn vs_code_with_comments_and_commas() {
    let host = Host::new();
    let secret = token("mcp-code");
    let entry = host.entry("ACME_API_KEY", &secret);
    let (args, env) = (&entry["args"], secret.as_str());
    let text = format!(
        "{{\n\t// mine\n\t\"servers\": {{\n\t\t/* the \"first\" */\n\t\t\"acme\": {{\n\t\t\t\"type\": \"stdio\",\n\
         \t\t\t\"command\": \"node\", // a comment\n\t\t\t\"args\": {args},\n\t\t\t\"env\": {{\n\
         \t\t\t\t\"ACME_API_KEY\": \"{env}\", // secret\n\t\t\t\t\"LOG_LEVEL\": \"debug\",\n\t\t\t}},\n\t\t}},\n\t}},\n}}\n"
    );
    let config = ".config/Code/User/mcp.json";
    host.place.put(config, text, 0o644);
    host.round(config, &[("/servers/acme", &secret)]);
    assert!(host.place.text(config).contains("// a comment"));
}

/// Values that no file format carries as they are: line ends, quotes, letters beyond ASCII, 64 KiB.
#[test]
fn values_of_every_kind() {
    let seed = token("mcp-values");
    let long: String = (0..1830).map(|n| token(&format!("long{n}"))).collect();
    let values = [
        format!("{seed}\"quoted\\and'more"),
        format!("{seed}-Schlüssel-鍵"),
        format!("-----BEGIN X-----\n{seed}\n-----END X-----\n"),
        long[..65_536].to_owned(),
    ];
    for value in values {
        let host = Host::new();
        host.put(".cursor/mcp.json", &json!({"mcpServers": {"acme": host.entry("ACME_API_KEY", &value)}}));
        let config = ".cursor/mcp.json";
        assert_eq!(host.tool(config, "/mcpServers/acme", false), "right_token");
        let before = host.place.photos();
        let report = host.place.fix().json();
        let (done, len) = (&report["summary"]["done"], value.len());
        if *done == 1 {
            assert!(host.place.holders(&seed).is_empty() && !host.place.text(config).contains(&value[..40.min(len)]));
        } else {
            // What is left where it is, is said.
            assert_eq!(report["summary"]["failed"], 0, "{report:#}");
            assert!(!host.place.found().is_empty() || report["steps"].as_array().unwrap().is_empty(), "{report:#}");
            println!("{} bytes: {:#}", len, report["steps"]);
        }
        assert_eq!(host.tool(config, "/mcpServers/acme", false), "right_token", "{report:#}");
        host.place.unseal(&before);
    }
}
