//! Which surface a path belongs to, and where each surface is to be looked for on one host.
//!
//! A path is placed by its end, so a dotfiles repository or a backup reads like a home. A walk asks
//! for every file it sees, so candidates are found by hashing one name of the path; only the few
//! patterns without a fixed name are tried on every file. Opens and lists nothing.

use super::roots::{Rooted, divide, expand};
use super::rule::Surface;
use super::tail::{Tail, divided, rooted};
use crate::host::{Host, Os};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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

/// Every surface's places, prepared for looking up.
pub struct PlaceIndex<'p> {
    surfaces: &'p [Surface],
    entries: Vec<Entry<'p>>,
    /// Hashes of lower-case names at each distance from the end, then of extensions, with their entries, sorted.
    hashed: Vec<(u32, u32)>,
    /// Entries without such a name.
    loose: Vec<u32>,
    /// What each surface must not take, in the order of `surfaces`; compiled when it is first asked for.
    except: Vec<OnceLock<Vec<Tail>>>,
}

/// What a hash is of, besides the distances from the end.
const EXTENSION: usize = HASHED;
/// The same, for the folder below which any file counts.
const FOLDER: usize = HASHED + 1;

impl<'p> PlaceIndex<'p> {
    /// Prepares the places of `surfaces`. Patterns compile when a path first comes near them: most of
    /// thousands never do.
    #[must_use]
    pub fn new(surfaces: &'p [Surface]) -> Self {
        let except = surfaces.iter().map(|_| OnceLock::new()).collect();
        let mut index = Self { surfaces, entries: Vec::new(), hashed: Vec::new(), loose: Vec::new(), except };
        for (number, surface) in surfaces.iter().enumerate() {
            // Most patterns are the same on all systems; each is there once.
            let mut tails: BTreeSet<(&str, &str, bool, bool)> = BTreeSet::new();
            for os in [Os::Linux, Os::Macos, Os::Windows] {
                for pattern in of_os(&surface.user, os) {
                    if let Some(Rooted::Home(below_home, _, rest)) = divide(pattern, os) {
                        let fold = any_case() || (os == Os::Windows && !surface.user.linux.contains(pattern));
                        tails.insert((below_home, rest, false, fold));
                        if let Some(folder) = in_flatpak(pattern, os) {
                            tails.insert((folder, rest, false, fold));
                        }
                    }
                }
                for pattern in of_os(&surface.system, os) {
                    tails.insert(("", pattern, true, any_case() || os == Os::Windows));
                }
            }
            for (folder, rest, anchored, fold) in tails {
                index.add(Entry {
                    surface,
                    number,
                    user: !anchored,
                    folder,
                    rest,
                    anchored,
                    fold,
                    tail: OnceLock::new(),
                });
            }
            for rest in surface.anywhere.iter() {
                let (folder, anchored, fold, tail) = ("", false, any_case(), OnceLock::new());
                index.add(Entry { surface, number, user: false, folder, rest, anchored, fold, tail });
            }
        }
        index.hashed.sort_unstable();
        index
    }

    fn add(&mut self, entry: Entry<'p>) {
        let number = self.entries.len() as u32;
        match entry.fixed_name() {
            Some((distance, name)) => self.hashed.push((hash(distance, name), number)),
            None => self.loose.push(number),
        }
        self.entries.push(entry);
    }

    /// The entries that have this name at this distance.
    fn named(&self, distance: usize, name: &[u8]) -> impl Iterator<Item = u32> {
        let wanted = hash(distance, name);
        let from = self.hashed.partition_point(|(hash, _)| *hash < wanted);
        self.hashed[from..].iter().take_while(move |(hash, _)| *hash == wanted).map(|(_, number)| *number)
    }

