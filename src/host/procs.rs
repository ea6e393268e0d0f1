//! Environments of the user's running processes.
//!
//! They must be read before confinement: a Landlock domain may not look into processes outside it.
//! What a process was started with is read, not what it changed since. Other systems show no safe
//! way to another process's environment; there only caulk's own is seen.

use super::Host;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Bytes of all environments together that are held; the rest is counted in [`Environments::left_out`].
pub const TOTAL_BYTES: usize = 16 << 20;

/// The environment of a process.
pub struct ProcessEnv {
    /// The process; of several with the same environment the one with the lowest number.
    pub pid: u32,
    /// What it runs: the executable's path, or its short name where the path is not told.
    pub exe: PathBuf,
    /// `NUL`-separated `NAME=value`.
    pub bytes: Zeroizing<Vec<u8>>,
    /// How many processes have exactly this environment.
    pub count: usize,
    /// Whether it was longer than the limit and is cut.
    pub truncated: bool,
}

/// The environments of the user's processes, each one once.
#[derive(Default)]
pub struct Environments {
    /// In order of process number.
    pub list: Vec<ProcessEnv>,
    /// Processes of the user's that refused to be read.
    pub denied: usize,
    /// Processes left out because [`TOTAL_BYTES`] were held already.
    pub left_out: usize,
}

impl Environments {
    /// Keeps an environment, or counts it on one that is the same.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    fn add(&mut self, seen: &mut Seen, pid: u32, exe: impl FnOnce() -> PathBuf, bytes: &[u8], truncated: bool) {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        if let Some(same) = seen.index.get(&digest).and_then(|&at| self.list.get_mut(at)) {
            same.count += 1;
            return;
        }
        if seen.held + bytes.len() > TOTAL_BYTES {
            self.left_out += 1;
            return;
        }
        seen.held += bytes.len();
        seen.index.insert(digest, self.list.len());
        self.list.push(ProcessEnv { pid, exe: exe(), bytes: Zeroizing::new(bytes.to_vec()), count: 1, truncated });
    }
}

/// What [`Environments::add`] remembers.
#[derive(Default)]
struct Seen {
    index: HashMap<[u8; 32], usize>,
    held: usize,
}

/// The environments of the user's other processes, `limit` bytes of each at most, ours left out.
#[must_use]
pub fn read_all(limit: usize) -> Vec<ProcessEnv> {
    survey(limit).list
}

/// As [`read_all`], with counts of what was not read.
#[must_use]
pub fn survey(limit: usize) -> Environments {
    sys::survey(limit)
}

/// Numbers of the caller's processes, ours left out, in order.
#[cfg(target_os = "linux")]
pub(super) fn mine() -> Vec<u32> {
    sys::processes()
}

/// caulk's own environment, as `host` has it.
#[must_use]
pub fn own(host: &Host) -> ProcessEnv {
    let parts = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| name.len() + value.len() + 2;
    // Sized first: a buffer that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(host.environment().map(parts).sum()));
    for (name, value) in host.environment() {
        bytes.extend_from_slice(name.as_encoded_bytes());
        bytes.push(b'=');
        bytes.extend_from_slice(value.as_encoded_bytes());
        bytes.push(0);
    }
    let exe = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("caulk"));
    ProcessEnv { pid: std::process::id(), exe, bytes, count: 1, truncated: false }
}

/// Shells that programs start others through.
#[cfg(target_os = "linux")]
const SHELLS: [&str; 7] = ["sh", "dash", "bash", "zsh", "ksh", "busybox", "env"];

/// The program that started this one: its number, and what it runs where the system tells. A shell in
/// between, such as the one git starts its helpers with, is passed over, unless nothing stands behind it.
#[cfg(target_os = "linux")]
#[must_use]
pub fn asker() -> Option<(u32, Option<PathBuf>)> {
    let own = u32::try_from(rustix::process::getppid()?.as_raw_nonzero().get()).ok()?;
    let first = (own, sys::program(own));
    let is_shell = |program: &Option<PathBuf>| {
        let name = program.as_deref().and_then(std::path::Path::file_name).and_then(std::ffi::OsStr::to_str);
        name.is_some_and(|name| SHELLS.contains(&name))
    };
    let mut at = first.clone();
    for _ in 0..4 {
        if !is_shell(&at.1) {
            return Some(at);
        }
        let Some(pid) = sys::parent_of(at.0) else { break };
        at = (pid, sys::program(pid));
    }
    Some(first)
}

