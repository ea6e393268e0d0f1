//! Much of everything: memory stays bounded, time grows with the bytes and no faster.

use super::*;

/// Scans one folder and holds the run to its bounds.
fn scan(ground: &Ground, seconds: u64) -> Value {
    let ran = ground.run(&["scan", "t", "--format", "json"]).ends_with(1);
    assert!(ran.peak < MOST_KIB, "{} KiB", ran.peak);
    assert!(ran.took < Duration::from_secs(seconds), "{:?}", ran.took);
    ran.json()
}

/// A line of 40 MB with a token at its end, in a loose file and in files of formats made of lines.
#[test]
fn one_long_line() {
    let ground = Ground::new();
    let mut line = "lorem ipsum dolor sit amet, ".repeat(10 << 20 >> 4);
    line.push_str(&format!(" {} ", token("long line")));
    for name in ["t/a.txt", "t/.bash_history"] {
        ground.file(name, &line);
    }
    let report = scan(&ground, 100);
    assert_eq!(paths(&report, RULE).len(), 2);
    assert!(report["findings"].as_array().unwrap().iter().all(|f| f["location"]["line"] == 1));
}

/// Eight exbibytes, most of them a hole.
#[test]
fn a_sparse_file_is_read_where_it_has_data() {
    let ground = Ground::new();
    ground.file("t/.npmrc", format!("//npm.example.com/:_authToken={}\n{}", token("sparse"), "x".repeat(9000)));
    let file = std::fs::OpenOptions::new().write(true).open(ground.path("t/.npmrc")).unwrap();
    let size = [1_u64 << 62, 1 << 43, 1 << 40].into_iter().find(|size| file.set_len(*size).is_ok()).unwrap();
    assert!(size >= 1 << 40);
    let report = scan(&ground, 30);
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

/// Thirty thousand different tokens in one document: the most are counted, none makes the next one dearer.
#[test]
fn a_flood_of_tokens() {
    let ground = Ground::new();
    let tokens: Vec<String> = (0..30_000).map(|n| token(&n.to_string())).collect();
    let entries: Vec<String> = tokens
        .iter()
        .enumerate()
        .map(|(n, t)| format!(r#""{n}": {{"command": "x", "env": {{"K": "{t}"}}}}"#))
        .collect();
    ground.file("t/.mcp.json", format!(r#"{{"mcpServers": {{{}}}}}"#, entries.join(",")));
    ground.file("t/loose.txt", tokens.join("\n").repeat(4));
    let report = scan(&ground, 100);
    assert!(report["findings"].as_array().unwrap().len() <= 2000);
    assert!(report["scan"]["truncated"].as_u64().unwrap() > 100_000 && report["scan"]["complete"] == false);
}

/// An ignore file may hide what it likes, but not take the scanner's memory.
#[test]
fn an_enormous_ignore_file_is_not_obeyed() {
    let ground = Ground::new();
    ground.file("t/a.txt", token("ignored"));
    ground.file("t/.caulkignore", "**/{a,b}*?[x-z]/**/c*\n".repeat(200_000) + "*\n");
    let report = scan(&ground, 30);
    assert!(error_of(&report, ".caulkignore").is_some());
    ground.file("t/.caulkignore", "**/{a,b}*?[x-z]/**/c*\n".repeat(1000));
    scan(&ground, 30);
    ground.file("t/.caulkignore", "[z-a\n{{{\n*\n");
    ground.run(&["scan", "t"]).ends_with(0);
}

/// Keywords, quotes and escapes without end, as slow as they can be made.
#[test]
fn hostile_repetition_costs_its_length() {
    let ground = Ground::new();
    let size = 1 << 17;
    let fill = |piece: &str| piece.repeat(size / piece.len());
    for (n, piece) in [
        "ghp_",
        "AKIA",
        "eyJ",
        "https://",
        "://x:",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "sk-ant-api03-",
        "password=",
        "Authorization: Bearer ",
        "\"\\\"",
        "a:",
        "%",
        "\\u0041",
        "$(",
        "<<E\n",
        "-u a:",
        "glpat-",
        "xoxb-",
        "AccountKey=",
    ]
    .iter()
    .enumerate()
    {
        for name in ["a.txt", ".zshrc", ".bash_history", "mcp.json", ".env", ".npmrc"] {
            ground.file(&format!("t/{n}/{name}"), fill(piece));
        }
    }
    ground.file("t/a.txt", token("end"));
    let ran = ground.run(&["scan", "t", "--format", "json"]).ends_with(1);
    ran.json();
    assert!(ran.peak < MOST_KIB, "{} KiB", ran.peak);
}

/// Standard input without end: memory stays where it was, and Ctrl-C ends it.
#[test]
fn an_endless_stream() {
    for block in
        [format!("{}\n", "a line of text ".repeat(5000)), (0..2000).map(|n| token(&n.to_string()) + "\n").collect()]
    {
        let ground = Ground::new();
        let mut child = ground.command(&["scan", "-", "--format", "json"]).stdin(Stdio::piped()).spawn().unwrap();
        wait_until_handled(child.id());
        let pid = rustix::process::Pid::from_child(&child);
        let fed = feed(&mut child, block.into_bytes(), u64::MAX);
        std::thread::sleep(Duration::from_secs(4));
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let ran = finish(child).ends_with(130);
        assert!(ran.peak < MOST_KIB, "{} KiB", ran.peak);
        assert!(ran.json()["scan"]["complete"] == false);
        assert!(fed.join().unwrap() > 256 << 10);
    }
}
