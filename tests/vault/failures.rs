//! Every way in which a keychain is not there has its own words, its own status, and an end.

use super::account::Account;
use crate::common::desk::make;
use crate::common::secret_service::SecretService;
use caulk::model::Secret;
use caulk::vault::{StoreKind, Vault, VaultError, VaultName};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// All verbs that open the keychain end with 4, say `words` and show nothing of the value.
#[track_caller]
fn unreachable(account: &Account, words: &str) {
    let value = make("<an:36>", words);
    let begun = Instant::now();
    for verb in [&["get", "a"][..], &["set", "b"], &["ls"], &["rm", "-y", "a"], &["mv", "-y", "a", "b"]] {
        let arguments = [verb, &["--timeout", "1"]].concat();
        account.feed(&arguments, value.as_bytes()).ends_with(4).says(&[words]).without(value.as_bytes());
    }
    let doctor = account.run(&["doctor", "--timeout", "1"]).ends_with(4).text();
    assert!(doctor.contains(words) && doctor.contains("next: "), "{doctor}");
    assert!(begun.elapsed() < Duration::from_secs(20), "took {:?}", begun.elapsed());
}

#[test]
fn no_bus() {
    let account = Account::new(vec![("XDG_RUNTIME_DIR".into(), "/nonexistent".into())]);
    unreachable(&account, "no message bus");
}

#[test]
fn no_service() {
    let service = SecretService::without_service();
    unreachable(&Account::new(service.environment()), "no Secret Service runs");
}

#[test]
fn no_collection() {
    let service = SecretService::without_collection();
    let account = Account::new(service.environment());
    // Nothing can be stored, but one can look: there is nothing.
    account.feed(&["set", "a"], b"value").ends_with(4).says(&["no collection", "Seahorse"]).without(b"value");
    account.run(&["get", "a"]).ends_with(1).says(&["not found"]);
    assert!(account.run(&["doctor"]).ends_with(4).text().contains("no collection"));
}

#[test]
fn a_locked_keychain() {
    let mut service = SecretService::start();
    let account = Account::new(service.environment());
    account.feed(&["set", "a"], b"value").ends_with(0);
    service.lock();
    for verb in [&["get", "a"][..], &["set", "a"], &["set", "b"], &["ls"], &["rm", "-y", "a"]] {
        account.feed(verb, b"fresh").ends_with(4).says(&["is locked", "Unlock it"]).without(b"fresh").without(b"value");
    }
    service.unlock();
    assert_eq!(account.run(&["get", "a"]).ends_with(0).out, b"value");
}

#[test]
fn a_service_that_does_not_answer() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    account.feed(&["set", "a"], b"value").ends_with(0);
    service.stop_answering();
    unreachable(&account, "did not answer in time");
    service.resume();
    assert_eq!(account.run(&["get", "a"]).ends_with(0).out, b"value");
}

/// The index still tells what is sealed, when the keychain does not.
#[test]
fn a_list_without_a_keychain_is_the_index() {
    let mut service = SecretService::start();
    let account = Account::new(service.environment());
    account.feed(&["set", "a/b"], b"value").ends_with(0);
    service.kill();
    assert!(account.run(&["ls"]).ends_with(4).says(&["no Secret Service"]).text().contains("a/b"));
}

/// Does nothing, unless it is run by the tests below in a process of its own: asks the keychain when it
/// is told to, and says what came.
#[test]
fn one_process_that_asks() {
    let Some(state) = std::env::var_os("CAULK_TEST_VAULT") else { return };
    let vault = Vault::open(StoreKind::Keychain, Path::new(&state), Duration::from_secs(2), None).unwrap();
    let name = VaultName::parse("a").unwrap();
    for line in std::io::stdin().lines() {
        let answer = match line.unwrap().as_str() {
            "set" => vault.set(&name, &Secret::copy_of(b"value")).map(|()| "done".to_owned()),
            _ => vault.get(&name).map(|value| value.map_or(0, |value| value.len()).to_string()),
        };
        println!("\nanswer: {answer:?}");
    }
}

struct Asker {
    child: std::process::Child,
    answers: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Asker {
    fn start(service: &SecretService, state: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "vault::failures::one_process_that_asks", "--nocapture"])
            .env("CAULK_TEST_VAULT", state)
            .envs(service.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, answers }
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{question}").unwrap();
        let answer = self.answers.by_ref().map(Result::unwrap).find(|line| line.starts_with("answer: ")).unwrap();
        answer["answer: ".len()..].to_owned()
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_that_dies_is_gone_and_one_that_comes_back_is_used_again() {
    let mut service = SecretService::start();
    let state = tempfile::tempdir().unwrap();
    let mut asker = Asker::start(&service, state.path());
    assert_eq!(asker.ask("set"), "Ok(\"done\")");
    service.kill();
    assert_eq!(asker.ask("get"), format!("Err({:?})", VaultError::Gone));
    assert_eq!(asker.ask("set"), format!("Err({:?})", VaultError::Gone));
    service.restart();
    assert_eq!(asker.ask("get"), "Ok(\"5\")");
    // Started anew between two questions: the session is unknown to the new one.
    service.kill();
    service.restart();
    assert_eq!(asker.ask("set"), "Ok(\"done\")");
    assert_eq!(asker.ask("get"), "Ok(\"5\")");
}

#[test]
fn after_a_missed_deadline_nothing_waits_again() {
    let service = SecretService::start();
    let state = tempfile::tempdir().unwrap();
    let mut asker = Asker::start(&service, state.path());
    assert_eq!(asker.ask("set"), "Ok(\"done\")");
    service.stop_answering();
    let begun = Instant::now();
    assert_eq!(asker.ask("get"), format!("Err({:?})", VaultError::Deadline));
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(2) && waited < Duration::from_secs(10), "{waited:?}");
    let begun = Instant::now();
    for question in ["get", "set"] {
        assert_eq!(asker.ask(question), format!("Err({:?})", VaultError::Deadline));
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
    // A process that waits for an answer that never comes ends all the same.
    drop(asker);
    service.resume();
}
