//! A program that starts by itself and that other accounts of this machine can change. Where it lies is looked up by
//! the scan, which knows files; here is only what is made of it.

use super::weigh::Fault;
use super::{AuditCx, Judgement};
use crate::model::{AutorunEntry, CodeFrom, Severity, Untrusted};
use crate::rules::place::Level;

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
