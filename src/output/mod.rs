//! Floor 1: a [`ScanReport`] in each of the formats.
//!
//! A reporter gets the report and nothing else: no rule, document, file or secret can be reached
//! from here, so whatever a reader needs must stand in the report. Every text of the machine under
//! scan leaves through [`crate::model::Untrusted`] (people) or the escaping writer (JSON). The same
//! report and options give the same bytes. What to report and what to hide is triage's business.

mod csv;
mod escape;
mod fix;
mod format;
mod html;
mod human;
mod inventory;
mod json;
mod junit;
mod markdown;
mod markup;
mod ndjson;
mod plan;
mod prose;
mod sarif;
mod watcher;
mod wire;

pub use fix::fix_json;
pub use format::{Format, UnknownFormat};
pub use inventory::{InventoryFormat, write_inventory};
pub use plan::{plan_json, plan_text};

use crate::model::{ScanReport, Untrusted};
use std::io::{self, Write};
use std::path::PathBuf;

/// JSON Schema (draft 2020-12) of the report, as `caulk schema report` prints it.
pub const REPORT_SCHEMA: &str = include_str!("report.schema.json");

/// Bytes of one NDJSON line at most, its line feed included.
pub const NDJSON_LINE_BYTES: usize = ndjson::LINE_BYTES;

/// How a report is shown; says nothing about what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderOptions {
    /// Style the human text with ANSI sequences.
    pub color: bool,
    /// Columns of the human text; fewer than 40 count as 40.
    pub width: usize,
    /// 0: what matters; 1: every finding, place and incidental error.
    pub verbose: u8,
    /// Findings and errors only: no headline, footer or hints; nothing at all when nothing was found.
    pub quiet: bool,
    /// List what was suppressed, and why.
    pub show_suppressed: bool,
    /// The reader's own home, shown as `~`.
    pub home: Option<PathBuf>,
    /// Remarks for people that are no findings: an allow entry that has run out.
    pub notes: Vec<Untrusted>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
            verbose: 0,
            quiet: false,
            show_suppressed: false,
            home: None,
            notes: Vec::new(),
        }
    }
}

/// Writes `report` in `format`. Errors are those of `out`, a closed pipe among them.
pub fn write(format: Format, report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, options, out),
        Format::Json => json::write(report, options, out),
        Format::Ndjson => ndjson::write(report, options, out),
        Format::Csv => csv::write(report, options, out),
        Format::Html => html::write(report, options, out),
        Format::Markdown => markdown::write(report, options, out),
        Format::Junit => junit::write(report, options, out),
        Format::Sarif => sarif::write(report, options, out),
    }
}
