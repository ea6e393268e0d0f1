//! JUnit: well-formed, its counts true, nothing of a name outside of text and attributes.

use super::*;

/// The names of elements in order, closed ones with a slash. Strict: anything XML 1.0 forbids fails.
fn elements(text: &str) -> Vec<String> {
    for c in text.chars() {
        let legal = matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(legal, "{c:?} is no character of XML 1.0");
    }
    let body = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (mut all, mut open) = (Vec::new(), Vec::new());
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').expect("a tag ends");
        assert!(!after.contains('>'), "text has no bracket: {after}");
        for entity in after.split('&').skip(1).chain(tag.split('&').skip(1)) {
            let name = entity.split(';').next().unwrap();
            assert!(["lt", "gt", "amp", "quot", "#39"].contains(&name), "&{name};");
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name.clone()));
            all.push(format!("/{name}"));
        } else {
            all.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
    all
}

#[test]
fn findings_fail_and_what_could_not_be_read_is_an_error() {
    for report in reports() {
        let text = render(Format::Junit, &report);
        let all = elements(&text);
        let count = |name: &str| all.iter().filter(|element| *element == name).count();
        let errors = report.errors.iter().filter(|error| !error.incidental).count();
        assert_eq!(count("failure"), report.findings.len());
        assert_eq!(count("error"), errors);
        let cases = count("testcase");
        assert!(
            text.contains(&format!(
                "<testsuites name=\"caulk\" tests=\"{cases}\" failures=\"{}\"",
                report.findings.len()
            ))
        );
    }
}

#[test]
fn a_clean_scan_is_one_case_that_passed() {
    let text = render(Format::Junit, &report(Vec::new()));
    assert_eq!(elements(&text), ["testsuites", "testsuite", "testcase", "/testsuite", "/testsuites"]);
}

#[test]
fn a_case_says_what_where_and_what_next() {
    let text = render(Format::Junit, &usual());
    for part in [
        "classname=\"npm-access-token\" name=\"npm access token in .npmrc: ~/.npmrc:3",
        "message=\"critical: npm access token in .npmrc\"",
        "field: //npm.example.com/:_authToken",
        "next: run caulk fix ",
        "why: unpinned package",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
}
