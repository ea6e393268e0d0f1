//! Confinement, for real. It binds a whole process for good, so each case runs in a child: this
//! test binary again, told by a variable to confine itself and to try what must not work.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "helpers of tests")]

use caulk::host::confine::{Confinement, confine};
use caulk::host::{open, signal, write};
use std::io::{ErrorKind, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;

/// Tells the child which folder holds its `state` and `outside`.
const PLAY: &str = "CAULK_TEST_CONFINE";
/// An ordinary account: `nobody`.
const NOBODY: u32 = 65534;

/// Starts this binary as a confined child, as `uid` where one is given.
fn child(uid: Option<u32>) -> String {
    let play = tempfile::tempdir().unwrap();
    let exe = play.path().join("suite");
    // By another process: a descriptor for writing that a test beside us inherits would make the copy "busy".
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&exe).status();
    assert!(copied.unwrap().success());
    std::fs::set_permissions(&exe, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(play.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["state", "outside"] {
        let dir = play.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::os::unix::fs::chown(&dir, uid, uid).unwrap();
    }
    let mut command = Command::new(exe);
    command.args(["--exact", "confine::confine_child", "--nocapture", "--test-threads=1"]).env(PLAY, play.path());
    command.current_dir(play.path());
    if let Some(uid) = uid {
        command.uid(uid).gid(uid);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("confined child: all held"), "{text}");
    text
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn confinement_holds_for_the_caller() {
    println!("{}", child(None));
}

#[test]
fn confinement_holds_for_an_ordinary_user() {
    if is_root() {
        println!("{}", child(Some(NOBODY)));
    } else {
        println!("not root: the caller is an ordinary user already");
    }
}

/// The child; does nothing in an ordinary run.
#[test]
#[allow(clippy::disallowed_methods)]
fn confine_child() {
    let Some(play) = std::env::var_os(PLAY).map(PathBuf::from) else { return };
    let (state, outside) = (play.join("state"), play.join("outside"));
    write::write(&outside.join("victim"), b"untouched").unwrap();
    let listener = UnixListener::bind(outside.join("socket")).unwrap();
    let mut open_before = std::fs::File::create(outside.join("open-before")).unwrap();

    let kernel = landlock_version();
    let alone = std::fs::read_dir("/proc/self/task").unwrap().count() == 1;
    let words = confine(&Confinement { write_dirs: vec![state.clone(), play.join("missing")] });
    println!("held: {words:?}, single thread: {alone}, Landlock of the kernel: {kernel:?}");
    for word in ["no-new-privileges", "no-core", "non-dumpable", "seccomp"] {
        assert!(words.iter().any(|w| w == word), "{word}");
    }
    facts_hold();
    no_sockets(&outside);
    no_programs();
    no_changes_of_modes(&outside);
    if kernel >= Some(1) {
        // Other threads (the test harness has one) are bound from version 8 on only; then nothing may be claimed.
        let whole = alone || kernel >= Some(8);
        assert_eq!(words.iter().any(|w| w == "landlock"), whole);
        writes_only_below(&state, &outside);
    } else {
        println!("this kernel has no Landlock: files are not tested");
        assert!(words.iter().all(|w| w != "landlock"));
    }
    open_before.write_all(b"still open").unwrap();
    drop(listener);
    work_goes_on(&outside);
    println!("confined child: all held");
}

/// The version of Landlock that the kernel has; `None` without it.
fn landlock_version() -> Option<i32> {
    let status = landlock::RestrictSelf::default().no_new_privs(false).apply().unwrap();
    match status.landlock {
        landlock::LandlockStatus::Available { effective_abi, .. } => Some(effective_abi as i32),
        _ => None,
    }
}

fn denied<T>(result: std::io::Result<T>) {
    assert_eq!(result.err().expect("must fail").kind(), ErrorKind::PermissionDenied);
}

/// What the kernel itself says of the process.
fn facts_hold() {
    let status = std::fs::File::open("/proc/self/status").and_then(std::io::read_to_string).unwrap();
    let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!(value("NoNewPrivs:"), "1");
    assert_eq!(value("Seccomp:"), "2");
    let core = rustix::process::getrlimit(rustix::process::Resource::Core);
    assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
    let dumpable = rustix::process::dumpable_behavior().unwrap();
    assert_eq!(dumpable, rustix::process::DumpableBehavior::NotDumpable);
}

fn no_sockets(outside: &Path) {
    denied(UdpSocket::bind("127.0.0.1:0"));
    denied(TcpStream::connect("127.0.0.1:9"));
    denied(UnixStream::connect(outside.join("socket")));
    denied(UnixStream::pair());
}

fn no_programs() {
    denied(Command::new("/bin/true").spawn());
    // The filter holds for threads that come later too.
    std::thread::spawn(|| denied(Command::new("/bin/true").spawn())).join().unwrap();
}

fn no_changes_of_modes(outside: &Path) {
    let victim = outside.join("victim");
    denied(std::fs::set_permissions(&victim, std::fs::Permissions::from_mode(0o666)));
    denied(std::os::unix::fs::chown(&victim, None, Some(rustix::process::getegid().as_raw())));
    denied(std::fs::File::open(&victim).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH));
    denied(rustix::fs::setxattr(&victim, "user.x", b"y", rustix::fs::XattrFlags::empty()).map_err(Into::into));
}

#[allow(clippy::disallowed_methods)]
fn writes_only_below(state: &Path, outside: &Path) {
    let victim = outside.join("victim");
    denied(std::fs::File::create(outside.join("new")));
    denied(std::fs::OpenOptions::new().append(true).open(&victim));
    denied(std::fs::remove_file(&victim));
    denied(std::fs::rename(&victim, outside.join("moved")));
    denied(std::fs::create_dir(outside.join("folder")));
    denied(std::os::unix::fs::symlink("x", outside.join("link")));
    denied(std::os::unix::fs::symlink("x", state.join("link")));
    assert!(std::fs::hard_link(&victim, state.join("victim")).is_err());
    assert!(std::fs::rename(&victim, state.join("victim")).is_err());
    assert!(write::write(&outside.join("new"), b"x").is_err());
    // A thread that starts afterwards is bound as well.
    let path = outside.join("by-thread");
    std::thread::spawn(move || denied(std::fs::File::create(path))).join().unwrap();

    caulk::host::state::ensure_dir(&state.join("runs")).unwrap();
    write::write(&state.join("runs/run.json"), b"1").unwrap();
    write::write(&state.join("runs/run.json"), b"2").unwrap();
    assert_eq!(std::fs::read(state.join("runs/run.json")).unwrap(), b"2");
    std::fs::remove_file(state.join("runs/run.json")).unwrap();
}

/// What a scan needs: reading anywhere, threads, the clock, cores, random numbers, signals.
fn work_goes_on(outside: &Path) {
    let mut buf = Vec::new();
    open::open(&outside.join("victim")).unwrap().read_up_to(&mut buf, 100).unwrap();
    assert_eq!(buf, b"untouched");
    assert!(caulk::host::Host::current().environment().count() > 0);
    let mut seen = 0;
    caulk::host::list::list(Path::new("/etc"), &mut |_| seen += 1).unwrap();
    assert!(seen > 0);
    std::fs::File::open("/proc/self/mountinfo").and_then(std::io::read_to_string).unwrap();
    assert!(!Path::new("/sys/fs/cgroup").is_dir() || std::fs::read_dir("/sys/fs/cgroup").is_ok());
    assert!(std::thread::available_parallelism().unwrap().get() > 0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let sum: u64 = pool.install(|| {
        use rayon::prelude::*;
        (0..10_000_u64).into_par_iter().sum()
    });
    assert_eq!(sum, 49_995_000);
    caulk::host::key::ephemeral().unwrap();
    assert!(caulk::host::terminal::width(caulk::host::terminal::Stream::Stdin).is_none());

    let (told, hear) = mpsc::channel();
    signal::install(move |number| told.send(number).unwrap()).unwrap();
    signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
    let number = hear.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    assert_eq!(number, signal_hook::consts::SIGTERM);
}
