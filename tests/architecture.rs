//! The floors of the house, held against the source as syntax.
//!
//! A single crate gives no help from the compiler here, so this test reads `src/` with `syn`: a module
//! imports from lower floors only, every module stands in the table, files stay small, every audit is
//! registered, and nothing but `cli` prints.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// Top-level modules and their floors. A new module goes here first.
const FLOORS: &[(&str, u8)] = &[
    ("cli", 6),
    ("scan", 4),
    ("remediate", 4),
    ("detect", 3),
    ("audit", 3),
    ("ledger", 3),
    ("components", 3),
    ("rules", 2),
    ("read", 2),
    ("broker", 2),
    ("host", 1),
    ("triage", 1),
    ("output", 1),
    ("vault", 1),
    ("model", 0),
];

/// The looks sideways; none is a circle. Rule data names the format a surface is read with, and addresses
/// fields of documents: `read` knows no rule. The vault's own files are opened and written as all of
/// caulk's are: `host` knows no vault.
const SIDEWAYS: &[(&str, &str)] = &[("rules", "read"), ("vault", "host")];

/// Lines of a file, not counting a test module at its end.
const MOST_LINES: usize = 400;

/// Macros that print.
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = walkdir::WalkDir::new(root.join("src"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.strip_prefix(root).unwrap().to_owned(), text(&path)))
        .collect();
    files.sort();
    files
}

#[allow(clippy::disallowed_methods, reason = "the repository's own source, not a scanned machine")]
fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

/// The module a file is: `src/cli/settings/mod.rs` is `[cli, settings]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        file.with_extension("").iter().skip(1).map(|p| p.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// Everything wrong with one file's imports and macros.
fn violations(file: &Path, source: &str) -> Vec<String> {
    let module = module_of(file);
    let mut visitor = Imports { file, top: module.first().cloned(), module, found: Vec::new() };
    match syn::parse_file(source) {
        Ok(syntax) => visitor.visit_file(&syntax),
        Err(error) => visitor.found.push(format!("{}: {error}", file.display())),
    }
    visitor.found
}

struct Imports<'a> {
    file: &'a Path,
    /// The top-level module; `None` for `lib.rs`, which only declares.
    top: Option<String>,
    module: Vec<String>,
    found: Vec<String>,
}

