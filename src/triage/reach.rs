//! Joins the two halves of a theft: of everything that runs by itself, which secrets in the clear it can get at.
//!
//! Arithmetic over findings: what a program is handed stands below its own entry, what comes with a project can read
//! the project, and all that nothing confines can read what its user can. Counted by secret, not by place.

use crate::model::{Category, Finding, FindingId, Reach, Severity};
use std::collections::BTreeSet;
use std::path::Path;

/// Secrets that one finding names.
pub const REACH_MAX: usize = 16;

/// A credential, as far as it matters here.
struct Lying {
    fingerprint: String,
    id: FindingId,
    path: String,
    field: String,
    user: Option<String>,
    harvested_by: Vec<String>,
    /// Whether other accounts can read it.
    open: bool,
}

/// Sets `reach` of what runs by itself and of what is known to be bad; ids must be set and findings in order, worst first.
pub fn reach(findings: &mut [Finding]) {
    let lying: Vec<Lying> = findings.iter().filter_map(lying).collect();
    for finding in findings.iter_mut() {
        finding.reach = of(finding, &lying);
    }
}

fn lying(finding: &Finding) -> Option<Lying> {
    // What is public, dead or a tripwire is nothing that is lost.
    let secret = finding.secret.as_ref().filter(|secret| !secret.attributes.contains_key("canary"))?;
    (finding.category == Category::Credential && finding.severity > Severity::Low).then(|| Lying {
        fingerprint: secret.fingerprint.as_str().to_owned(),
        id: finding.id.clone(),
        path: finding.location.path.as_found().to_owned(),
        field: finding.location.field.as_ref().map_or_else(String::new, |field| field.as_found().to_owned()),
        user: finding.user.as_ref().map(|user| user.as_found().to_owned()),
        harvested_by: finding.harvested_by.clone(),
        open: finding.exposure.as_ref().is_some_and(|exposure| exposure.others_can_read == Some(true)),
    })
}

fn of(finding: &Finding, lying: &[Lying]) -> Option<Reach> {
    let evidence = finding.evidence.as_ref()?;
    let acts = match finding.category {
        Category::AutoExec => evidence.runs.is_some(),
        Category::Compromise => true,
        _ => false,
    };
    if !acts {
        return None;
    }
    let path = finding.location.path.as_found();
    let entry = finding.location.field.as_ref().map(|field| format!("{}.", field.as_found()));
    let handed = |one: &Lying| one.path == path && entry.as_ref().is_some_and(|entry| one.field.starts_with(entry));
    let project = project_of(path).filter(|_| evidence.runs.is_some_and(|runs| runs.in_project));
    let in_project = |one: &Lying| project.is_some_and(|project| Path::new(&one.path).starts_with(project));
    let user = finding.user.as_ref().map(crate::model::Untrusted::as_found);
    let confined_by = evidence.runs.and_then(|runs| runs.confined_by);
    let campaign = evidence.campaign.as_deref();
    // A campaign whose list of places is not known may take whatever it can read.
    let known = campaign.filter(|campaign| lying.iter().any(|one| one.harvested_by.iter().any(|id| id == campaign)));
    let reaches = |one: &Lying| {
        let own = one.user.as_deref() == user || one.user.is_none() || user.is_none();
        match (confined_by, known) {
            (Some("other-user"), _) => handed(one) || one.open,
            (Some(_), _) => handed(one),
            (None, Some(campaign)) => own && one.harvested_by.iter().any(|id| id == campaign),
            (None, None) => own,
        }
    };
    let count = |of: &dyn Fn(&Lying) -> bool| {
        lying.iter().filter(|one| of(one)).map(|one| one.fingerprint.as_str()).collect::<BTreeSet<_>>().len() as u64
    };
    let mut seen = BTreeSet::new();
    let named = lying.iter().filter(|one| reaches(one) && seen.insert(one.fingerprint.as_str()));
    Some(Reach {
        handed: count(&handed),
        in_project: count(&in_project),
        ids: named.take(REACH_MAX).map(|one| one.id.clone()).collect(),
        secrets: count(&reaches),
        confined_by,
        of_campaign: known.is_some(),
    })
}

/// The folder of the project that a file of settings belongs to: above the hidden folder that it lies in, or its own.
fn project_of(path: &str) -> Option<&Path> {
    /// How deep files of settings lie in a hidden folder of their project.
    const DEPTH: usize = 3;
    let folder = Path::new(path).parent()?;
    let is_hidden = |folder: &&Path| folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    // A file that stands in the project itself has a name that says what it is: `.mcp.json`.
    let named = Path::new(path).file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    match folder.ancestors().take(DEPTH).find(is_hidden) {
        Some(hidden) if !named => hidden.parent(),
        _ => Some(folder),
    }
}
