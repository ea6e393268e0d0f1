//! What a report looks like, in each format.
#![allow(clippy::unwrap_used)]

use caulk::model::{
    Category, Confidence, Container, ContainerKind, Evidence, Exposure, Finding, FindingId, Fix, GitState, HostFacts,
    IdParts, KeyRing, Location, PackFacts, ReadError, Redacted, Region, ScanFacts, ScanReport, SecretFacts, Severity,
    Skip, SteeredBy, Suppressed, Untrusted,
};
use caulk::output::{Format, NDJSON_LINE_BYTES, REPORT_SCHEMA, RenderOptions, plan_json, plan_text, write};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Text that would hide, reorder or forge parts of a line: ESC, bidi override, line feed, tag
/// character, zero-width space, C1, DEL.
const HOSTILE: &str = "a\u{1b}[2J\u{202e}b\nc\u{e0041}d\u{200b}e\u{9b}f\u{7f}g\th\\\"";

/// A finding of a setting; change what a test is about.
pub(crate) fn finding(rule: &str, path: &str, line: u32) -> Finding {
    let id_parts =
        IdParts { lineage: rule.into(), path: path.trim_start_matches("/home/ada/").into(), pointer: String::new() };
    Finding {
        id: FindingId::new(&id_parts, 0),
        id_parts,
        rule: rule.into(),
        category: Category::Posture,
        severity: Severity::Medium,
        confidence: Confidence::High,
        title: format!("{rule} in {path}"),
        surface: "file.text".into(),
        user: Some("ada".into()),
        location: Location {
            path: path.into(),
            region: Some(Region { line, column: 38, end_line: line, end_column: 78, character: 38, end_character: 78 }),
            ..Location::default()
        },
        offset: u64::from(line) * 80,
        related: Vec::new(),
        secret: None,
        exposure: None,
        harvested_by: Vec::new(),
        evidence: None,
        reach: None,
        same_secret: Vec::new(),
        same_secret_count: 0,
        fix: None,
    }
}

/// A credential whose value depends on `seed` only.
pub(crate) fn credential(rule: &str, title: &str, path: &str, line: u32, seed: &str) -> Finding {
    let prefix = format!("{}_", rule.split('-').next().unwrap_or_default());
    let value = format!("{prefix}{}x7Qa", seed.repeat(36).chars().take(32).collect::<String>());
    let ring = KeyRing::new(Zeroizing::new(vec![7; 32]));
    Finding {
        category: Category::Credential,
        severity: Severity::Critical,
        title: title.into(),
        secret: Some(SecretFacts {
            redacted: Redacted::of(value.as_bytes(), prefix.len(), 36),
            fingerprint: ring.id(value.as_bytes()),
            baseline_id: None,
            checks: Vec::new(),
            attributes: BTreeMap::new(),
        }),
        exposure: Some(Exposure { mode: Some(0o600), others_can_read: Some(false), ..Exposure::default() }),
        ..finding(rule, path, line)
    }
}

pub(crate) fn report(findings: Vec<Finding>) -> ScanReport {
    let mut report = ScanReport {
        pack: PackFacts {
            digest: format!("sha256:{}", "0".repeat(64)),
            rules: 250,
            date: "2026-01-01".into(),
            ..PackFacts::default()
        },
        host: HostFacts {
            id: "0123456789abcdef".into(),
            name: "engine".into(),
            os: "linux".into(),
            arch: "x86_64".into(),
            users: vec!["ada".into()],
        },
        scan: ScanFacts {
            mode: "audit",
            started_at: "2026-02-03T04:05:06Z".into(),
            duration_ms: 1_234,
            roots: vec!["/home/ada".into()],
            complete: true,
            confined: vec!["no-new-privileges".into(), "landlock".into()],
            steered_by: Vec::new(),
        },
        findings,
        homes: vec![PathBuf::from("/home/ada")],
        ..ScanReport::default()
    };
    report.coverage.files_seen = 12_345;
    report.coverage.files_read = 1_204;
    report.coverage.bytes_read = 47_815_066;
    report.coverage.pruned = 38;
    report.summarize();
    report
}

fn options() -> RenderOptions {
    RenderOptions { home: Some(PathBuf::from("/home/ada")), ..RenderOptions::default() }
}

