//! What must be true of rule data, whoever wrote it.
//!
//! Shared with the build script (`rules/build.rs` includes this file), so that the built-in pack,
//! `caulk rules test` and a user's file are held to one list. It may use nothing but std and
//! [`super::schema`]; what needs a regex engine is in `lint`.

use super::recipe_schema::RecipeFile;
use super::schema::{AuditFile, PackFile, Paths, PostureFile, RuleSpec, SecretField, SurfaceFile, TokenFile};
use std::collections::BTreeSet;

pub use super::words::{
    CATEGORIES, CHECKS, CONFIDENCES, DECISIONS, ECOSYSTEMS, EDITS, FORMATS, FORMS, LISTS, MARK_FORMATS, OPERATORS,
    SEVERITIES, STARTS,
};

/// Shortest keyword, and the shortest with a reason given.
const KEYWORD: usize = 4;
const SHORT_KEYWORD: usize = 3;
/// Longest pattern, bytes: taking a longer one apart is felt before the engine can refuse it.
const PATTERN: usize = 64 << 10;

/// Something an author has to mend. Names ids and keys, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The id of the rule, surface or setting; empty when it is the file.
    pub id: String,
    /// What is wrong with it.
    pub what: String,
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.id.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.id, self.what) }
    }
}

/// Where a rule stands, which tells what kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A token file; the vendor's id.
    Tokens(&'a str),
    /// A surface file: field rules only.
    Surfaces,
}

/// Ids that other files may refer to.
#[derive(Debug, Default)]
pub struct Names {
    /// Rules.
    pub rules: BTreeSet<String>,
    /// Surfaces.
    pub surfaces: BTreeSet<String>,
    /// Every id there is, superseded ones included: none may come twice.
    pub taken: BTreeSet<String>,
}

/// Collects defects.
pub(super) struct Report(pub(super) Vec<Defect>);

impl Report {
    pub(super) fn unless(&mut self, holds: bool, id: &str, what: impl Into<String>) {
        if !holds {
            self.0.push(Defect { id: id.to_owned(), what: what.into() });
        }
    }

    pub(super) fn word(&mut self, id: &str, scale: &str, word: &str, known: &[&str]) {
        self.unless(
            known.contains(&word),
            id,
            format!("unknown {scale} `{}`: one of {}", short(word), known.join(", ")),
        );
    }
}

/// `rules/pack.toml`.
#[must_use]
pub fn pack_file(file: &PackFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    report.unless(is_date(&file.date), "", "date is not YYYY-MM-DD");
    report.0
}

/// A file of `rules/tokens`; `stem` is its name where that has to equal the vendor's id.
#[must_use]
pub fn token_file(file: &TokenFile, stem: Option<&str>) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    report.unless(is_kebab(&file.vendor.id), "", "vendor id is not kebab-case");
    report.unless(!file.vendor.name.is_empty(), "", "vendor name is empty");
    report.unless(stem.is_none_or(|stem| stem == file.vendor.id), "", "the file's name is not the vendor's id");
    report.unless(!file.rules.is_empty(), "", "no rules");
    for spec in &file.rules {
        rule(&mut report, spec, Place::Tokens(&file.vendor.id));
        // What ships proves itself.
        let proven = stem.is_none() || spec.no_examples.is_empty();
        report.unless(proven, &spec.id, "`no_examples` is for rules of others");
    }
    report.0
}

/// A file of `rules/surfaces`.
#[must_use]
pub fn surface_file(file: &SurfaceFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    report.unless(!file.product.is_empty(), "", "product is empty");
    for spec in &file.rules {
        rule(&mut report, spec, Place::Surfaces);
    }
    for surface in &file.surfaces {
        let id = &surface.id;
        let parts = id.split('.').collect::<Vec<_>>();
        report.unless(
            parts.len() >= 2 && parts.iter().all(|p| is_kebab(p)),
            id,
            "id is not product.place in kebab-case",
        );
        report.unless(!surface.title.is_empty(), id, "title is empty");
        report.word(id, "format", &surface.format, FORMATS);
        if !surface.mcp.is_empty() {
            report.word(id, "mcp", &surface.mcp, STARTS);
            let uses = |group: &str| surface.uses.iter().any(|used| used.split(' ').next() == Some(group));
            report.unless(
                uses("mcp-servers") || uses("mcp-server"),
                id,
                "`mcp`, but no `uses` says where servers stand",
            );
        }
        if !surface.lists.is_empty() {
            report.word(id, "lists", &surface.lists, LISTS);
        }
        for run in &surface.runs {
            report.word(id, "starts", &run.starts, STARTS);
            report.unless(!run.at.is_empty() && !run.trigger.is_empty(), id, "a run has no place or no trigger");
        }
        for decision in &surface.approves {
            report.word(id, "how", &decision.how, DECISIONS);
            report.unless(!decision.of.is_empty(), id, "a stored decision is about no surface");
            let names = ["digest", "link"].iter().any(|word| decision.how.starts_with(word));
            report.unless(names == decision.at.is_empty(), id, "a stored decision has no place, or needs none");
        }
        report.unless(surface.mode.is_empty() || parse_mode(&surface.mode).is_some(), id, "mode is not octal");
        report.unless(surface.samples.iter().all(|s| !s.starts_with('/')), id, "a sample is not relative to the home");
        let user: Vec<&String> = all_paths(&surface.user).collect();
        let forked = user.iter().any(|path| path.contains("{fork}"));
        report.unless(forked != surface.forks.is_empty(), id, "`forks` and `{fork}` in user paths go together");
        let system = all_paths(&surface.system).next().is_some();
        // Without any path it is virtual: a process's environment, standard input.
        let home = !user.is_empty() || !surface.anywhere.is_empty();
        report.unless(!home || !surface.samples.is_empty(), id, "no samples");
        report.unless(home || system || surface.samples.is_empty(), id, "samples, but no path that could take them");
        fields(&mut report, id, &surface.secrets);
    }
    for group in &file.groups {
        report.unless(is_kebab(&group.id), &group.id, "id is not kebab-case");
        fields(&mut report, &group.id, &group.secrets);
    }
    report.0
}

