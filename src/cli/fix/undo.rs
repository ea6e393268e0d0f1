//! `caulk undo`: runs are listed, or taken back, the last one first.

use super::UndoArgs;
use super::mend::end;
use super::show::count;
use super::workshop::Workshop;
use crate::cli::error::{Failure, Status};
use crate::cli::{ask, hand, interrupt, out};
use crate::host::Host;
use crate::model::{FixReport, StepState, Untrusted};
use crate::remediate::{self, RunFacts, Trouble};
use crate::scan::Progress;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &UndoArgs) -> Result<u8, Failure> {
    let json = args.format == "json";
    if args.list {
        return list(args, json);
    }
    if !args.yes && !ask::attended() {
        return Err(Failure::new("nobody is here to say yes: use --yes; nothing was done"));
    }
    let workshop = Workshop::open(args.home.as_deref())?;
    let detector = workshop.detector();
    let unfinished = workshop.is_unfinished()?;
    let (known, seen) = known(&workshop.state, args.home.as_deref());
    let chosen = chosen(&known, args, unfinished)?;
    let nothing = FixReport::default();
    if chosen.is_empty() && !unfinished {
        if !json {
            out::print(b"Nothing to take back.\n")?;
        }
        return end(&nothing, json, seen);
    }
    if !args.yes {
        out::aside(&planned(&workshop, &chosen)?);
        let secrets = chosen.is_empty() || chosen.iter().any(|run| run.secrets > 0);
        let question = if secrets { "Put these back in the clear?" } else { "Put these back as they were?" };
        if !ask::confirm(question, "nobody is here to say yes; nothing was done")? {
            out::complain("nothing was done");
            return Ok(Status::Findings.code());
        }
    }
    let live = Arc::new(Progress::default());
    let stop = interrupt::watch(&live);
    let entries = workshop.entries()?;
    let store = chosen.first().map_or_else(Default::default, |run| run.store);
    let vault = workshop.vault(store, args.store_passphrase_file.as_deref())?;
    let bench = workshop.bench(&detector, &vault, &entries);
    let whole = Workshop::recover(&bench)?;
    let mut report = FixReport::default();
    let mut waiting = Vec::new();
    for run in &chosen {
        let other = if run.store == store {
            None
        } else {
            Some(workshop.vault(run.store, args.store_passphrase_file.as_deref())?)
        };
        let mut bench = other.as_ref().map_or(bench, |vault| workshop.bench(&detector, vault, &entries));
        let elsewhere = if run.home == workshop.machine.home { None } else { Some(workshop.machine_of(&run.home)?) };
        if let Some(machine) = &elsewhere {
            bench.machine = machine;
        }
        let undone =
            remediate::undo(&bench, &run.run, &mut waiting, &|| live.stopped()).map_err(|trouble| match trouble {
                Trouble::File(error) => Failure::new(error.to_string()),
                Trouble::Vault(error) => hand::vault_failure(error),
            })?;
        if report.run.is_empty() {
            report.run = undone.run;
        }
        report.steps.extend(undone.steps);
    }
    if !json {
        out::print(told(&report).as_bytes())?;
    }
    // The last thing a run leaves is the key of its sealed copies, and a keychain may fail just then.
    let left = workshop.is_unfinished()?;
    if left && report.is_clean() {
        out::complain("something of caulk's is still in the keychain: run caulk undo once more to remove it");
    }
    let status = end(&report, json, whole && seen && !left)?;
    Ok(stop.status().unwrap_or(status))
}

/// Runs that can be read, oldest first, and whether that is all; one that cannot is said.
fn known(state: &Path, home: Option<&Path>) -> (Vec<RunFacts>, bool) {
    let (mut runs, mut seen) = (Vec::new(), true);
    for run in remediate::runs(state) {
        match run {
            Ok(run) => runs.push(run),
            Err(error) => {
                out::complain(&error.to_string());
                seen = false;
            }
        }
    }
    if let Some(home) = home.and_then(|home| home.canonicalize().ok()) {
        runs.retain(|run| run.home == home);
    }
    (runs, seen)
}

