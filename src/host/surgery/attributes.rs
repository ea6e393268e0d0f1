//! What a file has besides its content, given to the file that takes its place.
//!
//! Owner, mode, access list and extended attributes on Linux; its `chattr` flags too. Not seen:
//! attributes that only root can list (`trusted.*`), access lists of macOS and Windows (no safe
//! interface), and the time of birth. Nothing here reads content.

use crate::host::open::OpenFile;
use std::fs::File;

/// Gives an empty `to` what must be set before it has content. An error names what cannot be given.
pub(super) fn before_content(from: &OpenFile, to: &File) -> Result<(), &'static str> {
    sys::flags(from.file(), to)
}

/// Gives `to` everything else that `from` has, takes away what it has not, and compares.
pub(super) fn carry(from: &OpenFile, to: &File) -> Result<(), &'static str> {
    sys::carry(from, to)
}

/// Gives back the set-id bits that writing took away.
pub(super) fn keep_mode(file: &File, mode: Option<u32>) {
    sys::keep_mode(file, mode);
}

#[cfg(unix)]
mod sys {
    use super::OpenFile;
    use rustix::fs::{Mode, XattrFlags};
    use rustix::io::Errno;
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::os::unix::fs::MetadataExt;

    /// Room for the names of all attributes, and for one value: the kernel's own bounds.
    const ROOM: usize = 64 << 10;

    #[cfg(target_os = "linux")]
    pub(super) fn flags(from: &File, to: &File) -> Result<(), &'static str> {
        use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};
        let kept = IFlags::COMPRESSED
            | IFlags::NOATIME
            | IFlags::NOCOW
            | IFlags::NODUMP
            | IFlags::NOTAIL
            | IFlags::PROJECT_INHERIT
            | IFlags::SECURE_REMOVAL
            | IFlags::SYNC
            | IFlags::UNRM
            | IFlags::JOURNALING;
        // Most file systems have them; on the rest there is nothing to lose.
        let (Ok(old), Ok(new)) = (ioctl_getflags(from), ioctl_getflags(to)) else { return Ok(()) };
        let wanted = (new - kept) | (old & kept);
        if wanted == new {
            return Ok(());
        }
        let set = ioctl_setflags(to, wanted).is_ok();
        let same = ioctl_getflags(to).is_ok_and(|now| now & kept == old & kept);
        if set && same { Ok(()) } else { Err("its flags (chattr) cannot be carried over") }
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unnecessary_wraps, reason = "Linux has them")]
    pub(super) fn flags(_: &File, _: &File) -> Result<(), &'static str> {
        Ok(())
    }

    pub(super) fn carry(from: &OpenFile, to: &File) -> Result<(), &'static str> {
        let (Some(uid), Some(gid), Some(mode)) = (from.uid(), from.gid(), from.mode()) else { return Ok(()) };
        let wanted = attributes(from.file())?;
        // What the folder gives to new files first, or the wider mode would open it to those it names.
        for name in attributes(to)?.keys().filter(|name| !wanted.contains_key(*name)) {
            rustix::fs::fremovexattr(to, name.as_slice()).map_err(|_| EXTENDED)?;
        }
        if owner(to) != Some((uid, gid)) {
            let (uid, gid) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
            rustix::fs::fchown(to, Some(uid), Some(gid)).map_err(|_| OWNER)?;
        }
        // After the owner, whose change takes the set-id bits away.
        if mode_of(to) != Some(mode) {
            rustix::fs::fchmod(to, Mode::from_raw_mode(mode as _)).map_err(|_| MODE)?;
        }
        let have = attributes(to)?;
        for (name, value) in wanted.iter().filter(|(name, value)| have.get(*name) != Some(*value)) {
            rustix::fs::fsetxattr(to, name.as_slice(), value, XattrFlags::empty()).map_err(|_| EXTENDED)?;
        }
        if owner(to) != Some((uid, gid)) {
            return Err(OWNER);
        }
        if mode_of(to) != Some(mode) {
            return Err(MODE);
        }
        if attributes(to)? == wanted { Ok(()) } else { Err(EXTENDED) }
    }

    const OWNER: &str = "its owner or group cannot be carried over";
    const MODE: &str = "its mode cannot be carried over";
    const EXTENDED: &str = "its extended attributes cannot be carried over";

    fn owner(file: &File) -> Option<(u32, u32)> {
        file.metadata().ok().map(|meta| (meta.uid(), meta.gid()))
    }

    fn mode_of(file: &File) -> Option<u32> {
        file.metadata().ok().map(|meta| meta.mode() & 0o7777)
    }

    /// Extended attributes with the access list among them (on Linux).
    fn attributes(file: &File) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, &'static str> {
        let mut names = vec![0; ROOM];
        let length = match rustix::fs::flistxattr(file, &mut names[..]) {
            // A file system without them.
            Err(Errno::NOTSUP | Errno::NOSYS) => 0,
            length => length.map_err(|_| EXTENDED)?,
        };
        let mut found = BTreeMap::new();
        for name in names[..length].split(|&b| b == 0).filter(|name| !name.is_empty()) {
            let mut value = vec![0; ROOM];
            let length = rustix::fs::fgetxattr(file, name, &mut value[..]).map_err(|_| EXTENDED)?;
            value.truncate(length);
            found.insert(name.to_vec(), value);
        }
        Ok(found)
    }

    pub(super) fn keep_mode(file: &File, mode: Option<u32>) {
        if let Some(mode) = mode.filter(|mode| mode_of(file) != Some(*mode)) {
            let _ = rustix::fs::fchmod(file, Mode::from_raw_mode(mode as _));
        }
    }
}

/// The access list is the folder's; it cannot be read without unsafe code.
#[cfg(not(unix))]
mod sys {
    use super::OpenFile;
    use std::fs::File;

    pub(super) fn flags(_: &File, _: &File) -> Result<(), &'static str> {
        Ok(())
    }

    pub(super) fn carry(_: &OpenFile, _: &File) -> Result<(), &'static str> {
        Ok(())
    }

    pub(super) fn keep_mode(_: &File, _: Option<u32>) {}
}
