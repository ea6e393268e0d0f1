//! The command's contract, through the real binary: arguments, statuses, streams, files.
//!
//! Every run gets a made-up home and nothing of this process's environment.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A made-up account: its home, with the folders that settings and state go to.
struct Account {
    home: tempfile::TempDir,
}

#[allow(clippy::disallowed_methods, reason = "tests write their own fixtures and read what was written")]
impl Account {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Writes a file that only its owner can write, whatever the umask.
    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        set_mode(&path, 0o600);
        path
    }

    fn config(&self, content: &str) {
        self.file(".config/caulk/config.toml", content);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = crate::common::program::listening(Path::new(env!("CARGO_BIN_EXE_caulk")));
        command.args(args).current_dir(self.home.path()).env_clear().stdin(Stdio::null());
        command.env("HOME", self.home.path());
        for (name, folder) in [("CONFIG", ".config"), ("STATE", ".state"), ("DATA", ".data"), ("CACHE", ".cache")] {
            command.env(format!("XDG_{name}_HOME"), self.path(folder));
        }
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        Run::of(self.command(args).output().unwrap())
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }
}

/// What a run came to.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// A wrong call: status 2, one line on standard error that has all of `words`, nothing else.
    #[track_caller]
    fn refused(self, words: &[&str]) {
        let run = self.ends_with(2);
        assert_eq!(run.out, "");
        assert!(run.err.starts_with("caulk: ") && run.err.lines().count() == 1, "{}", run.err);
        for word in words {
            assert!(run.err.contains(word), "no `{word}` in: {}", run.err);
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// An npm token whose checksum holds.
fn npm_token() -> String {
    String::from_utf8(caulk::rules::template::expand("npm_<(><an:30><crc62>", "stdin")).unwrap()
}

/// A made-up value with the looks of a secret, put together here so that none stands in the repository.
fn secret(seed: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..36)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(LETTERS[(state % LETTERS.len() as u64) as usize])
        })
        .collect()
}

/// The line of an `.npmrc` that holds a token.
fn npmrc(seed: u64) -> String {
    format!("//npm.example.com/:_authToken={}\n", secret(seed))
}

/// A home with one secret in it.
fn exposed() -> Account {
    let account = Account::new();
    account.file("target/.npmrc", npmrc(1));
    account
}

// ---- words ----

