//! Secrets of a real Secret Service, handed to real commands and to the real git: who gets what, what is
//! logged, and that a value shows nowhere else.
#![cfg(all(unix, not(target_os = "macos"), feature = "keychain"))]

use crate::common::program::caulk;
use crate::common::secret_service::SecretService;
use caulk::rules::template::expand;
use caulk::vault::{Binding, Entry, Index};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A home, and the keychain of its user.
struct Desk {
    service: SecretService,
    home: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { service: SecretService::start(), home: TempDir::new().unwrap() }
    }

    fn state(&self) -> PathBuf {
        let support = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".local/state" };
        self.home.path().join(support).join("caulk")
    }

    fn caulk(&self, arguments: &[&str]) -> Command {
        let mut command = caulk(self.home.path());
        command.envs(self.service.environment()).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        fed(self.caulk(arguments), b"")
    }

    /// Puts a value into the keychain as another program would, and no word about it anywhere else.
    fn keep(&self, name: &str, value: &[u8]) {
        let item = ["store", "--label=x", "service", "caulk", "username", name];
        let out = self.service.secret_tool(&item, value);
        assert!(out.status.success(), "{}", text(&out.stderr));
    }

    /// The same with those who may be handed it.
    fn seal(&self, name: &str, value: &[u8], binding: Binding) {
        self.keep(name, value);
        let entry = Entry {
            name: name.into(),
            store: "keychain".into(),
            created_at: "2026-01-01T00:00:00Z".into(),
            fingerprint: String::new(),
            bindings: vec![binding],
            refused_at: None,
            versions: Vec::new(),
            runs: Vec::new(),
        };
        Index::update(&self.state(), |index| {
            index.entries.retain(|entry| entry.name != name);
            index.entries.push(entry);
        })
        .unwrap();
    }

    fn entry(&self, name: &str) -> Entry {
        let index = Index::load(&self.state()).unwrap();
        index.entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("no {name}")).clone()
    }

    fn value(&self, name: &str) -> Vec<u8> {
        self.service.secret_tool(&["lookup", "service", "caulk", "username", name], b"").stdout
    }

    /// What `git credential <verb>` makes of `told`, with caulk as the helper of one host.
    fn git(&self, verb: &str, told: &str) -> Output {
        let config = format!(
            "[credential]\n\thelper = store\n[credential \"https://git.example.com\"]\n\thelper =\n\thelper = {} helper git\n",
            env!("CARGO_BIN_EXE_caulk")
        );
        fs::write(self.home.path().join(".gitconfig"), config).unwrap();
        let mut command = Command::new("git");
        command.args(["credential", verb]).env_clear().current_dir(self.home.path()).env("HOME", self.home.path());
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").envs(self.service.environment());
        fed(command, format!("protocol=https\n{told}\n\n").as_bytes())
    }

    /// Everything below the home and the keychain's own folders that holds `value`.
    fn seen(&self, value: &[u8]) -> Vec<PathBuf> {
        let files = walkdir::WalkDir::new(self.home.path()).into_iter().flatten().filter(|e| e.file_type().is_file());
        // A file may go while we look.
        let read = |path: &PathBuf| fs::read(path).unwrap_or_default();
        files.map(walkdir::DirEntry::into_path).filter(|path| holds(&read(path), value)).collect()
    }

    /// What the state folder holds besides the index.
    fn log(&self) -> String {
        let files = walkdir::WalkDir::new(self.state()).into_iter().flatten().filter(|e| e.file_type().is_file());
        let files = files.filter(|entry| entry.file_name() != "vault.json" && entry.file_name() != "key");
        files.map(|entry| text(&fs::read(entry.path()).unwrap())).collect()
    }
}

