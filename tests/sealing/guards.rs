//! Guards from end to end: rules for the agents and package managers that are here, none for those that are not;
//! a second run does nothing, and undo gives every file back.

use super::place::{Place, Run};
use super::values::token;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// A user with programs of these versions on the `PATH`, and nothing else there.
struct User {
    place: Place,
}

impl User {
    fn new(managers: &[(&str, &str)]) -> Self {
        let place = Place::new();
        let bin = place.beside().join("bin");
        fs::create_dir(&bin).unwrap();
        for (name, version) in managers {
            let package = place.beside().join("lib/node_modules").join(name);
            fs::create_dir_all(package.join("bin")).unwrap();
            let program = package.join("bin/cli.js");
            fs::write(&program, "").unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            if !version.is_empty() {
                let manifest = format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}");
                fs::write(package.join("package.json"), manifest).unwrap();
            }
            std::os::unix::fs::symlink(&program, bin.join(name)).unwrap();
        }
        Self { place }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let path = self.place.beside().join("bin");
        Run::of(self.place.caulk(&[&["fix", "--guards"], arguments].concat()).env("PATH", path).output().unwrap())
    }

    /// Guards the machine; holds that a second run does nothing. Gives the guards' names and files.
    #[track_caller]
    fn guard(&self) -> Vec<String> {
        let report = self.run(&["--yes", "--format", "json"]).ends_with(0).json();
        let home = format!("{}/", fs::canonicalize(self.place.home()).unwrap().display());
        let told = |step: &Value| {
            assert_eq!(step["state"], "done", "{report:#}");
            assert!(step.get("finding").is_none(), "{report:#}");
            let path = step["path"].as_str().unwrap();
            format!("{} {}", step["recipe"].as_str().unwrap(), path.strip_prefix(&home).unwrap_or(path))
        };
        let guards = report["steps"].as_array().unwrap().iter().map(told).collect();
        let guarded = self.place.photos();
        let again = self.run(&["--yes", "--format", "json"]).ends_with(0).json();
        assert_eq!(again["steps"], serde_json::json!([]), "{again:#}");
        self.place.same(&guarded, "a second run");
        guards
    }
}

#[test]
fn agents_are_kept_from_the_secrets_of_this_machine() {
    let user = User::new(&[]);
    let place = &user.place;
    place.put(".claude/settings.json", "{\r\n  // mine\r\n  \"permissions\": {\r\n    \"deny\": [\r\n      \"Read(~/.aws/**)\"\r\n    ]\r\n  }\r\n}\r\n", 0o644);
    place.put(
        ".cursor/cli-config.json",
        "{\"version\": 1, \"permissions\": {\"allow\": [\"Shell(ls)\"], \"deny\": []}}",
        0o644,
    );
    place.put(".ssh/config", "Host x\n", 0o600);
    place.put(".aws/config", "[default]\n", 0o600);
    place.put(".pgpass", format!("db.example.com:5432:*:ada:{}\n", token("guards-pg")), 0o600);
    let before = place.photos();
    assert_eq!(user.guard(), ["guard-claude-code .claude/settings.json", "guard-cursor .cursor/cli-config.json"]);
    assert_eq!(
        place.text(".claude/settings.json"),
        "{\r\n  // mine\r\n  \"permissions\": {\r\n    \"deny\": [\r\n      \"Read(~/.ssh/**)\",\r\n      \"Read(~/.pgpass)\",\r\n      \"Read(~/.aws/**)\"\r\n    ]\r\n  }\r\n}\r\n"
    );
    let home = fs::canonicalize(place.home()).unwrap();
    let cursor: Value = serde_json::from_str(&place.text(".cursor/cli-config.json")).unwrap();
    let rules = [".ssh/**", ".aws/**", ".pgpass"].map(|path| format!("Read({}/{path})", home.display()));
    assert_eq!(cursor["permissions"]["deny"], serde_json::json!(rules));
    assert_eq!(cursor["permissions"]["allow"], serde_json::json!(["Shell(ls)"]));
    place.unseal(&before);
}

