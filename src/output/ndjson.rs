//! `--format ndjson`: one object a line, for collectors that cut lines at some size.
//!
//! `scan` first, then each `finding` (with `--show-suppressed` each `suppressed`) and `error`,
//! then `summary`. A line is the JSON report's object of that name with `type` added; the first
//! also carries `schema_version`, `tool` and `host`. A line over 8 KiB loses the ends of its
//! longest strings and lists, never a key that is always present.

use super::{RenderOptions, escape, wire};
use crate::model::ScanReport;
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::{self, Write};

/// Bytes of a line at most, its line feed included.
pub(super) const LINE_BYTES: usize = 8 << 10;

/// How far a line is cut, step by step: bytes of a string, members of a list or map.
const STEPS: &[(usize, usize)] =
    &[(4096, 256), (2048, 128), (1024, 64), (512, 32), (256, 32), (128, 32), (64, 32), (48, 8), (32, 3), (16, 1)];

/// Strings that name something and lose their worth when cut; bounded all the same.
const NAMES: &[&str] = &["id", "rule", "surface", "fingerprint", "digest", "started_at", "same_secret"];
const NAME_BYTES: usize = 128;
/// Longest key that a cut line keeps.
const KEY_BYTES: usize = 64;

/// Maps of the report have fewer keys than this unless they are counts or attributes.
const FIXED_KEYS: usize = 32;

pub(super) fn write(report: &ScanReport, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    line("scan", &wire::Opening::of(report), out)?;
    for finding in &report.findings {
        line("finding", &wire::FindingWire::of(finding, report.watcher), out)?;
    }
    if options.show_suppressed {
        for hidden in &report.suppressed {
            line("suppressed", &wire::FindingWire::suppressed(hidden, report.watcher), out)?;
        }
    }
    for error in &report.errors {
        line("error", &wire::ErrorWire::of(error), out)?;
    }
    line("summary", &wire::Closing::of(report), out)
}

#[derive(Serialize)]
struct Typed<'a, T> {
    r#type: &'static str,
    #[serde(flatten)]
    object: &'a T,
}

fn line(kind: &'static str, object: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let typed = Typed { r#type: kind, object };
    let mut bytes = escape::compact(&typed)?;
    if bytes.len() >= LINE_BYTES {
        bytes = shortened(&serde_json::to_value(&typed)?, kind)?;
    }
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// The line with as little cut as fits.
fn shortened(whole: &Value, kind: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for &(string, members) in STEPS {
        let mut value = cut(whole, "", string, members);
        // In `summary` the word is taken: there it counts what was cut from the report.
        if let (Value::Object(map), true) = (&mut value, kind != "summary") {
            map.insert("truncated".into(), Value::Bool(true));
        }
        bytes = escape::compact(&value)?;
        if bytes.len() < LINE_BYTES {
            break;
        }
    }
    Ok(bytes)
}

/// A copy of `value` with every string and list cut. Only our own wire types come here, so the depth is small.
fn cut(value: &Value, key: &str, string: usize, members: usize) -> Value {
    match value {
        Value::String(text) => Value::String(cut_text(text, key, string).to_owned()),
        Value::Array(items) => items.iter().take(members).map(|item| cut(item, key, string, members)).collect(),
        Value::Object(map) => {
            let take = if map.len() > FIXED_KEYS { members } else { map.len() };
            let short = map.iter().filter(|(name, _)| text_len(name) <= KEY_BYTES).take(take);
            Value::Object(
                short.map(|(name, item)| (name.clone(), cut(item, name, string, members))).collect::<Map<_, _>>(),
            )
        }
        other => other.clone(),
    }
}

fn text_len(text: &str) -> usize {
    text.chars().map(escape::escaped_len).sum()
}

/// The longest head of `text` that takes at most `limit` bytes in the line.
fn cut_text<'t>(text: &'t str, key: &str, limit: usize) -> &'t str {
    let limit = if NAMES.contains(&key) { limit.max(NAME_BYTES) } else { limit };
    let mut bytes = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        bytes += escape::escaped_len(c);
        (bytes > limit).then_some(at)
    });
    match end {
        // base64 stays base64 only in whole groups of four.
        Some(at) if key == "path_bytes" => &text[..at - at % 4],
        Some(at) => &text[..at],
        None => text,
    }
}
