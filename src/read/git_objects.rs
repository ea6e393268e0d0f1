//! The objects of a git repository, through gitoxide's object store; packs, deltas and alternates are its business.
//!
//! What a file of the repository may do to the store is settled here first: nothing but regular files
//! is opened, sizes are asked for before anything is unpacked, and what was unpacked is held against
//! its name. Which objects are wanted is not known here.

use crate::host::list::{self, Kind};
use crate::host::open;
use crate::model::{Limits, Skip};
use gix_hash::{ObjectId, oid};
use gix_object::{CommitRefIter, Find as _, Kind as Sort, TreeRefIter};
use gix_odb::Header as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Folders of objects that one repository draws on.
const FOLDERS: usize = 64;
/// Bytes of a list of alternates.
const ALTERNATES_BYTES: usize = 256 << 10;
/// Room for what a loose object says of itself before its content.
const HEADER_BYTES: usize = 64;
/// Unpacking a delta holds its base, itself and the outcome at once.
const AT_ONCE: usize = 4;

const MISSING: Skip = Skip::Malformed("a git object that is missing");
const DAMAGED: Skip = Skip::Malformed("a damaged git object");
const UNLIKE: Skip = Skip::Malformed("a git object of another kind than its place says");

/// The objects of one repository.
pub struct Objects {
    store: gix_odb::Handle,
    names: gix_hash::Kind,
    limits: Limits,
}

impl Objects {
    /// Opens the store at `folder` (`.git/objects`).
    pub fn open(folder: &Path, sha256: bool, limits: &Limits) -> Result<Self, Skip> {
        folders(folder)?.iter().try_for_each(|folder| vet(folder))?;
        let names = if sha256 { gix_hash::Kind::Sha256 } else { gix_hash::Kind::Sha1 };
        let options = gix_odb::store::init::Options {
            // It names its packs itself, and the packs' own indices say the same.
            use_multi_pack_index: false,
            alloc_limit_bytes: Some(limits.git_object_bytes as usize * AT_ONCE),
            current_dir: Some(folder.to_owned()),
            ..gix_odb::store::init::Options::default()
        };
        let mut store = gix_odb::at_opts(folder, names, None, options).map_err(|error| Skip::Io(error.kind()))?;
        // Without this every missing object would make it list the packs again.
        store.refresh_never();
        Ok(Self { store, names, limits: *limits })
    }

    /// Reads a blob of up to `max` bytes into `buffer`.
    pub fn blob(&self, name: &[u8], max: u64, buffer: &mut Vec<u8>) -> Result<(), Skip> {
        self.read(self.id(name)?, Sort::Blob, max, buffer)
    }

    /// The tree of a commit.
    pub fn tree_of(&self, commit: &[u8]) -> Result<ObjectId, Skip> {
        let mut buffer = Vec::new();
        self.read(self.id(commit)?, Sort::Commit, u64::MAX, &mut buffer)?;
        CommitRefIter::from_bytes(&buffer, self.names).tree_id().map_err(|_| DAMAGED)
    }

    /// What stands in a tree, in order of names.
    pub fn tree(&self, id: &oid) -> Result<Vec<TreeEntry>, Skip> {
        if id.is_empty_tree() {
            return Ok(Vec::new());
        }
        let mut buffer = Vec::new();
        self.read(id, Sort::Tree, u64::MAX, &mut buffer)?;
        let entry = |entry: gix_object::tree::EntryRef<'_>| TreeEntry {
            name: entry.filename.to_vec(),
            folder: entry.mode.is_tree(),
            file: entry.mode.is_blob(),
            id: entry.oid.to_owned(),
        };
        let read: Result<Vec<_>, _> = TreeRefIter::from_bytes(&buffer, self.names).map(|e| e.map(entry)).collect();
        let mut entries = read.map_err(|_| DAMAGED)?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// As [`Objects::tree`], by the bytes of its name.
    pub fn tree_named(&self, name: &[u8]) -> Result<Vec<TreeEntry>, Skip> {
        self.tree(self.id(name)?)
    }

    fn id<'n>(&self, name: &'n [u8]) -> Result<&'n oid, Skip> {
        let id = oid::try_from_bytes(name).map_err(|_| DAMAGED)?;
        if id.kind() == self.names { Ok(id) } else { Err(DAMAGED) }
    }

    fn read(&self, id: &oid, kind: Sort, max: u64, buffer: &mut Vec<u8>) -> Result<(), Skip> {
        buffer.clear();
        if kind == Sort::Blob && id.is_empty_blob() {
            return Ok(());
        }
        let header = self.store.try_header(id).map_err(|_| DAMAGED)?.ok_or(MISSING)?;
        if header.kind() != kind {
            return Err(UNLIKE);
        }
        if header.size() > max {
            return Err(Skip::TooLarge);
        }
        if header.size() > self.limits.git_object_bytes {
            return Err(Skip::Bound("size of a git object"));
        }
        // A buffer that grows while it is filled would leave unwiped copies behind.
        buffer.reserve(header.size() as usize + HEADER_BYTES);
        let object = self.store.try_find(id, buffer).map_err(|_| DAMAGED)?.ok_or(MISSING)?;
        if object.kind != kind || object.verify_checksum(id).is_err() {
            return Err(DAMAGED);
        }
        // The store leaves its working room behind the object.
        let length = object.data.len();
        buffer.truncate(length);
        Ok(())
    }
}

