//! `--format json`: one object, indented. Its keys are public interface; `report.schema.json` says them.

use super::{RenderOptions, escape, wire};
use crate::model::ScanReport;
use std::io::{self, Write};

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    escape::pretty(&wire::Report::of(report, options.show_suppressed), out)
}
