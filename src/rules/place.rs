//! Which surface a path belongs to, and where each surface is to be looked for on one host.
//!
//! A path is placed by its end, so a dotfiles repository or a backup reads like a home. A walk asks
//! for every file it sees, so candidates are found by hashing one name of the path; only the few
//! patterns without a fixed name are tried on every file. Opens and lists nothing.

use super::roots::{Rooted, divide, expand};
use super::rule::Surface;
use super::wildcard::Wildcard;
use crate::host::{Host, Os};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Whose decision a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The machine's: `/etc` and its like.
    System,
    /// The user's own.
    User,
    /// A project's, so possibly somebody else's.
    Project,
}

/// A path's surface, and how it was told.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// The surface.
    pub surface: &'p Surface,
    /// Whose decision the file is.
    pub level: Level,
    /// How many parts at the end of the path told the surface: 2 for `.vscode/settings.json`.
    pub parts: usize,
}

impl Place<'_> {
    /// The folder the surface is named from: for `app/.vscode/settings.json` it is `app`, which is
    /// the project's folder where the surface marks one.
    #[must_use]
    pub fn folder<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        path.ancestors().nth(self.parts)
    }
}

/// A place where a surface is to be looked for.
#[derive(Debug, Clone)]
pub enum Known<'p> {
    /// Exactly this file.
    File {
        /// The file; it may be absent.
        path: PathBuf,
        /// Its surface.
        surface: &'p Surface,
        /// Its level: system or user.
        level: Level,
    },
    /// Files in or below this folder; [`PlaceIndex::place`] tells which.
    Folder {
        /// The deepest folder that has a fixed name; it may be absent.
        path: PathBuf,
        /// What must follow, with wildcards: `*/state.vscdb`.
        rest: String,
        /// The surface.
        surface: &'p Surface,
        /// Its level.
        level: Level,
    },
}

impl Known<'_> {
    /// The file or folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } | Self::Folder { path, .. } => path,
        }
    }
}

/// How far from the end a fixed name may stand to be hashed.
const HASHED: usize = 3;
/// Names longer than this are never hashed.
const NAME: usize = 96;

/// Every surface's places, prepared for looking up.
pub struct PlaceIndex<'p> {
    surfaces: &'p [Surface],
    entries: Vec<Entry<'p>>,
    /// Entries by a lower-case name at each distance from the end.
    named: [HashMap<Vec<u8>, Vec<u32>>; HASHED],
    /// Entries without such a name.
    loose: Vec<u32>,
    /// What each surface must not take, in the order of `surfaces`.
    except: Vec<Vec<Tail>>,
}

impl<'p> PlaceIndex<'p> {
    /// Prepares the places of `surfaces`.
    #[must_use]
    pub fn new(surfaces: &'p [Surface]) -> Self {
        let mut index =
            Self { surfaces, entries: Vec::new(), named: Default::default(), loose: Vec::new(), except: Vec::new() };
        for (number, surface) in surfaces.iter().enumerate() {
            index.except.push(surface.except.iter().map(|glob| Tail::new(glob, false, any_case())).collect());
            // Most patterns are the same on all systems; each is compiled once.
            let mut tails: BTreeSet<(String, bool, bool)> = BTreeSet::new();
            for os in [Os::Linux, Os::Macos, Os::Windows] {
                for pattern in of_os(&surface.user, os) {
                    if let Some(Rooted::Home(below_home, _, rest)) = divide(pattern, os) {
                        let fold = any_case() || (os == Os::Windows && !surface.user.linux.contains(pattern));
                        tails.insert((format!("{below_home}/{rest}"), false, fold));
                        if let Some(folder) = in_flatpak(pattern, os) {
                            tails.insert((format!(".var/app/*/{folder}/{rest}"), false, fold));
                        }
                    }
                }
                for pattern in of_os(&surface.system, os) {
                    tails.insert((pattern.to_string(), true, any_case() || os == Os::Windows));
                }
            }
            for (pattern, anchored, fold) in tails {
                let tail = Tail::new(&pattern, anchored, fold);
                index.add(Entry { surface, number, user: !anchored, tail });
            }
            for glob in surface.anywhere.iter() {
                let tail = Tail::new(glob, false, any_case());
                index.add(Entry { surface, number, user: false, tail });
            }
        }
        index
    }

    fn add(&mut self, entry: Entry<'p>) {
        let list = match entry.tail.fixed_name() {
            Some((distance, name)) => self.named[distance].entry(name.to_ascii_lowercase()).or_default(),
            None => &mut self.loose,
        };
        list.push(self.entries.len() as u32);
        self.entries.push(entry);
    }

