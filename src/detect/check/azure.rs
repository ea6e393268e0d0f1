//! Microsoft's keys that identify themselves: fixed signatures and Marvin32 checksums.
//!
//! Source: microsoft/security-utilities. Keys from before the signatures have nothing to check.

use super::Answer;
use super::jwt;
use super::structure::{self, base64};
use crate::rules::checksum::{self, AZURE_DEVOPS_PLACES, AZURE_DEVOPS_SEEDS, AZURE_SIGNATURES};
use std::time::SystemTime;
use zeroize::{Zeroize as _, Zeroizing};

/// A key with a four-character signature right before the six characters of its checksum.
pub(super) fn identifiable(secret: &[u8]) -> Answer {
    let end = secret.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let signature = end.checked_sub(10).and_then(|start| secret.get(start..start + 4)).unwrap_or_default();
    let Some((.., seeds)) = AZURE_SIGNATURES.iter().find(|(known, ..)| known.as_bytes() == signature) else {
        return Answer::unknown();
    };
    let Some(raw) = base64(&secret[..end]) else { return Answer::of(false) };
    let Some((body, sum)) = raw.split_last_chunk::<4>() else { return Answer::of(false) };
    let sum = u32::from_le_bytes(*sum);
    Answer::of(seeds.iter().any(|seed| checksum::marvin32(body, checksum::marvin_seed(seed)) == sum))
}

/// A shared access signature: a query with version, expiry and signature, in any order.
pub(super) fn shared_access(secret: &[u8], now: SystemTime) -> Answer {
    let parameter = |name: &[u8]| {
        let mut all = secret.split(|b| matches!(b, b'&' | b';'));
        all.find_map(|part| part.strip_prefix(name)?.strip_prefix(b"="))
    };
    let (Some(_), Some(end)) = (parameter(b"sv"), parameter(b"se")) else { return Answer::of(false) };
    let end = crate::read::url::percent_decode(end);
    let end = end.as_ref().map_or(parameter(b"se"), |decoded| Some(decoded.as_slice()));
    jwt::expiry(Answer::of(true), end.and_then(seconds), now)
}

/// Seconds since 1970 of `2030-01-31` or `2030-01-31T23:59:59Z`.
fn seconds(date: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(date).ok()?;
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at = humantime::parse_rfc3339(&whole).ok()?;
    at.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs_f64())
}

/// A common annotated key: kind, date and provider stand in it. Its checksum is implemented from
/// source but matched no published sample, so a mismatch proves nothing.
pub(super) fn cask(secret: &[u8]) -> Answer {
    let (Some(head), Some(tail)) = (secret.get(..80), secret.get(80..)) else { return Answer::unknown() };
    let kind = match head.get(57) {
        Some(b'9') => "primary",
        Some(b'D') => "derived",
        Some(b'H') => "hash",
        _ => return Answer::unknown(),
    };
    let holds = base64(head).is_some_and(|raw| {
        let expected = checksum::cask_tail(&raw).unwrap_or_default();
        let tail = &tail[..tail.iter().position(|b| *b == b'=').unwrap_or(tail.len())];
        !tail.is_empty() && expected.as_bytes().starts_with(tail)
    });
    let made = made_in(head).map(|date| ("created", date));
    let mut answer = Answer::at_best(holds).with("kind", kind);
    answer.1.extend(made);
    answer
}

/// `2026-11` from the year and month letters.
fn made_in(head: &[u8]) -> Option<String> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let index = |at: usize| LETTERS.iter().position(|letter| Some(letter) == head.get(at));
    let (year, month) = (index(58)?, index(59)?);
    (month < 12).then(|| format!("{}-{:02}", 2024 + year, month + 1))
}

/// An Entra client secret: `8Q~` after three characters, the last three are a checksum of the rest.
/// The older `7Q~` form has none.
pub(super) fn entra(secret: &[u8]) -> Answer {
    match secret.split_last_chunk::<3>() {
        Some((body, tail)) if secret.len() == 40 && secret.get(3..6) == Some(b"8Q~") => {
            Answer::of(checksum::entra_tail(body) == *tail)
        }
        _ if secret.get(3..6) == Some(b"7Q~") => Answer::unknown(),
        _ => Answer::of(false),
    }
}

/// An Azure DevOps token of 52 base32 characters; the CRC is scattered over four bytes.
pub(super) fn devops(secret: &[u8]) -> Answer {
    let upper = Zeroizing::new(secret.to_ascii_uppercase());
    let Some(raw) = structure::decode(&data_encoding::BASE32_NOPAD, &upper) else { return Answer::of(false) };
    let Ok(mut token) = <[u8; 32]>::try_from(raw.as_slice()) else { return Answer::of(false) };
    let sum = u32::from_le_bytes(AZURE_DEVOPS_PLACES.map(|place| token[place]));
    let crc = checksum::azure_devops_crc(&token);
    token.zeroize();
    let kind = AZURE_DEVOPS_SEEDS.iter().position(|seed| crc ^ seed == sum);
    match kind {
        Some(0) => Answer::of(true).with("kind", "user"),
        Some(_) => Answer::of(true).with("kind", "application"),
        None => Answer::of(false),
    }
}