/// The runs to take back, the last one first.
fn chosen(known: &[RunFacts], args: &UndoArgs, unfinished: bool) -> Result<Vec<RunFacts>, Failure> {
    let mut standing = known.iter().rev().filter(|run| run.standing > 0 || run.unfinished).cloned();
    if args.all {
        return Ok(standing.collect());
    }
    let Some(name) = &args.run else {
        // What was cut short is ended first; then the last run that stands is the one to take back.
        return Ok(if unfinished { standing.next() } else { standing.find(|run| run.standing > 0) }
            .into_iter()
            .collect());
    };
    let Some(run) = known.iter().find(|run| run.run == *name) else {
        return Err(Failure::new(format!("no run {}; caulk undo --list shows them", Untrusted::from(name.as_str()))));
    };
    Ok(if run.standing > 0 || run.unfinished { vec![run.clone()] } else { Vec::new() })
}

fn planned(workshop: &Workshop, chosen: &[RunFacts]) -> Result<String, Failure> {
    let mut text = String::new();
    for run in chosen {
        let plan = remediate::plan_undo(&workshop.state, &run.run).map_err(|e| Failure::new(e.to_string()))?;
        let _ = writeln!(text, "Run {}, {}:", run.run, what(run));
        for step in &plan.steps {
            let _ = writeln!(text, "   {} ({})", Untrusted::from(step.title.as_str()), step.path);
        }
    }
    Ok(text)
}

/// What of a run stands.
fn what(run: &RunFacts) -> String {
    let sealed = (run.secrets > 0).then(|| format!("{} sealed", count(run.secrets, "secret")));
    let mends = run.standing - run.secrets;
    let mended = (mends > 0).then(|| format!("{} made", count(mends, "change")));
    sealed.into_iter().chain(mended).collect::<Vec<_>>().join(", ")
}

fn told(report: &FixReport) -> String {
    let mut text = String::new();
    let done = report.steps.iter().filter(|step| step.state == StepState::Done);
    for step in done.clone() {
        let _ = writeln!(text, "Put back: {} ({})", Untrusted::from(step.title.as_str()), step.path);
        if let Some(next) = &step.next {
            let _ = writeln!(text, "   {}", Untrusted::from(next.as_str()));
        }
    }
    for step in report.steps.iter().filter(|step| step.state != StepState::Done) {
        let _ = writeln!(text, "Not put back: {} ({})", Untrusted::from(step.title.as_str()), step.path);
        if let Some(reason) = &step.reason {
            let _ = writeln!(text, "   {}", Untrusted::from(reason.as_str()));
        }
    }
    if done.clone().any(|step| step.vault_name.is_some()) {
        text.push_str("These files hold their secrets in the clear again.\n");
    } else if report.steps.is_empty() {
        text.push_str("Nothing to take back.\n");
    }
    text
}

fn list(args: &UndoArgs, json: bool) -> Result<u8, Failure> {
    let host = Host::current();
    let (runs, seen) = known(&host.dirs().state, args.home.as_deref());
    if json {
        let list: Vec<serde_json::Value> = runs
            .iter()
            .map(|run| {
                serde_json::json!({
                    "run": run.run, "started_at": run.started_at, "home": run.home.to_string_lossy(),
                    "store": run.store.as_str(), "standing": run.standing, "undone": run.undone,
                    "unfinished": run.unfinished,
                })
            })
            .collect();
        let text = serde_json::json!({ "schema_version": 1, "runs": list }).to_string();
        out::print(format!("{text}\n").as_bytes())?;
        return Ok(if seen { Status::Clean.code() } else { Status::Findings.code() });
    }
    if runs.is_empty() {
        out::print(b"No run of caulk fix yet.\n")?;
    }
    let mut text = String::new();
    for run in runs.iter().rev() {
        let state = match (run.unfinished, run.standing, run.undone) {
            (true, ..) => "cut short; caulk fix or caulk undo ends it".to_owned(),
            (_, 0, _) => "taken back".to_owned(),
            (.., 0) => what(run),
            (.., undone) => format!("{}, {undone} taken back", what(run)),
        };
        let home = Untrusted::from_bytes(run.home.as_os_str().as_encoded_bytes());
        let _ = writeln!(text, "{}  {state}  {home}", run.run);
    }
    out::print(text.as_bytes())?;
    Ok(if seen { Status::Clean.code() } else { Status::Findings.code() })
}
