//! The protocols by which sealed secrets are handed over: who is answered, who is not, and what git's
//! `store` and `erase` come to.

use caulk::broker::git::{self, Change, MOST_BYTES, Reply, Request};
use caulk::broker::headers::{self, Template};
use caulk::broker::launch::{self, Handed, With};
use caulk::broker::{BrokerError, env, npm};
use caulk::model::Secret;
use caulk::vault::{Binding, Entry, MemoryStore, StoreKind, Vault, VaultError, VaultName};
use proptest::prelude::*;
use std::ffi::OsStr;

/// Sealed secrets, in order.
struct Sealed {
    entries: Vec<Entry>,
    vault: Vault,
}

impl Sealed {
    fn none() -> Self {
        Self { entries: Vec::new(), vault: Vault::over(Box::new(MemoryStore::default()), StoreKind::Keychain) }
    }

    fn with(mut self, name: &str, value: impl AsRef<[u8]>, bindings: Vec<Binding>) -> Self {
        self.vault.set(&VaultName::parse(name).unwrap(), &Secret::copy_of(value.as_ref())).unwrap();
        self.entries.push(Entry {
            name: name.into(),
            store: "keychain".into(),
            created_at: format!("2026-01-01T00:00:{:02}Z", self.entries.len()),
            fingerprint: String::new(),
            bindings,
            refused_at: None,
            versions: Vec::new(),
            runs: Vec::new(),
        });
        self
    }

    fn refused(mut self) -> Self {
        self.entries.last_mut().unwrap().refused_at = Some("2026-01-02T00:00:00Z".into());
        self
    }

    fn look(&self, name: &VaultName) -> Result<Option<Secret>, VaultError> {
        self.vault.get(name)
    }

    fn get(&self, question: impl AsRef<[u8]>) -> Option<String> {
        let request = Request::parse(question.as_ref())?;
        match git::get(&request, &self.entries, &|name| self.look(name)).unwrap() {
            Reply::Login(login) => Some(String::from_utf8_lossy(&login.text()).into_owned()),
            Reply::NotFound | Reply::Unfit { .. } => None,
        }
    }

    fn change(&self, operation: &str, told: &str) -> String {
        let Some(request) = Request::parse(told.as_bytes()) else { return "none".into() };
        let wish = if operation == "store" { git::store } else { git::erase };
        let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        match wish(&request, &self.entries, &|name| self.look(name)).unwrap() {
            Change::None => "none".into(),
            Change::Version { name, value } => format!("version {name} {}", text(&value)),
            Change::New { name, value, binding } => format!("new {name} {} {binding:?}", text(&value)),
            Change::Refuse { name } => format!("refuse {name}"),
            Change::Accept { name } => format!("accept {name}"),
        }
    }

    fn environment(&self, program: &str, with: &[&str]) -> Result<Vec<Handed>, BrokerError> {
        let with: Vec<With> = with.iter().map(|text| With::parse(text).unwrap()).collect();
        launch::environment(OsStr::new(program), &with, &self.entries, &|name| self.look(name))
    }

    fn variables(&self, program: &str, with: &[&str]) -> Vec<String> {
        let pair = |one: &Handed| {
            format!("{}={}", one.variable.to_str().unwrap(), String::from_utf8_lossy(one.value.expose()))
        };
        self.environment(program, with).unwrap_or_else(|error| panic!("{error}")).iter().map(pair).collect()
    }
}

fn at(protocol: &str, host: &str, path: Option<&str>, username: Option<&str>) -> Binding {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Binding::Git { protocol: protocol.into(), host: host.into(), path: owned(path), username: owned(username) }
}

fn npm_key(key: &str) -> Binding {
    Binding::Npm { key: key.into() }
}

fn one_login() -> Sealed {
    Sealed::none().with("git/a", "pw-a", vec![at("https", "git.example.com", None, Some("ada"))])
}

const ANSWER: &str = "username=ada\npassword=pw-a\n";

