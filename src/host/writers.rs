//! Who besides its owner can change a file, or put another into a folder.
//!
//! Told from permission bits and from the lists of accounts and groups that lie on the machine. A group counts only
//! if somebody else is in it: distributions that give every account a group of its own let that group write
//! (umask 002), and nobody gains by it. Not seen: POSIX ACLs and ACLs of macOS, members that only a directory service
//! knows. Windows has no such bits, and no safe way to ask for its access lists: there nobody is told of.

use super::Host;
use std::fs::Metadata;
use std::path::Path;

/// Who can write besides the owner and the administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writers {
    /// Every account of this machine.
    Anyone,
    /// The members of a group, by its name, or its number where it has none.
    Group(String),
}

/// Right of everybody to write.
#[cfg(unix)]
const ANYONE: u32 = 0o002;
/// Right of the group to write.
#[cfg(unix)]
const GROUP: u32 = 0o020;
/// In such a folder everybody changes only files of their own.
#[cfg(unix)]
const STICKY: u32 = 0o1000;
/// The rights that let others write.
pub const OTHERS_WRITE: u32 = 0o022;
/// Group of the administrators of macOS, who may do everything anyway.
#[cfg(unix)]
const MACOS_ADMIN: u32 = 80;
/// Group of all people on macOS.
#[cfg(unix)]
const MACOS_STAFF: u32 = 20;
/// Bytes of a list of accounts or groups that are read.
const MOST: usize = 4 << 20;

/// The accounts and groups of a machine.
#[derive(Debug, Clone, Default)]
#[cfg_attr(not(unix), allow(dead_code))]
pub struct Groups {
    /// Name, number, number of the primary group.
    accounts: Vec<(String, u32, u32)>,
    /// Number, name, names of members.
    known: Vec<(u32, String, Vec<String>)>,
    /// The group of the home, which is the user's own where nothing else is known of it.
    home: Option<u32>,
    macos: bool,
}

impl Groups {
    /// Those of `host`, seen from a home or another folder of one user.
    #[must_use]
    pub fn of(host: &Host, home: &Path) -> Self {
        let read = |path: &str| {
            let mut bytes = Vec::new();
            let path = host.system_path(path);
            // None: only numbers are known then.
            let _ = super::open::open(&path).and_then(|mut file| file.read_up_to(&mut bytes, MOST));
            bytes
        };
        let (passwd, group) = (read("/etc/passwd"), read("/etc/group"));
        let accounts = lines(&passwd).filter_map(|fields| {
            let [name, _, uid, gid, ..] = fields[..] else { return None };
            Some((text(name), number(uid)?, number(gid)?))
        });
        let groups = lines(&group).filter_map(|fields| {
            let [name, _, gid, members] = fields[..] else { return None };
            let members = members.split(|byte| *byte == b',').filter(|name| !name.is_empty()).map(text);
            Some((number(gid)?, text(name), members.collect()))
        });
        let home = home.metadata().ok().and_then(|meta| sys::gid(&meta));
        let macos = host.os == super::Os::Macos;
        Self { accounts: accounts.collect(), known: groups.collect(), home, macos }
    }

    /// Who can write a file, or into a folder; `None`: nobody but its owner, or it cannot be told.
    #[must_use]
    pub fn writers(&self, path: &Path, meta: &Metadata) -> Option<Writers> {
        sys::writers(self, meta).filter(|_| sys::has_rights(path))
    }

    /// Whether somebody else than `owner` is in a group.
    #[cfg(unix)]
    fn is_shared(&self, gid: u32, owner: u32) -> bool {
        if gid == 0 || (self.macos && gid == MACOS_ADMIN) {
            return false;
        }
        if self.macos && gid == MACOS_STAFF {
            return true;
        }
        let known = self.known.iter().find(|(number, ..)| *number == gid);
        let is_other = |name: &String| {
            let mut named = self.accounts.iter().filter(|(account, ..)| account == name);
            !named.any(|(_, uid, _)| *uid == owner || *uid == 0)
        };
        let member = known.is_some_and(|(_, _, members)| members.iter().any(is_other));
        let primary = self.accounts.iter().any(|(_, uid, of)| *of == gid && *uid != owner && *uid != 0);
        let unknown = known.is_none() && gid != owner && self.home != Some(gid);
        member || primary || unknown
    }

