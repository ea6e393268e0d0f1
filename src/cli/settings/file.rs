//! One config file: TOML to checked settings and `[[allow]]` entries.
//!
//! Every error names the file, the line and the key, and never quotes a value: a config file is a
//! place where people paste secrets. Finding, opening and trusting the file is not done here.

use super::keys::{Key, Kind, Value};
use super::{Layer, shown};
use crate::cli::error::{Failure, hint};
use crate::model::Untrusted;
use crate::triage::{AllowEntry, Until};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Largest config file read, bytes.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// Keys of an `[[allow]]` entry.
pub(super) const ALLOW_KEYS: [&str; 6] = ["rule", "path", "id", "fingerprint", "reason", "until"];
/// Tables of a config file.
const TABLES: [&str; 2] = ["scan", "allow"];

/// What a config file says.
#[derive(Debug, Default)]
pub(super) struct FileLayer {
    /// The `[scan]` table.
    pub values: Layer,
    /// `[[allow]]`; `None` when the file has no such key at all.
    pub allow: Option<Vec<AllowEntry>>,
}

/// Reads `text`, the content of the config file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<FileLayer, Failure> {
    let file = File { path, text };
    let document = DeTable::parse(file.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        file.fail(at, &format!("not valid TOML: {}", phrase(error.message())))
    })?;
    let mut layer = FileLayer::default();
    for (key, value) in document.get_ref() {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("scan", DeValue::Table(table)) => layer.values = file.scan(table)?,
            ("allow", DeValue::Array(entries)) => {
                layer.allow = Some(entries.iter().map(|entry| file.allow(entry)).collect::<Result<_, _>>()?);
            }
            ("scan", _) => return Err(file.fail(key.span().start, "`scan` must be a table: [scan]")),
            ("allow", _) => return Err(file.fail(key.span().start, "`allow` must be a list: [[allow]]")),
            (name, _) => {
                let name_or_table = if Key::from_name(name).is_some() {
                    format!(" (it belongs in the table [scan], as `{name}`)")
                } else {
                    hint(name, TABLES.into_iter().chain(Key::ALL.iter().map(|key| key.name())))
                };
                return Err(file.unknown(key, "", &name_or_table));
            }
        }
    }
    Ok(layer)
}

