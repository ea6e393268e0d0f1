//! Damaged files: what is left is read, and what is not is said.

use super::*;
use crate::common::{self, home::Home};
use caulk::host::Os;
use caulk::model::{ScanReport, Skip};

const DATABASE: &str = ".config/Code/User/globalStorage/state.vscdb";

/// A database of an editor with a token in a row, and padding over several pages.
fn database(ground: &Ground, token: &str) -> Vec<u8> {
    let path = ground.file(DATABASE, "");
    std::fs::remove_file(&path).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA page_size=1024; CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);",
    )
    .unwrap();
    for n in 0..20 {
        let value = format!("{{\"n\": {n}, \"pad\": \"{}\"}}", "lorem ".repeat(100));
        db.execute("INSERT INTO ItemTable VALUES (?1, ?2)", (format!("key{n}"), value)).unwrap();
    }
    let value = format!("{{\"token\": \"{token}\"}}");
    db.execute("INSERT INTO ItemTable VALUES ('some.extension', ?1)", [value]).unwrap();
    drop(db);
    std::fs::read(&path).unwrap()
}

fn internal(report: &ScanReport) -> Vec<String> {
    let errors = report.errors.iter().filter(|e| e.skip == Skip::Internal);
    errors.map(|e| e.path.to_string()).collect()
}

/// The token is found, or the database is named among the errors, or the damage hit the token itself.
#[test]
fn a_damaged_database_gives_findings_or_an_error() {
    let ground = Ground::new();
    let token = token("database");
    let whole = database(&ground, &token);
    let holds = |bytes: &[u8]| bytes.windows(token.len()).any(|w| w == token.as_bytes());
    assert!(holds(&whole));
    let mut cases: Vec<(String, Vec<u8>)> = vec![("whole".into(), whole.clone())];
    for part in 0..16 {
        cases.push((format!("cut to {part}/16"), whole[..whole.len() * part / 16].to_vec()));
    }
    for page in 0..whole.len() / 1024 {
        let mut bytes = whole.clone();
        bytes[page * 1024..][..1024].fill(if page % 2 == 0 { 0 } else { 0xff });
        cases.push((format!("page {page} overwritten"), bytes));
    }
    // Every field of the header, and of the first page's b-tree header, at both ends of its range.
    for at in 0..112 {
        for value in [0, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            cases.push((format!("byte {at} is {value}"), bytes));
        }
    }
    let mut state = 7_u64;
    for round in 0..24 {
        let mut bytes = whole.clone();
        for _ in 0..200 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % bytes.len();
            bytes[at] = (state >> 20) as u8;
        }
        cases.push((format!("random damage {round}"), bytes));
    }
    for (what, bytes) in cases {
        ground.file(DATABASE, &bytes);
        let report = common::audit(Os::Linux, ground.home.path());
        assert!(internal(&report).is_empty(), "{what}");
        let found = report.findings.iter().any(|f| f.rule == RULE);
        let told = report.errors.iter().any(|e| e.path.as_found().ends_with("state.vscdb"));
        assert!(found || told || !holds(&bytes), "{what}: neither a finding nor an error");
        if what == "whole" {
            assert!(found && report.errors.is_empty());
        }
    }
}

/// A write-ahead log of anything at all.
#[test]
fn a_damaged_log_does_not_hide_the_database() {
    let ground = Ground::new();
    let token = token("log");
    database(&ground, &token);
    let logs: [Vec<u8>; 4] = [
        vec![0; 100],
        vec![0xff; 9000],
        b"\x37\x7f\x06\x82".repeat(2000),
        [&[0x37, 0x7f, 6, 0x82][..], &[1; 60]].concat(),
    ];
    for log in logs {
        ground.file(&format!("{DATABASE}-wal"), log);
        let report = common::audit(Os::Linux, ground.home.path());
        assert!(internal(&report).is_empty() && report.findings.iter().any(|f| f.rule == RULE));
    }
}

/// Every file of a full home, cut: each part is read as far as it goes.
#[test]
fn every_surface_survives_being_cut() {
    for sixteenth in [1, 5, 9, 13, 15] {
        let home = Home::lay("linux-dev");
        for entry in walkdir::WalkDir::new(home.path()).into_iter().flatten().filter(|e| e.file_type().is_file()) {
            let length = entry.metadata().unwrap().len();
            let file = std::fs::OpenOptions::new().write(true).open(entry.path()).unwrap();
            file.set_len(length * sixteenth / 16).unwrap();
        }
        let report = common::audit(Os::Linux, home.path());
        assert!(internal(&report).is_empty(), "{sixteenth}/16: {:?}", internal(&report));
    }
}

