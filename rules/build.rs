//! Turns the TOML under `rules/` into static tables, so that starting caulk parses nothing.
//!
//! Every file is checked as it is read (`vet`, shared with the library); a defect stops the build
//! and names file, id and what is wrong. Regex syntax is not checked here, for want of an engine:
//! `tests/rules.rs` compiles every pattern.
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a build script talks to cargo")]

#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/boundary.rs"]
mod boundary;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/campaign_schema.rs"]
mod campaign_schema;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/common.rs"]
mod common;
#[path = "build/emit.rs"]
mod emit;
#[path = "build/fields.rs"]
mod fields;
#[path = "../src/rules/name_hash.rs"]
mod name_hash;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/recipe_schema.rs"]
mod recipe_schema;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/schema.rs"]
mod schema;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/shape.rs"]
mod shape;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/surface_schema.rs"]
mod surface_schema;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/vet.rs"]
mod vet;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/vet_attacks.rs"]
mod vet_attacks;
#[allow(unreachable_pub, dead_code, reason = "shared with the library")]
#[path = "../src/rules/words.rs"]
mod words;

use recipe_schema::{RecipeFile, RecipeSpec};
use schema::{AuditFile, CampaignFile, CatalogFile, PackFile, PostureFile, SurfaceFile, TokenFile};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vet::{Defect, Names};

/// Folders of rule data that become tables.
const FOLDERS: [&str; 7] = ["tokens", "surfaces", "posture", "audits", "campaigns", "recipes", "catalogs"];

/// One file: its name relative to `rules/`, and what it says.
struct File<T> {
    name: String,
    content: T,
}

/// Everything there is, in the order of file names.
#[derive(Default)]
struct Pack {
    date: String,
    digest: String,
    tokens: Vec<File<TokenFile>>,
    surfaces: Vec<File<SurfaceFile>>,
    posture: Vec<File<PostureFile>>,
    audits: Vec<File<AuditFile>>,
    campaigns: Vec<File<CampaignFile>>,
    recipes: Vec<File<RecipeFile>>,
    catalogs: Vec<File<CatalogFile>>,
    sources: Vec<String>,
}

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=rules");
    for shared in [
        "boundary",
        "campaign_schema",
        "common",
        "name_hash",
        "recipe_schema",
        "schema",
        "shape",
        "surface_schema",
        "vet",
        "vet_attacks",
        "words",
    ] {
        println!("cargo::rerun-if-changed=src/rules/{shared}.rs");
    }
    let result = read_all().and_then(|pack| {
        let problems = cross_check(&pack);
        if problems.is_empty() { write(&pack) } else { Err(problems) }
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            ExitCode::FAILURE
        }
    }
}

fn read_all() -> Result<Pack, Vec<String>> {
    let mut pack = Pack::default();
    let mut problems = Vec::new();
    let (head, defects) = read::<PackFile>("pack.toml").map_or_else(
        |error| {
            problems.push(error);
            (None, Vec::new())
        },
        |file| {
            let defects = vet::pack_file(&file.content);
            (Some(file), defects)
        },
    );
    problems.extend(named("pack.toml", defects));
    pack.date = head.map(|file| file.content.date).unwrap_or_default();
    pack.sources.push("pack.toml".to_owned());

    for folder in FOLDERS {
        for name in toml_files(folder) {
            let result = match folder {
                "tokens" => take(&mut pack.tokens, &name, |file| vet::token_file(file, Some(stem(&name)))),
                "surfaces" => take(&mut pack.surfaces, &name, vet::surface_file),
                "posture" => take(&mut pack.posture, &name, vet::posture_file),
                "audits" => take(&mut pack.audits, &name, vet::audit_file),
                "catalogs" => take(&mut pack.catalogs, &name, vet_attacks::catalog_file),
                "recipes" => take(&mut pack.recipes, &name, vet::recipe_file),
                _ => take(&mut pack.campaigns, &name, vet_attacks::campaign_file),
            };
            problems.extend(result);
            pack.sources.push(name);
        }
    }
    pack.digest = digest(&pack.sources).map_err(|error| vec![error])?;
    if problems.is_empty() { Ok(pack) } else { Err(problems) }
}