fn fed(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn holds(text: &[u8], value: &[u8]) -> bool {
    text.windows(value.len()).any(|window| window == value)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn login(host: &str, username: &str) -> Binding {
    Binding::Git { protocol: "https".into(), host: host.into(), path: None, username: Some(username.into()) }
}

#[test]
fn a_command_gets_the_very_bytes_in_its_environment_and_nowhere_else() {
    let desk = Desk::new();
    let long = expand("<an:60000>", "long");
    for value in [&b"plain"[..], b"two\nlines\n", "q'\"\\$(x) \u{e9}\u{1f511}".as_bytes(), b"\xff\xfe raw", &long] {
        desk.keep("mcp/x/TOKEN", value);
        let out = desk.run(&["run", "--with", "TOKEN=mcp/x/TOKEN", "--", "sh", "-c", "printf %s \"$TOKEN\""]);
        assert!(out.status.success() && out.stderr.is_empty(), "{}", text(&out.stderr));
        assert!(out.stdout == value, "{} bytes came as {}", value.len(), out.stdout.len());
    }
    let token = expand("<an:40>", "token");
    desk.keep("mcp/x/TOKEN", &token);
    let look = "cat /proc/$$/cmdline /proc/$PPID/cmdline; /usr/bin/env";
    let out = desk.run(&["run", "--with", "TOKEN=mcp/x/TOKEN", "--", "sh", "-c", look]);
    let times = out.stdout.windows(token.len()).filter(|window| *window == token).count();
    assert_eq!(times, 1, "in one variable, and in no argument");
    assert!(text(&out.stdout).contains("CAULK_INJECTED=TOKEN\n"));
    assert_eq!(desk.seen(&token), [""; 0].map(PathBuf::from));
}

#[test]
fn a_nul_is_refused_before_the_command_starts() {
    let desk = Desk::new();
    desk.keep("odd", b"hunter\0two");
    let out = desk.run(&["run", "--with", "A=odd", "--", "sh", "-c", "echo started"]);
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(2), String::new()));
    assert!(text(&out.stderr).contains("NUL") && !text(&out.stderr).contains("hunter"), "{}", text(&out.stderr));
}

#[test]
fn the_session_bus_is_found_at_its_well_known_place() {
    let desk = Desk::new();
    let token = expand("<an:30>", "bus");
    desk.keep("mcp/x/TOKEN", &token);
    let mut command = Command::new(env!("CARGO_BIN_EXE_caulk"));
    command.env_clear().env("XDG_RUNTIME_DIR", desk.service.runtime_dir());
    command.args(["run", "--with", "TOKEN=mcp/x/TOKEN", "--", "/usr/bin/env"]);
    let out = fed(command, b"");
    assert!(holds(&out.stdout, &token), "{}", text(&out.stderr));
}

#[test]
fn a_locked_keychain_is_told_from_a_name_that_is_not_there() {
    let desk = Desk::new();
    desk.keep("mcp/x/TOKEN", b"value");
    desk.service.lock();
    let out = desk.run(&["run", "--with", "A=mcp/x/TOKEN", "--", "sh", "-c", "echo started"]);
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(4), String::new()));
    let said = text(&out.stderr);
    assert!(said.contains("the keychain is locked. Unlock it") && said.lines().count() == 1, "{said}");
}

#[test]
fn an_unknown_name_says_the_nearest() {
    let desk = Desk::new();
    desk.seal("npm/npm.example.com", b"x", Binding::Npm { key: "//npm.example.com/:_authToken".into() });
    for call in [["--with", "npm/npm.exmaple.com"], ["--with", "A=npm/npm.exmaple.com"]] {
        let out = desk.run(&[&["run"], &call[..], &["--", "true"]].concat());
        assert_eq!(out.status.code(), Some(2));
        assert!(text(&out.stderr).contains("did you mean `npm/npm.example.com`?"), "{}", text(&out.stderr));
    }
    let out = desk.run(&["run", "make"]);
    assert!(text(&out.stderr).contains("sealed: npm/npm.example.com"), "{}", text(&out.stderr));
}

