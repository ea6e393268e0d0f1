//! The Unix half: a folder held by its descriptor, so that no link put in its place redirects a write.

use super::{Method, Refusal};
use crate::host::open::OpenFile;
use crate::model::Skip;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Right of the owner to write.
const OWNER_WRITES: u32 = 0o200;

/// A folder and the name of a file in it, which need not be there.
pub(super) struct Place {
    folder: OwnedFd,
    real: PathBuf,
    name: OsString,
}

/// What became of an exchange of two names.
pub(super) enum Exchange {
    Done,
    /// This system or file system cannot do it.
    Unsupported,
    /// This file cannot be exchanged or renamed at all: a mount, a folder that takes no new name.
    Never,
}

impl Place {
    /// Opens the folder of `real`, a path without links.
    pub(super) fn at(real: &Path) -> io::Result<Self> {
        let name = real.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        let parent = real.parent().ok_or(io::ErrorKind::InvalidFilename)?;
        Ok(Self { folder: open_folder(parent)?, real: real.to_owned(), name })
    }

    pub(super) fn real(&self) -> &Path {
        &self.real
    }

    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    /// Opens a regular file for reading; others are refused before they are opened.
    pub(super) fn read(&self, name: &OsStr) -> Result<OpenFile, Skip> {
        let skip = |e: Errno| crate::host::skip_of(&e.into());
        let stat = rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW).map_err(skip)?;
        match FileType::from_raw_mode(stat.st_mode as _) {
            FileType::RegularFile => {}
            FileType::Directory => return Err(Skip::NotRegular("directory")),
            FileType::Symlink => return Err(Skip::NotRegular("symbolic link")),
            FileType::Fifo => return Err(Skip::NotRegular("FIFO")),
            FileType::Socket => return Err(Skip::NotRegular("socket")),
            _ => return Err(Skip::NotRegular("device")),
        }
        self.open(name, OFlags::RDONLY, Mode::empty()).map_err(|e| crate::host::skip_of(&e)).and_then(OpenFile::vet)
    }

    /// Opens a regular file or a folder, for its permission bits; others are refused before they are opened.
    pub(super) fn hold(&self) -> Result<File, Skip> {
        let skip = |e: Errno| crate::host::skip_of(&e.into());
        let stat = rustix::fs::statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW).map_err(skip)?;
        if FileType::from_raw_mode(stat.st_mode as _) != FileType::Directory {
            return self.read(&self.name).map(OpenFile::into_file);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        self.open(&self.name, flags, Mode::empty()).map_err(|e| crate::host::skip_of(&e))
    }

    /// Opens a file to write over its content, which stays.
    pub(super) fn write(&self, name: &OsStr) -> io::Result<File> {
        self.open(name, OFlags::RDWR, Mode::empty())
    }

    /// Makes a file that did not exist, for its owner only.
    pub(super) fn create(&self, name: &OsStr) -> io::Result<File> {
        self.open(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, Mode::RUSR | Mode::WUSR)
    }

    fn open(&self, name: &OsStr, flags: OFlags, mode: Mode) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        Ok(File::from(retry_on_intr(|| rustix::fs::openat(&self.folder, name, flags, mode))?))
    }

    /// Exchanges two names, so that there is no instant at which either is missing.
    pub(super) fn exchange(&self, one: &OsStr, other: &OsStr) -> io::Result<Exchange> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        {
            let flags = rustix::fs::RenameFlags::EXCHANGE;
            match rustix::fs::renameat_with(&self.folder, one, &self.folder, other, flags) {
                Ok(()) => Ok(Exchange::Done),
                Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => Ok(Exchange::Unsupported),
                Err(e) => never(e).map(|()| Exchange::Never),
            }
        }
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        {
            let _ = (one, other);
            Ok(Exchange::Unsupported)
        }
    }

    /// Gives `from` the name `to`, whatever had it. `false`: this file cannot be renamed at all.
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<bool> {
        match rustix::fs::renameat(&self.folder, from, &self.folder, to) {
            Ok(()) => Ok(true),
            Err(e) => never(e).map(|()| false),
        }
    }

    /// Gives `from` the name `to`, which must be free.
    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        match rustix::fs::renameat_with(&self.folder, from, &self.folder, to, rustix::fs::RenameFlags::NOREPLACE) {
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => {}
            done => return Ok(done?),
        }
        rustix::fs::linkat(&self.folder, from, &self.folder, to, AtFlags::empty())?;
        self.unlink(from)
    }

    pub(super) fn unlink(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }

    /// Makes names durable. The files are there even if this fails.
    pub(super) fn sync(&self) {
        if let Ok(folder) = rustix::fs::openat(&self.folder, ".", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            let _ = rustix::fs::fsync(folder);
        }
    }

    /// How the file can be replaced, as far as that can be told without trying.
    pub(super) fn method(&self, links: u64) -> Method {
        if links > 1 {
            return Method::InPlace("it has several names (hard links)");
        }
        if rustix::fs::accessat(
            &self.folder,
            ".",
            rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
            EFFECTIVE,
        )
        .is_err()
        {
            return Method::InPlace("its folder cannot be written");
        }
        self.in_place_by_flags().map_or(
            if cfg!(any(target_os = "linux", target_os = "macos")) { Method::Exchange } else { Method::Rename },
            Method::InPlace,
        )
    }

    #[cfg(target_os = "linux")]
    fn in_place_by_flags(&self) -> Option<&'static str> {
        use rustix::fs::{StatxAttributes, StatxFlags, statx};
        let attributes = |name: &OsStr| {
            let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
            statx(&self.folder, name, flags, StatxFlags::empty()).map(|found| found.stx_attributes)
        };
        if attributes(&self.name).is_ok_and(|found| found.contains(StatxAttributes::MOUNT_ROOT)) {
            return Some("it is mounted by itself");
        }
        let fixed = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
        attributes(OsStr::new(".")).is_ok_and(|found| found.intersects(fixed)).then_some("its folder cannot be changed")
    }

    /// Flags of macOS cannot be given to another file without unsafe code.
    #[cfg(target_os = "macos")]
    fn in_place_by_flags(&self) -> Option<&'static str> {
        use std::os::macos::fs::MetadataExt as _;
        /// `UF_SETTABLE` without `UF_NODUMP`... of `<sys/stat.h>`: what `chflags` sets; `UF_TRACKED` is not one.
        const OWNERS: u32 = 0xffff & !0x40;
        let flags = self.open(&self.name, OFlags::RDONLY, Mode::empty()).and_then(|file| file.metadata());
        flags.is_ok_and(|meta| meta.st_flags() & OWNERS != 0).then_some("it has flags of its own")
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    fn in_place_by_flags(&self) -> Option<&'static str> {
        None
    }

    /// Whether the caller may change the file, and meant it to be changed.
    pub(super) fn may_change(&self, file: &File) -> Result<(), Refusal> {
        let (uid, mode) = file.metadata().map(|meta| (meta.uid(), meta.mode()))?;
        if uid != rustix::process::geteuid().as_raw() {
            return Err(Refusal::NotOwner(uid));
        }
        for (root, name) in [("/nix/store", "Nix"), ("/gnu/store", "Guix")] {
            if self.real.starts_with(root) {
                return Err(Refusal::Store(name));
            }
        }
        // The owner's own flags and mounts first: they say more than the mode.
        if let Some(what) = fixed(file) {
            return Err(Refusal::Locked(what));
        }
        match rustix::fs::accessat(&self.folder, &self.name, rustix::fs::Access::WRITE_OK, EFFECTIVE) {
            Err(Errno::ROFS) => return Err(Refusal::ReadOnlyFilesystem),
            Err(Errno::ACCESS) => return Err(Refusal::ReadOnly),
            Err(Errno::PERM) => return Err(Refusal::Locked("immutable")),
            Err(e) => return Err(Refusal::io(&e.into())),
            Ok(()) => {}
        }
        // Root may write everything; the bit says what the owner wants.
        if mode & OWNER_WRITES == 0 { Err(Refusal::ReadOnly) } else { Ok(()) }
    }
}

