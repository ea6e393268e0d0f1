//! Files and folders with code that starts by itself: told where others can write them, and only there.

use crate::common::program::caulk;
use caulk::host::writers::{Groups, Writers};
use caulk::host::{Host, Os};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use tempfile::TempDir;

/// A group that no list of groups has.
const FOREIGN: u32 = 61_234;

fn put(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn mode(home: &Path, name: &str, mode: u32) {
    fs::set_permissions(home.join(name), fs::Permissions::from_mode(mode)).unwrap();
}

/// Rule, severity and path below the home of what is said of open places.
fn open(home: &Path) -> Vec<String> {
    let call = ["scan", "--home", home.to_str().unwrap(), "--format", "json", "--no-cache"];
    let output = caulk(home).args(call).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let real = home.canonicalize().unwrap();
    let line = |finding: &Value| {
        let path = Path::new(finding["location"]["path"].as_str().unwrap());
        let path = path.strip_prefix(&real).unwrap_or(path);
        let word = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{} {} {}", word("rule"), word("severity"), path.display())
    };
    let findings = report["findings"].as_array().unwrap().iter();
    let mut told: Vec<_> =
        findings.filter(|finding| finding["rule"].as_str().unwrap().starts_with("autorun-open-")).map(line).collect();
    told.sort();
    told
}

/// A home with files of every kind, for nobody but its owner to write.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    let at = home.path();
    put(at, ".bashrc", "alias ll='ls -l'\n");
    put(at, ".cursor/mcp.json", r#"{"mcpServers": {"x": {"command": "x-mcp"}}}"#);
    put(at, ".config/systemd/user/x.service", "[Service]\nExecStart=/usr/bin/x\n");
    put(at, ".claude/settings.json", r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "make"}]}]}}"#);
    put(at, ".config/Code/User/settings.json", "{}");
    put(at, ".config/other/x.conf", "a = b\n");
    put(at, "work/app/.git/HEAD", "ref: refs/heads/main\n");
    put(at, "work/app/.git/hooks/pre-push.sample", "#!/bin/sh\n");
    put(at, "work/app/src/a.rs", "fn a() {}\n");
    put(at, ".claude/skills/x/SKILL.md", "# x\n");
    for folder in [".local/bin", ".config/autostart", ".config/mise", ".vscode/extensions", ".npm-global/bin"] {
        fs::create_dir_all(at.join(folder)).unwrap();
    }
    for entry in walk(at) {
        let wanted = if entry.is_dir() { 0o755 } else { 0o644 };
        fs::set_permissions(entry, fs::Permissions::from_mode(wanted)).unwrap();
    }
    home
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(walk(&path));
        }
        all.push(path);
    }
    all
}

#[test]
fn files_that_start_something_are_told_where_everybody_can_write_them() {
    for (file, told) in [
        (".bashrc", true),
        (".cursor/mcp.json", true),
        (".config/systemd/user/x.service", true),
        (".claude/settings.json", true),
        // Nothing starts from these.
        (".config/Code/User/settings.json", false),
        (".config/other/x.conf", false),
        ("work/app/src/a.rs", false),
    ] {
        let home = home();
        assert_eq!(open(home.path()), Vec::<String>::new());
        mode(home.path(), file, 0o646);
        let wanted: Vec<_> = told.then(|| format!("autorun-open-file high {file}")).into_iter().collect();
        assert_eq!(open(home.path()), wanted, "{file}");
    }
}

