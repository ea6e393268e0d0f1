//! Markdown: what stands outside of code spans is ours, and nothing there can become markup.

use super::*;

fn text(report: &ScanReport) -> String {
    render(Format::Markdown, report)
}

/// A line without its code spans, read as CommonMark reads them: a run of backticks closes with an equal run.
fn outside(line: &str) -> String {
    let (mut plain, mut rest) = (String::new(), line);
    while let Some(open) = rest.find('`') {
        plain += &rest[..open];
        let fence = rest[open..].chars().take_while(|c| *c == '`').count();
        let mut at = open + fence;
        let close = loop {
            let next = at + rest[at..].find('`').unwrap_or_else(|| panic!("a code span is not closed: {line}"));
            let run = rest[next..].chars().take_while(|c| *c == '`').count();
            if run == fence {
                break next;
            }
            at = next + run;
        };
        plain.push('x');
        rest = &rest[close + fence..];
    }
    plain + rest
}

/// Takes our own bold marks and the links of rule data off a line.
fn without_ours(line: &str) -> String {
    line.replace("**Next:**", "").replace("<https://docs.npmjs.com/revoking-access-tokens>", "").replace("**", "")
}

#[test]
fn nothing_of_a_name_is_markup() {
    for report in reports() {
        for line in text(&report).lines() {
            let outside = without_ours(&outside(line));
            let body = outside.trim_start_matches(['#', '-', ' ']);
            // A row of the one table, which holds no name.
            if outside.starts_with("| ") {
                assert!(["severity", "---", "■", "▲", "●", "○", "·"].iter().any(|own| body.contains(own)), "{line}");
                assert_eq!(outside.matches('|').count(), 3, "{line}");
                continue;
            }
            let markup = |c: char| "<>[]@*_~|#&\\$!={}`".contains(c);
            assert!(!body.contains(markup) && !body.contains("://") && !body.contains("www."), "{line}");
            assert!(!body.split(' ').any(|word| word.matches(':').count() > 1), "an emoji: {line}");
            assert!(!outside.starts_with("    ") && !outside.starts_with('\t'), "an indented block: {line}");
        }
    }
}

#[test]
fn no_line_of_ours_begins_with_a_name() {
    let text = text(&hostile());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let numbered = line.split_once(". ").is_some_and(|(n, _)| n.parse::<u8>().is_ok());
        let ours = ["# ", "## ", "### ", "- ", "| ", "**", "Audit of ", "Saw ", "Steered by "];
        assert!(numbered || ours.iter().any(|own| line.starts_with(own)), "{line}");
        // What follows a list mark must not begin another list.
        if let Some(item) = line.strip_prefix("- ") {
            let word = item.split(' ').next().unwrap();
            assert!(!["-", "+", "*"].contains(&word) && word.trim_end_matches(['.', ')']).parse::<u64>().is_err());
        }
    }
}

#[test]
fn names_come_out_as_they_were() {
    let text = text(&hostile());
    for name in [
        "` ```\\n# `code` ``` **b** ~~s~~ $x^2$ `",
        "`[click](https://bad.example/) ![i](https://bad.example/i.png) <https://bad.example/>`",
        "`https://bad.example/auto www.bad.example mail@bad.example @octocat #1 :tada:`",
        "`<script>alert(1)</script><img src=x onerror=alert(1)>`",
        "`back\\slash\\|pipe\\`",
    ] {
        let fenced = name.starts_with("` ```").then(|| format!("````{}````", &name[1..name.len() - 1]));
        let name = fenced.as_deref().unwrap_or(name);
        assert!(text.contains(name), "{name}:\n{text}");
    }
}

#[test]
fn a_usual_report_reads_well() {
    let text = text(&usual());
    let id = usual().findings[0].id.to_string();
    for part in [
        "# caulk report\n\n**A malicious install script running as ada could take 1 npm token right now, and 1 program starts without being asked.** Shai-Hulud 2 would have taken it. 1 setting lowers a guard.\n",
        "\nAudit of `/home/ada` on `engine`, 2026-02-03 04:05 UTC. Run next: `caulk fix`\n",
        "\n| severity | findings |\n| --- | ---: |\n| ■ critical | 2 |\n| ▲ high | 1 |\n| ● medium | 1 |\n",
        "\n## Secrets in the clear\n\n### ■ critical: npm access token, in 2 places: `npm_…x7Qa`\n\n",
        "- `~/.npmrc:3:40` `//npm.example.com/:_authToken`\n",
        "- `~/src/shop/.npmrc:3:40` `//npm.example.com/:_authToken`: others can read it (mode 0644)\n",
        &format!(
            "- **Next:** `caulk fix {}`, then: replace and revoke it: <https://docs.npmjs.com/revoking-access-tokens>\n",
            &id[..12]
        ),
        "- Runs: `npx -y some-server`\n",
        "- **Next:** Pin the package to an exact version.\n",
        "\n## What was looked at\n",
    ] {
        assert!(text.contains(part), "{part}\nin\n{text}");
    }
}

#[test]
fn minor_findings_are_a_line_each_unless_all_is_asked_for() {
    let mut report = usual();
    for finding in &mut report.findings {
        finding.severity = Severity::Low;
    }
    report.summarize();
    let short = text(&report);
    assert!(short.contains("\n## Less urgent\n\n- ○ low: npm access token, in 2 places: `npm_…x7Qa`, `~/.npmrc:3:40`"));
    assert!(short.contains(" and 1 more place\n") && !short.contains("## Secrets in the clear"));
    let all = render_with(Format::Markdown, &report, &RenderOptions { verbose: 1, ..options() });
    assert!(all.contains("## Secrets in the clear") && !all.contains("## Less urgent"));
}
