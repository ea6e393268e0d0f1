//! What runs by itself, joined to the secrets it could take.

mod confined;

use crate::common::program::caulk;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Made-up, of the form of an npm token but for its check.
fn token(seed: usize) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".as_bytes();
    let picked = (0..36).map(|i| letters[(i * 7 + seed * 13 + i * i) % letters.len()] as char);
    format!("acme{}", picked.collect::<String>())
}

fn put(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A home with a secret of its own, a project with another, and servers of three kinds.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let (own, project, handed, boxed) = (token(1), token(2), token(3), token(4));
    put(home.path(), ".npmrc", &format!("//npm.example.com/:_authToken={own}\n"));
    put(home.path(), "src/shop/.npmrc", &format!("//npm.example.com/:_authToken={project}\n"));
    put(home.path(), "src/shop/package.json", "{}");
    put(
        home.path(),
        "src/shop/.cursor/mcp.json",
        r#"{"mcpServers": {"inside": {"command": "npx", "args": ["-y", "acme-mcp"]}}}"#,
    );
    let servers = format!(
        r#"{{"mcpServers": {{"open": {{"command": "npx", "args": ["-y", "acme-mcp"], "env": {{"ACME_TOKEN": "{handed}"}}}},
            "boxed": {{"command": "docker", "args": ["run", "-i", "acme/mcp"], "env": {{"ACME_KEY": "{boxed}"}}}},
            "half": {{"command": "docker", "args": ["run", "-v", "/home/ada:/data", "acme/mcp"]}}}}}}"#
    );
    put(home.path(), ".cursor/mcp.json", &servers);
    home
}

fn scan(home: &Path, arguments: &[&str]) -> String {
    let call = ["scan", "--home", home.to_str().unwrap(), "--no-cache"];
    let output = caulk(home).args(call).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn reach(report: &Value, server: &str) -> Value {
    let found = report["findings"].as_array().unwrap();
    let one = found.iter().find(|one| one["category"] == "auto-exec" && one["evidence"]["server"] == server);
    one.unwrap_or_else(|| panic!("{server}: {report:#}"))["reach"].clone()
}

#[test]
fn what_a_server_could_take_is_counted() {
    let home = home();
    let report: Value = serde_json::from_str(&scan(home.path(), &["--format", "json"])).unwrap();
    let secrets = report["summary"]["distinct_secrets"].as_u64().unwrap();
    assert_eq!(secrets, 4);
    let open = reach(&report, "open");
    assert_eq!(
        (open["secrets"].as_u64(), open["handed"].as_u64(), open["in_project"].as_u64()),
        (Some(4), Some(1), Some(0))
    );
    assert_eq!(open["findings"].as_array().unwrap().len(), 4);
    let inside = reach(&report, "inside");
    assert_eq!((inside["secrets"].as_u64(), inside["in_project"].as_u64()), (Some(4), Some(1)));
    let boxed = reach(&report, "boxed");
    assert_eq!((boxed["secrets"].as_u64(), boxed["confined_by"].as_str()), (Some(1), Some("container")));
    let half = reach(&report, "half");
    assert_eq!((half["secrets"].as_u64(), half.get("confined_by")), (Some(4), None), "a mounted home confines nothing");
    let evidence = |server: &str| {
        let found = report["findings"].as_array().unwrap();
        let one = found.iter().find(|one| one["evidence"]["server"] == server).unwrap();
        (
            one["evidence"]["consent"].as_str().unwrap().to_owned(),
            one["evidence"]["code_from"].as_str().unwrap().to_owned(),
        )
    };
    assert_eq!(evidence("open").1, "publisher");
    assert_eq!(evidence("inside").1, "publisher");
}

/// What is hidden or public is nothing to take; a secret at two places is one.
#[test]
fn secrets_are_counted_once_and_only_if_listed() {
    let home = home();
    put(home.path(), "src/copy/.npmrc", &format!("//npm.example.com/:_authToken={}\n", token(1)));
    let whole: Value = serde_json::from_str(&scan(home.path(), &["--format", "json"])).unwrap();
    assert_eq!(reach(&whole, "open")["secrets"], 4);
    let none: Value =
        serde_json::from_str(&scan(home.path(), &["--format", "json", "--only", "mcp-unpinned-*"])).unwrap();
    assert_eq!(reach(&none, "open")["secrets"], 0);
}

/// A package of a campaign takes what that campaign is known to look for.
#[test]
fn a_bad_package_reaches_what_its_stealer_looks_for() {
    let home = home();
    put(home.path(), "src/shop/yarn.lock", "keyv@^6:\n  version \"6.0.0\"\n");
    let report: Value = serde_json::from_str(&scan(home.path(), &["--format", "json"])).unwrap();
    let found = report["findings"].as_array().unwrap();
    let bad = found.iter().find(|one| one["rule"] == "known-bad-package").unwrap();
    assert_eq!(bad["evidence"]["campaign"], "mini-shai-hulud");
    assert_eq!(bad["reach"]["of_campaign"], true);
    let taken = found
        .iter()
        .filter(|one| one["harvested_by"].as_array().is_some_and(|by| by.contains(&"mini-shai-hulud".into())));
    let taken: std::collections::BTreeSet<&str> =
        taken.map(|one| one["secret"]["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(bad["reach"]["secrets"].as_u64().unwrap(), taken.len() as u64);
    assert!(!taken.is_empty());
}

/// The drawing has a column only for what differs, and says the rest once.
#[test]
fn the_drawing_shows_what_differs() {
    let home = home();
    let page = scan(home.path(), &["--format", "html"]);
    let drawing = page.split("<section class=\"reach\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(drawing.contains("Secrets it could take") && drawing.contains("in a container"), "{drawing}");
    assert!(!drawing.contains("Who can change its code") && drawing.contains("its publisher, any day"), "{drawing}");
    // All are Cursor's, which asks; their code differs in nothing either.
    assert!(!drawing.contains("Before it starts") && drawing.contains("For all of them you are asked"), "{drawing}");
    let human = scan(home.path(), &["--color", "never"]);
    assert!(human.contains("could take: 4 secrets that its user can read, 1 of them handed"), "{human}");
}