impl Imports<'_> {
    /// Judges one path by the top-level module that it leads to.
    fn path(&mut self, segments: &[String]) {
        let mut at: Vec<String> = match segments.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("super") => self.module.clone(),
            _ => return,
        };
        for segment in segments {
            match segment.as_str() {
                "crate" => {}
                "super" => drop(at.pop()),
                name => at.push(name.to_owned()),
            }
        }
        let Some(top) = self.top.clone() else { return };
        match at.first() {
            None => self.found.push(format!("{}: imports the whole crate", self.file.display())),
            Some(target) if *target == top || SIDEWAYS.contains(&(top.as_str(), target.as_str())) => {}
            Some(target) => match (floor(&top), floor(target)) {
                (Some(own), Some(other)) if other < own => {}
                (_, None) => {
                    self.found.push(format!("{}: `{target}` is not in the table of floors", self.file.display()));
                }
                _ => self.found.push(format!("{}: `{top}` may not know `{target}`", self.file.display())),
            },
        }
    }

    fn tree(&mut self, before: &mut Vec<String>, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(before, &path.tree);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
            syn::UseTree::Name(syn::UseName { ident, .. }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.path(before);
                before.pop();
            }
            syn::UseTree::Glob(_) => self.path(before),
        }
    }

    /// Paths in a macro's arguments, where `syn` sees tokens only.
    fn tokens(&mut self, text: &str) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| matches!(**word, "crate" | "super")) {
            let continues = at > 0 && words[at - 1] == "::";
            let path: Vec<String> = words[at..]
                .chunks(2)
                .scan(true, |more, pair| {
                    let here = *more;
                    *more = pair.get(1) == Some(&"::");
                    here.then(|| pair[0].to_owned())
                })
                .filter(|word| word.chars().all(|c| c.is_alphanumeric() || c == '_'))
                .collect();
            if !continues && path.len() > 1 {
                self.path(&path);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.path(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {
        // `pub(crate)` and `pub(super)` name no module that is used.
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let name = item.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let may_print = self.top.as_deref().is_some_and(|top| top == "cli" || top == "main");
        if PRINTING.contains(&name.as_str()) && !may_print {
            self.found.push(format!("{}: `{name}!` outside cli", self.file.display()));
        }
        self.tokens(&item.tokens.to_string());
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }
}

#[test]
fn modules_import_from_lower_floors_only() {
    let files = sources();
    assert!(files.len() > 30, "the walk of src/ found only {} files", files.len());
    let wrong: Vec<String> = files
        .iter()
        .filter(|(file, _)| file != Path::new("src/main.rs"))
        .flat_map(|(file, source)| violations(file, source))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_upward_import_is_caught() {
    let caught = |file: &str, source: &str| !violations(Path::new(file), source).is_empty();
    for source in [
        "use crate::cli::args;",
        "use crate::{model::Secret, scan::Progress};",
        "use super::super::scan::Progress;",
        "fn f() { crate::scan::run(); }",
        "fn f() -> crate::scan::Progress { todo!() }",
        "fn f() { assert!(crate::scan::ready()); }",
        "mod tests { use super::super::super::scan::Progress; }",
        "use crate::*;",
        "use crate::nowhere::X;",
        "fn f() { println!(\"x\"); }",
        // The same floor.
        "use crate::audit::ALL;",
    ] {
        assert!(caught("src/detect/matcher.rs", source), "not caught: {source}");
    }
    for source in [
        "use crate::model::Secret;",
        "use super::check::Verdict;",
        "use crate::detect::check;",
        "use std::fmt; pub(crate) fn f() { crate::read::parse(); }",
        "mod tests { use super::super::check; }",
        "fn f() { assert!(super::ready()); }",
    ] {
        assert!(!caught("src/detect/matcher.rs", source), "wrongly caught: {source}");
    }
    assert!(!caught("src/rules/rule.rs", "use crate::read::Format;"));
    assert!(caught("src/read/mod.rs", "use crate::rules::RulePack;"), "the look sideways goes one way");
}

#[test]
fn every_module_is_in_the_table_and_main_only_calls_cli() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = syn::parse_file(&text(&root.join("lib.rs"))).unwrap();
    let declared: BTreeSet<String> = lib
        .items
        .iter()
        .filter_map(|item| if let syn::Item::Mod(module) = item { Some(module.ident.to_string()) } else { None })
        .collect();
    let table: BTreeSet<String> = FLOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(declared, table);
    let on_disk: BTreeSet<String> = sources()
        .iter()
        .filter_map(|(file, _)| module_of(file).into_iter().next())
        .filter(|name| name != "main")
        .collect();
    assert_eq!(on_disk, table);
    let main = text(&root.join("main.rs"));
    let uses: BTreeSet<&str> = main.match_indices("caulk::").map(|(at, _)| &main[at..at + 10]).collect();
    assert_eq!(uses, BTreeSet::from(["caulk::cli"]), "main.rs calls the cli and nothing else");
    assert!(main.lines().count() <= 25, "main.rs is thin");
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(file, source)| (file, lines_of_code(source)))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines:\n{}", long.join("\n"));
}

/// Lines before a test module that ends the file.
fn lines_of_code(source: &str) -> usize {
    let lines: Vec<&str> = source.lines().collect();
    let tests = lines
        .windows(2)
        .rposition(|pair| pair[0].starts_with("#[cfg(") && pair[0].contains("test") && pair[1].starts_with("mod "));
    // Something after the module means that it does not end the file.
    let ends = |at: usize| {
        lines[at + 2..].iter().position(|line| *line == "}").is_some_and(|end| at + 2 + end + 1 == lines.len())
    };
    tests.filter(|at| ends(*at)).unwrap_or(lines.len())
}

#[test]
fn lines_are_counted_up_to_a_test_module_at_the_end() {
    assert_eq!(lines_of_code("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n"), 1);
    assert_eq!(lines_of_code("#[cfg(test)]\nmod tests {\n}\nfn a() {}\n"), 4);
}

#[test]
fn every_audit_is_registered() {
    let sources = sources();
    let registry = sources.iter().find(|(file, _)| file == Path::new("src/audit/mod.rs")).map(|(_, source)| source);
    let syntax = syn::parse_file(registry.unwrap()).unwrap();
    let all: BTreeSet<String> = syntax.items.iter().flat_map(registered).collect();
    for (file, source) in &sources {
        let audit = file.strip_prefix("src/audit").ok().filter(|name| *name != Path::new("mod.rs"));
        let Some(name) = audit.and_then(Path::file_stem) else { continue };
        let has_meta = syn::parse_file(source).unwrap().items.iter().any(|item| match item {
            syn::Item::Const(item) => item.ident == "META",
            syn::Item::Static(item) => item.ident == "META",
            _ => false,
        });
        assert!(!has_meta || all.contains(name.to_str().unwrap()), "{} is not in audit::ALL", file.display());
    }
}

/// The words of `ALL`'s value.
fn registered(item: &syn::Item) -> Vec<String> {
    let (ident, value) = match item {
        syn::Item::Const(item) => (&item.ident, &item.expr),
        syn::Item::Static(item) => (&item.ident, &item.expr),
        _ => return Vec::new(),
    };
    if ident != "ALL" {
        return Vec::new();
    }
    let mut words = Words(Vec::new());
    words.visit_expr(value);
    words.0
}

/// Collects the words of an expression.
struct Words(Vec<String>);

impl<'ast> Visit<'ast> for Words {
    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        self.0.push(ident.to_string());
    }
}
