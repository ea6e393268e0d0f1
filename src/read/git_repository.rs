//! Where a git repository keeps what a scan of its index needs. git is never run.
//!
//! Finds the work tree that a path lies in, the folders of its repository, its index and the commit
//! of HEAD. Objects are not read here. Of the repository's config one word is asked: how its objects
//! are named. No hook, filter, attribute or other setting has a say, and nothing of the environment.

use crate::host::open;
use crate::model::{Limits, Skip};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Bytes of a file that holds one line: `.git`, `commondir`, `HEAD`, a reference.
const LINE_BYTES: usize = 64 << 10;
/// Bytes of a repository's config.
const CONFIG_BYTES: usize = 1 << 20;
/// References that lead to references.
const LINKS: usize = 5;

/// A work tree and its repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Repository {
    /// The top of the work tree, links resolved.
    pub work_tree: PathBuf,
    /// What belongs to this work tree alone: HEAD and the index.
    git_dir: PathBuf,
    /// What all work trees of the repository share.
    common_dir: PathBuf,
}

/// Why there is no work tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoWorkTree {
    /// No repository above.
    #[error("not in a git work tree")]
    None,
    /// A repository, or the inside of one.
    #[error("a git repository without a work tree: nothing can be staged there")]
    Bare,
    /// The `.git` file leads to nothing.
    #[error("its .git file does not lead to a git repository")]
    Broken,
}

impl Repository {
    /// The work tree that holds `path`: the nearest one above, as git looks for it.
    pub fn find(path: &Path) -> Result<Self, NoWorkTree> {
        let path = path.canonicalize().map_err(|_| NoWorkTree::None)?;
        for folder in path.ancestors() {
            let git = folder.join(".git");
            match git.metadata() {
                Ok(metadata) if metadata.is_file() => {
                    let git_dir = pointed(&git, "gitdir:", folder).ok_or(NoWorkTree::Broken)?;
                    return Self::at(folder, git_dir).ok_or(NoWorkTree::Broken);
                }
                Ok(metadata) if metadata.is_dir() => {
                    if let Some(repository) = git.canonicalize().ok().and_then(|git| Self::at(folder, git)) {
                        return Ok(repository);
                    }
                }
                _ => {}
            }
            if is_repository(folder) {
                return Err(NoWorkTree::Bare);
            }
        }
        Err(NoWorkTree::None)
    }

    fn at(work_tree: &Path, git_dir: PathBuf) -> Option<Self> {
        let common = git_dir.join("commondir");
        let common_dir =
            if common.symlink_metadata().is_ok() { pointed(&common, "", &git_dir)? } else { git_dir.clone() };
        let whole = git_dir.join("HEAD").symlink_metadata().is_ok() && is_repository(&common_dir);
        whole.then(|| Self { work_tree: work_tree.to_owned(), git_dir, common_dir })
    }

    /// The folder of the objects.
    #[must_use]
    pub fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// The file of the index. `other`: the one that a running `git commit` has told its hooks to use
    /// (`GIT_INDEX_FILE`); it counts only where git makes it, beside the index itself.
    #[must_use]
    pub fn index_file(&self, other: Option<&Path>) -> PathBuf {
        let other = other.and_then(|other| self.work_tree.join(other).canonicalize().ok());
        other.filter(|other| other.parent() == Some(&self.git_dir)).unwrap_or_else(|| self.git_dir.join("index"))
    }

    /// Whether objects are named by SHA-256.
    pub fn sha256(&self) -> Result<bool, Skip> {
        let Some(config) = read(&self.common_dir.join("config"), CONFIG_BYTES)? else { return Ok(false) };
        let document = super::gitconfig::document(&config, &Limits::SHIPPED);
        Ok(document.fields.iter().any(|field| {
            let is = |at: usize, word: &str| {
                field.path.get(at).is_some_and(|text| text.bytes().eq_ignore_ascii_case(word.as_bytes()))
            };
            field.path.len() == 2
                && is(0, "extensions")
                && is(1, "objectformat")
                && field.value.bytes().eq_ignore_ascii_case(b"sha256")
        }))
    }

