//! Facts of the system and safe access to files, through the public interface of `caulk::host`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "helpers of tests")]
#![allow(clippy::disallowed_methods, reason = "what the library does is held against the standard library")]

#[cfg(unix)]
mod unix;

use caulk::host::mounts::Mounts;
use caulk::host::open::{self, Roots};
use caulk::host::{Host, Os, key, list, procs, state, trusted, write};
use caulk::model::Skip;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder whose path has no links and which only its owner can enter.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().canonicalize().unwrap();
    (dir, real)
}

fn put(path: &Path, content: &[u8]) {
    std::fs::File::create(path).unwrap().write_all(content).unwrap();
}

fn get(path: &Path) -> Vec<u8> {
    let mut buf = Vec::new();
    assert!(!open::open(path).unwrap().read_up_to(&mut buf, 1 << 20).unwrap().truncated);
    buf
}

fn why(result: Result<open::OpenFile, Skip>) -> Skip {
    result.err().expect("should be refused")
}

fn names(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    list::list(dir, &mut |entry| names.push(entry.name.to_string_lossy().into_owned())).unwrap();
    names.sort();
    names
}

#[test]
fn debug_of_a_host_shows_no_value_of_its_environment() {
    let host = Host::fake(Os::Linux, Path::new("/home/ada"), &[("TOKEN", "a-value-nobody-may-see")]);
    assert!(!format!("{host:?}").contains("nobody"));
    assert_eq!(host.env("TOKEN"), Some(OsStr::new("a-value-nobody-may-see")));
}

#[test]
fn the_current_host_knows_its_caller() {
    let host = Host::current();
    assert_eq!(host.os, Os::HERE);
    assert!(!host.name.is_empty() && !host.user.name.is_empty());
    assert!(host.user.home.is_absolute());
    assert_eq!(host.environment().count(), std::env::vars_os().count());
}

#[test]
fn own_folders_follow_each_systems_custom() {
    let home = Path::new("/h");
    let linux = Host::fake(Os::Linux, home, &[("XDG_STATE_HOME", "/elsewhere"), ("XDG_CACHE_HOME", "relative")]).dirs();
    assert_eq!(linux.config, Path::new("/h/.config/caulk"));
    assert_eq!(linux.state, Path::new("/elsewhere/caulk"));
    assert_eq!(linux.cache, Path::new("/h/.cache/caulk"));
    assert_eq!(linux.data, Path::new("/h/.local/share/caulk"));
    let macos = Host::fake(Os::Macos, home, &[("XDG_CONFIG_HOME", "/elsewhere")]).dirs();
    assert_eq!(macos.config, Path::new("/h/Library/Application Support/caulk"));
    assert_eq!(macos.state, macos.config);
    let windows = Host::fake(Os::Windows, home, &[]).dirs();
    assert_eq!(windows.config, Path::new("/h/AppData/Roaming/caulk"));
    assert_eq!(windows.state, Path::new("/h/AppData/Local/caulk"));
}

#[test]
fn roots_of_surfaces_obey_overrides_only_when_told() {
    let (home, other) = (Path::new("/h"), Path::new("/mnt/image/home"));
    let host = Host::fake(Os::Linux, home, &[("XDG_CONFIG_HOME", "/moved")]);
    assert_eq!(host.root("config", home, true), Some("/moved".into()));
    assert_eq!(host.root("config", other, false), Some("/mnt/image/home/.config".into()));
    assert_eq!(host.root("home", other, true), Some(other.into()));
    assert_eq!(host.root("appdata", home, true), None);
    assert_eq!(host.root("nonsense", home, true), None);
    let host = Host::fake(Os::Windows, home, &[("APPDATA", "D:\\Roaming")]);
    assert_eq!(host.root("appdata", home, true), Some("D:\\Roaming".into()));
    assert_eq!(host.root("localappdata", home, true), Some("/h/AppData/Local".into()));
}

#[test]
fn reads_exactly_what_is_there_and_says_what_it_cut() {
    let (_guard, dir) = folder();
    let path = dir.join("file");
    for size in [0_usize, 1, 4095, 4096, 4097, 70_000] {
        let content: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        put(&path, &content);
        for max in [0, 1, 4095, 4096, 69_999, 70_000, 70_001, usize::MAX] {
            let mut buf = b"what the buffer held before".to_vec();
            let mut file = open::open(&path).unwrap();
            let outcome = file.read_up_to(&mut buf, max).unwrap();
            assert_eq!(outcome.truncated, size > max, "{size} {max}");
            assert_eq!(buf, content[..size.min(max)], "{size} {max}");
        }
        let file = open::open(&path).unwrap();
        let mut part = [0; 10];
        let at = (size as u64).saturating_sub(4);
        assert_eq!(file.read_at(at, &mut part).unwrap(), size.min(4));
        assert_eq!(file.read_at(size as u64 + 5, &mut part).unwrap(), 0);
    }
}

