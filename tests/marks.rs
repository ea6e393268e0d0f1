//! Every thing that a known stealer leaves behind: a harmless stand-in is found, what only looks like it is not.
//!
//! The rule data carries its own examples, so a new mark is in this table by being written. A digest cannot have a
//! harmless stand-in: there the campaign is loaded with digests of harmless bytes instead.

use crate::common::{self, request};
use caulk::detect::Detector;
use caulk::host::{Host, Os};
use caulk::model::{Category, Confidence, Finding, ScanReport, Severity};
use caulk::rules::RulePack;
use caulk::rules::rule::Artifact;
use caulk::scan::{self, Progress, ScanRequest, Scanner, Scope};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What the stand-in of a digest says.
const HARMLESS: &str = "nothing but a stand-in\n";

/// A made-up machine: a home, and a root of its own for what is the system's.
struct Machine {
    dir: TempDir,
    os: Os,
}

impl Machine {
    fn new(os: Os) -> Self {
        let machine = Self { dir: TempDir::new().unwrap(), os };
        fs::create_dir_all(machine.home()).unwrap();
        fs::create_dir_all(machine.system()).unwrap();
        machine
    }

    fn home(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("ada")
    }

    fn system(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("root")
    }

    fn host(&self) -> Host {
        let tmp = self.system().join("private-tmp");
        Host::fake(self.os, &self.home(), &[("TMPDIR", tmp.to_str().unwrap())]).with_system(&self.system())
    }

    /// Where an artefact lies here; `below` is the folder of a project for those that may lie anywhere.
    fn place(&self, artifact: &Artifact, below: &str) -> PathBuf {
        let plain = |text: &str| text.replace('*', "x1");
        match artifact.anywhere.first() {
            Some(end) => self.home().join(below).join(plain(end)),
            None => {
                let found = caulk::rules::roots::expand(&artifact.path, &self.host(), &self.home(), true);
                PathBuf::from(plain(found[0].to_str().unwrap()))
            }
        }
    }

    fn audit(&self, pack: &RulePack) -> ScanReport {
        scan_with(pack, &self.host(), &request(Scope::Audit))
    }
}

fn scan_with(pack: &RulePack, host: &Host, request: &ScanRequest) -> ScanReport {
    let keys = common::keys();
    let detector = Detector::new(pack, &keys, request.limits, host.now);
    let progress = Progress::default();
    let scanner =
        Scanner { host, pack, detector: &detector, request, progress: &progress, environments: &[], commands: &[] };
    scan::run(&scanner, None)
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn signs(report: &ScanReport) -> Vec<&Finding> {
    report.findings.iter().filter(|finding| finding.category == Category::Compromise).collect()
}

/// Those of one file: its companions may be marks themselves.
fn signs_at<'r>(report: &'r ScanReport, path: &Path) -> Vec<&'r Finding> {
    let mut found = signs(report);
    found.retain(|finding| finding.location.path.as_found() == path.to_str().unwrap());
    found
}

/// Lays the stand-in of an artefact at `path`, and what must lie beside it.
fn stand(artifact: &Artifact, path: &Path) {
    write(path, &stand_in(artifact));
    if let Some(beside) = artifact.beside.first() {
        write(&path.parent().unwrap().join(&**beside), "");
    }
}

