//! `--format human`: what a developer reads after `caulk scan`.
//!
//! First what it comes to, then one entry for each thing, worst first, with one next step; minor
//! things as a count; last what was looked at. Colour only adds to words and signs. Whatever is
//! printed passes `text::Piece`, which escapes it.

mod entry;
mod footer;
mod page;
mod text;

use super::RenderOptions;
use super::prose::group::{self, Group};
use super::prose::numbers::thousands;
use super::prose::{SECTIONS, headline};
use crate::model::{Category, ScanReport};
use page::Page;
use std::io::{self, Write};
use text::{plain, styled};

/// Entries of a section that are listed without `--verbose`.
const ENTRIES: usize = 40;

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::new(report, options);
    let groups = group::groups(&report.findings);
    let mut blocks = Blocks { out, first: true };
    if report.watcher {
        blocks.put(&footer::banner(&page))?;
    }
    if !options.quiet {
        let first = if groups.is_empty() {
            plain(headline::nothing(report))
        } else {
            styled(page.bold(), headline::found(report, &page.paths, &groups).join(" "))
        };
        blocks.put(&page.paragraph("", 0, &[first]))?;
    }
    for (category, title) in SECTIONS {
        section(&page, &groups, *category, title, &mut blocks)?;
    }
    let minor: Vec<_> = groups.iter().filter(|group| group.is_minor()).collect();
    if !minor.is_empty() && !page.verbose() {
        let title = page.paragraph("", 0, &[styled(page.bold(), "Less urgent"), plain(" (--verbose lists them)")]);
        blocks.put(&(title + &entry::minor(&page, &minor)))?;
    }
    blocks.put(&footer::suppressed(&page))?;
    blocks.put(&footer::errors(&page))?;
    if !options.quiet {
        blocks.put(&footer::footer(&page, &groups))?;
    }
    Ok(())
}

fn section(
    page: &Page<'_>,
    groups: &[Group<'_>],
    category: Category,
    title: &str,
    blocks: &mut Blocks<'_>,
) -> io::Result<()> {
    let shown = |group: &&Group<'_>| group.head.category == category && (page.verbose() || !group.is_minor());
    let total = groups.iter().filter(shown).count();
    if total == 0 {
        return Ok(());
    }
    blocks.put(&page.paragraph("", 0, &[styled(page.bold(), title)]))?;
    let limit = if page.verbose() { usize::MAX } else { ENTRIES };
    for group in groups.iter().filter(shown).take(limit) {
        blocks.put(&entry::entry(page, group))?;
    }
    if total > limit {
        let more = format!("and {} more, see --verbose or --format json", thousands((total - limit) as u64));
        blocks.put(&page.paragraph("", 2, &[plain(more)]))?;
    }
    Ok(())
}

/// Blocks of text with an empty line between them.
struct Blocks<'a> {
    out: &'a mut dyn Write,
    first: bool,
}

impl Blocks<'_> {
    fn put(&mut self, block: &str) -> io::Result<()> {
        if block.is_empty() {
            return Ok(());
        }
        if !std::mem::take(&mut self.first) {
            self.out.write_all(b"\n")?;
        }
        self.out.write_all(block.as_bytes())
    }
}
