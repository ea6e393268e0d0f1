//! A fresh scan in a child process: it confines itself, and its findings come through a pipe.

use crate::cli::error::{Failure, Status};
use crate::remediate::Sightings;
use std::path::Path;
use std::process::{Command, Stdio};

/// Scans this user's machine, or `home`. The child writes what goes wrong to standard error itself, and where
/// it `shows` something, its progress.
pub(super) fn scan(home: Option<&Path>, shows: bool) -> Result<Sightings, Failure> {
    let failed = |what: &str| Failure::new(format!("the scan before the fix failed: {what}; nothing was done"));
    let program = std::env::current_exe().map_err(|e| failed(&e.kind().to_string()))?;
    let mut command = Command::new(program);
    command.args(["scan", "--format", "json", "--exit-zero"]);
    if !shows {
        command.args(["--quiet", "--no-progress"]);
    }
    command.args(["--min-severity", "info", "--min-confidence", "low", "--color", "never"]);
    if let Some(home) = home {
        command.arg("--home").arg(home);
    }
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|e| failed(&e.kind().to_string()))?;
    let code = output.status.code().and_then(|code| u8::try_from(code).ok());
    match code {
        Some(code) if [Status::Interrupted.code(), Status::Terminated.code()].contains(&code) => {
            let status = if code == Status::Interrupted.code() { Status::Interrupted } else { Status::Terminated };
            return Err(Failure::ending(status, "interrupted; nothing was done"));
        }
        Some(code) if [Status::Clean.code(), Status::Unread.code()].contains(&code) => {}
        _ => return Err(failed("it ended before its time")),
    }
    let report = serde_json::from_slice(&output.stdout).map_err(|_| failed("its report cannot be read"))?;
    Sightings::of_report(&report).ok_or_else(|| failed("its report cannot be read"))
}
