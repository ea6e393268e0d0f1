//! Servers that go through a shell line.

use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;
use crate::rules::place::Level;

pub(super) struct ShellWrapper;

impl Audit for ShellWrapper {
    fn meta(&self) -> &'static str {
        "mcp-shell-wrapper"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        // In one's own file a line that prepares PATH is normal practice.
        let fault = Fault::Unseen(if cx.level == Level::Project { Severity::Medium } else { Severity::Low });
        for entry in cx.live_servers().filter(|entry| entry.launch.as_ref().is_some_and(|launch| launch.shell)) {
            out.extend(cx.judge(self.meta(), entry, fault, "goes through a shell"));
        }
    }
}
