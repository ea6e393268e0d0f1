//! `--format sarif`: SARIF 2.1.0 (OASIS, errata 01), one run.
//!
//! Viewers and dashboards read it: places as URIs below `HOME` or `ROOT`, columns in code points,
//! rules with their texts. A result's properties are the objects of the JSON report, so that nothing is
//! told less. What SARIF has a field for stands there; nothing is made up to fill one.

mod invocation;
mod message;
mod result;
mod rule;
mod uri;

use super::{RenderOptions, escape};
use crate::model::{Finding, ScanReport};
use invocation::Invocation;
use result::Outcome;
use rule::{Driver, Rules};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io::{self, Write};
use uri::Bases;

/// Where the schema stands for good.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let listed = Listed { report, suppressed: options.show_suppressed };
    let rules = Rules::of(report, listed.findings().map(|(finding, _)| finding));
    let bases = Bases::of(report);
    let run = Run {
        tool: Tool { driver: Driver::of(report, &rules) },
        automation_details: Automation { id: format!("caulk/{}/{}/", report.scan.mode, report.host.id) },
        invocations: [Invocation::of(report, &bases)],
        original_uri_base_ids: bases.wire(),
        results: Results { listed, rules: &rules, bases: &bases },
        column_kind: "unicodeCodePoints",
    };
    escape::pretty(&Log { schema: SCHEMA, version: "2.1.0", runs: [run] }, out)
}

/// The findings that are told, each with why it was hidden.
#[derive(Clone, Copy)]
struct Listed<'a> {
    report: &'a ScanReport,
    suppressed: bool,
}

impl<'a> Listed<'a> {
    fn findings(self) -> impl Iterator<Item = (&'a Finding, Option<result::Hidden<'a>>)> {
        let hidden = if self.suppressed { self.report.suppressed.as_slice() } else { &[] };
        let shown = self.report.findings.iter().map(|finding| (finding, None));
        shown.chain(hidden.iter().map(|one| (&one.finding, Some(result::Hidden::of(one)))))
    }
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    automation_details: Automation,
    invocations: [Invocation<'a>; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    original_uri_base_ids: BTreeMap<String, uri::Artifact>,
    results: Results<'a>,
    column_kind: &'static str,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
struct Automation {
    id: String,
}

/// Written one by one, never held together.
struct Results<'a> {
    listed: Listed<'a>,
    rules: &'a Rules<'a>,
    bases: &'a Bases,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.listed.findings();
        // If one result says whether it was suppressed, all must.
        let suppressions = self.listed.suppressed;
        serializer.collect_seq(all.map(|(finding, hidden)| {
            let hidden = suppressions.then(|| Vec::from_iter(hidden));
            Outcome::of(self.listed.report, finding, hidden, self.rules, self.bases)
        }))
    }
}
