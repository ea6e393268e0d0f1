//! The formats that other programs read: SARIF, HTML, CSV, Markdown, JUnit. Each is held against its own rules,
//! with names in the report that try to break out of it.

#[path = "output_formats/csv.rs"]
mod csv;
#[path = "output_formats/html.rs"]
mod html;
#[path = "output_formats/junit.rs"]
mod junit;
#[path = "output_formats/markdown.rs"]
mod markdown;
#[path = "output_formats/sarif.rs"]
mod sarif;

use crate::output::{credential, finding, report};
use caulk::model::{
    Category, Container, ContainerKind, Evidence, FindingId, Fix, ReadError, Region, RuleText, ScanReport, Severity,
    Skip, SteeredBy, Suppressed, Untrusted,
};
use caulk::output::{Format, RenderOptions, write};
use std::path::PathBuf;

/// The formats that are tested here.
const FORMATS: &[Format] = &[Format::Sarif, Format::Html, Format::Csv, Format::Markdown, Format::Junit];

/// Names that mean something to one of the formats, or to whatever shows it.
const HOSTILE: &[&str] = &[
    "bidi\u{202e}txt.exe\u{2066}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]><x/>&amp;&lt;",
    "=cmd|' /C calc'!A0",
    "@SUM(1+9)*cmd",
    "+1-1\t-2",
    "```\n# `code` ``` **b** ~~s~~ $x^2$",
    "[click](https://bad.example/) ![i](https://bad.example/i.png) <https://bad.example/>",
    "https://bad.example/auto www.bad.example mail@bad.example @octocat #1 :tada:",
    "| a | b |\n| - | - |\n- [ ] x\n1. y",
    "line\r\nfeed\u{85}\u{2028}\u{0}\u{1b}[2J\u{7f}",
    "\"quoted\", 'single'; {0} {{x}} {text} $(id) `id` %0A %FF",
    "zero\u{200b}width\u{feff}\u{e0041}\u{fffe}\u{ffff}",
    "\"><svg onload=alert(1)>' style='x",
    "--><!--",
    "</title></style></script>",
    "back\\slash\\|pipe\\",
];

fn options() -> RenderOptions {
    RenderOptions { home: Some(PathBuf::from("/home/ada")), show_suppressed: true, ..RenderOptions::default() }
}

fn render(format: Format, report: &ScanReport) -> String {
    render_with(format, report, &options())
}

