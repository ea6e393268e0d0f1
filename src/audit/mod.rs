//! Floor 3: what is wrong with what starts by itself, with settings, and with what agents are told to obey.
//!
//! One file for each coded audit; its texts are in `rules/audits`. Single settings are data
//! ([`posture`]). Audits see entries and documents, never files, and every text they hand on has
//! passed the caller's mask. An entry that is pinned, local and asked for is inventory, no finding.

mod alias;
mod auto_start;
mod base_url;
mod ci;
mod container;
mod escaped;
mod hidden_bidi;
mod hidden_characters;
mod hidden_instruction;
mod hook;
mod instructions;
mod line;
mod loader_variable;
mod lookalike;
mod odd_source;
mod other_user;
mod pipe_to_shell;
mod plain_source;
mod plaintext_remote;
pub mod posture;
mod program_place;
mod python_start;
mod reach;
mod registry;
mod sends;
mod shell_wrapper;
mod tls_off;
mod token_host;
mod unpinned_package;
mod unseen;
mod weigh;
mod wide_folder;
mod workspace_trust;
mod writable;

pub(crate) use plaintext_remote::{host as host_of, is_loopback};
pub use reach::code_from;
pub use unseen::is_instructions;
pub use workspace_trust::{ROW as TRUST_ROW, workspace_trust};
pub use writable::{Open, open_place, writable};

use crate::model::{AutorunEntry, Category, Confidence, Consent, Evidence, Severity, Untrusted};
use crate::read::Document;
use crate::rules::place::Level;
use crate::rules::rule::{AuditText, Surface};
use std::ops::Range;
use weigh::{Fault, weigh};

/// What an audit looks at: one document, and what its file starts.
pub struct AuditCx<'a> {
    /// The file's surface.
    pub surface: &'a Surface,
    /// Whose decision the file is.
    pub level: Level,
    /// The document.
    pub doc: &'a Document<'a>,
    /// Its MCP servers.
    pub servers: &'a [AutorunEntry],
    /// Its hooks and helpers.
    pub hooks: &'a [AutorunEntry],
    /// Texts of the audits.
    pub texts: &'a [AuditText],
    /// Turns bytes of the document into text without its secrets.
    pub mask: &'a dyn Fn(&[u8]) -> Untrusted,
    /// Where the file is.
    pub around: Around<'a>,
}

/// What is known of a file's place; nothing where only a document is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// Its path.
    pub path: &'a str,
    /// Whose home it lies in, by the home's name.
    pub user: &'a str,
    /// Whether a Flatpak application starts what is in it, and is kept from the home.
    pub in_flatpak: bool,
}

/// A finding before it has a file: the scan adds the location.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The audit's or setting's id.
    pub rule: String,
    /// Category.
    pub category: Category,
    /// Severity, weighed.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What was found.
    pub title: String,
    /// Key path in the document; masked.
    pub pointer: Vec<String>,
    /// Bytes in the document.
    pub span: Range<usize>,
    /// Why.
    pub evidence: Evidence,
    /// What to do.
    pub advice: String,
    /// Whether a mend could be made, as far as can be told: none where the machine lacks what it needs.
    pub mendable: bool,
}

/// One idea of what can be wrong.
pub trait Audit: Sync {
    /// The id of its texts.
    fn meta(&self) -> &'static str;
    /// Ids of further texts, where one pass over a document finds things of several kinds.
    fn others(&self) -> &'static [&'static str] {
        &[]
    }
    /// Adds what it finds. One reason a judgement; [`run`] brings those of one entry together.
    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>);
}

/// Every audit.
pub const ALL: &[&dyn Audit] = &[
    &pipe_to_shell::PipeToShell,
    &hook::FetchAndRun,
    &sends::SendsSecrets,
    &program_place::TemporaryProgram,
    &loader_variable::LoaderVariable,
    &container::PrivilegedContainer,
    &hook::Suspicious,
    &unpinned_package::UnpinnedPackage,
    &registry::OtherRegistry,
    &wide_folder::WideFolder,
    &lookalike::Lookalike,
    &program_place::RelativeProgram,
    &auto_start::AutoStart,
    &hook::FromProject,
    &shell_wrapper::ShellWrapper,
    &plaintext_remote::PlaintextRemote,
    &tls_off::TlsOff,
    &base_url::BaseUrl,
    &alias::AgentAlias,
    &python_start::PythonStart,
    &sends::Uploads,
    &hidden_instruction::HiddenInstruction,
    &hidden_bidi::HiddenBidi,
    &hidden_characters::HiddenCharacters,
    &ci::CiAgents,
    &instructions::Instructions,
];