fn harmless_digest() -> String {
    Sha256::digest(HARMLESS).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The built-in campaigns, each as a pack of its own whose digests are those of harmless bytes.
fn campaigns() -> Vec<(String, RulePack)> {
    let builtin = RulePack::builtin();
    let texts = builtin.sources().filter(|(name, _)| name.starts_with("campaigns/"));
    let packs = texts.map(|(name, text)| {
        let mut text = text.to_owned();
        for digest in builtin.campaigns().flat_map(|c| c.artifacts.iter()).flat_map(|a| a.sha256.iter()) {
            text = text.replace(&**digest, &harmless_digest());
        }
        let mut pack = RulePack::empty();
        pack.add_file(name, &text).unwrap();
        (name.to_owned(), pack)
    });
    packs.collect()
}

/// What a stand-in says. Written with `<>` inside so that no file of the repository says it.
fn stand_in(artifact: &Artifact) -> String {
    if artifact.stand_in.is_empty() { HARMLESS.to_owned() } else { artifact.stand_in.replace("<>", "") }
}

fn os_of(artifact: &Artifact) -> Os {
    let path = &artifact.path;
    if path.contains("ProgramData") || path.contains("appdata") {
        Os::Windows
    } else if path.contains("/Library/") {
        Os::Macos
    } else {
        Os::Linux
    }
}

#[test]
fn a_stand_in_of_every_mark_is_found_and_every_lookalike_is_silent() {
    let (mut stood, mut looked) = (0, 0);
    for (name, pack) in campaigns() {
        let campaign = pack.campaigns().next().unwrap();
        for artifact in campaign.artifacts.iter() {
            let says = format!("{name}: {}{:?}", artifact.path, artifact.anywhere);
            let deep = if artifact.anywhere.is_empty() { &["app"][..] } else { &["app", "w/x/y/z/deep/app"] };
            for below in deep {
                let machine = Machine::new(os_of(artifact));
                let path = machine.place(artifact, below);
                stand(artifact, &path);
                let report = machine.audit(&pack);
                let found = signs_at(&report, &path);
                assert_eq!(found.len(), 1, "{says}: {found:?}");
                assert_eq!((&*found[0].rule, found[0].severity), (&*campaign.id, Severity::Critical), "{says}");
                assert!(found[0].confidence >= Confidence::Medium && found[0].evidence.is_some(), "{says}");
                assert_eq!(report.watcher, artifact.watcher, "{says}");
                stood += 1;
            }
            for like in artifact.lookalikes.iter() {
                let machine = Machine::new(os_of(artifact));
                let place = machine.place(artifact, "app");
                let path = if like.path.is_empty() { place } else { machine.home().join(&*like.path) };
                write(&path, &like.text.replace("<>", ""));
                let report = machine.audit(&pack);
                assert!(signs(&report).is_empty(), "{says}: {:?}", signs(&report));
                // The same where a tree is scanned as one, pruned folders and all.
                let report = scan_with(&pack, &machine.host(), &request(Scope::Paths(vec![machine.home()])));
                assert!(signs(&report).is_empty(), "{says}: {:?}", signs(&report));
                looked += 1;
            }
        }
    }
    assert!(stood >= 90 && looked >= 80, "{stood} stand-ins, {looked} lookalikes");
}

#[test]
fn marks_below_a_home_and_marks_anywhere_are_found_in_a_named_tree_too() {
    for (name, pack) in campaigns() {
        let campaign = pack.campaigns().next().unwrap();
        for artifact in campaign.artifacts.iter() {
            let of_home = artifact.path.starts_with('{');
            if artifact.anywhere.is_empty() && !of_home || artifact.path.ends_with(".truffler-cache") {
                continue;
            }
            let machine = Machine::new(os_of(artifact));
            let path = machine.place(artifact, "node_modules/a/b");
            stand(artifact, &path);
            // A backup of that home.
            let backup = machine.system().join("backup");
            fs::rename(machine.home(), &backup).unwrap();
            let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
            let file = backup.join(path.strip_prefix(machine.home()).unwrap());
            let report = scan_with(&pack, &host, &request(Scope::Paths(vec![backup.clone()])));
            assert_eq!(signs_at(&report, &file).len(), 1, "{name}: {}{:?}", artifact.path, artifact.anywhere);
            assert_eq!(report.watcher, artifact.watcher, "{name}");
            // The file alone.
            let report = scan_with(&pack, &host, &request(Scope::Paths(vec![file])));
            assert_eq!(signs(&report).len(), 1, "{name}: {}{:?} alone", artifact.path, artifact.anywhere);
        }
    }
}

#[test]
fn a_digest_is_of_all_the_bytes_and_surer_than_a_name() {
    let pack = RulePack::builtin();
    let digests: Vec<_> = pack.campaigns().flat_map(|c| c.artifacts.iter()).flat_map(|a| a.sha256.iter()).collect();
    assert!(digests.len() >= 20);
    for digest in digests {
        assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    }
    let (_, pack) = campaigns().into_iter().find(|(name, _)| name.ends_with("shai-hulud-2.toml")).unwrap();
    let machine = Machine::new(Os::Linux);
    let file = machine.home().join("a/b/c/d/e/f/bun_environment.js");
    write(&file, HARMLESS);
    let report = machine.audit(&pack);
    assert_eq!(signs(&report)[0].confidence, Confidence::High);
    write(&file, &format!("{HARMLESS} "));
    assert!(signs(&machine.audit(&pack)).is_empty());
    // An installed package is looked at where that folder is named, and pruned in an audit.
    fs::remove_file(&file).unwrap();
    write(&machine.home().join("app/node_modules/x/bun_environment.js"), HARMLESS);
    assert!(signs(&machine.audit(&pack)).is_empty());
}

#[test]
fn one_file_is_one_finding_of_a_campaign_with_all_reasons() {
    let (_, pack) = campaigns().into_iter().find(|(name, _)| name.ends_with("shai-hulud-2.toml")).unwrap();
    let machine = Machine::new(Os::Linux);
    write(&machine.home().join("app/setup_bun.js"), HARMLESS);
    write(&machine.home().join("app/bun_environment.js"), "other bytes");
    let report = machine.audit(&pack);
    let found = signs(&report);
    assert_eq!(found.len(), 1, "{found:?}");
    let why = &found[0].evidence.as_ref().unwrap().why;
    assert_eq!(found[0].confidence, Confidence::High);
    assert!(
        why.iter().any(|why| why.contains("SHA-256")) && why.iter().any(|why| why.contains("beside it")),
        "{why:?}"
    );
}

#[test]
fn a_service_that_lingers_says_so() {
    let pack = RulePack::builtin();
    let machine = Machine::new(Os::Linux);
    write(&machine.home().join(".config/systemd/user/gh-token-monitor.service"), "[Service]\n");
    let lingers = |report: &ScanReport| {
        let why = &signs(report)[0].evidence.as_ref().unwrap().why;
        why.iter().any(|why| why.contains("linger"))
    };
    assert!(!lingers(&machine.audit(&pack)));
    write(&machine.system().join("var/lib/systemd/linger/ada"), "");
    assert!(lingers(&machine.audit(&pack)));
    let response = &pack.campaigns().find(|campaign| campaign.id == "mini-shai-hulud").unwrap().response;
    assert!(response.iter().any(|step| step.contains("disable-linger")));
    assert!(response.iter().any(|step| step.contains("chattr -i") && step.contains("chflags")));
}

#[test]
fn a_campaign_can_be_left_out_and_a_watcher_cannot() {
    let machine = Machine::new(Os::Linux);
    write(&machine.home().join(".config/gh-token-monitor/handler"), "x");
    write(&machine.home().join(".bashrc"), &"sudo shut<>down -h 0\n".replace("<>", ""));
    let rules = |skip: &[&str]| {
        let mut pack = RulePack::builtin();
        pack.restrict(&[], &skip.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        let report = machine.audit(&pack);
        assert!(report.watcher);
        signs(&report).iter().map(|finding| finding.rule.clone()).collect::<Vec<_>>()
    };
    assert_eq!(rules(&[]), ["s1ngularity", "mini-shai-hulud"]);
    assert_eq!(rules(&["s1ngularity", "mini-*"]), ["mini-shai-hulud"]);
}

#[test]
fn the_line_that_tells_is_shown() {
    let machine = Machine::new(Os::Linux);
    write(&machine.home().join(".bashrc"), &"alias a=b\nsudo shut<>down -h 0\n".replace("<>", ""));
    let report = machine.audit(&RulePack::builtin());
    let region = signs(&report)[0].location.region.unwrap();
    assert_eq!((region.line, region.column), (2, 1));
}

#[test]
fn a_files_link_and_a_hostile_file_are_no_trouble() {
    let pack = RulePack::builtin();
    let machine = Machine::new(Os::Linux);
    // Settings that are a link into a folder of dotfiles are read there.
    write(&machine.home().join("dotfiles/bashrc"), &"sudo shut<>down -h 0\n".replace("<>", ""));
    #[cfg(unix)]
    std::os::unix::fs::symlink(machine.home().join("dotfiles/bashrc"), machine.home().join(".bashrc")).unwrap();
    #[cfg(unix)]
    assert_eq!(signs(&machine.audit(&pack)).len(), 1);
    for (path, text) in [
        (".claude/settings.json", "[".repeat(100_000)),
        (".vscode/tasks.json", "{\"tasks\":".repeat(50_000)),
        ("app/package.json", "\u{0}".repeat(1000)),
        ("app/.git/config", "[remote \"".repeat(10_000)),
    ] {
        write(&machine.home().join(path), &text);
    }
    assert!(signs(&machine.audit(&pack)).len() <= 1);
}

#[test]
fn this_repository_is_silent() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    let folders = ["rules", "src", "tests", "benches", "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    let mut request = request(Scope::Paths(folders.iter().map(|folder| root.join(folder)).collect()));
    // Made-up homes of the tests; the project's own ignore file leaves them out.
    request.exclude = vec!["homes/**".to_owned()];
    let report = scan_with(&RulePack::builtin(), &host, &request);
    let loud: Vec<_> = report.findings.iter().filter(|finding| finding.severity >= Severity::Medium).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[test]
fn a_users_file_of_a_campaign_is_held_to_the_same_rules() {
    let file = |artifact: &str| {
        format!(
            "schema = 1\nid = \"acme\"\ntitle = \"Acme\"\ndate = \"2026-01-01\"\nreferences = [\"https://example.com\"]\n\n\
             [[artifact]]\n{artifact}\n"
        )
    };
    let add = |artifact: &str| RulePack::builtin().add_file("acme.toml", &file(artifact)).map_err(|e| e.to_string());
    let good =
        "anywhere = [\"a.js\"]\nlines = ['^x$']\nwhat = \"w\"\nstand_in = \"x\"\nlookalikes = [{ text = \"y\" }]";
    assert_eq!(add(good), Ok(()));
    for (from, to, says) in [
        ("lines = ['^x$']\n", "", "a name alone"),
        ("lines = ['^x$']", "lines = ['(']", "does not compile"),
        ("lines = ['^x$']", "sha256 = [\"AB\"]", "64 hex digits"),
        ("anywhere = [\"a.js\"]", "path = \"{home}/*/a.js\"", "last part"),
        ("anywhere = [\"a.js\"]\n", "", "either"),
        ("lookalikes = [{ text = \"y\" }]", "", "lookalikes"),
        ("what = \"w\"", "what = \"w\"\nformat = \"docx\"", "format"),
    ] {
        let error = add(&good.replace(from, to)).unwrap_err();
        assert!(error.contains(says), "{says}: {error}");
    }
    let taken = file(good).replace("\"acme\"", "\"shai-hulud\"");
    assert!(RulePack::builtin().add_file("x", &taken).unwrap_err().to_string().contains("taken"));
}
