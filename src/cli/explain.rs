//! `caulk explain`: a rule or a recipe in full, or a finding of a saved run with its place and next step.
//!
//! Everything of a saved run is text of the machine that was scanned and leaves through `Untrusted`.
//! When the run shows signs of a known stealer, the safe order comes before any advice to revoke.

use super::error::{Failure, Status, hint};
use super::{out, pack, runs};
use crate::host::Host;
use crate::model::Untrusted;
use crate::rules::RulePack;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

/// Digits of an id that are enough to look it up.
const LEAST_DIGITS: usize = 6;
/// Digits of an id that commands show.
const FIX_DIGITS: usize = 12;

/// Prints what is known of `subject`.
pub(super) fn run(host: &Host, pack: &RulePack, subject: &str) -> Result<u8, Failure> {
    if let Some(text) = pack::describe(pack, subject) {
        let warning = if latest_shows_compromise(host) { COMPROMISE } else { "" };
        out::print(format!("{warning}{}\n", text.trim_end()).as_bytes())?;
        return Ok(Status::Clean.code());
    }
    let looks_like_id = subject.len() >= LEAST_DIGITS && subject.bytes().all(|byte| byte.is_ascii_hexdigit());
    if looks_like_id {
        for path in runs::list(&runs::folder(&host.dirs().state)) {
            let Some(run) = runs::load(&path) else { continue };
            if let Some(finding) = find(&run, &subject.to_ascii_lowercase())? {
                let text = finding_text(&path, &run, finding, pack);
                out::print(text.as_bytes())?;
                return Ok(Status::Clean.code());
            }
        }
        return Err(Failure::new(format!("no saved run has a finding {subject}; run caulk scan first")));
    }
    let ids = pack::ids(pack);
    let hint = hint(subject, ids.iter().map(String::as_str));
    Err(Failure::new(format!("no rule `{}`{hint}; see caulk rules ls", Untrusted::from(subject))))
}

/// The finding of `run` whose id is `id` or, alone, begins with it.
fn find<'a>(run: &'a Value, id: &str) -> Result<Option<&'a Value>, Failure> {
    let listed = ["findings", "suppressed"].into_iter().filter_map(|list| run[list].as_array()).flatten();
    let fits: Vec<&Value> =
        listed.filter(|finding| finding["id"].as_str().is_some_and(|whole| whole.starts_with(id))).collect();
    match fits[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [first, ..] if first["id"] == id => Ok(Some(first)),
        _ => Err(Failure::new(format!("{} findings begin with {id}: give more digits", fits.len()))),
    }
}

fn finding_text(path: &Path, run: &Value, finding: &Value, pack: &RulePack) -> String {
    let mut text = String::new();
    if shows_compromise(run) {
        text.push_str(COMPROMISE);
    }
    let said = |value: &Value| value.as_str().map(|text| Untrusted::from(text).to_string());
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name:<12} {value}");
        }
    };
    line("finding", said(&finding["title"]));
    line("id", said(&finding["id"]));
    line("rule", said(&finding["rule"]));
    let scale = |name: &str| said(&finding[name]).unwrap_or_default();
    line("severity", Some(format!("{} (confidence {})", scale("severity"), scale("confidence"))));
    line("place", said(&finding["location"]["path"]).map(|path| place(&path, &finding["location"])));
    line("field", said(&finding["location"]["field"]));
    line("secret", said(&finding["secret"]["redacted"]));
    line(
        "seen in",
        said(&run["scan"]["started_at"]).map(|at| format!("the run of {at} ({})", super::settings::shown(path))),
    );
    for why in finding["evidence"]["why"].as_array().into_iter().flatten() {
        line("why", said(why));
    }
    let summary = said(&finding["fix"]["summary"]);
    if finding["fix"]["automatic"] == true {
        line("fix", summary.map(|summary| format!("automatic: {summary}")));
        let id = finding["id"].as_str().map(|id| id.get(..FIX_DIGITS).unwrap_or(id));
        line("next step", id.map(|id| format!("caulk fix {}", Untrusted::from(id))));
    } else {
        line("next step", summary);
    }
    line("recipe", said(&finding["fix"]["recipe"]).map(|id| format!("{id} (caulk explain {id})")));
    line("revoke", said(&finding["fix"]["rotate_url"]));
    if let Some(rule) = finding["rule"].as_str().and_then(|rule| pack::describe(pack, rule)) {
        let _ = write!(text, "\n{}\n", rule.trim_end());
    }
    text
}

/// `path:line:column`, as editors and compilers write it.
fn place(path: &str, location: &Value) -> String {
    match (location["line"].as_u64(), location["column"].as_u64()) {
        (Some(line), Some(column)) => format!("{path}:{line}:{column}"),
        _ => path.to_owned(),
    }
}

fn latest_shows_compromise(host: &Host) -> bool {
    let latest = runs::list(&runs::folder(&host.dirs().state)).into_iter().next();
    latest.and_then(|path| runs::load(&path)).is_some_and(|run| shows_compromise(&run))
}

fn shows_compromise(run: &Value) -> bool {
    run["findings"].as_array().into_iter().flatten().any(|finding| finding["category"] == "compromise")
}

const COMPROMISE: &str = "\
Warning: the last scan found signs of a known attack on this machine. Take them away first and revoke
or rotate only then: some stealers act when a stolen token stops working. `caulk scan` shows the order.

";
