//! Dependencies that are fetched over plain http or git's own protocol: anybody on the way can put code of theirs in place.
//!
//! One finding a file. Lock files are `stock`'s business, a registry in a manager's settings is a posture rule's.

use super::{AuditCx, Judgement};
use crate::model::{Evidence, Severity};
use crate::read::json::{Kind, NodeId, Tree};
use crate::rules::rule::Surface;
use std::ops::Range;

/// The rule of what is found.
const RULE: &str = "dependency-plain-http";
/// Surfaces whose dependencies are looked at.
const MANIFEST: &str = "npm.package";
const REQUIREMENTS: &str = "python.requirements";
const PYPROJECT: &str = "python.pyproject";
/// Where a manifest of npm names packages.
const GROUPS: [&[u8]; 5] =
    [b"dependencies", b"devDependencies", b"optionalDependencies", b"peerDependencies", b"overrides"];
/// How such a source begins.
const SCHEMES: [&str; 5] = ["http://", "git+http://", "git://", "hg+http://", "svn+http://"];

/// Whether the rule looks at files of `surface`.
pub(super) fn looks_at(surface: &Surface) -> bool {
    matches!(&*surface.id, MANIFEST | REQUIREMENTS | PYPROJECT)
}

/// What of a document is fetched that way.
pub(super) fn check(cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
    let found = match &*cx.surface.id {
        MANIFEST => cx.doc.tree.as_ref().map(|tree| of_manifest(tree)).unwrap_or_default(),
        REQUIREMENTS => of_lines(cx.doc.source),
        _ => of_tables(cx),
    };
    let Some(first) = found.first().cloned() else { return };
    let shown = (cx.mask)(&cx.doc.source[first.clone()]);
    let count = if found.len() == 1 { String::new() } else { format!(", the first of {}", found.len()) };
    let why = vec![format!("{shown} is fetched without TLS{count}")];
    let evidence = Evidence { value: Some(shown), why, ..Evidence::default() };
    out.extend(cx.judgement(RULE, Severity::Medium, Vec::new(), first, evidence));
}

fn of_manifest(tree: &Tree<'_>) -> Vec<Range<usize>> {
    let Some(root) = tree.root() else { return Vec::new() };
    let groups = GROUPS.iter().filter_map(|group| tree.get(root, group));
    let plain =
        |node: &NodeId| tree.kind(*node) == Kind::String && tree.text(*node).is_some_and(|text| is_plain(text.bytes()));
    groups.flat_map(|group| tree.children(group)).filter(plain).map(|node| tree.span(node)).collect()
}

/// Words of lines that are no comment: `pkg @ http://…`, `-e git+http://…`, `--index-url http://…`.
fn of_lines(source: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in source.split(|byte| *byte == b'\n') {
        let start = at;
        at += line.len() + 1;
        if line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        let mut from = start;
        for word in line.split(|byte| byte.is_ascii_whitespace() || *byte == b'=') {
            if is_plain(word) {
                found.push(from..from + word.len());
            }
            from += word.len() + 1;
        }
    }
    found
}

/// Values of `pyproject.toml` that are a source, or a requirement with one.
fn of_tables(cx: &AuditCx<'_>) -> Vec<Range<usize>> {
    let is_of_packages = |first: &[u8]| matches!(first, b"tool" | b"project" | b"dependency-groups" | b"build-system");
    let fields = cx.doc.fields.iter().filter(|field| {
        let first = field.path.first().map_or(&b""[..], |key| key.bytes());
        let tool = field.path.get(1).map_or(&b""[..], |key| key.bytes());
        is_of_packages(first) && (first != b"tool" || matches!(tool, b"uv" | b"poetry" | b"pdm" | b"hatch"))
            // A project's home page is an address, too.
            && !field.path.iter().any(|key| matches!(key.bytes(), b"urls" | b"homepage" | b"repository" | b"documentation"))
    });
    let plain = |value: &[u8]| value.split(|byte| matches!(byte, b' ' | b'@')).any(is_plain);
    fields.filter(|field| plain(field.value.bytes())).map(|field| field.span.clone()).collect()
}

/// Whether an address has a host by name that is not of this machine.
fn is_plain(address: &[u8]) -> bool {
    let Ok(address) = std::str::from_utf8(address) else { return false };
    let Some(rest) = SCHEMES.iter().find_map(|scheme| address.strip_prefix(scheme)) else { return false };
    let host = super::plaintext_remote::host(rest);
    let named =
        host.rsplit_once('.').is_some_and(|(_, last)| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    named && !super::plaintext_remote::is_loopback(host)
}