fn fields(report: &mut Report, id: &str, fields: &[SecretField]) {
    for field in fields {
        report.word(id, "form", &field.form, FORMS);
        report.unless(!field.field.is_empty(), id, "a secret field has no path");
    }
}

/// A file of `rules/posture`.
#[must_use]
pub fn posture_file(file: &PostureFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    report.unless(!file.product.is_empty(), "", "product is empty");
    for setting in &file.settings {
        let id = &setting.id;
        report.unless(is_kebab(id), id, "id is not kebab-case");
        report.word(id, "severity", &setting.severity, SEVERITIES);
        if !setting.project_severity.is_empty() {
            report.word(id, "project_severity", &setting.project_severity, SEVERITIES);
        }
        report.word(id, "category", &setting.category, CATEGORIES);
        report.word(id, "operator", &setting.operator, OPERATORS);
        report.unless(setting.operator == "present" || !setting.value.is_empty(), id, "operator needs a value");
        report.unless(!setting.surfaces.is_empty(), id, "no surfaces");
        for (name, text) in [
            ("title", &setting.title),
            ("field", &setting.field),
            ("impact", &setting.impact),
            ("advice", &setting.advice),
        ] {
            report.unless(!text.is_empty(), id, format!("{name} is empty"));
        }
        report.unless(
            matches!(setting.mend.as_str(), "" | "remove") || is_json_scalar(&setting.mend),
            id,
            "`mend` is neither `remove` nor a value as JSON writes it",
        );
        report.unless(!setting.matches.is_empty(), id, "needs at least one of `matches`");
        report.unless(!setting.ignores.is_empty(), id, "needs at least one of `ignores`");
    }
    report.0
}

/// A word, a whole number, or a string without an escape: what every format has a way to write.
fn is_json_scalar(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    matches!(text, "true" | "false")
        || text.bytes().all(|b| b.is_ascii_digit())
        || quoted.is_some_and(|inner| !inner.is_empty() && inner.chars().all(plain))
}

/// A file of `rules/audits`.
#[must_use]
pub fn audit_file(file: &AuditFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    for audit in &file.audits {
        let id = &audit.id;
        report.unless(is_kebab(id), id, "id is not kebab-case");
        report.word(id, "severity", &audit.severity, SEVERITIES);
        report.word(id, "category", &audit.category, CATEGORIES);
        for (name, text) in [("title", &audit.title), ("impact", &audit.impact), ("advice", &audit.advice)] {
            report.unless(!text.is_empty(), id, format!("{name} is empty"));
        }
    }
    report.0
}

/// A file of `rules/recipes`.
#[must_use]
pub fn recipe_file(file: &RecipeFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    schema(&mut report, file.schema);
    report.unless(!file.product.is_empty(), "", "product is empty");
    for recipe in &file.recipes {
        let id = &recipe.id;
        report.unless(is_kebab(id), id, "id is not kebab-case");
        report.word(id, "edit", &recipe.edit, EDITS);
        let mends = recipe.edit.starts_with("mend-");
        report.unless(mends == recipe.fields.is_empty(), id, "claims no field, or is a mend and claims one");
        report.unless(mends || recipe.rules.is_empty() && recipe.surfaces.is_empty(), id, "no mend, and names rules");
        report.unless(
            recipe.automatic != matches!(recipe.edit.as_str(), "by-hand" | "leave"),
            id,
            "`by-hand` or `leave`, and `automatic = false`, go together",
        );
        for (name, text) in [("summary", &recipe.summary), ("manual", &recipe.manual)] {
            report.unless(text.ends_with('.'), id, format!("{name} is no sentence"));
        }
        // What changes a file's mode has nothing to show.
        let shows = !matches!(recipe.edit.as_str(), "mend-hook" | "mend-open" | "mend-mode");
        report.unless(!recipe.examples.is_empty() || !shows, id, "no example");
        for example in &recipe.examples {
            let told = if mends { example.name.is_empty() } else { example.refused == example.name.is_empty() };
            report.unless(told, id, "an example has a name, or is refused; that of a mend has none");
        }
        let refuses = recipe.examples.iter().all(|example| example.refused);
        report.unless(
            recipe.automatic != refuses || !shows,
            id,
            "an automatic recipe needs an example that is not refused",
        );
    }
    report.0
}

