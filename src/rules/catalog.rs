//! Packages and extensions known to be bad, by exact name and version: the lists that ship, and those a user adds.
//!
//! A list of ten thousand must cost a scan nothing it would feel, so an added one is kept as the text it is and looked
//! up by hash; nothing is made of an entry until it is met. Knows no file: what is here is told by `components`.

use super::name_hash::name_hash;
use super::rule::{List, Str};
use crate::model::{Ecosystem, Severity};
use sha2::{Digest as _, Sha256};

/// Entries that are taken of all added lists together.
const MOST: usize = 2_000_000;
/// How an added list begins, see [`CatalogSet::add`].
pub const HEAD: &str = "caulk-catalog 1";

/// A list: which attack it tells of.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Stable id.
    pub id: Str,
    /// What a sentence calls the attack.
    pub title: Str,
    /// Day of the attack or of the list.
    pub date: Str,
    /// The campaign it belongs to; empty: none with a file of its own.
    pub campaign: Str,
    /// Severity of one that is installed.
    pub severity: Severity,
    /// Whether the versions are not malicious, but have a hole that attacks go through.
    pub weakness: bool,
    /// Sources.
    pub references: List<Str>,
}

/// Where the entries of a text are: hash of ecosystem and name, where the entry's line begins, and the list it belongs
/// to; sorted.
pub type Index = [(u64, u32, u32)];

/// The lists that ship, made by the build script: text without a pointer in it, of which a scan that meets no package
/// touches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped {
    /// The lists.
    pub catalogs: &'static [Catalog],
    /// Entries as [`CatalogSet::add`] has them, a line each.
    pub text: &'static str,
    /// Where they are.
    pub index: &'static Index,
}

/// A list somebody added, as text.
struct Added {
    text: String,
    catalogs: Vec<Catalog>,
    index: Vec<(u64, u32, u32)>,
}

/// Everything that is known to be bad.
#[derive(Default)]
pub struct CatalogSet {
    shipped: Shipped,
    added: Vec<Added>,
    /// SHA-256 of each added list, in hex.
    digests: Vec<String>,
}

/// Why a package is known to be bad.
#[derive(Debug, Clone, Copy)]
pub struct Known<'c> {
    /// The list that says so.
    pub catalog: &'c Catalog,
    /// The record of that list, where it names one: `MAL-2026-1`.
    pub record: &'c str,
}

/// Why a list was refused: the line, from 1.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CatalogError {
    /// A line is not an entry.
    #[error("line {0}: not an entry of a catalog")]
    Line(usize),
    /// It does not begin as a catalog does.
    #[error("not a catalog")]
    Head,
    /// More entries than are taken.
    #[error("more than {MOST} entries")]
    TooMany,
}

impl CatalogSet {
    /// The lists that ship.
    #[must_use]
    pub fn new(shipped: Shipped) -> Self {
        Self { shipped, added: Vec::new(), digests: Vec::new() }
    }

