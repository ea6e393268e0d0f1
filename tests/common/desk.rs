//! A desk: a fresh home in which real programs write their own files, and the secrets they were given.

use super::audit;
use caulk::host::Os;
use caulk::model::{Category, Finding, Region, ScanReport, Severity};
use caulk::rules::template;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A home, and what was planted in it.
pub struct Desk {
    dir: TempDir,
    planted: Vec<Planted>,
}

/// A secret as it is written in a file.
struct Planted {
    path: String,
    written: Vec<u8>,
    rule: &'static str,
}

impl Desk {
    pub fn new() -> Self {
        Self { dir: TempDir::new().unwrap(), planted: Vec::new() }
    }

    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.home().join(relative)
    }

    pub fn text(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    pub fn folder(&self, relative: &str) -> PathBuf {
        let folder = self.path(relative);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// `program`, at home here, with nothing of the caller's environment but the `PATH`.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.home()).stdin(Stdio::null());
        command.env("HOME", self.home()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("LANG", "C.UTF-8").env("GIT_CONFIG_NOSYSTEM", "1").env("npm_config_update_notifier", "false");
        command
    }

    /// Runs `program`; a failure is the test's.
    pub fn run(&self, program: &str, arguments: &[&str]) {
        self.run_in("", program, arguments);
    }

    /// The same in a folder below the home.
    pub fn run_in(&self, folder: &str, program: &str, arguments: &[&str]) {
        let output = self.command(program).current_dir(self.path(folder)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a command with `input` on its standard input; gives whether it succeeded.
    pub fn feed(&self, command: &mut Command, input: &str) -> bool {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // A program that fails early closes the pipe; its status says so.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait().unwrap().success()
    }

    /// `text` is written in the file `relative`, and `rule` must find it there.
    pub fn expect(&mut self, relative: &str, text: impl AsRef<[u8]>, rule: &'static str) {
        self.planted.push(Planted { path: relative.into(), written: text.as_ref().to_vec(), rule });
    }

    /// Audits the home and holds the report against what was planted: each at its file, line and
    /// column, none twice, and nothing else above `info`.
    pub fn check(&self) -> ScanReport {
        let report = audit(Os::HERE, self.home());
        assert!(report.errors.is_empty(), "{:?}", report.errors);
        let root = self.home().canonicalize().unwrap();
        none_twice(&report);
        let mut found = vec![false; report.findings.len()];
        for planted in &self.planted {
            let path = root.join(&planted.path);
            let region = region_of(&fs::read(&path).unwrap(), &planted.written, &planted.path);
            let hits: Vec<usize> = (0..found.len())
                .filter(|i| {
                    let finding = &report.findings[*i];
                    finding.category == Category::Credential
                        && finding.location.path.as_found() == path.to_str().unwrap()
                        && finding.location.region == Some(region)
                })
                .collect();
            let all = || lines(&report);
            assert_eq!(hits.len(), 1, "{} at {region:?} in\n{}", planted.path, all());
            assert_eq!(report.findings[hits[0]].rule, planted.rule, "{} at {region:?}", planted.path);
            found[hits[0]] = true;
        }
        let more: Vec<_> =
            report.findings.iter().zip(&found).filter(|(f, found)| !**found && f.severity > Severity::Info).collect();
        assert!(more.is_empty(), "not planted: {}", more.iter().map(|(f, _)| line(f)).collect::<String>());
        report
    }
}

/// Whether a program is there; if not, the test says so and is left out.
pub fn optional(program: &str) -> bool {
    // A shim may stand on the path without the program behind it.
    let works = on_path(program)
        && Desk::new().command(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !works {
        skipped(&format!("no working {program} on this machine"));
    }
    works
}

/// Says why a test does nothing, past the harness's capture.
pub fn skipped(why: &str) {
    let mut stderr = std::io::stderr();
    let _ = writeln!(stderr, "skipped: {why}");
}

/// `.ci/test` installs these, so a test without them fails.
pub fn required(program: &str) {
    assert!(on_path(program), "{program} is missing; .ci/test installs it");
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A value made from a template, different for every seed.
pub fn make(template: &str, seed: &str) -> String {
    String::from_utf8(template::expand(template, seed)).unwrap()
}

/// No two findings are of one secret at one place.
pub fn none_twice(report: &ScanReport) {
    for (i, a) in report.findings.iter().enumerate() {
        for b in &report.findings[i + 1..] {
            let (at, bt) = (&a.location, &b.location);
            if at.path != bt.path || a.secret.is_none() || b.secret.is_none() {
                continue;
            }
            if let (Some(ra), Some(rb)) = (at.region, bt.region) {
                let apart = (ra.end_line, ra.end_column) <= (rb.line, rb.column)
                    || (rb.end_line, rb.end_column) <= (ra.line, ra.column);
                assert!(apart, "overlap:\n{}{}", line(a), line(b));
            }
            let fingerprint = |f: &Finding| f.secret.as_ref().map(|s| s.fingerprint.clone());
            let same = fingerprint(a) == fingerprint(b) && at.field == bt.field && at.container == bt.container;
            assert!(!same || at.region != bt.region, "twice:\n{}{}", line(a), line(b));
        }
    }
}

/// Where `written` stands in `text`, counted here and not by the program.
fn region_of(text: &[u8], written: &[u8], path: &str) -> Region {
    let starts: Vec<usize> = (0..text.len()).filter(|at| text[*at..].starts_with(written)).collect();
    assert_eq!(starts.len(), 1, "{path} holds the secret once, as the client writes it");
    let position = |at: usize| {
        let before = &text[..at];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let ahead = &before[before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)..];
        let characters = String::from_utf8_lossy(ahead).chars().count();
        (line as u32, ahead.len() as u32 + 1, characters as u32 + 1)
    };
    let (line, column, character) = position(starts[0]);
    let (end_line, end_column, end_character) = position(starts[0] + written.len());
    Region { line, column, end_line, end_column, character, end_character }
}

fn line(finding: &Finding) -> String {
    let location = &finding.location;
    format!(
        "{} {} {} {:?} {:?} {:?}\n",
        finding.severity, finding.rule, location.path, location.region, location.field, location.container
    )
}

pub fn lines(report: &ScanReport) -> String {
    report.findings.iter().map(line).collect()
}
