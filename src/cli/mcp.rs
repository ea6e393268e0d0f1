//! `caulk mcp ls`, `trust`, `diff`: what starts by itself, which of it was looked at, and what changed since.
//!
//! The list is that of an audit; the lock of what was approved lies in the state folder, 0600, and holds masked
//! texts and digests. Nothing listed is started, fetched or asked.

use super::error::{Failure, Status};
use super::out;
use super::settings::shown;
use crate::host::write::AtomicFile;
use crate::host::{Host, state, trusted};
use crate::ledger::memory::{self, Change, Lock};
use crate::model::{CodeFrom, Consent, Pin, ScanReport, Started, Untrusted};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Shown below the help of `caulk mcp`.
pub(super) const EXAMPLES: &str = "\
Examples:
  caulk mcp ls                  what starts by itself here
  caulk mcp trust --all         approve all of it, after a look
  caulk mcp diff                what is new or different since; status 1 if anything is";

/// The lock's name in the state folder.
const FILE: &str = "approved.json";
/// Largest lock that is read, bytes.
const MOST_BYTES: usize = 32 << 20;

/// `caulk mcp …`
#[derive(Debug, Subcommand)]
pub enum McpCommand {
    /// List MCP servers and everything else that starts by itself
    Ls(McpArgs),
    /// Approve entries as they are now; a scan tells when one changes
    Trust {
        /// Ids as `caulk mcp ls` shows them, or names of entries
        #[arg(value_name = "ID-OR-NAME", required_unless_present = "all")]
        entries: Vec<String>,
        /// All that there is
        #[arg(long, conflicts_with = "entries")]
        all: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        args: McpArgs,
    },
    /// Show what is new, changed or gone since entries were approved
    Diff(McpArgs),
}

/// What all of them take.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// Look at this folder as a home instead of this user's
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// How to show it
    #[arg(long, default_value = "human", value_parser = ["human", "json"])]
    pub format: String,
}

/// Runs the command.
pub(super) fn run(command: &McpCommand) -> Result<u8, Failure> {
    let host = Host::current();
    let state_dir = host.dirs().state;
    let lock = load(&state_dir)?;
    let args = match command {
        McpCommand::Ls(args) | McpCommand::Diff(args) | McpCommand::Trust { args, .. } => args,
    };
    if matches!(command, McpCommand::Trust { .. }) {
        // Made before the process confines itself to it.
        state::ensure_dir(&state_dir).map_err(|error| Failure::new(error.to_string()))?;
    }
    let report = look(&host, args, &state_dir)?;
    match command {
        McpCommand::Ls(args) => ls(&report, &lock, args),
        McpCommand::Diff(args) => diff(&report, &lock, args),
        McpCommand::Trust { entries, all, .. } => trust(&report, lock, entries, *all, &state_dir),
    }
}

/// The lock of what was approved; an empty one where nothing was.
pub(super) fn load(state_dir: &Path) -> Result<Lock, Failure> {
    let path = state_dir.join(FILE);
    if !path.exists() {
        return Ok(Lock::new());
    }
    let broken = || Failure::new(format!("{}: not a list of approved entries; remove it to begin anew", shown(&path)));
    let text = trusted::read(&path, MOST_BYTES).map_err(|error| Failure::new(error.to_string()))?.text;
    let lock: Lock = serde_json::from_str(&text).map_err(|_| broken())?;
    if lock.version == 1 { Ok(lock) } else { Err(broken()) }
}

fn save(state_dir: &Path, lock: &Lock) -> Result<(), Failure> {
    let failed = |why: String| Failure::new(format!("the list of approved entries was not saved: {why}"));
    state::ensure_dir(state_dir).map_err(|error| failed(error.to_string()))?;
    let text = serde_json::to_vec_pretty(lock).map_err(|error| failed(error.to_string()))?;
    let mut file = AtomicFile::create(&state_dir.join(FILE)).map_err(|error| failed(error.to_string()))?;
    file.write_all(&text).map_err(|error| failed(error.kind().to_string()))?;
    file.commit().map_err(|error| failed(error.to_string()))
}

