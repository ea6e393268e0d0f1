//! Secrets among a command's arguments: `--token x`, `--api-key=x`, `-e NAME=x`, `--header "Authorization: Bearer x"`.

use super::names::{self, Hint};
use crate::read::{Document, Field, Text};
use crate::vault::VaultName;
use std::ops::Range;

/// Most words of a line that are looked at.
const WORDS: usize = 4096;

/// What the argument at `index` holds, if its own text or the one before says it is a secret: how
/// loudly, and which part of it. A line of several arguments may hold several.
pub(super) fn secrets(document: &Document<'_>, index: usize) -> Vec<(Hint, Range<usize>)> {
    match secret(document, index) {
        Some(one) => vec![one],
        None => in_line(document.fields[index].value.bytes()),
    }
}

/// The secrets of a line of arguments: `--port 80 --api-key x -Dacme.token=y`.
fn in_line(line: &[u8]) -> Vec<(Hint, Range<usize>)> {
    let mut found = Vec::new();
    let (mut option, mut with) = (None, false);
    for word in words(line).take(WORDS) {
        let text = &line[word.clone()];
        let bare = unquoted(line, word.clone());
        let sealed = std::mem::replace(&mut with, text == WITH);
        if let Some((name, at)) = assigned(text) {
            let value = unquoted(line, word.start + at..word.end);
            let hint = names::hint(name).filter(|_| !(sealed && is_name(&line[value.clone()])));
            found.extend(hint.map(|hint| (hint.max(Hint::Secret), value)));
            option = None;
        } else if text.starts_with(b"-") {
            option = names::hint(text);
        } else if let Some(hint) = option.take() {
            found.push((hint.max(Hint::Secret), bare));
        }
    }
    found
}

/// Where the words of a line lie; none when there is only one. Quotes hold blanks together.
fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    let several = line.trim_ascii().iter().any(u8::is_ascii_whitespace);
    std::iter::from_fn(move || {
        let start = at + line[at..].iter().position(|b| !b.is_ascii_whitespace())?;
        let mut quote = None;
        let ends = |b: &u8| {
            match quote {
                None if b.is_ascii_whitespace() => return true,
                None if matches!(b, b'"' | b'\'') => quote = Some(*b),
                Some(open) if open == *b => quote = None,
                _ => {}
            }
            false
        };
        at = line[start..].iter().position(ends).map_or(line.len(), |length| start + length);
        Some(start..at)
    })
    .take_while(move |_| several)
}

/// A word without the quotes around it.
fn unquoted(line: &[u8], word: Range<usize>) -> Range<usize> {
    match &line[word.clone()] {
        [first @ (b'"' | b'\''), .., last] if first == last => word.start + 1..word.end - 1,
        _ => word,
    }
}

fn secret(document: &Document<'_>, index: usize) -> Option<(Hint, Range<usize>)> {
    let field = &document.fields[index];
    let value = field.value.bytes();
    if let Some((name, at)) = assigned(value) {
        if is_reference(document, index, &value[at..]) {
            return None;
        }
        return Some((names::hint(name)?.max(Hint::Secret), at..value.len()));
    }
    if let Some(part) = header(value) {
        return Some((Hint::Secret, part));
    }
    let before = index.checked_sub(1).and_then(|i| document.fields.get(i)).filter(|b| are_siblings(b, field))?;
    let option = before.value.bytes();
    if !option.starts_with(b"-") || assigned(option).is_some() || value.starts_with(b"-") {
        return None;
    }
    Some((names::hint(option.trim_ascii_start())?.max(Hint::Secret), 0..value.len()))
}

/// Whether an argument is caulk's own mark of a sealed secret: `run --with NAME=kind/place/name -- …`.
fn is_reference(document: &Document<'_>, index: usize, value: &[u8]) -> bool {
    let field = &document.fields[index];
    let option = index.checked_sub(1).and_then(|i| document.fields.get(i)).filter(|b| are_siblings(b, field));
    option.is_some_and(|option| option.value.bytes() == WITH) && is_name(value)
}

/// The same in a line for a shell, where the variable and the name are a field of their own.
pub(super) fn is_reference_in_line(source: &[u8], field: &Field<'_>) -> bool {
    if !is_name(field.value.bytes()) {
        return false;
    }
    let unquoted = |text: &'_ [u8]| text.len() - usize::from(matches!(text.last(), Some(b'"' | b'\'')));
    let before = source.get(..field.span.start).unwrap_or_default();
    let before = before[..unquoted(before)].strip_suffix(b"=").and_then(|text| text.strip_suffix(field.key()));
    before.is_some_and(|text| text[..unquoted(text)].trim_ascii_end().ends_with(WITH))
}

/// Whether a value is the name of a sealed secret: a name has a kind before its first slash; a token that has
/// a slash by chance does not begin so.
fn is_name(value: &[u8]) -> bool {
    let name = std::str::from_utf8(value).ok().filter(|name| VaultName::parse(name).is_ok());
    name.is_some_and(|name| KINDS.iter().any(|kind| name.strip_prefix(kind).is_some_and(|r| r.starts_with('/'))))
}

/// The option of `caulk run` that names a sealed secret.
const WITH: &[u8] = b"--with";

/// What names that recipes give begin with.
const KINDS: [&str; 3] = ["git", "mcp", "npm"];

/// `--name=value` or `NAME=value`: the name, and where the value starts.
pub(super) fn assigned(value: &[u8]) -> Option<(&[u8], usize)> {
    let equals = memchr::memchr(b'=', value)?;
    let name = &value[..equals];
    let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(b));
    (plain && !name.is_empty()).then_some((name, equals + 1))
}

/// `Authorization: Bearer value`: where the value stands.
fn header(value: &[u8]) -> Option<Range<usize>> {
    let colon = memchr::memchr(b':', value).filter(|at| *at < 64)?;
    names::hint(&value[..colon])?;
    let rest = &value[colon + 1..];
    if rest.starts_with(b"//") {
        return None;
    }
    let mut start = value.len() - rest.trim_ascii_start().len();
    if let Some(space) = value[start..].iter().position(u8::is_ascii_whitespace) {
        start += space + 1;
    }
    (start < value.len()).then_some(start..value.len())
}

/// Whether two fields are neighbouring items of one array.
fn are_siblings(before: &Field<'_>, field: &Field<'_>) -> bool {
    let number = |text: Option<&Text<'_>>| std::str::from_utf8(text?.bytes()).ok()?.parse::<u64>().ok();
    let parent = |f: &Field<'_>| f.path.len().saturating_sub(1);
    parent(before) == parent(field)
        && before.path[..parent(before)].iter().zip(&field.path[..parent(field)]).all(|(a, b)| a.bytes() == b.bytes())
        && number(before.path.last()).is_some_and(|n| number(field.path.last()) == n.checked_add(1))
}
