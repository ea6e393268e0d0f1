//! Ids name findings: they outlive edits, rotated values, copies and threads, and reports are the same each time.

use crate::common::desk::make;
use crate::common::{self, program};
use caulk::host::{Host, Os};
use caulk::model::{FindingId, ScanReport};
use caulk::scan::Scope;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A home with findings of every kind; `seed` makes the values.
fn lay(home: &Path, seed: &str) {
    let put = |path: &str, text: String| {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let value = |name: &str, template: &str| make(template, &format!("{seed} {name}"));
    put(
        ".npmrc",
        format!(
            "//npm.example.com/:_authToken={}\n//two.example.com/:_authToken={}\n",
            value("npm", "<an:36>"),
            value("npm two", "npm_<(><an:30><crc62>")
        ),
    );
    put(".aws/credentials", {
        let profile = |name: &str| {
            let (id, secret) = (value(&format!("{name} id"), "AKIA<b32:16>"), value(name, "<b64:40>"));
            format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
        };
        profile("default") + &profile("work")
    });
    put(
        ".bash_history",
        format!("export API_TOKEN={}\ncurl -u ada:{} https://x\n", value("h", "<an:32>"), value("c", "<an:14>")),
    );
    put("src/shop/package.json", "{\"name\": \"shop\"}\n".into());
    put("src/shop/.env", format!("API_TOKEN={}\n", value("env", "<an:32>")));
    put("src/shop/notes.txt", format!("use {} for now\n", value("notes", "ghp_<(><an:30><crc62>")));
    let server = format!(
        "{{\"mcpServers\": {{\"git\": {{\"command\": \"npx\", \"args\": [\"-y\", \"some-server\"], \
         \"env\": {{\"GIT_TOKEN\": \"{}\"}}}}}}}}\n",
        value("mcp", "<an:40>")
    );
    put(".cursor/mcp.json", server.clone());
    put("src/shop/.mcp.json", server);
    put(".ssh/id_old", value("key", "<pem:RSA PRIVATE KEY>"));
    let database = home.join(".config/Code/User/globalStorage/state.vscdb");
    fs::create_dir_all(database.parent().unwrap()).unwrap();
    let database = rusqlite::Connection::open(database).unwrap();
    database
        .execute_batch("CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);")
        .unwrap();
    let row = ("publisher.login", format!("{{\"token\": \"{}\"}}", value("row", "ghp_<(><an:30><crc62>")));
    database.execute("INSERT INTO ItemTable VALUES (?1, ?2)", row).unwrap();
}

fn audit(home: &Path) -> ScanReport {
    common::audit(Os::HERE, home)
}

fn ids(report: &ScanReport) -> BTreeSet<FindingId> {
    let ids: BTreeSet<_> = report.findings.iter().map(|f| f.id.clone()).collect();
    assert_eq!(ids.len(), report.findings.len(), "ids are unique");
    assert!(ids.len() > 12, "{}", common::desk::lines(report));
    ids
}

#[test]
fn ten_runs_and_any_number_of_threads() {
    let home = TempDir::new().unwrap();
    lay(home.path(), "a");
    let first = audit(home.path());
    for run in 0..10 {
        let mut request = common::request(Scope::Audit);
        request.jobs = Some([1, 2, 8][run % 3]);
        let report = common::scan(&Host::fake(Os::HERE, home.path(), &[]), &request);
        assert_eq!(report.findings, first.findings, "in the same order, with the same ids");
        assert_eq!(report.coverage, first.coverage);
    }
}

/// Lines above a secret, and a rotated value in its place, leave its name alone.
#[test]
fn edits_and_rotations() {
    let home = TempDir::new().unwrap();
    lay(home.path(), "a");
    let before = audit(home.path());
    for file in [".npmrc", ".aws/credentials", ".bash_history", "src/shop/.env", "src/shop/notes.txt", ".ssh/id_old"] {
        let path = home.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("\n# a line\n{text}\n# the end\n")).unwrap();
    }
    let edited = audit(home.path());
    assert_eq!(ids(&before), ids(&edited));
    let by_id = |report: &ScanReport| -> BTreeMap<FindingId, _> {
        report.findings.iter().map(|f| (f.id.clone(), (f.rule.clone(), f.location.clone(), f.secret.clone()))).collect()
    };
    let (was, is) = (by_id(&before), by_id(&edited));
    let moved = was.iter().filter(|(id, (_, location, _))| is[*id].1.region != location.region).count();
    assert!(moved >= 8, "the edits moved {moved} findings");
    for (id, (rule, location, secret)) in &was {
        assert_eq!((rule, &location.path, &location.field), (&is[id].0, &is[id].1.path, &is[id].1.field));
        assert_eq!(secret, &is[id].2, "the same name is the same secret");
    }

    // New values in the old places.
    lay(home.path(), "b");
    let rotated = audit(home.path());
    assert_eq!(ids(&before), ids(&rotated));
    let now = by_id(&rotated);
    for (id, (.., secret)) in was.iter().filter(|(_, (.., secret))| secret.is_some()) {
        let fingerprint = |secret: &Option<caulk::model::SecretFacts>| secret.as_ref().map(|s| s.fingerprint.clone());
        assert_ne!(fingerprint(secret), fingerprint(&now[id].2), "{id} is of another value now");
    }
}

