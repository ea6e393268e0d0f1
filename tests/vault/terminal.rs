//! At a terminal: a value shows only when asked for, is typed unseen, and nothing goes without a yes.

use super::account::Account;
use crate::common::desk::{make, required};
use crate::common::secret_service::SecretService;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

/// Runs `caulk vault …` on a terminal of its own; types each answer when its prompt stands there.
/// Gives the status and everything that was on the screen.
fn typed(account: &Account, arguments: &str, answers: &[(&str, &str)]) -> (i32, String) {
    required("script");
    let line = format!("{} vault {arguments}", env!("CARGO_BIN_EXE_caulk"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(account.home.path()).env_clear();
    command.env("HOME", account.home.path()).env("PATH", "/usr/bin:/bin").env("TERM", "dumb").env("SHELL", "/bin/sh");
    command.envs(account.environment.iter().map(|(name, value)| (name, value)));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut screen, mut seen) = (Vec::new(), 0);
    for (prompt, answer) in answers {
        while !String::from_utf8_lossy(&screen[seen..]).contains(prompt) {
            let mut byte = [0];
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "no `{prompt}` in: {}", String::from_utf8_lossy(&screen));
            screen.push(byte[0]);
        }
        seen = screen.len();
        // The echo is switched off right after the prompt.
        std::thread::sleep(std::time::Duration::from_millis(200));
        writeln!(stdin, "{answer}").unwrap();
    }
    stdout.read_to_end(&mut screen).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    (code, String::from_utf8_lossy(&screen).into_owned())
}

#[test]
fn values_are_typed_unseen_and_shown_only_when_asked_for() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let value = make("<an:36>", "typed");
    let (code, screen) = typed(&account, "set a", &[("Value of a: ", &value)]);
    assert!(code == 0 && !screen.contains(&value), "{code}: {screen}");
    assert_eq!(account.run(&["get", "a"]).ends_with(0).out, value.as_bytes());
    let (code, screen) = typed(&account, "get a", &[]);
    assert!(code == 2 && screen.contains("--show") && !screen.contains(&value), "{code}: {screen}");
    let (code, screen) = typed(&account, "get a --show", &[]);
    assert!(code == 0 && screen.trim() == value, "{code}: {screen}");
    account.feed(&["set", "hostile"], b"\x1b]0;x\x07").ends_with(0);
    let (code, screen) = typed(&account, "get hostile --show", &[]);
    assert!(code == 2 && !screen.contains('\u{1b}') && screen.contains("obey"), "{code}: {screen:?}");
}

#[test]
fn nothing_is_removed_without_a_yes() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    account.feed(&["set", "a", "--env", "TOKEN"], b"value").ends_with(0);
    for answer in ["", "n", "nonsense"] {
        let (code, screen) = typed(&account, "rm a", &[("[y/N]", answer)]);
        assert!(code == 1 && screen.contains("run, in TOKEN"), "{code}: {screen}");
    }
    assert_eq!(account.run(&["get", "a"]).ends_with(0).out, b"value");
    let (code, screen) = typed(&account, "rm a", &[("[y/N]", "y")]);
    assert_eq!(code, 0, "{screen}");
    account.run(&["get", "a"]).ends_with(1);
}

#[test]
fn a_passphrase_is_typed_twice() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    account.feed(&["set", "a"], b"value").ends_with(0);
    let (code, screen) = typed(&account, "export -o e.age", &[("the export: ", "one"), ("again: ", "two")]);
    assert!(code == 2 && screen.contains("differ"), "{code}: {screen}");
    assert!(!account.home.path().join("e.age").exists());
    let (code, screen) = typed(&account, "export -o e.age", &[("the export: ", "horse"), ("again: ", "horse")]);
    assert!(code == 0 && !screen.contains("horse"), "{code}: {screen}");
    let (code, screen) = typed(&account, "import e.age", &[("the export: ", "horse")]);
    assert!(code == 0 && screen.contains("1 there already"), "{code}: {screen}");
}