/// The program that started this one: its number only, on systems that do not tell more safely.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn asker() -> Option<(u32, Option<PathBuf>)> {
    #[cfg(unix)]
    return Some((u32::try_from(rustix::process::getppid()?.as_raw_nonzero().get()).ok()?, None));
    #[cfg(not(unix))]
    None
}

/// The path without what Linux appends when the file is gone.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn undeleted(path: PathBuf) -> PathBuf {
    let deleted = path.to_str().and_then(|text| text.strip_suffix(" (deleted)")).map(OsString::from);
    deleted.map_or(path, PathBuf::from)
}

#[cfg(target_os = "linux")]
mod sys {
    use super::{Environments, Seen, Zeroizing, undeleted};
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};
    use zeroize::Zeroize;

    /// Room for an ordinary environment; a larger one takes a larger buffer.
    const ROOM: usize = 64 << 10;

    /// What a process runs.
    #[allow(clippy::disallowed_methods, reason = "links are this floor's business")]
    pub(super) fn program(pid: u32) -> Option<PathBuf> {
        std::fs::read_link(format!("/proc/{pid}/exe")).ok().map(undeleted)
    }

    /// The process that started it; `None` for the first of all.
    pub(super) fn parent_of(pid: u32) -> Option<u32> {
        let mut stat = String::new();
        File::open(format!("/proc/{pid}/stat")).ok()?.take(4096).read_to_string(&mut stat).ok()?;
        // `pid (name) state ppid …`, where the name may hold anything.
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        (parent > 1).then_some(parent)
    }

    pub(super) fn survey(limit: usize) -> Environments {
        let mut found = Environments::default();
        let mut seen = Seen::default();
        let mut buffer = Zeroizing::new(Vec::new());
        for pid in processes() {
            let folder = PathBuf::from(format!("/proc/{pid}"));
            match read(&folder.join("environ"), limit, &mut buffer) {
                // Kernel threads and processes that ended have none.
                Ok((0, _)) => {}
                Ok((len, truncated)) => found.add(&mut seen, pid, || exe(&folder), &buffer[..len], truncated),
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => found.denied += 1,
                Err(_) => {}
            }
        }
        found
    }

    /// Numbers of the processes that belong to the caller, ours left out, in order.
    pub(super) fn processes() -> Vec<u32> {
        let me = std::process::id();
        let uid = rustix::process::geteuid().as_raw();
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let mut pids: Vec<u32> = entries
            .flatten()
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let owned = pid != me && entry.metadata().ok()?.uid() == uid;
                // What cannot be dumped is shown as root's; root must look who runs it.
                (owned && (uid != 0 || runs_as_root(&entry.path()))).then_some(pid)
            })
            .collect();
        pids.sort_unstable();
        pids
    }

    /// `Uid:` of `/proc/<pid>/status`: real, effective, saved and file-system id.
    fn runs_as_root(folder: &Path) -> bool {
        let mut status = String::new();
        let read = File::open(folder.join("status")).and_then(|file| file.take(4096).read_to_string(&mut status));
        let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        read.is_ok() && ids.and_then(|ids| ids.split_whitespace().next()) == Some("0")
    }

    /// Reads at most `limit` bytes; gives their number and whether there are more.
    fn read(path: &Path, limit: usize, buffer: &mut Vec<u8>) -> io::Result<(usize, bool)> {
        let mut file = File::open(path)?;
        if buffer.is_empty() {
            buffer.resize(ROOM, 0);
        }
        let mut filled = 0;
        loop {
            if filled > limit {
                return Ok((limit, true));
            }
            if filled == buffer.len() {
                let mut larger = vec![0; buffer.len().saturating_mul(2)];
                larger[..filled].copy_from_slice(buffer);
                buffer.zeroize();
                *buffer = larger;
            }
            match file.read(&mut buffer[filled..]) {
                Ok(0) => return Ok((filled, false)),
                Ok(read) => filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    #[allow(clippy::disallowed_methods, reason = "the kernel's own link to the executable")]
    fn exe(folder: &Path) -> PathBuf {
        std::fs::read_link(folder.join("exe")).map_or_else(|_| PathBuf::from(short_name(folder)), undeleted)
    }

    /// The name of 15 bytes at most that the process gave itself.
    fn short_name(folder: &Path) -> String {
        let mut name = Vec::new();
        let read = File::open(folder.join("comm")).and_then(|file| file.take(64).read_to_end(&mut name));
        if read.is_err() || name.is_empty() {
            return "unknown".into();
        }
        String::from_utf8_lossy(&name).trim_end().to_owned()
    }
}

#[cfg(not(target_os = "linux"))]
mod sys {
    use super::Environments;

    pub(super) fn survey(_: usize) -> Environments {
        Environments::default()
    }
}