/// An audit that lists what starts by itself.
fn look(host: &Host, args: &McpArgs, state_dir: &Path) -> Result<ScanReport, Failure> {
    super::look::Look { home: args.home.as_deref(), write_dirs: vec![state_dir.to_owned()], components: false }
        .run(host)
}

fn ls(report: &ScanReport, lock: &Lock, args: &McpArgs) -> Result<u8, Failure> {
    let state = |one: &Started| match lock.changes(one) {
        None => "new",
        Some(changes) if changes.is_empty() => "approved",
        Some(_) => "changed",
    };
    if args.format == "json" {
        let list: Vec<Value> = report.started.iter().map(|one| entry_json(one, state(one))).collect();
        return print_json(&json!({ "started": list }));
    }
    out::stdout(|out| {
        for one in &report.started {
            let (id, entry) = (memory::id(one), &one.entry);
            writeln!(out, "{id}  {:<8}  {}  {}", state(one), Untrusted::from(entry.trigger.as_str()), entry.name)?;
            let seen = memory::seen(one);
            let what = if seen.command.is_empty() { &seen.url } else { &seen.command };
            if !what.is_empty() {
                writeln!(out, "              {}", Untrusted::from(what.as_str()))?;
            }
            writeln!(out, "              {}: {}", one.path, facts(one))?;
        }
        let approved = report.started.iter().filter(|one| state(one) == "approved").count();
        writeln!(out, "{} start by themselves or on a prompt, {approved} of them approved.", report.started.len())?;
        if approved < report.started.len() {
            writeln!(out, "Look at them, then: caulk mcp trust ID, or caulk mcp trust --all")?;
        }
        Ok(())
    })?;
    Ok(Status::Clean.code())
}

/// What matters of an entry besides its command, in words.
fn facts(one: &Started) -> String {
    let entry = &one.entry;
    let mut facts = Vec::new();
    match entry.launch.as_ref().map(|launch| launch.pin) {
        Some(Pin::None) => facts.push("fetched without a version".to_owned()),
        Some(Pin::Tag) => facts.push("fetched by a tag that can move".to_owned()),
        Some(Pin::Exact) => facts.push("fetched by an exact version".to_owned()),
        Some(Pin::Local) | None => {}
    }
    facts.push(
        match entry.consent {
            _ if entry.disabled => "switched off",
            Consent::Unasked => "starts unasked",
            Consent::SwitchedOff => "starts unasked, a setting says so",
            Consent::Approved => "approved in its product",
            Consent::Asked => "its product asks first",
        }
        .to_owned(),
    );
    let written = entry.launch.as_ref().map_or("", |launch| launch.written.as_found());
    if !one.file.as_found().is_empty() && one.file != one.path && !written.contains(one.file.as_found()) {
        facts.push(format!("runs {}", one.file));
    }
    if one.code == CodeFrom::Others {
        facts.push("other accounts can change what it runs".to_owned());
    }
    let handed: Vec<String> = entry.secrets.iter().map(ToString::to_string).collect();
    if !handed.is_empty() {
        facts.push(format!("is handed {}", handed.join(", ")));
    }
    facts.join("; ")
}

fn entry_json(one: &Started, state: &str) -> Value {
    let (seen, entry) = (memory::seen(one), &one.entry);
    let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    json!({
        "id": memory::id(one),
        "state": state,
        "trigger": seen.trigger,
        "name": seen.name,
        "path": seen.path,
        "surface": one.surface,
        "command": text(&seen.command),
        "url": text(&seen.url),
        "package": entry.launch.as_ref().and_then(|launch| launch.package.clone()),
        "pin": entry.launch.as_ref().map(|launch| match launch.pin {
            Pin::Local => "local",
            Pin::Exact => "exact",
            Pin::Tag => "tag",
            Pin::None => "none",
        }),
        "consent": match entry.consent {
            Consent::Unasked => "unasked",
            Consent::SwitchedOff => "switched-off",
            Consent::Approved => "approved",
            Consent::Asked => "asked",
        },
        "disabled": entry.disabled,
        "handed": seen.handed,
        "file": text(one.file.as_found()),
        "script_sha256": text(&seen.script),
        "code_from": one.code.as_str(),
    })
}

