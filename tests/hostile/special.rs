//! What is no file, or may not be read: passed over without being opened, and said where it counts.

use super::*;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const LOG: &str = ".config/Code/User/globalStorage/state.vscdb-wal";

/// A FIFO with a writer that waits for somebody to open it.
struct Trap {
    path: PathBuf,
    sprung: Arc<AtomicBool>,
    writer: std::thread::JoinHandle<()>,
}

impl Trap {
    fn set(path: PathBuf) -> Self {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        mknodat(CWD, &path, FileType::Fifo, Mode::from(0o600), 0).unwrap();
        let sprung = Arc::new(AtomicBool::new(false));
        let (seen, name) = (Arc::clone(&sprung), path.clone());
        let writer = std::thread::spawn(move || {
            // Returns when somebody opens the other end, even for a moment and without reading.
            let opened = std::fs::OpenOptions::new().write(true).open(name);
            seen.store(opened.is_ok(), Ordering::SeqCst);
        });
        Self { path, sprung, writer }
    }

    /// Nobody has opened it until now.
    fn untouched(self) {
        assert!(!self.sprung.load(Ordering::SeqCst), "{} was opened", self.path.display());
        let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
        let reader = rustix::fs::open(&self.path, flags, Mode::empty()).unwrap();
        self.writer.join().unwrap();
        drop(reader);
        assert!(self.sprung.load(Ordering::SeqCst), "the trap itself must work");
    }
}

