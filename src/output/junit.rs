//! `--format junit`: XML for the test view of a build server.
//!
//! A suite for each category, a failed test for each finding; what could not be read is an error, or
//! skipped where no credential is expected. Where nothing was found one test passes, since a file without
//! tests counts as broken. Names hold the finding's id and no line, so that a test keeps its history.

use super::markup::xml;
use super::prose::numbers::{capital, clip, enumerate};
use super::prose::place::{Paths, exposure, inside};
use super::prose::{LONG, SECTIONS, STOP, headline, next};
use super::{RenderOptions, watcher};
use crate::model::{Finding, Location, ScanReport, Untrusted};
use std::fmt::Write as _;
use std::io::{self, Write};

/// How a test ended.
enum Ending {
    Passed,
    Failed { kind: &'static str, message: String, text: String },
    Errored { message: String, text: String },
    Skipped { message: String },
}

/// One `testcase`.
struct Case {
    class: String,
    name: String,
    /// Path and line.
    place: Option<(String, Option<u32>)>,
    ending: Ending,
}

/// Tests of a suite by how they ended.
#[derive(Default, Clone, Copy)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'a>(cases: impl Iterator<Item = &'a Ending>) -> Self {
        let mut counts = Self::default();
        for ending in cases {
            counts.tests += 1;
            match ending {
                Ending::Passed => {}
                Ending::Failed { .. } => counts.failures += 1,
                Ending::Errored { .. } => counts.errors += 1,
                Ending::Skipped { .. } => counts.skipped += 1,
            }
        }
        counts
    }

    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(self) -> String {
        let Self { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let paths = Paths::of(report, options);
    let scan = scan_cases(report, &paths);
    let mut counts = Counts::of(scan.iter().map(|case| &case.ending));
    let suites: Vec<Suite<'_>> = SECTIONS
        .iter()
        .map(|(category, title)| {
            let own = |finding: &&Finding| finding.category == *category;
            let hidden = if options.show_suppressed { report.suppressed.as_slice() } else { &[] };
            Suite {
                title,
                found: report.findings.iter().filter(own).collect(),
                hidden: hidden.iter().filter(|one| own(&&one.finding)).collect(),
            }
        })
        .filter(|suite| suite.counts().tests > 0)
        .collect();
    for suite in &suites {
        counts.add(suite.counts());
    }
    let ms = report.scan.duration_ms;
    let time = format!("{}.{:03}", ms / 1000, ms % 1000);
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"caulk\" {} time=\"{time}\">",
        counts.attributes()
    )?;
    open(report, "Scan", Counts::of(scan.iter().map(|case| &case.ending)), &time, out)?;
    for case in &scan {
        out.write_all(case.xml().as_bytes())?;
    }
    out.write_all(b"  </testsuite>\n")?;
    for suite in &suites {
        open(report, suite.title, suite.counts(), "0.000", out)?;
        for finding in &suite.found {
            let text = details(report, &paths, finding);
            let failed = Ending::Failed { kind: finding.severity.as_str(), message: message(finding), text };
            out.write_all(Case::of(&paths, finding, failed).xml().as_bytes())?;
        }
        for one in &suite.hidden {
            let message = format!("suppressed by {}: {}", one.by, clip(one.reason.as_found(), 2 * LONG));
            out.write_all(Case::of(&paths, &one.finding, Ending::Skipped { message }).xml().as_bytes())?;
        }
        out.write_all(b"  </testsuite>\n")?;
    }
    out.write_all(b"</testsuites>\n")
}

/// The findings of one category.
struct Suite<'a> {
    title: &'static str,
    found: Vec<&'a Finding>,
    hidden: Vec<&'a crate::model::Suppressed>,
}

impl Suite<'_> {
    fn counts(&self) -> Counts {
        let (failures, skipped) = (self.found.len(), self.hidden.len());
        Counts { tests: failures + skipped, failures, errors: 0, skipped }
    }
}

fn open(report: &ScanReport, title: &str, counts: Counts, time: &str, out: &mut dyn Write) -> io::Result<()> {
    // Without a zone, as the format's readers expect.
    let at = report.scan.started_at.trim_end_matches('Z');
    writeln!(
        out,
        "  <testsuite name=\"{}\" {} time=\"{time}\" timestamp=\"{}\" hostname=\"{}\">",
        xml(title),
        counts.attributes(),
        xml(at),
        xml(&clip(report.host.name.as_found(), 64))
    )
}

