//! What the tests share: fake homes, a scan of one, the program with a scrubbed environment.

pub mod desk;
pub mod home;
pub mod program;
#[cfg(target_os = "linux")]
pub mod secret_service;

use caulk::detect::Detector;
use caulk::host::{Host, Os};
use caulk::model::{KeyRing, Limits, ScanReport};
use caulk::rules::RulePack;
use caulk::scan::{self, Progress, ScanPlan, ScanRequest, Scanner, Scope};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A request for `scope` with nothing else asked.
pub fn request(scope: Scope) -> ScanRequest {
    ScanRequest {
        scope,
        deep: false,
        no_env: true,
        exclude: Vec::new(),
        max_file_size: None,
        jobs: Some(2),
        limits: Limits::SHIPPED,
        list_started: false,
        list_components: false,
        approved: caulk::ledger::memory::Lock::new(),
    }
}

/// A key ring that is the same in every test.
pub fn keys() -> KeyRing {
    KeyRing::new(Zeroizing::new(vec![7; 32]))
}

/// Scans with the built-in pack.
pub fn scan(host: &Host, request: &ScanRequest) -> ScanReport {
    with_scanner(host, request, |scanner| scan::run(scanner, None))
}

/// Plans with the built-in pack.
pub fn plan(host: &Host, request: &ScanRequest) -> ScanPlan {
    with_scanner(host, request, scan::plan)
}

/// Hands a scanner with the built-in pack to `work`.
pub fn with_scanner<T>(host: &Host, request: &ScanRequest, work: impl FnOnce(&Scanner<'_>) -> T) -> T {
    let pack = RulePack::builtin();
    let keys = keys();
    let detector = Detector::new(&pack, &keys, request.limits, host.now);
    let progress = Progress::default();
    work(&Scanner {
        host,
        pack: &pack,
        detector: &detector,
        request,
        progress: &progress,
        environments: &[],
        commands: &[],
    })
}

/// Audits `home` as the home of the user of an `os` machine. What the machine under the test has in its own
/// `/etc`, and may not be read there, is not told.
pub fn audit(os: Os, home: &Path) -> ScanReport {
    let mut report = scan(&Host::fake(os, home, &[]), &request(Scope::Audit));
    let real = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    let inside = |path: &str| Path::new(path).starts_with(&real) || Path::new(path).starts_with(home);
    report.findings.retain(|finding| inside(finding.location.path.as_found()));
    report.errors.retain(|error| inside(error.path.as_found()));
    report.summarize();
    report
}

/// Scans named trees.
pub fn scan_paths(paths: &[&Path]) -> ScanReport {
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    scan(&host, &request(Scope::Paths(paths.iter().map(PathBuf::from).collect())))
}

/// A surface's pattern as a path below a home of that system, with a name for each wildcard; `None` for one that
/// a variable moves.
pub fn below_home(pattern: &str, os: Os) -> Option<String> {
    let apple = "Library/Application Support";
    let (config, data, state, cache) = match os {
        Os::Linux => (".config", ".local/share", ".local/state", ".cache"),
        Os::Macos => (apple, apple, apple, "Library/Caches"),
        Os::Windows => ("AppData/Roaming", "AppData/Roaming", "AppData/Local", "AppData/Local"),
    };
    (!pattern.starts_with('$')).then(|| {
        pattern
            .replace("{home}/", "")
            .replace("{config}", config)
            .replace("{data}", data)
            .replace("{state}", state)
            .replace("{cache}", cache)
            .replace("{appdata}", "AppData/Roaming")
            .replace("{localappdata}", "AppData/Local")
            .replace("/**/", "/a/b/")
            .replace("/**", "/a/b")
            .replace('*', "w1ld")
    })
}

/// Holds the part of a document between `<!-- name -->` and `<!-- /name -->` against what it should be; writes
/// it when `CAULK_BLESS` is set.
pub fn fresh_part(file: &str, name: &str, expected: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let from = text.find(&open).unwrap_or_else(|| panic!("{file} has no {open}")) + open.len();
    let to = from + text[from..].find(&close).unwrap();
    if std::env::var_os("CAULK_BLESS").is_some() {
        std::fs::write(&path, format!("{}{expected}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert!(text[from..to] == *expected, "{file} is stale: run it with CAULK_BLESS=1, and look at the change");
}
