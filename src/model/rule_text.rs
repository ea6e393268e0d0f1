//! What a rule says of itself, carried in the report for those who cannot reach the rules.
//!
//! Texts of rule data only: nothing of the machine under scan belongs here.

use super::{Category, Confidence, Severity};

/// The texts of one rule that has a finding.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleText {
    /// What it finds.
    pub title: String,
    /// What sort of thing that is.
    pub category: Category,
    /// How bad, before the place is weighed.
    pub severity: Severity,
    /// How sure, before the place is weighed; `None` where each finding tells for itself.
    pub confidence: Option<Confidence>,
    /// What a thief gets, or why it matters.
    pub impact: String,
    /// What to do: a URL or a command that revokes, or a sentence.
    pub remedy: String,
    /// Sources, as URLs.
    pub references: Vec<String>,
}
