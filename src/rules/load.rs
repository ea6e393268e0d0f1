//! From TOML to rules, at run time: a user's files, and the proof that the built-in tables equal theirs.
//!
//! Errors name file, rule, what and where, and never quote a value: a rule file may hold, by
//! mistake, the very secret it was written for.

use super::campaign::{self, Campaign};
use super::compiled::vetted;
use super::pack::RulePack;
use super::rule::{List, Rule, RuleKind, Str, TokenPattern};
use super::schema::{CampaignFile, RuleSpec, TokenFile};
use super::vet::{self, Defect, Names};
use super::{common, lint, marks, shape, template};
use crate::model::{Category, Confidence, Severity};
use std::borrow::Cow;

/// Why a rule file or a selection of rules was refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The file is not TOML of the schema.
    #[error("{file}:{line}:{column}: {what}")]
    Syntax {
        /// As the caller named it.
        file: String,
        /// From 1.
        line: usize,
        /// From 1, in bytes.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// It is a catalog, and an entry of it is wrong.
    #[error("{file}: {what}")]
    Catalog {
        /// As the caller named it.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A rule of it is wrong.
    #[error("{file}:{line}: rule `{rule}`: {what}")]
    Rule {
        /// As the caller named it.
        file: String,
        /// The rule's id; empty: the file as a whole.
        rule: String,
        /// Line of the id, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A glob over rule ids cannot be read.
    #[error("`{glob}`: {what}")]
    Glob {
        /// As given.
        glob: String,
        /// What is wrong.
        what: String,
    },
    /// A glob over rule ids takes none.
    #[error("no rule is called `{glob}`{}", hint(.nearest.as_deref()))]
    NoSuchRule {
        /// As given.
        glob: String,
        /// The id most like it.
        nearest: Option<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default()
}

/// Parses one token file.
pub fn token_file(name: &str, text: &str) -> Result<TokenFile, RuleError> {
    parse(name, text)
}

fn parse<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, offset);
        RuleError::Syntax { file: name.to_owned(), line, column, what: quiet(error.message()) }
    })
}

/// Whether a file's text is of a campaign rather than of tokens: by the tables it has.
#[must_use]
pub fn is_campaign(text: &str) -> bool {
    let has = |table: &str| text.lines().any(|line| line.trim_end() == table);
    has("[[artifact]]") && !has("[vendor]")
}

/// A user's file of one known stealer, which may be added to `pack`.
pub(super) fn campaign_file(pack: &RulePack, name: &str, text: &str) -> Result<Campaign, RuleError> {
    let file: CampaignFile = parse(name, text)?;
    let mut defects = super::vet_attacks::campaign_file(&file);
    let id = file.id.clone();
    let no_surface = |surface: &&String| !pack.surfaces().iter().any(|known| known.id == ***surface);
    if let Some(surface) = file.harvests.iter().find(no_surface) {
        defects.push(Defect { id: id.clone(), what: format!("no surface `{}`", vet::short(surface)) });
    }
    if pack.campaigns().any(|known| known.id == id) || pack.find(&id).is_some() {
        defects.push(Defect { id: id.clone(), what: "id is taken".to_owned() });
    }
    refuse(name, text, defects)?;
    let wrong = |what: String| Defect { id: id.clone(), what };
    let campaign = campaign::campaign(file);
    let problem = match &campaign {
        None => Some("a word of it is unknown".to_owned()),
        Some(campaign) => campaign.artifacts.iter().find_map(marks::problem),
    };
    refuse(name, text, problem.map(wrong).into_iter().collect())?;
    campaign.ok_or_else(|| RuleError::Rule { file: name.to_owned(), rule: id, line: 1, what: String::new() })
}