fn render(format: Format, report: &ScanReport, options: &RenderOptions) -> String {
    let mut out = Vec::new();
    write(format, report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn human(report: &ScanReport) -> String {
    render(Format::Human, report, &options())
}

fn json(report: &ScanReport) -> Value {
    serde_json::from_str(&render(Format::Json, report, &RenderOptions { show_suppressed: true, ..options() })).unwrap()
}

fn lines(report: &ScanReport) -> Vec<Value> {
    render(Format::Ndjson, report, &options()).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two copies of one npm token, the second one exposed.
fn npm_twice() -> ScanReport {
    let title = "npm access token in .npmrc";
    let mut first = credential("npm-access-token", title, "/home/ada/.npmrc", 3, "Zk4");
    first.location.field = Some("//npm.example.com/:_authToken".into());
    first.harvested_by = vec!["shai-hulud-2".into()];
    first.fix = Some(Fix {
        recipe: Some("npmrc-env".into()),
        automatic: false,
        summary: "Use an environment reference.".into(),
        rotate_url: Some("https://npm.example.com/settings/tokens".into()),
    });
    let mut second = first.clone();
    second.location.path = "/home/ada/dotfiles/npmrc".into();
    second.location.region =
        Some(Region { column: 30, end_column: 70, line: 1, end_line: 1, character: 30, end_character: 70 });
    second.exposure = Some(Exposure {
        mode: Some(0o644),
        others_can_read: Some(true),
        git: Some(GitState::Tracked),
        synced_by: Some("Dropbox".into()),
        in_transcript: true,
        ..Exposure::default()
    });
    second.id = FindingId::new(&second.id_parts, 1);
    report(vec![first, second])
}

fn auto_exec() -> ScanReport {
    let mut server = finding("mcp-unpinned-package", "/home/ada/.cursor/mcp.json", 4);
    server.category = Category::AutoExec;
    server.severity = Severity::High;
    server.title = "Unpinned package of an MCP server of Cursor".into();
    server.location.field = Some("mcpServers.github".into());
    server.evidence = Some(Evidence {
        server: Some("github".into()),
        command: Some("npx -y some-server".into()),
        value: None,
        why: vec!["unpinned package".into(), "starts without approval".into()],
        ..Evidence::default()
    });
    server.fix = Some(Fix { summary: "Pin the package to an exact version.".into(), ..Fix::default() });
    report(vec![server])
}

/// One of everything, with hostile text wherever the machine under scan has a say.
fn everything() -> ScanReport {
    let mut report = npm_twice();
    let hostile = || Untrusted::new(HOSTILE);
    let mut full = credential("aws-access-key", &format!("AWS key {HOSTILE}"), &format!("/home/ada/{HOSTILE}"), 1, "q");
    full.user = Some(hostile());
    full.confidence = Confidence::Low;
    full.location.path_bytes = Some(vec![b'/', 0xFF, b'a']);
    full.location.field = Some(hostile());
    full.location.container = Some(Container {
        kind: ContainerKind::Sqlite,
        table: Some(hostile()),
        key: Some(hostile()),
        part: Some("free-space"),
    });
    full.related = vec![full.location.clone()];
    let secret = full.secret.as_mut().unwrap();
    secret.checks = vec!["failed:crc32".into()];
    secret.attributes = BTreeMap::from([("account".into(), hostile()), ("expires_at".into(), "2027-01-01".into())]);
    full.evidence = Some(Evidence {
        server: Some(hostile()),
        command: Some(hostile()),
        value: Some(hostile()),
        why: vec![HOSTILE.into()],
        ..Evidence::default()
    });
    full.same_secret = vec![report.findings[0].id.clone()];
    full.same_secret_count = 1;
    let mut hidden = finding("some-setting", "/home/ada/.config/x", 2);
    hidden.location.region = None;
    report.suppressed = vec![Suppressed { finding: hidden, by: "config", reason: hostile() }];
    report.errors = vec![
        ReadError { path: hostile(), skip: Skip::PermissionDenied, incidental: false },
        ReadError { path: "/home/ada/x".into(), skip: Skip::Internal, incidental: true },
    ];
    report.scan.steered_by = vec![SteeredBy { path: hostile(), digest: format!("sha256:{}", "a".repeat(64)) }];
    report.scan.roots = vec![hostile()];
    report.host.name = hostile();
    report.host.users = vec![hostile()];
    report.scan.complete = false;
    report.findings.push(full);
    report.findings.extend(auto_exec().findings);
    report.summarize();
    report
}

fn rule_breaks(report: &ScanReport) -> Vec<String> {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(&json(report)).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[test]
fn a_format_is_found_by_name_and_a_slip_is_told_the_nearest() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse(), Ok(*format));
    }
    let slip = "ndjsn".parse::<Format>().unwrap_err();
    assert_eq!(slip.nearest(), Format::Ndjson);
    assert_eq!(
        slip.to_string(),
        "unknown format `ndjsn`: did you mean `ndjson`? (formats: human, json, ndjson, sarif, html, csv, markdown, junit)"
    );
    assert_eq!("JSON".parse::<Format>().unwrap_err().nearest(), Format::Json);
}

#[test]
fn the_schema_is_valid_and_every_report_keeps_it() {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let mut watched = npm_twice();
    watched.watcher = true;
    for report in [report(Vec::new()), npm_twice(), auto_exec(), everything(), watched] {
        assert_eq!(rule_breaks(&report), Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_the_contract_does() {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good = json(&everything());
    let changes: &[(&str, Value)] = &[
        ("/findings/0/severity", "urgent".into()),
        ("/findings/0/surprise", 1.into()),
        ("/findings/0/location/line", 0.into()),
        ("/findings/0/user", Value::Null),
        ("/findings/0/exposure/mode", "644".into()),
        ("/findings/0/secret/fingerprint", "x".into()),
        ("/scan/mode", "deep".into()),
        ("/summary/by_category/other", 1.into()),
    ];
    for (pointer, value) in changes {
        let mut bad = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value.clone());
        assert!(!validator.is_valid(&bad), "{pointer} = {value} was let through");
    }
    for missing in ["/findings/0/secret", "/findings/0/exposure", "/findings/0/id", "/summary/by_severity/info"] {
        let mut bad = good.clone();
        let (parent, key) = missing.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap().as_object_mut().unwrap().shift_remove(key);
        assert!(!validator.is_valid(&bad), "without {missing} it was let through");
    }
}

#[test]
fn json_has_the_facts_and_leaves_out_what_is_absent() {
    let value = json(&everything());
    let first = &value["findings"][0];
    assert_eq!(first["secret"]["redacted"], "npm_…x7Qa");
    assert_eq!(first["secret"]["length"], 40);
    assert_eq!(first["exposure"]["mode"], "0600");
    assert_eq!(first.get("evidence"), None);
    assert_eq!(first.get("related_locations"), None);
    assert_eq!(value["findings"][1]["exposure"]["git"], "tracked");
    assert_eq!(value["findings"][2]["location"]["path_bytes"], "L/9h");
    assert_eq!(value["findings"][2]["location"]["container"]["part"], "free-space");
    assert_eq!(value["suppressed"][0]["suppression"]["by"], "config");
    assert_eq!(value["suppressed"][0]["location"].get("line"), None);
    assert_eq!(value["summary"]["by_severity"]["info"], 0);
    assert_eq!(value["summary"]["suppressed"], 1);
    assert_eq!(value["errors"][1]["incidental"], true);
    assert_eq!(value["scan"]["complete"], false);
    assert!(!render(Format::Json, &everything(), &options()).contains("null"));
    let plain = render(Format::Json, &everything(), &options());
    assert_eq!(serde_json::from_str::<Value>(&plain).unwrap().get("suppressed"), None);
}

fn deceives(c: char) -> bool {
    c != '\n' && Untrusted::must_escape(c)
}

#[test]
fn hostile_text_is_inert_for_people_and_unchanged_for_programs() {
    let report = everything();
    for verbose in [0, 1] {
        let shown = RenderOptions { show_suppressed: true, verbose, notes: vec![HOSTILE.into()], ..options() };
        let text = render(Format::Human, &report, &shown);
        assert!(!text.chars().any(deceives), "{text:?}");
        assert!(text.contains("\\u{202e}b\\nc\\u{e0041}"), "{text}");
        for format in [Format::Json, Format::Ndjson] {
            assert!(!render(format, &report, &shown).chars().any(deceives));
        }
    }
    let value = json(&report);
    assert_eq!(value["findings"][2]["location"]["field"], HOSTILE);
    assert_eq!(value["errors"][0]["path"], HOSTILE);
    assert_eq!(lines(&report)[0]["host"]["name"], HOSTILE);
}

#[test]
fn colour_changes_no_word() {
    let report = everything();
    for verbose in [0, 1] {
        let plain = render(Format::Human, &report, &RenderOptions { verbose, ..options() });
        let colored = render(Format::Human, &report, &RenderOptions { verbose, color: true, ..options() });
        assert!(colored.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
    }
}

#[test]
fn ndjson_opens_with_the_scan_and_closes_with_the_totals() {
    let lines = lines(&everything());
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["scan", "finding", "finding", "finding", "finding", "error", "error", "summary"]);
    assert_eq!(lines[0]["schema_version"], 1);
    assert_eq!(lines[0]["mode"], "audit");
    let last = lines.last().unwrap();
    assert_eq!((&last["status"], &last["by_severity"]["critical"]), (&"partial".into(), &3.into()));
    let whole = render(Format::Ndjson, &npm_twice(), &options());
    assert!(whole.lines().last().unwrap().contains(r#""status":"complete""#));
    let with = render(Format::Ndjson, &everything(), &RenderOptions { show_suppressed: true, ..options() });
    assert!(with.contains(r#"{"type":"suppressed""#));
}

/// A finding in which everything that can be long is.
fn enormous(text: &str, many: usize) -> Finding {
    let long = || Some(Untrusted::new(text));
    let mut finding = credential("npm-access-token", text, text, 1, "Zk4");
    finding.user = long();
    finding.surface = text.into();
    finding.location.path_bytes = Some(text.as_bytes().to_vec());
    finding.location.field = long();
    finding.location.container =
        Some(Container { kind: ContainerKind::Json, table: long(), key: long(), part: Some("row") });
    finding.related = vec![finding.location.clone(); many / 10];
    finding.harvested_by = vec![text.into(); many];
    finding.same_secret = (0..16).map(|n| FindingId::new(&finding.id_parts, n)).collect();
    finding.evidence = Some(Evidence {
        server: long(),
        command: long(),
        value: long(),
        why: vec![text.into(); many],
        ..Evidence::default()
    });
    finding.fix =
        Some(Fix { recipe: Some(text.into()), automatic: false, summary: text.into(), rotate_url: Some(text.into()) });
    let secret = finding.secret.as_mut().unwrap();
    secret.checks = vec![text.into(); many];
    secret.attributes = (0..many).map(|n| (format!("{n}{text}"), Untrusted::new(text))).collect();
    finding
}

fn check_bounded(text: &str, many: usize) {
    let mut report = report(vec![enormous(text, many)]);
    report.errors = vec![ReadError { path: text.into(), skip: Skip::TooLarge, incidental: true }];
    report.scan.roots = vec![text.into(); many];
    report.host.users = vec![text.into(); many];
    report.summary.harvestable_by = (0..2_000).map(|n| (format!("campaign-{n}"), n)).collect();
    let out = render(Format::Ndjson, &report, &options());
    let mut flags = Vec::new();
    for line in out.split_inclusive('\n') {
        assert!(line.len() <= NDJSON_LINE_BYTES, "{} bytes", line.len());
        assert!(line.ends_with('\n'));
        let value: Value = serde_json::from_str(line).unwrap();
        flags.push((value["type"].as_str().unwrap().to_owned(), value["truncated"] == Value::Bool(true)));
        if value["type"] != "finding" {
            continue;
        }
        for key in ["id", "rule", "category", "severity", "confidence", "title", "surface", "exposure"] {
            assert!(value.get(key).is_some(), "{key} is missing");
        }
        assert!(value["location"]["path"].is_string());
        assert_eq!(value["id"], report.findings[0].id.as_str());
        assert_eq!(value["secret"]["redacted"], "npm_…x7Qa");
        let fingerprint = report.findings[0].secret.as_ref().unwrap().fingerprint.as_str();
        assert_eq!(value["secret"]["fingerprint"], fingerprint);
        let title = value["title"].as_str().unwrap();
        assert!(text.starts_with(title) && !title.is_empty());
        let bytes = data_encoding::BASE64.decode(value["location"]["path_bytes"].as_str().unwrap().as_bytes()).unwrap();
        assert!(text.as_bytes().starts_with(&bytes));
    }
    let expected = [("scan", true), ("finding", true), ("error", text.len() > 8_192), ("summary", false)];
    assert_eq!(flags, expected.map(|(kind, cut)| (kind.to_owned(), cut)));
}

#[test]
fn ndjson_lines_are_bounded_whatever_a_finding_holds() {
    for unit in ["a", "é", "漢", "🦀", "\u{202e}", "\u{e0041}", "\u{0}"] {
        check_bounded(&unit.repeat(100_000 / unit.len()), 3);
        check_bounded(&unit.repeat(48 / unit.len()), 200);
    }
}

#[test]
fn ndjson_says_nothing_of_truncation_where_nothing_was_cut() {
    assert!(lines(&npm_twice())[1].get("truncated").is_none());
    let mut long = npm_twice();
    long.findings[0].evidence =
        Some(Evidence { command: Some(Untrusted::new("漢".repeat(40_000))), ..Evidence::default() });
    let finding = &lines(&long)[1];
    assert_eq!(finding["truncated"], true);
    // What is short stays whole beside it, and most of the line is used.
    assert_eq!(finding["location"]["field"], "//npm.example.com/:_authToken");
    assert!(finding["evidence"]["command"].as_str().unwrap().len() > 4_000);
}

const FOOTER: &str = "
Saw 12,345 files and read 1,204 (45.6 MiB) in 1.2 s. Left out: 38 pruned folders
(--plan lists them). Rules of 2026-01-01 (250).
";

#[test]
fn human_clean() {
    let expected = format!(
        "\
All clear: caulk looked through 1,204 files as ada and found no secret in the
clear and nothing that starts unasked.
{FOOTER}Run next: caulk scan --deep
"
    );
    assert_eq!(human(&report(Vec::new())), expected);
    assert_eq!(render(Format::Human, &report(Vec::new()), &RenderOptions { quiet: true, ..options() }), "");
}

#[test]
fn human_tells_clean_from_could_not_look() {
    let mut blind = report(Vec::new());
    blind.scan.complete = false;
    blind.errors =
        vec![ReadError { path: "/home/ada/.aws/credentials".into(), skip: Skip::PermissionDenied, incidental: false }];
    let text = human(&blind);
    assert!(text.starts_with("Nothing was found, but the look was not complete:"), "{text}");
    assert!(text.contains("Could not look\n  ~/.aws/credentials: permission denied\n"), "{text}");
    blind.coverage.files_read = 0;
    assert!(human(&blind).starts_with("caulk could not look:"));
    blind.scan.complete = true;
    blind.errors[0].incidental = true;
    let text = human(&blind);
    assert!(text.starts_with("There was nothing to read."), "{text}");
    assert!(!text.contains(".aws"), "an incidental error is only counted: {text}");
    assert!(text.replace('\n', " ").contains("1 other place that could not be read"));
}

#[test]
fn human_one_token_in_two_places() {
    let expected = format!(
        "\
A malicious install script running as ada could take 1 npm token right now.
shai-hulud-2 would have taken it.

Secrets in the clear

■ critical  npm access token, in 2 places: npm_…x7Qa
    ~/.npmrc:3:38  //npm.example.com/:_authToken
    ~/dotfiles/npmrc:1:30  //npm.example.com/:_authToken
      others can read it (mode 0644), git tracks it, synced by Dropbox and in an
        AI transcript
    next: replace and revoke it: https://npm.example.com/settings/tokens
{FOOTER}Run next: caulk explain {}
",
        npm_twice().findings[0].id
    );
    assert_eq!(human(&npm_twice()), expected);
}

/// What `caulk fix` can do is the next step, named by digits enough, whichever place of the secret it is.
#[test]
fn human_what_caulk_can_mend() {
    let mut mended = npm_twice();
    let id = mended.findings[1].id.as_str()[..12].to_owned();
    let fix = mended.findings[1].fix.as_mut().unwrap();
    (fix.automatic, fix.summary) = (true, "Moves it to the keychain.".into());
    let text = human(&mended);
    let next = format!(
        "    next: caulk fix {id}, then replace and revoke it:\n      https://npm.example.com/settings/tokens\n"
    );
    assert!(text.contains(&next), "{text}");
    assert!(text.ends_with("Run next: caulk fix\n"), "{text}");
    mended.findings[0].fix.as_mut().unwrap().rotate_url = Some("Rotate it at its issuer".into());
    assert!(human(&mended).contains(&format!("    next: caulk fix {id}, then: Rotate it at its issuer\n")));
    let verbose = render(Format::Human, &mended, &RenderOptions { verbose: 1, width: 200, ..options() });
    assert!(verbose.contains("Rotate it at its issuer (Moves it to the keychain.)\n"), "{verbose}");
    mended.findings[0].fix.as_mut().unwrap().rotate_url = None;
    assert!(human(&mended).contains(&format!("    next: caulk fix {id}\n")));
    mended.watcher = true;
    assert!(!human(&mended).contains("caulk fix"));
}

#[test]
fn human_at_sixty_columns() {
    let text = render(Format::Human, &npm_twice(), &RenderOptions { width: 60, ..options() });
    let head = "\
A malicious install script running as ada could take 1 npm
token right now. shai-hulud-2 would have taken it.

Secrets in the clear

■ critical  npm access token, in 2 places: npm_…x7Qa
    ~/.npmrc:3:38  //npm.example.com/:_authToken
    ~/dotfiles/npmrc:1:30  //npm.example.com/:_authToken
      others can read it (mode 0644), git tracks it, synced
        by Dropbox and in an AI transcript
    next: replace and revoke it:
      https://npm.example.com/settings/tokens
";
    assert!(text.starts_with(head), "{text}");
}

#[test]
fn human_what_starts_by_itself() {
    let expected = format!(
        "\
1 program starts without being asked.

Starts without being asked

▲ high      Unpinned package of an MCP server of Cursor
    ~/.cursor/mcp.json:4:38  mcpServers.github
    name: github
    runs: npx -y some-server
    why: unpinned package; starts without approval
    next: Pin the package to an exact version.
{FOOTER}Run next: caulk explain {}
",
        auto_exec().findings[0].id
    );
    assert_eq!(human(&auto_exec()), expected);
}

#[test]
fn a_watcher_comes_first_and_nothing_invites_to_revoke() {
    let mut watched = npm_twice();
    watched.findings[0].fix.as_mut().unwrap().summary = "Rotate the token.".into();
    watched.watcher = true;
    let text = human(&watched);
    let banner = "\
Stop first: a known stealer's watcher is on this machine. It may act when a
stolen token is revoked, so the order matters.
  1. Do not revoke or rotate any token yet. Some watchers act on it; a wipe of
     the home folder has been reported, and disputed.
  2. Take this machine off the network.
  3. Keep a copy of what is listed under \"Signs of a known attack\", for whoever
     looks into it.
  4. Stop the watcher with systemctl --user disable --now and its unit's name,
     then delete its files. Clear the immutable flag first if one is set (chattr
     -i).
  5. Remove what else it left: the hooks and start-up entries listed below.
  6. Only then, from another and clean machine, revoke: GitHub and npm first,
     the cloud accounts next, then the rest.
";
    assert!(text.starts_with(banner), "{text}");
    for verbose in [0, 1] {
        let text = render(Format::Human, &watched, &RenderOptions { verbose, quiet: true, ..options() });
        let rest = text.strip_prefix(banner).unwrap().to_lowercase();
        for word in ["revoke", "rotate", "settings/tokens", "caulk explain npm"] {
            assert!(!rest.contains(word), "{word} in {rest}");
        }
    }
    let value = json(&watched);
    assert!(value["watcher"]["safe_order"][0].as_str().unwrap().starts_with("Do not revoke"));
    assert_eq!(value["findings"][0]["fix"].get("rotate_url"), None);
    assert_eq!(value["findings"][0]["fix"].get("summary"), None);
    assert_eq!(lines(&watched)[0]["watcher"]["found"], true);
    assert_eq!(json(&npm_twice()).get("watcher"), None);
}

#[test]
fn the_headline_sums_up_by_vendor() {
    let kinds = [
        ("github-pat-classic", "GitHub personal access token (classic) in shell history", Severity::Critical),
        ("github-pat-fine-grained", "GitHub fine-grained token in .env", Severity::Critical),
        ("aws-access-key", "AWS access key in the AWS credentials file", Severity::High),
        ("private-key", "Private key in SSH key file", Severity::High),
        ("generic-password", "Password in .env", Severity::Medium),
        ("jwt", "JWT in .env", Severity::Low),
    ];
    let findings = kinds.iter().zip('a'..).map(|((rule, title, severity), seed)| Finding {
        severity: *severity,
        ..credential(rule, title, &format!("/home/ada/{seed}"), 3, &seed.to_string())
    });
    let mut report = report(findings.chain(auto_exec().findings).collect());
    let text = human(&report);
    let head = "\
A malicious install script running as ada could take 5 secrets right now: 2
GitHub tokens, 1 AWS key, 1 password and 1 private key, and 1 program starts
without being asked.
";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("Less urgent (--verbose lists them)\n○ low       1 jwt\n"), "{text}");
    report.scan.mode = "path";
    report.scan.roots = vec!["/home/ada/src".into()];
    assert!(human(&report).starts_with("5 secrets lie in the clear in ~/src: 2 GitHub tokens,"));
}

#[test]
fn long_lists_are_cut_with_a_pointer_to_the_rest() {
    let findings = (1..=17).map(|line| credential("jwt", "JWT in a history", "/home/ada/.zsh_history", line, "s"));
    let report = report(findings.collect());
    let text = human(&report);
    assert!(text.contains("JWT, in 17 places"), "{text}");
    assert!(text.contains(":5:38\n    and 12 more places, see --verbose or --format json\n"), "{text}");
    let all = render(Format::Human, &report, &RenderOptions { verbose: 1, ..options() });
    assert!(all.contains(":17:38"));
    assert!(!all.contains("more places"));
}

#[test]
fn suppressed_findings_are_counted_or_listed() {
    let text = human(&everything());
    assert!(text.replace('\n', " ").contains("1 suppressed finding"), "{text}");
    let shown = render(Format::Human, &everything(), &RenderOptions { show_suppressed: true, ..options() });
    assert!(shown.contains("Suppressed\n  medium: some-setting in"), "{shown}");
    assert!(shown.contains("by config: a\\u{1b}"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_line_is_too_wide_but_for_a_path(
        title in "[ -~é漢]{1,200}", field in "[ -~漢]{1,200}", why in "[ -~]{0,300}", width in 40usize..140,
    ) {
        let mut entry = auto_exec().findings.remove(0);
        entry.title = title;
        entry.location.field = Some(Untrusted::new(field));
        entry.evidence.as_mut().unwrap().why = vec![why];
        let report = report(vec![entry]);
        let text = render(Format::Human, &report, &RenderOptions { width, verbose: 1, ..options() });
        for line in text.lines() {
            let columns: usize = line.chars().map(|c| if c == '漢' { 2 } else { 1 }).sum();
            prop_assert!(columns <= width, "{columns} > {width}: {line}");
        }
    }

    #[test]
    fn any_text_round_trips_and_is_inert(text in "\\PC{0,40}|.{0,40}", raw in any::<String>()) {
        let mut one = finding("some-setting", "/home/ada/x", 1);
        one.location.field = Some(Untrusted::new(text.as_str()));
        one.location.path = Untrusted::new(raw.as_str());
        let report = report(vec![one]);
        let value = json(&report);
        prop_assert_eq!(&value["findings"][0]["location"]["field"], &Value::from(text));
        prop_assert_eq!(&value["findings"][0]["location"]["path"], &Value::from(raw));
        for format in Format::ALL {
            // Rows of CSV end in CR LF.
            let text = render(*format, &report, &options()).replace("\r\n", "\n");
            prop_assert!(!text.chars().any(deceives));
        }
    }
}

#[test]
fn the_plan_is_a_path_a_line() {
    let reads = [("z.late".to_owned(), "/b".into()), ("npm.npmrc".to_owned(), "/a\tb\n/c".into())];
    let pruned = [(Untrusted::new("/home/ada/node_modules"), "packages")];
    let absent = [("aws.credentials".to_owned(), "/home/ada/.aws/credentials".into())];
    let mut out = Vec::new();
    plan_text(&reads, &pruned, &absent, true, &mut out).unwrap();
    let expected = "npm.npmrc\t/a\\tb\\n/c\nz.late\t/b\n# pruned\t/home/ada/node_modules\tpackages\n\
                    # absent\taws.credentials\t/home/ada/.aws/credentials\n\
                    # 2 to read, 1 folders pruned, 1 known places absent\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    let mut out = Vec::new();
    plan_json(&reads, &pruned, &absent, &mut out).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["reads"][0]["path"], "/a\tb\n/c");
    assert_eq!(value["pruned"][0]["reason"], "packages");
    assert_eq!(value["absent"][0]["surface"], "aws.credentials");
}
