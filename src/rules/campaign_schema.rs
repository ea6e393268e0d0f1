//! What authors write under `rules/campaigns`, as serde types.
//!
//! Shared with the build script like [`super::schema`], so it may use nothing but std and serde. A mark that is
//! itself a string of the attack is written so that no file of the repository holds it: in a pattern with a
//! bracket inside the word, in a stand-in with `<>` inside it.

use serde::Deserialize;

/// A file of `rules/campaigns`: one known stealer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignFile {
    /// Always 1.
    pub schema: u32,
    /// Its id.
    pub id: String,
    /// As the press writes it.
    pub title: String,
    /// First seen, `YYYY-MM-DD`.
    pub date: String,
    /// Surfaces it harvests.
    #[serde(default)]
    pub harvests: Vec<String>,
    /// Environment variables it harvests, as globs.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Whether it runs a general-purpose secret scanner over the home (it then takes every token it knows).
    #[serde(default)]
    pub sweeps_home: bool,
    /// What it leaves behind.
    #[serde(default, rename = "artifact")]
    pub artifacts: Vec<ArtifactSpec>,
    /// Safe order of response, one sentence a step.
    #[serde(default)]
    pub response: Vec<String>,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
}

/// Something a stealer leaves behind. All conditions that are given must hold; without any, being there is enough.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactSpec {
    /// Path, with the roots of `SurfaceSpec::user`; its last part may have a `*`. Below a home it counts in any
    /// tree that reads like one.
    #[serde(default)]
    pub path: String,
    /// Instead of a path: ends of paths, found wherever a scan comes by. Directly below `site-packages` also in
    /// an audit, which prunes that.
    #[serde(default)]
    pub anywhere: Vec<String>,
    /// SHA-256 digests in hex, one of which is the file's.
    #[serde(default)]
    pub sha256: Vec<String>,
    /// Bytes regexes, each of which fits in some line of the file.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Format that `field` reads the file with.
    #[serde(default)]
    pub format: String,
    /// Fields, each of which the document has.
    #[serde(default, rename = "field")]
    pub fields: Vec<FieldMarkSpec>,
    /// Names, or paths from the file's folder, one of which is there too: for files with an ordinary name.
    #[serde(default)]
    pub beside: Vec<String>,
    /// How sure it is, where that is less than its conditions say: a digest or a structure is `high`, else `medium`.
    #[serde(default)]
    pub confidence: String,
    /// Whether it acts when a stolen token is revoked.
    #[serde(default)]
    pub watcher: bool,
    /// What it is.
    pub what: String,
    /// What a harmless file says that is to be taken for it, `<>` left out; any text where only the name or the
    /// digest counts.
    #[serde(default)]
    pub stand_in: String,
    /// Files that look like it and are not; at least one.
    #[serde(default)]
    pub lookalikes: Vec<LookalikeSpec>,
}

/// A field that a mark has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMarkSpec {
    /// Key path as in [`SecretField::field`].
    pub at: String,
    /// Bytes regex that fits in its value.
    pub matches: String,
}

/// A harmless file that looks like a mark.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookalikeSpec {
    /// Its path in a project; empty: where the mark itself would lie.
    #[serde(default)]
    pub path: String,
    /// What it says, `<>` left out.
    #[serde(default)]
    pub text: String,
}
