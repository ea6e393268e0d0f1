//! Packages of a project that run a script of their own when they are installed, as entries of the ledger: one for each
//! name, so that an update changes nothing and a package that never had a script stands out.
//!
//! Which packages have one, their lists say; what the script does, no list says.

use super::judge::Judge;
use super::walk::Candidate;
use crate::host::open;
use crate::model::{AutorunEntry, CodeFrom, Component, Consent, Ecosystem, Started, Transport, Untrusted};
use std::collections::BTreeSet;
use std::path::Path;

/// The list npm keeps among the packages: it repeats the one beside them.
const HIDDEN: &str = ".package-lock.json";
/// Bytes of a file of settings that are looked at.
const MOST: usize = 1 << 20;

impl Judge<'_> {
    /// The packages of the list at `candidate` that run something on installation, one for each name.
    pub(super) fn install_scripts(&self, candidate: &Candidate<'_>, components: &[Component]) -> Vec<Started> {
        let runs = |one: &&Component| one.install_script && one.ecosystem == Ecosystem::Npm;
        let names: BTreeSet<&str> = components.iter().filter(runs).map(|one| one.name.as_found()).collect();
        if names.is_empty() || candidate.path.ends_with(HIDDEN) {
            return Vec::new();
        }
        let detector = self.scanner.detector;
        let path = detector.mask_text(candidate.path.as_os_str().as_encoded_bytes());
        let surface = candidate.surface.map(|surface| surface.id.to_string()).unwrap_or_default();
        let disabled = self.scripts_are_off(&candidate.path);
        let started = names.into_iter().map(|name| {
            let name = detector.mask_text(name.as_bytes());
            let entry = AutorunEntry {
                trigger: "script of a package, on npm install".to_owned(),
                pointer: vec![name.as_found().to_owned()],
                name,
                span: 0..0,
                transport: Transport::Unknown,
                launch: None,
                disabled,
                consent: Consent::Unasked,
                project: String::new(),
                secrets: Vec::new(),
                env: Vec::new(),
            };
            Started {
                path: path.clone(),
                surface: surface.clone(),
                entry,
                file: Untrusted::default(),
                script: String::new(),
                // The lock names one version of it.
                code: CodeFrom::Nobody,
            }
        });
        started.collect()
    }

    /// Whether the project's `.npmrc`, or else the user's, switches scripts off.
    fn scripts_are_off(&self, list: &Path) -> bool {
        let project = list.parent().and_then(|folder| self.says_ignore(&folder.join(".npmrc")));
        let home = || self.home.as_ref().and_then(|home| self.says_ignore(&home.join(".npmrc")));
        project.or_else(home) == Some(true)
    }

    fn says_ignore(&self, file: &Path) -> Option<bool> {
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        open::open_within(self.digests.roots(), file).ok()?.read_up_to(&mut bytes, MOST).ok()?;
        let value = |line: &[u8]| {
            let at = memchr::memchr(b'=', line)?;
            (line[..at].trim_ascii() == b"ignore-scripts").then(|| line[at + 1..].trim_ascii() == b"true")
        };
        bytes.split(|byte| *byte == b'\n').filter_map(value).next_back()
    }
}
