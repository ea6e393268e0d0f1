//! JUnit: read back by a reader of XML that forgives nothing.

use super::*;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn number(&self, name: &str) -> usize {
        self.attributes[name].parse().unwrap()
    }

    fn all(&self, name: &str) -> Vec<&Element> {
        let own = self.children.iter().filter(|child| child.name == name);
        own.chain(self.children.iter().flat_map(|child| child.all(name))).collect()
    }
}

/// The root element of a well-formed document without a doctype, comments or CDATA.
fn parse(text: &str) -> Element {
    let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    assert_eq!(text.chars().find(|c| !legal(*c)), None, "XML 1.0 allows its characters only");
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let mut stack = vec![Element::default()];
    while let Some(open) = rest.find('<') {
        let before = unescape(&rest[..open]);
        stack.last_mut().unwrap().text += &before;
        let close = open + rest[open..].find('>').expect("a tag ends");
        let tag = &rest[open + 1..close];
        rest = &rest[close + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let done = stack.pop().unwrap();
            assert_eq!(done.name, name);
            stack.last_mut().expect("a start for each end").children.push(done);
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{tag}");
        let element = Element { name: name.into(), attributes: read_attributes(attributes), ..Element::default() };
        if empty {
            stack.last_mut().unwrap().children.push(element);
        } else {
            stack.push(element);
        }
    }
    assert!(rest.trim().is_empty() && stack.len() == 1, "everything is closed");
    stack.remove(0).children.pop().unwrap()
}

fn read_attributes(mut rest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").expect("a name and a quote");
        let (value, after) = value.split_once('"').expect("a quote ends");
        assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name}");
        assert!(!value.contains(['<', '\n', '\t']));
        assert!(found.insert(name.to_owned(), unescape(value)).is_none(), "an attribute twice");
        rest = after.trim_start();
    }
    found
}

fn unescape(text: &str) -> String {
    assert!(!text.contains("]]>") && !text.contains('>'));
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}

fn root(report: &ScanReport) -> Element {
    parse(&render(Format::Junit, report))
}

#[test]
fn every_report_is_well_formed_and_counts_right() {
    for report in reports() {
        let root = root(&report);
        assert_eq!(root.name, "testsuites");
        let counted =
            |element: &Element| ["testcase", "failure", "error", "skipped"].map(|name| element.all(name).len());
        let said = |element: &Element| ["tests", "failures", "errors", "skipped"].map(|name| element.number(name));
        assert_eq!(counted(&root), said(&root));
        for suite in root.all("testsuite") {
            assert_eq!(counted(suite), said(suite));
            assert!(suite.number("tests") > 0);
        }
        let watcher = usize::from(report.watcher);
        assert_eq!(root.number("failures"), report.findings.len() + watcher);
        let names: Vec<_> =
            root.all("testcase").iter().map(|case| &case.attributes).map(|a| (&a["classname"], &a["name"])).collect();
        assert!(!names.iter().any(|(class, name)| class.is_empty() || name.is_empty()));
    }
}

#[test]
fn a_finding_is_a_failed_test_that_keeps_its_name() {
    let mut report = usual();
    let root_of = root(&report);
    let suites: Vec<_> = root_of.all("testsuite").iter().map(|suite| suite.attributes["name"].clone()).collect();
    assert_eq!(suites, ["Scan", "Secrets in the clear", "Starts without being asked", "Settings that lower a guard"]);
    let case = root_of.all("testsuite")[1].children.first().unwrap();
    let id = report.findings[0].id.as_str();
    assert_eq!(case.attributes["classname"], "npm-access-token");
    assert_eq!(case.attributes["name"], format!("npm access token in .npmrc: ~/.npmrc ({})", &id[..12]));
    assert_eq!((case.attributes["file"].as_str(), case.attributes["line"].as_str()), ("~/.npmrc", "3"));
    let failure = &case.children[0];
    assert_eq!(failure.attributes["type"], "critical");
    assert_eq!(failure.attributes["message"], "npm access token in .npmrc: npm_…x7Qa");
    for line in ["severity: critical (high confidence)", "place: ~/.npmrc:3:40 //npm.example.com/:_authToken"] {
        assert!(failure.text.lines().any(|found| found == line), "{line}: {}", failure.text);
    }
    // Its history must not end because a line was added above it.
    report.findings[0].location.region.as_mut().unwrap().line = 9;
    assert_eq!(root(&report).all("testsuite")[1].children[0].attributes["name"], case.attributes["name"]);
}

#[test]
fn a_clean_scan_is_one_passed_test() {
    let root = root(&report(Vec::new()));
    let cases = root.all("testcase");
    assert_eq!((cases.len(), root.number("failures"), root.number("errors")), (1, 0, 0));
    assert!(cases[0].children.is_empty() && cases[0].attributes["name"].starts_with("All clear"));
}

#[test]
fn what_could_not_be_read_is_an_error_or_skipped() {
    let mut blind = report(Vec::new());
    blind.scan.complete = false;
    blind.errors = vec![
        ReadError { path: "/home/ada/.ssh".into(), skip: Skip::PermissionDenied, incidental: false },
        ReadError { path: "/home/ada/x".into(), skip: Skip::TooLarge, incidental: true },
    ];
    let blind = root(&blind);
    assert_eq!((blind.number("tests"), blind.number("errors"), blind.number("skipped")), (3, 2, 1));
    assert_eq!(blind.all("error")[1].attributes["message"], "permission denied");
    // Stopped early with nothing unread: not a pass either.
    let mut stopped = report(Vec::new());
    stopped.scan.complete = false;
    assert_eq!(root(&stopped).number("errors"), 1);
}

#[test]
fn suppressed_findings_are_skipped_tests() {
    let mut report = usual();
    let hidden = finding("other-setting", "/home/ada/x", 2);
    report.suppressed = vec![Suppressed { finding: hidden, by: "config", reason: "a fixture".into() }];
    assert_eq!(root(&report).all("skipped")[0].attributes["message"], "suppressed by config: a fixture");
}

#[test]
fn a_name_makes_no_line_of_the_text() {
    for failure in root(&hostile()).all("failure") {
        for line in failure.text.lines() {
            let (name, _) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
            let ours = ["severity", "place", "with", "exposed", "name", "runs", "set to", "why", "next", "id"];
            assert!(ours.contains(&name), "{line}");
        }
    }
}
