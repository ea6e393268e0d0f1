//! How the run went: times, whether all that counts was read, and what was not.

use super::super::watcher;
use super::message::Message;
use super::uri::{Artifact, Bases};
use crate::model::{ReadError, ScanReport, Untrusted};
use serde::{Serialize, Serializer};
use std::time::Duration;

/// The notifications, in order: that order is their index.
pub(super) const NOTICES: &[(&str, &str)] = &[
    ("scan-unread", "Something could not be read in full."),
    ("scan-cut", "Findings or errors over the limits were counted and not listed."),
    ("scan-stopped", "The scan ended before everything was looked at."),
    ("scan-watcher", "A known stealer's watcher is on the machine, so the order of response matters."),
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time_utc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time_utc: Option<String>,
    #[serde(skip_serializing_if = "Untrusted::is_empty", serialize_with = "found")]
    machine: &'a Untrusted,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    tool_execution_notifications: Notifications<'a>,
    properties: super::super::wire::Extent<'a>,
}

fn found<S: Serializer>(text: &Untrusted, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text.as_found())
}

impl<'a> Invocation<'a> {
    pub(super) fn of(report: &'a ScanReport, bases: &'a Bases) -> Self {
        let start = humantime::parse_rfc3339(&report.scan.started_at).ok();
        let end = start.and_then(|start| start.checked_add(Duration::from_millis(report.scan.duration_ms)));
        let time = |at| humantime::format_rfc3339_millis(at).to_string();
        let account = match report.host.users.as_slice() {
            [only] => Some(only.as_found()),
            _ => None,
        };
        Self {
            execution_successful: report.scan.complete,
            start_time_utc: start.map(time),
            end_time_utc: end.map(time),
            machine: &report.host.name,
            account,
            tool_execution_notifications: Notifications { report, bases },
            properties: super::super::wire::Extent::of(report),
        }
    }
}

/// Written one by one; there may be thousands.
struct Notifications<'a> {
    report: &'a ScanReport,
    bases: &'a Bases,
}

impl Serialize for Notifications<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.report;
        let blind = report.errors.iter().any(|error| !error.incidental);
        let cut = report.coverage.truncated;
        let watcher = report.watcher.then(|| {
            let order = watcher::safe_order(&report.host.os).join(" ");
            Notification::new(3, "warning", &format!("A known stealer's watcher is on this machine. {order}"))
        });
        let cut = (cut > 0).then(|| {
            Notification::new(1, "error", &format!("Counted but not listed, for they are over the limits: {cut}"))
        });
        let stopped = (!report.scan.complete && !blind && cut.is_none())
            .then(|| Notification::new(2, "error", "The scan ended before everything was looked at"));
        let first = watcher.into_iter().chain(cut).chain(stopped);
        serializer.collect_seq(first.chain(report.errors.iter().map(|error| Notification::unread(error, self.bases))))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Reference,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Place>,
}

#[derive(Serialize)]
struct Reference {
    id: &'static str,
    index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
}

impl Notification {
    fn new(index: usize, level: &'static str, text: &str) -> Self {
        let id = NOTICES.get(index).map_or("", |(id, _)| id);
        Self { descriptor: Reference { id, index }, level, message: Message::new(text), locations: Vec::new() }
    }

    fn unread(error: &ReadError, bases: &Bases) -> Self {
        let text = format!("Could not be read in full: {}", error.skip.reason());
        // An error of the run makes it unsuccessful; what no credential is expected in does not.
        let level = if error.incidental { "note" } else { "error" };
        let place = Place { physical_location: Physical { artifact_location: bases.path(&error.path) } };
        Self { locations: vec![place], ..Self::new(0, level, &text) }
    }
}
