//! `--format html`: one file to look at and to hand on, which loads nothing from anywhere.
//!
//! All that is told stands in the markup; the script only filters and groups. The policy in the head
//! allows this style and this script by their hashes and nothing else, so that a name of the scanned
//! machine that got past the escaping would still load and run nothing.

mod controls;
mod entry;
mod foot;
mod head;
mod reach;

use super::RenderOptions;
use super::markup::html;
use super::prose::group::{self, Group};
use super::prose::{SECTIONS, Sheet, numbers::thousands};
use crate::model::ScanReport;
use std::io::{self, Write};

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let sheet = Sheet::of(report, options);
    let groups = group::groups(&report.findings);
    out.write_all(head::head(&sheet).as_bytes())?;
    out.write_all(head::header(&sheet, &groups).as_bytes())?;
    out.write_all(reach::drawing(&groups).as_bytes())?;
    if !groups.is_empty() {
        out.write_all(controls::controls(&sheet).as_bytes())?;
    }
    out.write_all(b"<main id=\"findings\" tabindex=\"-1\">\n<div id=\"list\">\n")?;
    for (category, title) in SECTIONS {
        let members: Vec<&Group<'_>> = groups.iter().filter(|group| group.head.category == *category).collect();
        if members.is_empty() {
            continue;
        }
        let count: usize = members.iter().map(|group| group.members.len()).sum();
        writeln!(
            out,
            "<section class=\"group\">\n<h2>{} <span class=\"count\">{}</span></h2>\n<div class=\"entries\">",
            html(title),
            thousands(count as u64)
        )?;
        for group in members {
            out.write_all(entry::entry(&sheet, group).as_bytes())?;
        }
        out.write_all(b"</div>\n</section>\n")?;
    }
    out.write_all(b"</div>\n<p id=\"none\" hidden>No finding fits these filters.</p>\n</main>\n")?;
    foot::foot(&sheet, out)?;
    writeln!(out, "</div>\n<script>{}</script>\n</body>\n</html>", head::script())
}
