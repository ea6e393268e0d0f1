//! An editor's `state.vscdb` while the editor has it open: rows of the file, rows of the log, what
//! was overwritten and what was deleted. Each secret once, whatever number of pages holds it.

use crate::common::desk::{Desk, lines, make, none_twice, required};
use crate::common::{audit, keys};
use caulk::host::Os;
use caulk::model::{Finding, ScanReport};
use rusqlite::Connection;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;

const STATE: &str = ".config/Code/User/globalStorage/state.vscdb";
const TABLE: &str = "CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);";
const OPEN: &str = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=OFF;";

fn token(name: &str) -> String {
    make("ghp_<(><an:30><crc62>", name)
}

/// The one finding of `secret`.
fn only<'r>(report: &'r ScanReport, secret: &str) -> &'r Finding {
    let id = keys().id(secret.as_bytes());
    let found: Vec<_> =
        report.findings.iter().filter(|f| f.secret.as_ref().is_some_and(|s| s.fingerprint == id)).collect();
    assert_eq!(found.len(), 1, "in\n{}", lines(report));
    assert!(found[0].location.region.is_none(), "lines have no meaning in a database");
    found[0]
}

fn part(finding: &Finding) -> &str {
    finding.location.container.as_ref().unwrap().part.unwrap()
}

fn key(finding: &Finding) -> &str {
    finding.location.container.as_ref().unwrap().key.as_ref().unwrap().as_found()
}

fn put(database: &Connection, key: &str, value: &str) {
    database.execute("INSERT INTO ItemTable VALUES (?1, ?2)", (key, value)).unwrap();
}