/// A copy elsewhere, audited with `--home`, has the names of the original; touched files do too.
#[test]
fn copies_and_touched_files() {
    let (home, copy) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lay(home.path(), "a");
    lay(&copy.path().join("backup/ada"), "a");
    let original = audit(home.path());
    let request = common::request(Scope::Homes(vec![copy.path().join("backup/ada")]));
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    assert_eq!(ids(&original), ids(&common::scan(&host, &request)));
    let later = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    for entry in walkdir::WalkDir::new(home.path()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            fs::File::options().append(true).open(entry.path()).unwrap().set_modified(later).unwrap();
        }
    }
    let timeless = |mut report: ScanReport| {
        for exposure in report.findings.iter_mut().filter_map(|finding| finding.exposure.as_mut()) {
            exposure.modified_at = None;
        }
        report.findings
    };
    let touched = audit(home.path());
    assert_eq!(timeless(original), timeless(touched));
}

/// Two homes in one run: equal files get different names, which do not depend on the order asked for.
#[test]
fn two_homes_in_one_run() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lay(a.path(), "a");
    lay(b.path(), "b");
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    let both = |homes: [&Path; 2]| {
        let homes = homes.iter().map(|home| home.to_path_buf()).collect();
        common::scan(&host, &common::request(Scope::Homes(homes)))
    };
    let (one, other) = (both([a.path(), b.path()]), both([b.path(), a.path()]));
    assert_eq!(one.findings, other.findings);
    assert_eq!(ids(&one).len(), 2 * ids(&audit(a.path())).len());
}

/// What differs between two homes has different names: another rule, field, file.
#[test]
fn different_findings_differ() {
    let (a, b) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let files = [(".npmrc", "//npm.example.com/:_authToken="), (".env", "API_TOKEN="), ("w/.env", "API_TOKEN=")];
    for (file, text) in files {
        let path = a.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}{}\n", make("<an:36>", ""))).unwrap();
    }
    let files = [(".npmrc", "//other.example.com/:_authToken="), (".env", "API_SECRET="), ("v/.env", "API_TOKEN=")];
    for (file, text) in files {
        let path = b.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{text}{}\n", make("<an:36>", ""))).unwrap();
    }
    let ids = |home: &Path| -> BTreeSet<FindingId> { audit(home).findings.into_iter().map(|f| f.id).collect() };
    let (a, b) = (ids(a.path()), ids(b.path()));
    assert_eq!((a.len(), b.len()), (3, 3));
    assert!(a.is_disjoint(&b));
}

/// The program's JSON report, but for its times, is the same bytes for every number of threads.
#[test]
fn json_reports_are_the_same_bytes() {
    let (home, caller) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    lay(home.path(), "a");
    let report = |jobs: &str| {
        let arguments = ["scan", "--format", "json", "--exit-zero", "--jobs", jobs, "--home"];
        let output = program::caulk(caller.path()).args(arguments).arg(home.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (started, duration) = (member(&text, "\"started_at\":"), member(&text, "\"duration_ms\":"));
        let mut rest = text.clone();
        for range in [duration, started] {
            rest.replace_range(range, "");
        }
        assert!(rest.len() + 64 > text.len() && rest.contains("\"findings\""));
        rest
    };
    let first = report("1");
    for jobs in ["1", "2", "8", "2", "8"] {
        assert!(report(jobs) == first, "--jobs {jobs}");
    }
}

/// Where a member stands in a JSON text, up to the comma behind it.
fn member(text: &str, name: &str) -> std::ops::Range<usize> {
    let start = text.find(name).unwrap();
    start..start + text[start..].find([',', '}']).unwrap()
}
