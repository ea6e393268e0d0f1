//! Packages and extensions that are here, held against the catalogs of those known to be bad.
//!
//! Where they stand is `installed`'s business and the walk's; what a list says is `components`'.

use super::Scanner;
use crate::audit::Judgement;
use crate::model::{AutorunEntry, Component, Confidence, Ecosystem, Evidence, Pin, Presence, Severity, Untrusted};
use crate::rules::catalog::Known;
use crate::rules::rule::Surface;
use std::sync::{Mutex, PoisonError};

/// Components that are listed at most.
const MOST: usize = 200_000;
/// Package managers whose settings depend on their version.
const MANAGERS: [&str; 3] = ["npm", "pnpm", "bun"];
/// Findings of one file at most: a list of nothing but bad packages says so with a hundred.
const FINDINGS: usize = 100;

/// What one root has.
pub(super) struct Stock<'s> {
    scanner: &'s Scanner<'s>,
    list: Mutex<Vec<Component>>,
    agents: Mutex<Vec<(String, Untrusted)>>,
    /// Versions of package managers that are installed.
    managers: Mutex<Vec<(&'static str, String)>>,
}

impl<'s> Stock<'s> {
    pub(super) fn new(scanner: &'s Scanner<'s>) -> Self {
        Self { scanner, list: Mutex::default(), agents: Mutex::default(), managers: Mutex::default() }
    }

    /// Whether anybody wants to know.
    pub(super) fn wanted(&self) -> bool {
        self.scanner.request.list_components || !self.scanner.pack.catalogs().is_empty()
    }

    /// Takes the components of one file; tells what is known to be bad of them.
    pub(super) fn take(&self, mut components: Vec<Component>) -> Vec<Judgement> {
        let mut judgements = Vec::new();
        for one in &mut components {
            if let Some(judgement) = self.judge(one) {
                one.known_bad = true;
                judgements.push(judgement);
            }
        }
        judgements.truncate(FINDINGS);
        judgements.extend(self.plain_http(&components));
        judgements.retain(|judgement| self.scanner.pack.keeps(&judgement.rule));
        if self.scanner.request.list_components {
            // A name or a version may be, by mistake, the very secret that stands beside it.
            for one in &mut components {
                one.name = self.masked(&one.name);
                one.version = self.masked(&one.version);
            }
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST.saturating_sub(list.len());
            list.extend(components.into_iter().take(room));
        }
        judgements
    }

