//! Known stealers as the rest of the program sees them: what they take, and what they leave behind.
//!
//! Data only; which path a mark stands for and whether a file fits it is [`super::marks`]'s business.

use super::campaign_schema::{ArtifactSpec, CampaignFile};
use super::load::list;
use super::rule::{List, Str};
use crate::model::Confidence;
use crate::read::Format;
use std::borrow::Cow;

/// A known stealer.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Stable id.
    pub id: Str,
    /// As the press writes it.
    pub title: Str,
    /// First seen.
    pub date: Str,
    /// Surfaces it harvests.
    pub harvests: List<Str>,
    /// Variables it harvests, as globs.
    pub variables: List<Str>,
    /// Whether it runs a secret scanner over the home.
    pub sweeps_home: bool,
    /// What it leaves behind.
    pub artifacts: List<Artifact>,
    /// Safe order of response.
    pub response: List<Str>,
    /// Sources.
    pub references: List<Str>,
}

/// Something a stealer leaves behind.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Path with a root; empty where `anywhere` says it.
    pub path: Str,
    /// Ends of paths.
    pub anywhere: List<Str>,
    /// Digests in hex, one of which is the file's; empty: not asked.
    pub sha256: List<Str>,
    /// Patterns, each of which fits in some line.
    pub lines: List<Str>,
    /// What `fields` are read with.
    pub format: Option<Format>,
    /// Fields that the document has, all of them.
    pub fields: List<FieldMark>,
    /// Paths from the file's folder, one of which is there.
    pub beside: List<Str>,
    /// How sure it is at most, where the author says so.
    pub confidence: Option<Confidence>,
    /// Whether it acts on revocation.
    pub watcher: bool,
    /// What it is.
    pub what: Str,
    /// What a harmless stand-in says, `<>` left in.
    pub stand_in: Str,
    /// Files that look like it.
    pub lookalikes: List<Lookalike>,
}

/// A field that a mark has.
#[derive(Debug, Clone)]
pub struct FieldMark {
    /// Key path.
    pub at: Str,
    /// Pattern for its value.
    pub matches: Str,
}

/// A harmless file that looks like a mark.
#[derive(Debug, Clone)]
pub struct Lookalike {
    /// Path in a project; empty: the mark's own.
    pub path: Str,
    /// What it says, `<>` left in.
    pub text: Str,
}

impl Artifact {
    /// Whether the file has to be read to tell.
    #[must_use]
    pub fn is_read(&self) -> bool {
        !self.sha256.is_empty() || self.is_said()
    }

    /// Whether what the file says has to fit.
    #[must_use]
    pub fn is_said(&self) -> bool {
        !self.lines.is_empty() || !self.fields.is_empty()
    }

    /// How sure a file is that fits.
    #[must_use]
    pub fn sureness(&self) -> Confidence {
        self.confidence.unwrap_or(if self.is_read() { Confidence::High } else { Confidence::Medium })
    }

    /// Why a file that fits is told, in words.
    #[must_use]
    pub fn told_by(&self) -> &'static str {
        if !self.sha256.is_empty() {
            "its bytes are those of the attack (SHA-256)"
        } else if self.is_read() {
            "it says what the attack writes there"
        } else if self.beside.is_empty() {
            "told by its name alone"
        } else {
            "told by its name and what lies beside it"
        }
    }
}

/// A campaign from its file; `None` when a word of it is unknown, which `vet` has said by then.
#[must_use]
pub(super) fn campaign(file: CampaignFile) -> Option<Campaign> {
    let artifacts: Option<Vec<Artifact>> = file.artifacts.into_iter().map(artifact).collect();
    Some(Campaign {
        id: file.id.into(),
        title: file.title.into(),
        date: file.date.into(),
        harvests: list(file.harvests),
        variables: list(file.variables),
        sweeps_home: file.sweeps_home,
        artifacts: Cow::Owned(artifacts?),
        response: list(file.response),
        references: list(file.references),
    })
}

fn artifact(spec: ArtifactSpec) -> Option<Artifact> {
    let format = if spec.format.is_empty() { None } else { Some(format(&spec.format)?) };
    let confidence = if spec.confidence.is_empty() { None } else { Some(spec.confidence.parse().ok()?) };
    let field =
        |field: super::campaign_schema::FieldMarkSpec| FieldMark { at: field.at.into(), matches: field.matches.into() };
    let lookalike =
        |like: super::campaign_schema::LookalikeSpec| Lookalike { path: like.path.into(), text: like.text.into() };
    Some(Artifact {
        path: spec.path.into(),
        anywhere: list(spec.anywhere),
        sha256: list(spec.sha256),
        lines: list(spec.lines),
        format,
        fields: Cow::Owned(spec.fields.into_iter().map(field).collect()),
        beside: list(spec.beside),
        confidence,
        watcher: spec.watcher,
        what: spec.what.into(),
        stand_in: spec.stand_in.into(),
        lookalikes: Cow::Owned(spec.lookalikes.into_iter().map(lookalike).collect()),
    })
}

/// The formats whose fields can be a mark; the words are [`super::vet::MARK_FORMATS`].
fn format(word: &str) -> Option<Format> {
    Some(match word {
        "json" => Format::Json,
        "yaml" => Format::Yaml,
        "toml" => Format::Toml,
        "ini" => Format::Ini,
        "gitconfig" => Format::Gitconfig,
        "plist" => Format::Plist,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::vet::MARK_FORMATS;

    #[test]
    fn every_word_authors_may_use_is_a_format() {
        assert!(MARK_FORMATS.iter().all(|word| super::format(word).is_some()));
    }
}
