//! Documents that say what the program does, held against the program.
//!
//! What is generated is made again and compared: `CAULK_BLESS=1 cargo test docs` writes it instead.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use caulk::cli::args::Cli;
use caulk::cli::error::Status;
use caulk::detect::matcher;
use clap::CommandFactory as _;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[allow(clippy::disallowed_methods, reason = "the repository's own documents")]
fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Compares a generated file with what it should be, or writes it.
#[allow(clippy::disallowed_methods, reason = "writes the repository's own generated files, when asked")]
fn fresh(name: &str, expected: &str) {
    if std::env::var_os("CAULK_BLESS").is_some() {
        std::fs::write(root().join(name), expected).unwrap();
    }
    assert!(text(name) == expected, "{name} is stale: run CAULK_BLESS=1 cargo test docs, and look at the change");
}

#[test]
fn the_readme_has_the_table_of_exit_statuses() {
    assert!(text("README.md").contains(&Status::table()), "README.md should have:\n{}", Status::table());
}

#[test]
fn every_document_that_is_promised_is_there() {
    for name in
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "deny.toml"]
    {
        assert!(!text(name).trim().is_empty(), "{name}");
    }
    assert!(text("CONTRIBUTING.md").lines().nth(2).is_some_and(|line| line == "## Add a rule in five minutes"));
    let changes = text("CHANGELOG.md");
    assert!(changes.contains("## [Unreleased]") && changes.contains("### Rules"));
}

/// Every call of caulk in a document, as words: quoted in a sentence or a table, or a line of a code block.
fn calls(document: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut in_block = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
            continue;
        }
        let pieces: Vec<&str> = if in_block { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        for piece in pieces {
            let piece = piece.trim().trim_start_matches("$ ").replace("cargo run --release -- ", "caulk ");
            let call = piece.split(['|', '#', '>']).find(|part| part.trim_start().starts_with("caulk "));
            if let Some(call) = call {
                calls.push(call.split_whitespace().map(str::to_owned).collect());
            }
        }
    }
    calls
}

/// What of a call the command line does not know: its subcommand, or a long option.
fn unknown(call: &[String]) -> Option<String> {
    let mut command = Cli::command();
    command.build();
    let mut at = &command;
    for word in &call[1..] {
        if let Some(option) = word.strip_prefix("--") {
            let name = option.split('=').next().unwrap_or_default();
            let known = at.get_arguments().any(|arg| arg.get_long() == Some(name));
            if !known && !name.is_empty() {
                return Some(format!("{} has no --{name}", at.get_name()));
            }
        } else if at.has_subcommands() {
            match at.get_subcommands().find(|sub| sub.get_name() == word) {
                Some(sub) => at = sub,
                None => return Some(format!("{} has no command {word}", at.get_name())),
            }
        }
    }
    None
}

#[test]
fn commands_in_the_documents_exist() {
    let mut count = 0;
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"] {
        for call in calls(&text(name)) {
            count += 1;
            assert_eq!(unknown(&call), None, "{name}: {}", call.join(" "));
        }
    }
    assert!(count >= 10, "only {count} calls found in the documents");
    let call = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    assert!(unknown(&call("caulk scna")).is_some() && unknown(&call("caulk scan --nope")).is_some());
}

#[test]
fn the_two_commands_of_the_readme_are_there() {
    let readme = text("README.md");
    assert!(readme.contains("cargo run --release -- scan\n") && readme.contains(".ci/test\n"));
    #[cfg(unix)]
    for script in [".ci/test", ".ci/run", ".ci/full"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(root().join(script)).unwrap().permissions().mode();
        assert!(mode & 0o111 != 0, "{script} cannot be run");
    }
}

#[test]
fn help_texts_explain_every_option() {
    fn walk(command: &clap::Command) {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
        command.get_subcommands().for_each(walk);
    }
    let mut command = Cli::command();
    command.build();
    command.clone().debug_assert();
    walk(&command);
}

// ---- the schema of rule files ----

#[test]
fn the_schema_of_rule_files_is_fresh() {
    let mut definitions = Map::new();
    for source in [
        "src/rules/schema.rs",
        "src/rules/surface_schema.rs",
        "src/rules/recipe_schema.rs",
        "src/rules/campaign_schema.rs",
    ] {
        for item in &syn::parse_file(&text(source)).unwrap().items {
            if let syn::Item::Struct(item) = item {
                definitions.insert(item.ident.to_string(), definition(item));
            }
        }
    }
    let files = [
        "TokenFile",
        "SurfaceFile",
        "PostureFile",
        "AuditFile",
        "CampaignFile",
        "CatalogFile",
        "RecipeFile",
        "PackFile",
    ];
    assert!(files.iter().all(|name| definitions.contains_key(*name)), "{:?}", definitions.keys());
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "caulk rule files",
        "description": "Files of --rules are of the sort TokenFile; the others stand below rules/ in the source.",
        "anyOf": files.map(|name| json!({"$ref": format!("#/$defs/{name}")})),
        "$defs": definitions,
    });
    fresh("src/cli/rules.schema.json", &format!("{schema:#}\n"));
}

