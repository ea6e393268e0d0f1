//! git: the credential store, headers, remotes, tools' tokens, and what is tracked.

use crate::common::desk::{Desk, make, required};
use caulk::model::GitState;

fn approve(desk: &Desk, host: &str, password: &str) {
    let input = format!("protocol=https\nhost={host}\nusername=ada\npassword={password}\n\n");
    assert!(desk.feed(desk.command("git").args(["credential", "approve"]), &input));
}

#[test]
fn credential_store() {
    required("git");
    let mut desk = Desk::new();
    desk.run("git", &["config", "--global", "credential.helper", "store"]);
    let plain = make("<an:40>", "store");
    approve(&desk, "git.corp.test", &plain);
    desk.expect(".git-credentials", &plain, "git-credentials-password");
    // Reserved characters are written percent-encoded: the region is of what is written.
    let tail = make("<an:20>", "reserved");
    approve(&desk, "other.corp.test:8443", &format!("p@ss/w:{tail}"));
    desk.expect(".git-credentials", format!("p%40ss%2fw%3a{tail}"), "git-credentials-password");
    let token = make("ghp_<(><an:30><crc62>", "store");
    approve(&desk, "code.corp.test", &token);
    desk.expect(".git-credentials", &token, "github-pat-classic");
    let report = desk.check();
    assert!(report.findings.iter().all(|f| f.exposure.as_ref().unwrap().others_can_read == Some(false)));
}

#[test]
fn user_config() {
    required("git");
    let mut desk = Desk::new();
    let set = |key: &str, value: &str| desk.run("git", &["config", "--global", key, value]);
    let basic = make("<b64-of:x-access-token:mP4vK9tR2wQ7xZtY6uB1nC3d>", "");
    let bearer = make("<an:40>", "bearer");
    let private = make("<an:26>", "private");
    let proxy = make("<an:14>", "proxy");
    let quoted = make("<an:10>", "quoted");
    let tool = make("<hex:40>", "tool");
    let mail = make("<lower:8>", "mail");
    set("http.https://git.corp.test/.extraheader", &format!("AUTHORIZATION: basic {basic}"));
    set("http.https://two.corp.test/.extraheader", &format!("Authorization: Bearer {bearer}"));
    set("http.https://three.corp.test/.extraheader", &format!("PRIVATE-TOKEN: {private}"));
    set("http.proxy", &format!("http://ada:{proxy}@proxy.corp.test:3128"));
    // git quotes a value with a semicolon and escapes the quotation mark in it.
    set("http.https://four.corp.test/.proxy", &format!("http://ada:a;b{quoted}@proxy.corp.test:3128"));
    set("github.token", &tool);
    set("sendemail.smtppass", &format!("{mail} word"));
    // What only looks like one.
    set("user.signingkey", &make("<HEX:40>", "key"));
    set("credential.https://git.corp.test.username", "ada");
    set("core.askpass", "/usr/bin/askpass");
    set("http.sslKey", "/home/ada/.ssl/client-key-2026.pem");
    set("url.https://git.corp.test/.insteadOf", "git@git.corp.test:");
    desk.expect(".gitconfig", &basic, "git-extraheader");
    desk.expect(".gitconfig", &bearer, "git-extraheader");
    desk.expect(".gitconfig", &private, "git-extraheader");
    desk.expect(".gitconfig", &proxy, "git-remote-password");
    desk.expect(".gitconfig", format!("a;b{quoted}"), "git-remote-password");
    desk.expect(".gitconfig", &tool, "git-config-token");
    desk.expect(".gitconfig", format!("{mail} word"), "git-smtp-password");
    desk.check();
}

#[test]
fn remotes_and_submodules() {
    required("git");
    let mut desk = Desk::new();
    let config = "src/shop/.git/config";
    desk.folder("src/shop");
    desk.run_in("src/shop", "git", &["init", "-q"]);
    let git = |arguments: &[&str]| desk.run_in("src/shop", "git", arguments);
    let (origin, push, user) = (make("<an:24>", "o"), make("<an:24>", "p"), make("<an:40>", "u"));
    let vendor = make("ghp_<(><an:30><crc62>", "remote");
    let submodule = make("<an:24>", "s");
    git(&["remote", "add", "origin", &format!("https://ada:{origin}@git.corp.test/shop.git")]);
    git(&["remote", "set-url", "--push", "origin", &format!("https://ada:{push}@git.corp.test/shop.git")]);
    git(&["remote", "add", "up", &format!("https://{user}@git.corp.test/shop.git")]);
    git(&["remote", "add", "hub", &format!("https://x-access-token:{vendor}@code.corp.test/shop.git")]);
    git(&["remote", "add", "plain", "https://ada@git.corp.test/shop.git"]);
    git(&["remote", "add", "ssh", "ssh://git@git.corp.test:2222/shop.git"]);
    git(&["config", "-f", ".gitmodules", "submodule.lib.path", "lib"]);
    git(&["config", "-f", ".gitmodules", "submodule.lib.url", &format!("https://x:{submodule}@git.corp.test/l.git")]);
    desk.expect(config, &origin, "git-remote-password");
    desk.expect(config, &push, "git-remote-password");
    desk.expect(config, &user, "git-remote-password");
    desk.expect(config, &vendor, "github-pat-classic");
    desk.expect("src/shop/.gitmodules", &submodule, "url-password");
    desk.check();
}

#[test]
fn tracked_and_untracked() {
    required("git");
    let mut desk = Desk::new();
    let repository = desk.folder("src/shop");
    let git = |arguments: &[&str]| desk.run_in("src/shop", "git", arguments);
    git(&["init", "-q"]);
    let (token, password, local) = (make("<an:32>", "t"), make("<an:18>", "d"), make("<an:32>", "l"));
    let env = format!("# made by hand\nAPI_TOKEN={token}\nDATABASE_URL=\"postgres://app:{password}@db.corp.test/a\"\n");
    std::fs::write(repository.join(".env"), env + "DEBUG=1\nAPI_TOKEN_FILE=/run/secrets/api\n").unwrap();
    std::fs::write(repository.join(".env.local"), format!("export API_SECRET='{local}'\r\n")).unwrap();
    std::fs::write(repository.join(".gitignore"), ".env.local\n").unwrap();
    git(&["add", ".env", ".gitignore"]);
    git(&["-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "first"]);
    desk.expect("src/shop/.env", &token, "dotenv-secret");
    desk.expect("src/shop/.env", &password, "dotenv-url-password");
    desk.expect("src/shop/.env.local", &local, "dotenv-secret");
    let report = desk.check();
    for finding in &report.findings {
        let state = finding.exposure.as_ref().unwrap().git;
        let local = finding.location.path.as_found().ends_with(".local");
        assert_eq!(state, Some(if local { GitState::Ignored } else { GitState::Tracked }));
    }
    // What git forgets is no longer tracked.
    desk.run_in("src/shop", "git", &["rm", "-q", "--cached", ".env"]);
    let report = desk.check();
    assert!(report.findings.iter().all(|f| f.exposure.as_ref().unwrap().git != Some(GitState::Tracked)));
}
