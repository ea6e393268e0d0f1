//! Files that somebody is working on are left alone, and marks of programs that ended count for nothing.

use super::*;
use caulk::host::surgery::{lock_beside, running};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;

/// The head of a swap file as Vim writes it.
fn vim_swap(pid: u32) -> Vec<u8> {
    let mut head = vec![0; 1024];
    head[..12].copy_from_slice(b"b0VIM 9.0\0\0\0");
    head[24..28].copy_from_slice(&pid.to_le_bytes());
    head
}

/// A process id that no process has.
fn ended() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    let pid = child.id();
    child.wait().unwrap();
    pid
}

fn in_use(path: &Path) -> bool {
    matches!(open(path), Err(Refusal::InUse(_)))
}

#[test]
fn a_file_that_an_editor_has_open_is_left_alone() {
    let (_guard, dir) = folder();
    let path = dir.join(".npmrc");
    put(&path, "x");
    assert!(!in_use(&path));
    let vim = dir.join("..npmrc.swp");
    put(&vim, vim_swap(std::process::id()));
    assert!(in_use(&path));
    assert!(why(&path).reason().contains("..npmrc.swp"), "{}", why(&path));
    put(&vim, vim_swap(ended()));
    assert!(!in_use(&path));
    put(&vim, "in no form we know");
    assert!(in_use(&path));
    std::fs::remove_file(&vim).unwrap();

    let emacs = dir.join(".#.npmrc");
    symlink(format!("ada@host.{}:1700000000", std::process::id()), &emacs).unwrap();
    assert_eq!(why(&path), Refusal::InUse("Emacs".into()));
    std::fs::remove_file(&emacs).unwrap();
    symlink(format!("ada@host.{}:1700000000", ended()), &emacs).unwrap();
    assert!(!in_use(&path));

    put(&dir.join("..npmrc.kate-swp"), "");
    assert_eq!(why(&path), Refusal::InUse("Kate".into()));
}

#[test]
fn a_file_that_neovim_has_open_is_left_alone() {
    let (_guard, home) = folder();
    let path = home.join("sub/file");
    std::fs::create_dir_all(home.join("sub")).unwrap();
    std::fs::create_dir_all(home.join(".local/state/nvim/swap")).unwrap();
    put(&path, "x");
    let swap = home.join(".local/state/nvim/swap").join(format!("{}.swp", text(&path).replace('/', "%")));
    put(&swap, vim_swap(std::process::id()));
    assert!(in_use(&path));
    put(&swap, vim_swap(ended()));
    assert!(!in_use(&path));
}

#[test]
fn an_editor_that_comes_between_is_seen() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    let patient = open(&path).unwrap();
    let temporary = patient.temporary().unwrap();
    put(&dir.join(".f.swp"), vim_swap(std::process::id()));
    assert!(matches!(patient.replace(b"new", &temporary), Err(Refusal::InUse(_))));
    assert_eq!(get(&path), b"old");
}

/// A shell that runs `script` with `path` as its argument and says when it is ready.
fn shell(script: &str, path: &Path) -> std::process::Child {
    let script = format!("{script}; echo ready; read end");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg("sh").arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    child
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_a_program_has_open_for_writing_is_left_alone() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    std::fs::hard_link(&path, dir.join("other name")).unwrap();
    for (script, used) in [("exec 5>>\"$1\"", true), ("exec 5<>\"$1\"", true), ("exec 5<\"$1\"", false)] {
        for name in ["f", "other name"] {
            let mut child = shell(script, &dir.join(name));
            assert_eq!(in_use(&path), used, "{script}");
            if used {
                assert!(why(&path).reason().contains(&format!("process {}", child.id())), "{}", why(&path));
            }
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(!in_use(&path));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_runs_is_known_by_its_name_and_its_script() {
    let (_guard, dir) = folder();
    let script = dir.join("caulk-test-script");
    put(&script, "echo ready; read end");
    assert_eq!(running(&["caulk-test-script"]), None);
    let mut command = Command::new("sh");
    let mut child = command.arg(&script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(running(&["no-such-program", "caulk-test-script"]).as_deref(), Some("caulk-test-script"));
    assert_eq!(running(&["caulk-test"]), None);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(running(&["caulk-test-script"]), None);
}

#[test]
fn a_lock_is_as_git_makes_it() {
    let (_guard, dir) = folder();
    let path = dir.join("config");
    let lock = lock_beside(&path, "lock").unwrap();
    assert_eq!(names(&dir), ["config.lock"]);
    assert_eq!(lock_beside(&path, "lock").err(), Some(Refusal::LockHeld("config.lock".into())));
    if run("git", &["--version"]) {
        assert!(!run("git", &["config", "--file", text(&path), "a.b", "c"]), "git heeds our lock");
        drop(lock);
        assert!(run("git", &["config", "--file", text(&path), "a.b", "c"]));
    } else {
        drop(lock);
    }
    assert!(!dir.join("config.lock").exists());
    // Git's own is held however old it is; ours is not when its caulk was killed, before it was marked or after.
    put(&dir.join("config.lock"), "[a]");
    assert!(lock_beside(&path, "lock").is_err());
    put(&dir.join("config.lock"), "");
    drop(lock_beside(&path, "lock").unwrap());
    put(&dir.join("config.lock"), format!("caulk {}", ended()));
    drop(lock_beside(&path, "lock").unwrap());
    assert!(!dir.join("config.lock").exists());
}
