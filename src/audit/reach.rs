//! How an entry runs: who is asked, who can change its code, and what keeps it from the user's files.

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

pub(super) fn runs(level: Level, entry: &AutorunEntry) -> Runs {
    let code = code_from(level, entry);
    let confined_by = entry.launch.as_ref().filter(|launch| is_confined(launch)).map(|_| "container");
    Runs { consent: entry.consent, code, confined_by, in_project: level == Level::Project }
}

/// Whether a container is started that is handed no folder of the user's, no socket and no rights of the machine.
fn is_confined(launch: &Launch) -> bool {
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
