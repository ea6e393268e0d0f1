//! `.npmrc`: the line of a login goes, and npm is handed the same setting by the launcher.
//!
//! A reference in its place would be worse than nothing: where the variable is not set, npm and bun
//! send its name as the token, and yarn 1 ends. Without the line all of them work without a login.

use super::super::edit::{Move, Outcome, Splice, Target};
use super::{by_hand, field, whole_line};
use crate::model::Secret;
use crate::read::{Document, Role, url};
use crate::vault::{Binding, VaultName};
use std::ops::Range;
use zeroize::Zeroizing;

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
    if under_section(target.document.source, field.span.start) {
        return Outcome::Manual(
            "It stands below a [section], where npm does not read it: delete it, and revoke it.".into(),
        );
    }
    let splice = Splice::new(whole_line(target.document.source, field.span.start), "");
    moved(target, key, Secret::copy_of(value), splice)
}

/// The login in a registry's URL: npm makes a `Basic` header of it, as it does of `_auth`.
pub(super) fn url(target: &Target<'_>) -> Outcome {
    url_move(target).unwrap_or_else(|| by_hand(target))
}

fn url_move(target: &Target<'_>) -> Option<Outcome> {
    let field = field(target).filter(|f| f.role == Role::Entry && !f.value.is_decoded())?;
    let text = field.value.bytes();
    let found = url::userinfo(text).filter(|found| !found.user.is_empty() && !found.password.is_empty())?;
    let at = |part: &Range<usize>| field.span.start + part.start..field.span.start + part.end;
    let gone = at(&(found.user.start..found.host.start));
    // Of other characters npm 8, npm 11 and pnpm each send something else.
    let plain =
        |part: &Range<usize>| text[part.clone()].iter().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(b));
    let place = std::str::from_utf8(&text[found.host.start..]).ok()?.trim_end_matches('/');
    let web = text.starts_with(b"https://") || text.starts_with(b"http://");
    let inside = gone.start <= target.span.start && target.span.end <= gone.end;
    if !web || !inside || !plain(&found.user) || !plain(&found.password) || !is_place(place) {
        return None;
    }
    let login = &text[found.user.start..found.password.end];
    let mut value = Zeroizing::new(vec![0; data_encoding::BASE64.encode_len(login.len())]);
    data_encoding::BASE64.encode_mut(login, &mut value);
    let key = format!("//{place}/:_auth");
    Some(moved(target, key, Secret::from_zeroizing(value), Splice::new(gone, "")))
}

fn moved(target: &Target<'_>, key: String, value: Secret, splice: Splice) -> Outcome {
    let place = key.trim_start_matches('/').rsplit_once(":_").map_or("", |(place, _)| place);
    let mut parts = vec!["npm"];
    parts.extend(place.split('/'));
    let binding = Binding::Npm { key: key.clone() };
    let name = (target.name)(VaultName::of(&parts), value.expose(), &binding);
    let history = if target.tracked { " The repository's history still has it." } else { "" };
    let others = match target.machine.file_only_clients.as_slice() {
        [] => String::new(),
        some => format!(" {} can read a login from the file only, so there it is gone.", some.join(" and ")),
    };
    Outcome::Move(Box::new(Move {
        name,
        value,
        binding,
        splices: vec![splice],
        companions: Vec::new(),
        next: format!(
            "Run npm through caulk where it must log in: caulk run -- npm whoami (or add caulk shell-init to your shell).{others}{history}"
        ),
    }))
}

/// Whether a `[section]` stands above: npm reads the settings above the first one.
fn under_section(source: &[u8], at: usize) -> bool {
    source[..at].split(|b| matches!(b, b'\n' | b'\r')).any(|line| {
        let line = line.trim_ascii();
        line.len() > 1 && line.starts_with(b"[") && line.ends_with(b"]")
    })
}

/// The setting with the registry it is for in front; one without is for the file's own default registry.
fn scoped(key: &str, document: &Document<'_>) -> Option<String> {
    // npm puts variables into keys, too: whoever sets one would choose which host gets the token.
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
    let place = place.trim_end_matches('/');
    is_place(place).then(|| format!("//{place}/:{key}"))
}

/// Whether a text is host and path of a registry, and no more.
fn is_place(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('/') && !text.contains(['@', '$', '?', '#', ' ', '%'])
}
