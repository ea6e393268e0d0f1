//! What others made, in our form: lists of packages known to be bad as a catalog (bumblebee's JSON, OSV records, one or
//! a zip of them, the CSV files that Datadog and Wiz publish), and the rules of a gitleaks configuration.
//!
//! From bytes to text. What a list says is data: names and versions are taken, nothing is fetched, and what names no
//! exact version of a package is left out and counted.

mod bumblebee;
mod csv;
pub mod gitleaks;
mod osv;

use super::catalog::HEAD;
use crate::model::{Ecosystem, Severity, Untrusted};
use std::fmt::Write as _;

/// A list in the form that `CatalogSet::add` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The catalog.
    pub text: String,
    /// Its entries.
    pub entries: usize,
    /// Records that say nothing a catalog can hold: bounded ranges, other ecosystems, weaknesses that are no malware.
    pub left_out: usize,
}

/// Why a file was refused.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum ImportError {
    /// It is none of the forms that are known.
    #[error("no list of packages that caulk knows (bumblebee JSON, OSV JSON or zip, Datadog or Wiz CSV)")]
    Unknown,
    /// It begins like one and is broken.
    #[error("broken: {0}")]
    Broken(&'static str),
    /// It is larger than anything of its kind.
    #[error("larger than is read")]
    TooLarge,
}

/// Turns `bytes` into a catalog. `stem` is the file's name without its ending: what a list without a title is called.
pub fn import(bytes: &[u8], stem: &str) -> Result<Imported, ImportError> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return osv::zip(bytes, stem);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Unknown)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.starts_with(HEAD) {
        let entries = text.lines().skip(1).filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        return Ok(Imported { text: text.to_owned(), entries, left_out: 0 });
    }
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => {
            // Positions only: what could not be read may quote anything.
            let value: serde_json::Value = serde_json::from_str(text).map_err(|_| ImportError::Broken("not JSON"))?;
            if value.get("entries").is_some() { bumblebee::list(&value, stem) } else { osv::records(&value, stem) }
        }
        _ => csv::list(text, stem),
    }
}

/// Whether a file of this name may be a list rather than rules: rules are TOML.
#[must_use]
pub fn is_list_name(extension: &str) -> bool {
    ["json", "csv", "zip", "tsv"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Writes a catalog.
struct Writer {
    text: String,
    entries: usize,
    left_out: usize,
    head: String,
}

impl Writer {
    fn new() -> Self {
        Self { text: format!("{HEAD}\n"), entries: 0, left_out: 0, head: String::new() }
    }

    /// The list that the entries after it belong to; writing the same again changes nothing.
    fn list(&mut self, id: &str, title: &str, date: &str, severity: Severity, source: &str) {
        let fields = [id, title, date, "", severity.as_str(), source].map(|field| clean(field, 300));
        let head = format!("#\t{}", fields.join("\t"));
        if head != self.head {
            let _ = writeln!(self.text, "{head}");
            self.head = head;
        }
    }

    /// A package and its bad versions, with `*` for all; left out where name or versions could not be such.
    fn entry<'v>(
        &mut self,
        ecosystem: Option<Ecosystem>,
        name: &str,
        versions: impl Iterator<Item = &'v str>,
        record: &str,
    ) {
        let plain = |word: &str| {
            (1..=214).contains(&word.len())
                && word.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | ',' | ';'))
        };
        let versions: Vec<&str> = versions.map(str::trim).filter(|version| plain(version)).collect();
        match ecosystem {
            Some(ecosystem) if plain(name) && !versions.is_empty() => {
                let (word, name) = (ecosystem.as_str(), ecosystem.canonical(name));
                let _ = writeln!(self.text, "{word}\t{name}\t{}\t{}", versions.join(" "), clean(record, 100));
                self.entries += 1;
            }
            _ => self.left_out += 1,
        }
    }

    fn finish(self) -> Result<Imported, ImportError> {
        if self.entries == 0 && self.left_out == 0 {
            return Err(ImportError::Unknown);
        }
        Ok(Imported { text: self.text, entries: self.entries, left_out: self.left_out })
    }
}

/// A field on one line, without what divides fields, and no longer than is shown.
fn clean(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if Untrusted::must_escape(c) { ' ' } else { c }).collect();
    let mut out: String = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = out.char_indices().nth(most) {
        out.truncate(at);
    }
    out
}

/// A severity by its word, or the one of a package that was made to do harm.
fn severity(word: Option<&str>) -> Severity {
    word.and_then(|word| word.to_ascii_lowercase().parse().ok()).unwrap_or(Severity::Critical)
}
