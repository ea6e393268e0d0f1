//! git: the real one, against a server that wants a login.

use super::place::{Place, Run};
use super::values::{basic, token};
use super::web::{Answer, Request, Server};
use crate::common::desk::required;
use crate::common::home::set_mode;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

/// A repository with one branch, as the first answer of git's protocol tells of it.
fn repository(request: &Request) -> Answer {
    if !request.path.ends_with("/info/refs?service=git-upload-pack") {
        return (404, "text/plain", Vec::new());
    }
    let line = |text: &str| format!("{:04x}{text}", text.len() + 4);
    let id = "1".repeat(40);
    let head = line(&format!("{id} HEAD\0agent=x\n"));
    let branch = line(&format!("{id} refs/heads/main\n"));
    let body = format!("{}0000{head}{branch}0000", line("# service=git-upload-pack\n"));
    (200, "application/x-git-upload-pack-advertisement", body.into_bytes())
}

struct Git {
    place: Place,
    server: Server,
}

impl Git {
    fn new(authorization: String) -> Self {
        required("git");
        Self { place: Place::new(), server: Server::start(authorization, repository) }
    }

    fn url(&self, login: &str) -> String {
        format!("http://{login}{}/team/repo.git", self.server.host())
    }

    fn git(&self, folder: &str, words: &[&str]) -> Run {
        Run::of(self.place.command("git").current_dir(self.place.path(folder)).args(words).output().unwrap())
    }

    /// `git ls-remote`; its answer names the branch.
    #[track_caller]
    fn works(&self, folder: &str, remote: &str) {
        self.git(folder, &["ls-remote", remote]).ends_with(0).says("refs/heads/main");
    }

    #[track_caller]
    fn is_refused(&self, folder: &str, remote: &str) {
        assert_ne!(self.git(folder, &["ls-remote", remote]).code, Some(0));
    }