#[test]
fn a_file_that_grows_while_it_is_open_is_read_whole_and_is_known_to_have_changed() {
    let (_guard, dir) = folder();
    let path = dir.join("log");
    put(&path, b"first");
    let mut file = open::open(&path).unwrap();
    assert!(!file.changed());
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&vec![b'x'; 100_000]).unwrap();
    let mut buf = Vec::new();
    assert!(!file.read_up_to(&mut buf, 1 << 20).unwrap().truncated);
    assert_eq!(buf.len(), 100_005);
    assert!(file.changed());
    assert_ne!(file.identity(), open::open(&path).unwrap().identity());
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let (_guard, dir) = folder();
    assert_eq!(why(open::open(&dir.join("none"))), Skip::Io(std::io::ErrorKind::NotFound));
    assert!(matches!(why(open::open(&dir)), Skip::NotRegular(_) | Skip::PermissionDenied));
}

#[test]
fn an_output_appears_whole_or_not_at_all() {
    let (_guard, dir) = folder();
    let path = dir.join("report.json");
    let mut file = write::AtomicFile::create(&path).unwrap();
    file.write_all(b"half").unwrap();
    assert!(!path.exists());
    drop(file);
    assert!(names(&dir).is_empty(), "{:?}", names(&dir));
    put(&path, b"old");
    let mut file = write::AtomicFile::create(&path).unwrap();
    file.write_all(b"new").unwrap();
    assert_eq!(get(&path), b"old");
    file.commit().unwrap();
    assert_eq!(get(&path), b"new");
    assert_eq!(names(&dir), ["report.json"]);
    assert!(write::AtomicFile::create(&dir).is_err());
    assert!(write::AtomicFile::create(&dir.join("none").join("x")).err().unwrap().is_absent());
}

