//! What goes wrong around a fix: no keychain, a file that cannot be written, a full disk, another caulk,
//! an editor. Nothing is lost, nothing is half done, and the status says so.

use super::place::{Place, Run};
use super::terminal::Terminal;
use super::values::token;
use crate::common::desk::skipped;
use crate::common::secret_service::SecretService;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PROMPT: &str = "[y/N]";

fn npmrc(secrets: &[String]) -> String {
    let line = |(n, secret): (usize, &String)| format!("//npm{n}.example.com/:_authToken={secret}\n");
    secrets.iter().enumerate().map(line).collect()
}

/// A user with `count` tokens in `.npmrc`.
fn user(service: SecretService, seed: &str, count: usize) -> (Place, Vec<String>) {
    let place = Place::with(service);
    let secrets: Vec<String> = (0..count).map(|n| token(&format!("{seed}{n}"))).collect();
    place.put(".npmrc", npmrc(&secrets), 0o600);
    (place, secrets)
}

/// Each secret is in its file or in the keychain.
#[track_caller]
fn none_lost(place: &Place, secrets: &[String]) {
    let (kept, file) = (place.keychain(), place.text(".npmrc"));
    for (number, secret) in secrets.iter().enumerate() {
        assert!(kept.contains(secret) || file.contains(secret), "secret {number} is lost");
    }
}

fn root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn without_a_keychain_nothing_is_touched() {
    let (place, _) = user(SecretService::without_service(), "absent", 2);
    let before = place.photos();
    place.fix().ends_with(4);
    place.same(&before, "a fix without a keychain");
    place.run(&["undo", "--yes"]).ends_with(0).says("Nothing to take back");
}