/// JSON that ends in the middle is an error entry, and the token before the end is found.
#[test]
fn cut_json_is_said_and_what_is_there_is_found() {
    let ground = Ground::new();
    let secret = token("cut");
    ground.file("app/.mcp.json", format!(r#"{{"mcpServers": {{"x": {{"command": "x", "env": {{"TOKEN": "{secret}", "#));
    let report = ground.run(&["scan", "--format", "json", "--no-env"]).ends_with(1).json();
    assert_eq!(paths(&report, RULE).len(), 1);
    let (reason, incidental) = error_of(&report, "app/.mcp.json").unwrap();
    assert!(reason.starts_with("malformed") && incidental, "{reason}");
}

/// A hundred thousand levels of everything that nests, a token at the bottom of each.
#[test]
fn deep_nesting_neither_overflows_the_stack_nor_hides_a_token() {
    let ground = Ground::new();
    const DEPTH: usize = 100_000;
    let json = |open: &str, close: &str, seed: &str| {
        format!("{}\"{}\"{}", open.repeat(DEPTH), token(seed), close.repeat(DEPTH))
    };
    let shell = |open: &str, seed: &str| format!("{} export X={}\n", open.repeat(DEPTH), token(seed));
    let files = [
        ("app/.mcp.json", json(r#"{"mcpServers":"#, "}", "1")),
        (".claude/settings.json", json("[", "]", "2")),
        (".claude/projects/p/t.jsonl", json(r#"{"a":["#, "]}", "3") + "\n"),
        (".cursor/mcp.json", json("[", "", "4")),
        (".zshrc", shell("$(", "5")),
        (".bashrc", shell("`", "6")),
        (".bash_history", shell("(", "7")),
        (".zsh_history", shell("\"$(", "8")),
        (".profile", shell("${x:-", "9")),
        (".bash_profile", shell("\\", "a")),
        ("app/.env", format!("X={}{}\n", "'\"".repeat(DEPTH), token("b"))),
        (".gitconfig", format!("{}\n\turl = https://x:{}@git.example.org\n", "[a \"".repeat(DEPTH), token("c"))),
        (".aws/credentials", format!("{}{}\n", "[".repeat(DEPTH), token("d"))),
        ("app/deep.json", json(r#""{\"a\": \"#, "", "e")),
    ];
    for (name, content) in &files {
        ground.file(name, content);
    }
    let ran = ground.run(&["scan", "--format", "json", "--no-env"]).ends_with(1);
    let found = paths(&ran.json(), RULE);
    for (name, _) in &files {
        assert!(found.iter().any(|path| path.ends_with(name)), "{name} is missing in {found:?}");
    }
    assert!(ran.took < Duration::from_secs(60), "{:?}", ran.took);
}

/// A history in which a crash left NUL bytes is a text all the same; so is a file with a wrong mark.
#[test]
fn nul_bytes_do_not_hide_a_surface() {
    let ground = Ground::new();
    ground
        .file(".bash_history", [&vec![0; 3000][..], format!("\nexport T={}\n\0\0", token("nul")).as_bytes()].concat());
    ground.file(".npmrc", format!("//npm.example.com/:_authToken=npm\0{}\n", token("npm")));
    ground.file(".zsh_history", format!("{}\0{}", "a\n".repeat(9000), token("late")));
    let report = ground.run(&["scan", "--format", "json", "--no-env"]).ends_with(1).json();
    let found = paths(&report, RULE);
    for name in [".bash_history", ".npmrc", ".zsh_history"] {
        assert!(found.iter().any(|path| path.ends_with(name)), "{name}: {found:?}");
    }
}

/// The hook of debug builds: the file becomes an error entry, the run goes on, the message stays in.
#[test]
fn a_panic_is_an_error_of_one_file_and_shows_the_position_only() {
    let ground = Ground::new();
    let secret = token("panic");
    ground.file("t/panic-here.txt", format!("boom {secret}\n"));
    ground.file("t/other.txt", token("other"));
    let mut command = ground.command(&["scan", "t", "--format", "json"]);
    let ran = finish(command.env("CAULK_TEST_PANIC", "1").spawn().unwrap()).ends_with(1);
    let report: Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(paths(&report, RULE).len(), 1);
    let (reason, incidental) = error_of(&report, "panic-here.txt").unwrap();
    assert!(reason.contains("internal error") && incidental, "{reason}");
    assert!(ran.err.contains("internal error at ") && ran.err.contains("text.rs:"), "{}", ran.err);
    assert!(!ran.err.contains("boom") && !ran.err.contains(&secret[8..]), "{}", ran.err);
}
