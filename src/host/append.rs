//! Files that grow by a line at a time: bounded, readable by their owner only.
//!
//! What a line says is decided above. At the bound the file becomes `<name>.1` and a new one begins.

use super::error::FileError;
use super::lock;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process may hold up a line.
const PATIENCE: Duration = Duration::from_secs(2);

/// Adds `line` and a line feed to `path`, whose folder must exist. A file that would grow over `most`
/// bytes is put aside first, in place of the one put aside before.
///
/// The line is one write: lines of several processes never mix. A cut last line, of a process that
/// was killed or a disk that was full, is ended first.
pub fn append(path: &Path, line: &str, most: u64) -> Result<(), FileError> {
    let _lock = lock::take(&beside(path, ".lock"), PATIENCE)?;
    let failed = |error: &io::Error| FileError::io(path, "cannot be written", error);
    let size = match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => meta.len(),
        Ok(_) => return Err(FileError::refused(path, "is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(failed(&error)),
    };
    let grown = size.saturating_add(line.len() as u64 + 1);
    if size > 0 && grown > most {
        aside(path).map_err(|error| failed(&error))?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    let mut file = options.open(path).map_err(|error| failed(&error))?;
    let mut text = String::with_capacity(line.len() + 2);
    if !ends_whole(&mut file).map_err(|error| failed(&error))? {
        text.push('\n');
    }
    text.push_str(line);
    text.push('\n');
    file.write_all(text.as_bytes()).map_err(|error| failed(&error))
}

/// The file that an earlier one was put aside as.
#[must_use]
pub fn earlier(path: &Path) -> PathBuf {
    beside(path, ".1")
}

fn ends_whole(file: &mut std::fs::File) -> io::Result<bool> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[allow(clippy::disallowed_methods, reason = "a rename within the state folder")]
fn aside(path: &Path) -> io::Result<()> {
    std::fs::rename(path, earlier(path))
}
