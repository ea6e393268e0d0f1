//! The files under `rules/` as the library's types, read from TOML: what the tests of places, audits
//! and settings stand on.

use caulk::read::Format;
use caulk::rules::rule::{AuditText, List, Operator, PathSet, SecretForm, SecretPlace, Setting, Str, Surface};
use caulk::rules::schema::{
    AuditFile, AuditSpec, CampaignFile, Paths, PostureFile, RuleSpec, SettingSpec, SurfaceFile, SurfaceSpec,
};
use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

fn files<T: serde::de::DeserializeOwned>(folder: &str) -> Vec<T> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(folder);
    let mut paths: Vec<_> = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    paths.sort();
    let read = |path: &Path| {
        #[allow(clippy::disallowed_methods, reason = "the rule data of this repository")]
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(|path| read(path)).collect()
}

fn list(items: &[String]) -> List<Str> {
    items.iter().map(|item| Cow::Owned(item.clone())).collect::<Vec<Str>>().into()
}

fn paths(paths: &Paths, forks: &[String]) -> PathSet {
    let expand = |own: &[String]| {
        let expanded = paths.any.iter().chain(own).flat_map(|path| {
            if path.contains("{fork}") {
                forks.iter().map(|fork| path.replace("{fork}", fork)).collect()
            } else {
                vec![path.clone()]
            }
        });
        list(&expanded.collect::<Vec<_>>())
    };
    PathSet { linux: expand(&paths.linux), macos: expand(&paths.macos), windows: expand(&paths.windows) }
}

fn format(word: &str) -> Format {
    match word {
        "text" => Format::Text,
        "dotenv" => Format::Dotenv,
        "ini" => Format::Ini,
        "npmrc" => Format::Npmrc,
        "gitconfig" => Format::Gitconfig,
        "git-credentials" => Format::GitCredentials,
        "shell-rc" => Format::ShellRc,
        "shell-history" => Format::ShellHistory,
        "fish-variables" => Format::FishVariables,
        "json" => Format::Json,
        "jsonl" => Format::Jsonl,
        "sqlite" => Format::Sqlite,
        "private-key" => Format::PrivateKey,
        "environ" => Format::Environ,
        other => panic!("{other}"),
    }
}

fn form(word: &str) -> SecretForm {
    match word {
        "value" => SecretForm::Value,
        "named" => SecretForm::Named,
        "header" => SecretForm::Header,
        "basic" => SecretForm::Basic,
        "base64" => SecretForm::Base64,
        "url" => SecretForm::Url,
        "arguments" => SecretForm::Arguments,
        other => panic!("{other}"),
    }
}

fn surface(spec: &SurfaceSpec, product: &str) -> Surface {
    let secrets = spec.secrets.iter().map(|secret| SecretPlace {
        field: Cow::Owned(secret.field.clone()),
        form: form(&secret.form),
        rule: Cow::Owned(secret.rule.clone()),
    });
    Surface {
        id: Cow::Owned(spec.id.clone()),
        title: Cow::Owned(spec.title.clone()),
        product: Cow::Owned(product.to_owned()),
        format: format(&spec.format),
        system: paths(&spec.system, &[]),
        user: paths(&spec.user, &spec.forks),
        anywhere: list(&spec.anywhere),
        except: list(&spec.except),
        project: spec.project,
        secrets: secrets.collect::<Vec<_>>().into(),
        commands: list(&spec.commands),
        mcp: Cow::Owned(spec.mcp.clone()),
        transcript: spec.transcript,
        mode: u32::from_str_radix(&spec.mode, 8).ok(),
        recipes: list(&spec.recipes),
        references: list(&spec.references),
        samples: list(&spec.samples),
    }
}

/// Every surface, in the order of the files.
pub(crate) fn surfaces() -> &'static [Surface] {
    static SURFACES: LazyLock<Vec<Surface>> = LazyLock::new(|| {
        let files: Vec<SurfaceFile> = files("surfaces");
        files.iter().flat_map(|file| file.surfaces.iter().map(|spec| surface(spec, &file.product))).collect()
    });
    &SURFACES
}

/// Every field rule.
pub(crate) fn field_rules() -> Vec<RuleSpec> {
    files::<SurfaceFile>("surfaces").into_iter().flat_map(|file| file.rules).collect()
}

fn setting(spec: &SettingSpec, product: &str) -> Setting {
    Setting {
        id: Cow::Owned(spec.id.clone()),
        title: Cow::Owned(spec.title.clone()),
        product: Cow::Owned(product.to_owned()),
        surfaces: list(&spec.surfaces),
        field: Cow::Owned(spec.field.clone()),
        operator: match spec.operator.as_str() {
            "is" => Operator::Is,
            "is-not" => Operator::IsNot,
            "contains" => Operator::Contains,
            "matches" => Operator::Matches,
            "present" => Operator::Present,
            other => panic!("{other}"),
        },
        value: Cow::Owned(spec.value.clone()),
        key_matches: Cow::Owned(spec.key_matches.clone()),
        severity: spec.severity.parse().unwrap(),
        project_severity: (!spec.project_severity.is_empty()).then(|| spec.project_severity.parse().unwrap()),
        category: spec.category.parse().unwrap(),
        versions: Cow::Owned(spec.versions.clone()),
        impact: Cow::Owned(spec.impact.clone()),
        advice: Cow::Owned(spec.advice.clone()),
        references: list(&spec.references),
        matches: list(&spec.matches),
        ignores: list(&spec.ignores),
    }
}

/// Every setting.
pub(crate) fn settings() -> &'static [Setting] {
    static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let files: Vec<PostureFile> = files("posture");
        files.iter().flat_map(|file| file.settings.iter().map(|spec| setting(spec, &file.product))).collect()
    });
    &SETTINGS
}

/// The texts of the audits.
pub(crate) fn audits() -> &'static [AuditText] {
    static AUDITS: LazyLock<Vec<AuditText>> = LazyLock::new(|| {
        let specs = files::<AuditFile>("audits").into_iter().flat_map(|file| file.audits);
        specs.map(audit).collect()
    });
    &AUDITS
}

fn audit(spec: AuditSpec) -> AuditText {
    AuditText {
        severity: spec.severity.parse().unwrap(),
        category: spec.category.parse().unwrap(),
        references: list(&spec.references),
        id: spec.id.into(),
        title: spec.title.into(),
        impact: spec.impact.into(),
        advice: spec.advice.into(),
    }
}

/// Every campaign, as written.
pub(crate) fn campaigns() -> Vec<CampaignFile> {
    files("campaigns")
}
