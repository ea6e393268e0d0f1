//! The static tables as Rust source. No checking here: what arrives has passed `vet`.

use super::{Pack, common};
use crate::name_hash::name_hash;
use crate::recipe_schema::RecipeSpec;
use crate::schema::{
    ArtifactSpec, AuditSpec, CampaignFile, CatalogFile, DecisionSpec, Paths, RuleSpec, RunSpec, SettingSpec,
    SurfaceSpec,
};
use crate::{fields, shape, vet};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The source of `pack.rs`.
pub(crate) fn tables(pack: &Pack) -> String {
    let mut rules = Vec::new();
    for file in &pack.tokens {
        rules.extend(file.content.rules.iter().map(|spec| rule(spec, &file.content.vendor.name)));
    }
    for file in &pack.surfaces {
        rules.extend(file.content.rules.iter().map(|spec| rule(spec, &file.content.product)));
    }
    let mut places = Places::default();
    let mut surfaces = Vec::new();
    for file in &pack.surfaces {
        let rows = file.content.surfaces.iter().map(|spec| surface(pack, spec, &file.content.product, &mut places));
        surfaces.extend(rows);
    }
    let settings = pack
        .posture
        .iter()
        .flat_map(|file| file.content.settings.iter().map(|spec| setting(spec, &file.content.product)))
        .collect();
    let audits = pack.audits.iter().flat_map(|file| file.content.audits.iter().map(audit)).collect();
    let campaigns = pack.campaigns.iter().map(|file| campaign(&file.content)).collect();
    let recipes = pack
        .recipes
        .iter()
        .flat_map(|file| file.content.recipes.iter().map(|spec| recipe(spec, &file.content.product)))
        .collect();
    let catalogs = pack.catalogs.iter().map(|file| catalog(&file.content)).collect();
    let sources = pack
        .sources
        .iter()
        .map(|name| format!("({name:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/rules/\", {name:?})))"))
        .collect();

    let mut out = String::from(
        "use crate::model::{Category, Confidence, Severity};\nuse crate::read::Format;\nuse crate::rules::boundary::ByteClass;\nuse crate::rules::catalog::Catalog;\nuse crate::rules::rule::{\
         Artifact, AuditText, Campaign, Edit, Example, FieldMark, Lookalike, Operator, PathSet, Recipe, Rule, RuleKind, Run, Decision, How, SecretForm, SecretPlace, Setting, Surface, \
         TokenPattern};\nuse std::borrow::Cow;\n",
    );
    let _ = writeln!(out, "pub(super) static PACK_DATE: &str = {:?};", pack.date);
    let _ = writeln!(out, "pub(super) static PACK_DIGEST: &str = {:?};", pack.digest);
    table(&mut out, "RULES", "Rule", rules);
    table(&mut out, "PLACES", "SecretPlace", places.rows);
    table(&mut out, "SURFACES", "Surface", surfaces);
    table(&mut out, "SETTINGS", "Setting", settings);
    table(&mut out, "AUDITS", "AuditText", audits);
    table(&mut out, "CAMPAIGNS", "Campaign", campaigns);
    table(&mut out, "RECIPES", "Recipe", recipes);
    table(&mut out, "CATALOGS", "Catalog", catalogs);
    let (entries, index) = listed(pack);
    let _ = writeln!(out, "pub(super) static LISTED: &str = {entries:?};");
    let _ = writeln!(out, "pub(super) static LISTED_INDEX: &[(u64, u32, u32)] = &[{index}];");
    table(&mut out, "SOURCES", "(&str, &str)", sources);
    out
}

fn table(out: &mut String, name: &str, of: &str, rows: Vec<String>) {
    let _ = writeln!(out, "pub(super) static {name}: &[{of}] = &[");
    for row in rows {
        let _ = writeln!(out, "    {row},");
    }
    out.push_str("];\n");
}

fn rule(spec: &RuleSpec, vendor: &str) -> String {
    let kind = if spec.pattern.is_empty() {
        "RuleKind::Field".to_owned()
    } else {
        let told = shape::told(&spec.pattern, spec.ignore_case, spec.keywords.iter().map(String::as_str));
        format!(
            "RuleKind::Token(TokenPattern {{ keywords: {}, follow: {}, leads: {}, common: {}, ignore_case: {}, pattern: {}, alphabet: {}, near: {}, public_beside: {}, \
             surfaces: {}, min_entropy: {:?}, except: {} }})",
            list(&spec.keywords),
            borrowed(told.iter().map(|told| borrowed(
                told.follow.iter().map(|set| format!("ByteClass::from_words({:?})", set.words()))
            ))),
            borrowed(told.iter().map(|told| told.leads.to_string())),
            borrowed(spec.keywords.iter().map(|keyword| common::places(keyword).to_string())),
            spec.ignore_case,
            text(&spec.pattern),
            text(&spec.alphabet),
            list(&spec.near),
            list(&spec.public_beside),
            list(&spec.surfaces),
            spec.min_entropy,
            list(&spec.except),
        )
    };
    format!(
        "Rule {{ id: {}, supersedes: {}, title: {}, vendor: {}, severity: {}, confidence: {}, category: {}, \
         kind: {kind}, prefix: {}, check: {}, public: {}, dead: {}, samples_reversed: {}, pair: {}, impact: {}, \
         revoke: {}, references: {}, matches: {}, ignores: {} }}",
        text(&spec.id),
        list(&spec.supersedes),
        text(&spec.title),
        text(vendor),
        variant("Severity", &spec.severity),
        variant("Confidence", &spec.confidence),
        variant("Category", &spec.category),
        text(&spec.prefix),
        text(&spec.check),
        spec.public,
        spec.dead,
        list(&spec.samples_reversed),
        text(&spec.pair),
        text(&spec.impact),
        text(&spec.revoke),
        list(&spec.references),
        list(&spec.matches),
        list(&spec.ignores),
    )
}

