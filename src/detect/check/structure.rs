//! Tokens that tell what they are: encoded documents, ids, key formats.
//!
//! Every decoder takes attacker's bytes: bounded, no recursion of its own, nothing kept.

use super::jwt::{self, Claims};
use super::{Answer, Verdict};
use crate::rules::checksum;
use data_encoding::Encoding;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// Longest text that is decoded, in bytes; real tokens are far shorter.
const LONGEST: usize = 16 << 10;

/// AWS accounts of honeytoken services (Thinkst Canary and others), as listed by trufflehog.
/// Using or moving a key of theirs raises the owner's alarm.
const CANARY_ACCOUNTS: &[u64] = &[
    44_858_866_125,
    52_310_077_262,
    171_436_882_533,
    251_535_659_677,
    266_735_846_894,
    344_043_088_457,
    351_906_852_752,
    390_477_818_340,
    426_127_672_474,
    427_150_556_519,
    439_872_796_651,
    445_142_720_921,
    465_867_158_099,
    534_261_010_715,
    595_918_472_158,
    637_958_123_769,
    693_412_236_332,
    717_712_589_309,
    730_335_385_048,
    732_624_840_810,
    735_421_457_923,
    819_147_034_852,
    893_192_397_702,
    959_235_150_393,
    982_842_642_351,
    992_382_622_183,
];

/// Decodes standard or URL-safe base64, padded or not, whatever its last bits.
pub(super) fn base64(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() > LONGEST {
        return None;
    }
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    let standard = Zeroizing::new(
        text[..end]
            .iter()
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => *byte,
            })
            .collect::<Vec<u8>>(),
    );
    let mut lenient = data_encoding::BASE64_NOPAD.specification();
    lenient.check_trailing_bits = false;
    decode(&lenient.encoding().ok()?, &standard)
}

/// Decodes into a buffer that is wiped even when the text turns out to be wrong.
pub(super) fn decode(encoding: &Encoding, text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(vec![0; encoding.decode_len(text.len()).ok()?]);
    let written = encoding.decode_mut(text, &mut out).ok()?;
    out.truncate(written);
    Some(out)
}

/// A twelve-digit account stands in every key id made since about 2019 (fifth character Q to Z or 2 to 7).
pub(super) fn aws_key_id(secret: &[u8]) -> Answer {
    let account = secret.get(4..).filter(|id| matches!(id.first(), Some(b'Q'..=b'Z' | b'2'..=b'7'))).and_then(|id| {
        let raw = decode(&data_encoding::BASE32, id)?;
        let head = raw.first_chunk::<6>()?.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        Some((head & 0x7fff_ffff_ff80) >> 7).filter(|account| *account <= 999_999_999_999)
    });
    match account {
        Some(account) => {
            let answer = Answer::unknown().with("account", format!("{account:012}"));
            if CANARY_ACCOUNTS.contains(&account) { answer.with("canary", "true") } else { answer }
        }
        None => Answer::unknown(),
    }
}

/// `ABSK` and base64 of `BedrockAPIKey-…`; or `bedrock-api-key-` and base64 of a presigned URL.
pub(super) fn bedrock(secret: &[u8]) -> Answer {
    let starts = |body: &[u8], head: &[u8]| Answer::of(base64(body).is_some_and(|raw| raw.starts_with(head)));
    if let Some(body) = secret.strip_prefix(b"ABSK") {
        starts(body, b"BedrockAPIKey-")
    } else if let Some(body) = secret.strip_prefix(b"bedrock-api-key-") {
        starts(body, b"bedrock.amazonaws.com")
    } else {
        Answer::unknown()
    }
}

/// JFrog's reference tokens decode to `reftkn:`.
pub(super) fn jfrog(secret: &[u8]) -> Answer {
    Answer::of(base64(secret).is_some_and(|raw| raw.starts_with(b"reftkn:")))
}

/// A serialised macaroon of version 2: location, then identifier.
pub(super) fn pypi(secret: &[u8]) -> Answer {
    let Some(raw) = secret.strip_prefix(b"pypi-").and_then(base64) else { return Answer::of(false) };
    let field = |at: usize, kind: u8| {
        let length = usize::from(*raw.get(at + 1)?);
        (raw.get(at) == Some(&kind)).then(|| raw.get(at + 2..at + 2 + length)).flatten()
    };
    let location = field(1, 1).filter(|_| raw.first() == Some(&2));
    let identifier = location.and_then(|location| field(3 + location.len(), 2));
    let host = location.is_some_and(|l| !l.is_empty() && l.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'.'));
    Answer::of(host && identifier.is_some_and(|id| !id.is_empty()))
}

/// `sntrys_`, base64 of JSON, `_`, signature.
pub(super) fn sentry(secret: &[u8]) -> Answer {
    let json = secret.strip_prefix(b"sntrys_").and_then(|rest| {
        let end = rest.iter().rposition(|b| *b == b'_').filter(|_| rest.len() > 43)?;
        // The signature is base64 and may hold an underscore in its URL-safe form: count from the end.
        let cut = rest.len().checked_sub(44).filter(|cut| rest.get(*cut) == Some(&b'_')).unwrap_or(end);
        base64(&rest[..cut])
    });
    let Some(json) = json else { return Answer::of(false) };
    let Some(claims) = Claims::parse(&json) else { return Answer::of(false) };
    let answer = Answer::of(claims.url.text().is_some());
    let organization = claims.org.text().filter(|name| jwt::is_name(name));
    match organization {
        Some(name) => answer.with("organization", name),
        None => answer,
    }
}

