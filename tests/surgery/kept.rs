//! What a file keeps, whichever way it is replaced, and which files are left alone.

use super::*;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn the_bytes_are_exactly_the_new_ones_and_the_mode_stays() {
    let (_guard, dir) = folder();
    let path = dir.join(".npmrc");
    for (old, new) in [
        (&b"\xef\xbb\xbfa=1\r\nb=2\r\n"[..], &b"\xef\xbb\xbfa=${X}\r\nb=2\r\n"[..]),
        (b"no newline at the end", b"none"),
        (b"", b"from nothing"),
        (b"to nothing", b""),
        (b"\0\xff\xfe binary", b"\xfe\0"),
    ] {
        for bits in [0o600, 0o640, 0o644, 0o666, 0o700, 0o2640, 0o4600] {
            put(&path, old);
            mode(&path, bits);
            let before = std::fs::metadata(&path).unwrap();
            assert_eq!(open(&path).unwrap().bytes(), old);
            replace(&path, new).unwrap();
            let after = std::fs::metadata(&path).unwrap();
            assert_eq!(get(&path), new);
            assert_eq!(after.mode(), before.mode());
            assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
            assert_eq!(names(&dir), [".npmrc"]);
        }
    }
}

#[test]
fn the_same_content_touches_nothing() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "same");
    let before = std::fs::metadata(&path).unwrap();
    replace(&path, "same").unwrap();
    let after = std::fs::metadata(&path).unwrap();
    assert_eq!((before.ino(), before.ctime_nsec()), (after.ino(), after.ctime_nsec()));
}

#[test]
fn a_link_stays_and_what_it_leads_to_changes() {
    let (_guard, dir) = folder();
    let (home, stow) = (dir.join("home"), dir.join("dotfiles"));
    std::fs::create_dir_all(&home).unwrap();
    std::fs::create_dir_all(&stow).unwrap();
    put(&stow.join("npmrc"), "old");
    symlink("../dotfiles/npmrc", home.join("first")).unwrap();
    symlink("first", home.join(".npmrc")).unwrap();
    let patient = open(&home.join(".npmrc")).unwrap();
    assert_eq!(patient.real(), stow.join("npmrc"));
    let temporary = patient.temporary().unwrap();
    assert_eq!(temporary.parent(), Some(&*stow));
    patient.replace(b"new", &temporary).unwrap();
    assert_eq!(get(&stow.join("npmrc")), b"new");
    assert_eq!(std::fs::read_link(home.join(".npmrc")).unwrap(), Path::new("first"));
    assert_eq!((names(&home).len(), names(&stow).len()), (2, 1));
}

#[test]
fn every_name_of_a_file_sees_the_change() {
    let (_guard, dir) = folder();
    let (one, two) = (dir.join("one"), dir.join("two"));
    for new in ["longer than it was before", "short", "the same"] {
        put(&one, "the size");
        if !two.exists() {
            std::fs::hard_link(&one, &two).unwrap();
        }
        let before = std::fs::metadata(&one).unwrap();
        assert!(matches!(open(&one).unwrap().method(), Method::InPlace(_)));
        replace(&two, new).unwrap();
        assert_eq!((get(&one), get(&two)), (new.into(), new.into()));
        assert_eq!(std::fs::metadata(&one).unwrap().ino(), before.ino());
        assert_eq!(names(&dir).len(), 2);
    }
}

#[test]
fn a_file_written_in_place_keeps_its_set_id_bits() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    std::fs::hard_link(&path, dir.join("g")).unwrap();
    mode(&path, 0o6755);
    replace(&path, "newer").unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o6755);
}

