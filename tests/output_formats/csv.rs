//! CSV read back by a reader that knows nothing of the writer.

use super::*;

/// RFC 4180, strictly: rows end in CR LF, quotes stand only around a whole cell.
fn parse(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let value;
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut cell = String::new();
            let mut inside = quoted;
            loop {
                let end = inside.find('"').expect("a quote ends");
                cell += &inside[..end];
                inside = &inside[end + 1..];
                match inside.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        inside = more;
                    }
                    None => break,
                }
            }
            (value, rest) = (cell, inside);
        } else {
            let end = rest.find([',', '\r', '\n', '"']).expect("a row ends");
            (value, rest) = (rest[..end].to_owned(), &rest[end..]);
        }
        row.push(value);
        if let Some(more) = rest.strip_prefix(',') {
            rest = more;
        } else {
            rest = rest.strip_prefix("\r\n").expect("a comma or the end of the row");
            rows.push(std::mem::take(&mut row));
        }
    }
    assert!(row.is_empty(), "the last row ends");
    rows
}

fn rows(report: &ScanReport) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut rows = parse(&render(Format::Csv, report));
    let header = rows.remove(0);
    assert!(rows.iter().all(|row| row.len() == header.len()), "rows are of one length");
    rows.into_iter().map(|row| header.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn a_row_has_what_the_report_has() {
    let rows = rows(&usual());
    assert_eq!(rows.len(), 4);
    let first = &rows[0];
    for (name, value) in [
        ("rule", "npm-access-token"),
        ("severity", "critical"),
        ("title", "npm access token in .npmrc"),
        ("path", "/home/ada/.npmrc"),
        ("line", "3"),
        ("column", "40"),
        ("field", "//npm.example.com/:_authToken"),
        ("mode", "0600"),
        ("others_can_read", "false"),
        ("harvested_by", "shai-hulud-2"),
        ("fix_automatic", "true"),
        ("suppressed_by", ""),
    ] {
        assert_eq!(first[name], value, "{name}");
    }
    assert!(first["next"].starts_with("run caulk fix "), "{}", first["next"]);
    assert_eq!((rows[2]["command"].as_str(), rows[2]["secret"].as_str()), ("npx -y some-server", ""));
}

#[test]
fn a_clean_report_is_a_header() {
    let text = render(Format::Csv, &report(Vec::new()));
    assert!(text.starts_with("id,rule,category,severity,") && text.ends_with("\r\n"));
    assert_eq!(text.matches("\r\n").count(), 1);
}

#[test]
fn hostile_names_read_back_and_run_nothing() {
    let report = hostile();
    let read = rows(&report);
    assert_eq!(read.len(), report.findings.len() + report.suppressed.len());
    for row in &read {
        for value in row.values() {
            let starts = |text: &str| text.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(!starts(value) && !value.split(';').any(starts), "{value}");
            assert!(!value.contains(['\r', '\n', '\t']), "{value}");
        }
    }
    let field = |nth: usize| read[2 * nth]["field"].clone();
    assert_eq!(field(3), "'=cmd|' /C calc'!A0");
    assert_eq!(field(4), "'@SUM(1+9)*cmd");
    assert_eq!(field(5), "'+1-1\\t-2");
    assert_eq!(field(9), "| a | b |\\n| - | - |\\n- [ ] x\\n1. y");
    assert_eq!(field(11), HOSTILE[11], "quotes and commas come back as they were");
}

/// Excel divides at semicolons where the decimal sign is a comma.
#[test]
fn no_formula_begins_behind_a_semicolon() {
    let mut report = usual();
    for (text, shown) in [
        ("a;=1", "a;'=1"),
        ("a; \"=1", "a; \"'=1"),
        (" =1", " '=1"),
        ("\t=1", "'\\t=1"),
        ("\r\n=1", "'\\r\\n=1"),
        ("a=1;b=2", "a=1;b=2"),
        ("＝1", "'＝1"),
        ("--------", "'--------"),
    ] {
        report.findings[0].location.field = Some(text.into());
        assert_eq!(rows(&report)[0]["field"], shown, "{text:?}");
    }
}

#[test]
fn suppressed_findings_have_rows_when_asked_for() {
    let mut report = usual();
    let hidden = finding("other-setting", "/home/ada/x", 2);
    report.suppressed = vec![Suppressed { finding: hidden, by: "config", reason: "a fixture".into() }];
    let last = rows(&report).pop().unwrap();
    assert_eq!((last["suppressed_by"].as_str(), last["suppression_reason"].as_str()), ("config", "a fixture"));
    let without = RenderOptions { show_suppressed: false, ..options() };
    assert_eq!(parse(&render_with(Format::Csv, &report, &without)).len(), 5);
}
