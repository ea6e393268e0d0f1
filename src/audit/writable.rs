//! What starts by itself and others of this machine can change: a program, a file that starts something, a folder that
//! such files lie in. Where it lies is looked up by the scan, which knows files; here is only what is made of it.

use super::weigh::Fault;
use super::{AuditCx, Judgement};
use crate::host::writers::Writers;
use crate::model::{AutorunEntry, CodeFrom, Confidence, Consent, Evidence, Runs, Severity, Untrusted};
use crate::rules::place::Level;
use crate::rules::rule::AuditText;

/// The judgement of an entry whose program, or a folder above it, others can write.
#[must_use]
pub fn writable(cx: &AuditCx<'_>, entry: &AutorunEntry, place: Untrusted) -> Option<Judgement> {
    let why = "other accounts of this machine can change it";
    let mut judgement = cx.judge("autorun-writable-program", entry, Fault::Bad(Severity::High), why)?;
    judgement.evidence.value = Some(place);
    let mut runs = super::reach::runs(cx, Level::User, entry);
    runs.code = CodeFrom::Others;
    judgement.evidence.runs = Some(runs);
    Some(judgement)
}

/// A file or folder that others can write.
pub struct Open<'o> {
    /// Who.
    pub writers: &'o Writers,
    /// Its permission bits.
    pub mode: u32,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether it comes with a project.
    pub in_project: bool,
    /// What lies in the folder: a file or folder that starts something; masked.
    pub holds: Option<Untrusted>,
    /// Whether its rights are the caller's to change.
    pub own: bool,
}

/// The judgement of a file that starts something, or of a folder of such files.
#[must_use]
pub fn open_place(texts: &[AuditText], open: Open<'_>) -> Option<Judgement> {
    let id = if open.folder { "autorun-open-folder" } else { "autorun-open-file" };
    let text = texts.iter().find(|text| text.id == id)?;
    let (severity, who) = match open.writers {
        Writers::Anyone => (Severity::High, "every account of this machine".to_owned()),
        // A name of the list of groups may be anything.
        Writers::Group(name) => (Severity::Medium, format!("the group {}", Untrusted::new(name.clone()))),
    };
    let what = if open.folder { "change what lies in it" } else { "change it" };
    let runs =
        Runs { consent: Consent::Unasked, code: CodeFrom::Others, confined_by: None, in_project: open.in_project };
    Some(Judgement {
        rule: id.to_owned(),
        category: text.category,
        severity,
        confidence: Confidence::High,
        title: text.title.to_string(),
        pointer: Vec::new(),
        span: 0..0,
        evidence: Evidence {
            value: open.holds,
            why: vec![format!("{who} can {what} (mode {:04o})", open.mode)],
            runs: Some(runs),
            ..Evidence::default()
        },
        advice: text.advice.to_string(),
        mendable: open.own,
    })
}
