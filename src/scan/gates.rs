//! Package managers that take a release the minute it comes out: told where the manager's version, read off its files,
//! has a setting against that, and the user has not made it. Most hijacked releases are found within days.

use super::collect::Found;
use super::engine::Engine;
use super::walk::Candidate;
use crate::audit::Judgement;
use crate::host::{Os, installed, open};
use crate::model::{Confidence, Evidence, Untrusted};
use crate::rules::place::Level;

/// A manager's gate: its package, the first version that has it and the first that has one by itself, the keys that
/// set it, and the user's file they stand in.
struct Gate {
    package: &'static str,
    from: &'static [u64],
    until: Option<&'static [u64]>,
    keys: &'static [&'static str],
    surface: &'static str,
    file: &'static str,
}

const GATES: [Gate; 4] = [
    Gate {
        package: "npm",
        from: &[11, 10],
        until: None,
        keys: &["min-release-age", "before"],
        surface: "npm.npmrc",
        file: ".npmrc",
    },
    Gate {
        package: "pnpm",
        from: &[10, 16],
        until: Some(&[11]),
        keys: &["minimum-release-age", "minimumReleaseAge"],
        surface: "npm.npmrc",
        file: ".npmrc",
    },
    Gate {
        package: "bun",
        from: &[1, 3],
        until: None,
        keys: &["minimumReleaseAge", "install.minimumReleaseAge"],
        surface: "bun.config",
        file: ".bunfig.toml",
    },
    Gate {
        package: "uv",
        // Before, it took dates only.
        from: &[0, 9, 17],
        until: None,
        keys: &["exclude-newer"],
        surface: "uv.config",
        file: ".config/uv/uv.toml",
    },
];
/// uv's file on Windows.
const UV_WINDOWS: &str = "AppData/Roaming/uv/uv.toml";
/// Bytes of a file of settings that are looked at.
const MOST: usize = 1 << 20;

impl Engine<'_> {
    /// Tells of the managers that were found installed.
    pub(super) fn age_gates(&self) {
        for gate in &GATES {
            let Some(text) = self.scanner.pack.audit_text("package-manager-any-age") else { return };
            let os = self.scanner.host.os;
            // uv's own installer leaves a note.
            let receipt = || installed::of_receipt(self.root, os, gate.package);
            let Some(version) = self.stock().version_of(gate.package).or_else(receipt) else { continue };
            let is = |least: &[u64]| installed::is_at_least(&version, least);
            let on_windows = gate.package == "uv" && os == Os::Windows;
            let path = self.root.join(if on_windows { UV_WINDOWS } else { gate.file });
            if !is(gate.from) || gate.until.is_some_and(is) || self.sets(&path, gate.keys) {
                continue;
            }
            let surface = self.scanner.pack.surfaces().iter().find(|surface| surface.id == gate.surface);
            let why = format!("{} {version} waits for no release to be looked at by anybody", gate.package);
            let judgement = Judgement {
                rule: text.id.to_string(),
                category: text.category,
                severity: text.severity,
                confidence: Confidence::High,
                title: text.title.to_string(),
                pointer: vec![gate.keys[0].to_owned()],
                span: 0..0,
                evidence: Evidence { value: Some(Untrusted::from("not set")), why: vec![why], ..Evidence::default() },
                advice: text.advice.to_string(),
                mendable: false,
            };
            if !self.scanner.pack.keeps(&judgement.rule) {
                continue;
            }
            let candidate = Candidate { path, surface, level: Level::User, system: false, link: false, max: None };
            let finding = self.bare_place(&candidate).judgement(self.scanner.pack, judgement, None);
            self.collector.findings(vec![Found { finding, ..Found::default() }]);
        }
    }

    /// Whether a line of the user's file sets one of the keys.
    fn sets(&self, path: &std::path::Path, keys: &[&str]) -> bool {
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        let read = open::open_within(self.roots, path).and_then(|mut file| file.read_up_to(&mut bytes, MOST));
        let line_sets = |line: &[u8]| {
            let key = line.split(|byte| *byte == b'=').next().unwrap_or(line).trim_ascii();
            keys.iter().any(|wanted| key == wanted.as_bytes())
        };
        read.is_ok() && bytes.split(|byte| *byte == b'\n').any(line_sets)
    }
}
