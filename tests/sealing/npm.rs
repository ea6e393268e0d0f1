//! npm: the real one, against a registry that wants a login.

use super::place::{Place, Run};
use super::values::{basic, token};
use super::web::{Answer, Request, Server};
use crate::common::desk::required;
use std::fs;

fn registry(request: &Request) -> Answer {
    match request.path.as_str() {
        "/-/whoami" | "/team/-/whoami" => (200, "application/json", b"{\"username\":\"ada\"}".to_vec()),
        _ => (404, "application/json", b"{}".to_vec()),
    }
}

struct Npm {
    place: Place,
    server: Server,
}

impl Npm {
    fn new(authorization: String) -> Self {
        required("npm");
        Self { place: Place::new(), server: Server::start(authorization, registry) }
    }

    /// `npm whoami`, with these words before it, in a folder of the home.
    fn whoami(&self, through: &[&str], folder: &str) -> Run {
        let url = format!("http://{}/", self.server.host());
        let words = [through, &["npm", "whoami", "--registry", &url]].concat();
        Run::of(self.place.command(words[0]).current_dir(self.place.path(folder)).args(&words[1..]).output().unwrap())
    }

    #[track_caller]
    fn plain_works(&self, folder: &str) {
        self.whoami(&[], folder).ends_with(0).says("ada");
    }

    #[track_caller]
    fn plain_is_refused(&self, folder: &str) {
        let run = self.whoami(&[], folder);
        assert_ne!(run.code, Some(0), "npm without caulk has no login: {}", run.out);
    }

    #[track_caller]
    fn through_caulk_works(&self, folder: &str, secret: &str) {
        let run = self.whoami(&[env!("CARGO_BIN_EXE_caulk"), "run", "--"], folder).ends_with(0).says("ada");
        assert!(!run.out.contains(secret) && !run.err.contains(secret), "npm is shown the secret, not the user");
    }

    /// The whole way: works, is sealed, works through caulk only, is put back, works.
    fn round(&self, folder: &str, secret: &str) {
        self.plain_works(folder);
        let before = self.place.photos();
        let report = self.place.seal(&[secret]);
        assert_eq!(report["summary"]["done"], 1, "{report:#}");
        self.plain_is_refused(folder);
        self.through_caulk_works(folder, secret);
        self.place.unseal(&before);
        self.plain_works(folder);
    }
}

#[test]
fn a_token_in_the_users_file() {
    let secret = token("npm-user");
    let npm = Npm::new(format!("Bearer {secret}"));
    let line = format!("//{}/:_authToken={secret}\n", npm.server.host());
    npm.place.put(".npmrc", format!("save-exact=true\n{line}fund=false\n"), 0o600);
    npm.round("", &secret);
}

#[test]
fn comments_crlf_and_no_last_line_end_stay_as_they_are() {
    let secret = token("npm-crlf");
    let npm = Npm::new(format!("Bearer {secret}"));
    let line = format!("//{}/:_authToken = \"{secret}\"", npm.server.host());
    npm.place.put(".npmrc", format!("; mine\r\n# too\r\nfund=false\r\n{line}"), 0o644);
    npm.round("", &secret);
}

#[test]
fn a_file_that_is_a_link_stays_one() {
    let secret = token("npm-link");
    let npm = Npm::new(format!("Bearer {secret}"));
    let line = format!("//{}/:_authToken={secret}\n", npm.server.host());
    npm.place.put("dotfiles/npm/npmrc", &line, 0o640);
    std::os::unix::fs::symlink("dotfiles/npm/npmrc", npm.place.path(".npmrc")).unwrap();
    npm.plain_works("");
    let before = npm.place.photos();
    npm.place.seal(&[&secret]);
    assert!(npm.place.path(".npmrc").is_symlink());
    npm.plain_is_refused("");
    npm.through_caulk_works("", &secret);
    npm.place.unseal(&before);
    npm.plain_works("");
}

#[test]
fn a_token_in_a_projects_file() {
    let secret = token("npm-project");
    let npm = Npm::new(format!("Bearer {secret}"));
    npm.place.put("work/app/package.json", "{\"name\":\"app\",\"version\":\"1.0.0\"}\n", 0o644);
    npm.place.put("work/app/.npmrc", format!("//{}/:_authToken={secret}\n", npm.server.host()), 0o644);
    npm.round("work/app", &secret);
}

#[test]
fn a_login_in_one_word() {
    let password = token("npm-auth");
    let login = data_encoding::BASE64.encode(format!("ada:{password}").as_bytes());
    let npm = Npm::new(format!("Basic {login}"));
    npm.place.put(".npmrc", format!("//{}/:_auth={login}\n", npm.server.host()), 0o600);
    npm.round("", &login);
    assert!(npm.place.holders(&password).iter().all(|path| path.ends_with("/.npmrc")));
}

#[test]
fn a_password_with_its_user() {
    let password = token("npm-password");
    let npm = Npm::new(basic("ada", &password));
    let (host, encoded) = (npm.server.host(), data_encoding::BASE64.encode(password.as_bytes()));
    npm.place.put(".npmrc", format!("//{host}/:username=ada\n//{host}/:_password={encoded}\n"), 0o600);
    npm.round("", &encoded);
}

#[test]
fn one_token_in_two_tools_is_one_item() {
    let secret = token("npm-two");
    let npm = Npm::new(format!("Bearer {secret}"));
    npm.place.put(".npmrc", format!("//{}/:_authToken={secret}\n", npm.server.host()), 0o600);
    let server = serde_json::json!({"command": "npx", "args": ["-y", "acme@1.0.0"], "env": {"ACME_TOKEN": secret}});
    let config = serde_json::json!({"mcpServers": {"acme": server}});
    npm.place.put(".cursor/mcp.json", serde_json::to_string_pretty(&config).unwrap(), 0o600);
    npm.plain_works("");
    let before = npm.place.photos();
    let report = npm.place.seal(&[&secret]);
    assert_eq!(report["summary"]["done"], 2, "{report:#}");
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps[0]["vault_name"], steps[1]["vault_name"], "{report:#}");
    assert_eq!(npm.place.keychain().matches(&secret).count(), 1);
    npm.through_caulk_works("", &secret);
    npm.place.unseal(&before);
    npm.plain_works("");
}

#[test]
fn what_is_left_elsewhere_is_named() {
    let secret = token("npm-residue");
    let npm = Npm::new(format!("Bearer {secret}"));
    let line = format!("//{}/:_authToken={secret}\n", npm.server.host());
    npm.place.put(".npmrc", &line, 0o600);
    let copy = npm.place.put("old/backup.bin", [b"\0\x01", line.as_bytes()].concat(), 0o600);
    let encoded = data_encoding::BASE64.encode(format!("x{secret}").as_bytes());
    let other = npm.place.put("old/encoded.bin", [b"\0\x01", encoded.as_bytes()].concat(), 0o600);
    let report = npm.place.fix().json();
    let sealed = report["steps"].as_array().unwrap().iter().find(|step| step["state"] == "done").unwrap().clone();
    let residue: Vec<&str> = sealed["residue"].as_array().unwrap().iter().map(|p| p.as_str().unwrap()).collect();
    let home = fs::canonicalize(npm.place.home()).unwrap();
    for path in [copy, other] {
        let real = home.join(path.strip_prefix(npm.place.home()).unwrap());
        assert!(residue.contains(&real.to_str().unwrap()), "{residue:?}");
    }
}