#[test]
fn one_key_however_many_ask_at_once() {
    let (_guard, dir) = folder();
    let state = dir.join("state").join("caulk");
    let gate = std::sync::Barrier::new(8);
    let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let ask = || {
            gate.wait();
            key::load(&state).unwrap().to_vec()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(keys[0].len(), key::KEY_BYTES);
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(names(&state), [key::KEY_FILE]);
    assert_ne!(key::ephemeral().unwrap().to_vec(), keys[0]);
    assert!(key::machine_key(&state).unwrap().ephemeral.is_none());
}

#[test]
fn a_broken_key_is_refused_and_a_missing_folder_costs_only_the_memory() {
    let (_guard, dir) = folder();
    put(&dir.join("not-a-folder"), b"");
    let key = key::machine_key(&dir.join("not-a-folder").join("caulk")).unwrap();
    assert!(key.ephemeral.is_some());
    assert_eq!(key.bytes.len(), key::KEY_BYTES);
    write::write(&dir.join(key::KEY_FILE), b"short").unwrap();
    let error = key::machine_key(&dir).err().unwrap();
    assert!(error.to_string().contains("32 bytes"), "{error}");
}

#[test]
fn stale_temporary_files_are_swept_and_nothing_else() {
    let (_guard, dir) = folder();
    let stale = format!(".caulk-{}.tmp", "0a".repeat(12));
    for name in [stale.as_str(), ".caulk-notes.tmp", "run.json"] {
        put(&dir.join(name), b"x");
    }
    let now = std::time::SystemTime::now();
    assert_eq!(state::sweep(&dir, now), 0, "a young one may be in use");
    assert_eq!(state::sweep(&dir, now + std::time::Duration::from_secs(7200)), 1);
    assert_eq!(names(&dir), [".caulk-notes.tmp", "run.json"]);
}

#[test]
fn a_trusted_file_comes_with_its_digest() {
    let (_guard, dir) = folder();
    let path = dir.join("config.toml");
    write::write(&path, b"\xEF\xBB\xBFabc").unwrap();
    let config = trusted::read(&path, 100).unwrap();
    assert_eq!(config.text, "abc");
    assert!(config.digest.starts_with("sha256:") && config.digest.len() == 7 + 64);
    assert_ne!(config.digest, trusted::digest(b"abc"));
    assert_eq!(trusted::digest(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(trusted::read(&path, 5).unwrap_err().to_string().contains("larger"));
    assert!(trusted::read(&dir.join("none"), 5).unwrap_err().is_absent());
    write::write(&path, b"\xFF").unwrap();
    assert!(trusted::read(&path, 100).unwrap_err().to_string().contains("UTF-8"));
}

/// Lines as in proc(5), with the odd ones: optional fields, escapes, covered mounts, broken lines.
const MOUNTINFO: &[u8] = b"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /mnt/nas rw,nosuid shared:2 master:7 - nfs4 nas.example.com:/export rw,vers=4.2
31 22 0:31 / /mnt/two\\040words rw - cifs //nas.example.com/share rw
32 30 0:32 / /mnt/nas/local rw - tmpfs tmpfs rw
33 22 0:33 / /home/ada/remote rw - fuse.sshfs ada@host.example.com: rw
34 22 0:34 / /home/ada/vault rw - fuse.gocryptfs /home/ada/.vault rw
35 22 0:35 / /mnt/c rw - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000
36 22 0:36 / /mnt/share rw - 9p share rw,trans=virtio
37 22 0:37 / /net rw - autofs systemd-1 rw
38 22 0:38 / /data rw - autofs systemd-1 rw
39 38 8:2 / /data rw - ext4 /dev/sda2 rw
40 22 0:40 / /dav rw - fuse https://dav.example.com rw
broken
41 22 0:41 / /cut rw -
";

#[test]
fn the_mount_table_tells_what_is_remote() {
    let mounts = Mounts::parse(MOUNTINFO);
    let remote = ["/mnt/nas", "/mnt/nas/a/b", "/mnt/two words/x", "/home/ada/remote/x", "/mnt/share", "/net/x", "/dav"];
    let local =
        ["/", "/mnt", "/mnt/nas/local/x", "/mnt/nasal", "/home/ada", "/home/ada/vault/x", "/mnt/c/x", "/data/x"];
    for path in remote {
        assert!(mounts.is_remote(Path::new(path)), "{path}");
    }
    for path in local {
        assert!(!mounts.is_remote(Path::new(path)), "{path}");
    }
    assert!(!Mounts::parse(b"1 0 0:1 / / rw - nfs server:/root rw").is_remote(Path::new("/etc")));
    assert!(!Mounts::default().is_remote(Path::new("/mnt/nas")));
}

#[test]
fn the_environment_of_this_process_is_read_from_the_host() {
    let host = Host::fake(Os::Linux, Path::new("/h"), &[("B", "2"), ("A", "1=x")]);
    let own = procs::own(&host);
    assert_eq!(own.bytes.as_slice(), b"A=1=x\0B=2\0");
    assert_eq!(own.pid, std::process::id());
}

proptest::proptest! {
    #[test]
    fn any_mount_table_is_taken(text in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = Mounts::parse(&text).is_remote(Path::new("/a/b"));
    }

    #[test]
    fn a_mount_point_of_any_name_is_found(name in "[^/\\x00]{1,20}") {
        let escape = |c: u8| match c {
            b' ' | b'\t' | b'\n' | b'\\' => format!("\\{c:03o}").into_bytes(),
            c => vec![c],
        };
        let escaped: Vec<u8> = name.bytes().flat_map(escape).collect();
        let line = [b"1 2 0:3 / /mnt/".as_slice(), &escaped, b" rw - nfs server:/x rw\n"].concat();
        let path = Path::new("/mnt").join(&name);
        proptest::prop_assume!(name != "." && name != "..");
        proptest::prop_assert!(Mounts::parse(&line).is_remote(&path.join("file")));
        proptest::prop_assert!(!Mounts::parse(&line).is_remote(Path::new("/mnt")));
    }

    #[test]
    fn any_size_is_read_up_to_any_bound(size in 0_usize..20_000, max in 0_usize..20_000, before in 0_usize..20_000) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let content: Vec<u8> = (0..size).map(|i| (i % 249) as u8).collect();
        file.write_all(&content).unwrap();
        let mut buf = vec![0xAA; before];
        let outcome = open::open(&file.path().canonicalize().unwrap()).unwrap().read_up_to(&mut buf, max).unwrap();
        proptest::prop_assert_eq!(outcome.truncated, size > max);
        proptest::prop_assert!(buf == content[..size.min(max)]);
    }
}
