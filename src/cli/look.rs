//! An audit that lists what starts by itself, and what is installed: for `mcp` and `inventory`.

use super::error::Failure;
use super::rule_files;
use super::settings::shown;
use crate::detect::Detector;
use crate::host::{Host, confine, key, registry};
use crate::ledger::memory::Lock;
use crate::model::{KeyRing, Limits, ScanReport};
use crate::rules::RulePack;
use crate::scan::{self, Progress, ScanRequest, Scanner, Scope};
use std::path::{Path, PathBuf};

/// What is to be looked at.
pub(super) struct Look<'l> {
    /// A folder as a home, instead of this user's.
    pub(super) home: Option<&'l Path>,
    /// Folders that stay writable.
    pub(super) write_dirs: Vec<PathBuf>,
    /// Whether packages and extensions are listed.
    pub(super) components: bool,
}

impl Look<'_> {
    /// Confines the process and looks.
    pub(super) fn run(self, host: &Host) -> Result<ScanReport, Failure> {
        let scope = match self.home {
            Some(home) if !home.is_dir() => return Err(Failure::new(format!("--home {}: not a folder", shown(home)))),
            Some(home) => Scope::Homes(vec![home.to_owned()]),
            None => Scope::Audit,
        };
        let mut pack = RulePack::builtin();
        rule_files::add_installed(&mut pack, &host.dirs().state)?;
        let keys = KeyRing::new(key::ephemeral().map_err(|error| Failure::new(error.to_string()))?);
        let request = ScanRequest {
            scope,
            deep: false,
            no_env: true,
            exclude: Vec::new(),
            max_file_size: None,
            jobs: None,
            limits: Limits::SHIPPED,
            list_started: true,
            list_components: self.components,
            approved: Lock::new(),
        };
        let commands = if request.scope == Scope::Audit { registry::commands() } else { Vec::new() };
        let _confined = confine::confine(&confine::Confinement { write_dirs: self.write_dirs });
        let detector = Detector::new(&pack, &keys, request.limits, host.now);
        let progress = Progress::default();
        let scanner = Scanner {
            host,
            pack: &pack,
            detector: &detector,
            request: &request,
            progress: &progress,
            environments: &[],
            commands: &commands,
        };
        Ok(scan::run(&scanner, None))
    }
}
