//! The index reader, held against indexes that git itself wrote.
// The files are the test's own; helpers of tests are not seen as tests.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stderr)]

use caulk::read::git_index::{Index, parse};
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A repository that git made.
struct Repository {
    folder: TempDir,
    sha256: bool,
}

impl Repository {
    /// `None`, with the reason on standard error, where git is missing or knows no such repository.
    fn new(object_format: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self { folder, sha256: object_format == "sha256" };
        let made = repository.try_git(&["init", "-q", &format!("--object-format={object_format}")]);
        if !made {
            eprintln!("skipped: no git here that can make a {object_format} repository");
        }
        made.then_some(repository)
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn try_git(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        // Neither the user's settings nor a repository around this one may change what is written.
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_CEILING_DIRECTORIES"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.output().is_ok_and(|output| output.status.success())
    }

    fn git(&self, arguments: &[&str]) {
        assert!(self.try_git(arguments), "git {arguments:?}");
    }

    fn write(&self, name: &str) {
        let file = self.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, name).unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path().join(".git/index")).unwrap()
    }

    fn index(&self) -> Index {
        parse(&self.bytes(), self.sha256).map_err(|problem| problem.what).unwrap()
    }
}

const TRACKED: [&str; 7] = ["a", ".env", "deep/er/.npmrc", "deep/er/file", "deep/other", "näme", "with space/x y"];
const UNTRACKED: [&str; 6] = ["b", "deep", "deep/", "deep/er/.npmr", "/a", ""];

fn add_tracked(repository: &Repository) {
    for name in TRACKED {
        repository.write(name);
    }
    // A name of every length up to 30: all paddings of versions 2 and 3.
    for length in 1..=30 {
        repository.write(&format!("pad/{}", "p".repeat(length)));
    }
    repository.git(&["add", "."]);
    repository.write("b");
}

fn assert_tracks(index: &Index) {
    assert!(!index.incomplete());
    assert_eq!(index.len(), TRACKED.len() + 30);
    for name in TRACKED {
        assert!(index.tracks(name.as_bytes()), "{name}");
    }
    for length in 1..=30 {
        assert!(index.tracks(format!("pad/{}", "p".repeat(length)).as_bytes()), "{length}");
    }
    for name in UNTRACKED {
        assert!(!index.tracks(name.as_bytes()), "{name}");
    }
}

#[test]
fn every_version_and_object_format() {
    for object_format in ["sha1", "sha256"] {
        for (version, written) in [("2", 2), ("3", 3), ("4", 4)] {
            let Some(repository) = Repository::new(object_format) else { return };
            add_tracked(&repository);
            if version == "3" {
                // git writes version 3 only where an entry has extended flags.
                repository.git(&["update-index", "--skip-worktree", "deep/other"]);
            } else {
                repository.git(&["update-index", "--index-version", version]);
            }
            assert_eq!(repository.bytes()[7], written);
            assert_tracks(&repository.index());
            repository.git(&["commit", "-qm", "now with a cached tree"]);
            assert_tracks(&repository.index());
            let wrong_size = parse(&repository.bytes(), !repository.sha256).unwrap();
            assert!(wrong_size.incomplete() && !wrong_size.tracks(b"a"));
        }
    }
}

#[test]
fn no_file_is_tracked() {
    let Some(repository) = Repository::new("sha1") else { return };
    repository.write("a");
    repository.git(&["add", "a"]);
    repository.git(&["rm", "-q", "--cached", "a"]);
    let index = repository.index();
    assert!(index.is_empty() && !index.incomplete() && !index.tracks(b"a") && !index.tracks(b""));
}

#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let Some(repository) = Repository::new("sha1") else { return };
    let name = b"na\xffme\n\xc3";
    std::fs::write(repository.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
    repository.git(&["add", "."]);
    let index = repository.index();
    assert!(index.tracks(name) && !index.tracks(b"na\xef\xbf\xbdme\n\xc3"));
}

#[test]
fn a_conflict_and_an_intended_file_are_tracked() {
    let Some(repository) = Repository::new("sha1") else { return };
    repository.write("base");
    repository.git(&["add", "."]);
    repository.git(&["commit", "-qm", "base"]);
    repository.git(&["branch", "other"]);
    for (branch, content) in [("", "one"), ("other", "two")] {
        if !branch.is_empty() {
            repository.git(&["checkout", "-q", branch]);
        }
        std::fs::write(repository.path().join("base"), content).unwrap();
        repository.git(&["commit", "-qam", content]);
    }
    assert!(!repository.try_git(&["merge", "-q", "@{-1}"]), "the merge conflicts");
    repository.write("soon");
    repository.git(&["add", "-N", "soon"]);
    let index = repository.index();
    assert!(index.tracks(b"base") && index.tracks(b"soon") && !index.incomplete());
    assert_eq!(index.len(), 2);
}