/// Whether the audits of `surface` walk a tree, so that a document in another form than JSON is to be outlined.
#[must_use]
pub fn walks(surface: &Surface, source: &[u8]) -> bool {
    !surface.mcp.is_empty() || !surface.runs.is_empty() || ci::may_have_agent(surface, source)
}

/// What is said of a document by its fields alone, whatever starts from it: where its tokens go, and where what it
/// names comes from.
#[must_use]
pub fn of_fields(cx: &AuditCx<'_>) -> Vec<Judgement> {
    let mut found = Vec::new();
    if token_host::looks_at(cx.surface) {
        token_host::check(cx, &mut found);
    }
    if plain_source::looks_at(cx.surface) {
        plain_source::check(cx, &mut found);
    }
    if odd_source::looks_at(cx.surface) {
        odd_source::check(cx, &mut found);
    }
    found
}

/// Runs every audit, and brings the reasons of one entry together: one judgement for each entry
/// and category, named after the worst reason, with all reasons worst first.
#[must_use]
pub fn run(cx: &AuditCx<'_>) -> Vec<Judgement> {
    let mut reasons = Vec::new();
    for audit in ALL {
        audit.check(cx, &mut reasons);
    }
    // Stable: of equal reasons the audit that stands first in `ALL` names the finding.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
    let mut whole: Vec<Judgement> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for reason in reasons {
        let at = *places.entry((reason.pointer.clone(), reason.span.start, reason.category)).or_insert(whole.len());
        match whole.get_mut(at) {
            Some(judgement) => judgement.evidence.why.extend(reason.evidence.why),
            None => whole.push(reason),
        }
    }
    for judgement in &mut whole {
        let entry = cx.servers.iter().chain(cx.hooks).find(|entry| entry.span == judgement.span);
        if judgement.category == Category::AutoExec
            && let Some(entry) = entry
        {
            judgement.evidence.runs = Some(reach::runs(cx, cx.level, entry));
            judgement.evidence.why.extend(consent_reason(entry.consent));
        }
        let mut seen = std::collections::HashSet::new();
        judgement.evidence.why.retain(|reason| seen.insert(reason.clone()));
    }
    whole.sort_by_key(|judgement| (judgement.span.start, std::cmp::Reverse(judgement.severity)));
    whole
}

/// An entry that is not what it was when it was approved.
#[must_use]
pub fn changed(cx: &AuditCx<'_>, entry: &AutorunEntry, why: &str) -> Option<Judgement> {
    cx.judge("autorun-changed", entry, Fault::Bad(Severity::High), why)
}

fn consent_reason(consent: Consent) -> Option<String> {
    match consent {
        Consent::Unasked => Some("starts without approval".into()),
        Consent::SwitchedOff => Some("approval is switched off".into()),
        Consent::Approved => Some("approved by a stored decision".into()),
        Consent::Asked => None,
    }
}

impl AuditCx<'_> {
    /// Servers and hooks that are not switched off.
    fn live(&self) -> impl Iterator<Item = &AutorunEntry> {
        self.servers.iter().chain(self.hooks).filter(|entry| !entry.disabled)
    }

    /// Servers that are not switched off.
    fn live_servers(&self) -> impl Iterator<Item = &AutorunEntry> {
        self.servers.iter().filter(|entry| !entry.disabled)
    }

    /// Hooks that are not switched off.
    fn live_hooks(&self) -> impl Iterator<Item = &AutorunEntry> {
        self.hooks.iter().filter(|entry| !entry.disabled)
    }

    /// A judgement of one entry for one reason; `None` when the pack has no texts for the audit.
    fn judge(&self, id: &str, entry: &AutorunEntry, fault: Fault, why: impl Into<String>) -> Option<Judgement> {
        let evidence = Evidence {
            server: Some(entry.name.clone()),
            command: match (&entry.launch, &entry.transport) {
                (Some(launch), _) => Some(launch.written.clone()),
                (None, crate::model::Transport::Remote(url)) => Some(url.clone()),
                (None, _) => None,
            },
            value: None,
            why: vec![why.into()],
            ..Evidence::default()
        };
        let severity = weigh(fault, entry.consent);
        self.judgement(id, severity, entry.pointer.clone(), entry.span.clone(), evidence)
    }

    fn judgement(
        &self,
        id: &str,
        severity: Severity,
        pointer: Vec<String>,
        span: Range<usize>,
        evidence: Evidence,
    ) -> Option<Judgement> {
        let text = self.texts.iter().find(|text| text.id == id)?;
        Some(Judgement {
            rule: id.to_owned(),
            category: text.category,
            severity,
            confidence: Confidence::High,
            title: text.title.to_string(),
            pointer,
            span,
            evidence,
            advice: text.advice.to_string(),
            mendable: true,
        })
    }
}
