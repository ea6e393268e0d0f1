//! `CAULK_*` variables to settings.
//!
//! Knows names and values only; the variables are handed in. A wrong value is an error that does not
//! quote it. An unknown variable is noted, not refused: other programs may use the prefix.

use super::Layer;
use super::keys::{Key, Kind, Value};
use crate::broker::launch::INJECTED;
use crate::cli::error::{Failure, hint};
use crate::cli::hand::PASSPHRASE_FILE;
use crate::model::Untrusted;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The variable that names the config file.
pub(super) const CONFIG: &str = "CAULK_CONFIG";

/// Settings of the environment, and notes on variables that mean nothing.
pub(super) fn parse<'a>(
    variables: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
) -> Result<(Layer, Vec<String>), Failure> {
    let mut layer = Layer::new();
    let mut notes = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|name| name.starts_with("CAULK_")) else { continue };
        if value.is_empty() || name == CONFIG || name == INJECTED || name == PASSPHRASE_FILE {
            continue;
        }
        let Some(key) = Key::ALL.iter().copied().find(|key| key.variable() == name) else {
            let known: Vec<String> = Key::ALL.iter().map(|key| key.variable()).chain([CONFIG.to_owned()]).collect();
            let hint = hint(name, known.iter().map(String::as_str));
            notes.push(format!("environment variable {} means nothing to caulk{hint}", Untrusted::from(name)));
            continue;
        };
        let wrong = || Failure::new(format!("environment variable {name} must be {}", key.kind().expected()));
        let read = read(key.kind(), value).ok_or_else(wrong)?;
        super::check_globs(key, &read)
            .map_err(|()| Failure::new(format!("environment variable {name} holds a glob that cannot be read")))?;
        layer.insert(key, read);
    }
    Ok((layer, notes))
}

fn read(kind: Kind, value: &OsStr) -> Option<Value> {
    match kind {
        Kind::Globs => Some(Value::Globs(split(value.to_str()?))),
        // As in PATH.
        Kind::Paths => Some(Value::Paths(paths(value))),
        _ => kind.read(value.to_str()?),
    }
}

fn paths(value: &OsStr) -> Vec<PathBuf> {
    std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect()
}

/// Splits at commas that do not stand in braces, where they belong to the glob.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => {
                depth = match c {
                    '{' => depth + 1,
                    '}' => depth.saturating_sub(1),
                    _ => depth,
                };
                if let Some(last) = parts.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a OsStr, &'a OsStr)> {
        pairs.iter().map(|(name, value)| (OsStr::new(*name), OsStr::new(*value)))
    }

    #[test]
    fn lists_split_at_commas_but_not_inside_braces() {
        let (layer, notes) =
            parse(variables(&[("CAULK_EXCLUDE", "*.{a,b}, vendor/**,"), ("CAULK_NO_ENV", "1")])).unwrap();
        assert_eq!(layer[&Key::Exclude], Value::Globs(vec!["*.{a,b}".into(), "vendor/**".into()]));
        assert_eq!(layer[&Key::NoEnv], Value::Flag(true));
        assert!(notes.is_empty());
    }

    #[test]
    fn a_wrong_value_is_not_quoted_and_an_unknown_variable_is_noted() {
        let error = parse(variables(&[("CAULK_FAIL_ON", "hunter2")])).unwrap_err().to_string();
        assert!(error.contains("CAULK_FAIL_ON") && error.contains("critical") && !error.contains("hunter2"), "{error}");
        let (_, notes) = parse(variables(&[("CAULK_FAILON", "hunter2")])).unwrap();
        assert!(notes[0].contains("`CAULK_FAIL_ON`") && !notes[0].contains("hunter2"), "{notes:?}");
    }
}