    /// The surface of `path`, told by its end; `None` for files of no surface.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<&'p Surface> {
        self.place(path, None).map(|place| place.surface)
    }

    /// The surface of `path`, and whose decision it is: user level only directly below `home`.
    ///
    /// The most specific pattern wins: more parts, then more fixed bytes, then the earlier surface.
    #[must_use]
    pub fn place(&self, path: &Path, home: Option<&Path>) -> Option<Place<'p>> {
        let bytes = path.as_os_str().as_encoded_bytes();
        let parts = divided(bytes);
        let mut best: Option<(&Entry<'p>, usize)> = None;
        let mut consider = |list: &[u32]| {
            for &i in list {
                let entry = &self.entries[i as usize];
                if best.is_some_and(|(other, _)| other.tail.rank >= entry.tail.rank) {
                    continue;
                }
                if let Some(start) = entry.tail.matches(&parts, rooted(bytes))
                    && !self.except[entry.number].iter().any(|glob| glob.matches(&parts, false).is_some())
                {
                    best = Some((entry, start));
                }
            }
        };
        let mut lower = [0; NAME];
        for (named, name) in self.named.iter().zip(parts.iter().rev()) {
            if let Some(lower) = lower.get_mut(..name.len()) {
                lower.copy_from_slice(name);
                lower.make_ascii_lowercase();
                consider(named.get(&*lower).map_or(&[], Vec::as_slice));
            }
        }
        consider(&self.loose);
        let (entry, start) = best?;
        let home = home.map(|home| divided(home.as_os_str().as_encoded_bytes()));
        let at_home = home.is_some_and(|home| home.len() == start && parts.starts_with(&home));
        let level = match entry {
            Entry { tail: Tail { anchored: true, .. }, .. } => Level::System,
            Entry { number, .. } if at_home && (entry.user || self.is_users_own(*number, &parts, start)) => Level::User,
            _ => Level::Project,
        };
        Some(Place { surface: entry.surface, level, parts: parts.len() - start })
    }

    /// Whether a user-level pattern of the surface begins at the same part: `.claude/settings.json`
    /// is one of both.
    fn is_users_own(&self, number: usize, parts: &[&[u8]], start: usize) -> bool {
        let own =
            |entry: &Entry<'_>| entry.number == number && entry.user && entry.tail.matches(parts, false) == Some(start);
        self.entries.iter().any(own)
    }

    /// Where to look on this host, in the order of the surfaces, each place once.
    ///
    /// `overrides` takes environment variables that move files into account, and the system level;
    /// it is false when another folder is audited as a home.
    #[must_use]
    pub fn known(&self, host: &Host, home: &Path, overrides: bool) -> Vec<Known<'p>> {
        let mut found: Vec<Known<'p>> = Vec::new();
        for surface in self.surfaces {
            let first = found.len();
            for (patterns, level) in [(&surface.system, Level::System), (&surface.user, Level::User)] {
                for pattern in of_os(patterns, host.os) {
                    for path in expand(pattern, host, home, overrides) {
                        let place = if pattern.contains('*') {
                            literal_part(&path, surface, level)
                        } else {
                            Known::File { path, surface, level }
                        };
                        let same =
                            |other: &Known<'_>| other.path() == place.path() && rest_of(other) == rest_of(&place);
                        if !found[first..].iter().any(same) {
                            found.push(place);
                        }
                    }
                }
            }
        }
        found
    }
}

/// The folder that stands for a pattern's root in the home of a Flatpak application.
fn in_flatpak(pattern: &str, os: Os) -> Option<&'static str> {
    let moved = [("{config}", "config"), ("{data}", "data"), ("{cache}", "cache"), ("{state}", ".local/state")];
    moved.iter().find(|(root, _)| os == Os::Linux && pattern.starts_with(root)).map(|(_, folder)| *folder)
}

/// A pattern for the end of a path, with its surface.
struct Entry<'p> {
    surface: &'p Surface,
    /// The surface's place in the list.
    number: usize,
    /// Whether it is a user-level path, seen from the home.
    user: bool,
    tail: Tail,
}

/// A pattern for the end of a path, or for all of it.
struct Tail {
    /// Runs of parts between `**`, outermost first.
    runs: Box<[Box<[Wildcard]>]>,
    /// Whether it must begin at the root of the file system.
    anchored: bool,
    /// Whether case is ignored; the pattern is then in lower case.
    fold: bool,
    /// Parts, then fixed bytes; longer is more specific.
    rank: (usize, usize),
}

