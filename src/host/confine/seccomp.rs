//! The seccomp half: system calls that a scan never makes are refused with `EPERM`.
//!
//! A list of what is refused, not of what is allowed: the standard library, rayon and the allocator
//! may use any harmless call of any kernel, and a scan must not die of an update. What Landlock
//! does not watch (modes, owners, times, attributes) is refused here.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use std::collections::BTreeMap;

// Calls newer than some tables of numbers; from 424 on a number is the same on every architecture
// (`include/uapi/asm-generic/unistd.h`).
const FCHMODAT2: libc::c_long = 452;
const SETXATTRAT: libc::c_long = 463;
const REMOVEXATTRAT: libc::c_long = 466;
const FILE_SETATTR: libc::c_long = 469;

/// Refused on every architecture.
const REFUSED: &[libc::c_long] = &[
    // Talking to anyone.
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_recvmsg,
    libc::SYS_recvmmsg,
    // Running anything; a ring could do all of the above unseen.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Looking into other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Changing what Landlock does not watch.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
    // Other views of the file system.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_open_by_handle_at,
    // Keys of the session.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // The kernel and the machine.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
];

/// Older forms of the same that newer architectures never had.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[libc::c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_mknod,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];

#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[libc::c_long] = &[];

/// On x86-64 the same calls have a second set of numbers, with this bit (the x32 ABI).
#[cfg(target_arch = "x86_64")]
const SECOND_SET: Option<i64> = Some(0x4000_0000);

#[cfg(not(target_arch = "x86_64"))]
const SECOND_SET: Option<i64> = None;

/// Numbers of their own that x32 gives to calls refused above: execve, ptrace, sendmsg, recvmsg,
/// kexec_load, sendmmsg, recvmmsg, process_vm_readv, process_vm_writev, execveat
/// (`arch/x86/entry/syscalls/syscall_64.tbl`).
const SECOND_SET_OWN: [i64; 10] = [520, 521, 518, 519, 528, 538, 537, 539, 540, 545];

/// Terminal requests that type into the user's shell.
#[allow(clippy::unnecessary_cast, reason = "another C library has another type")]
const TYPING: [u64; 2] = [libc::TIOCSTI as u64, libc::TIOCLINUX as u64];

/// Restricts all threads of the process; whether it holds.
pub(super) fn restrict() -> bool {
    let Some(program) = program() else { return false };
    seccompiler::apply_filter_all_threads(&program).is_ok()
}

/// The filter, where this architecture is known.
fn program() -> Option<BpfProgram> {
    let arch: TargetArch = std::env::consts::ARCH.try_into().ok()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for &call in REFUSED.iter().chain(REFUSED_HERE) {
        rules.insert(call, Vec::new());
        if let Some(bit) = SECOND_SET {
            rules.insert(call | bit, Vec::new());
        }
    }
    if let Some(bit) = SECOND_SET {
        rules.extend(SECOND_SET_OWN.map(|call| (call | bit, Vec::new())));
    }
    let typing = TYPING.iter().map(|&request| {
        SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request)
            .and_then(|condition| SeccompRule::new(vec![condition]))
    });
    rules.insert(libc::SYS_ioctl, typing.collect::<Result<_, _>>().ok()?);
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).ok()?.try_into().ok()
}
