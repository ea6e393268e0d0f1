//! clap's errors as one line that names the thing and the nearest right one.
//!
//! Help and version texts are not errors and go out as clap renders them.

use super::error::{Failure, hint, nearest};
use crate::model::Untrusted;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The sentence for a call that clap refused.
#[must_use]
pub(super) fn failure(error: &clap::Error) -> Failure {
    let of = |kind| error.get(kind).map(text).unwrap_or_default();
    // `--format <FORMAT>`: the name is enough.
    let argument = of(ContextKind::InvalidArg);
    let argument = argument.split(' ').next().unwrap_or_default().to_owned();
    let value = Untrusted::new(of(ContextKind::InvalidValue));
    let message = match error.kind() {
        ErrorKind::UnknownArgument => {
            let hint = suggestion(error, ContextKind::SuggestedArg, &argument);
            format!("unknown argument `{}`{hint}", Untrusted::from(argument.as_str()))
        }
        ErrorKind::InvalidSubcommand => {
            let name = of(ContextKind::InvalidSubcommand);
            let hint = suggestion(error, ContextKind::SuggestedSubcommand, &name);
            format!("unknown command `{}`{hint}", Untrusted::from(name.as_str()))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("`{argument}` needs a value{}", known(error)),
        ErrorKind::InvalidValue => {
            let words = strings(error, ContextKind::ValidValue);
            let hint = hint(value.as_found(), words.iter().map(String::as_str));
            format!("`{argument}` cannot be `{value}`{hint}{}", known(error))
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(|source| Untrusted::new(source.to_string()));
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            format!("`{argument}` cannot be `{value}`{why}")
        }
        ErrorKind::ArgumentConflict => {
            let others = strings(error, ContextKind::PriorArg);
            let others = if others.is_empty() { of(ContextKind::PriorArg) } else { others.join("`, `") };
            if others.is_empty() || others == argument {
                format!("`{argument}` cannot be given twice")
            } else {
                format!("`{argument}` cannot be used together with `{others}`")
            }
        }
        ErrorKind::MissingRequiredArgument => {
            format!("missing {}", strings(error, ContextKind::InvalidArg).join(" "))
        }
        ErrorKind::MissingSubcommand => {
            format!("a command is missing: one of {}", strings(error, ContextKind::ValidSubcommand).join(", "))
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".into(),
        ErrorKind::TooManyValues => format!("unexpected value `{value}` for `{argument}`"),
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("`{argument}` needs a value")
        }
        _ => "the call cannot be understood".into(),
    };
    Failure::new(format!("{message}; see caulk --help"))
}

fn known(error: &clap::Error) -> String {
    let words = strings(error, ContextKind::ValidValue);
    if words.is_empty() { String::new() } else { format!("; one of {}", words.join(", ")) }
}

/// clap's nearest first of all, by our own measure where it offers several.
fn suggestion(error: &clap::Error, kind: ContextKind, word: &str) -> String {
    let suggested = strings(error, kind);
    let best = nearest(word, suggested.iter().map(String::as_str)).or(suggested.last().map(String::as_str));
    best.map_or_else(String::new, |best| format!(" (did you mean `{best}`?)"))
}

fn text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(items) => items.join(", "),
        _ => String::new(),
    }
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::Strings(items)) => items.clone(),
        Some(ContextValue::String(item)) => vec![item.clone()],
        _ => Vec::new(),
    }
}
