//! Floor 4: the verb `scan`. Plan, walk, read, detect, collect.
//!
//! Prints nothing, decides no exit status, writes no file; `cli` composes it with triage and output.

mod approved;
mod artifacts;
mod buffer;
mod collect;
mod content;
mod database;
mod engine;
mod flatpak;
mod gates;
mod install_scripts;
mod installed;
mod judge;
mod keys;
mod leveldb;
mod locate;
mod open_places;
mod place;
mod planner;
mod processes;
mod prune;
mod published;
mod run;
mod services;
#[cfg(feature = "history")]
mod staged;
mod started;
mod stock;
mod stream;
mod text;
mod walk;

use crate::detect::Detector;
use crate::host::Host;
use crate::host::procs::ProcessEnv;
use crate::host::registry::Commands;
use crate::ledger::memory::Lock;
use crate::model::{Limits, ScanReport, Untrusted};
use crate::rules::RulePack;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What the user asked to have scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// This user's machine.
    Audit,
    /// These directories, each as a home; no process environment, no system surface.
    Homes(Vec<PathBuf>),
    /// These trees or files.
    Paths(Vec<PathBuf>),
    /// What git has staged below these paths.
    #[cfg(feature = "history")]
    Staged(Vec<PathBuf>),
    /// Standard input, given by the caller.
    Stdin,
}

/// Everything a scan is told.
#[derive(Debug, Clone)]
pub struct ScanRequest {
    /// What to scan.
    pub scope: Scope,
    /// Every text file and database under the home.
    pub deep: bool,
    /// Leave process environments out.
    pub no_env: bool,
    /// Globs of paths to leave out, relative to each root.
    pub exclude: Vec<String>,
    /// Largest file read, bytes; `None`: the mode's own limit.
    pub max_file_size: Option<u64>,
    /// Worker threads; `None`: one per core.
    pub jobs: Option<usize>,
    /// Bounds.
    pub limits: Limits,
    /// Whether the report lists all that starts by itself.
    pub list_started: bool,
    /// Whether the report lists the packages and extensions that are here.
    pub list_components: bool,
    /// What of that was approved before; what changed since is a finding.
    pub approved: Lock,
}

/// One line of `--plan`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Planned {
    /// The surface's id, `file.text`, `process.environment` or `stdin`.
    pub surface: String,
    /// The path; masked.
    pub path: Untrusted,
}

/// What would be read.
#[derive(Debug, Clone, Default)]
pub struct ScanPlan {
    /// Files that exist and would be read, in order of path.
    pub reads: Vec<Planned>,
    /// Folders that would be pruned, with the reason.
    pub pruned: Vec<(Untrusted, &'static str)>,
    /// Known places that are absent.
    pub absent: Vec<Planned>,
}

/// Live counters, for progress, and the switch that stops a scan. Shared between threads.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files whose names were seen.
    pub files_seen: AtomicU64,
    /// Files read.
    pub files_read: AtomicU64,
    /// Bytes read.
    pub bytes_read: AtomicU64,
    /// Findings so far, before grouping.
    pub findings: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Asks the scan to end soon; what was found so far is reported as incomplete.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What a scan stands on.
pub struct Scanner<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The rules.
    pub pack: &'a RulePack,
    /// The detector over them.
    pub detector: &'a Detector<'a>,
    /// What was asked.
    pub request: &'a ScanRequest,
    /// Counters.
    pub progress: &'a Progress,
    /// Environments of processes, read before the program confined itself.
    pub environments: &'a [ProcessEnv],
    /// Commands in the registry, read before it too; of an audit only.
    pub commands: &'a [Commands],
}

/// Walks, reads nothing, and says what would be read.
#[must_use]
pub fn plan(scanner: &Scanner<'_>) -> ScanPlan {
    run::plan(scanner)
}

/// Scans. Findings come back sorted, with ids and groups; nothing is filtered yet.
#[must_use]
pub fn run(scanner: &Scanner<'_>, stdin: Option<&mut (dyn std::io::Read + Send)>) -> ScanReport {
    run::run(scanner, stdin)
}