fn trust(report: &ScanReport, mut lock: Lock, wanted: &[String], all: bool, state_dir: &Path) -> Result<u8, Failure> {
    let named = |one: &&Started, word: &String| memory::id(one) == *word || one.entry.name.as_found() == word;
    for word in wanted {
        if !report.started.iter().any(|one| named(&one, word)) {
            return Err(Failure::new(format!(
                "nothing that starts by itself is `{}`; see caulk mcp ls",
                Untrusted::from(word.as_str())
            )));
        }
    }
    let chosen: Vec<&Started> =
        report.started.iter().filter(|one| all || wanted.iter().any(|word| named(one, word))).collect();
    if all {
        // What is gone is approved no longer; entries of other homes stay.
        let homes: Vec<String> = report.homes.iter().map(|home| home.to_string_lossy().into_owned()).collect();
        lock.entries.retain(|_, seen| !homes.iter().any(|home| Path::new(&seen.path).starts_with(home)));
    }
    for one in &chosen {
        lock.trust(one);
    }
    save(state_dir, &lock)?;
    out::print(format!("{} approved as they are now. A scan tells when one changes.\n", chosen.len()).as_bytes())?;
    Ok(Status::Clean.code())
}

fn diff(report: &ScanReport, lock: &Lock, args: &McpArgs) -> Result<u8, Failure> {
    let new: Vec<&Started> = report.started.iter().filter(|one| lock.changes(one).is_none()).collect();
    let changed: Vec<(&Started, Vec<Change>)> = report
        .started
        .iter()
        .filter_map(|one| lock.changes(one).map(|changes| (one, changes)))
        .filter(|(_, changes)| !changes.is_empty())
        .collect();
    let there: std::collections::BTreeSet<String> = report.started.iter().map(memory::id).collect();
    let homes: Vec<&PathBuf> = report.homes.iter().collect();
    let gone: Vec<_> = lock
        .entries
        .iter()
        .filter(|(id, seen)| !there.contains(*id) && homes.iter().any(|home| Path::new(&seen.path).starts_with(home)))
        .collect();
    if args.format == "json" {
        print_json(&json!({
            "new": new.iter().map(|one| entry_json(one, "new")).collect::<Vec<_>>(),
            "changed": changed.iter().map(|(one, changes)| json!({
                "entry": entry_json(one, "changed"),
                "changes": changes.iter().map(|c| json!({"what": c.what, "was": c.was, "is": c.is})).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "gone": gone.iter().map(|(id, seen)| json!({"id": id, "name": seen.name, "path": seen.path})).collect::<Vec<_>>(),
        }))?;
    } else {
        out::stdout(|out| {
            let text = |text: &str| Untrusted::from(text).to_string();
            for (one, changes) in &changed {
                writeln!(out, "changed  {}  {}  {}", memory::id(one), text(&one.entry.trigger), one.entry.name)?;
                for change in changes {
                    writeln!(out, "  {}: {}", change.what, text(&change.was))?;
                    writeln!(out, "  {:>1$}: {2}", "now", change.what.len(), text(&change.is))?;
                }
            }
            for one in &new {
                writeln!(
                    out,
                    "new      {}  {}  {}  {}",
                    memory::id(one),
                    text(&one.entry.trigger),
                    one.entry.name,
                    one.path
                )?;
            }
            for (id, seen) in &gone {
                writeln!(out, "gone     {id}  {}  {}  {}", text(&seen.trigger), text(&seen.name), text(&seen.path))?;
            }
            if changed.is_empty() && new.is_empty() && gone.is_empty() {
                writeln!(out, "Nothing changed since it was approved.")?;
            }
            Ok(())
        })?;
    }
    let same = changed.is_empty() && new.is_empty() && gone.is_empty();
    Ok(if same { Status::Clean } else { Status::Findings }.code())
}

fn print_json(value: &Value) -> Result<u8, Failure> {
    out::print(format!("{value:#}\n").as_bytes())?;
    Ok(Status::Clean.code())
}
