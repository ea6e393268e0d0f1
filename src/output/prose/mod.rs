//! What the reports for people share: which findings are one thing, and the words for it.
//!
//! Texts come out as they were found; each format escapes them in its own way. Nothing here knows a
//! format, a width or a colour.

pub(super) mod group;
pub(super) mod headline;
pub(super) mod looked;
pub(super) mod next;
pub(super) mod numbers;
pub(super) mod place;
pub(super) mod reach;

use super::RenderOptions;
use crate::model::{Category, ScanReport, Severity};
use place::Paths;

/// The sections, in the order they are read.
pub(super) const SECTIONS: &[(Category, &str)] = &[
    (Category::Compromise, "Signs of a known attack"),
    (Category::Credential, "Secrets in the clear"),
    (Category::AutoExec, "Starts without being asked"),
    (Category::Injection, "Text that steers an agent"),
    (Category::Posture, "Settings that lower a guard"),
];

/// Characters of a field, a command or a reason; files can be made to hold megabytes of them.
pub(super) const LONG: usize = 160;

/// What comes before everything else, while a stealer's watcher stands.
pub(super) const STOP: &str = "Stop first: a known stealer's watcher is on this machine. It may act when a stolen token is \
                               revoked, so the order matters.";

/// What every part of a page is made from.
pub(super) struct Sheet<'a> {
    pub(super) report: &'a ScanReport,
    pub(super) options: &'a RenderOptions,
    pub(super) paths: Paths,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(report: &'a ScanReport, options: &'a RenderOptions) -> Self {
        Self { report, options, paths: Paths::of(report, options) }
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
