//! What the user approved before, as products remember it in the user's own files, and what such a decision covers.

mod entries;
mod weights;

use crate::common;
use caulk::host::{Host, Os};
use caulk::model::{Consent, ScanReport};
use caulk::scan::{ScanRequest, Scope};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SYSTEMS: [Os; 3] = [Os::Linux, Os::Macos, Os::Windows];
const SERVER: &str = r#"{"mcpServers": {"acme": {"command": "npx", "args": ["-y", "acme-mcp@1.2.3"]}}}"#;
const TOML_SERVER: &str = "[mcp_servers.acme]\ncommand = \"npx\"\nargs = [\"-y\", \"acme-mcp@1.2.3\"]\n";

/// A home on one system.
struct Home {
    os: Os,
    folder: TempDir,
}

impl Home {
    fn new(os: Os) -> Self {
        Self { os, folder: TempDir::new().unwrap() }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file; `HOME/` in it is the home's path.
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text.replace("HOME/", &format!("{}/", self.root().display()))).unwrap();
        path
    }

    fn report(&self, scope: Scope) -> ScanReport {
        let request = ScanRequest { list_started: true, ..common::request(scope) };
        common::scan(&Host::fake(self.os, &self.root(), &[]), &request)
    }

    /// Consent of what the file at `name` starts, in order.
    fn consent(&self, name: &str) -> Vec<Consent> {
        consent(&self.report(Scope::Homes(vec![self.root()])), &self.root().join(name))
    }
}

fn consent(report: &ScanReport, file: &Path) -> Vec<Consent> {
    let of = report.started.iter().filter(|one| Path::new(one.path.as_found()) == file);
    of.map(|one| one.entry.consent).collect()
}

/// Rule and severity of everything told of a home, medium and above.
fn loud(home: &Home) -> Vec<String> {
    let report = home.report(Scope::Homes(vec![home.root()]));
    let loud = report.findings.iter().filter(|finding| finding.severity >= caulk::model::Severity::Medium);
    loud.map(|finding| format!("{} {}", finding.severity.as_str(), finding.rule)).collect()
}

fn hex(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text))
}

/// VS Code keeps the folders in a row of its database, which may be written to at this moment.
#[test]
fn a_whole_home_that_vscode_trusts_is_told() {
    for (os, state) in [
        (Os::Linux, ".config/Code/User/globalStorage/state.vscdb"),
        (Os::Macos, "Library/Application Support/Cursor/User/globalStorage/state.vscdb"),
        (Os::Windows, "AppData/Roaming/Code/User/globalStorage/state.vscdb"),
    ] {
        let home = Home::new(os);
        let path = home.put(state, "");
        fs::remove_file(&path).unwrap();
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute_batch("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);").unwrap();
        let says = |folder: &str, trusted: bool| {
            let value = format!(
                r#"{{"uriTrustInfo": [{{"uri": {{"$mid": 1, "path": "{folder}", "scheme": "file"}}, "trusted": {trusted}}}]}}"#
            );
            database.execute("INSERT INTO ItemTable VALUES ('content.trust.model.key', ?1)", [value]).unwrap();
            loud(&home)
        };
        assert_eq!(says("/home/ada/work/app", true), [""; 0], "{os:?}");
        assert_eq!(says("/home/ada", false), [""; 0], "{os:?}");
        assert_eq!(says("/home/ada", true), ["medium vscode-broad-trust"], "{os:?}");
        assert_eq!(says("/c:/Users/ada", true), ["medium vscode-broad-trust"], "{os:?}");
    }
}

/// A decision of one product: the file with it, the file that it is about, and what that starts as without it.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str, Consent);