#[test]
fn git_gets_the_login_of_the_host_that_was_sealed() {
    let sealed = one_login();
    for question in [
        "protocol=https\nhost=git.example.com\n\n",
        "protocol=https\nhost=git.example.com",
        "capability[]=authtype\nprotocol=https\nhost=git.example.com\nwwwauth[]=Basic realm=\"x\"\nfuture=1\n\n",
        "protocol=HTTPS\nhost=GIT.example.COM\n\n",
        "protocol=https\nhost=git.example.com:443\n\n",
        "protocol=https\nhost=git.example.com\npath=some/repo.git\n\n",
        "protocol=https\nhost=git.example.com\nusername=ada\n\nhost=evil.example\n",
    ] {
        assert_eq!(sealed.get(question).as_deref(), Some(ANSWER), "{question}");
    }
}

#[test]
fn git_gets_nothing_for_a_host_that_only_looks_like_it() {
    let sealed = one_login();
    for host in [
        "git.example.com.evil.test",
        "evil.test/git.example.com",
        "ada@git.example.com",
        "git.example.com@evil.test",
        "git.example.com:8443",
        "git.example.com:80",
        "git.example.com:443:443",
        "git.example.com.",
        "git.example.com ",
        " git.example.com",
        "git.example.com\r",
        "git.example.com\0",
        "git.example.com\t",
        "git.example.com#",
        "git.example.com%00",
        "xgit.example.com",
        "example.com",
        "ｇit.example.com",
        "",
    ] {
        assert_eq!(sealed.get(format!("protocol=https\nhost={host}\n\n")), None, "{host:?}");
    }
    for question in [
        "protocol=http\nhost=git.example.com\n\n",
        "protocol=https \nhost=git.example.com\n\n",
        "host=git.example.com\n\n",
        "protocol=https\n\nhost=git.example.com\n",
        "protocol=https\nhost=evil.test\nhost=git.example.com\n\n",
        "protocol=https\nhost=git.example.com\nhost=git.example.com\n\n",
        "protocol=http\nprotocol=https\nhost=git.example.com\n\n",
        "protocol=https\nhost=git.example.com\nno equals sign\n\n",
        "protocol=https\nhost=git.example.com\nusername=eve\n\n",
        "protocol=https\nhost=git.example.com\nusername=\n\n",
        "protocol=https\nhost=git.example.com\nusername=ada\r\n\n",
        "url=https://git.example.com\n\n",
        "",
    ] {
        assert_eq!(sealed.get(question), None, "{question:?}");
    }
    let long = format!("protocol=https\nhost=git.example.com\npassword={}\n\n", "x".repeat(MOST_BYTES));
    assert_eq!(sealed.get(long), None);
}

#[test]
fn ports_paths_and_users_choose_among_logins() {
    let sealed = Sealed::none()
        .with("git/p", "pw-p", vec![at("https", "h.test:8443", None, Some("ada"))])
        .with("git/r", "pw-r", vec![at("https", "h.test", Some("team/one.git"), Some("ada"))])
        .with("git/b", "pw-b", vec![at("https", "h.test", None, Some("bob"))])
        .with("git/c", "pw-c", vec![at("https", "h.test", None, Some("cyd"))])
        .with("git/6", "pw-6", vec![at("http", "[::1]", None, Some("six"))]);
    let get = |rest: &str| sealed.get(format!("protocol=https\nhost={rest}\n\n"));
    assert!(get("h.test:8443").unwrap().contains("pw-p"));
    assert!(get("h.test\npath=/team/one.git/").unwrap().contains("pw-r"));
    assert!(get("h.test\npath=team/two.git").unwrap().contains("pw-b"), "the first sealed one without a path");
    assert!(get("h.test").unwrap().contains("pw-b"));
    assert!(get("h.test\nusername=cyd").unwrap().contains("pw-c"));
    assert_eq!(get("h.test\nusername=ada"), None, "sealed for one repository only");
    assert!(sealed.get("protocol=http\nhost=[::1]:80\n\n").unwrap().contains("pw-6"));
}