/// A user's token file as rules, each of which may be added to `pack`.
pub(super) fn token_rules(pack: &RulePack, name: &str, text: &str) -> Result<Vec<Rule>, RuleError> {
    let file = token_file(name, text)?;
    let mut defects = vet::token_file(&file, None);
    let mut names = Names {
        rules: pack.rules().iter().map(|rule| rule.id.to_string()).collect(),
        surfaces: pack.surfaces().iter().map(|surface| surface.id.to_string()).collect(),
        taken: pack
            .rules()
            .iter()
            .flat_map(|r| std::iter::once(&r.id).chain(r.supersedes.iter()))
            .map(ToString::to_string)
            .collect(),
    };
    names.taken.extend(pack.settings().iter().map(|setting| setting.id.to_string()));
    names.taken.extend(pack.audits().iter().map(|audit| audit.id.to_string()));
    defects.extend(vet::take_rules(&mut names, &file.rules));
    defects.extend(vet::rule_references(&names, &file.rules));
    refuse(name, text, defects)?;

    let mut rules = Vec::with_capacity(file.rules.len());
    for spec in file.rules {
        let id = spec.id.clone();
        let wrong = |what: String| refuse(name, text, vec![Defect { id: id.clone(), what }]);
        let Some(rule) = rule(spec, &file.vendor.name) else {
            wrong("a word of it is unknown".to_owned())?;
            continue;
        };
        if let Err(what) = vetted(&rule) {
            wrong(what)?;
        }
        for example in rule.matches.iter().chain(rule.ignores.iter()) {
            if let Some(what) = template::problem(example) {
                wrong(what)?;
            }
        }
        if let Some(what) = lint::keyword_problem(&rule) {
            wrong(what)?;
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn refuse(file: &str, text: &str, defects: Vec<Defect>) -> Result<(), RuleError> {
    let Some(Defect { id, what }) = defects.into_iter().next() else { return Ok(()) };
    let line = if id.is_empty() { 1 } else { line_of_id(text, &id) };
    Err(RuleError::Rule { file: file.to_owned(), rule: vet::short(&id).to_owned(), line, what })
}

/// The line that gives the id; 1 when it is written in some unusual way.
fn line_of_id(text: &str, id: &str) -> usize {
    let gives = |line: &str| {
        let value = line.trim().strip_prefix("id").and_then(|rest| rest.trim_start().strip_prefix('='));
        value.is_some_and(|value| value.trim().trim_matches(['"', '\'']) == id)
    };
    text.lines().position(gives).map_or(1, |line| line + 1)
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    (line, column)
}

/// The parser's message, less whatever value it quotes.
fn quiet(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    for names_keys_only in ["unknown field", "missing field", "duplicate field", "duplicate key"] {
        if first.starts_with(names_keys_only) {
            return first.to_owned();
        }
    }
    match first.rsplit_once(", expected ") {
        Some((_, expected)) if first.starts_with("invalid ") => format!("wrong type or value, expected {expected}"),
        _ => "not valid TOML".to_owned(),
    }
}

/// One rule from its spec; `None` when a word of it is unknown, which `vet` has said by then.
#[must_use]
pub fn rule(spec: RuleSpec, vendor: &str) -> Option<Rule> {
    let severity: Severity = spec.severity.parse().ok()?;
    let confidence: Confidence = spec.confidence.parse().ok()?;
    let category: Category = spec.category.parse().ok()?;
    let kind = if spec.pattern.is_empty() {
        RuleKind::Field
    } else {
        let told = shape::told(&spec.pattern, spec.ignore_case, spec.keywords.iter().map(String::as_str));
        RuleKind::Token(TokenPattern {
            common: spec.keywords.iter().map(|keyword| common::places(keyword)).collect(),
            leads: told.iter().map(|told| told.leads).collect(),
            follow: told.into_iter().map(|told| Cow::Owned(told.follow)).collect(),
            keywords: list(spec.keywords),
            ignore_case: spec.ignore_case,
            pattern: spec.pattern.into(),
            alphabet: spec.alphabet.into(),
            near: list(spec.near),
            public_beside: list(spec.public_beside),
            surfaces: list(spec.surfaces),
            min_entropy: spec.min_entropy,
            except: list(spec.except),
        })
    };
    Some(Rule {
        id: spec.id.into(),
        supersedes: list(spec.supersedes),
        title: spec.title.into(),
        vendor: vendor.to_owned().into(),
        severity,
        confidence,
        category,
        kind,
        prefix: spec.prefix.into(),
        check: spec.check.into(),
        public: spec.public,
        dead: spec.dead,
        samples_reversed: list(spec.samples_reversed),
        pair: spec.pair.into(),
        impact: spec.impact.into(),
        revoke: spec.revoke.into(),
        references: list(spec.references),
        matches: list(spec.matches),
        ignores: list(spec.ignores),
    })
}

pub(super) fn list(items: Vec<String>) -> List<Str> {
    Cow::Owned(items.into_iter().map(Cow::Owned).collect())
}
