//! How an entry runs: who is asked, who can change its code, and what keeps it from the user's files.

use super::other_user::runs_as;
use super::{Around, AuditCx};
use crate::model::{AutorunEntry, CodeFrom, Launch, Pin, Runs, Transport};
use crate::rules::place::Level;

/// Programs that start containers.
const CONTAINERS: [&str; 3] = ["docker", "podman", "nerdctl"];

/// Who can change what an entry of a file of that level runs, as far as the entry tells.
#[must_use]
pub fn code_from(level: Level, entry: &AutorunEntry) -> CodeFrom {
    match (&entry.launch, &entry.transport) {
        (Some(launch), _) => match launch.pin {
            Pin::None => CodeFrom::Anyone,
            Pin::Tag => CodeFrom::Tag,
            Pin::Exact => CodeFrom::Nobody,
            Pin::Local if level == Level::Project => CodeFrom::Repository,
            Pin::Local => CodeFrom::User,
        },
        (None, Transport::Remote(_)) => CodeFrom::Anyone,
        (None, _) if level == Level::Project => CodeFrom::Repository,
        (None, _) => CodeFrom::User,
    }
}

pub(super) fn runs(cx: &AuditCx<'_>, level: Level, entry: &AutorunEntry) -> Runs {
    let code = code_from(level, entry);
    Runs { consent: entry.consent, code, confined_by: confined_by(cx, entry), in_project: level == Level::Project }
}

/// What keeps an entry from the rest of what its user can read, the narrowest first.
fn confined_by(cx: &AuditCx<'_>, entry: &AutorunEntry) -> Option<&'static str> {
    let Around { user, in_flatpak, .. } = cx.around;
    if entry.launch.as_ref().is_some_and(is_contained) {
        return Some("container");
    }
    // Root reads all that the user reads.
    let other = runs_as(cx, entry).is_some_and(|name| name != "root" && name != "0" && name != user);
    if other {
        return Some("other-user");
    }
    (in_flatpak && entry.launch.is_some()).then_some("flatpak")
}

/// Whether a container is started that is handed no folder of the user's, no socket and no rights of the machine.
fn is_contained(launch: &Launch) -> bool {
    let program = launch.program.rsplit(['/', '\\']).next().unwrap_or(&launch.program);
    let opens = |word: &str| {
        let option = word.split('=').next().unwrap_or(word);
        matches!(
            option,
            "-v" | "--volume" | "--mount" | "--privileged" | "--pid" | "--cap-add" | "--device" | "--volumes-from"
        ) || word.starts_with("-v/")
            || word.contains("docker.sock")
    };
    CONTAINERS.contains(&program) && !launch.argv.iter().any(|word| opens(word.as_found()))
}
