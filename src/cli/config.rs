//! `caulk config show`: each effective setting and where it comes from.

use super::error::{Failure, Status};
use super::out;
use super::settings::{Key, Layer, Origin, Settings};
use crate::host::Host;
use crate::model::Untrusted;
use crate::triage::Until;
use std::path::Path;

/// Prints the table.
pub(super) fn show(host: &Host, config: Option<&Path>) -> Result<u8, Failure> {
    let settings = Settings::load(host, config, Layer::new())?;
    for note in &settings.notes {
        out::note(&settings, note);
    }
    let rows: Vec<[String; 3]> = Key::ALL
        .iter()
        .map(|key| [key.name().to_owned(), settings.text(*key), settings.origin(*key).to_string()])
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(40);
    let (names, values) = (width(0), width(1));
    out::stdout(|out| {
        for [name, value, origin] in &rows {
            writeln!(out, "{name:<names$}  {value:<values$}  {origin}")?;
        }
        let (allow, origin) = &settings.allow;
        if *origin != Origin::Default {
            writeln!(out, "\n{} allow entries from {origin}", allow.len())?;
        }
        for entry in allow {
            let until = entry.until.as_ref().map(|until| match until {
                Until::Text(day) => day.clone(),
                Until::Date(day) => day.to_string(),
            });
            let given = [
                ("rule", &entry.rule),
                ("path", &entry.path),
                ("id", &entry.id),
                ("fingerprint", &entry.fingerprint),
                ("until", &until),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    write!(out, "{name} {}  ", Untrusted::from(value.as_str()))?;
                }
            }
            writeln!(out, "reason: {}", Untrusted::from(entry.reason.as_str()))?;
        }
        Ok(())
    })?;
    Ok(Status::Clean.code())
}
