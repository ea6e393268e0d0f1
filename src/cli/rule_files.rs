//! `caulk rules import` and `update`: others' lists made into catalogs, and signed bundles taken in.
//!
//! Both read files that were brought here; nothing is fetched.

use super::error::{Failure, Status};
use super::out;
use super::settings::shown;
use crate::host::write::AtomicFile;
use crate::host::{Host, state, trusted};
use crate::model::Untrusted;
use crate::rules::bundle::{self, Bundle};
use crate::rules::{RulePack, import};
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Largest list that is imported, bytes: OSV's of one ecosystem has some hundred MiB.
const MOST_BYTES: usize = 1 << 30;
/// Largest file of others' rules, bytes.
const MOST_RULES: usize = 16 << 20;
/// Largest bundle, bytes.
const MOST_BUNDLE: usize = 256 << 20;
/// Largest key, signature and note of what is installed, bytes.
const MOST_NOTE: usize = 1 << 20;
/// The folder of what was taken in, in the state folder.
const FOLDER: &str = "pack";
/// The note in it that says which files count; written last.
const NOTE: &str = "pack.json";

/// What is installed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Installed {
    /// The bundle's number.
    pub(super) version: u64,
    /// Its date.
    pub(super) date: String,
    /// The day after which it is old.
    pub(super) expires: String,
    /// The key it was signed with, and the next must be.
    key: String,
    rules: Vec<String>,
    catalogs: Vec<String>,
}

/// Turns lists into one catalog, or others' rules into a file of rules.
pub(super) fn import(files: &[PathBuf], output: Option<&Path>) -> Result<u8, Failure> {
    let is_rules = |file: &&PathBuf| file.extension().is_some_and(|end| end.eq_ignore_ascii_case("toml"));
    match files {
        [file] if is_rules(&file) => return import_rules(file, output),
        files if files.iter().any(|file| is_rules(&file)) => {
            return Err(Failure::new("rules are imported one file at a time, and not together with lists"));
        }
        _ => {}
    }
    let mut text = format!("{}\n", crate::rules::catalog::HEAD);
    let (mut entries, mut left_out) = (0, 0);
    for file in files {
        let imported = import_one(file)?;
        text.push_str(imported.text.split_once('\n').map_or("", |(_, rest)| rest));
        entries += imported.entries;
        left_out += imported.left_out;
    }
    match output {
        None => out::print(text.as_bytes())?,
        Some(path) => {
            write(path, &text)?;
            let left = if left_out == 0 { String::new() } else { format!("; {left_out} records left out") };
            let note = format!("{entries} packages in {}{left}\nUse it: caulk scan --rules {0}\n", shown(path));
            out::print(note.as_bytes())?;
        }
    }
    Ok(Status::Clean.code())
}

/// The rules of a gitleaks configuration, as rules of ours.
fn import_rules(file: &Path, output: Option<&Path>) -> Result<u8, Failure> {
    let text = trusted::read(file, MOST_RULES).map_err(|error| Failure::new(format!("rules {error}")))?.text;
    let imported = import::gitleaks::rules(&text).map_err(|error| Failure::new(format!("{}: {error}", shown(file))))?;
    let Some(path) = output else {
        out::print(imported.text.as_bytes())?;
        return Ok(Status::Clean.code());
    };
    write(path, &imported.text)?;
    let left = match imported.left_out.len() {
        0 => String::new(),
        count => format!("; {count} things left out, told at its end"),
    };
    let note = format!(
        "{} in {}{left}\nUse it: caulk scan --rules {1}\n",
        counted(imported.rules, "rule", "rules"),
        shown(path)
    );
    out::print(note.as_bytes())?;
    Ok(Status::Clean.code())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(format!("cannot write {}: {why}", shown(path)));
    let mut file = AtomicFile::create(path).map_err(|error| failed(error.to_string()))?;
    file.write_all(text.as_bytes()).map_err(|error| failed(error.kind().to_string()))?;
    file.commit().map_err(|error| failed(error.to_string()))
}

/// One list as a catalog.
pub(super) fn import_one(file: &Path) -> Result<import::Imported, Failure> {
    let bytes = trusted::read_bytes(file, MOST_BYTES).map_err(|error| Failure::new(format!("list {error}")))?;
    let stem = file.file_stem().map_or("list".into(), |stem| stem.to_string_lossy().into_owned());
    import::import(&bytes, &stem).map_err(|error| Failure::new(format!("{}: {error}", shown(file))))
}

