//! Whether somebody is working on a file: an editor, a program that has it open, its own program.
//!
//! Told from marks that editors leave beside a file and, on Linux, from `/proc`; elsewhere a program
//! is not seen. A mark whose program has ended counts for nothing.

use super::Refusal;
use super::sys::Place;
use crate::host::open::{self, OpenFile};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// An editor that has unsaved or locked `real`.
pub(super) fn editor(real: &Path) -> Option<String> {
    let name = real.file_name()?;
    let beside = |before: &str, after: &str| {
        let mut mark = OsString::from(before);
        mark.push(name);
        mark.push(after);
        real.with_file_name(mark)
    };
    let vim = [".swp", ".swo"].iter().map(|end| beside(".", end)).chain(central_swaps(real));
    for mark in vim {
        if vim_alive(&mark) == Some(true) {
            return Some(format!("an editor ({})", shown(&mark)));
        }
    }
    if emacs_alive(&beside(".#", "")) {
        return Some("Emacs".into());
    }
    std::fs::symlink_metadata(beside(".", ".kate-swp")).is_ok().then(|| "Kate".into())
}

/// Where Neovim keeps its swap files, for every folder above that may be a home: the whole path is the name.
fn central_swaps(real: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    let name: Vec<u8> = real.as_os_str().as_encoded_bytes().iter().map(|&b| if b == b'/' { b'%' } else { b }).collect();
    let name = String::from_utf8(name).ok();
    real.ancestors().skip(1).filter_map(move |home| {
        let name = name.as_ref()?;
        Some(home.join(".local/state/nvim/swap").join(format!("{name}.swp")))
    })
}

/// Whether a swap file of Vim (or Nano) belongs to a program that runs; `None`: there is none.
fn vim_alive(path: &Path) -> Option<bool> {
    /// `b0_pid` in `struct block0` of Vim's `memline.c`; Nano writes the same.
    const PID: std::ops::Range<usize> = 24..28;
    let mut head = Vec::new();
    open::open(path).ok()?.read_up_to(&mut head, 4096).ok()?;
    let pid = head.get(PID).and_then(|bytes| bytes.try_into().ok()).map(i32::from_le_bytes);
    Some(match pid {
        Some(pid) if head.starts_with(b"b0") => sys::runs(pid),
        // Not in a form we know: better to ask than to lose.
        _ => true,
    })
}

/// Whether Emacs locks a file: a link to `user@host.pid:boot` that leads nowhere.
#[allow(clippy::disallowed_methods, reason = "a mark that is a link by design")]
fn emacs_alive(mark: &Path) -> bool {
    let Ok(owner) = std::fs::read_link(mark) else { return std::fs::symlink_metadata(mark).is_ok() };
    let owner = owner.to_string_lossy().into_owned();
    let pid = owner.rsplit('.').next().and_then(|tail| tail.split(':').next()).and_then(|pid| pid.parse().ok());
    pid.is_none_or(sys::runs)
}

/// Another program that has `file`, or a file of that name, open for writing.
pub(super) fn writer(real: &Path, file: &OpenFile) -> Option<String> {
    sys::writer(real, file)
}

/// The first of `names` that a program of the user's which runs now goes by: the name of the process,
/// of its program, or of the script it interprets. Told on Linux only.
#[must_use]
pub fn running(names: &[&str]) -> Option<String> {
    sys::running(names)
}

/// A lock file beside a file, as git and others make it; removed when dropped.
pub struct Lock {
    place: Place,
    name: OsString,
}

/// What our lock files say, so that one left by a kill is known.
const MARK: &str = "caulk ";