#[test]
fn settings_are_made_where_there_are_none() {
    let user = User::new(&[]);
    let place = &user.place;
    place.put(".claude/history.jsonl", "", 0o600);
    place.put(".npmrc", "fund=false\n", 0o600);
    let before = place.photos();
    assert_eq!(user.guard(), ["guard-claude-code .claude/settings.json"]);
    assert_eq!(
        place.text(".claude/settings.json"),
        "{\n  \"permissions\": {\n    \"deny\": [\n      \"Read(~/.npmrc)\"\n    ]\n  }\n}\n"
    );
    place.unseal(&before);
    for (written, wanted) in [
        ("{}", "{\n  \"permissions\": {\n    \"deny\": [\n      \"Read(~/.npmrc)\"\n    ]\n  }\n}"),
        ("{\"model\": \"m\"}", "{\"permissions\": {\"deny\": [\"Read(~/.npmrc)\"]}, \"model\": \"m\"}"),
        (
            "{\n\t\"permissions\": {\n\t\t\"allow\": []\n\t}\n}\n",
            "{\n\t\"permissions\": {\n\t\t\"deny\": [\n\t\t\t\"Read(~/.npmrc)\"\n\t\t],\n\t\t\"allow\": []\n\t}\n}\n",
        ),
    ] {
        place.put(".claude/settings.json", written, 0o644);
        let before = place.photos();
        user.guard();
        assert_eq!(place.text(".claude/settings.json"), wanted);
        place.unseal(&before);
    }
}

#[test]
fn a_file_that_is_no_settings_is_left() {
    let user = User::new(&[]);
    let place = &user.place;
    place.put(".npmrc", "fund=false\n", 0o600);
    for broken in ["{\"permissions\": ", "[]", "{\"permissions\": {\"deny\": \"all\"}}"] {
        place.put(".claude/settings.json", broken, 0o644);
        let before = place.photos();
        let report = user.run(&["--yes", "--format", "json"]).ends_with(1).json();
        assert_eq!(report["steps"][0]["state"], "manual", "{report:#}");
        place.same(&before, "a guard that cannot be written");
    }
}

#[test]
fn what_the_user_adds_later_stays() {
    let user = User::new(&[("npm", "11.12.0")]);
    let place = &user.place;
    place.put(
        ".claude/settings.json",
        "{\n  \"permissions\": {\n    \"deny\": [\n      \"Read(a)\"\n    ]\n  }\n}\n",
        0o644,
    );
    place.put(".npmrc", "fund=false\n", 0o600);
    user.guard();
    let text = place.text(".claude/settings.json").replace("\"Read(a)\"", "\"Read(a)\",\n      \"Read(b)\"");
    place.put(".claude/settings.json", text, 0o644);
    place.put(".npmrc", format!("{}save-exact=true\n", place.text(".npmrc")), 0o600);
    place.undo().ends_with(0);
    assert_eq!(
        place.text(".claude/settings.json"),
        "{\n  \"permissions\": {\n    \"deny\": [\n      \"Read(a)\",\n      \"Read(b)\"\n    ]\n  }\n}\n"
    );
    assert_eq!(place.text(".npmrc"), "fund=false\nsave-exact=true\n");
}

#[test]
fn a_file_that_caulk_made_keeps_what_others_wrote() {
    let user = User::new(&[("npm", "11.12.0")]);
    let place = &user.place;
    assert_eq!(user.guard(), ["guard-npm-age .npmrc"]);
    place.put(".npmrc", format!("{}save-exact=true\n", place.text(".npmrc")), 0o600);
    place.undo().ends_with(0);
    assert_eq!(place.text(".npmrc"), "save-exact=true\n");
}

#[test]
fn package_managers_wait_in_their_own_words() {
    let user = User::new(&[("npm", "11.10.0"), ("pnpm", "10.20.0"), ("bun", ""), ("uv", "")]);
    let place = &user.place;
    place.put(".npmrc", "; mine\r\nfund=false", 0o600);
    place.put(".config/pnpm/rc", "[x]\ny=1\n", 0o644);
    place.put(".bunfig.toml", "# mine\n[install]\nexact = true\n\n[test]\ncoverage = true\n", 0o644);
    place.put(".config/uv/uv.toml", "# mine\n[pip]\nverify = true\n", 0o644);
    place.put(".config/uv/uv-receipt.json", "{\"version\": \"0.9.17\"}", 0o644);
    let before = place.photos();
    let wanted = [
        "guard-npm-age .npmrc",
        "guard-pnpm-age .config/pnpm/rc",
        "guard-bun-age .bunfig.toml",
        "guard-uv-age .config/uv/uv.toml",
    ];
    assert_eq!(user.guard(), wanted);
    assert_eq!(place.text(".npmrc"), "; mine\r\nfund=false\r\nmin-release-age=7\r\n");
    assert_eq!(place.text(".config/pnpm/rc"), "minimum-release-age=10080\n[x]\ny=1\n");
    assert_eq!(
        place.text(".bunfig.toml"),
        "# mine\n[install]\nminimumReleaseAge = 604800\nexact = true\n\n[test]\ncoverage = true\n"
    );
    assert_eq!(place.text(".config/uv/uv.toml"), "exclude-newer = \"7 days\"\n# mine\n[pip]\nverify = true\n");
    place.unseal(&before);
}

