//! Places: every sample of every surface is found on every layout, look-alikes are not.

use crate::common;
use caulk::detect::{Detector, Scene};
use caulk::host::{Host, Os};
use caulk::model::{KeyRing, Limits};
use caulk::read::{Format, parse};
use caulk::rules::RulePack;
use caulk::rules::place::{Known, Level, PlaceIndex};
use caulk::rules::rule::{Rule, RuleKind, Surface};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn surfaces() -> &'static [Surface] {
    RulePack::builtin().surfaces()
}

fn index() -> &'static PlaceIndex<'static> {
    static INDEX: LazyLock<PlaceIndex<'static>> = LazyLock::new(|| PlaceIndex::new(surfaces()));
    &INDEX
}

const HOMES: [&str; 4] = ["/home/ada", "/Users/ada", "C:/Users/ada", "/srv/backup/2026/ada"];

fn id<'p>(index: &PlaceIndex<'p>, path: &str) -> Option<&'p str> {
    index.of(Path::new(path)).map(|surface| &*surface.id)
}

#[test]
fn every_sample_is_of_its_surface_wherever_the_home_lies() {
    let index = index();
    for surface in surfaces() {
        for sample in surface.samples.iter() {
            for home in HOMES {
                assert_eq!(id(index, &format!("{home}/{sample}")), Some(&*surface.id), "{home}/{sample}");
            }
        }
    }
}

#[test]
fn every_surface_that_lies_in_homes_has_samples() {
    for surface in surfaces() {
        let below_homes = !surface.user.linux.is_empty()
            || !surface.user.macos.is_empty()
            || !surface.user.windows.is_empty()
            || !surface.anywhere.is_empty();
        assert_eq!(surface.samples.is_empty(), !below_homes, "{}", surface.id);
    }
}

#[test]
fn every_user_path_of_every_system_is_of_its_surface() {
    let index = index();
    for surface in surfaces() {
        let user = &surface.user;
        for (os, patterns) in [(Os::Linux, &user.linux), (Os::Macos, &user.macos), (Os::Windows, &user.windows)] {
            for path in patterns.iter().filter_map(|pattern| common::below_home(pattern, os)) {
                assert!(!path.contains(['{', '$']), "unknown root in {path} of {}", surface.id);
                assert_eq!(id(index, &format!("/x/{path}")), Some(&*surface.id), "{path}");
            }
        }
    }
}

#[test]
fn no_exception_is_taken() {
    let index = index();
    for surface in surfaces() {
        for glob in surface.except.iter() {
            let path = format!("/home/ada/work/app/{}", glob.replace('*', "x"));
            assert_ne!(id(index, &path), Some(&*surface.id), "{path}");
        }
    }
    for path in
        [".env.example", ".env.sample", ".env.template", ".env.dist", ".env.defaults", ".env.production.example"]
    {
        assert_eq!(id(index, &format!("/home/ada/work/app/{path}")), None, "{path}");
    }
    for path in
        [".ssh/id_ed25519.pub", ".ssh/known_hosts", ".ssh/known_hosts.old", ".ssh/config", ".ssh/authorized_keys"]
    {
        assert_eq!(id(index, &format!("/home/ada/{path}")), None, "{path}");
    }
}

#[test]
fn look_alikes_are_of_no_surface() {
    let index = index();
    let none = [
        "work/app/settings.json",
        "work/app/mcp.json",
        "work/app/config",
        "work/app/credentials",
        "work/app/aws/credentials",
        "work/app/npmrc",
        "work/app/environment.ts",
        "work/app/.envs/readme",
        "work/app/src/state.vscdb",
        "work/app/globalStorage/state.vscdb",
        "work/app/.git/HEAD",
        "work/app/.git/modules/config.d/x",
        "work/app/claude.json",
        "work/app/.claude.json5",
        "work/app/.claude/projects.jsonl",
        "work/app/History/a/b",
        "etc/npmrc",
        "work/app/profile.d/x.sh",
        "work/app/keys.keyx",
        "work/app/.vscode/settings.jsonc",
        "work/app/my.vscode/settings.json",
        "work/app/data/logs/today/server.log",
        "work/app/sync/mcp/1.json",
        "work/app/profiles/a/tasks.json",
        "work/app/#notes#",
    ];
    for path in none {
        assert_eq!(id(index, &format!("/home/ada/{path}")), None, "{path}");
    }
}

