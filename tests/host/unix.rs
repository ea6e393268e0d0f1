//! What only Unix has: modes, owners, links, FIFOs, processes.

use super::*;
use caulk::host::access::DirAccess;
use caulk::host::list::Kind::{Dir, File, Other, Symlink};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    assert!(std::fs::symlink_metadata(path).unwrap().file_type().is_fifo());
}

#[test]
fn only_regular_files_are_opened() {
    let (_guard, dir) = folder();
    fifo(&dir.join("fifo"));
    let _socket = std::os::unix::net::UnixListener::bind(dir.join("socket")).unwrap();
    symlink("/etc/passwd", dir.join("link")).unwrap();
    let roots = Roots::new(&[dir.clone(), PathBuf::from("/dev")]);
    for (path, what) in [(dir.join("fifo"), "FIFO"), (dir.clone(), "directory"), (PathBuf::from("/dev/zero"), "device")]
    {
        assert_eq!(why(open::open(&path)), Skip::NotRegular(what));
        assert_eq!(why(open::open_within(&roots, &path)), Skip::NotRegular(what));
    }
    assert!(matches!(why(open::open(&dir.join("socket"))), Skip::NotRegular(_)));
    assert_eq!(why(open::open_within(&roots, &dir.join("socket"))), Skip::NotRegular("socket"));
    assert_eq!(why(open::open(&dir.join("link"))), Skip::NotRegular("symbolic link"));
}

#[test]
fn links_are_followed_inside_the_roots_only() {
    let (_guard, dir) = folder();
    let (home, outside) = (dir.join("home"), dir.join("outside"));
    std::fs::create_dir_all(home.join("dotfiles")).unwrap();
    std::fs::create_dir_all(&outside).unwrap();
    put(&home.join("dotfiles/npmrc"), b"inside");
    put(&outside.join("npmrc"), b"outside");
    symlink("dotfiles/npmrc", home.join(".npmrc")).unwrap();
    symlink(outside.join("npmrc"), home.join(".out")).unwrap();
    symlink(&outside, home.join("away")).unwrap();
    symlink(home.join("dotfiles"), home.join("config")).unwrap();
    symlink("loop", home.join("loop")).unwrap();
    symlink("none", home.join("dangling")).unwrap();
    // The home itself is reached by a link, as /home often is.
    symlink(&home, dir.join("me")).unwrap();
    let roots = Roots::new(&[dir.join("me"), dir.join("gone")]);
    assert_eq!(roots.paths(), std::slice::from_ref(&home));

    let read = |path: PathBuf| {
        let mut buf = Vec::new();
        open::open_within(&roots, &path).map(|mut file| file.read_up_to(&mut buf, 100).map(|_| buf))
    };
    for inside in [".npmrc", "config/npmrc", "dotfiles/npmrc", "dotfiles/../.npmrc"] {
        assert_eq!(read(home.join(inside)).unwrap().unwrap(), b"inside", "{inside}");
        assert_eq!(read(dir.join("me").join(inside)).unwrap().unwrap(), b"inside", "{inside}");
    }
    for out in [".out", "away/npmrc", "../outside/npmrc"] {
        assert_eq!(read(home.join(out)).unwrap_err(), Skip::NotRegular(open::LEADS_OUT), "{out}");
    }
    assert!(read(home.join("loop")).is_err());
    assert_eq!(read(home.join("dangling")).unwrap_err(), Skip::Io(std::io::ErrorKind::NotFound));
}

#[test]
fn a_link_to_a_network_mount_is_not_followed() {
    let (_guard, dir) = folder();
    std::fs::create_dir(dir.join("nas")).unwrap();
    put(&dir.join("nas/file"), b"x");
    symlink("nas/file", dir.join("link")).unwrap();
    let table = format!("30 22 0:30 / {}/nas rw - nfs server:/x rw", dir.display());
    let roots = Roots::new(std::slice::from_ref(&dir)).avoiding(Mounts::parse(table.as_bytes()));
    assert_eq!(why(open::open_within(&roots, &dir.join("link"))), Skip::NotLocal);
}

#[test]
fn a_file_swapped_for_links_and_back_never_leads_out() {
    let (_guard, dir) = folder();
    let (home, outside) = (dir.join("home"), dir.join("outside"));
    for (folder, content) in [(&home.join("sub"), b"mine"), (&outside, b"evil")] {
        std::fs::create_dir_all(folder).unwrap();
        put(&folder.join("file"), content);
    }
    let roots = Roots::new(std::slice::from_ref(&home));
    let read = || {
        let mut buf = Vec::new();
        open::open_within(&roots, &home.join("sub/file"))
            .and_then(|mut file| file.read_up_to(&mut buf, 10))
            .map(|_| buf)
    };
    std::thread::scope(|scope| {
        let swaps = scope.spawn(|| {
            for _ in 0..2000 {
                std::fs::rename(home.join("sub"), home.join("aside")).unwrap();
                symlink(&outside, home.join("sub")).unwrap();
                std::fs::remove_file(home.join("sub")).unwrap();
                std::fs::rename(home.join("aside"), home.join("sub")).unwrap();
            }
        });
        while !swaps.is_finished() {
            // Refused or mine, never the other one.
            assert_eq!(read().unwrap_or_else(|_| b"mine".to_vec()), b"mine");
        }
    });
    assert_eq!(read().unwrap(), b"mine");
}

