//! Which folders lie on another machine.
//!
//! A scan does not read over a network: it is slow, it may hang, and the other machine has its own
//! scan. Linux tells from the mount table alone, without touching the mounts; macOS by asking for
//! each folder; Windows by the shape of the resolved path.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The mounts of this machine, remote or not.
#[derive(Debug, Clone, Default)]
pub struct Mounts {
    remote: HashMap<PathBuf, bool>,
    any: bool,
    ask: bool,
}

impl Mounts {
    /// The mounts as they are now. Where the table cannot be read, nothing counts as remote.
    #[must_use]
    pub fn current() -> Self {
        sys::current()
    }

    /// Reads text in the form of `/proc/self/mountinfo`; broken lines are passed over.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut mounts = Self::default();
        for line in text.split(|&b| b == b'\n') {
            if let Some((point, remote)) = mount(line) {
                // A later mount on the same point covers the earlier one.
                mounts.remote.insert(point, remote);
            }
        }
        mounts.any = mounts.remote.values().any(|&remote| remote);
        mounts
    }

    /// Whether `path`, absolute and free of links, lies on a network mount.
    ///
    /// Costs next to nothing on Linux; elsewhere it asks the system, so call it for a folder, not
    /// for each file in it.
    #[must_use]
    pub fn is_remote(&self, path: &Path) -> bool {
        if self.ask {
            return sys::is_remote(path);
        }
        self.any && path.ancestors().find_map(|part| self.remote.get(part).copied()).unwrap_or(false)
    }
}

/// Mount point and remoteness of a line:
/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` (proc(5)).
fn mount(line: &[u8]) -> Option<(PathBuf, bool)> {
    let mut fields = line.split(|&b| b == b' ').filter(|field| !field.is_empty());
    let point = unescape(fields.nth(4)?);
    let mut after = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = after.next()?;
    let source = after.next().unwrap_or_default();
    let options = after.next().unwrap_or_default();
    let remote = is_remote_kind(kind, source, options) && point != b"/";
    Some((path_of(point)?, remote))
}

/// File systems whose content lies elsewhere. `autofs` among them: stepping below it would mount
/// what it stands for, and the real mount covers it later.
const REMOTE_KINDS: &str = "nfs nfs4 cifs smb3 smbfs ncpfs afs coda davfs ceph lustre gpfs beegfs orangefs pvfs2 \
    glusterfs autofs fuse.sshfs fuse.rclone fuse.gvfsd-fuse fuse.s3fs fuse.gcsfuse fuse.goofys fuse.blobfuse \
    fuse.blobfuse2 fuse.glusterfs fuse.ceph fuse.ceph-fuse fuse.curlftpfs fuse.davfs fuse.mount-s3 \
    fuse.onedriver fuse.google-drive-ocamlfuse fuse.juicefs fuse.kio-fuse fuse.jmtpfs fuse.simple-mtpfs fuse.ifuse";

fn is_remote_kind(kind: &[u8], source: &[u8], options: &[u8]) -> bool {
    match kind {
        // A folder of a host or a server; but on WSL the Windows drives come by it, and they are this machine's.
        b"9p" => !options.split(|&b| b == b',' || b == b';').any(|option| option.starts_with(b"aname=drvfs")),
        // mount.davfs and others say `fuse` and a URL.
        b"fuse" => source.windows(3).any(|three| three == b"://"),
        kind => REMOTE_KINDS.split(' ').any(|remote| remote.as_bytes() == kind),
    }
}

/// Undoes the octal escapes of blank, tab, line feed and backslash.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, tail)) = rest.split_first() {
        match tail {
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] if byte == b'\\' => {
                out.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                rest = after;
            }
            _ => {
                out.push(byte);
                rest = tail;
            }
        }
    }
    out
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere bytes may be no path")]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(all(unix, not(target_os = "macos")))]
mod sys {
    use super::Mounts;
    use std::io::Read;
    use std::path::Path;

    /// Bytes of the mount table that are read; a container host has some hundred KiB.
    const TABLE_BYTES: u64 = 16 << 20;

    pub(super) fn current() -> Mounts {
        let mut text = Vec::new();
        let read =
            std::fs::File::open("/proc/self/mountinfo").and_then(|file| file.take(TABLE_BYTES).read_to_end(&mut text));
        if read.is_ok() { Mounts::parse(&text) } else { Mounts::default() }
    }

    pub(super) fn is_remote(_: &Path) -> bool {
        false
    }
}

#[cfg(target_os = "macos")]
mod sys {
    use super::Mounts;
    use std::path::Path;

    pub(super) fn current() -> Mounts {
        Mounts { ask: true, ..Mounts::default() }
    }

    /// A mount without `MNT_LOCAL` of `<sys/mount.h>`.
    pub(super) fn is_remote(path: &Path) -> bool {
        const MNT_LOCAL: u32 = 0x1000;
        rustix::fs::statfs(path).is_ok_and(|fs| fs.f_flags & MNT_LOCAL == 0)
    }
}

#[cfg(not(unix))]
mod sys {
    use super::Mounts;
    use std::path::{Component, Path, Prefix};

    pub(super) fn current() -> Mounts {
        Mounts { ask: true, ..Mounts::default() }
    }

    /// A path on a share, mapped drives included: resolving gives the share's own name.
    pub(super) fn is_remote(path: &Path) -> bool {
        let share = |path: &Path| match path.components().next() {
            Some(Component::Prefix(prefix)) => matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)),
            _ => false,
        };
        share(path) || std::fs::canonicalize(path).is_ok_and(|real| share(&real))
    }
}
