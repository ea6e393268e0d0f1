//! Edits that are made meanwhile are never lost.

use super::*;
use caulk::host::surgery::{create, name_beside, remove_if};
use std::io::Write;
use std::process::Child;

/// What a patient says when `edit` happens between reading and writing.
fn interrupted(edit: impl FnOnce(&Path)) -> (Result<(), Refusal>, Vec<u8>, usize) {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "the old content");
    let patient = open(&path).unwrap();
    let temporary = patient.temporary().unwrap();
    edit(&path);
    let result = patient.replace(b"new", &temporary);
    (result, std::fs::read(&path).unwrap_or_default(), names(&dir).len())
}

#[test]
fn an_edit_after_the_file_was_read_stays() {
    type Edit = (&'static str, fn(&Path), &'static [u8]);
    let edits: [Edit; 5] = [
        (
            "appended",
            |path| std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(b"!").unwrap(),
            b"the old content!",
        ),
        ("written over", |path| put(path, "another content"), b"another content"),
        (
            "the same length and time",
            |path| {
                let time = std::fs::metadata(path).unwrap().modified().unwrap();
                let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                file.write_all(b"THE").unwrap();
                file.set_modified(time).unwrap();
            },
            b"THE old content",
        ),
        (
            "another file, same content",
            |path| {
                put(&path.with_file_name("x"), "the old content");
                std::fs::rename(path.with_file_name("x"), path).unwrap();
            },
            b"the old content",
        ),
        ("emptied", |path| put(path, ""), b""),
    ];
    for (what, edit, kept) in edits {
        let (result, content, files) = interrupted(edit);
        assert_eq!(result, Err(Refusal::Changed), "{what}");
        assert_eq!((content.as_slice(), files), (kept, 1), "{what}");
    }
    let (result, _, files) = interrupted(|path| std::fs::remove_file(path).unwrap());
    assert_eq!((result, files), (Err(Refusal::Gone), 0));
    let (result, _, files) = interrupted(|path| {
        std::fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
    });
    assert!(matches!(result, Err(Refusal::NotRegular(_))), "{result:?}");
    assert_eq!(files, 1);
}

/// A shell that edits a file over and over.
fn editor(script: &str, path: &Path) -> Child {
    Command::new("sh").arg("-c").arg(script).arg("sh").arg(path).stdin(Stdio::null()).spawn().unwrap()
}

/// Replaces the file as fast as it goes while `script` edits it; the last edit must be in the end, sealed or not.
fn race(script: &str, last: &str) {
    let (_guard, dir) = folder();
    let path = dir.join("f");
    put(&path, "edit 0\n");
    let mut child = editor(script, &path);
    let (mut done, mut refused) = (0, 0);
    while child.try_wait().unwrap().is_none() {
        let Ok(patient) = Patient::open(&path, MAX) else {
            refused += 1;
            continue;
        };
        let new = [b"sealed ", patient.bytes()].concat();
        let temporary = patient.temporary().unwrap();
        match patient.replace(&new, &temporary) {
            Ok(()) => done += 1,
            Err(_) => refused += 1,
        }
        assert!(!temporary.exists());
    }
    let content = String::from_utf8(get(&path)).unwrap();
    println!("{done} replaced, {refused} refused, in the end {content:?}");
    assert_eq!(content.trim_start_matches("sealed ").trim_end(), last);
    assert!(names(&dir).iter().all(|name| name == "f" || name.to_str().unwrap().contains("kept")), "{:?}", names(&dir));
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_writes_over_the_file_meanwhile_loses_nothing() {
    race(
        "i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo \"edit $i\" > \"$1\"; [ $((i%25)) = 0 ] && sleep 0.01; done",
        "edit 1500",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_replaces_the_file_meanwhile_loses_nothing() {
    race(
        "i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo \"edit $i\" > \"$1.x\"; mv \"$1.x\" \"$1\"; [ $((i%15)) = 0 ] && sleep 0.02; done",
        "edit 150",
    );
}

#[test]
fn a_new_file_replaces_none_and_goes_only_unchanged() {
    let (_guard, dir) = folder();
    let (real, temporary) = name_beside(&dir.join(".gitconfig")).unwrap();
    create(&real, b"[a]\n", &temporary).unwrap();
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(create(&real, b"other", &name_beside(&real).unwrap().1), Err(Refusal::Exists));
    assert_eq!(get(&real), b"[a]\n");
    put(&real, "[a]\n[b]\n");
    assert_eq!(remove_if(&real, b"[a]\n", &temporary), Err(Refusal::Changed));
    assert_eq!(get(&real), b"[a]\n[b]\n");
    put(&real, "[a]\n");
    remove_if(&real, b"[a]\n", &temporary).unwrap();
    assert!(names(&dir).is_empty());
    assert_eq!(remove_if(&real, b"[a]\n", &temporary), Err(Refusal::Gone));
    // Neither does a link that leads nowhere give way.
    std::os::unix::fs::symlink("nowhere", &real).unwrap();
    assert_eq!(create(&real, b"x", &temporary), Err(Refusal::Exists));
    assert_eq!(names(&dir).len(), 1);
    assert!(name_beside(&dir.join("none").join("f")).is_err());
}
