//! `caulk mcp`: what was approved, and what a later change of it comes to.

use crate::common::program::caulk;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const SERVERS: &str = r#"{"mcpServers": {"acme": {"command": "npx", "args": ["-y", "acme-mcp@1.2.3"], "env": {"ACME_TOKEN": "x", "LEVEL": "info"}},
    "local": {"command": "node", "args": ["/HOME/tools/server.js"]}, "far": {"url": "https://mcp.example.com/sse"}}}"#;

fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let root = home.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("tools")).unwrap();
    fs::write(root.join("tools/server.js"), "serve()\n").unwrap();
    write(&root, SERVERS);
    home
}

fn write(home: &Path, servers: &str) {
    let whole = servers.replace("/HOME", home.canonicalize().unwrap().to_str().unwrap());
    fs::write(home.join(".claude.json"), whole).unwrap();
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    caulk(home).args(arguments).output().unwrap()
}

fn json(home: &Path, arguments: &[&str]) -> Value {
    // As a home of its own: the machine under the test has things that start by themselves, too.
    let output = run(home, &[arguments, &["--home", home.to_str().unwrap(), "--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Status of `mcp diff`, and what it calls changed, new and gone.
fn diff(home: &Path) -> (i32, Vec<String>, Vec<String>, Vec<String>) {
    let status = run(home, &["mcp", "diff", "--home", home.to_str().unwrap()]).status.code().unwrap();
    let value = json(home, &["mcp", "diff"]);
    let names = |list: &str, at: fn(&Value) -> &Value| -> Vec<String> {
        value[list].as_array().unwrap().iter().map(|one| at(one)["name"].as_str().unwrap().to_owned()).collect()
    };
    (status, names("changed", |one| &one["entry"]), names("new", |one| one), names("gone", |one| one))
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn what_starts_is_listed_approved_and_compared() {
    let home = home();
    let home = home.path();
    let listed = json(home, &["mcp", "ls"]);
    let started = listed["started"].as_array().unwrap();
    assert_eq!(started.len(), 3);
    assert_eq!(started[0]["name"], "acme");
    assert_eq!(started[0]["pin"], "exact");
    assert_eq!(started[0]["consent"], "unasked");
    assert_eq!(started[0]["handed"], serde_json::json!(["ACME_TOKEN", "LEVEL"]));
    assert_eq!(started[1]["script_sha256"].as_str().unwrap().len(), 64, "{started:#?}");
    assert_eq!(started[2]["url"], "https://mcp.example.com/sse");
    let script = home.canonicalize().unwrap().join("tools/server.js");
    assert_eq!(started[1]["file"], script.to_str().unwrap());
    let code: Vec<&str> = started.iter().map(|one| one["code_from"].as_str().unwrap()).collect();
    assert_eq!(code, ["pinned", "user", "publisher"]);
    let human = String::from_utf8(run(home, &["mcp", "ls"]).stdout).unwrap();
    assert!(human.contains("npx -y acme-mcp@1.2.3") && human.contains("is handed ACME_TOKEN"), "{human}");

    let every: Vec<String> = ["acme", "local", "far"].map(str::to_owned).into();
    assert_eq!(diff(home), (1, none(), every, none()));
    assert_eq!(run(home, &["mcp", "trust"]).status.code(), Some(2), "which?");
    assert_eq!(run(home, &["mcp", "trust", "nobody"]).status.code(), Some(2));
    assert_eq!(run(home, &["mcp", "trust", "acme", "far"]).status.code(), Some(0));
    assert_eq!(diff(home), (1, none(), vec!["local".into()], none()));
    assert_eq!(run(home, &["mcp", "trust", "--all"]).status.code(), Some(0));
    assert_eq!(diff(home), (0, none(), none(), none()));
}

/// A path of a project is found from the project; a script that others can write is called theirs.
#[cfg(unix)]
#[test]
fn the_file_that_runs_is_named_and_who_can_change_it() {
    let home = home();
    let project = home.path().join("work/app");
    fs::create_dir_all(project.join("tools")).unwrap();
    let script = project.join("tools/start.sh");
    fs::write(&script, "echo\n").unwrap();
    fs::write(project.join(".mcp.json"), r#"{"mcpServers": {"own": {"command": "./tools/start.sh"}}}"#).unwrap();
    let own = || {
        let all = json(home.path(), &["mcp", "ls"]);
        let started = all["started"].as_array().unwrap().iter().find(|one| one["name"] == "own").unwrap().clone();
        (started["file"].as_str().unwrap().to_owned(), started["code_from"].as_str().unwrap().to_owned())
    };
    let path = script.canonicalize().unwrap().to_str().unwrap().to_owned();
    assert_eq!(own(), (path.clone(), "repository".to_owned()));
    crate::common::home::set_mode(&script, 0o777);
    assert_eq!(own(), (path.clone(), "other-accounts".to_owned()));
    let human = String::from_utf8(run(home.path(), &["mcp", "ls", "--home", home.path().to_str().unwrap()]).stdout);
    let human = human.unwrap();
    assert!(human.contains(&format!("runs {path}")) && human.contains("other accounts can change"), "{human}");
}

#[test]
fn each_change_is_seen_and_no_other() {
    let home = home();
    let home = home.path();
    assert!(run(home, &["mcp", "trust", "--all"]).status.success());
    // Other order, other layout, another value of a variable: the same.
    write(
        home,
        r#"{"other": 1, "mcpServers": {"far": {"type": "sse", "url": "https://mcp.example.com/sse"},
        "local": {"args": ["/HOME/tools/server.js"], "command": "node"},
        "acme": {"env": {"LEVEL": "debug", "ACME_TOKEN": "y"}, "args": ["-y", "acme-mcp@1.2.3"], "command": "npx"}}}"#,
    );
    assert_eq!(diff(home), (0, none(), none(), none()));

    for (from, to, name) in [
        ("acme-mcp@1.2.3", "acme-mcp@1.2.4", "acme"),
        ("\"command\": \"npx\"", "\"command\": \"bunx\"", "acme"),
        ("\"LEVEL\"", "\"NODE_OPTIONS\"", "acme"),
        ("mcp.example.com", "mcp.example.org", "far"),
    ] {
        assert!(SERVERS.contains(from));
        write(home, &SERVERS.replace(from, to));
        assert_eq!(diff(home), (1, vec![name.to_owned()], none(), none()), "{to}");
        let report = json(home, &["scan", "--no-env", "--exit-zero"]);
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.iter().any(|f| f["rule"] == "autorun-changed" && f["severity"] == "high"), "{findings:#?}");
    }
    write(home, SERVERS);
    assert_eq!(diff(home), (0, none(), none(), none()));
    fs::write(home.join("tools/server.js"), "serve(); steal()\n").unwrap();
    assert_eq!(diff(home), (1, vec!["local".into()], none(), none()));
    write(home, &SERVERS.replace("\"far\"", "\"near\""));
    let (status, _, new, gone) = diff(home);
    assert_eq!((status, new, gone), (1, vec!["near".to_owned()], vec!["far".to_owned()]));
}

#[test]
fn the_list_of_what_was_approved_holds_no_secret_and_is_private() {
    let home = home();
    let home = home.path();
    let token = crate::common::desk::make("ghp_<(><an:30><crc62>", "approved");
    write(home, &SERVERS.replace("acme-mcp@1.2.3", &format!("--token={token}")));
    assert!(run(home, &["mcp", "trust", "--all"]).status.success());
    let path = home.join(".local/state/caulk/approved.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&token[8..]) && text.contains("acme"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for command in [&["mcp", "ls"][..], &["mcp", "diff"]] {
        let output = run(home, command);
        assert!(!String::from_utf8_lossy(&output.stdout).contains(&token[8..]));
    }
    fs::write(&path, "{}").unwrap();
    assert_eq!(run(home, &["mcp", "diff"]).status.code(), Some(2), "a list that is none is not taken for an empty one");
}

/// An update of a package with an install script changes nothing; a package that gets one is new.
#[test]
fn packages_that_run_a_script_when_installed_are_entries_by_name() {
    let home = home();
    let home = home.path();
    let project = home.join("work/app");
    fs::create_dir_all(&project).unwrap();
    let lock = |packages: &[(&str, &str, bool)]| {
        let packages: Vec<String> = packages
            .iter()
            .map(|(name, version, script)| {
                let script = if *script { r#", "hasInstallScript": true"# } else { "" };
                format!(r#""node_modules/{name}": {{"version": "{version}"{script}}}"#)
            })
            .collect();
        let text = format!(r#"{{"lockfileVersion": 3, "packages": {{"": {{}}, {}}}}}"#, packages.join(", "));
        fs::write(project.join("package-lock.json"), text).unwrap();
    };
    let listed = |state: &str| -> Vec<(String, bool)> {
        let all = json(home, &["mcp", "ls"]);
        let all = all["started"].as_array().unwrap().iter();
        let scripts =
            all.filter(|one| one["trigger"] == "script of a package, on npm install" && one["state"] == state);
        scripts.map(|one| (one["name"].as_str().unwrap().to_owned(), one["disabled"] == true)).collect()
    };
    lock(&[("esbuild", "0.25.0", true), ("left-pad", "1.3.0", false)]);
    assert_eq!(listed("new"), [("esbuild".to_owned(), false)]);
    assert_eq!(run(home, &["mcp", "trust", "--all", "--home", home.to_str().unwrap()]).status.code(), Some(0));
    lock(&[("esbuild", "0.25.9", true), ("left-pad", "1.3.0", false)]);
    assert_eq!(diff(home), (0, none(), none(), none()), "an update");
    lock(&[("esbuild", "0.25.9", true), ("left-pad", "1.3.1", true)]);
    assert_eq!(diff(home), (1, none(), vec!["left-pad".into()], none()));
    fs::write(home.join(".npmrc"), "ignore-scripts=true\n").unwrap();
    assert_eq!(listed("approved"), [("esbuild".to_owned(), true)], "switched off by the user");
    fs::write(project.join(".npmrc"), "ignore-scripts=false\n").unwrap();
    assert_eq!(listed("approved"), [("esbuild".to_owned(), false)], "and on again by the project");
}
