//! What authors write under `rules/`, as serde types.
//!
//! Shared with the build script (`rules/build.rs` includes this file), so it may use nothing but
//! std and serde. An unknown key is an error everywhere.

use serde::Deserialize;

pub use super::campaign_schema::{ArtifactSpec, CampaignFile};
pub use super::surface_schema::{DecisionSpec, FieldGroup, Paths, RunSpec, SecretField, SurfaceFile, SurfaceSpec};

/// A file of `rules/tokens`: one vendor's rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    /// Always 1.
    pub schema: u32,
    /// Whose tokens these are.
    pub vendor: Vendor,
    /// The rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
}

/// Who issues the tokens of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The prefix of its rules' ids, and the file's name.
    pub id: String,
    /// As people write it.
    pub name: String,
}

/// One rule, of any kind; which kind is told by the file it stands in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Vendor first, kebab-case, never reused.
    pub id: String,
    /// Ids this rule replaces and inherits.
    #[serde(default)]
    pub supersedes: Vec<String>,
    /// What was found: `npm access token`. No trailing period; the surface is added.
    pub title: String,
    /// Severity at full confidence.
    pub severity: String,
    /// Confidence without further evidence.
    #[serde(default = "high")]
    pub confidence: String,
    /// Category; `credential` unless said.
    #[serde(default = "credential")]
    pub category: String,
    /// Literals one of which stands in every match, four bytes or more. Token rules: required.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Why a keyword of three bytes cannot be longer; empty: none is shorter than four.
    #[serde(default)]
    pub short_keyword: String,
    /// Whether keywords match whatever their case (key names); prefixes are case-sensitive.
    #[serde(default)]
    pub ignore_case: bool,
    /// Bytes regex (no look-around, no unicode); group `secret`, else the first that takes part, else all of it is
    /// the secret.
    #[serde(default)]
    pub pattern: String,
    /// Characters of the token: a match must not be followed (nor preceded) by one more of them.
    /// A regex class body such as `0-9A-Za-z_-`; that is also the default.
    #[serde(default = "word_class")]
    pub alphabet: String,
    /// Public vendor prefix that redaction may show.
    #[serde(default)]
    pub prefix: String,
    /// Offline check, from the closed set in `detect::check`.
    #[serde(default)]
    pub check: String,
    /// Words one of which must stand on the same line or the two before (any case).
    #[serde(default)]
    pub near: Vec<String>,
    /// Words beside which (before it on its line, or just after it) it is meant to be public: reported as low.
    #[serde(default)]
    pub public_beside: Vec<String>,
    /// Surfaces it is limited to; all when empty.
    #[serde(default)]
    pub surfaces: Vec<String>,
    /// Least Shannon entropy in bits per character of the secret; 0: none.
    #[serde(default)]
    pub min_entropy: f64,
    /// Bytes regexes of which none may match in the secret.
    #[serde(default)]
    pub except: Vec<String>,
    /// Public by design: reported as info.
    #[serde(default)]
    pub public: bool,
    /// No longer accepted by its vendor: low.
    #[serde(default)]
    pub dead: bool,
    /// Exact values that are documentation samples or fixed defaults, not secrets.
    /// Written reversed so that no token-shaped literal stands in the repository.
    #[serde(default)]
    pub samples_reversed: Vec<String>,
    /// The id of the rule that is the other half of a pair.
    #[serde(default)]
    pub pair: String,
    /// What a thief can do, one sentence.
    #[serde(default)]
    pub impact: String,
    /// A URL, or a command, that revokes it.
    #[serde(default)]
    pub revoke: String,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
    /// Templates (see `rules::template`) in each of which the rule must hold.
    #[serde(default)]
    pub matches: Vec<String>,
    /// Templates in which it must not hold.
    #[serde(default)]
    pub ignores: Vec<String>,
    /// Why a user's rule has no examples; empty: it has.
    #[serde(default)]
    pub no_examples: String,
}

fn high() -> String {
    "high".into()
}

fn credential() -> String {
    "credential".into()
}

fn word_class() -> String {
    "0-9A-Za-z_-".into()
}

/// A file of `rules/posture`: one product's settings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostureFile {
    /// Always 1.
    pub schema: u32,
    /// As people write it.
    pub product: String,
    /// The settings.
    #[serde(default, rename = "setting")]
    pub settings: Vec<SettingSpec>,
}

/// One setting that lowers a guard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingSpec {
    /// Product first, kebab-case.
    pub id: String,
    /// What was found.
    pub title: String,
    /// Surfaces it is read in.
    pub surfaces: Vec<String>,
    /// Key path as in [`SecretField::field`]; keys with dots stay one part.
    pub field: String,
    /// `is`, `is-not`, `contains`, `matches`, `present`.
    pub operator: String,
    /// What the operator compares with, as JSON text or a pattern.
    #[serde(default)]
    pub value: String,
    /// Pattern that the key standing for the last `*` of `field` must fit; empty: any key.
    #[serde(default)]
    pub key_matches: String,
    /// Severity.
    pub severity: String,
    /// Severity where a project's file says it, so possibly somebody else; empty: the same.
    #[serde(default)]
    pub project_severity: String,
    /// Category; `posture` unless said.
    #[serde(default = "posture")]
    pub category: String,
    /// Versions it holds for, in words; empty: all.
    #[serde(default)]
    pub versions: String,
    /// Why it matters, one sentence.
    pub impact: String,
    /// What to do, one sentence.
    pub advice: String,
    /// What `caulk fix` makes of it: the safe value as JSON text, or `remove`; empty: nothing, it is mended by hand.
    #[serde(default)]
    pub mend: String,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
    /// Documents in which it holds.
    pub matches: Vec<String>,
    /// Documents in which it does not.
    pub ignores: Vec<String>,
}

fn posture() -> String {
    "posture".into()
}

/// A file of `rules/audits`: texts of coded audits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditFile {
    /// Always 1.
    pub schema: u32,
    /// The audits.
    #[serde(default, rename = "audit")]
    pub audits: Vec<AuditSpec>,
}

/// Texts of one coded audit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSpec {
    /// Its id, as in the code's `META`.
    pub id: String,
    /// What was found.
    pub title: String,
    /// Severity before exposure, provenance and consent are weighed.
    pub severity: String,
    /// Category.
    pub category: String,
    /// Why it matters, one sentence.
    pub impact: String,
    /// What to do, one sentence.
    pub advice: String,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
}

/// A file of `rules/catalogs`: packages known to be bad, by exact version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogFile {
    /// Always 1.
    pub schema: u32,
    /// Its id.
    pub id: String,
    /// What a sentence calls the attack.
    pub title: String,
    /// Day of the attack or of the list, `YYYY-MM-DD`.
    pub date: String,
    /// The campaign it belongs to, if that has a file of its own.
    #[serde(default)]
    pub campaign: String,
    /// Severity of one that is installed; `critical` unless said.
    #[serde(default = "critical")]
    pub severity: String,
    /// Whether the versions are not malicious, but have a hole that attacks go through.
    #[serde(default)]
    pub weakness: bool,
    /// Where the facts come from.
    pub references: Vec<String>,
    /// By ecosystem: `name version [version...]`, or `name *` where every version is bad.
    pub packages: std::collections::BTreeMap<String, Vec<String>>,
}

fn critical() -> String {
    "critical".into()
}

/// `rules/pack.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFile {
    /// Always 1.
    pub schema: u32,
    /// Date of the pack, `YYYY-MM-DD`.
    pub date: String,
}