    /// The packages that settings start, which may not be here yet.
    pub(super) fn started<'e>(&self, entries: impl Iterator<Item = &'e AutorunEntry>, surface: &str) -> Vec<Judgement> {
        let live = entries.filter(|entry| !entry.disabled);
        let known = live.filter_map(|entry| {
            let launch = entry.launch.as_ref().filter(|launch| launch.pin == Pin::Exact)?;
            let mut one = crate::components::of_spec(&launch.program, launch.package.as_deref()?)?;
            one.presence = Presence::Started;
            one.span = entry.span.clone();
            surface.clone_into(&mut one.surface);
            let mut judgement = self.judge(&one)?;
            judgement.pointer.clone_from(&entry.pointer);
            judgement.evidence.server = Some(entry.name.clone());
            judgement.evidence.command = Some(launch.written.clone());
            Some(judgement)
        });
        known.filter(|judgement| self.scanner.pack.keeps(&judgement.rule)).take(FINDINGS).collect()
    }

    /// Notes the package managers among a user's own packages: those of the machine may be anybody's.
    pub(super) fn note_managers(&self, components: &[Component]) {
        for one in components.iter().filter(|one| one.global && one.ecosystem == Ecosystem::Npm) {
            if let Some(name) = MANAGERS.iter().find(|name| **name == one.name.as_found()) {
                let mut managers = self.managers.lock().unwrap_or_else(PoisonError::into_inner);
                managers.push((name, one.version.as_found().to_owned()));
            }
        }
    }

    /// The version of a package manager that is installed, where there is one and all copies agree on what it has.
    pub(super) fn version_of(&self, manager: &str) -> Option<String> {
        let managers = self.managers.lock().unwrap_or_else(PoisonError::into_inner);
        // Of several the one that knows least: what it would pass over must not be asked of it.
        let versions = managers.iter().filter(|(name, _)| *name == manager).map(|(_, version)| version);
        versions
            .min_by_key(|version| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u64>>())
            .cloned()
    }

    /// Notes the program that a file of settings belongs to.
    pub(super) fn agent(&self, surface: &Surface, path: &Untrusted) {
        if self.scanner.request.list_components && !surface.mcp.is_empty() {
            let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
            agents.push((surface.client.to_string(), path.clone()));
        }
    }

    /// Everything there is: agents, then components.
    pub(super) fn into_lists(self) -> (Vec<(String, Untrusted)>, Vec<Component>) {
        let agents = self.agents.into_inner().unwrap_or_else(PoisonError::into_inner);
        (agents, self.list.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    fn masked(&self, text: &Untrusted) -> Untrusted {
        self.scanner.detector.mask_text(text.as_found().as_bytes())
    }

    fn judge(&self, one: &Component) -> Option<Judgement> {
        let (name, version) = (one.name.as_found(), one.version.as_found());
        let known = self.scanner.pack.catalogs().find(one.ecosystem, name, version)?;
        // Of a package of which every version is bad, this one may be anything.
        let version = self.masked(&one.version);
        let version = version.as_found();
        let (id, kind, what) = match (known.catalog.weakness, one.ecosystem) {
            (true, _) => ("vulnerable-package", "Vulnerable", "package"),
            (false, Ecosystem::Vscode) => ("known-bad-extension", "Known-bad", "editor extension"),
            (false, _) => ("known-bad-package", "Known-bad", "package"),
        };
        let text = self.scanner.pack.audit_text(id)?;
        Some(Judgement {
            rule: id.to_owned(),
            category: text.category,
            severity: severity(&known, one.presence),
            confidence: Confidence::High,
            title: format!("{kind} {} {what} {name} {version}", one.ecosystem.as_str()).replace("vscode ", ""),
            pointer: vec![one.ecosystem.as_str().to_owned(), name.to_owned(), version.to_owned()],
            span: one.span.clone(),
            evidence: Evidence {
                value: Some(Untrusted::new(format!("{name} {version}"))),
                why: why(&known, one.presence),
                campaign: Some(known.catalog.campaign.to_string()).filter(|id| !id.is_empty()),
                ..Evidence::default()
            },
            advice: text.advice.to_string(),
            mendable: false,
        })
    }

    /// Packages that anybody on the way could have changed: one judgement a file.
    fn plain_http(&self, components: &[Component]) -> Option<Judgement> {
        let mut plain = components.iter().filter(|one| one.notes.contains(&crate::components::PLAIN_HTTP));
        let first = plain.next()?;
        let text = self.scanner.pack.audit_text("lock-plain-http")?;
        let count = 1 + plain.count();
        let packages = if count == 1 { "1 package is".to_owned() } else { format!("{count} packages are") };
        Some(Judgement {
            rule: text.id.to_string(),
            category: text.category,
            severity: text.severity,
            confidence: Confidence::High,
            title: text.title.to_string(),
            pointer: vec!["resolved".to_owned()],
            span: first.span.clone(),
            evidence: Evidence {
                value: Some(first.name.clone()),
                why: vec![format!("{packages} fetched over plain http")],
                ..Evidence::default()
            },
            advice: text.advice.to_string(),
            mendable: false,
        })
    }
}

/// What is only named by a lock file need not have run here.
fn severity(known: &Known<'_>, presence: Presence) -> Severity {
    match (known.catalog.severity, presence) {
        (Severity::Critical, Presence::Locked) => Severity::High,
        (Severity::High, Presence::Locked) if known.catalog.weakness => Severity::Low,
        (severity, _) => severity,
    }
}

fn why(known: &Known<'_>, presence: Presence) -> Vec<String> {
    let here = match presence {
        Presence::Installed => "it is installed",
        Presence::Cached => "it was fetched to be run",
        Presence::Started => "it is started by itself",
        Presence::Locked => "a lock file asks for it",
    };
    let mut why = vec![
        format!("exactly this version is listed in \"{}\" ({})", known.catalog.title, known.catalog.date),
        here.to_owned(),
    ];
    if !known.record.is_empty() {
        why.push(format!("record {}", known.record));
    }
    why
}