fn render_with(format: Format, report: &ScanReport, options: &RenderOptions) -> String {
    let mut out = Vec::new();
    write(format, report, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn rule_text(category: Category) -> RuleText {
    RuleText {
        title: "npm access token".into(),
        category,
        severity: Severity::Critical,
        confidence: None,
        impact: "Whoever has it can publish packages as you".into(),
        remedy: "https://docs.npmjs.com/revoking-access-tokens".into(),
        references: vec!["https://docs.npmjs.com/about-access-tokens".into()],
    }
}

/// A token in two places, a program, a setting: what a report usually holds.
fn usual() -> ScanReport {
    let title = "npm access token in .npmrc";
    let mut first = credential("npm-access-token", title, "/home/ada/.npmrc", 3, "Zk4");
    first.surface = "npm.npmrc".into();
    first.location.field = Some("//npm.example.com/:_authToken".into());
    first.location.region =
        Some(Region { line: 3, column: 40, end_line: 3, end_column: 80, character: 38, end_character: 78 });
    first.harvested_by = vec!["shai-hulud-2".into()];
    first.fix = Some(Fix {
        recipe: Some("npmrc-env".into()),
        automatic: true,
        summary: "Move it to the keychain.".into(),
        rotate_url: Some("https://docs.npmjs.com/revoking-access-tokens".into()),
    });
    let mut second = first.clone();
    second.location.path = "/home/ada/src/shop/.npmrc".into();
    second.id = FindingId::new(&second.id_parts, 1);
    second.exposure.as_mut().unwrap().mode = Some(0o644);
    second.exposure.as_mut().unwrap().others_can_read = Some(true);
    let mut server = finding("mcp-unpinned-package", "/home/ada/.cursor/mcp.json", 5);
    server.category = Category::AutoExec;
    server.severity = Severity::High;
    server.title = "MCP server runs an unpinned package".into();
    server.evidence = Some(Evidence {
        server: Some("github".into()),
        command: Some("npx -y some-server".into()),
        value: None,
        why: vec!["unpinned package".into()],
        ..Evidence::default()
    });
    server.fix = Some(Fix { summary: "Pin the package to an exact version.".into(), ..Fix::default() });
    let mut report = report(vec![first, second, server, finding("npm-ignore-scripts", "/etc/npmrc", 1)]);
    report.rules.insert("npm-access-token".into(), rule_text(Category::Credential));
    report.campaigns.insert("shai-hulud-2".into(), "Shai-Hulud 2".into());
    report
}

/// Every hostile text in every place that the machine under scan has a say in.
fn hostile() -> ScanReport {
    let mut findings = Vec::new();
    for (nth, text) in HOSTILE.iter().enumerate() {
        let path = format!("/home/ada/{text}");
        let mut one = credential("npm-access-token", &format!("npm token in {text}"), &path, 1, &nth.to_string());
        let own = || Some(Untrusted::new(*text));
        one.id = FindingId::new(&one.id_parts, nth as u32);
        one.user = own();
        one.location.field = own();
        one.location.container =
            Some(Container { kind: ContainerKind::Sqlite, table: own(), key: own(), part: Some("free-space") });
        one.related = vec![one.location.clone()];
        one.secret.as_mut().unwrap().attributes.insert("account".into(), Untrusted::new(*text));
        one.exposure.as_mut().unwrap().synced_by = Some((*text).into());
        one.evidence = Some(Evidence {
            server: own(),
            command: own(),
            value: own(),
            why: vec![(*text).into()],
            ..Evidence::default()
        });
        one.fix = Some(Fix {
            summary: (*text).into(),
            rotate_url: Some(format!("https://a.example/{text}")),
            ..Fix::default()
        });
        findings.push(one);
        let mut broken = finding("some-setting", &format!("/home/ada/not%FFutf8{nth}"), 2);
        broken.location.path_bytes = Some([b"/home/ada/not\xffutf8", nth.to_string().as_bytes()].concat());
        broken.fix = Some(Fix { rotate_url: Some((*text).into()), ..Fix::default() });
        findings.push(broken);
    }
    let mut report = report(findings);
    for text in HOSTILE {
        let own = || Untrusted::new(*text);
        report.suppressed.push(Suppressed {
            finding: finding("other-setting", &format!("/home/ada/{text}"), 2),
            by: "inline",
            reason: own(),
        });
        report.errors.push(ReadError { path: own(), skip: Skip::PermissionDenied, incidental: false });
        report.errors.push(ReadError { path: own(), skip: Skip::Malformed("x"), incidental: true });
        report.scan.steered_by.push(SteeredBy { path: own(), digest: format!("sha256:{}", "a".repeat(64)) });
        report.scan.roots.push(own());
        report.host.users.push(own());
    }
    report.host.name = Untrusted::new(HOSTILE.concat());
    report.scan.complete = false;
    report.rules.insert(
        "npm-access-token".into(),
        RuleText {
            title: HOSTILE[1].into(),
            impact: HOSTILE.concat(),
            remedy: HOSTILE[7].into(),
            references: HOSTILE.iter().map(|text| format!("https://a.example/{text}")).collect(),
            ..RuleText::default()
        },
    );
    report.summarize();
    report
}

/// A report with a watcher, one that could not look, one that is clean, and the two above.
fn reports() -> Vec<ScanReport> {
    let mut watched = usual();
    watched.watcher = true;
    let mut unfinished = report(Vec::new());
    unfinished.scan.complete = false;
    let mut cut = usual();
    cut.coverage.truncated = 4;
    cut.scan.complete = false;
    cut.scan.roots = vec!["C:\\Users\\ada".into(), "\\\\server\\share".into()];
    vec![report(Vec::new()), usual(), hostile(), watched, unfinished, cut]
}

fn is_raw(c: char) -> bool {
    !matches!(c, '\n' | '\r') && Untrusted::must_escape(c)
}

#[test]
fn what_deceives_a_reader_is_never_written_as_it_is() {
    for format in FORMATS {
        let text = render(*format, &hostile());
        let found = text.char_indices().find(|(_, c)| is_raw(*c));
        assert_eq!(found, None, "{format}: {:?}", found.map(|(at, _)| &text[at.saturating_sub(40)..at]));
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in FORMATS {
        for report in reports() {
            assert_eq!(render(*format, &report), render(*format, &report.clone()), "{format}");
        }
    }
}

#[test]
fn nobody_is_told_to_revoke_while_a_watcher_stands() {
    let mut report = usual();
    for format in FORMATS {
        assert!(render(*format, &report).contains("revoking-access-tokens"), "{format}");
    }
    report.watcher = true;
    for format in FORMATS {
        let text = render(*format, &report);
        assert!(!text.contains("revoking-access-tokens"), "{format}");
        assert!(text.contains("Do not revoke or rotate any token yet"), "{format}");
    }
}

#[test]
fn a_report_is_written_piece_by_piece() {
    /// Takes some bytes, then is a closed pipe.
    struct Shut(usize);
    impl std::io::Write for Shut {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for format in FORMATS {
        let error = write(*format, &hostile(), &options(), &mut Shut(2_000)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe, "{format}");
    }
}