/// One name in a tree.
pub struct TreeEntry {
    /// The name, without a separator.
    pub name: Vec<u8>,
    /// Whether it is a tree of its own.
    pub folder: bool,
    /// Whether it is a file, no link and no submodule.
    pub file: bool,
    /// Its object.
    pub id: ObjectId,
}

/// The folder itself and its alternates, all the way; each with a list that may be opened.
fn folders(first: &Path) -> Result<Vec<PathBuf>, Skip> {
    const TOO_MANY: Skip = Skip::Bound("alternates of a git repository");
    let mut folders = vec![first.to_owned()];
    let mut at = 0;
    while let Some(folder) = folders.get(at) {
        let mut list = Vec::new();
        let opened = open::open(&folder.join("info").join("alternates"));
        match opened.and_then(|mut file| file.read_up_to(&mut list, ALTERNATES_BYTES)) {
            Ok(outcome) if outcome.truncated => return Err(TOO_MANY),
            Ok(_) | Err(Skip::Io(ErrorKind::NotFound | ErrorKind::NotADirectory)) => {}
            Err(skip) => return Err(skip),
        }
        let named = gix_odb::alternate::parse(&list).map_err(|_| Skip::Malformed("alternates of a git repository"))?;
        for path in named {
            // As the store does: a relative one counts from the first folder.
            let path = first.join(path);
            if !folders.contains(&path) {
                folders.push(path);
            }
        }
        if folders.len() > FOLDERS {
            return Err(TOO_MANY);
        }
        at += 1;
    }
    Ok(folders)
}

/// Looks for what must not be opened. The store opens a loose object by its name, and one that is a
/// FIFO would hold the scan for ever; in packs it takes nothing but files itself.
fn vet(folder: &Path) -> Result<(), Skip> {
    for first in 0..=u8::MAX {
        let folder = folder.join(format!("{first:02x}"));
        let mut special = false;
        let listed = list::list(&folder, &mut |listed| {
            special |= match listed.kind {
                Kind::File | Kind::Dir => false,
                Kind::Symlink => folder.join(&listed.name).metadata().is_ok_and(|metadata| !metadata.is_file()),
                Kind::Other => true,
            };
        });
        match listed {
            _ if special => return Err(Skip::NotRegular("a git object")),
            Ok(()) | Err(Skip::Io(ErrorKind::NotFound)) => {}
            Err(skip) => return Err(skip),
        }
    }
    Ok(())
}

/// The tree of HEAD, looked up by paths in an index's order: each tree is read once.
pub struct Head<'o> {
    objects: &'o Objects,
    /// The trees from the root to where the last path was, each with the name it has in the one above.
    levels: Vec<(Vec<u8>, Level)>,
}

enum Level {
    Absent,
    Unread,
    Read(Vec<TreeEntry>),
}

/// What HEAD has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// This very object.
    Same,
    /// Another, or none.
    Other,
}

impl<'o> Head<'o> {
    /// `root`: the tree of HEAD's commit; `None`: there is no commit.
    pub fn new(objects: &'o Objects, root: Option<&oid>) -> Result<Self, Skip> {
        let level = root.map(|id| objects.tree(id).map(Level::Read)).transpose()?.unwrap_or(Level::Absent);
        Ok(Self { objects, levels: vec![(Vec::new(), level)] })
    }

    /// Whether HEAD has `object` at `path`. `unread` is told of each folder whose tree cannot be read; what is below it is as good as changed.
    pub fn has(&mut self, path: &[u8], object: &[u8], unread: &mut dyn FnMut(&[u8], Skip)) -> Committed {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        let (folder, name) = match memchr::memrchr(b'/', path) {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        let parts = || folder.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
        if parts().count() > self.objects.limits.folder_depth {
            return Committed::Other;
        }
        let known = self.levels[1..].iter().zip(parts()).take_while(|((name, _), part)| name == part).count();
        self.levels.truncate(known + 1);
        for part in parts().skip(known) {
            let level = match self.entry(part) {
                Some(entry) if entry.folder => {
                    let id = entry.id;
                    self.objects.tree(&id).map_or_else(
                        |skip| {
                            let above = self.levels[1..].iter().map(|(name, _)| name.as_slice());
                            unread(&above.chain([part]).collect::<Vec<_>>().join(&b'/'), skip);
                            Level::Unread
                        },
                        Level::Read,
                    )
                }
                _ if matches!(self.levels.last(), Some((_, Level::Unread))) => Level::Unread,
                _ => Level::Absent,
            };
            self.levels.push((part.to_vec(), level));
        }
        match self.entry(name) {
            Some(entry) if entry.id.as_bytes() == object => Committed::Same,
            _ => Committed::Other,
        }
    }

    fn entry(&self, name: &[u8]) -> Option<&TreeEntry> {
        let Some((_, Level::Read(entries))) = self.levels.last() else { return None };
        let at = entries.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok()?;
        entries.get(at)
    }
}
