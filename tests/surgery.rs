//! Replacing a user's file: nothing else about it changes, and nothing is lost.
//!
//! Through the public interface of `caulk::host::surgery`. What needs root (owners, mounts) or a tool
//! (access lists) says that it is skipped where that is missing; `.ci/test` installs the tools.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports, reason = "most tests need Linux"))]

#[cfg(unix)]
mod busy;
#[cfg(unix)]
mod edits;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod kept;
mod settled;

use caulk::host::surgery::{Method, Patient, Refusal, Settled, settle};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const MAX: usize = 1 << 20;

/// A folder whose path has no links.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    (dir, real)
}

fn put(path: &Path, content: impl AsRef<[u8]>) {
    std::fs::write(path, content).unwrap();
}

fn get(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Opens a file; waits for a program that has it open to end. (Another test that starts a program holds what this
/// one has open for a moment, between fork and exec.)
fn open(path: &Path) -> Result<Patient, Refusal> {
    for _ in 0..20 {
        match Patient::open(path, MAX) {
            Err(Refusal::InUse(who)) if who.contains("process") => std::thread::sleep(Duration::from_millis(5)),
            opened => return opened,
        }
    }
    Patient::open(path, MAX)
}

/// Why a file is refused.
fn why(path: &Path) -> Refusal {
    open(path).err().expect("should be refused")
}

/// Replaces the content of a file; gives the temporary name that was used.
fn replace(path: &Path, new: impl AsRef<[u8]>) -> Result<PathBuf, Refusal> {
    let patient = open(path)?;
    let temporary = patient.temporary().unwrap();
    patient.replace(new.as_ref(), &temporary).map(|()| temporary)
}

/// Names in a folder, in order.
fn names(dir: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a command quietly; whether it worked. A tool that is missing counts as one that did not.
fn run(program: &str, args: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What a command prints.
fn output(program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).stdin(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