#[test]
#[cfg(target_os = "linux")]
fn extended_attributes_and_access_lists_stay() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    mode(&path, 0o640);
    if !run("setfattr", &["-n", "user.origin", "-v", "somewhere", text(&path)]) {
        return println!("skipped: no extended attributes here");
    }
    assert!(run("setfattr", &["-n", "user.empty", text(&path)]));
    let lists = run("setfacl", &["-m", "u:12345:r,g:54321:rw", text(&path)]);
    if root() {
        assert!(run("setfattr", &["-n", "trusted.caulk", "-v", "x", text(&path)]));
        assert!(run("setfattr", &["-n", "security.caulk", "-v", "y", text(&path)]));
        std::os::unix::fs::chown(&path, None, Some(4321)).unwrap();
    }
    let dump = || {
        let acl = if lists { output("getfacl", &["-pn", text(&path)]) } else { String::new() };
        let attributes = output("getfattr", &["-d", "-m", "-", "--absolute-names", text(&path)]);
        (acl, attributes, std::fs::metadata(&path).unwrap().gid())
    };
    let before = dump();
    assert!(before.1.contains("user.origin"));
    replace(&path, "new content").unwrap();
    assert_eq!(get(&path), b"new content");
    assert_eq!(dump(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_folder_gives_to_new_files_is_not_given_to_an_old_one() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    if !run("setfacl", &["-d", "-m", "u:12345:rwx,g:54321:rwx", text(&dir)]) {
        return println!("skipped: no access lists here");
    }
    mode(&path, 0o660);
    let before = output("getfacl", &["-pn", text(&path)]);
    replace(&path, "new").unwrap();
    let after = output("getfacl", &["-pn", text(&path)]);
    assert_eq!(after, before);
    assert!(!after.contains("12345"));
}

#[test]
#[cfg(target_os = "linux")]
fn flags_stay() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    if !run("chattr", &["+dS", text(&path)]) {
        return println!("skipped: no flags here");
    }
    let flags = || output("lsattr", &[text(&path)]);
    let before = flags();
    replace(&path, "new").unwrap();
    assert_eq!(flags(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_nobody_may_change_is_left_alone() {
    for (flag, word) in [("i", "immutable"), ("a", "append-only")] {
        let (_guard, dir) = folder();
        let path = dir.join("f");
        put(&path, "old");
        if !run("chattr", &[&format!("+{flag}"), text(&path)]) {
            return println!("skipped: flags need root");
        }
        let refused = why(&path);
        assert!(run("chattr", &[&format!("-{flag}"), text(&path)]));
        assert_eq!(refused, Refusal::Locked(word));
    }
}

#[test]
fn a_read_only_file_is_left_alone_even_by_root() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    mode(&path, 0o444);
    assert_eq!(why(&path), Refusal::ReadOnly);
    // The same if the bit goes between the look and the act.
    mode(&path, 0o644);
    let patient = open(&path).unwrap();
    let temporary = patient.temporary().unwrap();
    mode(&path, 0o444);
    assert_eq!(patient.replace(b"new", &temporary).err(), Some(Refusal::Changed));
    assert_eq!((get(&path), names(&dir).len()), (b"old".to_vec(), 1));
}

#[test]
fn what_is_not_the_callers_is_left_alone() {
    if !root() {
        return assert_eq!(why(Path::new("/etc/passwd")), Refusal::NotOwner(0));
    }
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
    assert_eq!(why(&path), Refusal::NotOwner(12345));
    assert!(why(&path).reason().contains("12345"));
}

#[test]
fn only_a_regular_file_of_bounded_size_is_opened() {
    let (_guard, dir) = folder();
    assert_eq!(why(&dir.join("none")), Refusal::Gone);
    assert!(matches!(why(&dir), Refusal::NotRegular(_)));
    symlink("nowhere", dir.join("link")).unwrap();
    assert_eq!(why(&dir.join("link")), Refusal::Gone);
    assert!(run("mkfifo", &[text(&dir.join("fifo"))]));
    assert_eq!(why(&dir.join("fifo")), Refusal::NotRegular("FIFO"));
    put(&dir.join("large"), [b'x'; 101]);
    assert_eq!(Patient::open(&dir.join("large"), 100).err(), Some(Refusal::TooLarge));
    assert!(Patient::open(&dir.join("large"), 101).is_ok());
}

#[test]
fn only_a_temporary_name_of_ours_beside_the_file_is_used() {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "old");
    put(&dir.join("precious"), "x");
    std::fs::create_dir(dir.join("sub")).unwrap();
    let ours = open(&path).unwrap().temporary().unwrap();
    for wrong in [dir.join("precious"), dir.join("sub").join(ours.file_name().unwrap()), PathBuf::from("/")] {
        assert!(matches!(open(&path).unwrap().replace(b"new", &wrong), Err(Refusal::Io(_))), "{wrong:?}");
        assert!(matches!(settle(&path, &wrong, Some(b"old"), b"new"), Err(Refusal::Io(_))), "{wrong:?}");
    }
    // A name that is taken, by a link even, is never written to.
    symlink(dir.join("precious"), &ours).unwrap();
    assert_eq!(open(&path).unwrap().replace(b"new", &ours), Err(Refusal::Exists));
    assert_eq!((get(&path), get(&dir.join("precious"))), (b"old".to_vec(), b"x".to_vec()));
}

/// A mount that is taken away again.
struct Mount(PathBuf);

impl Mount {
    fn new(args: &[&str], on: &Path) -> Option<Self> {
        (root() && run("mount", &[args, &[text(on)]].concat())).then(|| Self(on.to_owned()))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &[text(&self.0)]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_mounted_by_itself_is_written_in_place() {
    let (_guard, dir) = folder();
    let (outside, inside) = (dir.join("outside"), dir.join("inside"));
    put(&outside, "old");
    put(&inside, "covered");
    let Some(mount) = Mount::new(&["--bind", text(&outside)], &inside) else {
        return println!("skipped: may not mount");
    };
    assert!(matches!(open(&inside).unwrap().method(), Method::InPlace(_)));
    replace(&inside, "new content").unwrap();
    assert_eq!((get(&inside), get(&outside)), (b"new content".to_vec(), b"new content".to_vec()));
    drop(mount);
    assert_eq!(get(&inside), b"covered");
    assert_eq!(names(&dir).len(), 2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_read_only_mount_is_told_before_anything_is_written() {
    let (_guard, dir) = folder();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "caulk-test"], &dir) else {
        return println!("skipped: may not mount");
    };
    let path = dir.join("f");
    put(&path, "old");
    let patient = open(&path).unwrap();
    let temporary = patient.temporary().unwrap();
    assert!(run("mount", &["-o", "remount,ro", text(&dir)]));
    assert_eq!(why(&path), Refusal::ReadOnlyFilesystem);
    assert_eq!(patient.replace(b"new", &temporary), Err(Refusal::ReadOnlyFilesystem));
    assert_eq!((get(&path), names(&dir).len()), (b"old".to_vec(), 1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_old_file() {
    let (_guard, dir) = folder();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=64k", "caulk-test"], &dir) else {
        return println!("skipped: may not mount");
    };
    let (path, filler) = (dir.join("f"), dir.join("filler"));
    put(&path, "old");
    let _ = std::fs::write(&filler, vec![b'x'; 64 << 10]);
    let new = vec![b'y'; 32 << 10];
    assert_eq!(replace(&path, &new).err(), Some(Refusal::Io(std::io::ErrorKind::StorageFull)));
    assert_eq!((get(&path), names(&dir).len()), (b"old".to_vec(), 2));
    std::fs::hard_link(&path, dir.join("g")).unwrap();
    assert_eq!(replace(&path, &new).err(), Some(Refusal::Io(std::io::ErrorKind::StorageFull)));
    assert_eq!((get(&path), names(&dir).len()), (b"old".to_vec(), 3));
    std::fs::remove_file(&filler).unwrap();
    replace(&path, &new).unwrap();
    assert_eq!(get(&dir.join("g")), new);
}

#[test]
fn a_folder_that_takes_no_new_name_means_in_place() {
    let (_guard, dir) = folder();
    let path = dir.join("sub").join("f");
    std::fs::create_dir(dir.join("sub")).unwrap();
    put(&path, "old");
    if root() {
        // Modes do not bind root; a flag does.
        if !run("chattr", &["+i", text(&dir.join("sub"))]) {
            return println!("skipped: no flags here");
        }
    } else {
        mode(&dir.join("sub"), 0o500);
    }
    let method = open(&path).unwrap().method();
    let replaced = replace(&path, "new");
    run("chattr", &["-i", text(&dir.join("sub"))]);
    mode(&dir.join("sub"), 0o700);
    assert!(matches!(method, Method::InPlace(_)), "{method:?}");
    assert!(replaced.is_ok(), "{replaced:?}");
    assert_eq!((get(&path), names(&dir.join("sub")).len()), (b"new".to_vec(), 1));
}

#[test]
fn a_folder_exchanged_for_a_link_redirects_nothing() {
    let (_guard, dir) = folder();
    let (real, moved, victim) = (dir.join("d"), dir.join("moved"), dir.join("victim"));
    std::fs::create_dir(&real).unwrap();
    std::fs::create_dir(&victim).unwrap();
    put(&real.join("f"), "old");
    put(&victim.join("f"), "old");
    let patient = open(&real.join("f")).unwrap();
    let temporary = patient.temporary().unwrap();
    std::fs::rename(&real, &moved).unwrap();
    symlink(&victim, &real).unwrap();
    let _ = patient.replace(b"new", &temporary);
    assert_eq!((get(&victim.join("f")), names(&victim).len()), (b"old".to_vec(), 1));
    assert_eq!(get(&moved.join("f")), b"new");
    assert!(settle(&real.join("f"), &temporary, Some(b"old"), b"new").is_err());
    assert_eq!(
        settle(&moved.join("f"), &moved.join(temporary.file_name().unwrap()), Some(b"old"), b"new"),
        Ok(Settled::New)
    );
}
