//! A server or hook whose package is fetched at each start, whatever version is newest.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Launch, Pin, Severity};

pub(super) struct UnpinnedPackage;

impl Audit for UnpinnedPackage {
    fn meta(&self) -> &'static str {
        "mcp-unpinned-package"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        // A package's own scripts and an editor's tasks find what they name among what is installed already.
        let agents = cx.live_hooks().filter(|entry| entry.project == "agent-hook-project");
        let servers = cx.live_servers().map(|entry| (entry, false));
        for (entry, hook) in servers.chain(agents.map(|entry| (entry, true))) {
            let looks_first = hook && entry.launch.as_ref().is_some_and(looks_among_installed);
            let (fault, why) = match entry.launch.as_ref().map(|launch| launch.pin) {
                Some(Pin::None) if looks_first => {
                    (Fault::Loose(Severity::Low), "unpinned package where none is installed")
                }
                Some(Pin::None) => (Fault::Loose(Severity::High), "unpinned package"),
                Some(Pin::Tag) => (Fault::Loose(Severity::Low), "pinned to a tag that can be moved"),
                Some(Pin::Exact | Pin::Local) | None => continue,
            };
            out.extend(cx.judge(self.meta(), entry, fault, why));
        }
    }
}

/// Whether the project's own copy of the program is taken before any is fetched: `npx prettier` in a hook, as most
/// projects write it. Who says `-y` or names a package wants it fetched.
fn looks_among_installed(launch: &Launch) -> bool {
    let fetches = |word: &str| matches!(word, "-y" | "--yes" | "-p" | "--package") || word.starts_with("--package=");
    matches!(launch.program.as_str(), "npx" | "bunx") && !arguments(launch).any(fetches)
}
