//! Records of the OSV schema: one, a list of them, or a zip of one file each (`all.zip` of an ecosystem).
//!
//! A zip of an ecosystem is full of weaknesses of honest packages. Those are others' business: of many records only
//! those of malicious packages are taken, a single one is taken as it is.

use super::{ImportError, Imported, Writer};
use crate::model::{Ecosystem, Severity};
use serde_json::Value;
use std::io::{Cursor, Read as _};

/// Records of one zip that are looked at.
const RECORDS: usize = 1_000_000;
/// Bytes of one record.
const RECORD_BYTES: u64 = 4 << 20;
/// Bytes of all of them, inflated.
const TOTAL_BYTES: u64 = 4 << 30;

pub(super) fn records(value: &Value, stem: &str) -> Result<Imported, ImportError> {
    let mut out = Writer::new();
    match value {
        Value::Array(records) => records.iter().for_each(|one| record(&mut out, one, stem, false)),
        one if one.get("affected").is_some() => record(&mut out, one, stem, true),
        _ => return Err(ImportError::Unknown),
    }
    out.finish()
}

pub(super) fn zip(bytes: &[u8], stem: &str) -> Result<Imported, ImportError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::Broken("not a zip"))?;
    if archive.len() > RECORDS {
        return Err(ImportError::TooLarge);
    }
    let mut out = Writer::new();
    let (mut text, mut left) = (Vec::new(), TOTAL_BYTES);
    for number in 0..archive.len() {
        let Ok(member) = archive.by_index(number) else {
            out.left_out += 1;
            continue;
        };
        if !member.name().is_ok_and(|name| name.to_ascii_lowercase().ends_with(".json")) {
            continue;
        }
        text.clear();
        // The size that a member claims is its maker's word; what comes out is counted.
        let read = member.take(RECORD_BYTES.min(left) + 1).read_to_end(&mut text);
        left = left.saturating_sub(text.len() as u64);
        if left == 0 {
            return Err(ImportError::TooLarge);
        }
        match read.ok().filter(|read| *read as u64 <= RECORD_BYTES).and_then(|_| serde_json::from_slice(&text).ok()) {
            Some(value) => record(&mut out, &value, stem, false),
            None => out.left_out += 1,
        }
    }
    out.finish()
}

fn record(out: &mut Writer, record: &Value, stem: &str, alone: bool) {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or("");
    let id = text("id");
    let aliases = record.get("aliases").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let malicious = id.starts_with("MAL-")
        || aliases.iter().filter_map(Value::as_str).any(|alias| alias.starts_with("MAL-"))
        || record.pointer("/database_specific/malicious-packages-origins").is_some();
    if record.get("withdrawn").is_some() || !(malicious || alone) {
        out.left_out += 1;
        return;
    }
    let title = if malicious { "malicious packages of OSV" } else { stem };
    let source = format!("https://osv.dev/vulnerability/{id}");
    let level = if malicious { Severity::Critical } else { Severity::High };
    // One list for all records of malicious packages: each entry names its record.
    if malicious {
        out.list("osv-malicious", title, "", level, "https://osv.dev");
    } else {
        out.list(stem, title, text("modified").get(..10).unwrap_or(""), level, &source);
    }
    let affected = record.get("affected").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for one in affected {
        let of = |pointer: &str| one.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        let ecosystem = Ecosystem::of_word(of("/package/ecosystem"));
        let listed = one.get("versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let versions: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let versions = if versions.is_empty() && is_whole(one) { vec!["*"] } else { versions };
        out.entry(ecosystem, of("/package/name"), versions.into_iter(), id);
    }
}

/// Whether a package is affected from its first version on, with no end.
fn is_whole(affected: &Value) -> bool {
    let ranges = affected.get("ranges").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    ranges.iter().any(|range| {
        let events = range.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let first = events.iter().any(|event| event.get("introduced").and_then(Value::as_str) == Some("0"));
        let ends = ["fixed", "last_affected", "limit"];
        first && !events.iter().any(|event| ends.iter().any(|end| event.get(end).is_some()))
    })
}