/// The digest of the files, as [`RulePack::facts`] has it.
fn digest(names: &[String]) -> Result<String, String> {
    let mut hasher = Sha256::new();
    for name in names {
        let text =
            std::fs::read_to_string(Path::new("rules").join(name)).map_err(|error| format!("rules/{name}: {error}"))?;
        for part in [name, &text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(data_encoding::HEXLOWER.encode(&hasher.finalize()))
}

fn take<T: DeserializeOwned>(files: &mut Vec<File<T>>, name: &str, vet: impl Fn(&T) -> Vec<Defect>) -> Vec<String> {
    match read::<T>(name) {
        Ok(file) => {
            let problems = named(name, vet(&file.content));
            files.push(file);
            problems
        }
        Err(error) => vec![error],
    }
}

/// Ids are unique over all files, and whatever is referred to is there.
fn cross_check(pack: &Pack) -> Vec<String> {
    let mut names = Names::default();
    let mut problems = Vec::new();
    for file in &pack.tokens {
        problems.extend(named(&file.name, vet::take_rules(&mut names, &file.content.rules)));
    }
    for file in &pack.surfaces {
        problems.extend(named(&file.name, vet::take_rules(&mut names, &file.content.rules)));
        for surface in &file.content.surfaces {
            if !names.surfaces.insert(surface.id.clone()) {
                problems.push(format!("rules/{}: {}: id is taken", file.name, surface.id));
            }
        }
    }
    let mut other = |file: &str, id: &str| {
        if !names.taken.insert(id.to_owned()) {
            problems.push(format!("rules/{file}: {id}: id is taken"));
        }
    };
    for file in &pack.posture {
        file.content.settings.iter().for_each(|setting| other(&file.name, &setting.id));
    }
    for file in &pack.audits {
        file.content.audits.iter().for_each(|audit| other(&file.name, &audit.id));
    }
    for file in &pack.campaigns {
        other(&file.name, &file.content.id);
    }
    for file in &pack.catalogs {
        other(&file.name, &format!("catalog {}", file.content.id));
    }
    for file in &pack.recipes {
        file.content.recipes.iter().for_each(|recipe| other(&file.name, &recipe.id));
    }

    for file in &pack.tokens {
        problems.extend(named(&file.name, vet::rule_references(&names, &file.content.rules)));
    }
    for file in &pack.surfaces {
        problems.extend(named(&file.name, vet::rule_references(&names, &file.content.rules)));
        for surface in &file.content.surfaces {
            for (_, _, rule) in fields::of(pack, surface) {
                if !names.rules.contains(rule) {
                    problems.push(format!("rules/{}: {}: no rule `{rule}`", file.name, surface.id));
                }
            }
        }
    }
    problems.extend(fields::problems(pack));
    let mut surface_exists = |file: &str, id: &str, surface: &String| {
        if !names.surfaces.contains(surface) {
            problems.push(format!("rules/{file}: {id}: no surface `{surface}`"));
        }
    };
    for file in &pack.surfaces {
        for surface in &file.content.surfaces {
            let about = surface.approves.iter().flat_map(|decision| &decision.of);
            about.for_each(|other| surface_exists(&file.name, &surface.id, other));
        }
    }
    for file in &pack.posture {
        for setting in &file.content.settings {
            setting.surfaces.iter().for_each(|surface| surface_exists(&file.name, &setting.id, surface));
        }
    }
    for file in &pack.recipes {
        for recipe in &file.content.recipes {
            let examples = recipe.examples.iter().map(|example| &example.surface);
            examples.chain(&recipe.surfaces).for_each(|surface| surface_exists(&file.name, &recipe.id, surface));
        }
    }
    for file in &pack.campaigns {
        let id = &file.content.id;
        file.content.harvests.iter().for_each(|surface| surface_exists(&file.name, id, surface));
    }
    for file in &pack.catalogs {
        let campaign = &file.content.campaign;
        if !campaign.is_empty() && !pack.campaigns.iter().any(|other| other.content.id == *campaign) {
            problems.push(format!("rules/{}: no campaign `{campaign}`", file.name));
        }
    }
    let named = |id: &String| {
        pack.surfaces.iter().flat_map(|file| &file.content.surfaces).any(|surface| surface.recipes.contains(id))
    };
    for file in &pack.recipes {
        let seals = |recipe: &&RecipeSpec| !recipe.edit.starts_with("mend-");
        for recipe in file.content.recipes.iter().filter(seals).filter(|recipe| !named(&recipe.id)) {
            problems.push(format!("rules/{}: {}: no surface names it", file.name, recipe.id));
        }
    }
    problems
}

fn write(pack: &Pack) -> Result<(), Vec<String>> {
    let folder = std::env::var_os("OUT_DIR").ok_or_else(|| vec!["OUT_DIR is not set".to_owned()])?;
    let path = PathBuf::from(folder).join("pack.rs");
    std::fs::write(&path, emit::tables(pack)).map_err(|error| vec![format!("{}: {error}", path.display())])
}

fn read<T: DeserializeOwned>(name: &str) -> Result<File<T>, String> {
    let path = Path::new("rules").join(name);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("rules/{name}: {error}"))?;
    match toml::from_str(&text) {
        Ok(content) => Ok(File { name: name.to_owned(), content }),
        Err(error) => {
            let line = error.span().map_or(0, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Err(format!("rules/{name}:{line}: {}", error.message()))
        }
    }
}

/// The TOML files of a folder (which may be absent), relative to `rules/`, sorted.
fn toml_files(folder: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(Path::new("rules").join(folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    names.sort();
    names
}

fn stem(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name).trim_end_matches(".toml")
}

fn named(file: &str, defects: Vec<Defect>) -> Vec<String> {
    defects.into_iter().map(|defect| format!("rules/{file}: {defect}")).collect()
}
