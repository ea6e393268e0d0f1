//! Order, names, groups, bounds, and what a user allows.
#![allow(clippy::unwrap_used, clippy::unnecessary_wraps)]

use crate::output::{credential, finding, report};
use caulk::model::{Confidence, Finding, Limits, ReadError, ScanReport, Severity, Skip};
use caulk::triage::{
    Allow, AllowEntry, AllowError, Expired, SAME_SECRET_MAX, Until, assign_ids, cap, filter, group, inline_allow, sort,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

prop_compose! {
    /// Few values for everything, so that equals are common.
    fn any_finding()(
        severity in 0..5usize, path in 0..3u8, line in 1..4u32, rule in 0..3u8, seed in "[ab]", secret: bool,
    ) -> Finding {
        let rule = format!("vendor-rule-{rule}");
        let path = format!("/home/ada/{path}/.env");
        let base = if secret {
            credential(&rule, "Vendor token in .env", &path, line, &seed)
        } else {
            finding(&rule, &path, line)
        };
        let mut one = Finding { severity: Severity::ALL[severity], ..base };
        // Every home has the same file, as two accounts or a backup do.
        one.id_parts.path = b".env".to_vec();
        one
    }
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(any_finding(), 0..40)
}

fn place(finding: &Finding) -> (&str, u64, &str) {
    (finding.location.path.as_found(), finding.offset, &finding.rule)
}

proptest! {
    #[test]
    fn the_order_is_that_of_the_contract_and_of_no_thread(
        (listed, mut mixed) in findings().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    ) {
        let mut sorted = listed;
        sort(&mut sorted);
        sort(&mut mixed);
        prop_assert_eq!(&sorted, &mixed);
        for pair in sorted.windows(2) {
            let worse = pair[0].severity > pair[1].severity;
            prop_assert!(worse || pair[0].severity == pair[1].severity && place(&pair[0]) <= place(&pair[1]));
        }
    }

    #[test]
    fn ids_are_unique_and_depend_on_place_only(
        (mut listed, mut mixed) in findings().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    ) {
        assign_ids(&mut listed);
        let ids: BTreeSet<_> = listed.iter().map(|f| f.id.clone()).collect();
        prop_assert_eq!(ids.len(), listed.len());
        // A rule that is weighed anew keeps its names.
        for finding in &mut mixed {
            finding.severity = Severity::Info;
        }
        assign_ids(&mut mixed);
        let mut named: Vec<_> = listed.iter().map(|f| (place(f), f.id.as_str())).collect();
        let mut again: Vec<_> = mixed.iter().map(|f| (place(f), f.id.as_str())).collect();
        named.sort_unstable();
        again.sort_unstable();
        prop_assert_eq!(named, again);
    }

    #[test]
    fn groups_name_others_with_the_same_secret_and_no_more(mut list in findings()) {
        assign_ids(&mut list);
        group(&mut list);
        let once = list.clone();
        group(&mut list);
        prop_assert_eq!(&once, &list);
        let print = |f: &Finding| f.secret.as_ref().map(|s| s.fingerprint.clone());
        for one in &list {
            let others: Vec<_> = list
                .iter()
                .filter(|other| one.secret.is_some() && other.id != one.id && print(other) == print(one))
                .map(|other| other.id.clone())
                .collect();
            prop_assert_eq!(one.same_secret_count as usize, others.len());
            prop_assert_eq!(&one.same_secret[..], &others[..others.len().min(SAME_SECRET_MAX)]);
        }
    }

    #[test]
    fn caps_keep_the_worst_and_count_the_rest(list in findings(), per_file in 1..6usize, per_run in 1..12usize) {
        let mut whole = report(list);
        sort(&mut whole.findings);
        let mut cut = whole.clone();
        let limits = Limits { findings_per_file: per_file, findings_per_run: per_run, ..Limits::SHIPPED };
        cap(&mut cut, &limits);
        prop_assert!(cut.findings.len() <= per_run);
        let mut files: BTreeMap<&str, Vec<Severity>> = BTreeMap::new();
        for kept in &cut.findings {
            files.entry(kept.location.path.as_found()).or_default().push(kept.severity);
        }
        for (path, kept) in files {
            prop_assert!(kept.len() <= per_file);
            let worst: Vec<_> =
                whole.findings.iter().filter(|f| f.location.path.as_found() == path).map(|f| f.severity).collect();
            prop_assert_eq!(&worst[..kept.len()], &kept[..]);
        }
        let lost = (whole.findings.len() - cut.findings.len()) as u64;
        prop_assert_eq!((cut.coverage.truncated, cut.scan.complete), (lost, lost == 0));
    }

    #[test]
    fn inline_reads_any_bytes(line: Vec<u8>, cut in prop::collection::vec(
        prop::sample::select(vec!["caulk:allow", "#", "/*", "*/", "\"", "'", " ", "//", "REM ", "a-b", "<!--", "--", "é"]), 0..30,
    )) {
        let _ = inline_allow(&line, Some(&line));
        let text = cut.concat();
        if let Some(found) = inline_allow(text.as_bytes(), None) {
            prop_assert!(text.contains("caulk:allow"));
            prop_assert!(found.reason.as_found().chars().count() <= 200);
        }
    }
}

#[test]
fn an_earlier_equal_takes_the_first_ordinal_whatever_the_order_of_arrival() {
    let mut list = vec![finding("some-rule", "/home/ben/.env", 1), finding("some-rule", "/home/ada/.env", 9)];
    for one in &mut list {
        one.id_parts.path = b".env".to_vec();
    }
    let (mut alone, parts) = (vec![list[1].clone()], list[0].id_parts.clone());
    assign_ids(&mut list);
    assign_ids(&mut alone);
    assert_eq!(list[1].id, alone[0].id);
    assert_eq!(list[0].id, caulk::model::FindingId::new(&parts, 1));
}

#[test]
fn seventeen_others_are_counted_and_sixteen_named() {
    let mut list: Vec<_> = (1..=18).map(|line| credential("npm-token", "npm token", "/x", line, "s")).collect();
    assign_ids(&mut list);
    group(&mut list);
    assert_eq!((list[3].same_secret.len(), list[3].same_secret_count), (16, 17));
    assert!(!list[3].same_secret.contains(&list[3].id));
}

#[test]
fn errors_that_count_survive_the_cap() {
    let mut whole = report(Vec::new());
    let error = |path: &str, incidental| ReadError { path: path.into(), skip: Skip::TooLarge, incidental };
    whole.errors = vec![error("/a", true), error("/b", true), error("/z", false)];
    cap(&mut whole, &Limits { errors_per_run: 2, ..Limits::SHIPPED });
    assert_eq!(whole.errors, [error("/z", false), error("/a", true)]);
    assert_eq!((whole.coverage.truncated, whole.scan.complete), (1, false));
}

#[test]
fn both_bounds_filter() {
    let base = || finding("some-rule", "/x", 1);
    let mut list = vec![
        Finding { severity: Severity::High, confidence: Confidence::Medium, ..base() },
        Finding { severity: Severity::Low, ..base() },
        Finding { severity: Severity::Critical, confidence: Confidence::Low, ..base() },
    ];
    let kept = list[0].clone();
    filter(&mut list, Severity::Medium, Confidence::Medium);
    assert_eq!(list, [kept]);
}

fn because(entry: AllowEntry) -> AllowEntry {
    AllowEntry { reason: "looked at".into(), ..entry }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn allowed(entries: &[AllowEntry], today: &str) -> (ScanReport, Vec<Expired>) {
    let mut whole = report(vec![
        credential("npm-access-token", "npm access token in .npmrc", "/home/ada/work/[x]/.npmrc", 1, "a"),
        credential("aws-access-key", "AWS access key in .env", "/home/ada/work/.env", 1, "b"),
        finding("git-safe-directory", "/etc/gitconfig", 1),
    ]);
    whole.findings[0].id_parts.path = b"[x]/.npmrc".to_vec();
    assign_ids(&mut whole.findings);
    let expired = Allow::new(entries).unwrap().apply(&mut whole, &[], today);
    (whole, expired)
}

#[track_caller]
fn hides(entry: AllowEntry, rules: &[&str]) {
    let (whole, expired) = allowed(&[because(entry)], "2026-06-01");
    let hidden: Vec<_> = whole.suppressed.iter().map(|one| one.finding.rule.as_str()).collect();
    assert_eq!(hidden, rules);
    assert!(whole.suppressed.iter().all(|one| one.by == "config" && one.reason.as_found() == "looked at"));
    assert_eq!(whole.findings.len(), 3 - rules.len());
    assert_eq!(whole.summary.suppressed, rules.len() as u64);
    assert_eq!(expired, []);
}

#[test]
fn allow_by_rule_path_id_and_fingerprint() {
    let (whole, _) = allowed(&[because(AllowEntry { id: some("none"), ..AllowEntry::default() })], "2026-06-01");
    let npm = &whole.findings[0];
    let rule = |text: &str| AllowEntry { rule: some(text), ..AllowEntry::default() };
    let path = |text: &str| AllowEntry { path: some(text), ..AllowEntry::default() };
    hides(rule("npm-*"), &["npm-access-token"]);
    hides(rule("npm"), &[]);
    hides(path("~/work/*/.npmrc"), &["npm-access-token"]);
    hides(path("~/work/**"), &["npm-access-token", "aws-access-key"]);
    hides(path("~/work/*"), &["aws-access-key"]);
    hides(path("work/.env"), &["aws-access-key"]);
    hides(path("./*/.npmrc"), &["npm-access-token"]);
    hides(path("/etc/*"), &["git-safe-directory"]);
    hides(path("~/../etc/*"), &[]);
    hides(AllowEntry { id: some(npm.id.as_str()), ..AllowEntry::default() }, &["npm-access-token"]);
    let print = npm.secret.as_ref().unwrap().fingerprint.as_str();
    hides(AllowEntry { fingerprint: some(print), ..AllowEntry::default() }, &["npm-access-token"]);
    hides(AllowEntry { fingerprint: some(print), path: some("/etc/**"), ..AllowEntry::default() }, &[]);
}

#[test]
fn an_entry_that_ran_out_hides_nothing_and_says_so() {
    let until = |day: &str| {
        because(AllowEntry { rule: some("npm-*"), until: Some(Until::Text(day.into())), ..AllowEntry::default() })
    };
    let (whole, expired) = allowed(&[until("2026-06-01")], "2026-06-01T23:59:59Z");
    assert_eq!((whole.suppressed.len(), expired.len()), (1, 0));
    let (whole, expired) = allowed(&[until("2026-05-31")], "2026-06-01T00:00:00Z");
    assert_eq!(whole.suppressed.len(), 0);
    assert_eq!((expired[0].nth, expired[0].findings, expired[0].until.as_str()), (1, 1, "2026-05-31"));
    assert_eq!(expired[0].note(), "allow entry 1 (looked at) ran out on 2026-05-31; 1 finding is listed again");
    let (whole, expired) = allowed(&[until("2026-05-31"), until("2027-01-01")], "2026-06-01");
    assert_eq!((whole.suppressed.len(), expired.len()), (1, 1));
}

#[test]
fn a_wrong_entry_is_refused() {
    let entry = |text: &str| toml::from_str::<AllowEntry>(text).unwrap();
    let error =
        |text: &str| Allow::new(&[because(AllowEntry { rule: some("x"), ..AllowEntry::default() }), entry(text)]).err();
    assert_eq!(error("reason = 'x'"), Some(AllowError::Empty { nth: 2 }));
    assert_eq!(error("rule = ' '\nreason = 'x'"), Some(AllowError::Empty { nth: 2 }));
    assert_eq!(error("rule = 'a'"), Some(AllowError::NoReason { nth: 2 }));
    assert_eq!(error("rule = 'a'\nreason = ' '"), Some(AllowError::NoReason { nth: 2 }));
    assert!(matches!(error("path = '['\nreason = 'x'"), Some(AllowError::Glob { nth: 2, key: "path", .. })));
    for until in ["'soon'", "'2026-13-01'", "'2026-01-32'", "'2026-1-1'", "07:32:00"] {
        assert_eq!(error(&format!("rule = 'a'\nreason = 'x'\nuntil = {until}")), Some(AllowError::Date { nth: 2 }));
    }
    for until in ["2026-01-31", "'2026-01-31'", "2026-01-31T00:00:00Z"] {
        assert_eq!(error(&format!("rule = 'a'\nreason = 'x'\nuntil = {until}")), None);
    }
    assert!(toml::from_str::<AllowEntry>("rules = 'a'").is_err());
}

#[test]
fn an_extra_home_counts_too() {
    let mut whole = report(vec![finding("some-rule", "/srv/ben/.env", 1)]);
    whole.homes.clear();
    let entry = because(AllowEntry { path: some("~/.env"), ..AllowEntry::default() });
    Allow::new(std::slice::from_ref(&entry)).unwrap().apply(&mut whole, &[Path::new("/srv/be")], "2026-01-01");
    assert_eq!(whole.suppressed.len(), 0);
    Allow::new(&[entry]).unwrap().apply(&mut whole, &[Path::new("/srv/ben/")], "2026-01-01");
    assert_eq!(whole.suppressed.len(), 1);
}

#[track_caller]
fn inline(line: &str, rule: Option<&str>, reason: &str) {
    let found = inline_allow(line.as_bytes(), None).unwrap_or_else(|| panic!("nothing in {line}"));
    assert_eq!((found.rule.as_deref(), found.reason.as_found()), (rule, reason));
    assert_eq!((found.covers("npm-access-token"), found.covers("other-rule")), (true, rule.is_none()));
}

#[test]
fn inline_in_every_sort_of_comment() {
    let rule = Some("npm-access-token");
    inline("TOKEN=x # caulk:allow", None, "");
    inline("TOKEN=x  # caulk:allow npm-access-token", rule, "");
    inline("# caulk:allow npm-access-token only a sample", rule, "only a sample");
    inline("f(\"x\"); // caulk:allow a sample, see docs", None, "a sample, see docs");
    inline("f('x');//caulk:allow sample", None, "sample");
    inline("select 1 -- caulk:allow sample", None, "sample");
    inline("a = 1 /* caulk:allow npm-access-token sample */ + 2", rule, "sample");
    inline("/* one */ a /* caulk:allow sample */", None, "sample");
    inline("<b/><!-- caulk:allow sample -->", None, "sample");
    inline("; caulk:allow sample", None, "sample");
    inline("% caulk:allow sample", None, "sample");
    inline("  rem caulk:allow sample", None, "sample");
    inline("key = \"a # b\" # caulk:allow sample", None, "sample");
}

#[test]
fn inline_needs_a_comment_and_the_very_words() {
    for line in [
        "TOKEN=caulk:allow",
        "key = \"# caulk:allow\"",
        "key = '// caulk:allow'",
        "https://x/caulk:allow",
        "cmd --flag caulk:allow",
        "a#caulk:allow",
        "/* done */ caulk:allow",
        "theorem caulk:allow",
        "# caulk:allowed",
        "# xcaulk:allow",
        "# caulk: allow",
        "",
    ] {
        assert_eq!(inline_allow(line.as_bytes(), None), None, "{line}");
    }
}

#[test]
fn inline_on_the_line_above_stands_alone() {
    let above = |previous: &str| inline_allow(b"TOKEN=x", Some(previous.as_bytes()));
    assert_eq!(above("  # caulk:allow npm-access-token").unwrap().rule.as_deref(), Some("npm-access-token"));
    assert_eq!(above("<!-- caulk:allow sample -->").unwrap().reason.as_found(), "sample");
    assert_eq!(above("OTHER=y # caulk:allow"), None);
    let own = inline_allow(b"TOKEN=x # caulk:allow b-c", Some(b"# caulk:allow d-e")).unwrap();
    assert_eq!(own.rule.as_deref(), Some("b-c"));
}

#[test]
fn inline_takes_a_long_line_in_one_pass() {
    // Quadratic behaviour would take minutes here.
    for unit in ["caulk:allow ", "/* */", "/*", " rem", "\"caulk:allow\" ", "-- ", "//"] {
        let line = unit.repeat(400_000);
        let _ = inline_allow(line.as_bytes(), Some(line.as_bytes()));
    }
}