#[test]
fn a_trusted_folder_covers_what_is_below_it_and_no_other() {
    let cases: &[Case<'_>] = &[
        (
            ".gemini/trustedFolders.json",
            r#"{"HOME/src/shop": "TRUST_FOLDER"}"#,
            ".gemini/settings.json",
            SERVER,
            Consent::Unasked,
        ),
        (
            ".gemini/trustedFolders.json",
            "{\n  // mine\n  \"HOME/src/shop/any\": \"TRUST_PARENT\",\n}",
            ".gemini/settings.json",
            SERVER,
            Consent::Unasked,
        ),
        (
            ".qwen/trustedFolders.json",
            r#"{"HOME/src/shop": "TRUST_FOLDER"}"#,
            ".qwen/settings.json",
            SERVER,
            Consent::Unasked,
        ),
        (
            ".copilot/config.json",
            r#"{"trusted_folders": ["HOME/src/shop/"]}"#,
            ".github/mcp.json",
            SERVER,
            Consent::Asked,
        ),
        (
            ".copilot/config.json",
            r#"{"trustedFolders": ["HOME/src/shop"]}"#,
            ".github/mcp.json",
            SERVER,
            Consent::Asked,
        ),
        (
            ".vibe/trusted_folders.toml",
            "trusted = [\"HOME/src/shop\"]\nuntrusted = [\"HOME/src/other\"]\n",
            ".vibe/config.toml",
            "[[mcp_servers]]\nname = \"acme\"\ntransport = \"stdio\"\ncommand = \"acme\"\n",
            Consent::Asked,
        ),
        (
            ".codex/config.toml",
            "[projects.\"HOME/src/shop\"]\ntrust_level = \"trusted\"\n",
            ".codex/config.toml",
            TOML_SERVER,
            Consent::Asked,
        ),
        (
            ".claude.json",
            r#"{"projects": {"HOME/src/shop": {"hasTrustDialogAccepted": true}}}"#,
            ".claude/settings.json",
            r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "npm test"}]}]}}"#,
            Consent::Asked,
        ),
    ];
    for os in SYSTEMS {
        for (decision, says, file, text, without) in cases {
            let home = Home::new(os);
            let (own, other) = (format!("src/shop/{file}"), format!("src/shopping/{file}"));
            home.put(&own, text);
            home.put(&other, text);
            assert_eq!(home.consent(&own), [*without], "{os:?} {decision}");
            home.put(decision, says);
            assert_eq!(home.consent(&own), [Consent::Approved], "{os:?} {decision}");
            assert_eq!(home.consent(&other), [*without], "{os:?} {decision}: a name that begins alike");
            // Of a named tree nothing is taken for the user's own.
            let named = home.report(Scope::Paths(vec![home.root()]));
            assert_eq!(consent(&named, &home.root().join(&own)), [*without], "{os:?} {decision}: a named tree");
        }
    }
}

#[test]
fn a_refused_folder_counts_until_a_closer_decision() {
    let home = Home::new(Os::Linux);
    for project in ["src/shop", "src/shop/inner", "src/other"] {
        home.put(&format!("{project}/.gemini/settings.json"), SERVER);
    }
    home.put(
        ".gemini/trustedFolders.json",
        r#"{"HOME/src": "TRUST_FOLDER", "HOME/src/shop": "DO_NOT_TRUST", "HOME/src/shop/inner": "TRUST_FOLDER"}"#,
    );
    assert_eq!(home.consent("src/other/.gemini/settings.json"), [Consent::Approved]);
    assert_eq!(home.consent("src/shop/.gemini/settings.json"), [Consent::Unasked]);
    assert_eq!(home.consent("src/shop/inner/.gemini/settings.json"), [Consent::Approved]);
}

/// Codex looks a folder up, and the repository it belongs to, and nothing above that.
#[test]
fn codex_trusts_a_folder_and_its_repository() {
    let home = Home::new(Os::Linux);
    home.put("src/shop/.git/HEAD", "ref: refs/heads/main\n");
    home.put("src/shop/api/.codex/config.toml", TOML_SERVER);
    let trusts = |folder: &str| {
        home.put(".codex/config.toml", &format!("[projects.\"HOME/{folder}\"]\ntrust_level = \"trusted\"\n"));
        home.consent("src/shop/api/.codex/config.toml")
    };
    assert_eq!(trusts("src/shop"), [Consent::Approved]);
    assert_eq!(trusts("src/shop/api"), [Consent::Approved]);
    assert_eq!(trusts("src"), [Consent::Asked]);
    assert_eq!(trusts("src/shop/ap"), [Consent::Asked]);
}

const HOOK: &str = r#"{"hooks": {"SessionStart": [{"matcher": "startup", "hooks": [{"type": "command", "command": "echo \"hi\"", "timeout": 30}]}]}}"#;

#[test]
fn a_hook_of_codex_is_approved_by_its_fingerprint() {
    let identity = r#"{"event_name":"session_start","hooks":[{"async":false,"command":"echo \"hi\"","timeout":30,"type":"command"}],"matcher":"startup"}"#;
    for os in SYSTEMS {
        let home = Home::new(os);
        let file = "src/shop/.codex/hooks.json";
        home.put(file, HOOK);
        let trusts = |fingerprint: &str, place: &str| {
            let state = format!(
                "[projects.\"HOME/src/shop\"]\ntrust_level = \"trusted\"\n\n[hooks.state.\"HOME/{file}:session_start:{place}\"]\ntrusted_hash = \"sha256:{fingerprint}\"\n"
            );
            home.put(".codex/config.toml", &state);
        };
        trusts(&hex("another"), "0:0");
        assert_eq!(home.consent(file), [Consent::Asked], "{os:?}: a trusted folder is not enough for a hook");
        trusts(&hex(identity), "0:1");
        assert_eq!(home.consent(file), [Consent::Asked], "{os:?}: another hook");
        trusts(&hex(identity), "0:0");
        assert_eq!(home.consent(file), [Consent::Approved], "{os:?}");
        home.put(file, &HOOK.replace("hi", "bye"));
        assert_eq!(home.consent(file), [Consent::Asked], "{os:?}: changed since");
    }
}