#[test]
fn case_counts_except_below_windows_folders() {
    let index = index();
    let windows = "D:/users/ADA/appdata/ROAMING/code/user/SETTINGS.JSON";
    assert_eq!(id(index, windows), Some("vscode.settings"));
    if cfg!(target_os = "linux") {
        assert_eq!(id(index, "/home/ada/.NPMRC"), None);
        assert_eq!(id(index, "/home/ada/.Config/code/User/settings.json"), None);
    }
}

#[test]
fn the_more_specific_place_wins() {
    let index = index();
    let history = "/home/ada/.config/Code/User/History/1/a";
    assert_eq!(id(index, &format!("{history}.env")), Some("vscode.local-history-env"));
    assert_eq!(id(index, &format!("{history}.pem")), Some("vscode.local-history"));
    assert_eq!(id(index, "/home/ada/.claude/file-history/1/.env"), Some("claude-code.file-history"));
}

#[test]
fn level_and_folder_of_a_place() {
    let index = index();
    let home = Path::new("/home/ada");
    let level = |path: &str| index.place(Path::new(path), Some(home)).map(|place| (&*place.surface.id, place.level));
    assert_eq!(level("/home/ada/.claude/settings.json"), Some(("claude-code.settings", Level::User)));
    assert_eq!(level("/home/ada/work/app/.claude/settings.json"), Some(("claude-code.settings", Level::Project)));
    assert_eq!(level("/home/eve/.claude/settings.json"), Some(("claude-code.settings", Level::Project)));
    assert_eq!(level("/home/ada/.npmrc"), Some(("npm.npmrc", Level::User)));
    assert_eq!(level("/home/ada/.mcp.json"), Some(("claude-code.mcp-project", Level::Project)));
    assert_eq!(level("/home/ada/.config/Code/User/settings.json"), Some(("vscode.settings", Level::User)));
    assert_eq!(level("/etc/npmrc"), Some(("npm.npmrc", Level::System)));
    assert_eq!(level("/etc/profile.d/tokens.sh"), Some(("shell.rc", Level::System)));
    assert_eq!(level("/home/ada/etc/profile.d/tokens.sh"), None);
    assert_eq!(level("C:/ProgramData/ClaudeCode/managed-mcp.json"), Some(("claude-code.mcp-project", Level::System)));

    let project = Path::new("/home/ada/work/app/.vscode/settings.json");
    let place = index.place(project, None).unwrap();
    assert_eq!(place.folder(project), Some(Path::new("/home/ada/work/app")));
    let project = Path::new("app/.env");
    assert_eq!(index.place(project, None).unwrap().folder(project), Some(Path::new("app")));
}

fn known_files(index: &PlaceIndex<'_>, host: &Host, overrides: bool) -> BTreeMap<PathBuf, (String, Level)> {
    let home = host.user.home.clone();
    let files = index.known(host, &home, overrides).into_iter().filter_map(|known| match known {
        Known::File { path, surface, level } => Some((path, (surface.id.to_string(), level))),
        Known::Folder { .. } => None,
    });
    files.collect()
}

#[test]
fn known_places_of_three_systems() {
    let index = index();
    let cases = [
        (Os::Linux, "/home/ada", ".config/Code/User/mcp.json", ".config/Claude/claude_desktop_config.json"),
        (
            Os::Macos,
            "/Users/ada",
            "Library/Application Support/Code/User/mcp.json",
            "Library/Application Support/Claude/claude_desktop_config.json",
        ),
        (
            Os::Windows,
            "C:/Users/ada",
            "AppData/Roaming/Code/User/mcp.json",
            "AppData/Roaming/Claude/claude_desktop_config.json",
        ),
    ];
    for (os, home, vscode, desktop) in cases {
        let home = Path::new(home);
        let files = known_files(index, &Host::fake(os, home, &[]), true);
        for (path, surface) in [
            (vscode, "vscode.mcp"),
            (desktop, "claude-desktop.config"),
            (".npmrc", "npm.npmrc"),
            (".aws/credentials", "aws.credentials"),
            (".claude.json", "claude-code.config"),
            (".cursor/mcp.json", "cursor.mcp"),
            (".git-credentials", "git.credentials"),
        ] {
            let found = files.get(&home.join(path));
            assert_eq!(found, Some(&(surface.to_owned(), Level::User)), "{os:?} {path}");
        }
        // What is known is also told by its end, as the walk sees it.
        for (path, (surface, level)) in &files {
            let place = index.place(path, Some(home)).unwrap_or_else(|| panic!("{}", path.display()));
            assert_eq!((&*place.surface.id, place.level), (surface.as_str(), *level), "{}", path.display());
        }
    }
}