#[test]
fn with_a_locked_keychain_nothing_is_touched() {
    let (mut place, secrets) = user(SecretService::start(), "locked", 2);
    let before = place.photos();
    place.service.lock();
    place.fix().ends_with(4);
    place.same(&before, "a fix with a locked keychain");
    place.service.unlock();
    place.seal(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    let sealed = place.photos();
    place.service.lock();
    place.undo().ends_with(4);
    place.same(&sealed, "an undo with a locked keychain");
    place.service.unlock();
    place.unseal(&before);
}

#[test]
fn a_keychain_that_goes_while_the_question_stands_is_no_loss() {
    let (mut place, _) = user(SecretService::start(), "question", 2);
    let before = place.photos();
    let mut terminal = Terminal::start(&place, "fix");
    terminal.waits_for(PROMPT);
    place.service.kill();
    terminal.types("y\n");
    terminal.end().ends_with(4);
    place.same(&before, "a fix whose keychain went away");
}

#[test]
fn a_keychain_that_dies_midway_is_no_loss() {
    let (mut place, secrets) = user(SecretService::start(), "midway", 12);
    let before = place.photos();
    let mut stopped = 0;
    for wanted in [1, 4, 8, 11] {
        let mut fix = place.caulk(&["fix", "--all", "--yes", "--format", "json"]);
        let fix = fix.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // As soon as so many files are sealed: some secrets are moved then, and others not.
        let sealed = || {
            let all = walkdir::WalkDir::new(place.path(".local/state/caulk/fix"));
            all.into_iter().flatten().filter(|e| e.path().extension().is_some_and(|e| e == "sealed")).count()
        };
        let begun = std::time::Instant::now();
        while sealed() < wanted && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        place.service.kill();
        let run = Run::of(fix.wait_with_output().unwrap());
        place.service.restart();
        none_lost(&place, &secrets);
        if run.code == Some(0) {
            assert!(!secrets.iter().any(|secret| place.text(".npmrc").contains(secret)), "{}", run.out);
        } else {
            stopped += 1;
        }
        place.seal(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        place.unseal(&before);
    }
    assert!(stopped > 0, "no fix was stopped by it");
}

/// What a keychain leaves that dies between making an item and filling it.
#[test]
fn an_item_without_a_value_is_in_nobodys_way() {
    let (place, secrets) = user(SecretService::start(), "unfilled", 1);
    let before = place.photos();
    let name = place.run(&["fix", "--dry-run", "--format", "json"]).json()["steps"][0]["vault_name"].clone();
    let words = ["store", "--label", "x", "service", "caulk", "username", name.as_str().unwrap()];
    place.service.secret_tool(&words, b"");
    place.seal(&[&secrets[0]]);
    place.unseal(&before);
}

#[test]
fn without_a_yes_nothing_is_done() {
    let (place, secrets) = user(SecretService::start(), "unanswered", 1);
    let before = place.photos();
    place.run(&["fix"]).ends_with(2).says("--yes");
    for answer in ["n\n", "\n", "maybe\n"] {
        let mut terminal = Terminal::start(&place, "fix");
        terminal.waits_for(PROMPT);
        terminal.types(answer);
        let run = terminal.end().ends_with(1);
        assert!(!run.out.contains(&secrets[0]), "the plan shows the secret: {}", run.out);
        place.same(&before, "an answer that is no yes");
    }
    let mut terminal = Terminal::start(&place, "fix");
    terminal.waits_for(PROMPT);
    terminal.types("\x03");
    terminal.end().ends_with(130);
    place.same(&before, "an interrupt at the question");
    place.bare();
    place.run(&["fix", "--dry-run"]).ends_with(0);
    place.same(&before, "a dry run");
    let mut terminal = Terminal::start(&place, "fix");
    terminal.waits_for(PROMPT);
    terminal.types("y\n");
    terminal.end().ends_with(0);
    place.run(&["undo"]).ends_with(2).says("--yes");
    let mut terminal = Terminal::start(&place, "undo");
    terminal.waits_for(PROMPT);
    terminal.types("y\n");
    terminal.end().ends_with(0);
    place.same(&before, "undo");
    place.bare();
}

#[test]
fn an_edit_while_the_question_stands_is_kept() {
    let (place, secrets) = user(SecretService::start(), "edited", 1);
    let other = token("edited-other");
    let config = serde_json::json!({"mcpServers": {"a": {"command": "a", "args": [], "env": {"A_TOKEN": other}}}});
    place.put(".cursor/mcp.json", config.to_string(), 0o600);
    let mut terminal = Terminal::start(&place, "fix --format json");
    terminal.waits_for(PROMPT);
    let edited = format!("fund=false\n{}", npmrc(&secrets));
    place.put(".npmrc", &edited, 0o600);
    terminal.types("y\n");
    terminal.end().ends_with(1).says("changed since the scan");
    assert_eq!(place.text(".npmrc"), edited);
    // The other file was as it was planned, and is done.
    assert!(!place.text(".cursor/mcp.json").contains(&other));
    place.seal(&[&secrets[0], &other]);
    assert_eq!(place.text(".npmrc"), "fund=false\n");
    place.undo().ends_with(0);
    assert_eq!((place.text(".npmrc"), place.text(".cursor/mcp.json")), (edited, config.to_string()));
}

#[test]
fn an_edit_after_the_fix_is_kept_by_undo() {
    let (place, secrets) = user(SecretService::start(), "later", 2);
    place.put(".npmrc", format!("a=1\n{}b=2\n", npmrc(&secrets)), 0o600);
    place.seal(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(place.text(".npmrc"), "a=1\nb=2\n");
    place.put(".npmrc", "; a comment\na=1\nb=2\nc=3\n", 0o600);
    place.undo().ends_with(0);
    assert_eq!(place.text(".npmrc"), format!("; a comment\na=1\n{}b=2\nc=3\n", npmrc(&secrets)));
    place.bare();
}

#[test]
fn a_value_put_back_by_hand_is_not_put_back_twice() {
    let (place, secrets) = user(SecretService::start(), "by-hand", 2);
    place.seal(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
    let text = format!("; mine\n{}fund=false\n", npmrc(&secrets));
    place.put(".npmrc", &text, 0o600);
    place.undo().ends_with(0);
    assert_eq!(place.text(".npmrc"), text);
    place.bare();
}

/// What cannot be looked at is not nothing.
#[test]
fn runs_that_cannot_be_seen_are_no_success() {
    let (place, secrets) = user(SecretService::start(), "unseen", 1);
    let before = place.photos();
    place.seal(&[&secrets[0]]);
    let fixes = std::fs::read_dir(place.state().join("fix")).unwrap();
    let run = fixes.map(|entry| entry.unwrap().path()).find(|path| path.is_dir()).unwrap();
    let journal = run.join("journal.json");
    let text = std::fs::read(&journal).unwrap();
    std::fs::write(&journal, "{").unwrap();
    place.undo().ends_with(1).says("is no journal");
    std::fs::write(&journal, text).unwrap();
    place.unseal(&before);
}

#[test]
fn one_fix_at_a_time() {
    let (place, secrets) = user(SecretService::start(), "two", 3);
    let before = place.photos();
    let mut terminal = Terminal::start(&place, "fix");
    terminal.waits_for(PROMPT);
    place.fix().ends_with(2).says("another caulk");
    place.undo().ends_with(2).says("another caulk");
    terminal.types("y\n");
    terminal.end().ends_with(0);
    place.unseal(&before);
    // Two that start together: the second waits for its turn and finds nothing to do, or says that it may not.
    let start = || {
        let mut fix = place.caulk(&["fix", "--all", "--yes", "--format", "json"]);
        fix.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(), start()].map(|child| Run::of(child.wait_with_output().unwrap()));
    let won = both.iter().filter(|run| run.code == Some(0) && run.json()["summary"]["done"] == 3).count();
    assert_eq!(won, 1, "{} {}", both[0].out, both[1].out);
    for run in both.into_iter().filter(|run| run.code != Some(0)) {
        run.ends_with(2).says("another caulk");
    }
    none_lost(&place, &secrets);
    place.unseal(&before);
}

#[test]
fn a_read_only_file_system_is_left_out() {
    if !root() {
        return skipped("mounts need root");
    }
    let (place, _) = user(SecretService::start(), "read-only", 1);
    let secret = token("read-only-project");
    place.put("work/app/package.json", "{}\n", 0o644);
    place.put("work/app/.npmrc", format!("//npm.example.org/:_authToken={secret}\n"), 0o644);
    let before = place.photos();
    let folder = place.path("work/app");
    let script = format!("mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec \"$@\"", folder.display());
    let mut command = place.command("unshare");
    command.args(["--mount", "sh", "-c", &script, "sh", env!("CARGO_BIN_EXE_caulk")]);
    let run = Run::of(command.args(["fix", "--all", "--yes", "--format", "json"]).output().unwrap());
    let report = run.ends_with(1).says("read-only").json();
    assert_eq!((&report["summary"]["done"], &report["summary"]["skipped"]), (&1.into(), &1.into()), "{report:#}");
    assert!(place.text("work/app/.npmrc").contains(&secret) && place.text(".npmrc").is_empty());
    place.unseal(&before);
}

/// A small disk that is there as long as this.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, size: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=0700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).status().unwrap();
        assert!(mount.success());
        Self(at.to_owned())
    }

    fn grow(&self) {
        assert!(Command::new("mount").args(["-o", "remount,size=16m"]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_a_fix_before_it_begins() {
    if !root() {
        return skipped("mounts need root");
    }
    let (place, secrets) = user(SecretService::start(), "full-state", 4);
    let before = place.photos();
    for size in ["4k", "8k", "12k", "16k", "24k", "32k"] {
        let disk = Disk::mount(&place.state(), size);
        let run = place.fix();
        none_lost(&place, &secrets);
        if run.code == Some(0) {
            assert!(!place.text(".npmrc").contains(&secrets[0]), "{size}: {}", run.out);
        }
        disk.grow();
        place.seal(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        place.unseal(&before);
    }
}

#[test]
fn a_full_disk_under_a_file_leaves_the_file_whole() {
    if !root() {
        return skipped("mounts need root");
    }
    let (place, _) = user(SecretService::start(), "full-home", 1);
    let secret = token("full-home-mcp");
    let disk = Disk::mount(&place.path(".cursor"), "128k");
    let padding = "x ".repeat(50_000);
    let config = serde_json::json!({
        "note": padding, "mcpServers": {"a": {"command": "a", "args": [], "env": {"A_TOKEN": secret}}}
    });
    place.put(".cursor/mcp.json", config.to_string(), 0o600);
    let before = place.photos();
    let report = place.fix().ends_with(1).json();
    assert_eq!(report["summary"]["done"], 1, "{report:#}");
    assert_eq!(place.text(".cursor/mcp.json"), config.to_string());
    assert!(!place.keychain().contains(&secret), "what was not moved is not kept: {report:#}");
    disk.grow();
    place.seal(&[&secret]);
    place.unseal(&before);
}