    /// Adds a list. Its first line is [`HEAD`]; a line that begins with `#` and a tab tells of the list the lines after
    /// it belong to (id, title, date, campaign, severity, source, a tab between); every other one is ecosystem, name,
    /// versions with a blank between, and record, a tab between.
    pub fn add(&mut self, text: String) -> Result<usize, CatalogError> {
        let mut catalogs: Vec<Catalog> = Vec::new();
        let mut index = Vec::new();
        let mut at = 0;
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
        for (number, end) in ends.enumerate() {
            let (start, line) = (at, &text[at.min(end)..end]);
            at = end + 1;
            let bad = CatalogError::Line(number + 1);
            match number {
                0 if line.trim_end() == HEAD => {}
                0 => return Err(CatalogError::Head),
                _ if line.is_empty() => {}
                _ if line.starts_with("#\t") => catalogs.push(catalog_of(line).ok_or(bad)?),
                _ => {
                    let list = catalogs.len().checked_sub(1).ok_or(CatalogError::Line(number + 1))? as u32;
                    let (ecosystem, rest) = line.split_once('\t').ok_or(CatalogError::Line(number + 1))?;
                    let (name, rest) = rest.split_once('\t').ok_or(CatalogError::Line(number + 1))?;
                    if name.is_empty() || rest.starts_with('\t') || rest.is_empty() {
                        return Err(bad);
                    }
                    let start = u32::try_from(start).map_err(|_| CatalogError::TooMany)?;
                    index.push((name_hash(ecosystem, name), start, list));
                }
            }
        }
        if index.len() + self.added.iter().map(|added| added.index.len()).sum::<usize>() > MOST {
            return Err(CatalogError::TooMany);
        }
        index.sort_unstable();
        let entries = index.len();
        self.digests.push(data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes())));
        self.added.push(Added { text, catalogs, index });
        Ok(entries)
    }

    /// Digests of the lists that were added, in order.
    #[must_use]
    pub fn digests(&self) -> &[String] {
        &self.digests
    }

    /// How many packages are listed, an entry each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shipped.index.len() + self.added.iter().map(|added| added.index.len()).sum::<usize>()
    }

    /// Whether nothing is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every list.
    pub fn catalogs(&self) -> impl Iterator<Item = &Catalog> {
        self.shipped.catalogs.iter().chain(self.added.iter().flat_map(|added| &added.catalogs))
    }

    /// What is known of exactly this version, worst first among equals in order of the lists.
    #[must_use]
    pub fn find(&self, ecosystem: Ecosystem, name: &str, version: &str) -> Option<Known<'_>> {
        let canonical = ecosystem.canonical(name);
        let wanted = Wanted { hash: name_hash(ecosystem.as_str(), &canonical), ecosystem, name: &canonical, version };
        let shipped = find(&wanted, self.shipped.text, self.shipped.index, self.shipped.catalogs);
        let added = self.added.iter().filter_map(|added| find(&wanted, &added.text, &added.index, &added.catalogs));
        // `max_by_key` gives the last of equals: what ships comes first, and stays.
        added.fold(shipped, |best, one| match best {
            Some(best) if best.catalog.severity >= one.catalog.severity => Some(best),
            _ => Some(one),
        })
    }
}

/// A version of a package that is looked up.
struct Wanted<'w> {
    hash: u64,
    ecosystem: Ecosystem,
    name: &'w str,
    version: &'w str,
}

/// What a text knows of it, worst first.
fn find<'c>(wanted: &Wanted<'_>, text: &'c str, index: &Index, catalogs: &'c [Catalog]) -> Option<Known<'c>> {
    let from = index.partition_point(|(hash, ..)| *hash < wanted.hash);
    let same = index[from..].iter().take_while(|(hash, ..)| *hash == wanted.hash);
    same.filter_map(|(_, start, list)| {
        let record = wanted.record(text.get(*start as usize..)?)?;
        Some(Known { catalog: catalogs.get(*list as usize)?, record })
    })
    .max_by_key(|known| known.catalog.severity)
}

impl Wanted<'_> {
    /// The record of the entry that `text` begins with, if it is of this package and version.
    fn record<'t>(&self, text: &'t str) -> Option<&'t str> {
        let line = text.split('\n').next()?;
        let mut fields = line.split('\t');
        let same = fields.next()? == self.ecosystem.as_str()
            && fields.next()? == self.name
            && holds(fields.next()?, self.version);
        same.then(|| fields.next().unwrap_or("").trim_end())
    }
}

/// Whether a list of versions has this one. A registry's own placeholder for a package that it took down is clean.
fn holds(versions: &str, version: &str) -> bool {
    let plain = |version: &str| version.trim_start_matches(['v', '=']).to_owned();
    let wanted = plain(version);
    versions.split(' ').any(|listed| match listed {
        "*" => !wanted.ends_with("-security") && !wanted.contains("-security."),
        listed => plain(listed) == wanted,
    })
}

fn catalog_of(line: &str) -> Option<Catalog> {
    let mut fields = line.trim_end().split('\t').skip(1).map(|field| Str::Owned(field.to_owned()));
    let mut next = || fields.next();
    let (id, title, date, campaign) = (next()?, next()?, next()?, next()?);
    let severity = next()?.parse().ok()?;
    let references = next().into_iter().filter(|source| !source.is_empty()).collect::<Vec<_>>();
    Some(Catalog { id, title, date, campaign, severity, weakness: false, references: List::Owned(references) })
}