#[test]
fn of_two_logins_the_first_sealed_wins_whatever_its_name() {
    let mut sealed = Sealed::none().with("git/zed", "pw-z", vec![at("https", "h.test", None, Some("zed"))]).with(
        "git/ada",
        "pw-a",
        vec![at("https", "h.test", None, Some("ada"))],
    );
    sealed.entries.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(sealed.get("protocol=https\nhost=h.test\n\n").unwrap().contains("pw-z"));
}

#[test]
fn a_token_in_place_of_the_user_is_given_as_the_user() {
    let sealed = Sealed::none().with("git/t", "tok", vec![at("https", "h.test", None, None)]);
    let answer = Some("username=tok\npassword=\n");
    assert_eq!(sealed.get("protocol=https\nhost=h.test\n\n").as_deref(), answer);
    assert_eq!(sealed.get("protocol=https\nhost=h.test\nusername=tok\n\n").as_deref(), answer);
    assert_eq!(sealed.get("protocol=https\nhost=h.test\nusername=ada\n\n"), None);
    let told = "protocol=https\nhost=h.test\nusername=tok\npassword=\n\n";
    assert_eq!(sealed.change("store", told), "none");
    assert_eq!(sealed.change("erase", told), "refuse git/t");
    assert_eq!(sealed.change("store", &told.replace("=tok", "=new")), "version git/t new");
    assert_eq!(sealed.change("erase", &told.replace("=tok", "=new")), "none");
}

#[test]
fn a_value_that_the_protocol_cannot_carry_is_not_sent() {
    for value in ["a\nhost=evil", "a\rb", "a\r", "a\0b"] {
        let sealed = Sealed::none().with("git/a", value, vec![at("https", "h.test", None, Some("ada"))]);
        let request = Request::new("https", "h.test", None, None);
        let reply = git::get(&request, &sealed.entries, &|name| sealed.look(name)).unwrap();
        assert!(matches!(reply, Reply::Unfit { ref name, .. } if name.as_str() == "git/a"), "{value:?}");
    }
    let odd = Sealed::none().with("git/a", "pw", vec![at("https", "h.test", None, Some("a\nhost=x"))]);
    assert_eq!(odd.get("protocol=https\nhost=h.test\n\n"), None);
}

#[test]
fn a_refused_login_is_kept_and_not_handed_out() {
    let sealed = one_login().refused().with("git/b", "pw-b", vec![at("https", "git.example.com", None, Some("bob"))]);
    assert!(sealed.get("protocol=https\nhost=git.example.com\n\n").unwrap().contains("pw-b"));
    assert_eq!(sealed.get("protocol=https\nhost=git.example.com\nusername=ada\n\n"), None);
    let told = "protocol=https\nhost=git.example.com\nusername=ada\npassword=pw-a\n\n";
    assert_eq!(sealed.change("erase", told), "none", "it is refused already");
    assert_eq!(sealed.change("store", told), "accept git/a", "it works again");
}

#[test]
fn store_keeps_what_is_new_at_a_sealed_host_and_nothing_else() {
    let sealed = one_login();
    let told = |rest: &str| format!("protocol=https\nhost=git.example.com\n{rest}\n\n");
    assert_eq!(sealed.change("store", &told("username=ada\npassword=pw-a")), "none");
    assert_eq!(sealed.change("store", &told("username=ada\npassword=pw-2")), "version git/a pw-2");
    let new = sealed.change("store", &told("username=bob\npassword=pw-b"));
    assert!(new.starts_with("new git/git.example.com/bob pw-b") && new.contains("username: Some(\"bob\")"), "{new}");
    for rest in [
        "username=ada",
        "password=pw-2",
        "username=bob\npassword=",
        "username=\npassword=",
        "username=bob\npassword=x\nephemeral=1",
        "username=ada\npassword=x\npassword_expiry_utc=1893456000",
        "username=ada\npassword=x\0y",
    ] {
        assert_eq!(sealed.change("store", &told(rest)), "none", "{rest}");
    }
    for host in ["other.test", "git.example.com:8443", "git.example.com.evil.test"] {
        let told = format!("protocol=https\nhost={host}\nusername=ada\npassword=pw-2\n\n");
        assert_eq!(sealed.change("store", &told), "none", "{host}");
    }
}

