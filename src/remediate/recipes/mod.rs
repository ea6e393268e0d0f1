//! The coded editors of recipes: from one secret in one document to the bytes that change.
//!
//! Pure: no file is opened, no keychain asked. Each moves one secret; the engine applies the splices,
//! parses again, and comes back for the next. Bytes that are not the secret's stay as they are.

mod git;
pub(super) mod json;
mod mcp;
mod npm;

pub use git::{git_helper, without_git_helper};

use super::edit::{Outcome, Target};
use crate::read::{Field, Role};
use crate::rules::rule::Edit;
use std::ops::Range;
use std::path::Path;

/// How the secret of `target` is moved, or what to do instead.
#[must_use]
pub fn edit(target: &Target<'_>) -> Outcome {
    let recipe = target.recipe;
    if target.tracked && !recipe.tracked && recipe.automatic {
        return by_hand(target);
    }
    match recipe.edit {
        Edit::NpmLine => npm::line(target),
        Edit::NpmUrl => npm::url(target),
        Edit::GitStore => git::store(target),
        Edit::GitUrl => git::url(target),
        Edit::GitHeader => git::header(target),
        Edit::McpEnv => mcp::env(target),
        Edit::McpHeader => mcp::header(target),
        // A mend has no secret to move.
        Edit::MendSetting
        | Edit::MendPin
        | Edit::MendTask
        | Edit::MendEntry
        | Edit::MendHook
        | Edit::MendOpen
        | Edit::MendMode
        | Edit::ByHand => by_hand(target),
        Edit::Leave => Outcome::Skip(recipe.manual.trim_end_matches('.').to_owned()),
    }
}

fn by_hand(target: &Target<'_>) -> Outcome {
    Outcome::Manual(target.recipe.manual.to_string())
}

/// The field that a secret stands in.
fn field<'t, 'a>(target: &Target<'t>) -> Option<&'t Field<'a>>
where
    't: 'a,
    'a: 't,
{
    let holds = |field: &&Field<'_>| field.span.start <= target.span.start && target.span.end <= field.span.end;
    target.document.fields.iter().filter(holds).min_by_key(|field| (field.role != Role::Entry, field.span.len()))
}

/// The line that holds `at`, its end included.
pub(super) fn whole_line(source: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr2(b'\n', b'\r', &source[..at]).map_or(bom(source), |i| i + 1);
    let end = memchr::memchr2(b'\n', b'\r', &source[at..]).map_or(source.len(), |i| at + i);
    let end = match source.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => end,
    };
    start..end
}

/// The line above the one that begins at `start`, with its end; `None` at the top.
pub(super) fn line_above(source: &[u8], start: usize) -> Option<Range<usize>> {
    let above = source.get(..start)?.strip_suffix(b"\n").or_else(|| source.get(..start)?.strip_suffix(b"\r"))?;
    Some(whole_line(source, above.strip_suffix(b"\r").unwrap_or(above).len()))
}

/// Where the text starts: after a byte order mark.
fn bom(source: &[u8]) -> usize {
    if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}

/// A path as a word of a POSIX shell.
fn shell_word(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return Some(text.to_owned());
    }
    if text.contains(['\n', '\r', '\0']) {
        return None;
    }
    Some(format!("'{}'", text.replace('\'', "'\\''")))
}