    /// A user whose git keeps logins in its file, with this one in it, put there by git.
    fn stored(&self, user: &str, password: &str) {
        self.place.put(".gitconfig", "[user]\n\tname = ada\n[credential]\n\thelper = store\n", 0o644);
        let mut approve = self.place.command("git");
        let mut child = approve.args(["credential", "approve"]).stdin(Stdio::piped()).spawn().unwrap();
        let host = self.server.host();
        let login = format!("protocol=http\nhost={host}\nusername={user}\npassword={password}\n\n");
        child.stdin.take().unwrap().write_all(login.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        assert!(self.place.text(".git-credentials").contains(password));
    }

    /// A clone whose remote has this URL.
    fn clone_at(&self, folder: &str, url: &str) {
        fs::create_dir_all(self.place.path(folder)).unwrap();
        self.git(folder, &["init", "-q"]).ends_with(0);
        self.git(folder, &["remote", "add", "origin", url]).ends_with(0);
    }

    /// A program that types `user` and `password` when git asks.
    fn typist(&self, user: &str, password: &str) -> PathBuf {
        let path = self.place.beside().join("typist");
        fs::write(&path, format!("#!/bin/sh\ncase $1 in Username*) echo {user};; *) echo {password};; esac\n"))
            .unwrap();
        set_mode(&path, 0o755);
        path
    }
}

#[test]
fn a_login_in_the_store() {
    let secret = token("git-store");
    let git = Git::new(basic("ada", &secret));
    git.stored("ada", &secret);
    git.works("", &git.url(""));
    let before = git.place.photos();
    let report = git.place.seal(&[&secret]);
    assert_eq!(report["summary"]["done"], 1, "{report:#}");
    let sealed = git.place.photos();
    git.works("", &git.url(""));
    git.works("", &git.url("ada@"));
    git.place.same(&sealed, "a fetch: git wrote nothing back");
    assert_eq!(git.place.text(".git-credentials"), "");
    git.place.unseal(&before);
    git.works("", &git.url(""));
}

#[test]
fn other_logins_of_the_store_stay_and_work() {
    let (secret, other) = (token("git-store-a"), token("git-store-b"));
    let git = Git::new(basic("ada", &secret));
    let second = Server::start(basic("bob", &other), repository);
    git.stored("ada", &secret);
    let line = format!("http://bob:{other}@127.0.0.1%3a{}\n", second.port);
    let text = format!("{}{line}", git.place.text(".git-credentials"));
    git.place.put(".git-credentials", &text, 0o600);
    let before = git.place.photos();
    let scan = git.place.run(&["scan", "--format", "json", "--exit-zero"]).json();
    let of_ada = scan["findings"].as_array().unwrap().iter().find(|f| f["location"]["line"] == 1).unwrap();
    git.place.run(&["fix", of_ada["id"].as_str().unwrap(), "--yes"]).ends_with(0);
    assert_eq!(git.place.text(".git-credentials"), line);
    git.works("", &git.url(""));
    git.works("", &format!("http://127.0.0.1:{}/team/repo.git", second.port));
    assert_eq!(git.place.text(".git-credentials"), line);
    // Two runs, taken back together.
    git.place.seal(&[&secret, &other]);
    git.works("", &format!("http://127.0.0.1:{}/team/repo.git", second.port));
    git.place.unseal(&before);
}

#[test]
fn a_login_in_a_remotes_url() {
    for (name, with_user) in [("user", true), ("alone", false)] {
        let secret = token(&format!("git-url-{name}"));
        let (wanted, login) = if with_user {
            (basic("ada", &secret), format!("ada:{secret}@"))
        } else {
            (basic(&secret, ""), format!("{secret}:@"))
        };
        let git = Git::new(wanted);
        git.clone_at("work/repo", &git.url(&login));
        // A token alone in a URL makes git ask for a password: an empty one is what it is given.
        git.works("work/repo", "origin");
        let before = git.place.photos();
        let report = git.place.seal(&[&secret]);
        assert_eq!(report["summary"]["done"], 1, "{name}: {report:#}");
        git.works("work/repo", "origin");
        assert!(!git.place.text("work/repo/.git/config").contains(&secret), "{name}");
        git.place.unseal(&before);
        git.works("work/repo", "origin");
    }
}

#[test]
fn one_login_in_the_store_and_in_a_url() {
    let secret = token("git-both");
    let git = Git::new(basic("ada", &secret));
    git.stored("ada", &secret);
    git.clone_at("work/repo", &git.url(&format!("ada:{secret}@")));
    let before = git.place.photos();
    let report = git.place.seal(&[&secret]);
    assert_eq!(report["summary"]["done"], 2, "{report:#}");
    assert_eq!(git.place.keychain().matches(&secret).count(), 1);
    git.works("work/repo", "origin");
    git.works("", &git.url(""));
    git.place.unseal(&before);
}

#[test]
fn a_refused_login_is_kept_and_a_new_one_takes_its_place() {
    let (old, new) = (token("git-old"), token("git-new"));
    let git = Git::new(basic("ada", &old));
    git.stored("ada", &old);
    let before = git.place.photos();
    let name = git.place.seal(&[&old])["steps"][0]["vault_name"].as_str().unwrap().to_owned();
    // The server takes another password from now on.
    git.server.wants(basic("ada", &new));
    git.is_refused("", &git.url(""));
    assert_eq!(git.place.kept(&name).as_deref(), Some(&*old), "a refused login is not deleted");
    let mut asked = git.place.command("git");
    asked.args(["ls-remote", &git.url("")]).env("GIT_ASKPASS", git.typist("ada", &new));
    Run::of(asked.output().unwrap()).ends_with(0).says("refs/heads/main");
    assert_eq!(git.place.kept(&name).as_deref(), Some(&*new), "the new one was stored");
    assert!(git.place.keychain().contains(&old), "the old one is kept as a version");
    assert_eq!(git.place.text(".git-credentials"), "", "and not in the file");
    git.works("", &git.url(""));
    assert!(git.place.holders(&new).is_empty());
    // The file gets back what was in it; what came later is not thrown away.
    git.place.undo();
    git.place.same(&before, "undo");
    assert!(git.place.keychain().contains(&new), "a login that came after the fix is lost by the undo");
}

/// Somebody else holds git's lock: nothing is changed past it, and that is no success.
#[test]
fn a_configuration_that_git_is_changing_waits() {
    let secret = token("git-lock");
    let git = Git::new(basic("ada", &secret));
    git.stored("ada", &secret);
    let before = git.place.photos();
    let lock = git.place.put(".gitconfig.lock", "[user]\n", 0o644);
    let run = git.place.fix().ends_with(1).says(".gitconfig.lock");
    assert_eq!(run.json()["steps"][0]["state"], "skipped", "{}", run.out);
    fs::remove_file(&lock).unwrap();
    git.place.same(&before, "a fix that could not be done");
    git.place.bare();
    git.place.seal(&[&secret]);
    fs::write(&lock, "[user]\n").unwrap();
    git.place.undo().ends_with(1).says(".gitconfig.lock");
    fs::remove_file(&lock).unwrap();
    assert!(git.place.keychain().contains(&secret), "what is not back in its file stays in the keychain");
    git.works("", &git.url(""));
    git.place.unseal(&before);
}
