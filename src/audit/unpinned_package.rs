//! A server or hook whose package is fetched at each start, whatever version is newest.

use super::{Audit, AuditCx, Judgement, starts_by_itself};
use crate::model::{Pin, Severity};

pub(super) struct UnpinnedPackage;

impl Audit for UnpinnedPackage {
    fn meta(&self) -> &'static str {
        "mcp-unpinned-package"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        // A package's own scripts and an editor's tasks find what they name among what is installed already.
        let agents = cx.live_hooks().filter(|entry| entry.project == "agent-hook-project");
        for entry in cx.live_servers().chain(agents) {
            let (severity, why) = match entry.launch.as_ref().map(|launch| launch.pin) {
                Some(Pin::None) if starts_by_itself(entry) => (Severity::High, "unpinned package"),
                Some(Pin::None) => (Severity::Medium, "unpinned package"),
                Some(Pin::Tag) => (Severity::Low, "pinned to a tag that can be moved"),
                Some(Pin::Exact | Pin::Local) | None => continue,
            };
            out.extend(cx.judge(self.meta(), entry, severity, why));
        }
    }
}
