//! A project's server that a setting lets start unasked.

use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Consent, Severity};

pub(super) struct AutoStart;

impl Audit for AutoStart {
    fn meta(&self) -> &'static str {
        "mcp-auto-start"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_servers().filter(|entry| entry.consent == Consent::SwitchedOff && entry.launch.is_some()) {
            out.extend(cx.judge(
                self.meta(),
                entry,
                Fault::Bad(Severity::Medium),
                "starts as soon as the folder is opened",
            ));
        }
    }
}