#[test]
fn store_knows_repositories_apart_where_they_were_sealed_apart() {
    let sealed = Sealed::none().with("git/1", "pw-1", vec![at("https", "h.test", Some("one"), Some("ada"))]);
    let told = |path: &str| format!("protocol=https\nhost=h.test\n{path}username=ada\npassword=pw-2\n\n");
    assert_eq!(sealed.change("store", &told("path=one\n")), "version git/1 pw-2");
    let new = sealed.change("store", &told("path=two\n"));
    assert!(new.starts_with("new git/h.test/two/ada pw-2") && new.contains("path: Some(\"two\")"), "{new}");
}

#[test]
fn erase_marks_the_very_login_and_no_other() {
    let sealed = one_login();
    let told = |rest: &str| format!("protocol=https\nhost=git.example.com\n{rest}\n\n");
    assert_eq!(sealed.change("erase", &told("username=ada\npassword=pw-a")), "refuse git/a");
    assert_eq!(sealed.change("erase", &told("password=pw-a")), "refuse git/a");
    for rest in ["username=ada\npassword=other", "username=ada", "", "username=eve\npassword=pw-a"] {
        assert_eq!(sealed.change("erase", &told(rest)), "none", "{rest}");
    }
    assert_eq!(sealed.change("erase", "protocol=https\nhost=x.test\nusername=ada\npassword=pw-a\n\n"), "none");
}

#[test]
fn an_npm_client_gets_the_tokens_of_sealed_registries_and_other_programs_do_not() {
    let sealed = Sealed::none()
        .with("npm/a", "tok-a", vec![npm_key("//npm.example.com/:_authToken")])
        .with("npm/b", "tok-b", vec![npm_key("//b.test:4873/x/:_auth")])
        .with("npm/c", "tok-c", vec![npm_key("//npm.example.com/:_authToken")])
        .with("npm/gone", "x", vec![npm_key("//gone.test/:_authToken")])
        .with("npm/no", "x", vec![npm_key("//refused.test/:_authToken")])
        .refused();
    sealed.vault.remove(&VaultName::parse("npm/gone").unwrap()).unwrap();
    let both = ["npm_config_//npm.example.com/:_authToken=tok-a", "npm_config_//b.test:4873/x/:_auth=tok-b"];
    for program in
        ["npm", "npx", "pnpm", "yarn", "bun", "bunx", "/usr/bin/npm", "npm.cmd", r"C:\node\NPM.CMD", "npx.exe"]
    {
        assert_eq!(sealed.variables(program, &[]), both, "{program}");
    }
    for program in ["node", "sh", "npmx", "npm.sh", "", "."] {
        assert_eq!(sealed.variables(program, &[]), [""; 0], "{program}");
    }
    assert_eq!(sealed.variables("make", &["npm/b"]), both[1..]);
    assert_eq!(sealed.variables("npm", &["npm/c"])[0], "npm_config_//npm.example.com/:_authToken=tok-c");
}

