//! Gives findings their names. A name hangs on rule, relative path and pointer; the ordinal tells
//! equals apart (two homes with the same file, two tokens in one line) by where they lie.

use super::order::by_place;
use crate::model::{Finding, FindingId};
use std::collections::BTreeMap;

/// Sets every id; unique within `findings`, whose order is kept and does not matter.
///
/// Call it with all findings of a run, before any is filtered or hidden: what is left out would
/// give its ordinal to another.
pub fn assign_ids(findings: &mut [Finding]) {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|&a, &b| by_place(&findings[a], &findings[b]));
    let mut seen = BTreeMap::new();
    let ids: Vec<_> = order
        .into_iter()
        .map(|at| {
            let parts = &findings[at].id_parts;
            let ordinal: &mut u32 = seen.entry(parts).or_default();
            let id = FindingId::new(parts, *ordinal);
            *ordinal = ordinal.saturating_add(1);
            (at, id)
        })
        .collect();
    for (at, id) in ids {
        findings[at].id = id;
    }
}
