//! Which files may be a stealer's mark, and whether one is: by name, by digest, by what it says, by its neighbours.
//!
//! A walk asks for every name it sees, so a name is hashed and looked up before anything else; only a file whose whole
//! path fits is ever read. Opens nothing itself.

use super::campaign::{Artifact, Campaign};
use super::field_path::FieldPath;
use super::roots::{Rooted, divide};
use super::tail::{Tail, divided, rooted};
use super::wildcard::Wildcard;
use crate::host::Os;
use crate::model::Limits;
use crate::read;
use regex::bytes::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

/// Bytes a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;
/// Folders that an audit prunes and whose own files are looked at all the same.
const PEEKED: [&str; 2] = ["site-packages", "dist-packages"];

/// Every mark of every campaign, prepared for looking up.
pub struct Marks<'p> {
    all: Vec<Mark<'p>>,
    /// Hashes of lower-case last names, with their ends of paths, sorted.
    named: Vec<(u32, u32)>,
    /// Ends of paths whose last name has a star.
    starred: Vec<u32>,
    ends: Vec<End>,
}

/// One mark.
pub struct Mark<'p> {
    /// Whose it is.
    pub campaign: &'p Campaign,
    /// What it is.
    pub artifact: &'p Artifact,
    conditions: OnceLock<Option<Conditions>>,
}

/// An end of a path that a mark has.
struct End {
    mark: u32,
    /// The last name.
    name: Wildcard,
    tail: Tail,
}

/// What a file must say; compiled when the first comes near.
struct Conditions {
    lines: Vec<Regex>,
    fields: Vec<(FieldPath, Regex)>,
}

/// That a file fits, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    /// The bytes that tell, where some do.
    pub span: Option<Range<usize>>,
}

impl<'p> Marks<'p> {
    /// Prepares the marks of `campaigns`.
    #[must_use]
    pub fn new(campaigns: impl IntoIterator<Item = &'p Campaign>) -> Self {
        let mut marks = Self { all: Vec::new(), named: Vec::new(), starred: Vec::new(), ends: Vec::new() };
        for campaign in campaigns {
            for artifact in campaign.artifacts.iter() {
                marks.add(campaign, artifact);
            }
        }
        marks.named.sort_unstable();
        marks
    }

    fn add(&mut self, campaign: &'p Campaign, artifact: &'p Artifact) {
        let mark = self.all.len() as u32;
        self.all.push(Mark { campaign, artifact, conditions: OnceLock::new() });
        let mut ends: BTreeSet<(&str, &str)> = artifact.anywhere.iter().map(|end| ("", &**end)).collect();
        for os in [Os::Linux, Os::Macos, Os::Windows] {
            if let Some(Rooted::Home(folder, _, rest)) = divide(&artifact.path, os) {
                ends.insert((folder, rest));
            }
        }
        for (folder, rest) in ends {
            let parts = || folder.split('/').chain(rest.split('/')).filter(|part| !part.is_empty());
            // One name alone, away from its place, says nothing.
            if parts().count() < 2 && !artifact.is_read() && artifact.beside.is_empty() {
                continue;
            }
            let Some(name) = parts().next_back() else { continue };
            let number = self.ends.len() as u32;
            let lower = name.to_ascii_lowercase();
            if name.contains('*') {
                self.starred.push(number);
            } else {
                self.named.push((hash(lower.as_bytes()), number));
            }
            let tail = Tail::new(folder, rest, false, cfg!(any(windows, target_os = "macos")));
            self.ends.push(End { mark, name: Wildcard::new(&lower, str::to_owned), tail });
        }
    }

    /// Whether a file of this name may be a mark, wherever it lies. Asked for every name of a walk.
    #[must_use]
    pub fn is_named(&self, name: &OsStr) -> bool {
        self.ends_named(name.as_encoded_bytes()).next().is_some()
    }

