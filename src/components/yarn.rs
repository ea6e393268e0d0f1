//! `yarn.lock`, of version 1 and of those after it: blocks of lines, the first of which names what was asked for.

use super::{at_version, component, numbered};
use crate::model::{Component, Ecosystem};
use memchr::memmem;

/// Each block's package and version.
pub(super) fn lock(source: &[u8]) -> Vec<Component> {
    let mut found = Vec::new();
    let mut head: Option<(usize, &[u8])> = None;
    let mut version: Option<&[u8]> = None;
    let mut close = |head: Option<(usize, &[u8])>, version: Option<&[u8]>| {
        if let (Some((at, name)), Some(version)) = (head, version) {
            found.extend(component(Ecosystem::Npm, name, version, at..at + name.len()));
        }
    };
    for (at, line) in numbered(source) {
        match line {
            [b'#', ..] | [] => {}
            [b' ', ..] => {
                let field = line.trim_ascii();
                if let Some(text) = field.strip_prefix(b"version") {
                    version = Some(trimmed(text));
                } else if let Some(text) = field.strip_prefix(b"resolution:")
                    && let Some((name, _)) = at_version(trimmed(text))
                {
                    // What an alias stands for.
                    head = head.map(|(at, _)| (at, name));
                }
            }
            _ => {
                close(head.take(), version.take());
                let first = line.split(|byte| *byte == b',').next().unwrap_or(line);
                let first = trimmed(first.strip_suffix(b":").unwrap_or(first));
                let start = at + line.len().min(usize::from(line.starts_with(b"\"")));
                head = at_version(first).map(|(name, asked)| (start, aliased(asked).unwrap_or(name)));
            }
        }
    }
    close(head, version);
    found
}

/// The package of `npm:name@^1`, which stands for another name.
fn aliased(asked: &[u8]) -> Option<&[u8]> {
    let target = asked.strip_prefix(b"npm:")?;
    memmem::find(target, b"@")?;
    at_version(target).map(|(name, _)| name)
}

/// Without colon, blanks and quotes around it.
fn trimmed(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b":").unwrap_or(text).trim_ascii();
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.strip_suffix(b"\"").unwrap_or(text)
}
