//! `caulk run`, `caulk helper` and `caulk shell-init` as programs: what passes through untouched, and how
//! they end. Nothing here needs a keychain; `tests/handed.rs` has the rest.
#![cfg(unix)]

use crate::common::program::{caulk, listening};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A home with a client of npm that is a shell script: with nothing sealed it just runs.
struct Home(TempDir);

impl Home {
    fn new(script: &str) -> Self {
        let home = Self(TempDir::new().unwrap());
        home.program("npm", script);
        home
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn program(&self, name: &str, script: &str) {
        let folder = self.path().join("bin");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        crate::common::home::set_mode(&folder.join(name), 0o755);
    }

    fn search_path(&self) -> String {
        format!("{}/bin:/usr/bin:/bin", self.path().display())
    }

    fn caulk(&self, arguments: &[&str]) -> Command {
        let mut command = caulk(self.path());
        command.env("PATH", self.search_path()).env("XDG_RUNTIME_DIR", "/nonexistent").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.caulk(arguments).stdin(Stdio::null()).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_status_is_the_commands_own_and_nothing_is_said() {
    for (script, code, signal) in
        [("exit 0", Some(0), None), ("exit 42", Some(42), None), ("kill -9 $$", None, Some(9))]
    {
        let out = Home::new(script).run(&["run", "--", "npm"]);
        assert_eq!((out.status.code(), out.status.signal()), (code, signal), "{script}");
        assert_eq!((text(&out.stdout), text(&out.stderr)), (String::new(), String::new()), "{script}");
    }
}

#[test]
fn what_cannot_be_started_ends_as_in_a_shell() {
    let home = Home::new("");
    let out = home.run(&["run", "--", "bunx"]);
    assert_eq!((out.status.code(), text(&out.stderr)), (Some(127), "caulk: bunx: command not found\n".into()));
    fs::write(home.path().join("bun"), "no program").unwrap();
    for program in [home.path().join("bun"), home.path().join("bin/../bin/pnpm")] {
        let out = home.run(&["run", "--", program.to_str().unwrap()]);
        let expected = if program.ends_with("bun") { 126 } else { 127 };
        assert_eq!(out.status.code(), Some(expected), "{}", text(&out.stderr));
        assert_eq!(text(&out.stderr).lines().count(), 1);
    }
}

#[test]
fn arguments_come_through_word_for_word() {
    let home = Home::new("for word; do printf '<%s>' \"$word\"; done");
    for call in [&["run", "--"][..], &["run"]] {
        let words = ["npm", "a b", "--with", "X=y", "--", "-x", "--help", "", "é"];
        let out = home.run(&[call, &words[..]].concat());
        assert_eq!(text(&out.stdout), "<a b><--with><X=y><--><-x><--help><><é>", "{}", text(&out.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn streams_files_and_signals_are_as_without_caulk() {
    let script = "cat; ls /proc/$$/fd; grep -E 'Sig(Blk|Ign)' /proc/self/status; pwd; umask; echo err >&2";
    let home = Home::new(script);
    let with_input = |mut command: Command| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"in\0put\n").unwrap();
        child.wait_with_output().unwrap()
    };
    let through = with_input(home.caulk(&["run", "--", "npm"]));
    let mut plain = Command::new(home.path().join("bin/npm"));
    plain.current_dir(home.path());
    let plain = with_input(plain);
    assert_eq!(text(&through.stdout), text(&plain.stdout));
    assert!(text(&through.stdout).starts_with("in\0put\n0\n1\n"));
    assert_eq!(text(&through.stderr), "err\n");
}

#[test]
fn signals_reach_the_command_itself() {
    let trap = "trap 'echo got; exit 7' INT TERM HUP; echo $$; while :; do sleep 0.02; done";
    let home = Home::new(trap);
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut command = listening(Path::new(env!("CARGO_BIN_EXE_caulk")));
        command.env_clear().env("HOME", home.path()).env("PATH", home.search_path()).args(["run", "--", "npm"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), child.id().to_string(), "the command has caulk's own number");
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(7), "{signal:?}");
        line.clear();
        out.read_to_string(&mut line).unwrap();
        assert_eq!(line, "got\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_stays_one_and_ctrl_c_gets_through() {
    let home = Home::new(
        "test -t 0 && test -t 1 && test -t 2 && echo terminal; trap 'echo got; exit 7' INT; echo ready; \
         while :; do sleep 0.02; done",
    );
    let call = format!("exec {} run -- npm", env!("CARGO_BIN_EXE_caulk"));
    let mut command = Command::new("script");
    command.args(["-qec", &call, "/dev/null"]).env_clear().env("HOME", home.path()).env("PATH", home.search_path());
    command.env("SHELL", "/bin/sh").stdin(Stdio::piped()).stdout(Stdio::piped());
    // Where `script` is not installed there is no terminal to be had.
    let Ok(mut child) = command.spawn() else { return };
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("ready") {
        assert!(out.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    assert!(seen.contains("terminal"), "{seen}");
    let mut keys = child.stdin.take().unwrap();
    keys.write_all(b"\x03").unwrap();
    out.read_to_string(&mut seen).unwrap();
    assert!(seen.contains("got"), "{seen}");
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn variables_of_an_outer_run_are_taken_away() {
    let home = Home::new("/usr/bin/env");
    let mut command = home.caulk(&["run", "--", "npm"]);
    command.env("CAULK_INJECTED", "A_TOKEN npm_config_//n.test/:_authToken").env("A_TOKEN", "x").env("OTHER", "y");
    let out = text(&command.env("npm_config_//n.test/:_authToken", "x").output().unwrap().stdout);
    assert!(out.contains("OTHER=y") && !out.contains("TOKEN") && !out.contains("CAULK"), "{out}");
    // caulk itself does not take its own variable for a mistyped setting.
    let settings = home.caulk(&["config", "show"]).env("CAULK_INJECTED", "A_TOKEN").output().unwrap();
    assert_eq!(text(&settings.stderr), "");
}

#[test]
fn an_empty_environment_is_enough() {
    let home = Home::new("echo here");
    let mut command = Command::new(env!("CARGO_BIN_EXE_caulk"));
    let out = command.env_clear().args(["run", "--"]).arg(home.path().join("bin/npm")).output().unwrap();
    assert_eq!((text(&out.stdout), text(&out.stderr)), ("here\n".into(), String::new()));
}

#[test]
fn a_program_that_nothing_belongs_to_needs_a_with() {
    let home = Home::new("");
    let out = home.run(&["run", "--", "make", "release"]);
    assert_eq!(out.status.code(), Some(2));
    let said = text(&out.stderr);
    assert!(
        said.contains("`make`") && said.contains("--with VARIABLE=NAME") && said.contains("nothing is sealed"),
        "{said}"
    );
    for wrong in
        [&["run"][..], &["run", "--with", "a"], &["run", "--with", "A B=c", "npm"], &["run", "--store", "x", "npm"]]
    {
        assert_eq!(home.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn without_a_keychain_the_command_is_not_started() {
    let home = Home::new("echo started");
    for call in [&["run", "--with", "A=some/name", "--", "npm"][..], &["helper", "env", "A=some/name"]] {
        let out = home.run(call);
        assert_eq!((out.status.code(), text(&out.stdout)), (Some(4), String::new()), "{call:?}");
        let said = text(&out.stderr);
        assert!(said.starts_with("caulk: no keychain can be reached") && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn a_client_can_do_without_the_keychain_where_it_is_told_to() {
    let home = Home::new("echo started; /usr/bin/env");
    let out = home.run(&["run", "--or-without", "--with", "A=some/name", "--", "npm"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(text(&out.stdout).starts_with("started\n") && !text(&out.stdout).contains("A="));
    assert!(text(&out.stderr).starts_with("caulk: no keychain can be reached"), "{}", text(&out.stderr));
}

#[test]
fn git_is_answered_with_silence_where_nothing_is_sealed() {
    let home = Home::new("");
    for (operation, question) in [
        ("get", &b"protocol=https\nhost=git.example.com\n\n"[..]),
        ("store", b"protocol=https\nhost=git.example.com\nusername=ada\npassword=x\n\n"),
        ("erase", b"protocol=https\nhost=git.example.com\nusername=ada\npassword=x\n\n"),
        ("get", b""),
        ("get", b"\xff\0\n=\n"),
        ("approve", b"x"),
        ("", b""),
    ] {
        let mut child = home.caulk(&["helper", "git", operation]);
        let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        // An operation that is not known is not listened to.
        let _ = child.stdin.take().unwrap().write_all(question);
        let out = child.wait_with_output().unwrap();
        assert_eq!((out.status.code(), out.stdout, text(&out.stderr)), (Some(0), vec![], String::new()), "{operation}");
    }
    assert!(!home.path().join(".local").exists(), "nothing was written");
}

#[test]
fn helpers_of_a_later_version_say_so() {
    let home = Home::new("");
    for name in ["docker", "aws", "cargo", "kubectl", "terraform", "pip"] {
        let out = home.run(&["helper", name, "get", "--x"]);
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains(&format!("the helper for {name} is not in this version")));
    }
    assert!(text(&home.run(&["helper", "gti"]).stderr).contains("did you mean `git`?"));
}

/// What each shell is told to do with the text, and how it calls a client afterwards.
const SHELLS: [(&str, &[&str], &str); 3] = [
    ("bash", &["-c"], "eval \"$(cat init)\"; eval \"$(cat init)\"; "),
    ("zsh", &["-f", "-c"], "eval \"$(cat init)\"; eval \"$(cat init)\"; "),
    ("fish", &["-N", "-c"], "source init; source init; "),
];

#[test]
fn shell_functions_run_clients_through_caulk() {
    let home = Home::new("echo \"npm itself: $*\"");
    home.program("caulk", "echo \"caulk: $*\"");
    for (shell, options, read) in SHELLS {
        let init = home.run(&["shell-init", shell]);
        fs::write(home.path().join("init"), &init.stdout).unwrap();
        let run = |script: &str, path: &str| {
            let mut command = Command::new(shell);
            command.args(options).arg(format!("{read}{script}")).env_clear().env("HOME", home.path());
            command.env("PATH", path).current_dir(home.path()).output().ok()
        };
        // A shell that is not installed is not tested.
        let Some(out) = run("npm 'a  b' --x; command npm c", &home.search_path()) else { continue };
        assert_eq!(
            text(&out.stdout),
            "caulk: run --or-without -- npm a  b --x\nnpm itself: c\n",
            "{shell}: {}",
            text(&out.stderr)
        );
        assert_eq!(text(&out.stderr), "", "{shell}");
        // Without caulk a client still runs; without the client it is still missing.
        let aside = home.path().join("aside");
        fs::rename(home.path().join("bin/caulk"), &aside).unwrap();
        let out = run("npm x; bunx y", &home.search_path()).unwrap();
        fs::rename(aside, home.path().join("bin/caulk")).unwrap();
        assert_eq!(text(&out.stdout), "npm itself: x\n", "{shell}");
        assert_eq!(out.status.code(), Some(127), "{shell}: {}", text(&out.stderr));
    }
}

#[test]
fn shell_functions_leave_functions_and_aliases_of_the_user_alone() {
    let home = Home::new("echo itself");
    home.program("caulk", "echo \"caulk: $*\"");
    fs::write(home.path().join("init"), home.run(&["shell-init", "bash"]).stdout).unwrap();
    let bash = |script: &str| -> String {
        let mut command = Command::new("bash");
        command.args(["-c", script]).env_clear().env("PATH", home.search_path()).current_dir(home.path());
        text(&command.output().unwrap().stdout)
    };
    assert_eq!(bash("npm() { echo mine; }; . ./init; npm x"), "mine\n");
    assert_eq!(
        bash("shopt -s expand_aliases\nalias npm='npm --quiet'\n. ./init\nnpm x\n"),
        "caulk: run --or-without -- npm --quiet x\n"
    );
}

#[test]
fn shells_are_told_how_to_read_the_functions() {
    let home = Home::new("");
    let help = text(&home.run(&["shell-init", "--help"]).stdout);
    for line in ["~/.bashrc", "~/.zshrc", "config.fish", "$PROFILE"] {
        assert!(help.contains(line), "{help}");
    }
    let powershell = text(&home.run(&["shell-init", "powershell"]).stdout);
    assert!(powershell.contains("function global:npm {") && powershell.contains("run --or-without '--' npm @args"));
    assert_eq!(powershell.matches('{').count(), powershell.matches('}').count());
}
