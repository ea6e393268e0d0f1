//! SARIF against its schema, and what the schema does not say.

use super::*;
use crate::common::{self, home::Home};
use caulk::host::Os;
use serde_json::Value;

fn sarif(report: &ScanReport) -> Value {
    serde_json::from_str(&render(Format::Sarif, report)).unwrap()
}

fn run(report: &ScanReport) -> Value {
    sarif(report)["runs"][0].clone()
}

#[test]
fn every_report_keeps_the_official_schema() {
    let schema: Value = serde_json::from_str(include_str!("sarif-2.1.0.schema.json")).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let breaks =
        |value: &Value| validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect::<Vec<_>>();
    let home = Home::lay("linux-dev");
    for report in reports().into_iter().chain([common::audit(Os::Linux, home.path())]) {
        assert_eq!(breaks(&sarif(&report)), Vec::<String>::new());
    }
    let mut wrong = sarif(&usual());
    wrong["runs"][0]["results"][0]["level"] = "fatal".into();
    assert_ne!(breaks(&wrong), Vec::<String>::new(), "the schema is looked at");
}

#[test]
fn results_point_at_their_rules_and_places() {
    let run = run(&usual());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().unwrap().ends_with('.'), "{result}");
    }
    let npm = rules.iter().find(|rule| rule["id"] == "npm-access-token").unwrap();
    assert_eq!(npm["name"], "NpmAccessToken");
    assert_eq!(npm["defaultConfiguration"]["level"], "error");
    assert_eq!(npm["properties"]["security-severity"], "9.5");
    assert_eq!(npm["helpUri"], "https://docs.npmjs.com/about-access-tokens");
    assert!(npm["help"]["markdown"].as_str().unwrap().contains("<https://docs.npmjs.com/revoking-access-tokens>"));
    let first = &run["results"][0];
    let place = &first["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], serde_json::json!({"uri": ".npmrc", "uriBaseId": "HOME"}));
    assert_eq!(run["originalUriBaseIds"]["HOME"]["uri"], "file:///home/ada/");
    assert_eq!(run["results"][3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "file:///etc/npmrc");
    // Characters, not bytes, and the run says so.
    assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&38.into(), &78.into()));
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(first["fingerprints"]["caulkFinding/v1"], usual().findings[0].id.as_str());
    assert_ne!(first["fingerprints"], run["results"][1]["fingerprints"], "copies of one secret are two results");
    assert_eq!(
        first["partialFingerprints"]["caulkSecret/v1"],
        run["results"][1]["partialFingerprints"]["caulkSecret/v1"]
    );
}

#[test]
fn paths_of_every_system_become_uris() {
    let mut report = usual();
    report.scan.roots = vec!["C:\\Users\\ada b".into(), "\\\\server\\share".into()];
    let paths = [
        ("C:\\Users\\ada b\\a:b#c?.txt", "./a%3Ab%23c%3F.txt", "HOME1"),
        ("\\\\server\\share\\x y", "x%20y", "HOME2"),
        ("D:\\other", "file:///D:/other", ""),
        ("rel/a b%", "rel/a%20b%25", ""),
    ];
    for (path, uri, base) in paths {
        report.findings[0].location.path = path.into();
        let place = &run(&report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
        let found = (place["uri"].as_str().unwrap(), place["uriBaseId"].as_str().unwrap_or_default());
        // A colon need only be encoded where it would end a scheme.
        assert_eq!((found.0.replace("a:b", "a%3Ab").as_str(), found.1), (uri, base));
    }
    // Bytes that are no text stay the bytes they were, unless the path was masked.
    report.scan.roots = vec!["/home/ada".into()];
    report.findings[0].location.path = Untrusted::from_bytes(b"/home/ada/\xff");
    report.findings[0].location.path_bytes = Some(b"/home/ada/\xff".to_vec());
    let uri = |report: &ScanReport| {
        run(report)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone()
    };
    assert_eq!(uri(&report), "%FF");
    report.findings[0].location.path = "/home/ada/[secret]%FF".into();
    assert_eq!(uri(&report), "%5Bsecret%5D%25FF");
}

#[test]
fn a_message_takes_no_arguments_and_makes_no_links() {
    let mut report = usual();
    report.findings[0].title = "a {0} {b} [click](https://bad.example)".into();
    let text = run(&report)["results"][0]["message"]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("a {{0}} {{b}} \\[click\\](https://bad.example): npm_"), "{text}");
}