fn definition(item: &syn::ItemStruct) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in &item.fields {
        let serde = attributes(&field.attrs, "serde");
        let name = renamed(&serde).unwrap_or_else(|| field.ident.as_ref().unwrap().to_string());
        let mut schema = kind(&field.ty);
        let about = docs(&field.attrs);
        schema.insert("description".into(), about.into());
        if !serde.contains("default") {
            required.push(name.clone());
        }
        properties.insert(name, schema.into());
    }
    json!({
        "type": "object",
        "description": docs(&item.attrs),
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn attributes(attributes: &[syn::Attribute], name: &str) -> String {
    let of = |attribute: &&syn::Attribute| attribute.path().is_ident(name);
    let tokens = |attribute: &syn::Attribute| attribute.meta.require_list().map(|list| list.tokens.to_string());
    attributes.iter().filter(of).filter_map(|attribute| tokens(attribute).ok()).collect::<Vec<_>>().join(", ")
}

fn renamed(serde: &str) -> Option<String> {
    let after = serde.split("rename = \"").nth(1)?;
    Some(after.split('"').next()?.to_owned())
}

fn docs(attributes: &[syn::Attribute]) -> String {
    let line = |attribute: &syn::Attribute| match &attribute.meta {
        syn::Meta::NameValue(syn::MetaNameValue {
            path,
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) if path.is_ident("doc") => Some(text.value().trim().to_owned()),
        _ => None,
    };
    attributes.iter().filter_map(line).collect::<Vec<_>>().join(" ")
}

/// The schema of a Rust type, as far as rule files use types.
fn kind(ty: &syn::Type) -> Map<String, Value> {
    let syn::Type::Path(path) = ty else { panic!("a type that rule files do not use so far") };
    let last = path.path.segments.last().unwrap();
    let schema = match last.ident.to_string().as_str() {
        "String" => json!({"type": "string"}),
        "bool" => json!({"type": "boolean"}),
        "f64" => json!({"type": "number"}),
        "u32" | "u64" | "usize" => json!({"type": "integer", "minimum": 0}),
        "Vec" => {
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { panic!("a Vec of nothing") };
            let Some(syn::GenericArgument::Type(inner)) = arguments.args.first() else { panic!("a Vec of nothing") };
            json!({"type": "array", "items": kind(inner)})
        }
        "BTreeMap" => {
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { panic!("a map of nothing") };
            let Some(syn::GenericArgument::Type(inner)) = arguments.args.last() else { panic!("a map of nothing") };
            json!({"type": "object", "additionalProperties": kind(inner)})
        }
        other => json!({"$ref": format!("#/$defs/{other}")}),
    };
    schema.as_object().unwrap().clone()
}

#[test]
fn the_schema_of_rule_files_takes_the_built_in_ones() {
    let schema: Value = serde_json::from_str(&text("src/cli/rules.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let mut count = 0;
    for entry in walkdir::WalkDir::new(root().join("rules")).into_iter().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "toml") {
            let name = entry.path().strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            let file: Value =
                toml::from_str(&text(&name)).unwrap_or_else(|error| panic!("{name}: {}", error.message()));
            assert!(schema.is_valid(&file), "{name}");
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn the_rule_of_the_guide_is_a_good_rule() {
    let guide = text("CONTRIBUTING.md");
    let block = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = block.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let mut pack = caulk::rules::RulePack::empty();
    pack.add_file("guide", &file).unwrap();
    assert_eq!(caulk::rules::lint::lint(&pack, &|_, _, _| true, &matcher::anchors), []);
}

#[test]
fn no_local_path_stands_in_a_document() {
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "packaging/release.md"] {
        let text = text(name);
        for line in text.lines() {
            // Documented places below made-up homes and /etc are fine.
            assert!(!line.contains("/tmp/") && !line.contains("/root/"), "{name}: {line}");
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let local = !link.starts_with("http") && !link.starts_with('#');
            assert!(!local || Path::new(&root()).join(link).exists(), "{name} links to {link}, which is not there");
        }
    }
}