/// Secret fields, each once: surfaces name them by number, for thousands of them are the same.
#[derive(Default)]
struct Places {
    rows: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Places {
    fn number(&mut self, (field, form, rule): (String, &str, &str)) -> String {
        let (field, form) = (text(&field), variant("SecretForm", form));
        let row = format!("SecretPlace {{ field: {field}, form: {form}, rule: {} }}", text(rule));
        let next = self.rows.len();
        let number = *self.known.entry(row.clone()).or_insert(next);
        if number == next {
            self.rows.push(row);
        }
        number.to_string()
    }
}

fn surface(pack: &Pack, spec: &SurfaceSpec, product: &str, places: &mut Places) -> String {
    let secrets: Vec<String> = fields::of(pack, spec).into_iter().map(|field| places.number(field)).collect();
    format!(
        "Surface {{ id: {}, title: {}, product: {}, format: {}, system: {}, user: {}, anywhere: {}, except: {}, \
         project: {}, secrets: &[{}], commands: {}, mcp: {}, client: {}, servers: {}, runs: {}, approves: {}, lists: {}, global: {}, transcript: {}, history: {}, mode: {:?}, recipes: {}, references: {}, \
         samples: {} }}",
        text(&spec.id),
        text(&spec.title),
        text(product),
        variant("Format", &spec.format),
        paths(&spec.system, &[]),
        paths(&spec.user, &spec.forks),
        list(&spec.anywhere),
        list(&spec.except),
        spec.project,
        secrets.join(", "),
        list(&spec.commands),
        text(&spec.mcp),
        text(if spec.client.is_empty() { product } else { &spec.client }),
        borrowed(fields::servers(spec).into_iter().map(|at| text(&at))),
        borrowed(spec.runs.iter().map(run)),
        borrowed(spec.approves.iter().map(decision)),
        text(&spec.lists),
        spec.global,
        spec.transcript,
        spec.history,
        vet::parse_mode(&spec.mode),
        list(&spec.recipes),
        list(&spec.references),
        list(&spec.samples),
    )
}

fn run(spec: &RunSpec) -> String {
    format!(
        "Run {{ at: {}, command: {}, args: {}, each: {}, trigger: {}, starts: {}, when: {}, unless: {}, named: {}, \
         begins: {}, project: {}, listed: {} }}",
        text(&spec.at),
        list(&spec.command),
        text(&spec.args),
        spec.each,
        text(&spec.trigger),
        text(&spec.starts),
        text(&spec.when),
        text(&spec.unless),
        text(&spec.named),
        text(&spec.begins),
        text(&spec.project),
        spec.listed
    )
}

fn decision(spec: &DecisionSpec) -> String {
    format!(
        "Decision {{ how: {}, of: {}, at: {}, is: {} }}",
        variant("How", &spec.how),
        list(&spec.of),
        text(&spec.at),
        text(&spec.is)
    )
}

fn setting(spec: &SettingSpec, product: &str) -> String {
    format!(
        "Setting {{ id: {}, title: {}, product: {}, surfaces: {}, field: {}, operator: {}, value: {}, \
         key_matches: {}, severity: {}, project_severity: {}, category: {}, versions: {}, impact: {}, advice: {}, mend: {}, references: {}, matches: {}, ignores: {} }}",
        text(&spec.id),
        text(&spec.title),
        text(product),
        list(&spec.surfaces),
        text(&spec.field),
        variant("Operator", &spec.operator),
        text(&spec.value),
        text(&spec.key_matches),
        variant("Severity", &spec.severity),
        if spec.project_severity.is_empty() {
            "None".to_owned()
        } else {
            format!("Some({})", variant("Severity", &spec.project_severity))
        },
        variant("Category", &spec.category),
        text(&spec.versions),
        text(&spec.impact),
        text(&spec.advice),
        text(&spec.mend),
        list(&spec.references),
        list(&spec.matches),
        list(&spec.ignores),
    )
}

fn audit(spec: &AuditSpec) -> String {
    format!(
        "AuditText {{ id: {}, title: {}, severity: {}, category: {}, impact: {}, advice: {}, references: {} }}",
        text(&spec.id),
        text(&spec.title),
        variant("Severity", &spec.severity),
        variant("Category", &spec.category),
        text(&spec.impact),
        text(&spec.advice),
        list(&spec.references),
    )
}

fn campaign(file: &CampaignFile) -> String {
    let artifacts = file.artifacts.iter().map(artifact);
    format!(
        "Campaign {{ id: {}, title: {}, date: {}, harvests: {}, variables: {}, sweeps_home: {}, artifacts: {}, \
         response: {}, references: {} }}",
        text(&file.id),
        text(&file.title),
        text(&file.date),
        list(&file.harvests),
        list(&file.variables),
        file.sweeps_home,
        borrowed(artifacts),
        list(&file.response),
        list(&file.references),
    )
}

fn catalog(file: &CatalogFile) -> String {
    format!(
        "Catalog {{ id: {}, title: {}, date: {}, campaign: {}, severity: {}, weakness: {}, references: {} }}",
        text(&file.id),
        text(&file.title),
        text(&file.date),
        text(&file.campaign),
        variant("Severity", &file.severity),
        file.weakness,
        list(&file.references),
    )
}

/// What all catalogs list, as text, and where each entry is, sorted by its hash: no pointer in either.
fn listed(pack: &Pack) -> (String, String) {
    let (mut text, mut index) = (String::new(), Vec::new());
    for (number, file) in pack.catalogs.iter().enumerate() {
        for (ecosystem, packages) in &file.content.packages {
            for (name, versions) in packages.iter().filter_map(|package| package.split_once(' ')) {
                index.push((name_hash(ecosystem, name), text.len(), number));
                let _ = writeln!(text, "{ecosystem}\t{name}\t{versions}\t");
            }
        }
    }
    index.sort_unstable();
    let rows: Vec<String> = index.iter().map(|row| format!("{row:?}")).collect();
    (text, rows.join(", "))
}

fn artifact(spec: &ArtifactSpec) -> String {
    let some = |name: &str, word: &str| match word {
        "" => "None".to_owned(),
        word => format!("Some({})", variant(name, word)),
    };
    let fields = spec
        .fields
        .iter()
        .map(|field| format!("FieldMark {{ at: {}, matches: {} }}", text(&field.at), text(&field.matches)));
    let lookalikes = spec
        .lookalikes
        .iter()
        .map(|like| format!("Lookalike {{ path: {}, text: {} }}", text(&like.path), text(&like.text)));
    format!(
        "Artifact {{ path: {}, anywhere: {}, sha256: {}, lines: {}, format: {}, fields: {}, beside: {}, confidence: {}, \
         watcher: {}, what: {}, stand_in: {}, lookalikes: {} }}",
        text(&spec.path),
        list(&spec.anywhere),
        list(&spec.sha256),
        list(&spec.lines),
        some("Format", &spec.format),
        borrowed(fields),
        list(&spec.beside),
        some("Confidence", &spec.confidence),
        spec.watcher,
        text(&spec.what),
        text(&spec.stand_in),
        borrowed(lookalikes),
    )
}

fn recipe(spec: &RecipeSpec, product: &str) -> String {
    let examples = spec.examples.iter().map(|example| {
        format!(
            "Example {{ surface: {}, before: {}, after: {}, refused: {}, name: {} }}",
            text(&example.surface),
            text(&example.before),
            text(&example.after),
            example.refused,
            text(&example.name)
        )
    });
    format!(
        "Recipe {{ id: {}, product: {}, fields: {}, rules: {}, surfaces: {}, edit: {}, automatic: {}, tracked: {}, summary: {}, manual: {}, \
         busy: {}, versions: {}, references: {}, examples: {} }}",
        text(&spec.id),
        text(product),
        list(&spec.fields),
        list(&spec.rules),
        list(&spec.surfaces),
        variant("Edit", &spec.edit),
        spec.automatic,
        spec.tracked,
        text(&spec.summary),
        text(&spec.manual),
        list(&spec.busy),
        text(&spec.versions),
        list(&spec.references),
        borrowed(examples),
    )
}

/// `any` goes for every system; each path with `{fork}` stands once for each fork.
fn paths(paths: &Paths, forks: &[String]) -> String {
    let expand = |own: &[String]| {
        let mut out: Vec<String> = Vec::new();
        for path in paths.any.iter().chain(own) {
            if path.contains("{fork}") {
                out.extend(forks.iter().map(|fork| path.replace("{fork}", fork)));
            } else {
                out.push(path.clone());
            }
        }
        list(&out)
    };
    let (linux, macos, windows) = (expand(&paths.linux), expand(&paths.macos), expand(&paths.windows));
    format!("PathSet {{ linux: {linux}, macos: {macos}, windows: {windows} }}")
}

fn text(text: &str) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn list(items: &[String]) -> String {
    borrowed(items.iter().map(|item| text(item)))
}

fn borrowed(items: impl Iterator<Item = String>) -> String {
    format!("Cow::Borrowed(&[{}])", items.collect::<Vec<_>>().join(", "))
}

/// `Severity::High` from `high`, `Format::GitCredentials` from `git-credentials`.
fn variant(name: &str, word: &str) -> String {
    let mut out = format!("{name}::");
    for part in word.split('-') {
        let mut letters = part.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}