#[test]
fn folders_of_code_are_told_whether_or_not_anything_lies_in_them() {
    for (folder, told) in [
        ("", true),
        (".cursor", true),
        (".config", true),
        (".config/systemd/user", true),
        (".config/autostart", true),
        (".config/mise", true),
        (".local/bin", true),
        (".npm-global/bin", true),
        (".vscode/extensions", true),
        (".claude/skills", true),
        ("work/app/.git/hooks", true),
        ("work/app", true),
        (".config/other", false),
        ("work/app/src", false),
    ] {
        let home = home();
        mode(home.path(), folder, 0o757);
        let wanted: Vec<_> = told.then(|| format!("autorun-open-folder high {folder}")).into_iter().collect();
        assert_eq!(open(home.path()), wanted, "{folder}");
        // Where everybody changes only what is theirs, nobody puts a file in another's place.
        mode(home.path(), folder, 0o1757);
        assert_eq!(open(home.path()), Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn the_users_own_group_may_write_and_nothing_is_said() {
    let home = home();
    for entry in walk(home.path()) {
        let wanted = if entry.is_dir() { 0o775 } else { 0o664 };
        fs::set_permissions(entry, fs::Permissions::from_mode(wanted)).unwrap();
    }
    mode(home.path(), "", 0o775);
    // On macOS the group of everybody's files is everybody.
    let own = if cfg!(target_os = "macos") { return } else { Vec::<String>::new() };
    assert_eq!(open(home.path()), own);
    // Another group is told, where this account may give a file to one.
    if std::os::unix::fs::chown(home.path().join(".bashrc"), None, Some(FOREIGN)).is_err() {
        return;
    }
    std::os::unix::fs::chown(home.path().join("work/app/.git/hooks"), None, Some(FOREIGN)).unwrap();
    let told = ["autorun-open-file medium .bashrc", "autorun-open-folder medium work/app/.git/hooks"];
    assert_eq!(open(home.path()), told);
    // A group without the right to write is nobody.
    mode(home.path(), ".bashrc", 0o644);
    assert_eq!(open(home.path()), told[1..]);
}

#[test]
fn what_lies_below_a_folder_of_temporary_files_is_passed_over() {
    let home = home();
    put(home.path(), "scratch/app/.envrc", "echo hi\n");
    put(home.path(), "scratch/app/.git/hooks/pre-push", "#!/bin/sh\n");
    mode(home.path(), "scratch/app/.git/hooks", 0o777);
    assert_eq!(open(home.path()), ["autorun-open-folder high scratch/app/.git/hooks"]);
    mode(home.path(), "scratch", 0o1777);
    assert_eq!(open(home.path()), Vec::<String>::new());
}

#[test]
fn a_link_is_told_by_what_it_leads_to() {
    let home = home();
    put(home.path(), "dotfiles/zshrc", "alias ll='ls -l'\n");
    std::os::unix::fs::symlink("dotfiles/zshrc", home.path().join(".zshrc")).unwrap();
    mode(home.path(), "dotfiles", 0o755);
    mode(home.path(), "dotfiles/zshrc", 0o666);
    assert_eq!(open(home.path()), ["autorun-open-file high dotfiles/zshrc"]);
    mode(home.path(), "dotfiles/zshrc", 0o644);
    mode(home.path(), "dotfiles", 0o777);
    assert_eq!(open(home.path()), ["autorun-open-folder high dotfiles"]);
}

#[test]
fn a_group_is_others_only_with_somebody_else_in_it() {
    let dir = TempDir::new().unwrap();
    let root = dir.path();
    let file = root.join("file");
    fs::write(&file, "x").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
    let meta = fs::metadata(&file).unwrap();
    if meta.gid() == 0 {
        // Only the administrator is in that one.
        if std::os::unix::fs::chown(&file, Some(1000), Some(1001)).is_err() {
            return;
        }
    }
    let meta = fs::metadata(&file).unwrap();
    let (uid, gid) = (meta.uid(), meta.gid());
    let of = |os: Os, passwd: &str, group: &str| {
        put(root, "etc/passwd", passwd);
        put(root, "etc/group", group);
        Groups::of(&Host::fake(os, root, &[]).with_system(root), root).writers(&file, &meta)
    };
    let me = format!("root:x:0:0::/root:/bin/sh\nada:x:{uid}:{gid}::/home/ada:/bin/sh\n");
    let group = |members: &str| format!("root:x:0:\nada:x:{gid}:{members}\n");
    let named = Some(Writers::Group("ada".into()));
    assert_eq!(of(Os::Linux, &me, &group("")), None);
    assert_eq!(of(Os::Linux, &me, &group("ada,root")), None);
    assert_eq!(of(Os::Linux, &me, &group("ada,eve")), named);
    assert_eq!(of(Os::Linux, &format!("{me}eve:x:77:{gid}::/home/eve:/bin/sh\n"), &group("")), named);
    // Broken lines are passed over.
    assert_eq!(of(Os::Linux, &format!("{me}eve:x:77\n+nis\n:::\n"), &format!("x:y\n{}", group(""))), None);
}