#[test]
fn fifos_sockets_and_devices_are_never_opened() {
    let ground = Ground::new();
    // A known place, a surface's name in a project, a loose name, the name of a log.
    let names = [
        ".npmrc",
        "app/.env",
        "app/loose.txt",
        "app/.git/index",
        ".aws/credentials",
        "app/.mcp.json",
        "web/.claude/settings.json",
        LOG,
        "app/.caulkignore",
    ];
    // The database comes before the trap that stands in place of its log: SQLite would open that.
    let database = ground.path(LOG.strip_suffix("-wal").unwrap());
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    let database = rusqlite::Connection::open(database).unwrap();
    database.execute_batch("PRAGMA journal_mode=OFF; CREATE TABLE ItemTable (key TEXT, value BLOB)").unwrap();
    drop(database);
    let traps: Vec<Trap> = names.iter().map(|name| Trap::set(ground.path(name))).collect();
    symlink("app/loose.txt", ground.path(".pypirc")).unwrap();
    ground.file("app/package.json", "{}");
    // Their readers look at a neighbour each.
    ground.file("web/.mcp.json", r#"{"mcpServers": {"a": {"command": "x"}}}"#);
    ground.file("app/a.txt", token("beside a trap"));
    let _listener = UnixListener::bind(ground.path(".zshrc")).unwrap();
    let root = rustix::process::geteuid().is_root();
    if root {
        let null = rustix::fs::makedev(1, 3);
        mknodat(CWD, ground.path(".git-credentials"), FileType::CharacterDevice, Mode::from(0o600), null).unwrap();
    }
    for args in [&["scan", "--no-env"][..], &["scan", "."], &["scan", "--deep", "--no-env"], &["scan", "--plan"]] {
        let ran = ground.run(&[args, &["--format", "json"]].concat());
        if args.contains(&"--plan") {
            ran.ends_with(0);
            continue;
        }
        let report = ran.ends_with(1).json();
        assert_eq!(paths(&report, RULE).len(), 1);
        for name in ["/.npmrc", "app/.env", "/.zshrc"] {
            let (reason, incidental) = error_of(&report, name).unwrap_or_else(|| panic!("{args:?}: {name}"));
            assert!(reason.contains("not a regular file") && incidental, "{name}: {reason}");
        }
    }
    for name in [".npmrc", "app/loose.txt", ".pypirc"] {
        let report = ground.run(&["scan", name, "--format", "json"]).ends_with(3).json();
        assert!(report["errors"][0]["reason"].as_str().unwrap().contains("not a regular file"));
    }
    ground.run(&["scan", "/dev/zero", "--format", "json"]).ends_with(3);
    traps.into_iter().for_each(Trap::untouched);
}

#[test]
fn links_in_circles_and_into_nothing_are_passed_over() {
    let ground = Ground::new();
    ground.file("app/package.json", "{}");
    ground.file("app/x/a.txt", token("circle"));
    symlink(".", ground.path("app/self")).unwrap();
    symlink("..", ground.path("app/x/up")).unwrap();
    symlink("two", ground.path("app/one")).unwrap();
    symlink("one", ground.path("app/two")).unwrap();
    symlink("gone", ground.path(".npmrc")).unwrap();
    symlink(".pypirc", ground.path(".pypirc")).unwrap();
    symlink("/proc/self/environ", ground.path("app/.env")).unwrap();
    symlink("/dev/zero", ground.path(".netrc")).unwrap();
    symlink("/etc", ground.path("app/etc")).unwrap();
    for args in [&["scan", "--no-env"][..], &["scan", "app"], &["scan", "--deep", "--no-env"]] {
        let report = ground.run(&[args, &["--format", "json"]].concat()).ends_with(1).json();
        assert_eq!(paths(&report, RULE).len(), 1, "{args:?}");
        assert!(error_of(&report, "app/.env").unwrap().0.contains("leads out of the root"), "{args:?}");
    }
    ground.run(&["scan", "app/one"]).ends_with(3);
    ground.run(&["scan", ".npmrc"]).ends_with(2);
}

#[test]
fn what_an_ordinary_account_may_not_read_counts_where_the_contract_says() {
    let json = ["--no-env", "--format", "json"];
    let with = |make: &dyn Fn(&Ground), args: &[&str]| {
        let ground = Ground::new();
        make(&ground);
        let ran = ground.run_as_nobody(&[args, &json].concat());
        // So that the folder can be removed again.
        for entry in walkdir::WalkDir::new(ground.home.path()).into_iter().flatten() {
            if entry.file_type().is_dir() {
                set_mode(entry.path(), 0o700);
            }
        }
        ran
    };
    let shut_file = |name: &'static str| move |ground: &Ground| set_mode(&ground.file(name, "x"), 0);
    let shut_folder = |ground: &Ground| {
        ground.file("app/shut/.npmrc", "x");
        ground.file("app/package.json", "{}");
        set_mode(&ground.path("app/shut"), 0);
    };
    // A user's surface counts; a loose file, or one in somebody's project below, does not.
    let ran = with(&shut_file(".npmrc"), &["scan"]).ends_with(3);
    assert_eq!(error_of(&ran.json(), ".npmrc"), Some(("permission denied".into(), false)));
    let ran = with(&shut_file("notes.txt"), &["scan"]).ends_with(0);
    assert_eq!(error_of(&ran.json(), "notes.txt"), Some(("permission denied".into(), true)));
    let ran = with(&shut_folder, &["scan"]).ends_with(0);
    assert_eq!(error_of(&ran.json(), "app/shut"), Some(("permission denied".into(), true)));
    let ran = with(&shut_folder, &["scan", "app"]).ends_with(0);
    assert_eq!(error_of(&ran.json(), "app/shut"), Some(("permission denied".into(), true)));
    // What was named must be readable.
    with(&shut_folder, &["scan", "app/shut"]).ends_with(3);
    with(&shut_file("notes.txt"), &["scan", "notes.txt"]).ends_with(3);
    with(&shut_folder, &["scan", "app/shut/.npmrc"]).ends_with(3);
    // A shut file beside a finding: the finding decides.
    let both = |ground: &Ground| {
        ground.file("app/a.txt", token("beside"));
        set_mode(&ground.file(".npmrc", "x"), 0);
        ground.file("app/package.json", "{}");
    };
    with(&both, &["scan"]).ends_with(1);
}
