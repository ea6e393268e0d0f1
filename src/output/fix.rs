//! The report of a fix or an undo, for programs. Its keys are public interface.

use crate::model::{FixReport, FixStep, StepState};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct ReportWire<'a> {
    schema_version: u8,
    run: &'a str,
    dry_run: bool,
    steps: Vec<StepWire<'a>>,
    summary: SummaryWire,
}

#[derive(Serialize)]
struct StepWire<'a> {
    /// A guard is for no finding.
    #[serde(skip_serializing_if = "str::is_empty")]
    finding: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipe: Option<&'a str>,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vault_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    verified: &'a [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    residue: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct SummaryWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<usize>,
    done: usize,
    skipped: usize,
    failed: usize,
    manual: usize,
}

/// Writes `report` as one JSON object.
pub fn fix_json(report: &FixReport, out: &mut dyn Write) -> io::Result<()> {
    let wire = ReportWire {
        schema_version: 1,
        run: &report.run,
        dry_run: report.dry_run,
        steps: report.steps.iter().map(step).collect(),
        summary: SummaryWire {
            planned: report.dry_run.then(|| report.count(StepState::Planned)),
            done: report.count(StepState::Done),
            skipped: report.count(StepState::Skipped),
            failed: report.count(StepState::Failed),
            manual: report.count(StepState::Manual),
        },
    };
    super::escape::pretty(&wire, out)
}

fn step(step: &FixStep) -> StepWire<'_> {
    StepWire {
        finding: step.finding.as_str(),
        recipe: step.recipe.as_deref(),
        path: step.path.as_found(),
        vault_name: step.vault_name.as_deref(),
        store: step.store,
        state: step.state.as_str(),
        reason: step.reason.as_deref(),
        verified: &step.verified,
        residue: step.residue.iter().map(crate::model::Untrusted::as_found).collect(),
        next: step.next.as_deref(),
    }
}