#[test]
fn a_listing_tells_kinds_and_does_not_enter_by_a_link() {
    let (_guard, dir) = folder();
    let sub = dir.join("sub");
    std::fs::create_dir(&sub).unwrap();
    put(&dir.join("file"), b"");
    fifo(&dir.join("fifo"));
    symlink("sub", dir.join("link")).unwrap();
    let mut found = Vec::new();
    list::list(&dir, &mut |entry| found.push((entry.name.into_string().unwrap(), entry.kind))).unwrap();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let kinds: Vec<_> = found.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    assert_eq!(kinds, [("fifo", Other), ("file", File), ("link", Symlink), ("sub", Dir)]);
    assert!(list::list(&dir.join("link"), &mut |_| panic!("entered")).is_err());
    assert!(list::list(&dir.join("fifo"), &mut |_| panic!("entered")).is_err());
    for i in 0..3000 {
        put(&sub.join(format!("{i:0>200}")), b"");
    }
    assert_eq!(names(&sub).len(), 3000, "more than one chunk");
}

/// Sets the group of a path; only root may give it one that is not its own.
fn chgrp(path: &Path, gid: u32) -> bool {
    std::os::unix::fs::chown(path, None, Some(gid)).is_ok()
}

#[test]
fn others_can_read_depends_on_the_file_and_on_every_folder_above() {
    // Below the system's temporary folder, which everybody can enter.
    let top = tempfile::tempdir().unwrap();
    let top = top.path();
    let inner = top.join("inner");
    std::fs::create_dir(&inner).unwrap();
    let path = inner.join("file");
    put(&path, b"x");
    let uid = std::fs::metadata(&path).unwrap().uid();
    let ask = || open::open(&path).unwrap().exposure(&path, &mut DirAccess::default());
    // (top, inner, file, whether its group is not the owner's own) -> whether others can read it
    for (top_mode, inner_mode, mode, foreign_group, expected) in [
        (0o755, 0o755, 0o644, false, true),
        (0o755, 0o755, 0o600, false, false),
        (0o755, 0o755, 0o640, false, false),
        (0o755, 0o755, 0o640, true, true),
        (0o755, 0o755, 0o604, false, true),
        (0o755, 0o755, 0o622, false, false),
        (0o711, 0o711, 0o644, false, true),
        (0o700, 0o755, 0o644, false, false),
        (0o755, 0o700, 0o644, false, false),
        (0o750, 0o755, 0o644, false, false),
        (0o755, 0o744, 0o644, false, false),
    ] {
        if !chgrp(&path, if foreign_group { uid + 1 } else { uid }) {
            println!("not root: groups are not tested");
            continue;
        }
        chgrp(top, uid);
        chmod(&path, mode);
        chmod(&inner, inner_mode);
        chmod(top, top_mode);
        let exposure = ask();
        assert_eq!(exposure.mode, Some(mode));
        let case = format!("{top_mode:o} {inner_mode:o} {mode:o} {foreign_group}");
        assert_eq!(exposure.others_can_read, Some(expected), "{case}");
    }
    chmod(top, 0o700);
}

#[cfg(target_os = "linux")]
#[test]
fn an_acl_that_names_somebody_counts() {
    let top = tempfile::tempdir().unwrap();
    chmod(top.path(), 0o755);
    let path = top.path().join("file");
    put(&path, b"x");
    // An owner that is not root, where that can be had: root's own entry says nothing of others.
    let _ = std::os::unix::fs::chown(&path, Some(4242), None);
    let meta = std::fs::metadata(&path).unwrap();
    chgrp(&path, meta.uid());
    // user::rw-, user:<named>:<bits>, group::---, mask::r--, other::---
    let acl = |named: u32, bits: u8| {
        let mut acl = vec![2, 0, 0, 0];
        for (tag, bits, id) in
            [(1, 6, u32::MAX), (2, bits, named), (4, 0, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)]
        {
            acl.extend_from_slice(&[tag, 0, bits, 0]);
            acl.extend_from_slice(&id.to_le_bytes());
        }
        acl
    };
    for (named, bits, expected) in [(meta.uid() + 7, 4, true), (meta.uid() + 7, 2, false), (0, 4, false)] {
        let flags = rustix::fs::XattrFlags::empty();
        if rustix::fs::setxattr(&path, "system.posix_acl_access", &acl(named, bits), flags).is_err() {
            println!("no ACLs on this file system: not tested");
            return;
        }
        let exposure = open::open(&path).unwrap().exposure(&path, &mut DirAccess::default());
        assert_eq!(exposure.others_can_read, Some(expected), "{named} {bits}");
    }
}