/// Takes a signed bundle in.
pub(super) fn update(file: &Path, signature: Option<&Path>, key: Option<&str>) -> Result<u8, Failure> {
    let host = Host::current();
    let state_dir = host.dirs().state;
    let before = installed(&state_dir)?;
    let key = match (key, &before) {
        (Some(key), _) => key_text(key)?,
        (None, Some(before)) => before.key.clone(),
        (None, None) => {
            return Err(Failure::new("whose signature counts? Give the key once: --key FILE (minisign's .pub file)"));
        }
    };
    let beside = || PathBuf::from(format!("{}.minisig", file.display()));
    let signature = signature.map_or_else(beside, Path::to_owned);
    let text = |path: &Path, most| trusted::read(path, most).map(|read| read.text);
    let bundle_text = text(file, MOST_BUNDLE).map_err(|error| Failure::new(format!("bundle {error}")))?;
    let signature = text(&signature, MOST_NOTE).map_err(|error| Failure::new(format!("signature {error}")))?;
    let bundle = bundle::open(&bundle_text, &signature, &key)
        .map_err(|error| Failure::new(format!("{}: {error}", shown(file))))?;
    if let Some(before) = before.filter(|before| before.version > bundle.version) {
        return Err(Failure::new(format!(
            "{}: number {} is older than the one installed, {} of {}",
            shown(file),
            bundle.version,
            before.version,
            Untrusted::new(before.date)
        )));
    }
    if bundle.expires.as_str() < today(&host).as_str() {
        return Err(Failure::new(format!("{}: expired on {}", shown(file), Untrusted::new(bundle.expires))));
    }
    try_out(&bundle).map_err(|error| Failure::new(format!("{}: {error}", shown(file))))?;
    let counts = (bundle.rules.len(), bundle.catalogs.len());
    let (version, date) = (bundle.version, bundle.date.clone());
    install(&state_dir, bundle, key)?;
    let note = format!(
        "Bundle {version} of {date} is in use: {} and {}.\n",
        counted(counts.0, "file of rules", "files of rules"),
        counted(counts.1, "catalog", "catalogs")
    );
    out::print(note.as_bytes())?;
    Ok(Status::Clean.code())
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The key's text: what was given, or the file it names.
fn key_text(key: &str) -> Result<String, Failure> {
    let path = Path::new(key);
    let text = if path.is_file() {
        trusted::read(path, MOST_NOTE).map_err(|error| Failure::new(format!("key {error}")))?.text
    } else {
        key.to_owned()
    };
    bundle::check_key(&text).map_err(|error| Failure::new(format!("--key: {error}")))?;
    Ok(text)
}

/// Whether everything in the bundle can be used, before any of it is kept.
fn try_out(bundle: &Bundle) -> Result<(), String> {
    let mut pack = RulePack::builtin();
    for (name, text) in &bundle.rules {
        pack.add_file(name, text).map_err(|error| Untrusted::new(error.to_string()).to_string())?;
    }
    for (name, text) in &bundle.catalogs {
        pack.add_catalog(name, text.clone()).map_err(|error| Untrusted::new(error.to_string()).to_string())?;
    }
    Ok(())
}

/// Writes the bundle's files, then the note that makes them count, then sweeps those of before.
fn install(state_dir: &Path, bundle: Bundle, key: String) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(format!("the bundle was not taken in: {why}"));
    let folder = state_dir.join(FOLDER);
    state::ensure_dir(state_dir)
        .and_then(|()| state::ensure_dir(&folder))
        .map_err(|error| failed(error.to_string()))?;
    let write = |name: &str, text: &str| -> Result<(), Failure> {
        let mut file = AtomicFile::create(&folder.join(name)).map_err(|error| failed(error.to_string()))?;
        file.write_all(text.as_bytes()).map_err(|error| failed(error.kind().to_string()))?;
        file.commit().map_err(|error| failed(error.to_string()))
    };
    // Names of our own: the bundle's may be anything.
    let named = |kind: &str, number: usize| format!("{}-{number}.{kind}", bundle.version);
    let mut note = Installed {
        version: bundle.version,
        date: bundle.date.clone(),
        expires: bundle.expires.clone(),
        key,
        rules: Vec::new(),
        catalogs: Vec::new(),
    };
    for (number, (_, text)) in bundle.rules.iter().enumerate() {
        note.rules.push(named("toml", number));
        write(&named("toml", number), text)?;
    }
    for (number, (_, text)) in bundle.catalogs.iter().enumerate() {
        note.catalogs.push(named("catalog", number));
        write(&named("catalog", number), text)?;
    }
    let text = serde_json::to_string_pretty(&note).map_err(|error| failed(error.to_string()))?;
    write(NOTE, &text)?;
    let kept = |name: &str| name == NOTE || note.rules.iter().chain(&note.catalogs).any(|file| file == name);
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            ["toml", "catalog"].iter().any(|kind| name.rsplit_once('.').is_some_and(|(_, end)| end == *kind))
        });
        if ours && !name.to_str().is_some_and(kept) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// What is installed, if anything is.
pub(super) fn installed(state_dir: &Path) -> Result<Option<Installed>, Failure> {
    let path = state_dir.join(FOLDER).join(NOTE);
    if !path.exists() {
        return Ok(None);
    }
    let text = trusted::read(&path, MOST_NOTE).map_err(|error| Failure::new(error.to_string()))?.text;
    let broken = |_| Failure::new(format!("{}: broken; take the bundle in again", shown(&path)));
    serde_json::from_str(&text).map(Some).map_err(broken)
}

/// Adds what is installed to `pack`.
pub(super) fn add_installed(pack: &mut RulePack, state_dir: &Path) -> Result<(), Failure> {
    let Some(note) = installed(state_dir)? else { return Ok(()) };
    let folder = state_dir.join(FOLDER);
    let text = |name: &str| {
        trusted::read(&folder.join(name), MOST_BUNDLE).map(|read| read.text).map_err(|e| Failure::new(e.to_string()))
    };
    let broken = |error: crate::rules::RuleError| Failure::new(Untrusted::new(error.to_string()).to_string());
    for name in &note.rules {
        pack.add_file(name, &text(name)?).map_err(broken)?;
    }
    for name in &note.catalogs {
        pack.add_catalog(name, text(name)?).map_err(broken)?;
    }
    pack.set_bundle(note.date, note.expires);
    Ok(())
}

/// This day, `YYYY-MM-DD`.
fn today(host: &Host) -> String {
    humantime::format_rfc3339_seconds(host.now).to_string().chars().take(10).collect()
}
