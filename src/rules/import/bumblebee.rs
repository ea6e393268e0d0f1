//! bumblebee's lists: `{"entries": [{"ecosystem", "package", "versions", "severity", "source", "name"}]}`.

use super::{ImportError, Imported, Writer, severity};
use crate::model::Ecosystem;
use serde_json::Value;

pub(super) fn list(value: &Value, stem: &str) -> Result<Imported, ImportError> {
    let entries = value.get("entries").and_then(Value::as_array).ok_or(ImportError::Broken("`entries` is no list"))?;
    let mut out = Writer::new();
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or("");
        let name = text("name");
        // "package (what happened)": the attack is what stands in brackets.
        let inner = name.split_once('(').and_then(|(_, rest)| rest.trim_end().strip_suffix(')'));
        let title = inner.filter(|inner| !inner.is_empty()).unwrap_or(if name.is_empty() { stem } else { name });
        let level = severity(entry.get("severity").and_then(Value::as_str));
        out.list(stem, title, "", level, text("source"));
        let versions = entry.get("versions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let versions = versions.iter().filter_map(Value::as_str);
        out.entry(Ecosystem::of_word(text("ecosystem")), text("package"), versions, text("id"));
    }
    out.finish()
}