/// Rights of the effective user, as an open would have them.
const EFFECTIVE: AtFlags = AtFlags::EACCESS;

/// Refusals of a rename that a write in place may get around; the rest are failures.
fn never(error: Errno) -> io::Result<()> {
    match error {
        Errno::BUSY | Errno::XDEV | Errno::PERM | Errno::ACCESS => Ok(()),
        e => Err(e.into()),
    }
}

#[cfg(target_os = "linux")]
fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    use rustix::fs::{CWD, ResolveFlags, openat2};
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match retry_on_intr(|| openat2(CWD, path, flags, Mode::empty(), resolve)) {
        // Before Linux 5.6, and where a container forbids it: the last part only.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {
            Ok(retry_on_intr(|| rustix::fs::open(path, flags | OFlags::NOFOLLOW, Mode::empty()))?)
        }
        opened => Ok(opened?),
    }
}

#[cfg(not(target_os = "linux"))]
fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?)
}

/// Whether a flag keeps everybody from changing the file.
#[cfg(target_os = "linux")]
fn fixed(file: &File) -> Option<&'static str> {
    use rustix::fs::{StatxAttributes, StatxFlags, statx};
    let found = statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::empty()).ok()?.stx_attributes;
    let has = |flag, word| found.contains(flag).then_some(word);
    has(StatxAttributes::IMMUTABLE, "immutable").or_else(|| has(StatxAttributes::APPEND, "append-only"))
}

#[cfg(target_os = "macos")]
fn fixed(file: &File) -> Option<&'static str> {
    use std::os::macos::fs::MetadataExt as _;
    /// `UF_IMMUTABLE`, `SF_IMMUTABLE`; then `UF_APPEND`, `SF_APPEND`, of `<sys/stat.h>`.
    const IMMUTABLE: u32 = 0x0002 | 0x0002_0000;
    const APPEND: u32 = 0x0004 | 0x0004_0000;
    let flags = file.metadata().ok()?.st_flags();
    let has = |flag, word| (flags & flag != 0).then_some(word);
    has(IMMUTABLE, "locked").or_else(|| has(APPEND, "append-only"))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn fixed(_: &File) -> Option<&'static str> {
    None
}

/// How many names a file has.
pub(super) fn links(file: &File) -> u64 {
    file.metadata().map_or(1, |meta| meta.nlink())
}

/// The permission bits, with the set-id and sticky bits.
pub(super) fn mode(held: &File) -> Option<u32> {
    held.metadata().ok().map(|meta| meta.mode() & 0o7777)
}

/// Gives what is open these permission bits.
pub(super) fn set_mode(held: &File, bits: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    held.set_permissions(std::fs::Permissions::from_mode(bits))
}

/// Whether a failure says that another program has the file open.
pub(super) fn shared(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::TXTBSY))
}

/// Whether a file is the caller's own.
pub(super) fn owned(file: &OpenFile) -> bool {
    file.uid() == Some(rustix::process::geteuid().as_raw())
}
