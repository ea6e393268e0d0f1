//! What a report says about a secret's surroundings: who else has the file, and since when it lies there.

use crate::common::{self, request};
use caulk::host::{Host, Os};
use caulk::model::{Finding, GitState, ScanReport};
use caulk::rules::template;
use caulk::scan::Scope;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const TOKEN: &str = "ghp_<(><an:30><crc62>";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, template::expand(text, &path.to_string_lossy())).unwrap();
}

fn finding<'r>(report: &'r ScanReport, end: &str) -> &'r Finding {
    report
        .findings
        .iter()
        .find(|f| f.location.path.as_found().ends_with(end))
        .unwrap_or_else(|| panic!("nothing found in {end}: {:?}", report.findings))
}

fn synced_by(report: &ScanReport, end: &str) -> Option<String> {
    finding(report, end).exposure.clone().unwrap().synced_by
}

#[test]
fn a_synced_folder_is_told_by_its_name_or_its_marks() {
    let home = TempDir::new().unwrap();
    let token = format!("token = {TOKEN}\n");
    for folder in ["Dropbox/notes", "OneDrive - Acme/notes", "Sync/notes", "dropbox-api", "plain"] {
        write(&home.path().join(folder).join(".env"), &token);
    }
    write(&home.path().join("Sync/.stfolder/x"), "");
    // A file in the home that such a program leaves there makes no sync folder of all of it.
    write(&home.path().join(".dropbox/info.json"), "{}");
    let report = common::audit(Os::Linux, home.path());
    assert_eq!(synced_by(&report, "Dropbox/notes/.env").as_deref(), Some("Dropbox"));
    assert_eq!(synced_by(&report, "OneDrive - Acme/notes/.env").as_deref(), Some("OneDrive"));
    assert_eq!(synced_by(&report, "Sync/notes/.env").as_deref(), Some("Syncthing"));
    assert_eq!(synced_by(&report, "dropbox-api/.env"), None);
    assert_eq!(synced_by(&report, "plain/.env"), None);
}

#[test]
fn cloud_folders_of_macos_are_known() {
    let home = TempDir::new().unwrap();
    let token = format!("token = {TOKEN}\n");
    write(&home.path().join("Library/CloudStorage/GoogleDrive-ada@example.com/My Drive/.env"), &token);
    write(&home.path().join("Library/Mobile Documents/com~apple~CloudDocs/app/.env"), &token);
    let host = Host::fake(Os::Macos, home.path(), &[]);
    let report = common::scan(&host, &request(Scope::Paths(vec![home.path().to_owned()])));
    assert_eq!(synced_by(&report, "My Drive/.env").as_deref(), Some("Google Drive"));
    assert_eq!(synced_by(&report, "com~apple~CloudDocs/app/.env").as_deref(), Some("iCloud"));
}

#[test]
fn git_tracks_leaves_or_ignores_a_file() {
    let home = TempDir::new().unwrap();
    let app = home.path().join("app");
    let token = format!("token = {TOKEN}\n");
    for name in ["tracked.env", "left.env", "keep/ignored.env", "out/deep/below.env", "kept.env"] {
        write(&app.join(name), &token);
    }
    write(&app.join(".gitignore"), "kept.env\nout/\n");
    write(&app.join("keep/.gitignore"), "*.env\n");
    let git = |args: &[&str]| {
        let status = Command::new("git").arg("-C").arg(&app).args(args).env("HOME", home.path()).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "tracked.env"]);
    git(&["add", "-f", "kept.env"]);
    let report = common::audit(Os::Linux, home.path());
    let state = |end: &str| finding(&report, end).exposure.as_ref().unwrap().git;
    assert_eq!(state("tracked.env"), Some(GitState::Tracked));
    assert_eq!(state("kept.env"), Some(GitState::Tracked), "what is tracked is tracked, whatever the ignore file says");
    assert_eq!(state("left.env"), Some(GitState::Untracked));
    assert_eq!(state("ignored.env"), Some(GitState::Ignored));
    assert_eq!(state("below.env"), Some(GitState::Ignored));
}

#[test]
fn the_time_of_the_last_change_is_told() {
    let home = TempDir::new().unwrap();
    let file = home.path().join(".env");
    write(&file, &format!("token = {TOKEN}\n"));
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    fs::File::options().write(true).open(&file).unwrap().set_modified(then).unwrap();
    let report = common::audit(Os::Linux, home.path());
    let exposure = finding(&report, ".env").exposure.clone().unwrap();
    assert_eq!(exposure.modified_at.as_deref(), Some("2023-11-14T22:13:20Z"));
}