    /// The name of HEAD's commit; `None` where there is no commit yet.
    pub fn head(&self, limits: &Limits) -> Result<Option<Vec<u8>>, Skip> {
        const DAMAGED: Skip = Skip::Malformed("a damaged git reference");
        let mut text = read(&self.git_dir.join("HEAD"), LINE_BYTES)?.ok_or(DAMAGED)?;
        for _ in 0..LINKS {
            let line = text.trim_ascii();
            let Some(name) = line.strip_prefix(b"ref:") else { return object_name(line).map(Some).ok_or(DAMAGED) };
            let name = std::str::from_utf8(name.trim_ascii()).map_err(|_| DAMAGED)?.to_owned();
            if name == "refs/heads/.invalid" {
                return Err(Skip::Malformed("references in the reftable format, which is not read"));
            }
            let plain = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
            if !name.starts_with("refs/") || !plain {
                return Err(DAMAGED);
            }
            match read(&self.common_dir.join(&name), LINE_BYTES) {
                Ok(Some(loose)) => text = loose,
                // A folder of that name holds other references.
                Ok(None) | Err(Skip::NotRegular(_)) => return self.packed(&name, limits),
                Err(skip) => return Err(skip),
            }
        }
        Err(DAMAGED)
    }

    /// What `packed-refs` says of a reference.
    fn packed(&self, name: &str, limits: &Limits) -> Result<Option<Vec<u8>>, Skip> {
        let Some(packed) = read(&self.common_dir.join("packed-refs"), limits.git_index_bytes as usize)? else {
            return Ok(None);
        };
        let line = packed.split(|byte| *byte == b'\n').find_map(|line| {
            let (object, rest) = line.split_at_checked(line.iter().position(|byte| *byte == b' ')?)?;
            (rest[1..].trim_ascii_end() == name.as_bytes()).then_some(object)
        });
        line.map(|object| object_name(object).ok_or(Skip::Malformed("a damaged git reference"))).transpose()
    }
}

/// Whether `folder` has what makes a repository.
fn is_repository(folder: &Path) -> bool {
    folder.join("HEAD").symlink_metadata().is_ok() && folder.join("objects").is_dir() && folder.join("refs").is_dir()
}

/// The folder that the one line of `file` names, `base` for a relative one.
fn pointed(file: &Path, before: &str, base: &Path) -> Option<PathBuf> {
    let text = read(file, LINE_BYTES).ok()??;
    let named = text.strip_prefix(before.as_bytes())?.trim_ascii();
    let named = path(named)?;
    base.join(named).canonicalize().ok().filter(|folder| folder.is_dir())
}

/// A whole small file; `None` where there is none.
fn read(file: &Path, most: usize) -> Result<Option<Vec<u8>>, Skip> {
    let mut bytes = Vec::new();
    match open::open(file).and_then(|mut file| file.read_up_to(&mut bytes, most)) {
        Ok(outcome) if outcome.truncated => Err(Skip::Bound("a file of git's that is too large")),
        Ok(_) => Ok(Some(bytes)),
        Err(Skip::Io(ErrorKind::NotFound | ErrorKind::NotADirectory)) => Ok(None),
        Err(skip) => Err(skip),
    }
}

/// An object's name from its hexadecimal digits.
fn object_name(digits: &[u8]) -> Option<Vec<u8>> {
    let name = data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?;
    matches!(name.len(), 20 | 32).then_some(name)
}

/// A path as git writes it. `None` where this system has no such path.
#[must_use]
pub fn path(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes);
    #[cfg(not(unix))]
    let path = std::str::from_utf8(bytes).ok()?;
    Some(PathBuf::from(path))
}