    fn ends_named<'a>(&'a self, name: &[u8]) -> impl Iterator<Item = &'a End> + use<'a> {
        let lower = name.to_ascii_lowercase();
        let wanted = hash(&lower);
        let from = self.named.partition_point(|(hash, _)| *hash < wanted);
        let named = self.named[from..].iter().take_while(move |(hash, _)| *hash == wanted).map(|(_, end)| end);
        let fits = move |end: &&End| end.name.matches(&lower);
        named.chain(&self.starred).map(|end| &self.ends[*end as usize]).filter(fits)
    }

    /// The marks that `path` may be, by its end.
    #[must_use]
    pub fn of(&self, path: &Path) -> Vec<&Mark<'p>> {
        let Some(name) = path.file_name() else { return Vec::new() };
        let bytes = path.as_os_str().as_encoded_bytes();
        let parts = divided(bytes);
        let mut found: Vec<u32> = self
            .ends_named(name.as_encoded_bytes())
            .filter(|end| end.tail.matches(&parts, rooted(bytes)).is_some())
            .map(|end| end.mark)
            .collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|mark| &self.all[mark as usize]).collect()
    }

    /// Every mark, for those that lie at a known path.
    pub fn all(&self) -> impl Iterator<Item = &Mark<'p>> {
        self.all.iter()
    }
}

/// Whether the files right inside of a pruned folder are looked at for marks.
#[must_use]
pub fn is_peeked(folder: &OsStr) -> bool {
    PEEKED.iter().any(|name| folder == *name)
}

/// Whether `name` fits a part of a path with stars.
#[must_use]
pub fn name_fits(part: &str, name: &OsStr) -> bool {
    Wildcard::new(part, str::to_owned).matches(name.as_encoded_bytes())
}

impl Mark<'_> {
    /// Whether a file of this SHA-256, in hex, may be the mark.
    #[must_use]
    pub fn has_digest(&self, digest: &str) -> bool {
        self.artifact.sha256.iter().any(|known| *known == digest)
    }

    /// Whether a file that says this may be the mark.
    #[must_use]
    pub fn says(&self, content: &[u8], limits: &Limits) -> Option<Fit> {
        let conditions = self.conditions.get_or_init(|| Conditions::new(self.artifact)).as_ref()?;
        let mut span = None;
        for line in &conditions.lines {
            let found = line.find(content)?;
            span.get_or_insert(found.range());
        }
        if let Some(format) = self.artifact.format {
            let document = read::parse(format, content, limits);
            for (at, pattern) in &conditions.fields {
                let holds = |field: &&read::Field<'_>| at.matches(&field.path) && pattern.is_match(field.value.bytes());
                let field = document.fields.iter().find(holds)?;
                span = Some(field.span.clone());
            }
        }
        Some(Fit { span })
    }
}

impl Conditions {
    fn new(artifact: &Artifact) -> Option<Self> {
        let lines: Option<Vec<Regex>> = artifact.lines.iter().map(|line| compile(line).ok()).collect();
        let field =
            |field: &super::campaign::FieldMark| Some((FieldPath::new(&field.at), compile(&field.matches).ok()?));
        let fields: Option<Vec<_>> = artifact.fields.iter().map(field).collect();
        Some(Self { lines: lines?, fields: fields? })
    }
}

/// A pattern of a mark: bytes, each line for itself.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).multi_line(true).crlf(true).size_limit(PATTERN_BYTES).build()
}

/// What is wrong with the patterns of an artefact; `None` when all compile.
#[must_use]
pub fn problem(artifact: &Artifact) -> Option<String> {
    let patterns = artifact.lines.iter().chain(artifact.fields.iter().map(|field| &field.matches));
    patterns.into_iter().find_map(|pattern| match compile(pattern) {
        Err(_) => Some("a pattern does not compile".to_owned()),
        Ok(regex) if regex.is_match(b"") => Some("a pattern matches nothing at all".to_owned()),
        Ok(_) => None,
    })
}

fn hash(name: &[u8]) -> u32 {
    // FNV-1a, as for the places of surfaces: two names may have one hash, for the name is compared after.
    name.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
