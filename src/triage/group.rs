//! Says of each finding where else the same secret lies.

use crate::model::Finding;
use std::collections::BTreeMap;

/// Other findings that a finding names; the rest is only counted.
pub const SAME_SECRET_MAX: usize = 16;

/// Sets `same_secret` and `same_secret_count` from the fingerprints; ids must be set. The named
/// ones are the first in the list. Calling it again counts afresh.
pub fn group(findings: &mut [Finding]) {
    let mut sightings: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if let Some(secret) = &finding.secret {
            sightings.entry(secret.fingerprint.as_str().to_owned()).or_default().push(at);
        }
    }
    for finding in findings.iter_mut() {
        finding.same_secret.clear();
        finding.same_secret_count = 0;
    }
    for places in sightings.values() {
        // One more than is named, since a finding does not name itself.
        let named: Vec<_> = places.iter().take(SAME_SECRET_MAX + 1).map(|&at| (at, findings[at].id.clone())).collect();
        for &at in places {
            let others = named.iter().filter(|(other, _)| *other != at).take(SAME_SECRET_MAX);
            findings[at].same_secret = others.map(|(_, id)| id.clone()).collect();
            findings[at].same_secret_count = u32::try_from(places.len() - 1).unwrap_or(u32::MAX);
        }
    }
}
