//! Wrong calls: one line that names the thing and the nearest right one, status 2, nothing written.

use super::*;

#[track_caller]
fn refused(ground: &Ground, args: &[&str], words: &[&str]) {
    let ran = ground.run(args).ends_with(2);
    assert!(ran.out.is_empty(), "{args:?}");
    assert!(ran.err.starts_with("caulk: ") && ran.err.lines().count() == 1, "{args:?}: {}", ran.err);
    for word in words {
        assert!(ran.err.contains(word), "{args:?}: no `{word}` in {}", ran.err);
    }
}

#[test]
fn each_wrong_call_is_one_line() {
    let ground = Ground::new();
    ground.file("proj/a.txt", "x");
    let config = |text: &str| ground.file("c.toml", text).to_str().unwrap().to_owned();
    refused(&ground, &["scan", "porj"], &["porj", "`proj`"]);
    refused(&ground, &["scan", "proj/a.txt/b"], &["proj/a.txt/b"]);
    refused(&ground, &["scan", ""], &["needs a value"]);
    refused(&ground, &["scan", "--home", "proj/a.txt"], &["proj/a.txt", "not a folder"]);
    refused(&ground, &["scan", "proj", "--format", "jsn"], &["jsn", "`json`"]);
    refused(&ground, &["scan", "proj", "--fail-on", "hihg"], &["hihg", "`high`"]);
    refused(&ground, &["scna"], &["scna", "`scan`"]);
    refused(&ground, &["scan", "--fial-on", "high"], &["--fial-on", "`--fail-on`"]);
    refused(&ground, &["scan", "proj", "--jobs", "100000"], &["--jobs"]);
    refused(&ground, &["scan", "proj", "--max-file-size", "lots"], &["--max-file-size"]);
    refused(&ground, &["scan", "proj", "--exclude", "a{b"], &["--exclude"]);
    refused(&ground, &["scan", "proj", "-"], &["standard input"]);
    let file = config("[scan]\nfial-on = \"high\"\n");
    refused(&ground, &["scan", "proj", "--config", &file], &["c.toml:2", "`fial-on`", "`fail-on`"]);
    let file = config(&format!("{}\n", "[".repeat(200_000)));
    refused(&ground, &["scan", "proj", "--config", &file], &["c.toml:1"]);
    let file = config(&format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)));
    refused(&ground, &["scan", "proj", "--config", &file], &["c.toml:1"]);
    let file = config(&"x".repeat(6 << 20));
    refused(&ground, &["scan", "proj", "--config", &file], &["c.toml", "larger"]);
    refused(&ground, &["scan", "proj", "--config", "proj"], &["proj"]);
}

const RULE_HEAD: &str = "schema = 1\n[vendor]\nid = \"mine\"\nname = \"Mine\"\n";
const RULE: &str = "[[rule]]\nid = \"mine-key\"\ntitle = \"Mine\"\nseverity = \"high\"\nimpact = \"Does all.\"\n\
    revoke = \"https://example.org\"\n";

#[test]
fn a_wrong_rule_file_is_one_line() {
    let ground = Ground::new();
    ground.file("proj/a.txt", "x");
    let with = |rest: &str| ground.file("r.toml", format!("{RULE_HEAD}{RULE}{rest}")).to_str().unwrap().to_owned();
    for rest in [
        "keywords = [\"mine_\"]\npattern = \"mine_[a-z\"\n".to_owned(),
        "keywords = [\"mine_\"]\npattern = \"(?<=mine_)x\"\n".to_owned(),
        format!("keywords = [\"mine_\"]\npattern = \"mine_{}\"\n", "(a{1000}){1000}".repeat(3)),
        format!("keywords = [\"mine_\"]\npattern = \"mine_{}\"\n", "(".repeat(100_000)),
        format!("keywords = [\"mine_\"]\npattern = \"mine_{}\"\n", "x".repeat(1 << 20)),
        "keywords = []\npattern = \".*\"\n".to_owned(),
    ] {
        let file = with(&rest);
        refused(&ground, &["scan", "proj", "--rules", &file], &["r.toml"]);
        let ran = ground.run(&["rules", "test", &file]).ends_with(1);
        assert!(ran.out.len() + ran.err.len() < 4096, "a message that quotes a pattern whole");
    }
    let rule = format!("{RULE}keywords = [\"mine_\"]\npattern = \"mine_[a-z]{{20}}\"\nmatches = [\"mine_<a-z:20>\"]\n");
    let double = ground.file("d.toml", format!("{RULE_HEAD}{rule}{rule}")).to_str().unwrap().to_owned();
    refused(&ground, &["scan", "proj", "--rules", &double], &["d.toml", "mine-key"]);
    refused(&ground, &["scan", "proj", "--rules", "missing.toml"], &["missing.toml"]);
    refused(&ground, &["scan", "proj", "--rules", "proj"], &["proj", ".toml"]);
    refused(&ground, &["scan", "proj", "--only", "github-pat-clasic"], &["github-pat-clasic", "github-pat-classic"]);
    assert!(!ground.state.path().join("caulk").exists(), "nothing was done");
}

/// Threads that cannot be had: the scan takes longer, and ends.
#[test]
fn without_threads_the_scan_goes_on() {
    let ground = Ground::new();
    ground.file("t/a.txt", token("threads"));
    let ran = ground.run_as_nobody(&["scan", "t", "--jobs", "1024", "--format", "json"]).ends_with(1);
    assert_eq!(paths(&ran.json(), super::RULE).len(), 1);
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/prlimit").exists() {
        println!("skipped: no account of its own to bound");
        return;
    }
    let program = ground.state.path().join("program");
    let mut command = ground.command_of(Path::new("/usr/bin/prlimit"), &["--nproc=1"]);
    command.arg(program).args(["scan", "t", "--format", "json"]);
    let ran = finish(command.uid(NOBODY).gid(NOBODY).spawn().unwrap()).ends_with(1);
    assert_eq!(paths(&ran.json(), super::RULE).len(), 1);
}