/// The least hook, with a fingerprint that others have published for it.
#[test]
fn the_fingerprint_of_codex_is_codexs() {
    let home = Home::new(Os::Linux);
    home.put(
        ".codex/hooks.json",
        r#"{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "/synthetic/hook"}]}]}}"#,
    );
    assert_eq!(home.consent(".codex/hooks.json"), [Consent::Unasked]);
    home.put(
        ".codex/config.toml",
        "[hooks.state.\"HOME/.codex/hooks.json:session_start:0:0\"]\ntrusted_hash = \"sha256:8db9f718a661878ce480f044378622df9ded752e63415b48110deb677cac4485\"\n",
    );
    assert_eq!(home.consent(".codex/hooks.json"), [Consent::Approved]);
}

#[test]
fn a_server_of_cursor_is_approved_by_its_fingerprint() {
    for os in SYSTEMS {
        let home = Home::new(os);
        let file = "src/shop/.cursor/mcp.json";
        home.put(file, SERVER);
        let project = home.root().join("src/shop");
        let identity = format!(
            "{{\"path\":\"{}\",\"server\":{{\"command\":\"npx\",\"args\":[\"-y\",\"acme-mcp@1.2.3\"]}}}}",
            project.display()
        );
        let name = format!("acme-{}", &hex(&identity)[..16]);
        home.put(".cursor/projects/home-ada-src-shop/mcp-approvals.json", "[\"acme-0123456789abcdef\"]");
        assert_eq!(home.consent(file), [Consent::Asked], "{os:?}");
        home.put(".cursor/projects/home-ada-src-shop/mcp-approvals.json", &format!("[\"{name}\"]"));
        assert_eq!(home.consent(file), [Consent::Approved], "{os:?}");
        // An old name with another command, as in CVE-2025-54136.
        home.put(file, &SERVER.replace("acme-mcp@1.2.3", "other-mcp@1.2.3"));
        assert_eq!(home.consent(file), [Consent::Asked], "{os:?}: changed since");
    }
}

#[test]
fn a_trusted_project_of_jetbrains_is_approved() {
    let startup = "<project version=\"4\">\n  <component name=\"ProjectStartupSharedConfiguration\">\n    <configurations><configuration name=\"Setup\" type=\"ShConfigurationType\" /></configurations>\n  </component>\n</project>\n";
    let trusted = |inner: &str| {
        format!(
            "<application>\n  <component name=\"Trusted.Paths\">\n    <option name=\"TRUSTED_PROJECT_PATHS\">\n      <map>{inner}</map>\n    </option>\n  </component>\n</application>\n"
        )
    };
    for (os, options) in [
        (Os::Linux, ".config/JetBrains/IntelliJIdea2025.3/options"),
        (Os::Macos, "Library/Application Support/JetBrains/IntelliJIdea2025.3/options"),
        (Os::Windows, "AppData/Roaming/JetBrains/IntelliJIdea2025.3/options"),
    ] {
        let home = Home::new(os);
        let file = "src/shop/.idea/startup.xml";
        home.put(file, startup);
        let says = |inner: &str| {
            home.put(&format!("{options}/trusted-paths.xml"), &trusted(inner));
            home.consent(file)
        };
        assert_eq!(says("<entry key=\"HOME/src/other\" value=\"true\" />"), [Consent::Asked], "{os:?}");
        assert_eq!(says("<entry key=\"HOME/src/shop\" value=\"true\" />"), [Consent::Approved], "{os:?}");
        assert_eq!(says("<entry key=\"$USER_HOME$/src/shop\" value=\"true\" />"), [Consent::Approved], "{os:?}");
        assert_eq!(says("<entry key=\"HOME/src/shop\" value=\"false\" />"), [Consent::Asked], "{os:?}");
        let roots = "<application><component name=\"Trusted.Paths.Settings\"><option name=\"TRUSTED_PATHS\"><list><option value=\"HOME/src\" /></list></option></component></application>";
        home.put(&format!("{options}/trusted-paths.xml"), roots);
        assert_eq!(home.consent(file), [Consent::Approved], "{os:?}");
    }
}