/// Eight hex digits, base64url JSON with expiry, signature.
pub(super) fn snyk(secret: &[u8], now: SystemTime) -> Answer {
    let mut parts = secret.rsplit(|b| *b == b'.');
    let Some(json) = parts.nth(1).and_then(base64) else { return Answer::of(false) };
    match Claims::parse(&json) {
        Some(claims) => jwt::expiry(Answer::at_best(claims.e.number().is_some()), claims.e.number(), now),
        None => Answer::of(false),
    }
}

/// `glc_` and base64 JSON with organisation and key.
pub(super) fn grafana_cloud(secret: &[u8]) -> Answer {
    let json = secret.strip_prefix(b"glc_").and_then(base64);
    Answer::of(
        json.as_deref().is_some_and(|json| Claims::parse(json).is_some_and(|c| c.k.is_there() && c.o.is_there())),
    )
}

/// base64 JSON with key, name and organisation's number: not every link that begins with `{"k":"` is one.
pub(super) fn grafana_legacy(secret: &[u8]) -> Answer {
    let json = base64(secret);
    let whole = |c: Claims<'_>| c.k.is_there() && c.n.is_there() && c.id.is_there();
    Answer::of(json.as_deref().is_some_and(|json| Claims::parse(json).is_some_and(whole)))
}

/// base64 of a token's number, a colon, random bytes: Atlassian's Data Center products.
pub(super) fn numbered(secret: &[u8]) -> Answer {
    let raw = base64(secret);
    let number = raw.as_deref().and_then(|raw| raw.iter().position(|b| !b.is_ascii_digit()).map(|at| (at, raw[at])));
    Answer::of(number.is_some_and(|(at, divider)| (8..=16).contains(&at) && divider == b':'))
}

/// base64 JSON with account, tunnel and secret.
pub(super) fn tunnel(secret: &[u8]) -> Answer {
    let json = base64(secret);
    Answer::of(
        json.as_deref().is_some_and(|json| Claims::parse(json).is_some_and(|c| c.a.is_there() && c.s.is_there())),
    )
}

/// `ops_` and base64url JSON with the account's keys.
pub(super) fn onepassword(secret: &[u8]) -> Answer {
    let json = secret.strip_prefix(b"ops_").and_then(base64);
    Answer::of(
        json.as_deref().is_some_and(|json| Claims::parse(json).is_some_and(|claims| claims.secret_key.is_there())),
    )
}

/// Fly's macaroons are MessagePack arrays in base64, several divided by commas. Not tried on a real one.
pub(super) fn fly(secret: &[u8]) -> Answer {
    let text = secret.strip_prefix(b"FlyV1 ").unwrap_or(secret);
    let array = |part: &[u8]| {
        let body = part.iter().position(|b| *b == b'_').and_then(|at| part.get(at + 1..));
        body.and_then(base64).is_some_and(|raw| raw.first().is_some_and(|head| head & 0xf0 == 0x90))
    };
    Answer::at_best(text.split(|b| *b == b',').all(array))
}

/// base64 of the user's number, the time, a signature.
pub(super) fn discord(secret: &[u8]) -> Answer {
    let user = secret.split(|b| *b == b'.').next().and_then(base64);
    Answer::of(user.is_some_and(|id| (15..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit)))
}

/// The bot's number, `:`, 35 characters of which the first two are `AA`.
pub(super) fn telegram(secret: &[u8]) -> Answer {
    let mut parts = secret.splitn(2, |b| *b == b':');
    let number = parts.next().is_some_and(|n| (8..=10).contains(&n.len()) && n.iter().all(u8::is_ascii_digit));
    Answer::of(number && parts.next().is_some_and(|rest| rest.len() == 35 && rest.starts_with(b"AA")))
}

/// 43 characters of base64url are 32 bytes only when the last one has its two low bits clear.
pub(super) fn base64url_32(secret: &[u8], prefix: &[u8]) -> Answer {
    let body = secret.strip_prefix(prefix).unwrap_or(secret);
    let body = body.rsplit(|b| *b == b'.').next().unwrap_or(body);
    if body.len() != 43 {
        return Answer::unknown();
    }
    Answer::at_best(body.last().is_some_and(|last| b"AEIMQUYcgkosw048".contains(last)))
}

/// An age identity: bech32 of 32 bytes, upper case.
pub(super) fn age(secret: &[u8]) -> Answer {
    let Some(at) = secret.iter().rposition(|b| *b == b'1') else { return Answer::of(false) };
    let (human, data) = (secret[..at].to_ascii_lowercase(), &secret[at + 1..]);
    let values = Zeroizing::new(bech32_values(data));
    let holds = values.len() == data.len() && checksum::bech32_remainder(&human, &values) == 1;
    // Post-quantum identities are bech32 too, but longer than the code is made for: no proof either way.
    if human == b"age-secret-key-" { Answer::of(holds) } else { Answer::at_best(holds) }
}

/// What the letters of bech32 stand for, up to the first that is none.
pub(super) fn bech32_values(data: &[u8]) -> Vec<u8> {
    let mut values = Vec::with_capacity(data.len());
    values.extend(data.iter().map_while(|letter| {
        let letter = letter.to_ascii_lowercase();
        checksum::BECH32.iter().position(|known| *known == letter).map(|value| value as u8)
    }));
    values
}

/// A Curve25519 private key is clamped: three bits clear, one set. Random bytes rarely are.
pub(super) fn wireguard(secret: &[u8]) -> Answer {
    let Some(raw) = base64(secret) else { return Answer(Verdict::Failed, Vec::new()) };
    let clamped = raw.len() == 32 && raw[0].trailing_zeros() >= 3 && raw[31] & 0xC0 == 0x40;
    Answer::of(clamped)
}
