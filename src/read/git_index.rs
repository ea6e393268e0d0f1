//! Which files a git repository tracks, read from its `.git/index` without running git.
//!
//! A credential in a tracked file is in every clone, one in a staged file in the next commit. Stat data
//! and the extensions are stepped over, and finding the repository and its index is the caller's
//! business. Format: git's `gitformat-index(5)`, versions 2, 3 and 4.

use super::Problem;

/// Bytes of one path: far more than any platform's `PATH_MAX`, which bounds what git can check out.
const PATH_BYTES: usize = 64 << 10;

/// Stat data before an entry's object name: times, device, inode, mode, owner, group, size.
const STAT_BYTES: usize = 40;

/// Where the mode stands in the stat data.
const MODE_AT: usize = 24;

/// Where the stage of a merge conflict stands in the flags.
const STAGE_AT: u32 = 12;

/// In the second flags: the file will be added, its content is not there yet (`git add -N`).
const INTENT_TO_ADD: u16 = 0x2000;

/// In an entry's flags: two more bytes of flags follow (version 3 and later).
const EXTENDED: u16 = 0x4000;

/// The paths of an index.
///
/// Paths are kept as 64-bit FNV-1a hashes: 8 bytes a file however long its path, and paths of
/// version 4, written as differences, hash at the cost of the difference. Two paths with one hash
/// would make an untracked file count as tracked, never the other way round: one chance in 10^13
/// for a million files. Choosing such a path on purpose gains nothing, as whoever writes the
/// index can list the path itself.
pub struct Index {
    /// Sorted hashes of the files.
    files: Vec<u64>,
    /// Sorted hashes of the folders that a sparse index collapses, with their final slash.
    folders: Vec<u64>,
    /// Whether entries lie elsewhere, or in an extension that is not understood.
    partial: bool,
    problem: Option<Problem>,
}

impl Index {
    /// Whether `path` is tracked: relative to the work tree, `/` between its parts, byte for byte
    /// as git writes it. `false` means nothing when [`Index::incomplete`].
    #[must_use]
    pub fn tracks(&self, path: &[u8]) -> bool {
        let mut hash = PathHash::EMPTY;
        for &byte in path {
            hash = hash.then(byte);
            if byte == b'/' && self.folders.binary_search(&hash.0).is_ok() {
                return true;
            }
        }
        self.files.binary_search(&hash.0).is_ok()
    }

    /// Whether there may be more tracked files than this knows of: a split index keeps most of its
    /// entries in another file (the `link` extension), or the index is damaged.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.partial || self.problem.is_some()
    }

    /// Where the index is damaged; the entries before that place are known.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// How many entries are known; a path in a merge conflict is one entry.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len() + self.folders.len()
    }

    /// Whether no entry is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads an index. `sha256`: whether the repository's config says `extensions.objectformat = sha256`;
/// the file itself does not tell. Its checksum is not verified (git may leave it out).
///
/// Fails only when the header is not that of an index of version 2, 3 or 4. An index that is cut
/// or damaged further on gives its first entries and is [`Index::incomplete`].
pub fn parse(bytes: &[u8], sha256: bool) -> Result<Index, Problem> {
    let mut index = Index { files: Vec::new(), folders: Vec::new(), partial: false, problem: None };
    let end = walk(bytes, sha256, &mut |entry, hash| match entry.sort {
        Sort::Folder => index.folders.push(hash.0),
        Sort::File | Sort::Link | Sort::Repository => index.files.push(hash.0),
    })?;
    (index.partial, index.problem) = (end.partial, end.problem);
    for hashes in [&mut index.files, &mut index.folders] {
        hashes.sort_unstable();
        hashes.dedup();
    }
    Ok(index)
}

/// One entry of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Relative to the work tree, `/` between its parts; as hostile as the index.
    pub path: &'a [u8],
    /// What it stands for.
    pub sort: Sort,
    /// The name of its object, 20 or 32 bytes.
    pub object: &'a [u8],
    /// 0; in a merge conflict 1 to 3: base, ours, theirs.
    pub stage: u8,
    /// Whether its content is still to come (`git add -N`).
    pub intent_to_add: bool,
}

/// How the reading of an index ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Whether entries lie elsewhere, or in an extension that is not understood.
    pub partial: bool,
    /// Where the index is damaged; the entries before that place were given.
    pub problem: Option<Problem>,
}

