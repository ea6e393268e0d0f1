//! A package that a lock file fetches from another place than all the others: what is left when somebody has put an
//! address of theirs among a thousand lines that nobody reads.
//!
//! Scopes have registries of their own, so packages of a scope are not asked; neither are hosts at which much lies.

use super::plaintext_remote::{host, is_below, is_loopback};
use super::{AuditCx, Judgement};
use crate::model::{Evidence, Severity};
use crate::rules::rule::Surface;
use memchr::memmem;
use std::collections::BTreeMap;
use std::ops::Range;

/// The rule of what is found.
const RULE: &str = "lock-odd-source";
/// Packages without which nothing is odd.
const LEAST: usize = 10;
/// One in so many may come from elsewhere.
const SHARE: usize = 20;
/// Hosts that packages come from besides a project's usual registry.
const PUBLIC: &[&str] = &[
    "npmjs.org",
    "yarnpkg.com",
    "npmmirror.com",
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "jsr.io",
    "jfrog.io",
    "cloudsmith.io",
    "packagecloud.io",
    "pkg.dev",
    "visualstudio.com",
    "azure.com",
    "amazonaws.com",
    "fontawesome.com",
    "sheetjs.com",
    "tiptap.dev",
    "greensock.com",
    "myget.org",
    "esm.sh",
];

/// Whether the rule looks at files of `surface`.
pub(super) fn looks_at(surface: &Surface) -> bool {
    matches!(&*surface.id, "npm.lock" | "yarn.lock")
}

/// Tells of the hosts that only few packages come from: one finding a file.
pub(super) fn check(cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
    let mut hosts: BTreeMap<String, Seen> = BTreeMap::new();
    let mut total = 0;
    for at in memmem::find_iter(cx.doc.source, b"resolved") {
        let Some(address) = address(cx.doc.source, at) else { continue };
        let Some(parsed) = parsed(&cx.doc.source[address.clone()]) else { continue };
        total += 1;
        let seen = hosts.entry(parsed.0).or_insert(Seen { count: 0, plain: 0, first: address });
        seen.count += 1;
        seen.plain += usize::from(!parsed.1);
    }
    let few = |seen: &Seen| seen.count * SHARE <= total && seen.plain == seen.count;
    let odd = hosts.iter().find(|(host, seen)| total >= LEAST && few(seen) && !is_public(host));
    let (Some((host, seen)), Some(most)) = (odd, hosts.iter().max_by_key(|(_, seen)| seen.count)) else { return };
    if most.1.count * 5 < total * 4 {
        return;
    }
    let shown = |host: &str| (cx.mask)(host.as_bytes());
    let come = if seen.count == 1 { "1 package comes".to_owned() } else { format!("{} packages come", seen.count) };
    let why = vec![format!("{come} from {}, most others from {}", shown(host), shown(most.0))];
    let evidence = Evidence { value: Some(shown(host)), why, ..Evidence::default() };
    out.extend(cx.judgement(RULE, Severity::Low, vec!["resolved".to_owned()], seen.first.clone(), evidence));
}

/// What comes from one host: how many packages, how many of them without a scope, and where the first stands.
struct Seen {
    count: usize,
    plain: usize,
    first: Range<usize>,
}

/// The address behind `resolved`, in quotes.
fn address(source: &[u8], at: usize) -> Option<Range<usize>> {
    const REACH: usize = 2048;
    let rest = &source[at..source.len().min(at + REACH)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let start = memmem::find(line, b"\"http")? + 1;
    let end = start + memchr::memchr(b'"', &line[start..])?;
    Some(at + start..at + end)
}

/// The host of an address, and whether the package has a scope.
fn parsed(address: &[u8]) -> Option<(String, bool)> {
    let address = std::str::from_utf8(address).ok()?;
    let (_, rest) = address.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let scoped = path.contains('@') || path.to_ascii_lowercase().contains("%40");
    Some((host(rest).to_ascii_lowercase(), scoped))
}

fn is_public(name: &str) -> bool {
    !name.contains('.') || is_loopback(name) || PUBLIC.iter().any(|host| is_below(name, host))
}