/// Whether the look was complete, the watcher, and that nothing was found.
fn scan_cases(report: &ScanReport, paths: &Paths) -> Vec<Case> {
    let case = |name: String, ending| Case { class: "scan".into(), name, place: None, ending };
    let mut cases = Vec::new();
    if report.watcher {
        let text = watcher::safe_order(&report.host.os).join("\n");
        cases.push(case(
            "no known stealer's watcher".into(),
            Ending::Failed { kind: "critical", message: STOP.into(), text },
        ));
    }
    let blind = report.errors.iter().any(|error| !error.incidental);
    let complete = if report.scan.complete {
        Ending::Passed
    } else {
        let text = if report.coverage.truncated > 0 {
            format!("Counted but not listed, for they are over the limits: {}.", report.coverage.truncated)
        } else if blind {
            "Places that count could not be read; they are listed here.".to_owned()
        } else {
            "The scan ended before everything was looked at.".to_owned()
        };
        Ending::Errored { message: "The look was not complete.".into(), text }
    };
    if report.findings.is_empty() && report.scan.complete {
        cases.push(case(headline::nothing(report), Ending::Passed));
    } else {
        cases.push(case("the look was complete".into(), complete));
    }
    cases.extend(report.errors.iter().map(|error| {
        let path = paths.short(&error.path);
        let (message, text) = (error.skip.reason(), String::new());
        let ending = if error.incidental { Ending::Skipped { message } } else { Ending::Errored { message, text } };
        Case { class: "scan.read".into(), name: format!("read {path}"), place: Some((path, None)), ending }
    }));
    cases
}

impl Case {
    fn of(paths: &Paths, finding: &Finding, ending: Ending) -> Self {
        const DIGITS: usize = 12;
        let path = paths.short(&finding.location.path);
        let id = finding.id.as_str();
        let id = id.get(..DIGITS).unwrap_or(id);
        Self {
            class: finding.rule.clone(),
            name: format!("{}: {path} ({id})", clip(&finding.title, 2 * LONG)),
            place: Some((path, finding.location.region.map(|region| region.line))),
            ending,
        }
    }

    fn xml(&self) -> String {
        let mut text = format!("    <testcase classname=\"{}\" name=\"{}\"", xml(&self.class), xml(&self.name));
        if let Some((path, line)) = &self.place {
            let _ = write!(text, " file=\"{}\"", xml(path));
            if let Some(line) = line {
                let _ = write!(text, " line=\"{line}\"");
            }
        }
        text += " time=\"0.000\"";
        match &self.ending {
            Ending::Passed => text + "/>\n",
            Ending::Skipped { message } => {
                format!("{text}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(message))
            }
            Ending::Failed { kind, message, text: details } => format!(
                "{text}>\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>\n",
                xml(message),
                lines(details)
            ),
            Ending::Errored { message, text: details } => format!(
                "{text}>\n      <error type=\"incomplete\" message=\"{}\">{}</error>\n    </testcase>\n",
                xml(message),
                lines(details)
            ),
        }
    }
}

/// Lines of ours, each escaped by itself: a name makes no line.
fn lines(text: &str) -> String {
    text.split('\n').map(xml).collect::<Vec<_>>().join("\n")
}

fn message(finding: &Finding) -> String {
    let title = clip(&finding.title, 2 * LONG);
    match &finding.secret {
        Some(secret) => format!("{title}: {}", secret.redacted.as_str()),
        None => title,
    }
}

/// What is known, a fact a line.
fn details(report: &ScanReport, paths: &Paths, finding: &Finding) -> String {
    let one_line = |text: &str| Untrusted::new(text).to_string();
    let mut facts = vec![
        format!("severity: {} ({} confidence)", finding.severity, finding.confidence),
        format!("place: {}", one_line(&location(paths, &finding.location))),
    ];
    facts.extend(finding.related.iter().map(|place| format!("with: {}", one_line(&location(paths, place)))));
    let notes = finding.exposure.as_ref().map(exposure).unwrap_or_default();
    facts.extend((!notes.is_empty()).then(|| format!("exposed: {}", one_line(&enumerate(&notes)))));
    if let Some(evidence) = &finding.evidence {
        let texts = [("name", &evidence.server), ("runs", &evidence.command), ("set to", &evidence.value)];
        for (name, text) in texts {
            let text = text.as_ref().map(|text| one_line(&clip(text.as_found(), 4 * LONG)));
            facts.extend(text.map(|text| format!("{name}: {text}")));
        }
        let why: Vec<_> = evidence.why.iter().take(8).map(|reason| one_line(&clip(reason, LONG))).collect();
        facts.extend((!why.is_empty()).then(|| format!("why: {}", why.join("; "))));
    }
    facts.push(format!("next: {}", one_line(&capital(&next::by_itself(report, finding)))));
    facts.push(format!("id: {}", finding.id));
    facts.join("\n")
}

fn location(paths: &Paths, location: &Location) -> String {
    let mut text = paths.position(location);
    if let Some(field) = &location.field {
        let _ = write!(text, " {}", clip(field.as_found(), LONG));
    }
    if let Some(container) = &location.container {
        let _ = write!(text, " {}", inside(container));
    }
    text
}