#[test]
fn a_manager_that_does_not_know_it_or_was_told_is_left() {
    // Too old; with a gate of its own; no version to be read.
    let user = User::new(&[("npm", "11.9.9"), ("pnpm", "11.0.0"), ("uv", "")]);
    user.place.put(".config/uv/uv.toml", "", 0o644);
    assert_eq!(user.guard(), Vec::<String>::new());
    let user = User::new(&[("npm", "12.0.0"), ("bun", "1.4.0")]);
    user.place.put(".npmrc", "min-release-age=1\n", 0o600);
    user.place.put(".bunfig.toml", "install.minimumReleaseAge = 60\n", 0o600);
    assert_eq!(user.guard(), Vec::<String>::new());
    user.place.put(".npmrc", "before=2026-01-01\n", 0o600);
    assert_eq!(user.guard(), Vec::<String>::new());
    let told = user.run(&["--dry-run"]).ends_with(0).says("Nothing to guard.");
    assert!(told.out.contains("ignore-scripts=true"), "{}", told.out);
    assert!(!told.out.contains("Codex"), "it is not here: {}", told.out);
    user.place.put(".codex/config.toml", "model = \"x\"\n", 0o600);
    let told = user.run(&["--dry-run"]).ends_with(0).says("Nothing to guard.");
    assert!(told.out.contains("default_permissions"), "{}", told.out);
}

#[test]
fn ignore_files_name_what_git_does_not_ignore() {
    let user = User::new(&[]);
    let place = &user.place;
    place.put(".gemini/settings.json", "{}", 0o600);
    place.put(".cursor/argv.json", "{}", 0o600);
    let line = |seed: &str| format!("//npm.example.com/:_authToken={}\n", token(seed));
    for name in ["loose/.npmrc", "ignored/.npmrc", "tracked/.npmrc"] {
        place.put(&format!("work/app/{name}"), line(name), 0o600);
    }
    place.put("work/app/.gitignore", "/ignored/\n", 0o644);
    place.put("work/app/.cursorignore", "dist/", 0o644);
    for arguments in [&["init", "-q"][..], &["add", "tracked/.npmrc"]] {
        assert!(place.command("git").current_dir(place.path("work/app")).args(arguments).status().unwrap().success());
    }
    let before = place.photos();
    assert_eq!(
        user.guard(),
        ["guard-cursor-ignore work/app/.cursorignore", "guard-gemini-ignore work/app/.geminiignore"]
    );
    assert_eq!(place.text("work/app/.cursorignore"), "dist/\n/loose/.npmrc\n");
    assert_eq!(place.text("work/app/.geminiignore"), "/loose/.npmrc\n");
    place.unseal(&before);
}

#[test]
fn guards_are_shown_first_and_stand_alone() {
    let user = User::new(&[("npm", "11.12.0")]);
    let place = &user.place;
    place.put(".claude/x.json", "{}", 0o600);
    place.put(".npmrc", "strict-ssl=false\n", 0o600);
    let before = place.photos();
    let told = user.run(&["--dry-run"]).ends_with(0);
    for line in ["2 changes would be made:", "+ min-release-age=7", "\"Read(~/.npmrc)\"", "settings.json (new)"] {
        assert!(told.out.contains(line), "no `{line}` in\n{}", told.out);
    }
    assert!(!told.out.contains("strict-ssl"), "{}", told.out);
    place.same(&before, "a dry run");
    user.run(&[]).ends_with(2);
    user.run(&["--all"]).ends_with(2);
    user.run(&["--yes"]).ends_with(0).says("Guarded (run ");
    place.unseal(&before);
}
