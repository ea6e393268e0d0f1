//! Markdown: what names of the scanned machine hold stays text.

use super::*;

/// The text without its code spans; a span ends with as many backticks as it began with (CommonMark 6.1).
fn outside_code(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        out += &rest[..at];
        let fence = rest[at..].chars().take_while(|c| *c == '`').count();
        let body = &rest[at + fence..];
        let mut from = 0;
        let end = loop {
            let next = from + body[from..].find('`').expect("a code span ends");
            let length = body[next..].chars().take_while(|c| *c == '`').count();
            if length == fence {
                break next;
            }
            from = next + length;
        };
        out.push('\u{1}');
        rest = &body[end + fence..];
    }
    out + rest
}

#[test]
fn nothing_of_a_name_becomes_markup() {
    let text = render(Format::Markdown, &hostile());
    for line in text.lines() {
        let bare = outside_code(line);
        let ours = bare.trim_start_matches(['#', '-', '|', ' ']);
        for mark in
            ["<script", "<img", "<svg", "](", "![", "@octocat", "www.", "~~", "$x", ":tada:", "<!--", "bad.example"]
        {
            assert!(!bare.contains(mark), "{mark} in {bare}");
        }
        // Bold words are our own, and stand in pairs.
        assert_eq!(ours.matches("**").count() % 2, 0, "{bare}");
        if bare.contains('|') {
            assert!(bare.starts_with("| ") && bare.ends_with(" |"), "a table of ours: {bare}");
        }
    }
}

#[test]
fn a_report_reads_as_one() {
    let text = render(Format::Markdown, &usual());
    for part in [
        "# caulk report\n",
        "| severity | findings |\n",
        "## Secrets in the clear\n",
        "`~/.npmrc:3",
        "others can read it",
        "**Next:**",
        "<https://docs.npmjs.com/revoking-access-tokens>",
        "Shai-Hulud 2 would have taken",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{text}");
}

/// Revoking is no first step while a watcher stands.
#[test]
fn a_watcher_comes_first() {
    let mut report = usual();
    report.watcher = true;
    let text = render(Format::Markdown, &report);
    let order = text.find("Do not revoke").expect("the safe order");
    assert!(order < text.find("## ").expect("a section"));
    assert!(!text.contains("replace and revoke it"), "{text}");
}

#[test]
fn a_clean_report_has_no_table() {
    let text = render(Format::Markdown, &report(Vec::new()));
    assert!(text.contains("All clear") && !text.contains("| --- |"), "{text}");
}