    #[cfg(unix)]
    fn name(&self, gid: u32) -> String {
        let known = self.known.iter().find(|(number, ..)| *number == gid);
        known.map_or_else(|| gid.to_string(), |(_, name, _)| name.clone())
    }
}

/// Whether everybody writes into a folder and changes only what is theirs there, as with temporary files.
#[must_use]
pub fn is_common(folder: &Metadata) -> bool {
    sys::is_common(folder)
}

/// The permission bits, and the number of the owner.
#[must_use]
pub fn mode_and_owner(meta: &Metadata) -> Option<(u32, u32)> {
    sys::mode_and_owner(meta)
}

fn lines(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    // Names that start with `+` or `-` are NIS includes.
    let plain = |line: &&[u8]| !matches!(line.first(), None | Some(b'#' | b'+' | b'-'));
    text.split(|byte| *byte == b'\n').filter(plain).map(|line| line.split(|byte| *byte == b':').collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn number(bytes: &[u8]) -> Option<u32> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(unix)]
mod sys {
    use super::{ANYONE, GROUP, Groups, STICKY, Writers};
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    #[allow(clippy::unnecessary_wraps, reason = "Windows has none")]
    pub(super) fn gid(meta: &Metadata) -> Option<u32> {
        Some(meta.gid())
    }

    #[allow(clippy::unnecessary_wraps, reason = "Windows has none")]
    pub(super) fn mode_and_owner(meta: &Metadata) -> Option<(u32, u32)> {
        Some((meta.mode() & 0o7777, meta.uid()))
    }

    pub(super) fn is_common(folder: &Metadata) -> bool {
        folder.is_dir() && folder.mode() & STICKY != 0 && folder.mode() & ANYONE != 0
    }

    pub(super) fn writers(groups: &Groups, meta: &Metadata) -> Option<Writers> {
        let mode = meta.mode();
        if meta.is_dir() && mode & STICKY != 0 {
            return None;
        }
        if mode & ANYONE != 0 {
            return Some(Writers::Anyone);
        }
        let shared = mode & GROUP != 0 && groups.is_shared(meta.gid(), meta.uid());
        shared.then(|| Writers::Group(groups.name(meta.gid())))
    }

    /// File systems that make the bits up for all files at once: those of Windows and of USB sticks, drives of WSL,
    /// folders of a virtual machine's host, whatever comes by FUSE.
    #[cfg(target_os = "linux")]
    const WITHOUT_RIGHTS: [u64; 7] =
        [0x4d44, 0x2011_bab0, 0x5346_544e, 0x7366_746e, 0x0102_1997, 0x786f_4256, 0x6573_5546];

    /// Whether a file's bits are its own.
    #[cfg(target_os = "linux")]
    pub(super) fn has_rights(path: &Path) -> bool {
        // The number is signed on some machines.
        rustix::fs::statfs(path).is_ok_and(|found| !WITHOUT_RIGHTS.contains(&u64::from(found.f_type as u32)))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn has_rights(_: &Path) -> bool {
        true
    }
}

#[cfg(not(unix))]
mod sys {
    use super::{Groups, Writers};
    use std::fs::Metadata;
    use std::path::Path;

    pub(super) fn gid(_: &Metadata) -> Option<u32> {
        None
    }

    pub(super) fn mode_and_owner(_: &Metadata) -> Option<(u32, u32)> {
        None
    }

    pub(super) fn is_common(_: &Metadata) -> bool {
        false
    }

    pub(super) fn writers(_: &Groups, _: &Metadata) -> Option<Writers> {
        None
    }

    pub(super) fn has_rights(_: &Path) -> bool {
        false
    }
}