/// One secret in the forms that tools write it in.
#[test]
fn the_same_secret_is_the_same_in_every_form() {
    let home = TempDir::new().unwrap();
    let secret = String::from_utf8(template::expand("<an:20>/+<an:12>", "form")).unwrap();
    let percent = secret.replace('/', "%2F").replace('+', "%2B");
    let base64 = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    write(&home.path().join(".git-credentials"), &format!("https://ada:{percent}@git.example.com\n"));
    write(
        &home.path().join(".npmrc"),
        &format!("//npm.example.com/:username=ada\n//npm.example.com/:_password={}\n", base64(&secret)),
    );
    let docker =
        format!("{{\"auths\": {{\"registry.example.com\": {{\"auth\": \"{}\"}}}}}}", base64(&format!("ada:{secret}")));
    write(&home.path().join(".docker/config.json"), &docker);
    write(&home.path().join("app/.env"), &format!("DB_PASSWORD='{secret}'\n"));
    let report = common::audit(Os::Linux, home.path());
    let fingerprints: Vec<_> = [".git-credentials", ".npmrc", "config.json", ".env"]
        .iter()
        .map(|end| finding(&report, end).secret.as_ref().unwrap().fingerprint.as_str().to_owned())
        .collect();
    assert!(fingerprints.windows(2).all(|pair| pair[0] == pair[1]), "{fingerprints:?}");
    assert_eq!(finding(&report, ".env").same_secret_count, 3);
}

#[test]
fn the_summary_names_the_stealers_by_title() {
    let home = TempDir::new().unwrap();
    write(&home.path().join(".npmrc"), "//npm.example.com/:_authToken=npm_<(><an:30><crc62>\n");
    let report = common::audit(Os::Linux, home.path());
    assert_eq!(report.campaigns.get("shai-hulud-2").map(String::as_str), Some("Shai-Hulud 2"));
    assert!(report.summary.harvestable_by["shai-hulud-2"] >= 1);
}

/// The bytes of a path would tell in base64 what its text hides.
#[cfg(unix)]
#[test]
fn a_token_in_a_path_that_is_not_utf8_is_nowhere_in_the_report() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let home = TempDir::new().unwrap();
    let token = template::expand(TOKEN, "path");
    for name in [[b"a\xff-", &token[..], b".env"].concat(), b"b\xff.env".to_vec()] {
        fs::write(home.path().join(OsStr::from_bytes(&name)), [b"TOKEN=", &token[..], b"\n"].concat()).unwrap();
    }
    let report = common::audit(Os::Linux, home.path());
    let kept: Vec<_> = report.findings.iter().filter_map(|f| f.location.path_bytes.as_ref()).collect();
    assert_eq!((report.findings.len(), kept.len()), (2, 1), "the bytes of the harmless one are told");
    assert!(kept[0].ends_with(b"b\xff.env"));
    let mut json = Vec::new();
    caulk::output::write(caulk::output::Format::Json, &report, &caulk::output::RenderOptions::default(), &mut json)
        .unwrap();
    let text = String::from_utf8(json).unwrap();
    assert!(!text.contains(std::str::from_utf8(&token).unwrap()));
    let words = text.split('"').filter_map(|word| data_encoding::BASE64.decode(word.as_bytes()).ok());
    assert!(words.into_iter().all(|bytes| !bytes.windows(token.len()).any(|window| window == token)));
}

/// Services for a job or a developer: a password that is the user's name again, a short one of a workflow and one of
/// a container that a job starts are low.
#[test]
fn passwords_of_services_that_are_thrown_away_are_low() {
    let home = TempDir::new().unwrap();
    let compose = |password: &str| {
        format!(
            "services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_USER: \"zabbix\"\n      POSTGRES_PASSWORD: \"{password}\"\n"
        )
    };
    let job = |password: &str| {
        format!(
            "on: push\njobs:\n  test:\n    runs-on: x\n    services:\n      db:\n        env:\n          SA_PASSWORD: {password}\n"
        )
    };
    let long = "kV9xQ2mT7wL4zR8bN3cJ6hY5";
    let step = |runner: &str, address: &str| {
        format!(
            "on: push\njobs:\n  test:\n    runs-on: {runner}\n    steps:\n      - run: vault list\n        env:\n          VAULT_TOKEN: {long}\n          VAULT_ADDR: {address}\n"
        )
    };
    for (name, text) in [
        ("e/.github/workflows/test.yml", step("ubuntu-latest", "http://vault:8200")),
        ("f/.github/workflows/test.yml", step("ubuntu-latest", "https://vault.corp.example:8200")),
        ("g/.github/workflows/test.yml", step("self-hosted", "http://vault:8200")),
        ("a/docker-compose.yml", compose("zabbix")),
        ("b/docker-compose.yml", compose("kV9xQ2mT7w")),
        ("c/.github/workflows/test.yml", job("L0wlydb4")),
        ("d/.github/workflows/test.yml", job(long)),
    ] {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let report = common::scan_paths(&[home.path()]);
    let severity = |folder: &str| {
        let found = report.findings.iter().find(|f| f.location.path.as_found().contains(&format!("/{folder}/")));
        found.map(|f| f.severity.as_str())
    };
    assert_eq!(severity("a"), Some("low"));
    assert_eq!(severity("b"), Some("high"));
    assert_eq!(severity("c"), Some("low"));
    assert_eq!(severity("d"), Some("high"));
    assert_eq!(severity("e"), Some("low"), "a container of the job");
    assert_eq!(severity("f"), Some("high"), "a machine that outlives the job");
    assert_eq!(severity("g"), Some("high"), "a runner in a network of its own");
}
