//! The first paragraph: what all this comes to, in a few sentences.

use super::group::Group;
use super::numbers::{clip, count, enumerate};
use super::place::Paths;
use crate::model::{Category, ScanReport, Untrusted};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds named before the rest is summed up.
const KINDS: usize = 5;

/// What was found in sentences, worst thing first; never empty.
pub(in crate::output) fn found(report: &ScanReport, paths: &Paths, groups: &[Group<'_>]) -> Vec<String> {
    let urgent = |category| groups.iter().filter(move |g| g.head.category == category && !g.is_minor());
    let mut sentences = Vec::new();
    let signs = urgent(Category::Compromise).count();
    if signs > 0 {
        sentences.push("Signs of a known attack are on this machine; look at those first.".to_owned());
    }
    let secrets: Vec<_> = urgent(Category::Credential).collect();
    let starting = programs(urgent(Category::AutoExec));
    if let Some(sentence) = reach(report, paths, &secrets, starting) {
        sentences.push(sentence);
    }
    if let Some(sentence) = campaign(report, &secrets) {
        sentences.push(sentence);
    }
    let others: Vec<_> = [
        (urgent(Category::Posture).count(), "setting", "lowers a guard", "lower a guard"),
        (urgent(Category::Injection).count(), "text", "steers an agent", "steer an agent"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, noun, one, many)| format!("{} {}", count(number, noun), if number == 1 { one } else { many }))
    .collect();
    if !others.is_empty() {
        sentences.push(format!("{}.", enumerate(&others)));
    }
    if sentences.is_empty() {
        sentences.push(format!("Nothing urgent: {} of low weight.", count(groups.len(), "finding")));
    }
    if !report.scan.complete {
        sentences.push("The look was not complete; see below.".to_owned());
    }
    sentences
}

/// Who could take what, and what starts by itself.
fn reach(report: &ScanReport, paths: &Paths, secrets: &[&Group<'_>], starting: usize) -> Option<String> {
    let starts = match starting {
        0 => None,
        1 => Some("1 program starts without being asked".to_owned()),
        n => Some(format!("{} start without being asked", count(n, "program"))),
    };
    let taken = taken(report, paths, secrets);
    match (taken, starts) {
        (None, None) => None,
        (None, Some(starts)) => Some(format!("{starts}.")),
        (Some(taken), None) => Some(format!("{taken}.")),
        (Some(taken), Some(starts)) => Some(format!("{taken}, and {starts}.")),
    }
}

fn taken(report: &ScanReport, paths: &Paths, secrets: &[&Group<'_>]) -> Option<String> {
    if secrets.is_empty() {
        return None;
    }
    let kinds = kinds(secrets);
    let list = if let [only] = kinds.as_slice() {
        only.clone()
    } else {
        format!("{}: {}", count(secrets.len(), "secret"), enumerate(&kinds))
    };
    let in_audit = report.scan.mode == "audit";
    let split = list.split_once(": ");
    Some(match (in_audit, split) {
        (true, None) => format!("A malicious install script{} could take {list} right now", running_as(report)),
        (true, Some((number, kinds))) => {
            format!("A malicious install script{} could take {number} right now: {kinds}", running_as(report))
        }
        (false, _) => {
            let verb = if secrets.len() == 1 { "lies" } else { "lie" };
            let (number, kinds) = split.map_or((list.as_str(), String::new()), |(n, k)| (n, format!(": {k}")));
            format!("{number} {verb} in the clear in {}{kinds}", place(report, paths))
        }
    })
}

fn running_as(report: &ScanReport) -> String {
    match report.host.users.as_slice() {
        [] => String::new(),
        [user] => format!(" running as {}", clip(user.as_found(), 64)),
        users => format!(" running as one of these {} users", users.len()),
    }
}

fn place(report: &ScanReport, paths: &Paths) -> String {
    match (report.scan.mode, report.scan.roots.as_slice()) {
        ("stdin", _) => "standard input".to_owned(),
        (_, [root]) => clip(&paths.short(root), 160),
        (_, roots) => count(roots.len(), "place"),
    }
}

/// `3 GitHub tokens`, most first; the rest summed up.
fn kinds(secrets: &[&Group<'_>]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for group in secrets {
        *counts.entry(group.label()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest: usize = counts.iter().skip(KINDS).map(|(_, number)| number).sum();
    // One more kind takes no more room than "1 other".
    let shown = if counts.len() == KINDS + 1 { KINDS + 1 } else { KINDS };
    let mut kinds: Vec<_> = counts.iter().take(shown).map(|(label, number)| count(*number, label)).collect();
    if counts.len() > shown {
        kinds.push(count(rest, "other"));
    }
    kinds
}

fn programs<'a>(groups: impl Iterator<Item = &'a Group<'a>>) -> usize {
    let mut programs = BTreeSet::new();
    for group in groups {
        let evidence = group.head.evidence.as_ref();
        let what = evidence.and_then(|e| e.server.as_ref().or(e.command.as_ref()));
        let what = what.or(group.head.location.field.as_ref()).map_or(group.head.id.as_str(), Untrusted::as_found);
        programs.insert((group.head.location.path.as_found(), what));
    }
    programs.len()
}

/// The campaign that takes most of them.
fn campaign(report: &ScanReport, secrets: &[&Group<'_>]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for group in secrets {
        for campaign in group.campaigns() {
            *counts.entry(campaign).or_default() += 1;
        }
    }
    let (campaign, number) = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)))?;
    let campaign = report.campaigns.get(campaign).map_or(campaign, String::as_str);
    Some(match (number, secrets.len()) {
        (1, 1) => format!("{campaign} would have taken it."),
        (all, total) if all == total => format!("{campaign} would have taken all of these."),
        (some, _) => format!("{campaign} would have taken {some} of these."),
    })
}

/// What to say when there is no finding: clean, nothing there, and could not look are three things.
pub(in crate::output) fn nothing(report: &ScanReport) -> String {
    let read = report.coverage.files_read + report.coverage.cache_hits;
    let missed = report.errors.iter().filter(|error| !error.incidental).count();
    let looked = match report.host.users.as_slice() {
        [user] if report.scan.mode == "audit" => {
            format!("looked through {} as {}", count(read, "file"), clip(user.as_found(), 64))
        }
        _ if report.scan.mode == "stdin" => "read standard input".to_owned(),
        _ => format!("looked through {}", count(read, "file")),
    };
    if !report.scan.complete && read == 0 && report.scan.mode != "stdin" {
        "caulk could not look: nothing could be read. This is not a clean result.".to_owned()
    } else if !report.scan.complete && missed > 0 {
        let verb = if missed == 1 { "was" } else { "were" };
        let missed = count(missed, "place");
        format!("Nothing was found, but the look was not complete: caulk {looked}, and {missed} {verb} out of reach.")
    } else if !report.scan.complete {
        format!("Nothing was found, but the look was not complete: caulk {looked} and stopped before the end.")
    } else if read == 0 && report.scan.mode != "stdin" {
        "There was nothing to read.".to_owned()
    } else {
        format!("All clear: caulk {looked} and found no secret in the clear and nothing that starts unasked.")
    }
}