#[test]
fn a_split_index_is_incomplete() {
    let Some(repository) = Repository::new("sha1") else { return };
    repository.git(&["config", "splitIndex.maxPercentChange", "100"]);
    repository.write("shared");
    repository.git(&["add", "."]);
    repository.git(&["update-index", "--split-index"]);
    repository.write("new");
    repository.git(&["add", "new"]);
    // Replaces an entry of the shared index: written without a path.
    std::fs::write(repository.path().join("shared"), "something longer").unwrap();
    repository.git(&["add", "shared"]);
    let index = repository.index();
    assert!(index.incomplete() && index.problem().is_none());
    assert!(index.tracks(b"new") && !index.tracks(b"shared"));
}

#[test]
fn a_folder_of_a_sparse_index_tracks_what_is_below() {
    let Some(repository) = Repository::new("sha1") else { return };
    for name in ["kept/file", "left/file", "left/deep/file", "leftover"] {
        repository.write(name);
    }
    repository.git(&["add", "."]);
    repository.git(&["commit", "-qm", "all"]);
    if !repository.try_git(&["sparse-checkout", "set", "--cone", "--sparse-index", "kept"]) {
        eprintln!("skipped: this git knows no sparse index");
        return;
    }
    let index = repository.index();
    assert_eq!(index.len(), 3, "kept/file, left/, leftover");
    assert!(!index.incomplete());
    for name in ["kept/file", "left/file", "left/deep/file", "left/anything", "leftover"] {
        assert!(index.tracks(name.as_bytes()), "{name}");
    }
    assert!(!index.tracks(b"left") && !index.tracks(b"kept/other") && !index.tracks(b"x/left/file"));
}

#[test]
fn what_is_no_index_is_refused() {
    for (bytes, what) in [
        (b"".as_slice(), "not a git index"),
        (b"DIRT\0\0\0\x02\0\0\0\0", "not a git index"),
        (b"DIRC\0\0\0\x02\0\0", "unexpected end"),
        (b"DIRC\0\0\0\x05\0\0\0\0", "unknown version of the git index"),
    ] {
        assert_eq!(parse(bytes, false).err().map(|problem| problem.what), Some(what));
    }
}

/// One entry of a version-4 index, written by hand.
fn entry(dropped: &[u8], added: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 62];
    bytes[26..28].copy_from_slice(&[0x81, 0xa4]);
    bytes.extend_from_slice(dropped);
    bytes.extend_from_slice(added);
    bytes.push(0);
    bytes
}

fn version_4(count: u32, entries: &[Vec<u8>]) -> Vec<u8> {
    let header = [b"DIRC\0\0\0\x04".as_slice(), &count.to_be_bytes()].concat();
    [header, entries.concat(), vec![0; 20]].concat()
}

#[test]
fn hostile_entries_are_bounded() {
    let good = version_4(2, &[entry(&[0], b"folder/one"), entry(&[3], b"two")]);
    let index = parse(&good, false).map_err(|problem| problem.what).unwrap();
    assert!(index.tracks(b"folder/one") && index.tracks(b"folder/two") && !index.incomplete());

    let too_many = version_4(u32::MAX, &[entry(&[0], b"a")]);
    let drops_too_much = version_4(2, &[entry(&[0], b"a"), entry(&[2], b"b")]);
    let endless_number = version_4(2, &[entry(&[0], b"a"), entry(&[0xff; 40], b"b")]);
    for bytes in [too_many, drops_too_much, endless_number] {
        let index = parse(&bytes, false).map_err(|problem| problem.what).unwrap();
        assert!(index.tracks(b"a") && index.incomplete());
    }

    let long = version_4(2, &[entry(&[0], b"a"), entry(&[1], &vec![b'x'; 70_000])]);
    assert!(parse(&long, false).is_ok_and(|index| index.problem().is_some_and(|problem| problem.bound)));
    // Every entry repeats a long path at the cost of a byte: hashing whole paths would take minutes.
    let mut entries = vec![entry(&[0], &vec![b'x'; 60_000])];
    entries.resize_with(50_000, || entry(&[1], b"y"));
    let started = std::time::Instant::now();
    assert!(parse(&version_4(50_000, &entries), false).is_ok_and(|index| index.len() == 2));
    assert!(started.elapsed().as_secs() < 3);
}

#[test]
fn cut_and_damaged_indexes_are_survived() {
    let Some(repository) = Repository::new("sha1") else { return };
    add_tracked(&repository);
    let whole = repository.bytes();
    for cut in 12..whole.len() {
        let index = parse(&whole[..cut], false).map_err(|problem| problem.what).unwrap();
        assert!(index.incomplete() || cut > whole.len() - 20, "cut at {cut}");
        assert!(!index.tracks(b"b"));
    }
    proptest!(|(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20))| {
        let mut bytes = whole.clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(index) = parse(&bytes, false) {
            prop_assert!(index.len() <= whole.len() / 62);
        }
    });
}
