//! Offline checks of tokens: checksums and structure. Pure functions of bytes.
//!
//! The set of checks is closed: a rule names one of [`KNOWN`]. A check looks at one value alone;
//! what stands around it, and what a verdict means for a finding, is not decided here. Decoded
//! copies of a secret are wiped; attributes never hold a part of one.

mod azure;
mod crc;
mod jwt;
mod structure;
mod wallet;

use std::time::SystemTime;

/// Every check a rule may name.
pub const KNOWN: &[&str] = crate::rules::vet::CHECKS;

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The check holds: as good as certain.
    Passed,
    /// It does not: a fake, a cut or an altered value. Capped at low, never hidden.
    Failed,
    /// Neither; the value does not have the part that is checked.
    Unknown,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it holds.
    pub verdict: Verdict,
    /// The check's name in reports; the word the rule used.
    pub name: &'static str,
    /// Facts read from the value's structure: `account`, `canary`, `expires_at`, `expired`,
    /// `issuer`, `kind`, `organization`, `public`, `sample`. Never a part of the secret.
    pub attributes: Vec<(&'static str, String)>,
}

impl Outcome {
    /// One attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the value says of itself that its time is over.
    #[must_use]
    pub fn expired(&self) -> bool {
        self.attribute("expired").is_some()
    }

    /// Whether it is known to open nothing: public by design, or a published sample.
    #[must_use]
    pub fn harmless(&self) -> bool {
        self.attribute("public").is_some() || self.attribute("sample").is_some()
    }

    /// Whether it belongs to a known honeytoken service: report it, never use or move it.
    #[must_use]
    pub fn canary(&self) -> bool {
        self.attribute("canary").is_some()
    }
}

/// What one check comes to, before it has a name.
struct Answer(Verdict, Vec<(&'static str, String)>);

impl Answer {
    fn of(holds: bool) -> Self {
        Self(if holds { Verdict::Passed } else { Verdict::Failed }, Vec::new())
    }

    /// For structures that are not fully known: what does not fit proves nothing.
    fn at_best(holds: bool) -> Self {
        Self(if holds { Verdict::Passed } else { Verdict::Unknown }, Vec::new())
    }

    fn unknown() -> Self {
        Self(Verdict::Unknown, Vec::new())
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.1.push((name, value.into()));
        self
    }
}

/// Runs the check called `check` on `secret`, whose vendor's prefix is `prefix` (it may be absent).
///
/// `now` is for expiry. A word that is no check gives [`Verdict::Unknown`] and an empty name.
#[must_use]
pub fn run(check: &str, secret: &[u8], prefix: &[u8], now: SystemTime) -> Outcome {
    let Some(name) = KNOWN.iter().copied().find(|known| *known == check) else {
        return Outcome { verdict: Verdict::Unknown, name: "", attributes: Vec::new() };
    };
    let Answer(verdict, attributes) = answer(name, secret, prefix, now).unwrap_or_else(Answer::unknown);
    Outcome { verdict, name, attributes }
}

/// Checks whose failure says that the value is something else of the same letters, not a fake of its kind.
const DECISIVE: &[&str] =
    &["azure-sas", "base58check", "bip39", "grafana-legacy", "nsec-bech32", "numbered-base64", "stellar-crc16"];

/// Whether a value that fails `check` is not reported at all.
#[must_use]
pub fn is_decisive(check: &str) -> bool {
    DECISIVE.contains(&check)
}

/// Whether the check does not fail: what `rules::lint` asks for.
#[must_use]
pub fn passes(check: &str, secret: &[u8], prefix: &[u8]) -> bool {
    run(check, secret, prefix, SystemTime::UNIX_EPOCH).verdict != Verdict::Failed
}

/// `None`: the word has no implementation, which a test rules out.
fn answer(name: &str, secret: &[u8], prefix: &[u8], now: SystemTime) -> Option<Answer> {
    Some(match name {
        "age-bech32" => structure::age(secret),
        "anthropic-tail" => Answer::at_best(secret.ends_with(b"AA")),
        "atlassian-crc32" => crc::atlassian(secret),
        "aws-bedrock" => structure::bedrock(secret),
        "aws-key-id" => structure::aws_key_id(secret),
        "azure-cask" => azure::cask(secret),
        "azure-devops" => azure::devops(secret),
        "azure-entra" => azure::entra(secret),
        "azure-his" => azure::identifiable(secret),
        "azure-sas" => azure::shared_access(secret, now),
        "base58check" => wallet::base58check(secret),
        "base64url-32" => structure::base64url_32(secret, prefix),
        "bip39" => wallet::mnemonic(secret),
        "cloudflare-crc32" => crc::cloudflare(secret),
        "cloudflare-tunnel" => structure::tunnel(secret),
        "confluent-crc32" => crc::confluent(secret),
        "discord-structure" => structure::discord(secret),
        "fly-macaroon" => structure::fly(secret),
        "github-crc32" | "npm-crc32" | "vercel-crc32" => crc::base62(secret, prefix),
        "github-sha256" => crc::github_fine_grained(secret),
        "gitlab-crc32" => crc::gitlab_routable(secret),
        "grafana-cloud" => structure::grafana_cloud(secret),
        "grafana-crc32" => crc::grafana(secret),
        "grafana-legacy" => structure::grafana_legacy(secret),
        "groq-infix" => Answer::at_best(secret.get(24..32) == Some(b"WGdyb3FY")),
        "jfrog-reference" => structure::jfrog(secret),
        "jwt" => jwt::jwt(secret, now),
        "nsec-bech32" => wallet::nsec(secret),
        "numbered-base64" => structure::numbered(secret),
        "onepassword-account" => structure::onepassword(secret),
        "pypi-macaroon" => structure::pypi(secret),
        "sentry-org" => structure::sentry(secret),
        "snyk-expiry" => structure::snyk(secret, now),
        "stellar-crc16" => wallet::stellar(secret),
        "supabase-sha256" => Answer::unknown(),
        "telegram-structure" => structure::telegram(secret),
        "wireguard-clamp" => structure::wireguard(secret),
        "zuplo-crc32" => crc::zuplo(secret),
        _ => return None,
    })
}

/// Whether a Supabase key belongs to `project`, when the project's name is known from nearby.
#[must_use]
pub fn supabase_of_project(secret: &[u8], project: &str) -> Verdict {
    crc::supabase(secret, project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_word_has_an_implementation() {
        for word in KNOWN {
            assert!(answer(word, b"", b"", SystemTime::UNIX_EPOCH).is_some(), "{word}");
        }
        assert_eq!(run("no-such-check", b"x", b"", SystemTime::UNIX_EPOCH).name, "");
    }
}