#[test]
fn what_could_not_be_read_makes_the_run_unsuccessful() {
    assert_eq!(run(&usual())["invocations"][0]["executionSuccessful"], true);
    let mut report = usual();
    report.scan.complete = false;
    report.errors = vec![ReadError { path: "/home/ada/.ssh".into(), skip: Skip::PermissionDenied, incidental: false }];
    let invocation = &run(&report)["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["startTimeUtc"], "2026-02-03T04:05:06.000Z");
    assert_eq!(invocation["endTimeUtc"], "2026-02-03T04:05:07.234Z");
    let notice = &invocation["toolExecutionNotifications"][0];
    assert_eq!((&notice["level"], &notice["descriptor"]["id"]), (&"error".into(), &"scan-unread".into()));
    assert_eq!(notice["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], ".ssh");
    report.errors[0].incidental = true;
    report.scan.complete = true;
    assert_eq!(run(&report)["invocations"][0]["toolExecutionNotifications"][0]["level"], "note");
}

#[test]
fn suppressed_findings_are_told_apart() {
    let mut report = usual();
    let hidden = finding("other-setting", "/home/ada/x", 2);
    report.suppressed = vec![Suppressed { finding: hidden, by: "config", reason: "a fixture".into() }];
    let results = run(&report)["results"].clone();
    assert_eq!(results[0]["suppressions"], serde_json::json!([]));
    assert_eq!(
        results[4]["suppressions"],
        serde_json::json!([{"kind": "external", "status": "accepted", "justification": "a fixture"}])
    );
    let without = RenderOptions { show_suppressed: false, ..options() };
    let plain: Value = serde_json::from_str(&render_with(Format::Sarif, &report, &without)).unwrap();
    assert_eq!(plain["runs"][0]["results"].as_array().unwrap().len(), 4);
    assert!(plain["runs"][0]["results"][0].get("suppressions").is_none());
}

#[test]
fn columns_of_a_real_scan_count_code_points() {
    let folder = tempfile::TempDir::new().unwrap();
    let token = String::from_utf8(caulk::rules::template::expand("ghp_<(><an:30><crc62>", "columns")).unwrap();
    std::fs::write(folder.path().join("a.txt"), format!("one\nä\u{1f600}日 {token}\n")).unwrap();
    let report = common::scan_paths(&[folder.path()]);
    let region = report.findings[0].location.region.unwrap();
    assert_eq!((region.line, region.column, region.end_column), (2, 11, 51), "bytes");
    let place = &run(&report)["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], serde_json::json!({"uri": "a.txt", "uriBaseId": "ROOT"}));
    assert_eq!(place["region"], serde_json::json!({"startLine": 2, "startColumn": 5, "endLine": 2, "endColumn": 45}));
}

/// The texts come from the pack: every finding of a real scan has its rule's.
#[test]
fn a_scan_brings_the_texts_of_its_rules() {
    let home = Home::lay("linux-dev");
    let report = common::audit(Os::Linux, home.path());
    assert!(report.findings.len() > 10);
    for finding in &report.findings {
        let text = report.rules.get(&finding.rule).unwrap_or_else(|| panic!("{} left no text", finding.rule));
        assert!(!text.title.is_empty() && !text.impact.is_empty(), "{}", finding.rule);
    }
    assert!(report.rules.keys().all(|id| report.findings.iter().any(|finding| finding.rule == *id)));
}