/// The file that errors are about.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn fail(&self, offset: usize, what: &str) -> Failure {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        Failure::new(format!("{}:{line}: {what}", shown(self.path)))
    }

    fn unknown(&self, key: &Spanned<std::borrow::Cow<'_, str>>, table: &str, hint: &str) -> Failure {
        // A line pasted without its quotes ends up as a key: a long one may be a secret.
        let name: &str = key.get_ref();
        let name =
            if name.chars().count() > 40 { "(a long one)".to_owned() } else { Untrusted::from(name).to_string() };
        self.fail(key.span().start, &format!("unknown key `{name}`{table}{hint}"))
    }

    fn scan(&self, table: &DeTable<'_>) -> Result<Layer, Failure> {
        let mut layer = Layer::new();
        for (name, value) in table {
            let Some(key) = Key::from_name(name.get_ref()) else {
                let hint = hint(name.get_ref(), Key::ALL.iter().map(|key| key.name()));
                return Err(self.unknown(name, " in [scan]", &hint));
            };
            let wrong = || {
                let what = format!("`{}` must be {}", key.name(), key.kind().expected());
                self.fail(value.span().start, &what)
            };
            let read = self.value(key.kind(), value.get_ref()).ok_or_else(wrong)?;
            super::check_globs(key, &read).map_err(|()| {
                let what = format!("`{}` holds a glob that cannot be read", key.name());
                self.fail(value.span().start, &what)
            })?;
            layer.insert(key, read);
        }
        Ok(layer)
    }

    fn value(&self, kind: Kind, value: &DeValue<'_>) -> Option<Value> {
        match (kind, value) {
            (Kind::Flag, DeValue::Boolean(flag)) => Some(Value::Flag(*flag)),
            (Kind::Word(_) | Kind::Size, DeValue::String(text)) => kind.read(text),
            (Kind::Number(..) | Kind::Size, DeValue::Integer(number)) if number.radix() == 10 => {
                kind.read(&number.as_str().replace('_', ""))
            }
            (Kind::Globs, DeValue::Array(_) | DeValue::String(_)) => strings(value).map(Value::Globs),
            (Kind::Paths, DeValue::Array(_) | DeValue::String(_)) => {
                // Relative to the file, so that its meaning does not hang on where caulk is started.
                let folder = self.path.parent().unwrap_or(Path::new(""));
                Some(Value::Paths(strings(value)?.into_iter().map(|path| folder.join(path)).collect()))
            }
            _ => None,
        }
    }

    fn allow(&self, entry: &Spanned<DeValue<'_>>) -> Result<AllowEntry, Failure> {
        let DeValue::Table(table) = entry.get_ref() else {
            return Err(self.fail(entry.span().start, "an `allow` entry must be a table"));
        };
        let mut allow = AllowEntry::default();
        for (name, value) in table {
            let at = value.span().start;
            let text = value.get_ref().as_str().map(str::to_owned).filter(|text| !text.is_empty());
            let wrong = |expected: &str| self.fail(at, &format!("`{}` must be {expected}", name.get_ref()));
            match name.get_ref().as_ref() {
                "rule" => allow.rule = Some(text.ok_or_else(|| wrong("a rule id or a glob of them"))?),
                "path" => allow.path = Some(text.ok_or_else(|| wrong("a path glob"))?),
                "id" => allow.id = Some(text.ok_or_else(|| wrong("a finding's id"))?),
                "fingerprint" => {
                    let text = text.filter(|text| text.starts_with("hmac-sha256:"));
                    allow.fingerprint = Some(text.ok_or_else(|| wrong("a fingerprint, hmac-sha256:…"))?);
                }
                "reason" => allow.reason = text.ok_or_else(|| wrong("a sentence"))?,
                "until" => {
                    let day = date(value.get_ref()).ok_or_else(|| wrong("a date, such as 2026-12-31"))?;
                    allow.until = Some(Until::Text(day));
                }
                other => return Err(self.unknown(name, " in [[allow]]", &hint(other, ALLOW_KEYS))),
            }
        }
        let at = entry.span().start;
        if allow.reason.trim().is_empty() {
            return Err(self.fail(at, "an `allow` entry needs a `reason`"));
        }
        if allow.rule.is_none() && allow.path.is_none() && allow.id.is_none() && allow.fingerprint.is_none() {
            return Err(self.fail(at, "an `allow` entry needs a `rule`, `path`, `id` or `fingerprint`"));
        }
        for (what, glob) in [("rule", &allow.rule), ("path", &allow.path)] {
            if glob.as_ref().is_some_and(|glob| globset::Glob::new(glob).is_err()) {
                return Err(self.fail(at, &format!("`{what}` of an `allow` entry is a glob that cannot be read")));
            }
        }
        Ok(allow)
    }
}

fn strings(value: &DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::String(text) => Some(vec![text.clone().into_owned()]),
        DeValue::Array(items) => items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A date, as TOML's own or as text; always `YYYY-MM-DD`.
fn date(value: &DeValue<'_>) -> Option<String> {
    let text = match value {
        DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.date?.to_string(),
        DeValue::String(text) => text.clone().into_owned(),
        _ => return None,
    };
    let shape = text.len() == 10 && text.is_ascii();
    (shape && humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()).then_some(text)
}

/// The parser's message in words of our own: its own may quote a key, or a line of the file.
fn phrase(message: &str) -> &'static str {
    const KNOWN: [(&str, &str); 8] = [
        ("duplicate key", "the same key twice"),
        ("unclosed array", "a list is not closed"),
        ("unclosed inline table", "an inline table is not closed"),
        ("unclosed table", "a table header is not closed"),
        ("missing assignment", "a key without `=`"),
        ("key with no value", "a key without a value"),
        ("string values must be quoted", "a string without quotes"),
        ("missing value", "a key without a value"),
    ];
    KNOWN.iter().find(|(theirs, _)| message.starts_with(theirs)).map_or("syntax", |(_, ours)| ours)
}
