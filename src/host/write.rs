//! Files that appear whole or not at all, readable by their owner only.
//!
//! The only way caulk writes: a temporary sibling, then a rename. What is written is decided above.

use super::error::FileError;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Links that are followed to find where an output really goes.
const LINKS: usize = 16;
const PREFIX: &str = ".caulk-";
const SUFFIX: &str = ".tmp";
/// Random bytes of a temporary name.
const RANDOM: usize = 12;

/// A file that is being written. Dropped without [`AtomicFile::commit`], it leaves nothing behind.
///
/// `path` may be a link: then the file it leads to is replaced and the link stays. The new file has
/// mode 0600 whatever the old one had.
pub struct AtomicFile {
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
}

impl AtomicFile {
    /// Starts a file next to where `path` leads. Its folder must exist; a target that is there and
    /// is not a regular file is refused, since the rename would destroy it.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => return Err(FileError::refused(path, "is a folder")),
            Ok(meta) if !meta.is_file() => return Err(FileError::refused(path, "is not a regular file")),
            _ => {}
        }
        let target = resolve(path).map_err(|e| FileError::io(path, "cannot be resolved", &e))?;
        let temporary = sibling(&target).map_err(|e| FileError::io(path, "cannot be made", &e))?;
        let file = create_new(&temporary).map_err(|e| FileError::io(path, "cannot be made", &e))?;
        Ok(Self { file: Some(file), temporary, target })
    }

    /// Where the file will appear, links resolved.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Brings the file to the disk and to its name.
    pub fn commit(mut self) -> Result<(), FileError> {
        let done = self.sync().and_then(|()| replace(&self.temporary, &self.target));
        done.map_err(|e| FileError::io(&self.target, "cannot be written", &e))?;
        self.temporary = PathBuf::new();
        // The name is durable only with its folder; the file is there even if this fails.
        let _ = sync_folder(&self.target);
        Ok(())
    }

    /// Flushes to the disk and closes, as Windows wants it before a rename.
    fn sync(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |file| file.sync_all())
    }

    fn open(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.open()?.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.open()?.flush()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        self.file = None;
        if !self.temporary.as_os_str().is_empty() {
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// Writes a whole file at once, in the manner of [`AtomicFile`].
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(content).map_err(|e| FileError::io(path, "cannot be written", &e))?;
    file.commit()
}

/// Follows the links of the last part of `path`, one that leads nowhere yet included.
#[allow(clippy::disallowed_methods, reason = "links are this floor's business")]
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = std::path::absolute(path)?;
    for _ in 0..LINKS {
        match std::fs::read_link(&path) {
            Ok(next) => path = path.parent().map_or_else(|| next.clone(), |dir| dir.join(&next)),
            // Not a link, or not there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

/// A name beside `target` that nobody can guess.
pub(super) fn sibling(target: &Path) -> io::Result<PathBuf> {
    let mut random = [0_u8; RANDOM];
    getrandom::fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
    let mut name = String::from(PREFIX);
    for byte in random {
        let _ = write!(name, "{byte:02x}");
    }
    name.push_str(SUFFIX);
    target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    Ok(target.with_file_name(name))
}

/// Whether a file name is one of [`sibling`]'s.
pub(super) fn is_temporary_name(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    random.is_some_and(|random| random.len() == 2 * RANDOM && random.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Makes a file that did not exist, for its owner only; a link in its place is an error.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[allow(clippy::disallowed_methods, reason = "the one place that renames")]
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

#[cfg(unix)]
fn sync_folder(target: &Path) -> io::Result<()> {
    target.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "folders cannot be flushed there")]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
