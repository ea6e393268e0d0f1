//! Names that break reports: control characters, bytes that are no text, lengths at the limits.

use super::*;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

#[test]
fn odd_names_are_shown_safely_and_told_apart() {
    let ground = Ground::new();
    let long = "n".repeat(251) + ".txt";
    let names: [&[u8]; 9] = [
        b"new\nline.txt",
        b"esc\x1b[2J\x1b]0;x\x07.txt",
        "bidi\u{202e}txt.md".as_bytes(),
        b"not\xff\xfeutf8.txt",
        b"not%FFutf8.txt",
        long.as_bytes(),
        b"\r\"quote'`$(id)`.txt",
        "tag\u{e0041}zero\u{200b}.txt".as_bytes(),
        b" ",
    ];
    for (n, name) in names.iter().enumerate() {
        let folder = ground.path("t").join(OsStr::from_bytes(name));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(OsStr::from_bytes(name)), token(&n.to_string())).unwrap();
    }
    let report = ground.run(&["scan", "t", "--format", "json"]).ends_with(1).json();
    let found = paths(&report, RULE);
    assert_eq!(found.len(), names.len(), "{found:?}");
    let distinct: std::collections::BTreeSet<_> =
        report["findings"].as_array().unwrap().iter().map(|f| &f["id"]).map(Value::to_string).collect();
    assert_eq!(distinct.len(), names.len(), "ids are distinct");
    for finding in report["findings"].as_array().unwrap() {
        let broken = finding["location"]["path"].as_str().unwrap().contains("%FF%FE");
        assert_eq!(finding["location"]["path_bytes"].is_string(), broken);
    }
    for args in [["--format", "human"], ["--format", "ndjson"], ["--color", "always"]] {
        let ran = ground.run(&[&["scan", "t"], &args[..]].concat()).ends_with(1);
        let text = String::from_utf8(ran.out).unwrap();
        assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{7}') && !text.contains('\r'), "{args:?}");
        if args[1] != "ndjson" {
            assert!(
                !text.contains('\u{202e}') && !text.contains('\u{200b}') && !text.contains("new\nline"),
                "{args:?}"
            );
        } else {
            assert!(text.lines().all(|line| line.len() <= 8192 && serde_json::from_str::<Value>(line).is_ok()));
        }
    }
    // As arguments and in messages.
    for name in names.iter().filter(|n| n.len() < 100) {
        let mut command = ground.command(&["scan"]);
        let ran = finish(command.arg(OsStr::from_bytes(&[b"t/x", *name].concat())).spawn().unwrap()).ends_with(2);
        assert!(
            ran.err.lines().count() == 1 && !ran.err.contains('\u{1b}') && !ran.err.contains('\u{202e}'),
            "{}",
            ran.err
        );
    }
}

#[test]
fn three_hundred_folders_deep() {
    let ground = Ground::new();
    ground.file(&format!("t/{}a.txt", "d/".repeat(300)), token("deep"));
    ground.file(&format!("t/{}a.txt", "d/".repeat(200)), token("less deep"));
    let report = ground.run(&["scan", "t", "--format", "json"]).ends_with(1).json();
    assert_eq!(paths(&report, RULE).len(), 1);
    let errors = report["errors"].as_array().unwrap();
    assert!(errors.len() == 1 && errors[0]["reason"].as_str().unwrap().contains("depth of folders"), "{errors:?}");
}

/// Paths longer than the kernel takes in one piece.
#[test]
fn paths_beyond_the_limit_are_said() {
    let ground = Ground::new();
    ground.file("t/a.txt", token("short"));
    let name = "p".repeat(255);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut folder = rustix::fs::open(ground.path("t"), flags, Mode::empty()).unwrap();
    for _ in 0..20 {
        mkdirat(&folder, &name, Mode::from(0o700)).unwrap();
        folder = openat(&folder, &name, flags, Mode::empty()).unwrap();
        let file = openat(&folder, "x.txt", OFlags::WRONLY | OFlags::CREATE, Mode::from(0o600)).unwrap();
        std::fs::File::from(file).write_all(token("long").as_bytes()).unwrap();
    }
    let report = ground.run(&["scan", "t", "--format", "json"]).ends_with(1).json();
    let found = paths(&report, RULE).len();
    assert!((14..20).contains(&found), "{found}");
    assert!(report["errors"].as_array().unwrap().iter().any(|e| e["incidental"] == true));
    ground.run(&["scan", &"p/".repeat(3000)]).ends_with(2);
    ground.run(&["scan", &"p".repeat(300)]).ends_with(2);
}

#[test]
fn twenty_thousand_files_in_one_folder() {
    let ground = Ground::new();
    std::fs::create_dir(ground.path("many")).unwrap();
    for n in 0..20_000 {
        std::fs::write(ground.path(&format!("many/{n}.txt")), "x").unwrap();
    }
    ground.file("many/token.txt", token("many"));
    for args in [["scan", "--no-env"], ["scan", "many"]] {
        let ran = ground.run(&[&args[..], &["--format", "json"]].concat()).ends_with(1);
        assert_eq!(paths(&ran.json(), RULE).len(), 1);
        assert!(ran.peak < MOST_KIB, "{} KiB", ran.peak);
    }
}
