//! Credentials of services that are thrown away: the database of a test job, the container of a compose file.
//!
//! They are told as low, with the reason, and never left out. What a path says of a credential is `published`'s business.

use crate::audit::{host_of, is_loopback};
use crate::model::{Confidence, Finding, Severity};
use std::ops::Range;

/// Findings in files that set up services for a job or a developer.
const RULES: &[&str] = &["compose-secret", "tool-secret"];

/// Lowers a password that is the user's name again; in a workflow also a short one, which opens what lives as long as
/// the job, and one of a container that the job itself started.
pub(super) fn lower(finding: &mut Finding, text: &[u8], span: &Range<usize>) {
    if finding.severity <= Severity::Low || !RULES.contains(&finding.rule.as_str()) {
        return;
    }
    let Some(secret) = &mut finding.secret else { return };
    let in_job = finding.surface == "ci.workflow";
    let reason = if in_job && secret.redacted.length().is_none() {
        "is a short password of a job's own services"
    } else if in_job && opens_a_container(text, span) {
        "opens a container of the job"
    } else if finding.rule == "compose-secret" && is_a_name(text, span) {
        "is the name of the user or the database again"
    } else {
        return;
    };
    finding.severity = Severity::Low;
    finding.confidence = Confidence::Low;
    secret.checks.push(reason.to_owned());
}

/// Whether a value stands elsewhere in the document as the name of a user or a database.
fn is_a_name(text: &[u8], span: &Range<usize>) -> bool {
    const LONGEST: usize = 24;
    let Some(value) = text.get(span.clone()).filter(|value| value.len() <= LONGEST) else { return false };
    text.split(|byte| *byte == b'\n').filter_map(assignment).any(|(key, plain)| {
        let key = key.to_ascii_lowercase();
        let named = [&b"user"[..], b"database", b"_db"].iter().any(|word| memchr::memmem::find(&key, word).is_some());
        named && plain == value
    })
}

/// Whether the variables beside the one at `span` say that its service is a container: `VAULT_ADDR: http://vault:8200`
/// next to `VAULT_TOKEN`. A name without a dot is one of the job's own network, save on a runner in somebody's own.
fn opens_a_container(text: &[u8], span: &Range<usize>) -> bool {
    const ADDRESSES: &[&[u8]] = &[b"ADDR", b"ADDRESS", b"URL", b"URI", b"HOST", b"HOSTNAME", b"ENDPOINT", b"SERVER"];
    if memchr::memmem::find(text, b"self-hosted").is_some() {
        return false;
    }
    let Some((service, _)) = assignment(line(text, span.start)).and_then(|(key, _)| last_word(key)) else {
        return false;
    };
    let address =
        block(text, span.start).split(|byte| *byte == b'\n').filter_map(assignment).find_map(|(key, plain)| {
            let (of, word) = last_word(key)?;
            (of == service && ADDRESSES.contains(&word.to_ascii_uppercase().as_slice())).then_some(plain)
        });
    address.and_then(|address| std::str::from_utf8(address).ok()).is_some_and(|address| {
        let host = host_of(address.split_once("://").map_or(address, |(_, rest)| rest));
        let single = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        single || is_loopback(host)
    })
}

/// `VAULT_TOKEN` as `VAULT` and `TOKEN`.
fn last_word(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b'_', key)?;
    Some((&key[..at], &key[at + 1..]))
}

/// The key and the value of a line of YAML or of variables, without quotes.
fn assignment(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr2(b':', b'=', line)?;
    let plain = line[at + 1..].trim_ascii();
    let plain = plain.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(plain);
    Some((line[..at].trim_ascii(), plain))
}

/// The line that holds byte `at`.
fn line(text: &[u8], at: usize) -> &[u8] {
    let at = at.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |i| i + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |i| at + i);
    &text[start..end]
}

/// The lines around byte `at` that are indented as its own is.
fn block(text: &[u8], at: usize) -> &[u8] {
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let at = at.min(text.len());
    let own = indent(line(text, at));
    let (mut start, mut end) = (at, at);
    while let Some(previous) = memchr::memrchr(b'\n', &text[..start]).filter(|i| indent(line(text, *i)) == own) {
        start = previous;
    }
    while let Some(next) = memchr::memchr(b'\n', &text[end..]).map(|i| end + i + 1) {
        if indent(line(text, next)) != own {
            break;
        }
        end = next;
    }
    let last = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |i| end + i);
    let first = memchr::memrchr(b'\n', &text[..start]).map_or(0, |i| i + 1);
    &text[first..last]
}
