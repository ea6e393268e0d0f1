//! Checksums that end a token: CRC-32 in several spellings, and truncated SHA-256.
//!
//! Every algorithm here was tried on published samples or vendor test vectors;
//! where a vendor's algorithm is only assumed, a mismatch is [`Verdict::Unknown`], not a failure.

use super::{Answer, Verdict};
use crate::rules::checksum;

/// `prefix` and six base-62 digits around a body: GitHub, npm, Vercel.
pub(super) fn base62(secret: &[u8], prefix: &[u8]) -> Answer {
    let body = match secret.strip_prefix(prefix) {
        Some(rest) if !prefix.is_empty() && prefix.ends_with(b"_") => rest,
        _ => after_last(secret, b'_'),
    };
    let Some((body, tail)) = body.len().checked_sub(6).filter(|n| *n > 0).and_then(|n| body.split_at_checked(n)) else {
        return Answer::of(false);
    };
    let holds = checksum::crc62(body) == tail;
    // GitHub documents the checksum for every kind, but no valid sample of this one is published.
    if secret.starts_with(b"ghs_") { Answer::at_best(holds) } else { Answer::of(holds) }
}

fn after_last(secret: &[u8], mark: u8) -> &[u8] {
    match secret.iter().rposition(|b| *b == mark) {
        Some(at) => &secret[at + 1..],
        None => secret,
    }
}

/// `github_pat_`, 22, `_`, 59: characters 44 to 51 of the last part are base32 of a SHA-256 of all before.
pub(super) fn github_fine_grained(secret: &[u8]) -> Answer {
    let Some((head, tail)) = secret.split_at_checked(11 + 22 + 1 + 43) else { return Answer::of(false) };
    Answer::of(tail.starts_with(checksum::sha256_base32(head).as_bytes()))
}

/// A routable GitLab token: payload, `.`, optional version and `.`, two digits of length, seven of CRC.
pub(super) fn gitlab_routable(secret: &[u8]) -> Answer {
    let Some(dot) = secret.iter().position(|b| *b == b'.') else { return Answer::unknown() };
    let Some((head, tail)) = secret.len().checked_sub(7).and_then(|n| secret.split_at_checked(n)) else {
        return Answer::of(false);
    };
    // An instance may put its own prefix before `glpat-`; whether it is summed is not documented.
    let start = head.windows(2).position(|pair| pair == b"gl").unwrap_or(0);
    let holds = [0, start].iter().any(|from| {
        let crc = checksum::crc32(&head[(*from).min(head.len())..]);
        checksum::radix(crc, checksum::BASE36, 7) == tail
    });
    let payload = secret[start.min(dot)..dot].iter().position(|b| *b == b'-').map_or(0, |at| start + at + 1);
    let routed =
        payload + usize::from(secret.get(payload) == Some(&b't') && secret.get(payload + 2) == Some(&b'_')) * 3;
    let length = head.last_chunk::<2>().and_then(|digits| {
        let text = std::str::from_utf8(digits).ok()?;
        usize::from_str_radix(text, 36).ok()
    });
    Answer::of(holds && length.is_some_and(|n| n == dot - payload || n == dot.saturating_sub(routed)))
}

/// `glsa_`, 32, `_`: eight hex digits of the CRC of all before, lowest byte first.
pub(super) fn grafana(secret: &[u8]) -> Answer {
    let Some((head, tail)) = secret.len().checked_sub(9).and_then(|n| secret.split_at_checked(n)) else {
        return Answer::of(false);
    };
    let crc = data_encoding::HEXLOWER.encode(&checksum::crc32(head).to_le_bytes());
    Answer::of(tail.strip_prefix(b"_") == Some(crc.as_bytes()))
}

/// All up to and including `=`, then eight upper-case hex digits. Verified for ATATT tokens only.
pub(super) fn atlassian(secret: &[u8]) -> Answer {
    let Some((head, tail)) = secret.len().checked_sub(8).and_then(|n| secret.split_at_checked(n)) else {
        return Answer::of(false);
    };
    let holds = head.ends_with(b"=") && format!("{:08X}", checksum::crc32(head)).as_bytes() == tail;
    if secret.starts_with(b"ATATT3") { Answer::of(holds) } else { Answer::at_best(holds) }
}

/// `cfut_`, `cfat_`, `cfk_`: 40 characters and their CRC in hex. `cfast_` is assumed to be alike.
pub(super) fn cloudflare(secret: &[u8]) -> Answer {
    let holds = hex_of_body(after_last(secret, b'_'), 40);
    if secret.starts_with(b"cfast_") { Answer::at_best(holds) } else { Answer::of(holds) }
}

/// `zpka_`, 32, `_`, CRC of the 32 in hex.
pub(super) fn zuplo(secret: &[u8]) -> Answer {
    let Some((body, tail)) = secret.strip_prefix(b"zpka_").and_then(|rest| rest.split_at_checked(32)) else {
        return Answer::of(false);
    };
    let crc = format!("_{:08x}", checksum::crc32(body));
    Answer::of(tail == crc.as_bytes())
}

fn hex_of_body(text: &[u8], length: usize) -> bool {
    text.split_at_checked(length)
        .is_some_and(|(body, tail)| format!("{:08x}", checksum::crc32(body)).as_bytes() == tail)
}

/// `cflt`, 54, and the first six base64 characters of the CRC, lowest byte first.
pub(super) fn confluent(secret: &[u8]) -> Answer {
    let Some((body, tail)) = secret.strip_prefix(b"cflt").and_then(|rest| rest.split_at_checked(54)) else {
        return Answer::of(false);
    };
    let crc = data_encoding::BASE64.encode(&checksum::crc32(body).to_le_bytes());
    Answer::of(tail == &crc.as_bytes()[..6])
}

/// `sb_secret_` or `sb_publishable_`, 22, `_`, eight characters that depend on the project.
pub(super) fn supabase(secret: &[u8], project: &str) -> Verdict {
    let Some((head, tail)) = secret.len().checked_sub(9).and_then(|n| secret.split_at_checked(n)) else {
        return Verdict::Failed;
    };
    let expected = checksum::supabase_tail(project, head);
    if tail.strip_prefix(b"_") == Some(expected.as_bytes()) { Verdict::Passed } else { Verdict::Failed }
}