#[test]
fn an_npm_client_is_handed_its_tokens_and_the_log_says_so() {
    let desk = Desk::new();
    let token = expand("<an:36>", "npm");
    desk.seal("npm/npm.example.com", &token, Binding::Npm { key: "//npm.example.com/:_authToken".into() });
    let npm = desk.home.path().join("npm");
    fs::write(&npm, "#!/bin/sh\n/usr/bin/env\n").unwrap();
    crate::common::home::set_mode(&npm, 0o755);
    let out = desk.run(&["run", "--", npm.to_str().unwrap(), "publish"]);
    // The variable's name is none that a shell can set; dash does not even pass it on.
    let through_env = desk.run(&["run", "--with", "npm/npm.example.com", "--", "/usr/bin/env"]);
    let line = [b"npm_config_//npm.example.com/:_authToken=", &token[..]].concat();
    assert!(holds(&through_env.stdout, &line), "{}", text(&through_env.stderr));
    assert!(out.status.success(), "{}", text(&out.stderr));
    let log = desk.log();
    assert!(log.contains("npm/npm.example.com") && log.contains("run"), "{log}");
    assert!(!holds(log.as_bytes(), &token));
    assert_eq!(desk.seen(&token), [""; 0].map(PathBuf::from));
}

#[test]
fn git_is_given_what_was_sealed_and_keeps_nothing_itself() {
    let desk = Desk::new();
    let token = expand("<an:36>", "git");
    desk.seal("git/git.example.com/ada", &token, login("git.example.com", "ada"));
    let out = desk.git("fill", "host=git.example.com");
    let expected = [b"protocol=https\nhost=git.example.com\nusername=ada\npassword=", &token[..], b"\n"].concat();
    assert!(out.stdout == expected, "{}", text(&out.stderr));
    assert_eq!(text(&out.stderr), "");
    let told = format!("host=git.example.com\nusername=ada\npassword={}", text(&token));
    let out = desk.git("approve", &told);
    assert!(out.status.success() && out.stderr.is_empty(), "{}: {}", out.status, text(&out.stderr));
    assert_eq!(desk.seen(&token), [""; 0].map(PathBuf::from), "the helper `store` was not told");
    for host in ["git.example.com:8443", "git.example.com.evil.test", "example.com"] {
        let out = desk.git("fill", &format!("host={host}"));
        assert!(!out.status.success() && !holds(&out.stdout, &token), "{host}: {}", text(&out.stderr));
    }
    let log = desk.log();
    assert!(log.contains("helper git"), "{log}");
    // Where the system tells of other processes at all.
    if fs::read_link(format!("/proc/{}/exe", std::os::unix::process::parent_id())).is_ok() {
        assert!(log.contains("/git"), "the asking program is git, not its shell: {log}");
    }
}

#[test]
fn git_can_neither_lose_a_login_nor_get_a_refused_one() {
    let desk = Desk::new();
    let (name, first, second) = ("git/git.example.com/ada", expand("<an:36>", "one"), expand("<an:36>", "two"));
    desk.seal(name, &first, login("git.example.com", "ada"));
    let told =
        |user: &str, password: &[u8]| format!("host=git.example.com\nusername={user}\npassword={}", text(password));
    desk.git("reject", &told("ada", b"another"));
    assert!(desk.git("fill", "host=git.example.com").status.success());
    desk.git("reject", &told("ada", &first));
    assert!(!desk.git("fill", "host=git.example.com").status.success());
    assert!(desk.entry(name).refused_at.is_some());
    assert_eq!(desk.value(name), first, "it is kept");
    // The user is asked, and gives another one.
    desk.git("approve", &told("ada", &second));
    assert!(holds(&desk.git("fill", "host=git.example.com").stdout, &second));
    let entry = desk.entry(name);
    assert_eq!((entry.refused_at, entry.versions.len()), (None, 1));
    assert_eq!(desk.value(&entry.versions[0]), first);
    assert_ne!(entry.fingerprint, "");
    // One more user, a host that was never sealed, and a third value.
    let third = expand("<an:36>", "three");
    desk.git("approve", &told("bob", &third));
    assert!(holds(&desk.git("fill", "host=git.example.com\nusername=bob").stdout, &third));
    desk.git("approve", &told("ada", &third));
    assert_eq!(desk.entry(name).versions.len(), 2);
    assert_eq!(desk.value(&desk.entry(name).versions[1]), second);
    assert_eq!(Index::load(&desk.state()).unwrap().entries.len(), 2);
}

