//! `caulk fix`, in its order: scan, plan, show, ask, probe, act, look for what is left, tell.

use super::FixArgs;
use super::show;
use super::survey;
use super::workshop::Workshop;
use crate::cli::error::{Failure, Status, hint};
use crate::cli::{ask, hand, interrupt, out, progress};
use crate::model::{FixReport, Secret, StepState, Untrusted};
use crate::output;
use crate::remediate::{self, Acted, Bench, Planner, RemediationPlan, Sighted, Sightings, Sweep, guards};
use crate::scan::Progress;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Digits of an id that are enough to look it up.
const LEAST_DIGITS: usize = 6;

pub(super) fn run(args: &FixArgs) -> Result<u8, Failure> {
    if !args.yes && !args.dry_run && !ask::attended() {
        return Err(Failure::new(
            "nobody is here to say yes: use --yes, or --dry-run to see the plan; nothing was done",
        ));
    }
    let workshop = Workshop::open(args.home.as_deref())?;
    let detector = workshop.detector();
    let json = args.format == "json";
    let (mut vault, mut whole) = (None, true);
    if !args.dry_run && workshop.is_unfinished()? {
        let opened = workshop.vault(args.store, args.store_passphrase_file.as_deref())?;
        let entries = workshop.entries()?;
        whole = Workshop::recover(&workshop.bench(&detector, &opened, &entries))?;
        vault = Some(opened);
    }
    let sightings = survey::scan(args.home.as_deref(), !json)?;
    let chosen = chosen(&sightings, &args.ids)?;
    let entries = workshop.entries()?;
    let machine = &workshop.machine;
    let plan = if args.guards {
        guards::plan(&detector, machine, &sightings.findings)
    } else {
        let planner = Planner { detector: &detector, machine, entries: &entries, store: args.store.as_str() };
        planner.plan(&sightings.findings, &chosen)
    };
    let offers = if args.guards { guards::offers(machine) } else { Vec::new() };
    let telling = show::Telling { home: &machine.home, sightings: &sightings, guards: args.guards, offers };
    if args.dry_run {
        let report = plan.report();
        if !json {
            out::print(telling.plan(&detector, &plan).as_bytes())?;
        }
        return end(&report, json, whole);
    }
    if plan.transactions.is_empty() {
        let report = FixReport { dry_run: false, ..plan.report() };
        if !json {
            out::print(telling.nothing(&report).as_bytes())?;
        }
        return end(&report, json, whole);
    }
    if !args.yes {
        out::aside(&telling.plan(&detector, &plan));
        let question = question(&plan, args.store.as_str());
        if !ask::confirm(&question, "nobody is here to say yes; nothing was done")? {
            out::complain("nothing was done");
            return Ok(Status::Findings.code());
        }
    }
    // Until here nothing is begun, and a signal ends the program at once, at its question too.
    let live = Arc::new(Progress::default());
    let stop = interrupt::watch(&live);
    let vault = match vault {
        Some(vault) => vault,
        None => workshop.vault(args.store, args.store_passphrase_file.as_deref())?,
    };
    vault.probe(plan.largest()).map_err(hand::vault_failure)?;
    let bench = workshop.bench(&detector, &vault, &entries);
    let mut acted = remediate::act(&bench, plan, &|| live.stopped()).map_err(hand::vault_failure)?;
    residue(&bench, &mut acted, &live, !json);
    let sealed = acted.moved.iter().any(|moved| !moved.items.is_empty());
    let after = if sealed { survey::scan(args.home.as_deref(), false).ok() } else { None };
    telling.advise(&mut acted.report);
    if !json {
        out::print(telling.done(&acted.report, after.as_ref()).as_bytes())?;
    }
    let status = end(&acted.report, json, whole)?;
    Ok(stop.status().unwrap_or(status))
}

/// What is asked before anything is done.
fn question(plan: &RemediationPlan, store: &str) -> String {
    match plan.counts() {
        (secrets, 0) => format!("Move {} to the {store}?", show::count(secrets, "secret")),
        (0, mends) => format!("Make {}?", show::count(mends, "change")),
        (secrets, mends) => {
            format!(
                "Move {} to the {store}, and make {}?",
                show::count(secrets, "secret"),
                show::count(mends, "change")
            )
        }
    }
}

/// Writes the report for programs, and gives the exit status. `whole`: nothing is left half done by an
/// earlier run.
pub(super) fn end(report: &FixReport, json: bool, whole: bool) -> Result<u8, Failure> {
    if json {
        out::stdout(|out| output::fix_json(report, out))?;
    }
    Ok(if report.is_clean() && whole { Status::Clean.code() } else { Status::Findings.code() })
}

/// The findings that were named; without names, every credential that is worth moving and all that can be mended.
fn chosen<'s>(sightings: &'s Sightings, ids: &[String]) -> Result<Vec<&'s Sighted>, Failure> {
    if ids.is_empty() {
        // What is public by design, and published samples, are told of and left alone.
        let worth = |s: &&Sighted| s.severity != "info" && (s.credential || s.automatic);
        return Ok(sightings.findings.iter().filter(worth).collect());
    }
    let mut chosen: Vec<&Sighted> = Vec::new();
    for id in ids {
        let digits = id.to_ascii_lowercase();
        let whole = sightings.findings.iter().find(|s| s.id.as_str() == digits);
        let begin = |s: &&Sighted| digits.len() >= LEAST_DIGITS && s.id.as_str().starts_with(&digits);
        let fits: Vec<&Sighted> = match whole {
            Some(one) => vec![one],
            None => sightings.findings.iter().filter(begin).collect(),
        };
        match fits[..] {
            [one] => chosen.push(one),
            [] => {
                let known = sightings.findings.iter().map(|s| s.id.as_str());
                let hint = hint(&digits, known);
                return Err(Failure::new(format!(
                    "no finding {}{hint}; caulk scan lists them",
                    Untrusted::from(id.as_str())
                )));
            }
            _ => return Err(Failure::new(format!("{} findings begin with {digits}: give more digits", fits.len()))),
        }
    }
    chosen.dedup_by(|a, b| a.id == b.id);
    Ok(chosen)
}

/// Looks for the moved secrets in every other file of the home, and notes where they still lie.
fn residue(bench: &Bench<'_>, acted: &mut Acted, live: &Arc<Progress>, shows: bool) {
    let mut owners = Vec::new();
    let mut secrets: Vec<Secret> = Vec::new();
    for (owner, moved) in acted.moved.iter().enumerate() {
        for secret in moved.items.iter().flat_map(remediate::sought) {
            owners.push(owner);
            secrets.push(secret);
        }
    }
    if secrets.is_empty() {
        return;
    }
    let sweep = Sweep::new(&secrets);
    let swept = progress::during(shows, live, || {
        sweep.below(&bench.machine.home, &|_| false, &|| {
            live.files_read.fetch_add(1, Ordering::Relaxed);
            !live.stopped()
        })
    });
    for (owner, found) in owners.iter().zip(&swept.found) {
        let Some(moved) = acted.moved.get(*owner) else { continue };
        for index in &moved.steps {
            let Some(step) = acted.report.steps.get_mut(*index).filter(|step| step.state == StepState::Done) else {
                continue;
            };
            let paths = found.iter().map(|path| Untrusted::from_bytes(path.as_os_str().as_encoded_bytes()));
            step.residue.extend(paths);
            step.residue.sort_unstable();
            step.residue.dedup();
        }
    }
}