#[test]
fn help_and_version_go_to_standard_output_with_status_0() {
    let account = Account::new();
    for command in [
        "scan",
        "rules",
        "explain",
        "run",
        "helper",
        "shell-init",
        "config",
        "schema",
        "completions",
        "man",
        "mcp",
        "inventory",
    ] {
        assert!(account.run(&["--help"]).ends_with(0).out.contains(&format!("  {command} ")), "{command}");
        assert!(account.run(&[command, "--help"]).ends_with(0).out.contains("Usage: caulk"), "{command}");
    }
    assert_eq!(account.run(&["--version"]).ends_with(0).out, concat!("caulk ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_wrong_call_is_one_line_that_names_the_nearest_right_one() {
    let account = Account::new();
    account.run(&["scna"]).refused(&["`scna`", "`scan`"]);
    account.run(&["scan", "--fial-on", "low"]).refused(&["`--fial-on`", "`--fail-on`"]);
    account.run(&["scan", "--format", "jsno"]).refused(&["`--format`", "`json`", "ndjson"]);
    account.run(&["scan", "--fail-on", "hihg"]).refused(&["`--fail-on`", "`high`"]);
    account.run(&["scan", "--jobs", "0"]).refused(&["`--jobs`"]);
    account.run(&["scan", "--exit-code", "256"]).refused(&["`--exit-code`"]);
    account.run(&["scan", "--max-file-size", "10X"]).refused(&["`--max-file-size`", "10M"]);
    account.run(&["scan", "--exclude", "{a"]).refused(&["`--exclude`"]);
    account.run(&["scan", "--exit-zero", "--exit-code", "7"]).refused(&["together"]);
    account.run(&["scan", "--home", ".", "."]).refused(&["`--home`"]);
    account.run(&["scan", "-", "."]).refused(&["standard input"]);
    account.run(&["completions", "zzsh"]).refused(&["`zsh`"]);
    // Commands that are not built are not there, not stubs.
    for absent in ["purge", "baseline", "schedule"] {
        account.run(&[absent]).refused(&["unknown command"]);
    }
}

#[test]
fn text_of_the_call_is_echoed_without_control_characters() {
    let run = Account::new().run(&["scan", "no\u{1b}[31mwhere\u{202e}"]).ends_with(2);
    assert!(!run.err.contains('\u{1b}') && !run.err.contains('\u{202e}'), "{:?}", run.err);
}

#[test]
fn a_named_path_that_is_not_there_is_a_wrong_call() {
    let account = Account::new();
    account.file("notes/plan.txt", "");
    account.run(&["scan", "note"]).refused(&["note", "`notes`"]);
    account.run(&["scan", "notes", "missing"]).refused(&["missing"]);
    account.run(&["scan", "notes/plan.txt/below"]).refused(&["below"]);
    account.run(&["scan", "--home", "missing"]).refused(&["missing"]);
    account.run(&["scan", "--home", "notes/plan.txt"]).refused(&["folder"]);
    assert!(!account.path(".state").exists(), "a refused call made its state folder");
}

#[test]
fn completions_and_the_manual_page_are_made() {
    let account = Account::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = account.run(&["completions", shell]).ends_with(0).out;
        assert!(script.contains("fail-on") && script.contains("caulk"), "{shell}");
    }
    let page = account.run(&["man"]).ends_with(0).out;
    for word in [".TH caulk", ".SH \"EXIT STATUS\"", "WHAT TO READ", "fail\\-on", "caulk scan", "130"] {
        assert!(page.contains(word), "no {word} in the manual page");
    }
}

#[test]
fn schemas_are_schemas_and_the_config_one_has_every_setting() {
    let account = Account::new();
    for name in ["report", "config", "rules"] {
        let schema = account.run(&["schema", name]).ends_with(0).json();
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
    let schema = account.run(&["schema", "config"]).json();
    let shown = account.run(&["config", "show"]).ends_with(0).out;
    for key in shown.lines().map(|line| line.split_whitespace().next().unwrap()) {
        assert!(schema["properties"]["scan"]["properties"][key].is_object(), "{key}");
    }
}

// ---- settings ----

#[test]
fn config_show_names_the_place_of_every_setting() {
    let account = Account::new();
    account.config("[scan]\nfail-on = \"high\"\nmin-severity = \"medium\"\n");
    let mut command = account.command(&["config", "show"]);
    let shown = Run::of(command.env("CAULK_FAIL_ON", "critical").output().unwrap()).ends_with(0).out;
    let line = |key: &str| shown.lines().find(|line| line.starts_with(key)).unwrap().to_owned();
    assert!(line("fail-on").contains("critical") && line("fail-on").contains("CAULK_FAIL_ON"), "{shown}");
    assert!(line("min-severity").contains("medium") && line("min-severity").contains("config.toml"), "{shown}");
    assert!(line("color").contains("auto") && line("color").contains("default"), "{shown}");
}

#[test]
fn a_wrong_config_file_is_named_with_its_line_and_never_quoted() {
    let account = Account::new();
    let hidden = secret(7);
    for (content, words) in [
        (format!("[scan]\nfail_on = \"{hidden}\"\n"), vec!["config.toml:2:", "`fail_on`", "`fail-on`"]),
        (format!("[scan]\nfail-on = \"{hidden}\"\n"), vec!["config.toml:2:", "`fail-on`", "critical"]),
        (format!("[scan]\nonly = {hidden}\n"), vec!["config.toml:2:"]),
        (format!("{hidden}\n"), vec!["config.toml:1:"]),
        (format!("[scan]\n{hidden}{hidden} = 1\n"), vec!["config.toml:2:"]),
        (format!("[[allow]]\nrule = \"{hidden}\"\n"), vec!["config.toml:1:", "reason"]),
    ] {
        account.config(&content);
        for args in [&["config", "show"][..], &["scan", "."]] {
            let run = account.run(args);
            assert!(!run.err.contains(&hidden), "{}", run.err);
            run.refused(&words);
        }
    }
}

#[test]
#[cfg(unix)]
fn a_config_file_that_others_can_write_refused() {
    let account = Account::new();
    account.config("[scan]\n");
    account.run(&["config", "show"]).ends_with(0);
    set_mode(&account.path(".config/caulk/config.toml"), 0o666);
    account.run(&["config", "show"]).refused(&["config.toml", "written by others"]);
    account.run(&["scan", "."]).refused(&["config.toml"]);
}

#[test]
fn a_wrong_variable_refused_and_an_unknown_one_noted_neither_quoted() {
    let account = Account::new();
    let hidden = secret(8);
    let with = |name: &str| Run::of(account.command(&["config", "show"]).env(name, &hidden).output().unwrap());
    let run = with("CAULK_FAIL_ON");
    assert!(!run.err.contains(&hidden));
    run.refused(&["CAULK_FAIL_ON"]);
    let run = with("CAULK_FAILON").ends_with(0);
    assert!(run.err.contains("CAULK_FAIL_ON") && !run.err.contains(&hidden), "{}", run.err);
}

#[test]
fn a_named_config_file_replaces_the_users_and_must_exist() {
    let account = Account::new();
    account.config("this is not a config file");
    let other = account.file("other.toml", "[scan]\nfail-on = \"high\"\n");
    let shown = account.run(&["config", "show", "--config", other.to_str().unwrap()]).ends_with(0).out;
    assert!(shown.contains("other.toml"));
    account.run(&["config", "show", "--config", "missing.toml"]).refused(&["missing.toml"]);
}

// ---- rules ----

#[test]
fn rules_are_listed_shown_and_tested() {
    let account = Account::new();
    let list = account.run(&["rules", "ls"]).ends_with(0).out;
    let id = list.lines().next().unwrap().split_whitespace().next().unwrap();
    assert!(account.run(&["rules", "show", id]).ends_with(0).out.contains(id));
    assert!(account.run(&["explain", id]).ends_with(0).out.contains(id));
    let cut = &id[..id.len() - 1];
    account.run(&["rules", "show", cut]).refused(&[cut, id]);
    account.run(&["explain", cut]).refused(&[cut, id]);
    assert!(account.run(&["rules", "test"]).ends_with(0).out.contains(" 0 problems"));
}

#[test]
fn a_glob_that_takes_no_rule_refused() {
    let account = Account::new();
    account.run(&["scan", ".", "--only", "npm-acces-token"]).refused(&["npm-acces-token", "npm-access-token"]);
    account.run(&["scan", ".", "--skip", "no-such-rule-at-all"]).refused(&["no-such-rule-at-all"]);
}

#[test]
fn a_broken_rule_file_refused_by_scan_and_reported_by_test() {
    let account = Account::new();
    let file = account.file("mine.toml", "schema = 1\nnonsense = 2\n");
    let file = file.to_str().unwrap();
    account.run(&["scan", ".", "--rules", file]).refused(&["mine.toml"]);
    assert!(account.run(&["rules", "test", file]).ends_with(1).out.contains("mine.toml"));
    account.run(&["rules", "test", "missing.toml"]).refused(&["missing.toml"]);
}

/// The text of a file of one rule, `acme-key`.
fn one_rule(keyword: &str, pattern: &str, example: &str) -> String {
    format!(
        "schema = 1\n[vendor]\nid = \"acme\"\nname = \"Acme\"\n[[rule]]\nid = \"acme-key\"\ntitle = \"Acme key\"\n\
         severity = \"high\"\nkeywords = ['{keyword}']\npattern = '{pattern}'\nimpact = \"Opens Acme.\"\n\
         revoke = \"acme revoke\"\nmatches = ['{example}']\nignores = [\"nothing\"]\n"
    )
}

#[test]
fn a_pattern_that_explodes_is_refused_with_its_rule() {
    let account = Account::new();
    let words: Vec<String> = (0..40_000).map(|number| format!("acme_{number:05}")).collect();
    for pattern in [
        "acme_(a{1000}){1000}",
        "acme_(((a{100}){100}){100}){100}",
        "(?:acme_[a-z]{1,1000}|[a-z]{1,1000}){1,1000}",
        // Too long to be taken apart.
        &words.join("|"),
    ] {
        let file = account.file("mine.toml", one_rule("acme_", pattern, "acme_12345"));
        let file = file.to_str().unwrap();
        account.run(&["scan", ".", "--rules", file]).refused(&["mine.toml", "`acme-key`", "takes more than"]);
        let out = account.run(&["rules", "test", file]).ends_with(1).out;
        assert!(out.contains("`acme-key`") && out.contains("takes more than"), "{out}");
        assert!(out.len() < 1024, "a message that quotes a pattern whole");
    }
}

#[test]
fn a_keyword_that_stands_everywhere_is_refused_by_test() {
    let account = Account::new();
    let tested = |keyword: &str, pattern: &str, example: &str, status: i32| {
        let file = account.file("mine.toml", one_rule(keyword, pattern, example));
        account.run(&["rules", "test", file.to_str().unwrap()]).ends_with(status).out
    };
    for (keyword, pattern, example) in [
        ("data", "data[^0-9]{0,20}[0-9a-f]{32}", "data = <hex:32>"),
        (" the ", " the .{0,20} ([0-9a-f]{32})", "is the key <hex:32>"),
        ("return", "return.{0,9}[0-9a-f]{32}", "return <hex:32>"),
    ] {
        let out = tested(keyword, pattern, example, 1);
        assert!(out.starts_with(&format!("acme-key: keyword `{keyword}` stands ")), "{out}");
        assert!(out.contains("choose a rarer or longer one") && out.contains(" 1 problems"), "{out}");
    }
    // A rare one, and a common one that the pattern lets be followed by what hardly ever does.
    for (keyword, pattern, example) in
        [("acme_live_", "acme_live_[0-9a-f]{32}", "acme_live_<hex:32>"), ("data", "data~[0-9a-f]{32}", "data~<hex:32>")]
    {
        assert!(tested(keyword, pattern, example, 0).contains(" 0 problems"));
    }
}

// ---- scans ----

#[test]
fn findings_are_1_none_is_0_and_the_options_change_that() {
    let account = exposed();
    account.file("empty/readme.txt", "nothing here\n");
    account.run(&["scan", "empty"]).ends_with(0);
    account.run(&["scan", "target"]).ends_with(1);
    account.run(&["scan", "--home", "target"]).ends_with(1);
    account.run(&["scan", "target", "--exit-zero"]).ends_with(0);
    account.run(&["scan", "target", "--exit-code", "42"]).ends_with(42);
    account.run(&["scan", "target", "--exclude", ".npmrc"]).ends_with(0);
    account.config("[scan]\nexit-code = 9\n");
    account.run(&["scan", "target"]).ends_with(9);
}

#[test]
fn fail_on_and_min_severity_look_at_the_severity() {
    let account = exposed();
    let report = account.run(&["scan", "target", "--format", "json"]).ends_with(1).json();
    let severity = report["findings"][0]["severity"].as_str().unwrap().to_owned();
    account.run(&["scan", "target", "--fail-on", &severity]).ends_with(1);
    if severity != "critical" {
        let run = account.run(&["scan", "target", "--fail-on", "critical", "--format", "json"]).ends_with(0);
        assert_eq!(run.json()["findings"].as_array().unwrap().len(), 1, "--fail-on must not hide findings");
        let run = account.run(&["scan", "target", "--min-severity", "critical", "--format", "json"]).ends_with(0);
        assert_eq!(run.json()["findings"].as_array().unwrap().len(), 0);
    }
}

#[test]
fn the_value_leaves_in_no_format_and_no_stream() {
    let account = exposed();
    let value = secret(1);
    for format in caulk::output::Format::ALL.iter().map(|format| format.as_str()) {
        let run = account.run(&["scan", "target", "--format", format, "--verbose"]).ends_with(1);
        assert!(!run.out.contains(&value) && !run.err.contains(&value), "{format}");
        assert!(!run.out.contains(&value[..12]), "{format}");
    }
    for entry in walkdir::WalkDir::new(account.path(".state")).into_iter().flatten().filter(|e| e.file_type().is_file())
    {
        let mut bytes = Vec::new();
        std::fs::File::open(entry.path()).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(!bytes.windows(12).any(|window| window == &value.as_bytes()[..12]), "{}", entry.path().display());
    }
}

#[test]
fn an_allow_entry_suppresses_with_its_reason() {
    let account = exposed();
    account.config("[[allow]]\npath = \"**/.npmrc\"\nreason = \"a fixture of ours\"\n");
    let run = account.run(&["scan", "target", "--format", "json", "--show-suppressed"]).ends_with(0);
    assert_eq!(run.json()["summary"]["suppressed"], 1);
    assert!(run.out.contains("a fixture of ours"));
}

#[test]
fn standard_input_is_scanned() {
    let account = Account::new();
    let feed = |text: String| {
        let mut command = account.command(&["scan", "-", "--format", "json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Run::of(child.wait_with_output().unwrap())
    };
    assert_eq!(feed(String::new()).ends_with(0).json()["findings"].as_array().unwrap().len(), 0);
    let run = feed(format!("export NPM_TOKEN={}\n", npm_token())).ends_with(1);
    assert_eq!(run.json()["findings"][0]["surface"], "stdin");
}

#[test]
fn a_plan_reads_nothing_and_saves_nothing() {
    let account = exposed();
    let plan = account.run(&["scan", "--home", "target", "--plan"]).ends_with(0).out;
    assert!(plan.contains(".npmrc"), "{plan}");
    assert!(!account.path(".state").exists(), "a plan leaves nothing behind");
    account.run(&["scan", "--plan", "-o", "x"]).refused(&["--plan"]);
}

// ---- files and streams ----

#[test]
fn reports_go_to_files_that_only_the_owner_can_read() {
    let account = exposed();
    let args = ["scan", "target", "--format", "json", "-o", "a.json", "--format", "ndjson", "-o", "b.ndjson"];
    let run = account.run(&[&args[..], &["--format", "human"]].concat()).ends_with(1);
    assert!(run.out.contains(".npmrc"), "the third report goes to standard output");
    let report: Value = serde_json::from_str(&account.read("a.json")).unwrap();
    assert_eq!(report["schema_version"], 1);
    assert!(account.read("b.ndjson").lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    #[cfg(unix)]
    assert_eq!((mode(&account.path("a.json")), mode(&account.path("b.ndjson"))), (0o600, 0o600));
    assert_eq!(account.run(&args).ends_with(1).out, "", "with a file for each, nothing goes to standard output");
}

#[test]
fn a_file_that_cannot_be_written_stops_the_scan_before_it_starts() {
    let account = exposed();
    account.run(&["scan", "target", "--format", "json", "-o", "missing/a.json"]).refused(&["missing/a.json"]);
    account.run(&["scan", "target", "-o", "target"]).refused(&["target"]);
    account.run(&["scan", "target", "-o", "/dev/null"]).refused(&["regular file"]);
    // The second file cannot be opened: the first one must not appear either.
    account
        .run(&["scan", "target", "--format", "json", "-o", "a.json", "--format", "ndjson", "-o", "missing/b"])
        .refused(&["missing/b"]);
    let left: Vec<_> = std::fs::read_dir(account.home.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|name| name == "target" || name == ".state"), "{left:?}");
    account.run(&["scan", "target", "-o", "a", "-o", "b"]).refused(&["--format"]);
    account.run(&["scan", "target", "--format", "json", "--format", "human"]).refused(&["standard output"]);
}

#[test]
fn the_last_runs_are_saved_for_explain() {
    let account = exposed();
    let report = account.run(&["scan", "target", "--format", "json"]).ends_with(1).json();
    let runs: Vec<PathBuf> =
        std::fs::read_dir(account.path(".state/caulk/runs")).unwrap().flatten().map(|e| e.path()).collect();
    assert_eq!(runs.len(), 1);
    #[cfg(unix)]
    assert_eq!((mode(&runs[0]), mode(runs[0].parent().unwrap())), (0o600, 0o700));
    let id = report["findings"][0]["id"].as_str().unwrap();
    for asked in [id, &id[..8]] {
        let text = account.run(&["explain", asked]).ends_with(0).out;
        assert!(text.contains(".npmrc") && text.contains(id), "{text}");
    }
    account.run(&["explain", "00000000000000000000"]).refused(&["no saved run"]);
    let fixed = if cfg!(feature = "keychain") { format!("caulk fix {}", &id[..12]) } else { String::new() };
    let text = account.run(&["explain", id]).ends_with(0).out;
    assert!(text.contains(&fixed) && text.contains("recipe       npmrc-env (caulk explain npmrc-env)\n"), "{text}");
    let text = account.run(&["explain", "npmrc-env"]).ends_with(0).out;
    for part in ["npm", "What it does", "`*_authToken`", "Versions", "pnpm 11.6", "By hand"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    account.run(&["explain", "npmrc-evn"]).refused(&["npmrc-env"]);
}

#[test]
fn no_more_than_twenty_runs_are_kept_and_other_files_stay() {
    let account = exposed();
    for nth in 0..25 {
        account.file(&format!(".state/caulk/runs/2020-01-{:02}T00-00-00-0000.json", nth + 1), "{}");
    }
    account.file(".state/caulk/runs/mine.json", "{}");
    account.run(&["scan", "target"]).ends_with(1);
    let names: Vec<String> = std::fs::read_dir(account.path(".state/caulk/runs"))
        .unwrap()
        .flatten()
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 21, "{names:?}");
    assert!(names.iter().any(|name| name == "mine.json") && !names.iter().any(|name| name.starts_with("2020-01-01")));
}

#[test]
fn colour_follows_the_option_then_the_environment_then_the_terminal() {
    let account = exposed();
    let styled = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = account.command(&[&["scan", "target"], args].concat());
        Run::of(command.envs(variables.iter().copied()).output().unwrap()).ends_with(1).out.contains('\u{1b}')
    };
    assert!(!styled(&[], &[]), "a pipe");
    assert!(styled(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!styled(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(styled(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!styled(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_closed_pipe_ends_quietly_with_the_status_of_the_scan() {
    let account = exposed();
    for args in [&["scan", "target", "--format", "json"][..], &["rules", "ls"], &["man"], &["--help"]] {
        let mut command = account.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!((code, said.as_str()), (Some(i32::from(args[0] == "scan")), ""), "{args:?}");
    }
}

#[test]
#[cfg(unix)]
fn what_cannot_be_read_is_3_unless_there_are_findings() {
    let account = exposed();
    account.file("locked/.npmrc", npmrc(2));
    set_mode(&account.path("locked/.npmrc"), 0o000);
    if std::fs::File::open(account.path("locked/.npmrc")).is_ok() {
        return; // The tests run as root, whom no mode stops.
    }
    account.run(&["scan", "--home", "locked"]).ends_with(3);
    account.run(&["scan", "locked/.npmrc"]).ends_with(3);
    account.run(&["scan", "locked/.npmrc", "target"]).ends_with(1);
}

#[test]
#[cfg(unix)]
fn a_signal_ends_the_scan_with_its_status_and_leaves_no_file() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        let account = Account::new();
        // A scan that waits: standard input stays open.
        let mut command = account.command(&["scan", "-", "--format", "json", "-o", "a.json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        wait_until_handled(child.id());
        let pid = rustix::process::Pid::from_child(&child);
        let signal = if signal == SIGINT { rustix::process::Signal::INT } else { rustix::process::Signal::TERM };
        rustix::process::kill_process(pid, signal).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(input);
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        let left: Vec<_> = std::fs::read_dir(account.home.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, [".state"], "nothing but the state folder");
    }
}

/// Waits until the process has its handlers for SIGINT and SIGTERM in place.
#[cfg(unix)]
fn wait_until_handled(pid: u32) {
    for _ in 0..500 {
        let mut status = String::new();
        let read = std::fs::File::open(format!("/proc/{pid}/status")).and_then(|mut f| f.read_to_string(&mut status));
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default();
        if read.is_ok() && caught & (1 << 14) != 0 && caught & (1 << 1) != 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the process installed no signal handlers");
}

#[cfg(not(feature = "history"))]
#[test]
fn a_build_without_gits_objects_says_so() {
    Account::new().run(&["scan", "--staged"]).refused(&["--staged", "feature `history`"]);
}
