//! Package managers wait a week before they install a release: most hijacked ones are found and taken back within
//! days. Each manager has its own word, unit and first version that knows it.

use super::{Guard, Making};
use crate::host::{Os, installed};
use crate::read::{Document, Role, Text};
use crate::remediate::edit::{Machine, Splice};

/// Where the setting stands in its file.
enum Spot {
    /// `key=value`, before any section.
    Line,
    /// `key = value` in a table of TOML.
    Table(&'static str),
    /// `key = value` at the top of a TOML file.
    Top,
}

/// One manager's gate.
struct Gate {
    id: &'static str,
    manager: &'static str,
    /// First version that knows it; none: an older one passes over it.
    from: Option<&'static [u64]>,
    /// First version that has a gate of its own.
    until: Option<&'static [u64]>,
    surface: &'static str,
    key: &'static str,
    value: &'static str,
    /// Settings beside which it must not stand, or that say the same.
    unless: &'static [&'static str],
    spot: Spot,
    next: &'static str,
}

/// Every manager whose gate is documented, in days, minutes, seconds and words.
const GATES: [Gate; 4] = [
    Gate {
        id: "guard-npm-age",
        manager: "npm",
        from: Some(&[11, 10]),
        until: None,
        surface: "npm.npmrc",
        key: "min-release-age",
        value: "7",
        unless: &["before"],
        spot: Spot::Line,
        next: "npm installs no release younger than a week; `--min-release-age=0` lets one command.",
    },
    Gate {
        id: "guard-pnpm-age",
        manager: "pnpm",
        from: Some(&[10, 16]),
        // From then on it waits a day by itself, and keeps its settings in another file.
        until: Some(&[11]),
        surface: "npm.npmrc",
        key: "minimum-release-age",
        value: "10080",
        unless: &[],
        spot: Spot::Line,
        next: "pnpm installs no release younger than a week.",
    },
    Gate {
        id: "guard-bun-age",
        manager: "bun",
        from: None,
        until: None,
        surface: "bun.config",
        key: "minimumReleaseAge",
        value: "604800",
        unless: &[],
        spot: Spot::Table("install"),
        next: "bun installs no release younger than a week, from bun 1.3 on; an older bun passes over it.",
    },
    Gate {
        id: "guard-uv-age",
        manager: "uv",
        // An older one takes a date only, and refuses the whole file.
        from: Some(&[0, 9, 17]),
        until: None,
        surface: "uv.config",
        key: "exclude-newer",
        value: "\"7 days\"",
        unless: &[],
        spot: Spot::Top,
        next: "uv installs no release younger than a week, where the index says when it came out.",
    },
];

/// Plans the gates of the managers that are here.
pub(super) fn plan(making: &mut Making<'_>, machine: &Machine) {
    for gate in GATES.iter().filter(|gate| knows(gate, machine)) {
        let guard = Guard {
            id: gate.id,
            title: format!("{} installs releases as soon as they come out", gate.manager),
            path: machine.home.join(file(gate, machine.os)),
            surface: gate.surface,
            next: gate.next.to_owned(),
        };
        making.add(guard, &|document| edit(gate, document), &|document| is_set(gate, document));
    }
}

/// What stops install scripts, which most packages that are compiled at the user's need.
pub(super) fn offers(machine: &Machine) -> Vec<&'static str> {
    let npm = machine.managers.iter().any(|(name, _)| name == "npm");
    npm.then_some(
        "npm runs the install scripts of packages. `ignore-scripts=true` in ~/.npmrc stops that; what is compiled on \
         this machine then needs `npm rebuild NAME`, and `npm run` leaves out scripts that are called pre and post.",
    )
    .into_iter()
    .collect()
}

/// Whether the manager is here, in a version that is known to understand the setting and needs it.
fn knows(gate: &Gate, machine: &Machine) -> bool {
    let Some((_, version)) = machine.managers.iter().find(|(name, _)| name == gate.manager) else { return false };
    let is = |least: Option<&[u64]>| {
        least.map(|least| version.as_deref().is_some_and(|version| installed::is_at_least(version, least)))
    };
    is(gate.from).unwrap_or(true) && !is(gate.until).unwrap_or(false)
}

/// The user's own file of settings.
fn file(gate: &Gate, os: Os) -> &'static str {
    match (gate.manager, os) {
        ("npm", _) => ".npmrc",
        ("pnpm", Os::Linux) => ".config/pnpm/rc",
        ("pnpm", Os::Macos) => "Library/Preferences/pnpm/rc",
        ("pnpm", Os::Windows) => "AppData/Local/pnpm/config/rc",
        ("uv", Os::Windows) => "AppData/Roaming/uv/uv.toml",
        ("uv", _) => ".config/uv/uv.toml",
        _ => ".bunfig.toml",
    }
}

/// Whether the user has decided already, whatever the number is.
fn is_set(gate: &Gate, document: &Document<'_>) -> bool {
    let path: &[&str] = match gate.spot {
        Spot::Table(table) => &[table, gate.key],
        Spot::Line | Spot::Top => &[gate.key],
    };
    document.fields.iter().filter(|field| field.role != Role::Comment).any(|field| {
        let keys: Vec<&[u8]> = field.path.iter().map(Text::bytes).collect();
        let whole = keys.len() >= path.len() && keys.iter().zip(path).all(|(key, wanted)| *key == wanted.as_bytes());
        whole || gate.unless.iter().any(|other| keys.last().is_some_and(|key| *key == other.as_bytes()))
    })
}

fn edit(gate: &Gate, document: &Document<'_>) -> Option<Vec<Splice>> {
    let source = document.source;
    let eol = if memchr::memmem::find(source, b"\r\n").is_some() { "\r\n" } else { "\n" };
    let start = if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let end = source.len();
    let break_before = if source.len() == start || source.ends_with(b"\n") { "" } else { eol };
    let lines = || {
        let mut at = start;
        source[start..].split_inclusive(|byte| *byte == b'\n').map(move |line| {
            at += line.len();
            (line.trim_ascii(), at)
        })
    };
    let one = |at: usize, text: String| Some(vec![Splice::new(at..at, text)]);
    match gate.spot {
        // What follows a section is in it.
        Spot::Line if lines().any(|(line, _)| line.starts_with(b"[")) => {
            one(start, format!("{}={}{eol}", gate.key, gate.value))
        }
        Spot::Line => one(end, format!("{break_before}{}={}{eol}", gate.key, gate.value)),
        Spot::Top => one(start, format!("{} = {}{eol}", gate.key, gate.value)),
        Spot::Table(table) => {
            let header = format!("[{table}]");
            let found = lines().find(|(line, _)| {
                line.strip_prefix(header.as_bytes())
                    .is_some_and(|rest| matches!(rest.trim_ascii_start(), [] | [b'#', ..]))
            });
            let setting = format!("{} = {}", gate.key, gate.value);
            match found {
                Some((_, at)) if source[..at].ends_with(b"\n") => one(at, format!("{setting}{eol}")),
                Some((_, at)) => one(at, format!("{eol}{setting}")),
                None => {
                    let apart = if end > start { eol } else { "" };
                    one(end, format!("{break_before}{apart}{header}{eol}{setting}{eol}"))
                }
            }
        }
    }
}