impl Tail {
    fn new(pattern: &str, anchored: bool, fold: bool) -> Self {
        let pattern = if fold { pattern.to_ascii_lowercase() } else { pattern.to_owned() };
        let mut runs = vec![Vec::new()];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            match runs.last_mut() {
                Some(run) if part != "**" => run.push(Wildcard::new(part, str::to_owned)),
                _ => runs.push(Vec::new()),
            }
        }
        // A folder is no file: what ends in `**` means every file below.
        if let Some(run) = runs.last_mut().filter(|run| run.is_empty()) {
            run.push(Wildcard::new("*", str::to_owned));
        }
        let runs: Box<[Box<[Wildcard]>]> = runs.into_iter().map(Vec::into_boxed_slice).collect();
        let all = || runs.iter().flatten();
        let rank = (all().count(), all().map(Wildcard::fixed).sum());
        Self { runs, anchored, fold, rank }
    }

    /// A fixed name near the end, and how far from it.
    fn fixed_name(&self) -> Option<(usize, &[u8])> {
        let last = self.runs.last()?.iter().rev().take(HASHED).enumerate();
        last.filter_map(|(i, part)| Some((i, part.literal()?))).find(|(_, name)| name.len() <= NAME)
    }

    /// The index of the first part it takes, when the end of `parts` fits.
    ///
    /// Runs are placed from the end, each as late as it fits; that loses nothing, since only an
    /// anchored pattern is bound to the start, and there the first run is compared at the start.
    fn matches(&self, parts: &[&[u8]], rooted: bool) -> Option<usize> {
        if self.anchored && !rooted {
            return None;
        }
        let (last, others) = self.runs.split_last()?;
        let mut end = parts.len().checked_sub(last.len())?;
        if !self.fits(last, &parts[end..]) {
            return None;
        }
        for (i, run) in others.iter().enumerate().rev() {
            let before = &parts[..end];
            end = if self.anchored && i == 0 {
                (run.len() <= end && self.fits(run, &before[..run.len()])).then_some(0)?
            } else if run.is_empty() {
                end
            } else {
                before.windows(run.len()).rposition(|window| self.fits(run, window))?
            };
        }
        (!self.anchored || end == 0).then_some(end)
    }

    fn fits(&self, run: &[Wildcard], parts: &[&[u8]]) -> bool {
        run.iter().zip(parts).all(|(wildcard, part)| {
            if self.fold { wildcard.matches(&part.to_ascii_lowercase()) } else { wildcard.matches(part) }
        })
    }
}

/// The parts of a path, outermost first. Bytes, so that names that are not UTF-8 stay what they are.
fn divided(path: &[u8]) -> Vec<&[u8]> {
    let separator = |byte: &u8| *byte == b'/' || (cfg!(windows) && *byte == b'\\');
    // `\\?\` begins a verbatim path on Windows.
    let verbatim = |part: &[u8]| cfg!(windows) && part == b"?";
    path.split(separator).filter(|part| !part.is_empty() && *part != b"." && !verbatim(part)).collect()
}

/// Whether a path begins at the root of a file system.
fn rooted(path: &[u8]) -> bool {
    matches!(path, [b'/' | b'\\', ..] | [_, b':', b'/' | b'\\', ..])
}

/// Whether this system's files are found whatever the case of their names.
const fn any_case() -> bool {
    cfg!(any(windows, target_os = "macos"))
}

fn of_os(paths: &super::rule::PathSet, os: Os) -> &[super::rule::Str] {
    match os {
        Os::Linux => &paths.linux,
        Os::Macos => &paths.macos,
        Os::Windows => &paths.windows,
    }
}

/// The deepest folder before the first wildcard.
fn literal_part<'p>(path: &Path, surface: &'p Surface, level: Level) -> Known<'p> {
    let starred = |part: &std::ffi::OsStr| part.as_encoded_bytes().contains(&b'*');
    let mut folder = PathBuf::new();
    let mut rest = Vec::new();
    for part in path {
        if rest.is_empty() && !starred(part) {
            folder.push(part);
        } else {
            rest.push(part.to_string_lossy());
        }
    }
    Known::Folder { path: folder, rest: rest.join("/"), surface, level }
}

fn rest_of<'a>(known: &'a Known<'_>) -> &'a str {
    match known {
        Known::File { .. } => "",
        Known::Folder { rest, .. } => rest,
    }
}