/// A repository brings whatever its author likes: none of it is the user's decision.
#[test]
fn what_lies_in_a_project_approves_nothing() {
    let home = Home::new(Os::Linux);
    let envrc = home.put("src/shop/.envrc", "use flake\n");
    home.put("src/shop/.gemini/settings.json", SERVER);
    home.put(
        "src/shop/.codex/config.toml",
        &format!("[projects.\"HOME/src/shop\"]\ntrust_level = \"trusted\"\n\n{TOML_SERVER}"),
    );
    home.put("src/shop/.gemini/trustedFolders.json", r#"{"HOME/src/shop": "TRUST_FOLDER", "/": "TRUST_FOLDER"}"#);
    home.put("src/shop/.copilot/config.json", r#"{"trusted_folders": ["/"]}"#);
    home.put("src/shop/.github/mcp.json", SERVER);
    home.put("src/shop/mise.toml", &format!("[settings]\ntrusted_config_paths = [\"/\"]\n{}", entries::MISE));
    let allowed = hex(&format!("{}\nuse flake\n", envrc.display()));
    home.put(&format!("src/shop/.local/share/direnv/allow/{allowed}"), "");
    for (file, expected) in [
        (".envrc", Consent::Asked),
        (".gemini/settings.json", Consent::Unasked),
        (".codex/config.toml", Consent::Asked),
        (".github/mcp.json", Consent::Asked),
        ("mise.toml", Consent::Asked),
    ] {
        let found = home.consent(&format!("src/shop/{file}"));
        assert!(!found.is_empty() && found.iter().all(|one| *one == expected), "{file}: {found:?}");
    }
}

/// The user's own place that leads into a project is the project's.
#[cfg(unix)]
#[test]
fn a_link_out_of_the_home_is_not_followed() {
    let (home, outside) = (Home::new(Os::Linux), TempDir::new().unwrap());
    let envrc = home.put("src/shop/.envrc", "use flake\n");
    home.put("src/shop/.gemini/settings.json", SERVER);
    let allowed = hex(&format!("{}\nuse flake\n", envrc.display()));
    fs::create_dir_all(outside.path().join("allow")).unwrap();
    fs::write(outside.path().join("allow").join(allowed), "").unwrap();
    fs::write(outside.path().join("trusted.json"), r#"{"/": "TRUST_FOLDER"}"#).unwrap();
    home.put(".local/share/direnv/keep", "");
    home.put(".gemini/keep", "");
    std::os::unix::fs::symlink(outside.path().join("allow"), home.root().join(".local/share/direnv/allow")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("trusted.json"), home.root().join(".gemini/trustedFolders.json"))
        .unwrap();
    assert_eq!(home.consent("src/shop/.envrc"), [Consent::Asked]);
    assert_eq!(home.consent("src/shop/.gemini/settings.json"), [Consent::Unasked]);
}

#[test]
fn a_whole_home_that_is_trusted_is_told() {
    for (file, says, rule) in [
        (".gemini/trustedFolders.json", r#"{"/home/ada": "TRUST_FOLDER"}"#, "gemini-broad-trust"),
        (".gemini/trustedFolders.json", r#"{"/home/ada/app": "TRUST_PARENT"}"#, "gemini-broad-trust-of-parent"),
        (".qwen/trustedFolders.json", r#"{"/": "TRUST_FOLDER"}"#, "gemini-broad-trust"),
        (".copilot/config.json", r#"{"trustedFolders": ["/home/ada"]}"#, "copilot-cli-broad-trust-renamed"),
        (".vibe/trusted_folders.toml", "trusted = [\"/home/ada\"]\n", "vibe-broad-trust"),
        (".codex/config.toml", "[projects.\"/home/ada\"]\ntrust_level = \"trusted\"\n", "codex-broad-trust"),
        (".config/direnv/direnv.toml", "[whitelist]\nprefix = [\"/home/ada\"]\n", "direnv-broad-trust"),
        (".config/mise/config.toml", "[settings]\ntrusted_config_paths = [\"~\"]\n", "mise-broad-trust"),
        (
            ".config/JetBrains/GoLand2025.3/options/trusted-paths.xml",
            "<application><component name=\"Trusted.Paths.Settings\"><option name=\"TRUSTED_PATHS\"><list><option value=\"$USER_HOME$\" /></list></option></component></application>",
            "jetbrains-broad-trust",
        ),
    ] {
        let home = Home::new(Os::Linux);
        home.put(file, says);
        assert_eq!(loud(&home), [format!("medium {rule}")], "{file}");
    }
}
