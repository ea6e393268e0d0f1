//! Floor 1: what becomes of findings between the scan and the report.
//!
//! Pure functions over findings: order, names, groups, bounds, and what the user has allowed. No
//! file, clock or environment; today's date and the homes are handed in. In order of use: a scan
//! calls [`sort`], [`assign_ids`], [`group`] and [`cap`]; whoever reports calls [`Allow::apply`]
//! and [`filter`], then [`group`] again where groups must not name what was hidden.

mod allow;
mod cap;
mod group;
mod ids;
mod inline;
mod order;
mod reach;

pub use allow::{Allow, AllowEntry, AllowError, Expired, Until};
pub use cap::cap;
pub use group::{SAME_SECRET_MAX, group};
pub use ids::assign_ids;
pub use inline::{Inline, inline_allow};
pub use order::{sort, sort_errors};
pub use reach::{REACH_MAX, reach};

use crate::model::{Confidence, Finding, Severity};

/// Drops what is below either bound; the order stays.
pub fn filter(findings: &mut Vec<Finding>, min_severity: Severity, min_confidence: Confidence) {
    findings.retain(|finding| finding.severity >= min_severity && finding.confidence >= min_confidence);
}
