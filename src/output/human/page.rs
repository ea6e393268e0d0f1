//! What every part of the text shares: width, styles, and how a path is shown.

use super::super::RenderOptions;
use super::super::prose::place::Paths;
use super::text::{self, Piece};
use crate::model::{ScanReport, Severity, Untrusted};
use anstyle::{AnsiColor, Style};

/// The sheet that the text is written for.
pub(super) struct Page<'a> {
    pub(super) report: &'a ScanReport,
    pub(super) options: &'a RenderOptions,
    pub(super) paths: Paths,
    width: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a ScanReport, options: &'a RenderOptions) -> Self {
        Self { report, options, paths: Paths::of(report, options), width: options.width.max(40) }
    }

    pub(super) fn verbose(&self) -> bool {
        self.options.verbose > 0
    }

    /// A paragraph whose first line opens with `first`; later lines are indented by `indent`.
    pub(super) fn paragraph(&self, first: &str, indent: usize, pieces: &[Piece]) -> String {
        text::paragraph(first, indent, self.width, pieces)
    }

    /// A path as found, with `~` for the home.
    pub(super) fn path(&self, path: &Untrusted) -> String {
        self.paths.short(path)
    }

    pub(super) fn bold(&self) -> Style {
        self.style(Style::new().bold())
    }

    pub(super) fn dim(&self) -> Style {
        self.style(Style::new().dimmed())
    }

    pub(super) fn path_style(&self) -> Style {
        self.style(AnsiColor::Cyan.on_default())
    }

    pub(super) fn severity(&self, severity: Severity) -> Style {
        self.style(match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::High => AnsiColor::Red.on_default(),
            Severity::Medium => AnsiColor::Yellow.on_default(),
            Severity::Low => AnsiColor::Blue.on_default(),
            Severity::Info => Style::new().dimmed(),
        })
    }

    fn style(&self, style: Style) -> Style {
        if self.options.color { style } else { Style::new() }
    }
}
