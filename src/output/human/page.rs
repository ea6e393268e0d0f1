//! What every part of the text shares: width, styles, and how a path is shown.

use super::super::RenderOptions;
use super::text::{self, Piece};
use crate::model::{ScanReport, Severity, Untrusted};
use anstyle::{AnsiColor, Style};
use std::path::Path;

/// The sheet that the text is written for.
pub(super) struct Page<'a> {
    pub(super) report: &'a ScanReport,
    pub(super) options: &'a RenderOptions,
    home: Option<String>,
    width: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(report: &'a ScanReport, options: &'a RenderOptions) -> Self {
        // One audited home is what the reader thinks of; with several, only their own is `~`.
        let home = match report.homes.as_slice() {
            [only] => Some(only),
            _ => options.home.as_ref(),
        };
        Self { report, options, home: home.and_then(|home| shown(home)), width: options.width.max(40) }
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
        let path = path.as_found();
        let below = self.home.as_deref().and_then(|home| path.strip_prefix(home));
        match below {
            Some("") => "~".to_owned(),
            Some(rest) if rest.starts_with(['/', '\\']) => format!("~{rest}"),
            _ => path.to_owned(),
        }
    }

    /// The folder that `~` stands for, when it is not the reader's own home.
    pub(super) fn other_home(&self) -> Option<&str> {
        let own = self.options.home.as_deref().and_then(shown);
        self.home.as_deref().filter(|home| own.as_deref() != Some(*home))
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

/// The sign beside a severity, so that colour is never all there is.
pub(super) const fn glyph(severity: Severity) -> char {
    match severity {
        Severity::Critical => '■',
        Severity::High => '▲',
        Severity::Medium => '●',
        Severity::Low => '○',
        Severity::Info => '·',
    }
}

fn shown(home: &Path) -> Option<String> {
    let text = Untrusted::from_bytes(home.as_os_str().as_encoded_bytes());
    let text = text.as_found().trim_end_matches(['/', '\\']);
    (!text.is_empty()).then(|| text.to_owned())
}
