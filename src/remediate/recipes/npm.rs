//! `.npmrc`: the line of a login goes, and npm is handed the same setting by the launcher.
//!
//! A reference in its place would be worse than nothing: where the variable is not set, npm and bun
//! send its name as the token, and yarn 1 ends. Without the line all of them work without a login.

use super::super::edit::{Move, Outcome, Splice, Target};
use super::{by_hand, field, whole_line};
use crate::model::Secret;
use crate::read::{Document, Role};
use crate::vault::{Binding, VaultName};

/// Moves the value of one setting.
pub(super) fn line(target: &Target<'_>) -> Outcome {
    let Some(field) = field(target) else { return by_hand(target) };
    let value = field.value.bytes();
    if field.role != Role::Entry {
        return Outcome::Manual(
            "It stands in a comment, and nothing uses it: delete the line, and revoke the token.".into(),
        );
    }
    let Some(key) = std::str::from_utf8(field.key()).ok().and_then(|key| scoped(key, target.document)) else {
        return by_hand(target);
    };
    // npm prints a header that it cannot send, so a value of several lines would end up in a log.
    if memchr::memmem::find(value, b"${").is_some() || value.iter().any(u8::is_ascii_control) {
        return by_hand(target);
    }
    let other = |other: &&crate::read::Field<'_>| {
        other.role == Role::Entry && other.key() == field.key() && other.value.bytes() != value
    };
    if target.document.fields.iter().any(|f| other(&f)) {
        return Outcome::Manual(
            "The setting stands there several times with different values, and npm uses the last: delete the others, then run caulk fix again."
                .into(),
        );
    }
    let place = key.trim_start_matches('/').rsplit_once(":_").map_or("", |(place, _)| place);
    let mut parts = vec!["npm"];
    parts.extend(place.split('/'));
    let binding = Binding::Npm { key: key.clone() };
    let name = (target.name)(VaultName::of(&parts), value, &binding);
    let history = if target.tracked { " The repository's history still has it." } else { "" };
    let others = match target.machine.file_only_clients.as_slice() {
        [] => String::new(),
        some => format!(" {} can read a login from the file only, so there it is gone.", some.join(" and ")),
    };
    Outcome::Move(Box::new(Move {
        name,
        value: Secret::copy_of(value),
        binding,
        splices: vec![Splice::new(whole_line(target.document.source, field.span.start), "")],
        companions: Vec::new(),
        next: format!(
            "Run npm through caulk where it must log in: caulk run -- npm whoami (or add caulk shell-init to your shell).{others}{history}"
        ),
    }))
}

/// The setting with the registry it is for in front; one without is for the file's own default registry.
fn scoped(key: &str, document: &Document<'_>) -> Option<String> {
    // npm expands a reference in the key, too; what it comes to is not known here.
    if key.contains("${") {
        return None;
    }
    if key.starts_with("//") {
        return key.contains(":_").then(|| key.to_owned());
    }
    if !matches!(key, "_authToken" | "_auth" | "_password") {
        return None;
    }
    let registry = document.fields.iter().rev().find(|f| f.role == Role::Entry && f.key() == b"registry")?;
    let url = std::str::from_utf8(registry.value.bytes()).ok()?;
    let (_, place) = url.split_once("://")?;
    if place.contains(['@', '$', '?', '#']) || place.is_empty() {
        return None;
    }
    Some(format!("//{}/:{key}", place.trim_end_matches('/')))
}
