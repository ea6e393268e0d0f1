//! `caulk schema`: JSON schemas of what goes in and what comes out.
//!
//! The report's belongs to `output`. The config's is made from the table of settings; the rule
//! files' is made from `src/rules/schema.rs` and kept fresh by `tests/docs.rs`.

use super::settings::{Key, Kind};
use crate::output::REPORT_SCHEMA;
use serde_json::{Map, Value, json};

/// What there is a schema of.
pub const NAMES: [&str; 3] = ["report", "config", "rules"];

const RULES: &str = include_str!("rules.schema.json");

/// The schema of that name, with a line feed at the end; `None` for another name.
#[must_use]
pub fn text(name: &str) -> Option<String> {
    let text = match name {
        "report" => REPORT_SCHEMA.to_owned(),
        "config" => format!("{:#}", config()),
        "rules" => RULES.to_owned(),
        _ => return None,
    };
    Some(format!("{}\n", text.trim_end()))
}

fn config() -> Value {
    let scan: Map<String, Value> = Key::ALL.iter().map(|key| (key.name().to_owned(), setting(*key))).collect();
    let text = |about: &str| json!({"type": "string", "minLength": 1, "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "caulk config file (config.toml)",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "scan": {"type": "object", "additionalProperties": false, "properties": scan},
            "allow": {
                "type": "array",
                "description": "Findings that fit all that is given in an entry are suppressed",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["reason"],
                    "anyOf": [{"required": ["rule"]}, {"required": ["path"]}, {"required": ["id"]}, {"required": ["fingerprint"]}],
                    "properties": {
                        "rule": text("Rule id, or a glob of rule ids"),
                        "path": text("Path glob"),
                        "id": text("A finding's id"),
                        "fingerprint": {"type": "string", "pattern": "^hmac-sha256:", "description": "A secret's fingerprint"},
                        "reason": text("Why it is accepted"),
                        "until": {"type": "string", "format": "date", "description": "Last day it holds; a TOML date or a string"}
                    }
                }
            }
        }
    })
}

fn setting(key: Key) -> Value {
    let list = json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let mut schema = match key.kind() {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Word(words) => json!({"enum": words()}),
        Kind::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Size => json!({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}),
        Kind::Globs | Kind::Paths => list,
    };
    schema["description"] = key.about().into();
    schema
}