/// Takes the ids of `specs`; a defect for each that is taken already.
#[must_use]
pub fn take_rules(names: &mut Names, specs: &[RuleSpec]) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    for spec in specs {
        names.rules.insert(spec.id.clone());
        for id in std::iter::once(&spec.id).chain(&spec.supersedes) {
            report.unless(names.taken.insert(id.clone()), &spec.id, format!("id `{}` is taken", short(id)));
        }
    }
    report.0
}

/// What `specs` refer to must be there.
#[must_use]
pub fn rule_references(names: &Names, specs: &[RuleSpec]) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    for spec in specs {
        report.unless(spec.pair.is_empty() || names.rules.contains(&spec.pair), &spec.id, "`pair` is no rule");
        for surface in &spec.surfaces {
            let found = names.surfaces.contains(surface);
            report.unless(found, &spec.id, format!("no surface `{}`", short(surface)));
        }
    }
    report.0
}

fn rule(report: &mut Report, spec: &RuleSpec, place: Place<'_>) {
    let id = &spec.id;
    report.unless(is_kebab(id), id, "id is not kebab-case");
    if let Place::Tokens(vendor) = place
        && vendor != "generic"
    {
        report.unless(
            id.strip_prefix(vendor).is_some_and(|rest| rest.starts_with('-')),
            id,
            "id does not start with the vendor's",
        );
    }
    report.unless(!spec.title.is_empty() && !spec.title.ends_with('.'), id, "title is empty or ends in a period");
    report.word(id, "severity", &spec.severity, SEVERITIES);
    report.word(id, "confidence", &spec.confidence, CONFIDENCES);
    report.word(id, "category", &spec.category, CATEGORIES);
    report.unless(!spec.public || spec.severity == "info", id, "public by design is `info`");
    report.unless(!spec.dead || spec.severity == "low", id, "a dead kind is `low`");
    if !spec.check.is_empty() {
        report.word(id, "check", &spec.check, CHECKS);
    }
    if spec.pattern.is_empty() {
        report.unless(spec.keywords.is_empty(), id, "keywords without a pattern");
        return;
    }
    report.unless(place != Place::Surfaces, id, "a rule of a surface file has no pattern");
    report.unless(!spec.keywords.is_empty(), id, "a pattern needs keywords");
    let least = if spec.short_keyword.is_empty() { KEYWORD } else { SHORT_KEYWORD };
    report.unless(
        spec.keywords.iter().all(|word| word.len() >= least),
        id,
        format!("a keyword is shorter than {least} bytes (`short_keyword` says why it cannot be longer)"),
    );
    report.unless(spec.pattern.len() <= PATTERN, id, format!("pattern takes more than {PATTERN} bytes"));
    report.unless(!spec.alphabet.is_empty(), id, "alphabet is empty");
    report.unless((0.0..=8.0).contains(&spec.min_entropy), id, "min_entropy is not within 0 and 8");
    report.unless(!spec.impact.is_empty(), id, "impact is empty");
    report.unless(!spec.revoke.is_empty() || spec.public, id, "revoke is empty");
    let with_examples = spec.no_examples.is_empty();
    report.unless(!with_examples || !spec.matches.is_empty(), id, "needs at least one of `matches`");
    report.unless(!with_examples || !spec.ignores.is_empty(), id, "needs at least one of `ignores`");
}

pub(super) fn schema(report: &mut Report, version: u32) {
    report.unless(version == 1, "", "schema is not 1");
}

/// Every path of every system.
pub fn all_paths(paths: &Paths) -> impl Iterator<Item = &String> {
    paths.any.iter().chain(&paths.linux).chain(&paths.macos).chain(&paths.windows)
}

/// Permission bits from octal text.
#[must_use]
pub fn parse_mode(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o7777)
}

pub(super) fn is_kebab(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
        && (1..=12).contains(&text[5..7].parse::<u32>().unwrap_or(0))
        && (1..=31).contains(&text[8..10].parse::<u32>().unwrap_or(0))
}

/// A word as a message may show it: only if it looks like one, for a value put in the wrong place
/// may be a secret.
#[must_use]
pub fn short(word: &str) -> &str {
    let wordlike = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if wordlike && digits <= 4 && word.len() <= 64 { word } else { "…" }
}
