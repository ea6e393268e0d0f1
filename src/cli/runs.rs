//! Saved runs: one JSON report each, 0600, the last twenty, in the state folder.
//!
//! `explain` looks findings up here. A saved run holds what the JSON report holds, so no secret.

use crate::host::write::AtomicFile;
use crate::host::{FileError, state, trusted};
use crate::model::ScanReport;
use crate::output::{self, Format, RenderOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Runs kept.
const KEEP: usize = 20;
/// Largest saved run read, bytes.
const MOST_BYTES: usize = 256 << 20;

/// The folder of saved runs.
#[must_use]
pub(super) fn folder(state_dir: &Path) -> PathBuf {
    state_dir.join("runs")
}

/// Makes the folder and takes away what killed runs left there. To be called before confinement.
pub(super) fn prepare(state_dir: &Path, now: SystemTime) -> Result<(), FileError> {
    let folder = folder(state_dir);
    state::ensure_dir(&folder)?;
    state::sweep(&folder, now);
    Ok(())
}

/// Saves `report` and lets the oldest runs go.
pub(super) fn save(state_dir: &Path, now: SystemTime, report: &ScanReport) -> Result<(), FileError> {
    let folder = folder(state_dir);
    let mut random = [0u8; 2];
    // Two runs of one second would need different names; without randomness the second one wins.
    let _ = getrandom::fill(&mut random);
    let time = humantime::format_rfc3339_seconds(now).to_string();
    let time = time.trim_end_matches('Z').replace(':', "-");
    let path = folder.join(format!("{time}-{:02x}{:02x}.json", random[0], random[1]));
    let mut file = std::io::BufWriter::new(AtomicFile::create(&path)?);
    let failed = |error: &std::io::Error| FileError::io(&path, "cannot be written", error);
    let options = RenderOptions { show_suppressed: true, ..RenderOptions::default() };
    output::write(Format::Json, report, &options, &mut file).map_err(|error| failed(&error))?;
    file.flush().map_err(|error| failed(&error))?;
    file.into_inner().map_err(|error| failed(error.error()))?.commit()?;
    for old in list(&folder).into_iter().skip(KEEP) {
        // A run that cannot be removed is no reason to fail; the next scan tries again.
        let _ = std::fs::remove_file(old);
    }
    Ok(())
}

/// The saved runs below `folder`, newest first.
#[must_use]
pub(super) fn list(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut runs: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_str().is_some_and(is_run))
        .map(|entry| entry.path())
        .collect();
    runs.sort_unstable_by(|a, b| b.cmp(a));
    runs
}

/// Whether a file's name is that of a run: `2026-01-01T00-00-00-4f2a.json`. Others are left alone.
fn is_run(name: &str) -> bool {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd-dd-dd-xxxx.json";
    name.len() == SHAPE.len()
        && name.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'd' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == *other,
        })
}

/// A saved run, as JSON. `None` when it cannot be read, was written by another account, or is cut.
#[must_use]
pub(super) fn load(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_str(&trusted::read(path, MOST_BYTES).ok()?.text).ok()
}

#[cfg(test)]
mod tests {
    use super::is_run;

    #[test]
    fn only_names_of_runs_are_taken_for_runs() {
        assert!(is_run("2026-01-01T00-00-00-4f2a.json"));
        for name in [
            "2026-01-01T00-00-00-4f2.json",
            "notes.json",
            "2026-01-01T00-00-00-4f2a.json.bak",
            "é026-01-01T00-00-00-4f2.json",
        ] {
            assert!(!is_run(name), "{name}");
        }
    }
}