fn folder_of(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(desk.path(STATE).parent().unwrap())
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // The index of the log is shared memory of whoever has the database open.
            let bytes = if name.ends_with("-shm") { Vec::new() } else { std::fs::read(entry.path()).unwrap() };
            (name, bytes)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn rows_of_file_and_log() {
    let desk = Desk::new();
    desk.folder(".config/Code/User/globalStorage");
    let database = Connection::open(desk.path(STATE)).unwrap();
    database.execute_batch(&format!("{OPEN}{TABLE}")).unwrap();
    let (kept, old, deleted) = (token("kept"), token("old"), token("deleted"));
    put(&database, "publisher.kept", &format!("{{\"session\": {{\"accessToken\": \"{kept}\"}}}}"));
    for number in 0..200 {
        put(&database, &format!("workbench.panel.{number}"), &make("<hex:40> <lower:60>", &number.to_string()));
    }
    put(&database, "publisher.changed", &old);
    put(&database, "publisher.deleted", &format!("{{\"token\": \"{deleted}\"}}"));
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    // From here on the file stays as it is; what follows is in the log alone.
    let (new, logged, short) = (token("new"), token("logged"), make("<an:120>", "cursor"));
    put(&database, "publisher.changed", &new);
    put(&database, "publisher.logged", &format!("{{\"a\": [\"{logged}\"]}}"));
    put(&database, "cursorAuth/accessToken", &short);
    database.execute("DELETE FROM ItemTable WHERE key = 'publisher.deleted'", ()).unwrap();
    assert!(!std::fs::read(desk.path(STATE)).unwrap().windows(logged.len()).any(|w| w == logged.as_bytes()));

    let before = folder_of(&desk);
    let report = audit(Os::HERE, desk.home());
    assert_eq!(before, folder_of(&desk), "a scan leaves an open database alone");
    assert!(report.errors.is_empty() && report.scan.complete, "{:?}", report.errors);
    none_twice(&report);

    assert_eq!((part(only(&report, &kept)), key(only(&report, &kept))), ("row", "publisher.kept"));
    let name = only(&report, &kept).location.field.as_ref().unwrap().as_found().to_owned();
    assert!(name.ends_with("session.accessToken"), "{name}");
    assert_eq!((part(only(&report, &new)), key(only(&report, &new))), ("wal", "publisher.changed"));
    assert_eq!((part(only(&report, &logged)), key(only(&report, &logged))), ("wal", "publisher.logged"));
    assert_eq!(only(&report, &short).rule, "cursor-auth-token");
    assert_eq!(part(only(&report, &old)), "superseded-page");
    assert!(["superseded-page", "free-space"].contains(&part(only(&report, &deleted))));
    assert_eq!(report.findings.len(), 6, "{}", lines(&report));
    let path = desk.path(STATE);
    for finding in &report.findings {
        assert_eq!(Path::new(finding.location.path.as_found()), path.canonicalize().unwrap());
        assert_eq!(finding.surface, "vscode.state");
    }
    database.execute_batch("PRAGMA integrity_check").unwrap();
}

/// In a file without a log, the deleted and the overwritten value are in free blocks.
#[test]
fn what_deleting_leaves_in_the_file() {
    let desk = Desk::new();
    desk.folder(".config/Code/User/globalStorage");
    let database = Connection::open(desk.path(STATE)).unwrap();
    database.execute_batch(&format!("PRAGMA secure_delete=OFF; {TABLE}")).unwrap();
    let (old, new, deleted) = (token("old"), token("new"), token("deleted"));
    put(&database, "publisher.first", &make("<lower:60>", ""));
    put(&database, "publisher.deleted", &deleted);
    put(&database, "publisher.changed", &old);
    put(&database, "publisher.last", &make("<lower:60>", ""));
    database.execute("DELETE FROM ItemTable WHERE key = 'publisher.deleted'", ()).unwrap();
    // Longer than what became free, so that it is written elsewhere.
    let value = format!("{{\"note\": \"{}\", \"token\": \"{new}\"}}", "words ".repeat(60));
    database.execute("UPDATE ItemTable SET value = ?1 WHERE key = 'publisher.changed'", [value]).unwrap();
    let bytes = std::fs::read(desk.path(STATE)).unwrap();
    assert!([&old, &deleted].iter().all(|left| bytes.windows(left.len()).any(|w| w == left.as_bytes())));
    let report = audit(Os::HERE, desk.home());
    none_twice(&report);
    assert_eq!((part(only(&report, &new)), key(only(&report, &new))), ("row", "publisher.changed"));
    assert_eq!(part(only(&report, &deleted)), "free-space");
    assert_eq!(part(only(&report, &old)), "free-space");
    assert_eq!(report.findings.len(), 3, "{}", lines(&report));
}

/// A value of many pages: a token wherever a page ends, and one value that is longer than a page itself.
#[test]
fn large_values_span_pages() {
    let desk = Desk::new();
    desk.folder(".config/Code/User/globalStorage");
    let database = Connection::open(desk.path(STATE)).unwrap();
    database.execute_batch(&format!("PRAGMA page_size=4096; {OPEN}{TABLE}")).unwrap();
    let tokens: Vec<String> = (0..300).map(|number| token(&format!("large {number}"))).collect();
    let items: Vec<String> = tokens.iter().map(|token| format!("{{\"accessToken\": \"{token}\"}}")).collect();
    put(&database, "secrets.many", &format!("[{}]", items.join(",")));
    let lone = token("lone");
    put(&database, "chat.transcript", &format!("{{\"text\": \"{} {lone} end\"}}", "word ".repeat(9000)));
    for checkpointed in [false, true] {
        if checkpointed {
            database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        }
        let report = audit(Os::HERE, desk.home());
        none_twice(&report);
        let want = if checkpointed { "row" } else { "wal" };
        for token in tokens.iter().chain([&lone]) {
            assert_eq!(part(only(&report, token)), want);
        }
        assert_eq!(report.findings.len(), tokens.len() + 1);
    }
}

/// The same with another process that holds the database in the middle of a transaction.
#[test]
fn held_by_another_process() {
    required("sqlite3");
    let desk = Desk::new();
    desk.folder(".config/Code/User/globalStorage");
    let mut command = desk.command("sqlite3");
    command.arg(desk.path(STATE)).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut editor = command.spawn().unwrap();
    let (committed, pending) = (token("committed"), token("pending"));
    let mut input = editor.stdin.take().unwrap();
    writeln!(input, "{OPEN}{TABLE}INSERT INTO ItemTable VALUES ('publisher.a', '{committed}');").unwrap();
    writeln!(input, "BEGIN; INSERT INTO ItemTable VALUES ('publisher.b', '{pending}'); SELECT 'ready';").unwrap();
    input.flush().unwrap();
    let answers = BufReader::new(editor.stdout.take().unwrap());
    assert!(answers.lines().map(Result::unwrap).any(|line| line == "ready"));
    let report = audit(Os::HERE, desk.home());
    assert_eq!((part(only(&report, &committed)), key(only(&report, &committed))), ("wal", "publisher.a"));
    assert_eq!(report.findings.len(), 1, "what is not committed is in that process only");
    drop(input);
    assert!(editor.wait().unwrap().success());
}
