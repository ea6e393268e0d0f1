//! `scan --staged`, through the real binary, on repositories that the real git makes.
#![cfg(unix)]

use crate::common::program;
use caulk::rules::template;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A home with a repository in it.
struct Ground(tempfile::TempDir);

/// What a run came to.
struct Run {
    status: i32,
    report: Value,
    complaint: String,
}

impl Ground {
    fn new() -> Self {
        let ground = Self::bare();
        ground.git(&["init", "-q", "-b", "main"]);
        ground
    }

    /// No repository yet.
    fn bare() -> Self {
        let ground = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(ground.path("repo")).unwrap();
        ground
    }

    /// One with a commit.
    fn committed() -> Self {
        let ground = Self::new();
        ground.write("readme", "hello\n").git(&["add", "."]).git(&["commit", "-qm", "first"]);
        ground
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(name)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path("repo").join(name)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let file = self.file(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self
    }

    /// Writes a file with a token of its own in its second line.
    fn plant(&self, name: &str) -> &Self {
        self.write(name, &format!("first\ntoken: {}\n", token(name)))
    }

    fn git_at(&self, folder: &Path, arguments: &[&str]) -> Output {
        let mut command = Command::new("git");
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.0.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        command.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        command.output().unwrap()
    }

    fn git(&self, arguments: &[&str]) -> &Self {
        let output = self.git_at(&self.path("repo"), arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        self
    }

    fn stage(&self, name: &str) -> &Self {
        self.git(&["add", name])
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = program::caulk(self.0.path());
        command.args(["scan", "--staged", "--format", "json"]).args(arguments).current_dir(self.file(folder));
        let output = command.output().unwrap();
        Run {
            status: output.status.code().unwrap(),
            report: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            complaint: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn run(&self) -> Run {
        self.run_in("", &[])
    }

    /// The object of a staged file, loose.
    fn object(&self, name: &str) -> PathBuf {
        let output = self.git_at(&self.path("repo"), &["rev-parse", &format!(":{name}")]).stdout;
        let digits = String::from_utf8(output).unwrap();
        self.file(".git/objects").join(&digits[..2]).join(digits[2..].trim())
    }
}

impl Run {
    fn list(&self, of: &str) -> Vec<Value> {
        self.report[of].as_array().unwrap_or_else(|| panic!("{}", self.complaint)).clone()
    }

    /// The files of the credentials.
    fn files(&self) -> Vec<String> {
        let name =
            |found: &Value| found["location"]["path"].as_str().unwrap().rsplit_once("/repo/").unwrap().1.to_owned();
        self.list("findings").iter().map(name).collect()
    }

    /// Nothing was found and everything was read.
    fn assert_clean(&self) {
        assert_eq!((self.status, self.files()), (0, Vec::new()), "{}", self.report["errors"]);
        assert_eq!(self.report["scan"]["complete"], true);
    }

    /// Nothing was found, and something could not be read, with this in the reason.
    fn assert_unread(&self, reason: &str) {
        assert_eq!(self.status, 3, "{} {}", self.report["errors"], self.complaint);
        assert_eq!(self.report["scan"]["complete"], false);
        assert!(
            self.list("errors").iter().any(|e| e["reason"].as_str().unwrap().contains(reason)),
            "{}",
            self.report["errors"]
        );
    }
}

fn token(seed: &str) -> String {
    String::from_utf8(template::expand("ghp_<(><an:30><crc62>", seed)).unwrap()
}

#[test]
fn a_staged_secret_is_found_where_scan_path_would_find_it() {
    let ground = Ground::committed();
    ground.plant("src/config.yml").stage("src/config.yml");
    let run = ground.run();
    assert_eq!((run.status, run.files()), (1, vec!["src/config.yml".to_owned()]));
    let found = &run.list("findings")[0];
    assert_eq!(found["location"]["path"], ground.file("src/config.yml").to_str().unwrap());
    assert_eq!((&found["location"]["line"], &found["location"]["column"]), (&2.into(), &8.into()));
    assert_eq!((&run.report["scan"]["mode"], &run.report["scan"]["complete"]), (&"path".into(), &true.into()));
    assert_eq!(found["exposure"]["git"], "tracked");
    // The same id, so that what is allowed or explained by it is the same thing.
    let output = program::caulk(ground.0.path()).args(["scan", "--format", "json"]).arg(ground.file("src")).output();
    let tree: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(tree["findings"][0]["id"], found["id"]);
    assert_eq!(tree["findings"][0]["secret"]["fingerprint"], found["secret"]["fingerprint"]);
}

#[test]
fn a_surface_is_told_by_the_files_place() {
    let ground = Ground::committed();
    let value = String::from_utf8(template::expand("<an:40>", "npm")).unwrap();
    ground.write("dot/.npmrc", &format!("//npm.example.com/:_authToken={value}\n")).stage(".");
    assert_eq!(ground.run().list("findings")[0]["surface"], "npm.npmrc");
}

#[test]
fn what_is_not_staged_is_not_reported() {
    let ground = Ground::committed();
    ground.plant("committed").stage(".").git(&["commit", "-qm", "second"]);
    ground.plant("loose").plant("unstaged").plant("taken back").stage("taken back");
    ground.git(&["rm", "-q", "--cached", "taken back"]).git(&["mv", "committed", "moved"]).git(&[
        "mv",
        "moved",
        "committed",
    ]);
    ground.run().assert_clean();
    // A deletion brings nothing.
    ground.git(&["rm", "-q", "committed"]).run().assert_clean();
}

#[test]
fn the_staged_content_counts_and_not_the_work_trees() {
    let ground = Ground::committed();
    ground.plant("gone").plant("cleaned").write("dirtied", "nothing\n").stage(".");
    std::fs::remove_file(ground.file("gone")).unwrap();
    ground.write("cleaned", "nothing\n").plant("dirtied");
    assert_eq!(ground.run().files(), ["cleaned", "gone"]);
}

#[test]
fn before_the_first_commit_all_of_the_index_is_staged() {
    let ground = Ground::new();
    ground.run().assert_clean();
    ground.plant("a").stage("a");
    assert_eq!(ground.run().files(), ["a"]);
}

#[test]
fn packed_objects_and_references_are_read() {
    let ground = Ground::committed();
    ground.plant("old").stage(".").git(&["commit", "-qm", "second"]).git(&["gc", "-q"]);
    ground.plant("sub/new").stage(".");
    assert_eq!(ground.run().files(), ["sub/new"]);
    // Deltas: two long files that differ in a line.
    let body: String = (0..2000).map(|n| format!("line {n}\n")).collect();
    ground.write("long one", &body).write("long two", &format!("{body}token: {}\n", token("delta"))).stage(".");
    ground.git(&["repack", "-adq", "--depth=50", "--window=50"]).git(&["prune-packed"]);
    let loose = ground.object("long two");
    assert!(!loose.exists(), "the staged object should be in the pack");
    assert_eq!(ground.run().files(), ["long two", "sub/new"]);
}

#[test]
fn a_sub_folder_or_file_limits_what_is_looked_at() {
    let ground = Ground::committed();
    ground.plant("top").plant("sub/in").plant("sub/er/in").plant("subway/in").stage(".");
    assert_eq!(ground.run_in("sub", &[]).files(), ["sub/er/in", "sub/in"]);
    assert_eq!(ground.run_in("", &["sub/er", "top"]).files(), ["sub/er/in", "top"]);
    assert_eq!(ground.run_in("", &["sub", "--exclude", "er/**"]).files(), ["sub/in"]);
    assert_eq!(ground.run_in("", &["--max-file-size", "10"]).files(), [""; 0]);
    assert_eq!(ground.run_in("", &["--only", "npm-*"]).files(), [""; 0]);
}

#[test]
fn a_linked_work_tree_has_an_index_and_a_head_of_its_own() {
    let ground = Ground::committed();
    ground.git(&["worktree", "add", "-q", "../other/repo", "-b", "side"]);
    let other = ground.path("other/repo");
    std::fs::write(other.join("new"), format!("{}\n", token("linked"))).unwrap();
    assert!(ground.git_at(&other, &["add", "new"]).status.success());
    ground.run().assert_clean();
    assert_eq!(ground.run_in("../other/repo", &[]).files(), ["new"]);
}

#[test]
fn objects_named_by_sha256_and_alternates_are_read() {
    let ground = Ground::bare();
    if !ground.git_at(&ground.path("repo"), &["init", "-q", "--object-format=sha256"]).status.success() {
        return;
    }
    ground.plant("old").stage(".").git(&["commit", "-qm", "first"]).plant("new").stage(".");
    assert_eq!(ground.run().files(), ["new"]);

    let ground = Ground::committed();
    ground.plant("old").stage(".").git(&["commit", "-qm", "second"]);
    ground.git(&["clone", "-q", "--shared", ".", "../clone/repo"]);
    ground.run_in("../clone/repo", &[]).assert_clean();
}

#[test]
fn what_cannot_be_read_is_told_and_makes_the_scan_incomplete() {
    let ground = Ground::committed();
    ground.plant("a").plant("b").stage(".");
    let (object, other) = (ground.object("a"), ground.object("b"));
    let set = |path: &Path, bytes: &[u8]| {
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let whole = std::fs::read(&object).unwrap();
    let elsewhere = std::fs::read(&other).unwrap();
    for damaged in [&b""[..], b"not zlib", &whole[..whole.len() / 2], &elsewhere] {
        set(&object, damaged);
        let run = ground.run();
        assert_eq!((run.status, run.files()), (1, vec!["b".to_owned()]));
        assert_eq!(run.report["scan"]["complete"], false);
        assert_eq!(run.list("errors")[0]["path"], ground.file("a").to_str().unwrap());
    }
    std::fs::remove_file(&object).unwrap();
    std::fs::remove_file(&other).unwrap();
    ground.run().assert_unread("missing");
    // Opening it would wait for ever.
    assert!(std::process::Command::new("mkfifo").arg(&object).status().unwrap().success());
    ground.run().assert_unread("not a regular file");
}

#[test]
fn a_damaged_head_hides_nothing() {
    let ground = Ground::committed();
    ground.plant("old").stage(".").git(&["commit", "-qm", "second"]);
    std::fs::remove_dir_all(ground.file(".git/objects/pack")).unwrap();
    let head = String::from_utf8(ground.git_at(&ground.path("repo"), &["rev-parse", "HEAD^{tree}"]).stdout).unwrap();
    std::fs::remove_file(ground.file(".git/objects").join(&head[..2]).join(head[2..].trim())).unwrap();
    let run = ground.run();
    assert_eq!((run.status, run.files()), (1, vec!["old".to_owned()]));
    assert_eq!(run.report["scan"]["complete"], false);
}

#[test]
fn a_damaged_index_is_told() {
    let ground = Ground::committed();
    ground.plant("a").stage(".");
    let index = ground.file(".git/index");
    let whole = std::fs::read(&index).unwrap();
    for damaged in [&b"DIRC"[..], b"garbage, and more of it", b""] {
        std::fs::write(&index, damaged).unwrap();
        let run = ground.run();
        run.assert_unread("malformed");
        assert_eq!(run.list("errors")[0]["path"], index.to_str().unwrap());
    }
    for cut in (0..whole.len()).step_by(7) {
        std::fs::write(&index, &whole[..cut]).unwrap();
        let run = ground.run_in("", &["--no-progress"]);
        assert!(matches!(run.status, 1 | 3), "{cut}: {}", run.complaint);
        // Where nothing but the checksum is short, all entries are there.
        assert!(run.report["scan"]["complete"] == false || run.files() == ["a"], "{cut}");
    }
    // A path out of the work tree is none of it.
    let at = whole.windows(6).position(|bytes| bytes == b"readme").unwrap();
    let mut moved = whole;
    moved[at..at + 6].copy_from_slice(b"../../");
    std::fs::write(&index, moved).unwrap();
    let run = ground.run();
    assert_eq!(run.files(), ["a"]);
    assert_eq!(run.report["scan"]["complete"], false);
}

#[test]
fn what_is_no_file_with_content_is_left_alone() {
    let ground = Ground::committed();
    ground.plant("later").git(&["add", "-N", "later"]);
    std::os::unix::fs::symlink("readme", ground.file("link")).unwrap();
    ground.git(&["init", "-q", "inner"]);
    ground.write("inner/x", "x\n");
    assert!(ground.git_at(&ground.file("inner"), &["add", "."]).status.success());
    assert!(ground.git_at(&ground.file("inner"), &["commit", "-qm", "x"]).status.success());
    ground.stage("link").stage("inner").run().assert_clean();
}

#[test]
fn the_sides_of_a_conflict_are_looked_at() {
    let ground = Ground::committed();
    ground.git(&["checkout", "-qb", "side"]).plant("readme").git(&["commit", "-qam", "theirs"]);
    ground.git(&["checkout", "-q", "main"]).write("readme", "ours\n").git(&["commit", "-qam", "ours"]);
    assert!(!ground.git_at(&ground.path("repo"), &["merge", "side"]).status.success());
    assert_eq!(ground.run().files(), ["readme"]);
}

#[test]
fn a_comment_and_an_ignore_file_allow() {
    let ground = Ground::committed();
    ground.write("noted", &format!("{} # caulk:allow made up\n", token("noted"))).plant("skipped/deep/file");
    ground.write(".caulkignore", "skipped/\n").stage(".");
    // What is staged counts: a comment that is only in the work tree allows nothing.
    ground.plant("late").stage(".").write("late", &format!("first\ntoken: {} # caulk:allow\n", token("late")));
    let run = ground.run();
    assert_eq!(run.files(), ["late"]);
    assert_eq!(run.report["summary"]["suppressed"], 1);
    assert!(run.report["scan"]["steered_by"][0]["path"].as_str().unwrap().ends_with("/repo/.caulkignore"));
}

#[test]
fn outside_of_a_work_tree_the_call_is_wrong() {
    let ground = Ground::bare();
    let run = ground.run();
    assert_eq!(run.status, 2);
    assert!(run.complaint.contains("not in a git work tree"), "{}", run.complaint);
    ground.git(&["init", "-q", "--bare", "bare"]);
    assert_eq!(ground.run_in("bare", &[]).status, 2);
    assert_eq!(ground.run_in("bare/refs", &[]).status, 2);
    ground.git(&["init", "-q"]);
    assert_eq!(ground.run_in(".git", &[]).status, 2);
    assert_eq!(ground.run_in("", &["-"]).status, 2);
    ground.run_in("", &["bare/.."]).assert_clean();
}

#[test]
fn the_index_of_a_running_commit_is_the_one_that_counts() {
    let ground = Ground::committed();
    let hook = ground.file(".git/hooks/pre-commit");
    let script = format!("#!/bin/sh\nexec '{}' scan --staged --quiet\n", env!("CARGO_BIN_EXE_caulk"));
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let commits = |arguments: &[&str]| ground.git_at(&ground.path("repo"), arguments).status.success();
    ground.write("readme", "more\n");
    assert!(commits(&["commit", "-qam", "clean"]));
    ground.plant("readme");
    // `-a` and a named file are staged in an index of that commit's own.
    assert!(!commits(&["commit", "-qam", "leaks"]));
    assert!(!commits(&["commit", "-qm", "leaks", "readme"]));
    // An index from anywhere else is not.
    ground.stage("readme");
    std::fs::write(ground.path("index"), "").unwrap();
    let mut command = program::caulk(ground.0.path());
    command.args(["scan", "--staged"]).current_dir(ground.path("repo")).env("GIT_INDEX_FILE", ground.path("index"));
    assert_eq!(command.output().unwrap().status.code(), Some(1));
}

#[test]
fn the_repositorys_settings_have_no_say() {
    let ground = Ground::committed();
    ground.plant("a").write(".gitattributes", "a filter=x diff=x -text\n").stage(".");
    for (key, value) in [
        ("core.worktree", "/nonexistent"),
        ("core.bare", "true"),
        ("core.fsmonitor", "touch marker"),
        ("filter.x.smudge", "touch marker"),
        ("diff.x.textconv", "touch marker"),
        ("include.path", "/dev/zero"),
    ] {
        let line = format!(
            "[{}]\n\t{} = {value}\n",
            key.rsplit_once('.').unwrap().0.replacen('.', " \"", 1)
                + if key.matches('.').count() == 2 { "\"" } else { "" },
            key.rsplit_once('.').unwrap().1
        );
        let config = ground.file(".git/config");
        let before = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("{before}{line}")).unwrap();
    }
    assert_eq!(ground.run().files(), ["a"]);
    assert!(!ground.file("marker").exists());
}

#[test]
fn a_plan_lists_what_is_staged_and_a_split_index_is_told() {
    let ground = Ground::committed();
    ground.plant("a").plant("b").stage("a");
    let run = ground.run_in("", &["--plan"]);
    let text = run.report.to_string();
    assert!(run.status == 0 && text.contains("/repo/a") && !text.contains("/repo/b"), "{text}{}", run.complaint);
    ground.git(&["update-index", "--split-index"]);
    ground.run().assert_unread("split");
}
