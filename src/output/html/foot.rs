//! What was hidden, what could not be read, and what was looked at.

use super::super::markup::html;
use super::super::prose::numbers::{clip, count};
use super::super::prose::{LONG, looked};
use super::Sheet;
use super::entry::location;
use crate::model::ReadError;
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn foot(sheet: &Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"<footer class=\"coverage\">\n")?;
    let (incidental, blind): (Vec<_>, Vec<_>) = sheet.report.errors.iter().partition(|error| error.incidental);
    if !blind.is_empty() {
        out.write_all(b"<h2>Could not look</h2>\n<ul>\n")?;
        for error in blind {
            out.write_all(unread(sheet, error).as_bytes())?;
        }
        out.write_all(b"</ul>\n")?;
    }
    if !incidental.is_empty() {
        let others = count(incidental.len() as u64, "other place");
        writeln!(
            out,
            "<details><summary>{others} that no credential is expected in could not be read</summary>\n<ul>"
        )?;
        for error in incidental {
            out.write_all(unread(sheet, error).as_bytes())?;
        }
        out.write_all(b"</ul>\n</details>\n")?;
    }
    suppressed(sheet, out)?;
    out.write_all(coverage(sheet).as_bytes())?;
    out.write_all(b"</footer>\n")
}

fn unread(sheet: &Sheet<'_>, error: &ReadError) -> String {
    format!("<li><code>{}</code>: {}</li>\n", html(&sheet.paths.short(&error.path)), html(&error.skip.reason()))
}

fn suppressed(sheet: &Sheet<'_>, out: &mut dyn Write) -> io::Result<()> {
    let hidden = &sheet.report.suppressed;
    if !sheet.options.show_suppressed || hidden.is_empty() {
        return Ok(());
    }
    out.write_all(b"<h2>Suppressed</h2>\n<ul>\n")?;
    for one in hidden {
        writeln!(
            out,
            "<li>{}: {}<br>{}<br>by {}: {}</li>",
            one.finding.severity,
            html(&clip(&one.finding.title, 2 * LONG)),
            location(sheet, &one.finding.location),
            one.by,
            html(&clip(one.reason.as_found(), 2 * LONG))
        )?;
    }
    out.write_all(b"</ul>\n")
}

fn coverage(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let mut text = String::from("<h2>What was looked at</h2>\n");
    let mut sentences = vec![looked::at(report)];
    sentences.extend(looked::past(report, sheet.options.show_suppressed));
    sentences.extend(looked::cut(report));
    sentences.extend(looked::rules(report));
    sentences.extend(sheet.paths.foreign_home().map(|home| format!("Here ~ is {home}.")));
    sentences.push(looked::confined(report));
    let _ = writeln!(text, "<p>{}</p>", html(&sentences.join(" ")));
    for file in &report.scan.steered_by {
        let _ = writeln!(text, "<p>Steered by <code>{}</code></p>", html(&sheet.paths.short(&file.path)));
    }
    for note in &sheet.options.notes {
        let _ = writeln!(text, "<p>Note: {}</p>", html(&clip(note.as_found(), 400)));
    }
    let _ = writeln!(
        text,
        "<p>caulk {}. Secrets are shown by a stand-in; no value is in this file.</p>",
        env!("CARGO_PKG_VERSION")
    );
    text
}