    fn is_excepted(&self, number: usize, parts: &[&[u8]]) -> bool {
        let compiled =
            || self.surfaces[number].except.iter().map(|glob| Tail::new("", glob, false, any_case())).collect();
        self.except[number].get_or_init(compiled).iter().any(|glob| glob.matches(parts, false).is_some())
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
        let mut consider = |number: u32| {
            let entry = &self.entries[number as usize];
            let tail = entry.tail();
            // More specific first, then the earlier surface.
            let order = |entry: &Entry<'_>| (entry.tail().rank, std::cmp::Reverse(entry.number));
            if best.is_some_and(|(other, _)| order(other) >= order(entry)) {
                return;
            }
            if let Some(start) = tail.matches(&parts, rooted(bytes))
                && !self.is_excepted(entry.number, &parts)
            {
                best = Some((entry, start));
            }
        };
        for (distance, name) in parts.iter().rev().take(HASHED).enumerate() {
            self.named(distance, name).for_each(&mut consider);
        }
        if let Some(extension) = parts.last().and_then(|name| extension(name)) {
            self.named(EXTENSION, extension).for_each(&mut consider);
        }
        for name in parts.iter().rev().skip(1) {
            self.named(FOLDER, name).for_each(&mut consider);
        }
        self.loose.iter().copied().for_each(&mut consider);
        let (entry, start) = best?;
        let home = home.map(|home| divided(home.as_os_str().as_encoded_bytes()));
        let at_home = home.is_some_and(|home| home.len() == start && parts.starts_with(&home));
        let level = match entry {
            Entry { anchored: true, .. } => Level::System,
            Entry { number, .. } if at_home && (entry.user || self.is_users_own(*number, &parts, start)) => Level::User,
            _ => Level::Project,
        };
        Some(Place { surface: entry.surface, level, parts: parts.len() - start })
    }

    /// Whether a user-level pattern of the surface begins at the same part: `.claude/settings.json`
    /// is one of both.
    fn is_users_own(&self, number: usize, parts: &[&[u8]], start: usize) -> bool {
        let own = |entry: &Entry<'_>| {
            entry.number == number && entry.user && entry.tail().matches(parts, false) == Some(start)
        };
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
    let moved = [
        ("{config}", ".var/app/*/config"),
        ("{data}", ".var/app/*/data"),
        ("{cache}", ".var/app/*/cache"),
        ("{state}", ".var/app/*/.local/state"),
    ];
    moved.iter().find(|(root, _)| os == Os::Linux && pattern.starts_with(root)).map(|(_, folder)| *folder)
}

/// A name, whatever its case, at a distance; two of them may have one hash, for all of a path is compared after.
fn hash(distance: usize, name: &[u8]) -> u32 {
    // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): names are short, and nobody gains by a collision.
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    name.iter().fold(step(0x811c_9dc5, distance as u8), |hash, byte| step(hash, byte.to_ascii_lowercase()))
}

/// What stands after the last dot of a name.
fn extension(name: &[u8]) -> Option<&[u8]> {
    memchr::memrchr(b'.', name).map(|dot| &name[dot + 1..]).filter(|extension| !extension.is_empty())
}

/// A pattern for the end of a path, with its surface.
struct Entry<'p> {
    surface: &'p Surface,
    /// The surface's place in the list.
    number: usize,
    /// Whether it is a user-level path, seen from the home.
    user: bool,
    /// What comes before `rest`: a root's place below a home.
    folder: &'p str,
    rest: &'p str,
    /// Whether it must begin at the root of the file system.
    anchored: bool,
    /// Whether case is ignored.
    fold: bool,
    /// Boxed, for most of thousands never compile.
    tail: OnceLock<Box<Tail>>,
}

impl<'p> Entry<'p> {
    fn tail(&self) -> &Tail {
        self.tail.get_or_init(|| Box::new(Tail::new(self.folder, self.rest, self.anchored, self.fold)))
    }

    /// A fixed name near the end and how far from it, or the fixed extension of the last.
    fn fixed_name(&self) -> Option<(usize, &'p [u8])> {
        let parts = |text: &'p str| text.rsplit('/').filter(|part| !part.is_empty());
        let near = || parts(self.rest).chain(parts(self.folder)).take(HASHED).take_while(|part| *part != "**");
        let fixed = near().enumerate().find(|(_, part)| !part.contains('*'));
        let fixed = fixed.map(|(distance, name)| (distance, name.as_bytes())).or_else(|| {
            let after = near().next()?.rsplit('*').next()?;
            Some((EXTENSION, extension(after.as_bytes())?))
        });
        fixed.or_else(|| {
            let above = parts(self.rest).chain(parts(self.folder)).find(|part| *part != "**")?;
            let below = self.rest.ends_with("**") && !above.contains('*');
            below.then_some((FOLDER, above.as_bytes()))
        })
    }
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
