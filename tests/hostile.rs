//! Hostile machines: damage, races, odd names, floods, wrong calls. Whatever lies there, a scan ends,
//! in bounded time and memory, with the right status, and says what it could not read.
#![cfg(target_os = "linux")]

mod calls;
mod chunks;
mod damage;
mod environment;
mod floods;
mod moving;
mod names;
mod special;
mod stops;
mod trace;

use crate::common::home::set_mode;
use caulk::rules::template;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest a run may take, debug build and busy machine included; longer is a hang.
const WATCHDOG: Duration = Duration::from_secs(150);
/// An ordinary account: `nobody`.
const NOBODY: u32 = 65534;
/// What a scan may hold, in KiB.
const MOST_KIB: u64 = 80 << 10;

/// A token with a right checksum; the same for the same seed.
fn token(seed: &str) -> String {
    String::from_utf8(template::expand("ghp_<(><an:30><crc62>", seed)).unwrap()
}

/// A home, and a state folder beside it that no scan of the home comes by.
struct Ground {
    home: tempfile::TempDir,
    state: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        set_mode(&path, 0o600);
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_caulk")), args)
    }

    fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = crate::common::program::listening(program);
        command.args(args).env_clear().current_dir(self.home.path()).env("HOME", self.home.path());
        command.env("PATH", "/usr/bin:/bin").env("XDG_STATE_HOME", self.state.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args).spawn().unwrap())
    }

    /// The same as an account that modes stop, whoever runs the tests.
    fn run_as_nobody(&self, args: &[&str]) -> Ran {
        if !rustix::process::geteuid().is_root() {
            return self.run(args);
        }
        let program = self.state.path().join("program");
        if !program.exists() {
            let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_caulk")).arg(&program).status();
            assert!(copied.unwrap().success());
            set_mode(&program, 0o755);
        }
        for folder in [self.home.path(), self.state.path()] {
            for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
                let _ = std::os::unix::fs::lchown(entry.path(), Some(NOBODY), Some(NOBODY));
            }
        }
        let mut command = self.command_of(&program, args);
        finish(command.uid(NOBODY).gid(NOBODY).spawn().unwrap())
    }
}

/// What a run came to.
struct Ran {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
    /// The most memory it held, KiB.
    peak: u64,
    took: Duration,
}

/// Waits for a process, with an eye on the clock and on its memory.
fn finish(mut child: Child) -> Ran {
    let drain = |stream: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.map(|mut stream| stream.read_to_end(&mut bytes));
            bytes
        })
    };
    let out = drain(child.stdout.take().map(|s| Box::new(s) as _));
    let err = drain(child.stderr.take().map(|s| Box::new(s) as _));
    let started = Instant::now();
    let mut peak = 0;
    let status = loop {
        peak = peak.max(high_water(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > WATCHDOG {
            child.kill().unwrap();
            panic!("a hang: still running after {WATCHDOG:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let err = String::from_utf8(err.join().unwrap()).unwrap();
    Ran { code: status.code(), out: out.join().unwrap(), err, peak, took: started.elapsed() }
}

/// `VmHWM` of a process, KiB; 0 when it is gone.
fn high_water(pid: u32) -> u64 {
    let mut status = String::new();
    let read = std::fs::File::open(format!("/proc/{pid}/status")).and_then(|mut f| f.read_to_string(&mut status));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    if read.is_err() { 0 } else { line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0) }
}

impl Ran {
    #[track_caller]
    fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", String::from_utf8_lossy(&self.out), self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        let report: Value = serde_json::from_slice(&self.out)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", String::from_utf8_lossy(&self.out), self.err));
        let inner = report["errors"].as_array().unwrap().iter().find(|e| e["reason"].to_string().contains("internal"));
        assert!(inner.is_none(), "{inner:?}\n{}", self.err);
        report
    }
}

/// The paths of a report's findings of one rule.
fn paths(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
    findings.map(|f| f["location"]["path"].as_str().unwrap().to_owned()).collect()
}

/// The reason a report gives for not reading the file whose path ends so, and whether it is incidental.
fn error_of(report: &Value, ending: &str) -> Option<(String, bool)> {
    let error = report["errors"].as_array().unwrap().iter().find(|e| e["path"].as_str().unwrap().ends_with(ending))?;
    Some((error["reason"].as_str().unwrap().to_owned(), error["incidental"] == true))
}

/// The rule that [`token`]s are found by.
const RULE: &str = "github-pat-classic";

/// Feeds a process's standard input until it ends or `enough` bytes are written; gives how many were.
fn feed(child: &mut Child, block: Vec<u8>, enough: u64) -> std::thread::JoinHandle<u64> {
    let mut input = child.stdin.take().unwrap();
    std::thread::spawn(move || {
        let mut written = 0;
        while written < enough && input.write_all(&block).is_ok() {
            written += block.len() as u64;
        }
        written
    })
}

/// Waits until the process has its handlers for SIGINT and SIGTERM in place.
fn wait_until_handled(pid: u32) {
    for _ in 0..1000 {
        let mut status = String::new();
        let read = std::fs::File::open(format!("/proc/{pid}/status")).and_then(|mut f| f.read_to_string(&mut status));
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default();
        if read.is_ok() && caught & (1 << 14) != 0 && caught & (1 << 1) != 0 {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the process installed no signal handlers");
}
