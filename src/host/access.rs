//! Whether an account other than the owner can read a file.
//!
//! On Unix from permission bits, the POSIX ACL (Linux), and the search bits of every folder above.
//! Not seen: ACLs of macOS and Windows (no safe interface), capabilities, and root, who reads all.
//! A group counts as private when its number is the owner's, the custom of user-private groups;
//! who is a member of it is not asked.

use super::open::OpenFile;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What permissions say of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Permission bits, on Unix.
    pub mode: Option<u32>,
    /// Whether somebody else can read it; `None` where that cannot be told (Windows).
    pub others_can_read: Option<bool>,
}

/// Remembers which folders others can pass through. One for a run or thread; it never expires.
#[derive(Debug, Clone, Default)]
pub struct DirAccess {
    #[cfg_attr(not(unix), allow(dead_code))]
    reachable: HashMap<PathBuf, bool>,
}

impl OpenFile {
    /// Who else can read this file, which was opened at `path`.
    #[must_use]
    pub fn exposure(&self, path: &Path, dirs: &mut DirAccess) -> Exposure {
        Exposure { mode: self.mode(), others_can_read: sys::others_can_read(self, path, dirs) }
    }
}

#[cfg(unix)]
mod sys {
    use super::DirAccess;
    use crate::host::open::OpenFile;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// Read bit of a class.
    const READ: u32 = 0o4;
    /// Search bit of a class.
    const SEARCH: u32 = 0o1;

    pub(super) fn others_can_read(file: &OpenFile, path: &Path, dirs: &mut DirAccess) -> Option<bool> {
        let (mode, uid, gid) = (file.mode()?, file.uid()?, file.gid()?);
        if !allows(mode, uid, gid, READ, || acl_of_file(file)) {
            return Some(false);
        }
        let path = std::path::absolute(path).ok()?;
        Some(path.parent().is_none_or(|dir| dirs.reaches(dir)))
    }

    impl DirAccess {
        /// Whether others can get to the content of `dir`; a folder that cannot be looked at counts as open.
        fn reaches(&mut self, dir: &Path) -> bool {
            if let Some(&known) = self.reachable.get(dir) {
                return known;
            }
            // Links resolved: what counts are the folders above the real one.
            let real = std::fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
            let open = real.ancestors().all(searchable);
            self.reachable.insert(dir.to_owned(), open);
            open
        }
    }

    fn searchable(dir: &Path) -> bool {
        let Ok(meta) = std::fs::metadata(dir) else { return true };
        allows(meta.mode(), meta.uid(), meta.gid(), SEARCH, || acl_of_dir(dir))
    }

    /// Whether `bit` is given to anyone but the owner. With an ACL the group bits are its mask, so it
    /// need be read only when they hold the bit.
    fn allows(mode: u32, uid: u32, gid: u32, bit: u32, acl: impl FnOnce() -> Option<Vec<u8>>) -> bool {
        if mode & bit != 0 {
            return true;
        }
        if (mode >> 3) & bit == 0 {
            return false;
        }
        match acl() {
            Some(acl) => super::acl_allows(&acl, uid, gid, bit),
            None => gid != uid,
        }
    }

    /// Room for an ACL of 500 entries; a longer one counts as none.
    #[cfg(target_os = "linux")]
    const ACL_BYTES: usize = 4 + 8 * 500;

    #[cfg(target_os = "linux")]
    fn acl_of_file(file: &OpenFile) -> Option<Vec<u8>> {
        let mut acl = vec![0; ACL_BYTES];
        let len = rustix::fs::fgetxattr(file.file(), "system.posix_acl_access", &mut acl[..]).ok()?;
        acl.truncate(len);
        Some(acl)
    }

    #[cfg(target_os = "linux")]
    fn acl_of_dir(dir: &Path) -> Option<Vec<u8>> {
        let mut acl = vec![0; ACL_BYTES];
        let len = rustix::fs::getxattr(dir, "system.posix_acl_access", &mut acl[..]).ok()?;
        acl.truncate(len);
        Some(acl)
    }

    #[cfg(not(target_os = "linux"))]
    fn acl_of_file(_: &OpenFile) -> Option<Vec<u8>> {
        None
    }

    #[cfg(not(target_os = "linux"))]
    fn acl_of_dir(_: &Path) -> Option<Vec<u8>> {
        None
    }
}

#[cfg(not(unix))]
mod sys {
    use super::DirAccess;
    use crate::host::open::OpenFile;
    use std::path::Path;

    pub(super) fn others_can_read(_: &OpenFile, _: &Path, _: &mut DirAccess) -> Option<bool> {
        None
    }
}

/// Whether an ACL as the kernel stores it gives `bit` to anyone but the owner.
///
/// Layout (`include/uapi/linux/posix_acl_xattr.h`): version 2, then entries of tag (u16), bits
/// (u16) and id (u32), little endian. Named entries and the group are cut by the mask.
#[cfg_attr(not(unix), allow(dead_code))]
fn acl_allows(acl: &[u8], uid: u32, gid: u32, bit: u32) -> bool {
    const USER: u16 = 0x02;
    const GROUP_OBJ: u16 = 0x04;
    const GROUP: u16 = 0x08;
    const MASK: u16 = 0x10;
    const OTHER: u16 = 0x20;
    let entries = || {
        acl.get(4..).unwrap_or_default().as_chunks::<8>().0.iter().map(|&[t0, t1, b0, b1, i0, i1, i2, i3]| {
            (
                u16::from_le_bytes([t0, t1]),
                u32::from(u16::from_le_bytes([b0, b1])),
                u32::from_le_bytes([i0, i1, i2, i3]),
            )
        })
    };
    let mask = entries().find(|entry| entry.0 == MASK).map_or(0o7, |entry| entry.1);
    entries().any(|(tag, bits, id)| match tag {
        USER => bits & mask & bit != 0 && id != uid && id != 0,
        GROUP => bits & mask & bit != 0 && id != uid,
        GROUP_OBJ => bits & mask & bit != 0 && gid != uid,
        OTHER => bits & bit != 0,
        _ => false,
    })
}
