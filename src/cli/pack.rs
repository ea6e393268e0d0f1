//! The rules a command works with: the built-in ones, those of `--rules`, less what is left out.

use super::error::Failure;
use super::rule_files;
use super::settings::{Key, Settings, shown};
use crate::host::trusted;
use crate::model::Untrusted;
use crate::rules::{RulePack, catalog, describe, import};
use std::path::{Path, PathBuf};

/// Largest rule file read, bytes.
const MOST_BYTES: usize = 4 << 20;
/// Depth of a folder of rule files.
const DEPTH: usize = 8;

/// Builds the pack that `settings` ask for. A glob that takes no rule is an error.
pub(super) fn load(settings: &Settings, state_dir: &Path) -> Result<RulePack, Failure> {
    let mut pack = if settings.flag(Key::NoDefaultRules) { RulePack::empty() } else { RulePack::builtin() };
    if !settings.flag(Key::NoDefaultRules) {
        rule_files::add_installed(&mut pack, state_dir)?;
    }
    for path in settings.paths(Key::Rules) {
        let extension = path.extension().map(|extension| extension.to_string_lossy().into_owned());
        if !path.is_dir() && extension.is_some_and(|extension| import::is_list_name(&extension)) {
            let list = rule_files::import_one(path)?;
            pack.add_catalog(&shown(path).to_string(), list.text).map_err(|error| clean(&error))?;
            continue;
        }
        for (path, text) in read(std::slice::from_ref(path))? {
            if text.starts_with(catalog::HEAD) {
                pack.add_catalog(&shown(&path).to_string(), text).map_err(|error| clean(&error))?;
            } else {
                pack.add_file(&shown(&path).to_string(), &text).map_err(|error| clean(&error))?;
            }
        }
    }
    pack.restrict(settings.globs(Key::Only), settings.globs(Key::Skip)).map_err(|error| clean(&error))?;
    Ok(pack)
}

/// A rule error as a failure; it may echo a glob as the user gave it.
fn clean(error: &crate::rules::RuleError) -> Failure {
    Failure::new(Untrusted::new(error.to_string()).to_string())
}

/// The rule files at `paths`, and their texts. Folders give their `.toml` files, in order of name.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let found = if path.is_dir() { below(path)? } else { vec![path.clone()] };
        for file in found {
            let text =
                trusted::read(&file, MOST_BYTES).map_err(|error| Failure::new(format!("rule file {error}")))?.text;
            files.push((file, text));
        }
    }
    Ok(files)
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).max_depth(DEPTH).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let at = error.path().unwrap_or(folder);
            let why = error.io_error().map_or("a loop of links".to_owned(), |error| error.kind().to_string());
            Failure::new(format!("rule folder {}: {why}", shown(at)))
        })?;
        if entry.path().extension().is_some_and(|extension| extension == "toml") && !entry.file_type().is_dir() {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(Failure::new(format!("rule folder {} holds no .toml file", shown(folder))));
    }
    Ok(files)
}

/// Every id that can be explained, sorted.
#[must_use]
pub(super) fn ids(pack: &RulePack) -> Vec<String> {
    let mut ids: Vec<String> = pack.rules().iter().map(|rule| rule.id.to_string()).collect();
    ids.extend(pack.settings().iter().map(|setting| setting.id.to_string()));
    ids.extend(pack.audits().iter().map(|audit| audit.id.to_string()));
    ids.extend(pack.recipes().iter().map(|recipe| recipe.id.to_string()));
    ids.extend(pack.campaigns().map(|campaign| campaign.id.to_string()));
    ids.sort_unstable();
    ids
}

/// What a rule, a setting, an audit or a campaign is, why it matters and what to do; `None` for an unknown id.
#[must_use]
pub(super) fn describe(pack: &RulePack, id: &str) -> Option<String> {
    if let Some(index) = pack.find(id) {
        return Some(describe::markdown(pack.rule(index)));
    }
    if let Some(setting) = pack.settings().iter().find(|setting| setting.id == id) {
        return Some(describe::setting_markdown(setting));
    }
    if let Some(audit) = pack.audit_text(id) {
        return Some(describe::audit_markdown(audit));
    }
    if let Some(recipe) = pack.recipes().iter().find(|recipe| recipe.id == id) {
        return Some(describe::recipe_markdown(recipe));
    }
    pack.campaigns().find(|campaign| campaign.id == id).map(describe::campaign_markdown)
}