/// Makes `<name>.<ending>` beside `real`, which keeps other programs that lock the same way from
/// changing it: [`Refusal::LockHeld`] if one is doing so.
pub fn lock_beside(real: &Path, ending: &str) -> Result<Lock, Refusal> {
    let mut name = real.file_name().ok_or(Refusal::Gone)?.to_owned();
    name.push(".");
    name.push(ending);
    let place = Place::at(real)?;
    let begun = Instant::now();
    loop {
        match place.create(&name) {
            Ok(mut file) => {
                let lock = Lock { place, name };
                // In one write: half a mark would be nobody's.
                file.write_all(format!("{MARK}{}", std::process::id()).as_bytes())?;
                return Ok(lock);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && abandoned(&place, &name) => {
                place.unlink(&name)?;
            }
            // Just made by git, which fills it at once, or left by a caulk that was killed before it had.
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && is_empty(&place, &name) => {
                if begun.elapsed() > UNFILLED {
                    place.unlink(&name)?;
                }
                std::thread::sleep(UNFILLED / 30);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => break,
            Err(e) => return Err(Refusal::io(&e)),
        }
    }
    Err(Refusal::LockHeld(shown(Path::new(&name))))
}

/// How long a lock may stay empty before nobody is taken to hold it.
const UNFILLED: Duration = Duration::from_secs(3);

fn is_empty(place: &Place, name: &OsStr) -> bool {
    super::settle::content(place, name, 64).is_ok_and(|content| content.is_some_and(|content| content.is_empty()))
}

/// Whether a lock is ours and the caulk that made it has ended.
fn abandoned(place: &Place, name: &OsStr) -> bool {
    let Ok(Some(content)) = super::settle::content(place, name, 64) else { return false };
    let pid = std::str::from_utf8(&content).ok().and_then(|text| text.strip_prefix(MARK)?.parse().ok());
    pid.is_some_and(|pid: i32| !sys::is_one_of_us(pid))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A lock that stays would stop git: one failure is no reason to leave it.
        if self.place.unlink(&self.name).is_err() {
            let _ = self.place.unlink(&self.name);
        }
    }
}

/// A file name as text that is safe to print.
fn shown(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    crate::model::Untrusted::from_bytes(name.as_encoded_bytes()).to_string()
}

#[cfg(not(target_os = "linux"))]
mod sys {
    use super::OpenFile;
    use std::path::Path;

    #[cfg(unix)]
    pub(super) fn runs(pid: i32) -> bool {
        rustix::process::Pid::from_raw(pid)
            .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }

    /// Whether a process runs cannot be told without unsafe code.
    #[cfg(not(unix))]
    pub(super) fn runs(_: i32) -> bool {
        true
    }

    pub(super) fn is_one_of_us(pid: i32) -> bool {
        runs(pid)
    }

    pub(super) fn writer(_: &Path, _: &OpenFile) -> Option<String> {
        None
    }

    pub(super) fn running(_: &[&str]) -> Option<String> {
        None
    }
}

#[cfg(target_os = "linux")]
mod sys {
    use super::OpenFile;
    use crate::host::procs;
    use std::fs::File;
    use std::io::Read;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// Processes and open files of each that are looked at.
    const PROCESSES: usize = 4096;
    const FILES: usize = 1024;

    pub(super) fn runs(pid: i32) -> bool {
        rustix::process::Pid::from_raw(pid)
            .is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }

    /// Whether a process runs this program: not one that has ended and waits to be noticed, nor another that
    /// was given its number.
    pub(super) fn is_one_of_us(pid: i32) -> bool {
        let stat = |pid: &str| {
            let mut text = Vec::new();
            let mut file = std::fs::File::open(format!("/proc/{pid}/stat")).ok()?;
            std::io::Read::read_to_end(&mut file, &mut text).ok()?;
            // `pid (name) state …`; the name may hold anything.
            let (open, close) = (text.iter().position(|b| *b == b'(')?, text.iter().rposition(|b| *b == b')')?);
            let state = text.get(close + 2).copied()?;
            Some((text.get(open + 1..close)?.to_vec(), state))
        };
        let (Some((own, _)), Some((name, state))) = (stat("self"), stat(&pid.to_string())) else { return false };
        own == name && !matches!(state, b'Z' | b'X')
    }

    #[allow(clippy::disallowed_methods, reason = "the kernel's own links")]
    pub(super) fn writer(real: &Path, file: &OpenFile) -> Option<String> {
        let (id, several) = (file.identity(), super::super::sys::links(file.file()) > 1);
        for pid in procs::mine().into_iter().take(PROCESSES) {
            let folder = format!("/proc/{pid}/fd");
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries.flatten().take(FILES) {
                // The text first: to ask about a file on a dead network mount may hang.
                let Ok(target) = std::fs::read_link(entry.path()) else { continue };
                let named = target.parent() == real.parent() || target.file_name() == real.file_name();
                if !target.is_absolute() || !(named || several) {
                    continue;
                }
                let same = std::fs::metadata(entry.path()).is_ok_and(|m| (m.dev(), m.ino()) == (id.device, id.inode));
                if same && writes(pid, &entry.file_name()) {
                    return Some(format!("{} (process {pid})", command(pid)));
                }
            }
        }
        None
    }

    /// Whether a descriptor was opened for writing: `flags:` of `/proc/<pid>/fdinfo/<fd>`, octal.
    fn writes(pid: u32, fd: &std::ffi::OsStr) -> bool {
        let info = text(&Path::new("/proc").join(pid.to_string()).join("fdinfo").join(fd), 4096);
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok()).is_none_or(|flags| flags & 0o3 != 0)
    }

    pub(super) fn running(names: &[&str]) -> Option<String> {
        let is = |name: &str| names.iter().find(|wanted| **wanted == name).map(|name| (*name).to_owned());
        procs::mine().into_iter().take(PROCESSES).find_map(|pid| {
            let line = text(&Path::new("/proc").join(pid.to_string()).join("cmdline"), 4096);
            // The program and the script it runs.
            let words = line.split('\0').take(2).map(|word| word.rsplit('/').next().unwrap_or(word));
            is(&command(pid)).or_else(|| words.into_iter().find_map(is))
        })
    }

    /// The name a process goes by, of printable characters only.
    fn command(pid: u32) -> String {
        let name = text(&Path::new("/proc").join(pid.to_string()).join("comm"), 64);
        let name: String = name.trim_end().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        if name.is_empty() { "another program".into() } else { name }
    }

    fn text(path: &Path, most: u64) -> String {
        let mut bytes = Vec::new();
        let _ = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
