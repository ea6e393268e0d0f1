//! JSON Web Tokens, and the few JSON members that other self-describing tokens share with them.
//!
//! Members are borrowed from the decoded copy, which is wiped: no claim is copied but the few that
//! may be shown. Nothing is verified against a key.

use super::{Answer, structure};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::time::{Duration, SystemTime};

/// A JSON member of which only text and numbers matter.
#[derive(Default, Clone, Copy)]
pub(super) enum Member<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// Text without escapes.
    Text(&'a str),
    /// Any number.
    Number(f64),
    /// Something else.
    Other,
}

impl<'a> Member<'a> {
    pub(super) fn text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn number(self) -> Option<f64> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    pub(super) fn is_there(self) -> bool {
        !matches!(self, Self::Absent)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Member<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Member<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Member::Text(text))
            }
            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(Member::Other)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Member::Other)
            }
            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Member::Number(number as f64))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Member::Number(number as f64))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Member::Number(number))
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Member::Absent)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Member::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The members that are looked at, of whatever document.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Claims<'a> {
    #[serde(borrow)]
    pub(super) alg: Member<'a>,
    pub(super) enc: Member<'a>,
    pub(super) exp: Member<'a>,
    pub(super) iss: Member<'a>,
    pub(super) sub: Member<'a>,
    pub(super) aud: Member<'a>,
    pub(super) iat: Member<'a>,
    pub(super) nbf: Member<'a>,
    pub(super) jti: Member<'a>,
    pub(super) name: Member<'a>,
    pub(super) role: Member<'a>,
    pub(super) url: Member<'a>,
    pub(super) org: Member<'a>,
    pub(super) a: Member<'a>,
    pub(super) e: Member<'a>,
    pub(super) id: Member<'a>,
    pub(super) k: Member<'a>,
    pub(super) n: Member<'a>,
    pub(super) o: Member<'a>,
    pub(super) s: Member<'a>,
    #[serde(rename = "secretKey")]
    pub(super) secret_key: Member<'a>,
}

impl<'a> Claims<'a> {
    /// A JSON object; serde_json bounds its own depth.
    pub(super) fn parse(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }
}

/// Three base64url parts, the first two JSON objects, the first with `alg`.
pub(super) fn jwt(secret: &[u8], now: SystemTime) -> Answer {
    // A vendor may put a prefix before the token; the header begins at `eyJ`.
    let start = secret.windows(3).position(|head| head == b"eyJ").unwrap_or(0);
    let mut parts = secret[start..].split(|b| *b == b'.');
    let (Some(header), Some(claims)) =
        (parts.next().and_then(structure::base64), parts.next().and_then(structure::base64))
    else {
        return Answer::of(false);
    };
    let Some(header) = Claims::parse(&header).filter(|header| header.alg.is_there()) else { return Answer::of(false) };
    if header.enc.is_there() {
        return Answer::of(true).with("kind", "encrypted");
    }
    let Some(claims) = Claims::parse(&claims) else { return Answer::of(false) };
    let mut answer = expiry(Answer::of(true), claims.exp.number(), now);
    if let Some(issuer) = claims.iss.text().and_then(issuer) {
        answer = answer.with("issuer", issuer);
    }
    let published = claims.iss.text() == Some("supabase-demo")
        || (claims.sub.text() == Some("1234567890") && claims.name.text() == Some("John Doe"));
    // What an issuer makes has one of RFC 7519's claims at least: libraries add the time by themselves.
    let registered = [claims.iss, claims.sub, claims.aud, claims.exp, claims.nbf, claims.iat, claims.jti];
    if !registered.into_iter().any(Member::is_there) {
        answer = answer.with("bare", "true");
    }
    if published {
        answer = answer.with("sample", "true");
    } else if claims.iss.text() == Some("supabase") && claims.role.text() == Some("anon") {
        answer = answer.with("public", "true");
    }
    answer
}

/// Adds `expires_at`, and `expired` when that is past, for a Unix time that a calendar can show.
pub(super) fn expiry(answer: Answer, seconds: Option<f64>, now: SystemTime) -> Answer {
    /// 9999-12-31T23:59:59Z, the last that RFC 3339 can write.
    const LAST: f64 = 253_402_300_799.0;
    let Some(seconds) = seconds.filter(|s| (0.0..=LAST).contains(s)) else { return answer };
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds as u64);
    let answer = answer.with("expires_at", humantime::format_rfc3339_seconds(at).to_string());
    if at < now { answer.with("expired", "true") } else { answer }
}

/// The issuer's host, or one of the few issuers that are plain words. Userinfo is left out.
fn issuer(text: &str) -> Option<String> {
    const WORDS: &[&str] = &["supabase", "supabase-demo", "kubernetes/serviceaccount", "argocd", "n8n"];
    if WORDS.contains(&text) {
        return Some(text.to_owned());
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    is_name(host).then(|| host.to_owned())
}

/// Whether `text` is short and made of the characters of host names and slugs.
pub(super) fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b))
}
