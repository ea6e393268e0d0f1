//! Giving up what a scan does not need, so that a defect in a reader is of no use to the file that
//! triggers it.
//!
//! Irreversible and process-wide. On Linux every measure below; on macOS only the core limit (its
//! sandbox has no safe interface); on Windows nothing. What held is returned, for the report, and
//! nothing is ever said to hold that does not.
//!
//! | word | what it means |
//! | --- | --- |
//! | `no-new-privileges` | no set-user-id program can raise this process again |
//! | `no-core` | no core dump is written |
//! | `non-dumpable` | no other process of the user can attach, and none reads its memory or environment |
//! | `landlock` | files are read-only but below `write_dirs`; nothing is run; no TCP; no signal and no abstract socket to others (as far as the kernel knows each) |
//! | `seccomp` | no socket, no program, no debugging, no change to modes, owners, mounts or the kernel |

#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod seccomp;

use std::path::PathBuf;

/// What is still needed afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Folders in which files may still be made, written, renamed and removed: state, cache, and
    /// those of output files. They must exist; others are passed over.
    pub write_dirs: Vec<PathBuf>,
}

/// Confines this process and gives the words for what held.
///
/// To be called once, before any thread is started: on kernels before 7.0 Landlock binds the calling
/// thread and its children only, so with other threads running `landlock` is left out of the words.
/// Before it: everything that needs a program, a socket or another process's facts (`procs`).
///
/// ```standalone_crate
/// # #[cfg(target_os = "linux")] {
/// # let status = landlock::RestrictSelf::default().no_new_privs(false).apply().unwrap().landlock;
/// # let kernel_has_it = matches!(status, landlock::LandlockStatus::Available { .. });
/// use caulk::host::confine::{Confinement, confine};
/// let held = confine(&Confinement { write_dirs: vec![std::env::temp_dir()] });
/// assert_eq!(held.iter().any(|word| word == "landlock"), kernel_has_it);
/// assert!(held.iter().any(|word| word == "seccomp"));
/// assert!(std::net::UdpSocket::bind("127.0.0.1:0").is_err());
/// # assert!(!kernel_has_it || std::fs::File::create("/dev/null").is_err());
/// # }
/// ```
#[must_use]
pub fn confine(spec: &Confinement) -> Vec<String> {
    sys::confine(spec).into_iter().map(str::to_owned).collect()
}

#[cfg(unix)]
fn no_core() -> bool {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).is_ok()
}

#[cfg(target_os = "linux")]
mod sys {
    use super::{Confinement, landlock, no_core, seccomp};
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    pub(super) fn confine(spec: &Confinement) -> Vec<&'static str> {
        let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1);
        // A core limit of 0 does not stop a core handler behind a pipe; being non-dumpable does.
        let held = [
            ("no-new-privileges", rustix::thread::set_no_new_privs(true).is_ok()),
            ("no-core", no_core()),
            ("non-dumpable", set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()),
            ("landlock", landlock::restrict(&spec.write_dirs, alone)),
            ("seccomp", seccomp::restrict()),
        ];
        held.into_iter().filter(|(_, held)| *held).map(|(word, _)| word).collect()
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
mod sys {
    use super::{Confinement, no_core};

    pub(super) fn confine(_: &Confinement) -> Vec<&'static str> {
        if no_core() { vec!["no-core"] } else { Vec::new() }
    }
}

#[cfg(not(unix))]
mod sys {
    use super::Confinement;

    pub(super) fn confine(_: &Confinement) -> Vec<&'static str> {
        Vec::new()
    }
}