#[test]
fn outputs_are_the_owners_alone_and_links_stay() {
    let (_guard, dir) = folder();
    let path = dir.join("report");
    put(&path, b"old");
    chmod(&path, 0o644);
    symlink("report", dir.join("latest")).unwrap();
    write::write(&dir.join("latest"), b"new").unwrap();
    assert_eq!(get(&path), b"new");
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    assert!(std::fs::symlink_metadata(dir.join("latest")).unwrap().file_type().is_symlink());
    symlink("not-yet", dir.join("dangling")).unwrap();
    write::write(&dir.join("dangling"), b"made").unwrap();
    assert_eq!(get(&dir.join("not-yet")), b"made");
    fifo(&dir.join("fifo"));
    for special in [dir.join("fifo"), PathBuf::from("/dev/null")] {
        assert!(write::AtomicFile::create(&special).err().unwrap().to_string().contains("not a regular file"));
    }
}

#[test]
fn the_state_folder_is_closed_to_others() {
    let (_guard, dir) = folder();
    let state = dir.join("a/b");
    state::ensure_dir(&state).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&state), mode(&dir.join("a"))), (0o700, 0o700));
    chmod(&state, 0o775);
    state::ensure_dir(&state).unwrap();
    assert_eq!(mode(&state), 0o700);
    put(&dir.join("file"), b"");
    assert!(state::ensure_dir(&dir.join("file")).is_err());
    if std::os::unix::fs::chown(&state, Some(4242), None).is_ok() {
        assert!(state::ensure_dir(&state).unwrap_err().to_string().contains("4242"));
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_and_kept() {
    let (_guard, dir) = folder();
    let made = key::load(&dir).unwrap();
    let path = dir.join(key::KEY_FILE);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    chmod(&path, 0o640);
    let error = key::machine_key(&dir).err().unwrap().to_string();
    assert!(error.contains("key") && error.contains("delete it"), "{error}");
    chmod(&path, 0o600);
    assert_eq!(key::load(&dir).unwrap(), made);
    if std::os::unix::fs::chown(&path, Some(4242), None).is_ok() {
        assert!(key::load(&dir).unwrap_err().to_string().contains("another account"));
    }
    std::fs::remove_file(&path).unwrap();
    symlink("elsewhere", &path).unwrap();
    assert!(key::load(&dir).is_err());
}

#[test]
fn what_others_can_write_is_not_trusted() {
    let (_guard, dir) = folder();
    let path = dir.join("rules.toml");
    write::write(&path, b"x = 1").unwrap();
    let uid = std::fs::metadata(&path).unwrap().uid();
    assert!(chgrp(&path, uid) || uid != 0);
    let gid = std::fs::metadata(&path).unwrap().gid();
    for (mode, trusted) in [(0o600, true), (0o644, true), (0o664, gid == uid), (0o646, false), (0o666, false)] {
        chmod(&path, mode);
        assert_eq!(trusted::read(&path, 100).is_ok(), trusted, "{mode:o}");
    }
    chmod(&path, 0o644);
    chmod(&dir, 0o777);
    assert!(trusted::read(&path, 100).unwrap_err().to_string().contains("folder that others can write"));
    chmod(&dir, 0o1777);
    assert!(trusted::read(&path, 100).is_ok(), "sticky, like the temporary folder above");
    chmod(&dir, 0o700);
    symlink("rules.toml", dir.join("link")).unwrap();
    assert_eq!(trusted::read(&dir.join("link"), 100).unwrap().path, path);
    if std::os::unix::fs::chown(&path, Some(4242), None).is_ok() {
        assert!(trusted::read(&path, 100).unwrap_err().to_string().contains("4242"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn environments_of_other_processes_are_found_once_each() {
    let start = || {
        std::process::Command::new("sleep")
            .arg("60")
            .env_clear()
            .env("CAULK_TEST_MARK", "7f3a-marked")
            .env("PADDING", "p".repeat(100_000))
            .spawn()
            .unwrap()
    };
    let mut children = [start(), start()];
    let marked = |limit| {
        let all = procs::read_all(limit);
        assert!(all.iter().all(|env| env.pid != std::process::id()));
        let mark = b"CAULK_TEST_MARK=7f3a-marked\0";
        all.into_iter().filter(|env| env.bytes.windows(mark.len()).any(|w| w == mark)).collect::<Vec<_>>()
    };
    let (whole, cut) = (marked(1 << 20), marked(1000));
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].count, 2);
    assert_eq!(whole[0].pid, children[0].id().min(children[1].id()));
    assert!(whole[0].exe.is_absolute() && !whole[0].truncated && whole[0].bytes.len() > 100_000);
    // The mark comes first or last, by the order of the environment.
    assert!(cut.iter().all(|env| env.truncated && env.bytes.len() == 1000));
}