#[test]
fn variables_move_places_only_when_they_count() {
    let index = index();
    let env = [
        ("XDG_CONFIG_HOME", "/cfg"),
        ("CLAUDE_CONFIG_DIR", "/claude"),
        ("NPM_CONFIG_USERCONFIG", "/elsewhere/npmrc"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/elsewhere/aws"),
        ("ZDOTDIR", "/z"),
        ("HISTFILE", "/dev/null"),
        ("AWS_CONFIG_FILE", "relative/config"),
    ];
    let host = Host::fake(Os::Linux, Path::new("/home/ada"), &env);
    let files = known_files(index, &host, true);
    for (path, surface) in [
        ("/cfg/git/credentials", "git.credentials"),
        ("/home/ada/.config/git/credentials", "git.credentials"),
        ("/cfg/Code/User/settings.json", "vscode.settings"),
        ("/claude/.claude.json", "claude-code.config"),
        ("/elsewhere/npmrc", "npm.npmrc"),
        ("/elsewhere/aws", "aws.credentials"),
        ("/z/.zshrc", "shell.rc"),
        ("/etc/npmrc", "npm.npmrc"),
    ] {
        assert_eq!(files.get(Path::new(path)).map(|(id, _)| id.as_str()), Some(surface), "{path}");
    }
    assert!(!files.contains_key(Path::new("/dev/null")), "a device is no history");
    assert!(files.keys().all(|path| path.is_absolute()));

    let files = known_files(index, &host, false);
    let outside: Vec<_> = files.keys().filter(|path| !path.starts_with("/home/ada")).collect();
    assert!(outside.is_empty(), "{outside:?}");
}

#[test]
fn wildcards_leave_the_deepest_folder() {
    let index = index();
    let home = Path::new("/home/ada");
    let known = index.known(&Host::fake(Os::Linux, home, &[]), home, true);
    let folders: BTreeSet<(PathBuf, String)> = known
        .iter()
        .filter_map(|known| match known {
            Known::Folder { path, rest, .. } => Some((path.clone(), rest.clone())),
            Known::File { .. } => None,
        })
        .collect();
    for (folder, rest) in [
        ("/home/ada/.claude/projects", "**/*.jsonl"),
        ("/home/ada/.config/Code/User/workspaceStorage", "*/state.vscdb"),
        ("/home/ada/.ssh", "*"),
        ("/etc/profile.d", "*.sh"),
    ] {
        assert!(folders.contains(&(folder.into(), rest.into())), "{folder} {rest}");
    }
    assert!(known.iter().all(|known| !known.path().to_string_lossy().contains('*')));
}

#[test]
fn fields_name_field_rules_that_have_examples() {
    let pack = RulePack::builtin();
    for surface in surfaces() {
        for place in pack.places_of(surface) {
            let rule: &Rule = pack.rule(pack.find(&place.rule).unwrap_or_else(|| panic!("no rule {}", place.rule)));
            assert!(matches!(rule.kind, RuleKind::Field), "{}", rule.id);
            assert!(!rule.matches.is_empty() && !rule.ignores.is_empty(), "{}", rule.id);
            assert!(!rule.impact.is_empty() && !rule.revoke.is_empty(), "{}", rule.id);
            let mut examples = rule.matches.iter().chain(rule.ignores.iter());
            assert_eq!(examples.find_map(|text| caulk::rules::template::problem(text)), None, "{}", rule.id);
        }
    }
}

/// What the detector says of `source`, read as a file of `surface`; rows of a database are given as JSON.
fn detected(detector: &Detector<'_>, surface: &Surface, source: &[u8]) -> Vec<String> {
    let format = if surface.format == Format::Sqlite { Format::Json } else { surface.format };
    let doc = parse(format, source, &Limits::SHIPPED);
    let scene = Scene { surface: Some(surface), format, container: None, prefix: &[] };
    let hits = detector.detect(&doc, &scene, 0..usize::MAX).hits;
    hits.iter().map(|hit| detector.pack().rule(hit.rule).id.to_string()).collect()
}

#[test]
fn every_field_rule_holds_in_its_examples() {
    let pack = RulePack::builtin();
    let keys = KeyRing::new(zeroize::Zeroizing::new(vec![7; 32]));
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, std::time::SystemTime::now());
    let named = |id: &str| {
        surfaces().iter().filter(|surface| pack.places_of(surface).any(|place| place.rule == id)).collect::<Vec<_>>()
    };
    let ids: BTreeSet<&str> =
        surfaces().iter().flat_map(|surface| pack.places_of(surface)).map(|place| &*place.rule).collect();
    let mut wrong = Vec::new();
    for rule in ids.iter().filter_map(|id| pack.find(id)).map(|index| pack.rule(index)) {
        let example = |text: &str| caulk::rules::template::expand(text, &rule.id);
        for text in rule.matches.iter() {
            // Places differ in the keys around the same fields: one of them has those of the example.
            if !named(&rule.id).iter().any(|surface| !detected(&detector, surface, &example(text)).is_empty()) {
                wrong.push(format!("{} is missed in {text:?}", rule.id));
            }
        }
        for (text, surface) in
            rule.ignores.iter().flat_map(|text| named(&rule.id).into_iter().map(move |surface| (text, surface)))
        {
            let found = detected(&detector, surface, &example(text));
            if !found.is_empty() {
                wrong.push(format!("{} takes {text:?} for {found:?}", surface.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn campaigns_name_surfaces_and_artefacts_that_resolve() {
    let ids: BTreeSet<&str> = surfaces().iter().map(|surface| &*surface.id).collect();
    let home = Path::new("/home/ada");
    let host = Host::fake(Os::Linux, home, &[("TMPDIR", "/tmp")]);
    let pack = RulePack::builtin();
    let campaigns: Vec<_> = pack.campaigns().collect();
    assert!(campaigns.len() >= 15);
    for campaign in &campaigns {
        for surface in campaign.harvests.iter() {
            assert!(ids.contains(&**surface), "{}: {surface}", campaign.id);
        }
        for artifact in campaign.artifacts.iter().filter(|artifact| artifact.anywhere.is_empty()) {
            assert!(!caulk::rules::roots::expand(&artifact.path, &host, home, true).is_empty(), "{}", artifact.path);
            assert_eq!(caulk::rules::marks::problem(artifact), None, "{}", artifact.path);
        }
        // Where a watcher may be, nothing is revoked before it is stopped.
        if campaign.artifacts.iter().any(|artifact| artifact.watcher) {
            assert!(campaign.response[0].starts_with("Do not revoke"), "{}", campaign.id);
        }
    }
    let mut watchers =
        campaigns.iter().flat_map(|campaign| campaign.artifacts.iter()).filter(|artifact| artifact.watcher);
    assert!(watchers.any(|artifact| artifact.path.ends_with("gh-token-monitor.sh")));
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_compared_as_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let index = index();
    let of = |path: &[u8]| index.of(Path::new(OsStr::from_bytes(path))).map(|surface: &Surface| surface.id.to_string());
    assert_eq!(of(b"/home/\xff\xfe/.npmrc").as_deref(), Some("npm.npmrc"));
    assert_eq!(of(b"/home/ada/.npmrc\xff"), None);
    assert_eq!(of(b"/home/ada/.env.\xff").as_deref(), Some("dotenv.file"));
    assert_eq!(of(b"/home/ada/\xff.env").as_deref(), Some("dotenv.file"));
}

proptest! {
    #[test]
    fn any_path_is_placed_without_a_panic(parts in prop::collection::vec("[^/]{0,40}|\\*\\*|\\.env|\\.git|modules|config", 0..24), rooted: bool) {
        let index = index();
        let path = PathBuf::from(format!("{}{}", if rooted { "/" } else { "" }, parts.join("/")));
        if let Some(place) = index.place(&path, Some(Path::new("/home/ada"))) {
            prop_assert!(place.parts >= 1 && place.folder(&path).is_some());
        }
    }
}

#[test]
fn a_walk_of_many_files_is_quick() {
    let index = index();
    let started = std::time::Instant::now();
    let found = (0..20_000)
        .filter(|n| index.of(Path::new(&format!("/home/ada/work/app/node_modules/p{n}/lib/i{n}.js"))).is_some())
        .count();
    assert_eq!(found, 0);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