#[test]
fn without_the_keychain_git_asks_the_user() {
    let mut desk = Desk::new();
    desk.seal("git/git.example.com/ada", b"pw", login("git.example.com", "ada"));
    desk.service.kill();
    let question = b"protocol=https\nhost=git.example.com\n\n";
    let out = fed(desk.caulk(&["helper", "git", "get"]), question);
    assert_eq!((out.status.code(), text(&out.stdout)), (Some(4), String::new()));
    assert_eq!(text(&out.stderr).lines().count(), 1);
    let ask = desk.home.path().join("ask");
    fs::write(&ask, "#!/bin/sh\necho typed\n").unwrap();
    crate::common::home::set_mode(&ask, 0o755);
    let out = with_askpass(&desk, &ask);
    assert!(out.status.success() && text(&out.stdout).contains("password=typed"), "{}", text(&out.stderr));
}

fn with_askpass(desk: &Desk, ask: &Path) -> Output {
    let config = format!(
        "[core]\n\taskPass = {}\n[credential \"https://git.example.com\"]\n\thelper =\n\thelper = {} helper git\n",
        ask.display(),
        env!("CARGO_BIN_EXE_caulk")
    );
    let file = desk.home.path().join("config");
    fs::write(&file, config).unwrap();
    let mut command = Command::new("git");
    command.args(["credential", "fill"]).env_clear().current_dir(desk.home.path()).env("HOME", desk.home.path());
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("GIT_CONFIG_GLOBAL", file).env("GIT_CONFIG_NOSYSTEM", "1");
    fed(command, b"protocol=https\nhost=git.example.com\n\n")
}

#[test]
fn the_other_helpers_print_to_a_program_only() {
    let desk = Desk::new();
    desk.seal("npm/n", b"tok", Binding::Npm { key: "//npm.example.com/:_authToken".into() });
    desk.seal("mcp/x/TOKEN", b"it's", Binding::Env { variable: "TOKEN".into() });
    for (call, expected) in [
        (&["helper", "npm", "https://npm.example.com/"][..], "tok"),
        (&["helper", "env", "mcp/x/TOKEN", "N=npm/n"], "export TOKEN='it'\\''s'\nexport N='tok'\n"),
        (&["helper", "env", "--shell", "fish", "mcp/x/TOKEN"], "set -gx TOKEN 'it\\'s'\n"),
        (&["helper", "headers", "Authorization=Bearer {npm/n}"], "{\"Authorization\":\"Bearer tok\"}\n"),
    ] {
        let out = desk.run(call);
        assert_eq!((text(&out.stdout).as_str(), text(&out.stderr).as_str()), (expected, ""), "{call:?}");
        assert_eq!(out.status.code(), Some(0));
        // `script` has a terminal to offer.
        let quoted: Vec<String> = call.iter().map(|word| format!("'{word}'")).collect();
        let mut command = Command::new("script");
        let line = format!("exec {} {}", env!("CARGO_BIN_EXE_caulk"), quoted.join(" "));
        command.args(["-qec", &line, "/dev/null"]).env_clear().env("HOME", desk.home.path());
        command.env("SHELL", "/bin/sh").env("PATH", "/usr/bin:/bin").envs(desk.service.environment());
        let Ok(out) = command.stdin(Stdio::null()).output() else { continue };
        let said = text(&out.stdout);
        assert!(said.contains("--show") && !said.contains("tok") && !said.contains("it'"), "{said}");
    }
    assert_eq!(desk.run(&["helper", "npm", "other.test"]).status.code(), Some(2));
    let log = desk.log();
    for verb in ["helper npm", "helper env", "helper headers"] {
        assert!(log.contains(verb), "{log}");
    }
}