#[test]
fn with_names_a_secret_and_its_variable() {
    let sealed = Sealed::none().with("mcp/x/TOKEN", "t", vec![Binding::Env { variable: "TOKEN".into() }]).with(
        "git/a",
        "g",
        vec![at("https", "h.test", None, Some("ada"))],
    );
    assert_eq!(sealed.variables("x", &["mcp/x/TOKEN", "GH=git/a"]), ["TOKEN=t", "GH=g"]);
    let refused = |with: &[&str]| sealed.environment("x", with).err().unwrap().to_string();
    assert_eq!(refused(&["git/a"]), "`git/a` belongs to no variable; say which: --with VARIABLE=git/a");
    assert_eq!(refused(&["nothing"]), "no secret is named `nothing`");
    assert_eq!(refused(&["A=nothing"]), "no secret is named `nothing`");
    assert_eq!(refused(&["A=git/a", "A=mcp/x/TOKEN"]), "two secrets for the variable A");
    let bare = Sealed { entries: Vec::new(), vault: sealed.vault };
    assert_eq!(bare.variables("x", &["TOKEN=mcp/x/TOKEN"]), ["TOKEN=t"], "no index is needed");
    for text in ["", "=a", "A=", "A B=a", "A=b=c", "A=b c", "-a"] {
        assert!(With::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_an_environment_cannot_hold_is_refused_with_the_reason_and_without_the_value() {
    let sealed = Sealed::none().with("nul", "hunter\0two", vec![]).with(
        "line",
        "hunter\ntwo",
        vec![npm_key("//n.test/:_authToken")],
    );
    for (program, with) in [("x", vec!["A=nul"]), ("npm", vec![]), ("x", vec!["line"])] {
        let error = sealed.environment(program, &with).err().unwrap();
        assert!(matches!(error, BrokerError::Unfit { .. }) && !error.to_string().contains("hunter"), "{error}");
        assert!(!format!("{error:?}").contains("hunter"));
    }
    assert_eq!(sealed.variables("x", &["A=line"]), ["A=hunter\ntwo"], "any other variable may have lines");
}

#[test]
fn names_and_never_values_are_left_for_an_inner_run() {
    let sealed = Sealed::none().with("a", "tok-a", vec![]).with("n", "tok-n", vec![npm_key("//n.test/:_auth")]);
    let handed = sealed.environment("npm", &["A=a"]).unwrap();
    let names = launch::injected(&handed);
    assert_eq!(names, "A npm_config_//n.test/:_auth");
    assert_eq!(launch::inherited(names.to_str().unwrap()), ["A", "npm_config_//n.test/:_auth"]);
}

#[test]
fn a_registry_is_answered_by_its_very_name() {
    let sealed = Sealed::none()
        .with("npm/a", "tok", vec![npm_key("//npm.example.com/:_authToken")])
        .with("npm/b", "dXNlcg==", vec![npm_key("//b.test:4873/team/:_auth")])
        .with("npm/c", "x", vec![npm_key("//c.test/:_password")])
        .with("npm/d", "x\ny", vec![npm_key("//d.test/:_authToken")]);
    let token = |place: &str| {
        let token = npm::token(place, &sealed.entries, &|name| sealed.look(name)).unwrap();
        token.map(|token| String::from_utf8_lossy(&token.text).into_owned())
    };
    for place in ["npm.example.com", "NPM.example.com", "//npm.example.com/", "https://npm.example.com:443/"] {
        assert_eq!(token(place).as_deref(), Some("tok"), "{place}");
    }
    assert_eq!(token("https://b.test:4873/team").as_deref(), Some("Basic dXNlcg=="));
    for place in ["b.test:4873", "b.test", "npm.example.com.evil.test", "x@npm.example.com", "c.test", "d.test", ""] {
        assert_eq!(token(place), None, "{place}");
    }
}

#[test]
fn headers_are_json_whatever_the_value() {
    let sealed = Sealed::none().with("mcp/h", "a\"b\\é", vec![]).with("line", "a\r\nX-Evil: 1", vec![]);
    let json = |templates: &[&str]| {
        let templates: Vec<Template> = templates.iter().map(|text| Template::parse(text).unwrap()).collect();
        headers::json(&templates, &|name| sealed.look(name)).map(|text| String::from_utf8(text.to_vec()).unwrap())
    };
    let text = json(&["Authorization=Bearer {mcp/h}", "X-Two={mcp/h}:{mcp/h}="]).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["Authorization"], "Bearer a\"b\\é");
    assert_eq!(value["X-Two"], "a\"b\\é:a\"b\\é=");
    assert!(matches!(json(&["A={line}"]), Err(BrokerError::Unfit { .. })));
    assert!(matches!(json(&["A={none}"]), Err(BrokerError::Unknown(_))));
    for text in ["A", "A=b", "=x {a}", "A B={a}", "A={a", "A={a}}", "A={a b}", "A={}", "A=\n{a}", "A:={a}"] {
        assert!(Template::parse(text).is_err(), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn assignments_come_through_a_shell_unchanged() {
    let value = "a'b\"c$(touch x)`id`\\'\n\\\\ é ’ !! \t;";
    let sealed = Sealed::none().with("v", value, vec![]).with("n", "x", vec![npm_key("//n.test/:_auth")]);
    let handed = sealed.environment("", &["SEALED_VALUE=v"]).unwrap();
    let mut shells = vec![("sh", env::Shell::Posix, "printf %s \"$SEALED_VALUE\"")];
    shells.push(("bash", env::Shell::Posix, "printf %s \"$SEALED_VALUE\""));
    shells.push(("zsh", env::Shell::Posix, "printf %s \"$SEALED_VALUE\""));
    shells.push(("fish", env::Shell::Fish, "printf %s \"$SEALED_VALUE\""));
    for (shell, syntax, print) in shells {
        let mut script = env::text(&handed, syntax).unwrap().to_vec();
        script.extend_from_slice(print.as_bytes());
        // A shell that is not installed is not tested.
        let Ok(out) = std::process::Command::new(shell).arg("-c").arg(String::from_utf8(script).unwrap()).output()
        else {
            continue;
        };
        assert_eq!(String::from_utf8_lossy(&out.stdout), value, "{shell}");
    }
    let odd = sealed.environment("", &["n"]).unwrap();
    assert!(env::text(&odd, env::Shell::Posix).is_err(), "a name that would be read as something else");
}

#[test]
fn powershell_takes_typographic_quotes_for_quotes() {
    let sealed = Sealed::none().with("v", "a'b’c", vec![]);
    let text = env::text(&sealed.environment("", &["V=v"]).unwrap(), env::Shell::PowerShell).unwrap();
    assert_eq!(std::str::from_utf8(&text).unwrap(), "$Env:V = 'a''b’’c'\n");
}

proptest! {
    #[test]
    fn no_bytes_make_git_answer_an_unsealed_host(input in prop::collection::vec(any::<u8>(), 0..400)) {
        let sealed = one_login();
        prop_assert_eq!(sealed.get(&input), None);
    }

    #[test]
    fn whatever_is_answered_was_asked_for(
        host in "[a-zA-Z.:@/\\[\\]0-9 \r\n\0-]{0,24}|(git\\.example\\.com)[a-z.:@/0-9\r\n=-]{0,8}",
        protocol in "https?|ssh|[a-z]{0,6}",
        more in "(username=(ada|eve|)\n)?(path=[a-z/]{0,6}\n)?([a-z\\[\\]]{0,9}=[a-z]{0,5}\n)?",
    ) {
        let sealed = one_login();
        if sealed.get(format!("protocol={protocol}\nhost={host}\n{more}\n")).is_some() {
            // A line break ends the value: what follows is another line, as git would read it.
            let host = host.split('\n').next().unwrap().to_ascii_lowercase();
            prop_assert!(host == "git.example.com" || host == "git.example.com:443", "{host:?}");
            prop_assert_eq!(protocol, "https");
        }
    }

    #[test]
    fn an_answer_has_two_lines_and_gives_the_value_back(value in prop::collection::vec(any::<u8>(), 0..200)) {
        let sealed = Sealed::none().with("git/a", &value, vec![at("https", "h.test", None, Some("ada"))]);
        let request = Request::new("https", "h.test", None, None);
        match git::get(&request, &sealed.entries, &|name| sealed.look(name)).unwrap() {
            Reply::Login(login) => {
                let text = login.text();
                prop_assert_eq!(text.split(|b| *b == b'\n').count(), 3);
                prop_assert_eq!(&text[..22], &b"username=ada\npassword="[..]);
                prop_assert_eq!(&text[22..text.len() - 1], &value[..]);
                prop_assert!(!value.is_empty());
            }
            _ => prop_assert!(value.is_empty() || value.iter().any(|b| matches!(b, b'\n' | b'\r' | 0))),
        }
    }
}