/// Gives each entry of an index to `visit`, in the index's order. As [`parse`] otherwise.
pub fn entries(bytes: &[u8], sha256: bool, visit: &mut dyn FnMut(&Entry<'_>)) -> Result<End, Problem> {
    walk(bytes, sha256, &mut |entry, _| visit(entry))
}

fn walk(bytes: &[u8], sha256: bool, visit: &mut dyn FnMut(&Entry<'_>, PathHash)) -> Result<End, Problem> {
    let defect = |what, offset| Problem { what, offset, bound: false };
    let mut reader = Reader { bytes, at: 0 };
    if reader.take(4) != Some(b"DIRC".as_slice()) {
        return Err(defect("not a git index", 0));
    }
    let (Some(version), Some(count)) = (reader.number(), reader.number()) else {
        return Err(defect("unexpected end", bytes.len()));
    };
    if !(2..=4).contains(&version) {
        return Err(defect("unknown version of the git index", 4));
    }
    let name_bytes = if sha256 { 32 } else { 20 };
    let mut entries = Entries { version, name_bytes, path: Vec::new(), text: Vec::new() };
    let mut end = End { partial: false, problem: None };
    for _ in 0..count {
        let start = reader.at;
        match entries.read(&mut reader) {
            Ok((Some(path), entry)) => visit(&entry, path),
            // Only a split index has entries without a path: they replace entries of the shared one.
            Ok((None, _)) => end.partial = true,
            Err((what, bound)) => {
                end.problem = Some(Problem { what, offset: start, bound });
                return Ok(end);
            }
        }
    }
    match bytes.len().checked_sub(name_bytes) {
        Some(stop) if stop >= reader.at => {
            reader.bytes = &bytes[..stop];
            end.partial |= has_foreign_entries(&mut reader);
        }
        _ => end.problem = Some(defect("unexpected end", bytes.len())),
    }
    Ok(end)
}

/// Whether an extension says that the entries are not all here: `link` (split index), or one that
/// must be understood (no capital first) and is not `sdir` (sparse index), which is; or whether what
/// should be extensions is not, as in an index read with the wrong size of object names.
fn has_foreign_entries(reader: &mut Reader<'_>) -> bool {
    while reader.at < reader.bytes.len() {
        let signature = reader.take(4).unwrap_or_default();
        let optional = signature.first().is_some_and(u8::is_ascii_uppercase);
        let whole = reader.number().is_some_and(|length| reader.take(length as usize).is_some());
        if !whole || !(optional || signature == b"sdir") {
            return true;
        }
    }
    false
}

/// The state of FNV-1a, which is its result: so the hash of a path's beginning is ready for any end.
#[derive(Clone, Copy)]
struct PathHash(u64);

impl PathHash {
    const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    fn then(self, byte: u8) -> Self {
        Self((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }
}

/// What an entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A commit of another repository: a submodule.
    Repository,
    /// A folder of a sparse index, with all that is below it.
    Folder,
}

/// Why an entry cannot be read, and whether that is a bound of ours.
type Defect = (&'static str, bool);

/// Reads entry after entry; version 4 writes a path as its difference from the one before.
struct Entries {
    version: u32,
    name_bytes: usize,
    /// The last path's hash after each of its bytes.
    path: Vec<PathHash>,
    /// The last path.
    text: Vec<u8>,
}

impl Entries {
    /// The next entry, and the hash of its path, if it has one.
    fn read<'s, 'a: 's>(&'s mut self, reader: &mut Reader<'a>) -> Result<(Option<PathHash>, Entry<'s>), Defect> {
        const END: Defect = ("unexpected end", false);
        let start = reader.at;
        let stat = reader.take(STAT_BYTES).ok_or(END)?;
        // The four bits of a mode's type; the half above them is always 0.
        let sort = match stat[MODE_AT..MODE_AT + 4] {
            [0, 0, high, _] if high >> 4 == 0o10 => Sort::File,
            [0, 0, high, _] if high >> 4 == 0o12 => Sort::Link,
            [0, 0, high, _] if high >> 4 == 0o16 => Sort::Repository,
            [0, 0, high, _] if high >> 4 == 0o04 => Sort::Folder,
            _ => return Err(("not an entry of a git index", false)),
        };
        let object = reader.take(self.name_bytes).ok_or(END)?;
        let flags = reader.short().ok_or(END)?;
        let mut more = 0;
        if flags & EXTENDED != 0 {
            if self.version < 3 {
                return Err(("not an entry of a git index", false));
            }
            more = reader.short().ok_or(END)?;
        }
        let kept = if self.version == 4 {
            let dropped = reader.varint().ok_or(END)?;
            self.path.len().checked_sub(dropped).ok_or(("path shorter than none", false))?
        } else {
            0
        };
        let added = reader.until_nul().ok_or(END)?;
        if kept + added.len() > PATH_BYTES {
            return Err(("path longer than the limit", true));
        }
        self.path.truncate(kept);
        self.text.truncate(kept);
        self.text.extend_from_slice(added);
        for &byte in added {
            let before = self.path.last().copied().unwrap_or(PathHash::EMPTY);
            self.path.push(before.then(byte));
        }
        if self.version < 4 {
            // One to eight NULs make an entry's length a multiple of eight; the first is read already.
            reader.take((reader.at - start).wrapping_neg() & 7).ok_or(END)?;
        }
        let stage = ((flags >> STAGE_AT) & 3) as u8;
        let intent_to_add = more & INTENT_TO_ADD != 0;
        Ok((self.path.last().copied(), Entry { path: &self.text, sort, object, stage, intent_to_add }))
    }
}

/// A position in bytes that may end anywhere.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..length)?;
        self.at += length;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes)
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes)
    }

    /// What stands before the next NUL; goes past the NUL.
    fn until_nul(&mut self) -> Option<&'a [u8]> {
        let length = memchr::memchr(0, self.bytes.get(self.at..)?)?;
        let taken = self.take(length)?;
        self.at += 1;
        Some(taken)
    }

    /// A number in git's offset encoding: seven bits a byte, high ones first, one added at each
    /// continuation so that no number has two forms.
    fn varint(&mut self) -> Option<usize> {
        let mut byte = *self.take(1)?.first()?;
        let mut number = usize::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = *self.take(1)?.first()?;
            number = number.checked_add(1)?.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        }
        Some(number)
    }
}
