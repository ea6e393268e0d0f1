//! The index and the hand-out log: nothing is lost between processes, and strangers are not believed.

use crate::common::home::set_mode;
use caulk::vault::log::{self, Asker, HandOut};
use caulk::vault::{Entry, INDEX_FILE, Index, VaultName};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn entry(name: &str) -> Entry {
    Entry {
        name: name.into(),
        store: "keychain".into(),
        created_at: "2026-01-01T00:00:00Z".into(),
        fingerprint: "hmac-sha256:00".into(),
        bindings: Vec::new(),
        refused_at: None,
        versions: Vec::new(),
        runs: Vec::new(),
    }
}

/// Does nothing, unless it is run by the test below in a process of its own.
#[test]
fn one_writer_of_many() {
    let Some(state) = std::env::var_os("CAULK_TEST_STATE") else { return };
    let state = Path::new(&state);
    for number in 0..40 {
        let name = format!("{}/{number}", std::process::id());
        Index::update(state, |index| index.put(entry(&name))).unwrap();
        let at = "2026-01-01T00:00:00Z".to_owned();
        let asker = Some(Asker { program: "x".repeat(3000), pid: std::process::id() });
        log::record(state, &HandOut { at, name, verb: "run".into(), asker }).unwrap();
    }
}

#[test]
fn processes_that_change_the_index_at_once_lose_nothing() {
    let state = TempDir::new().unwrap();
    let writers: Vec<_> = (0..4)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "vault::index::one_writer_of_many"])
                .env("CAULK_TEST_STATE", state.path())
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut writer in writers {
        assert!(writer.wait().unwrap().success());
    }
    let index = Index::load(state.path()).unwrap();
    assert_eq!(index.entries.len(), 160);
    assert!(index.entries.windows(2).all(|pair| pair[0].name < pair[1].name));
    assert_eq!(log::read(state.path()).unwrap().len(), 160);
}

#[test]
fn an_index_is_read_as_it_was_written_and_only_from_its_owner() {
    let state = TempDir::new().unwrap();
    assert!(Index::load(state.path()).unwrap().entries.is_empty());
    let name = VaultName::parse("a").unwrap();
    Index::update(state.path(), |index| index.put(entry("a"))).unwrap();
    assert_eq!(Index::load(state.path()).unwrap().find(&name), Some(&entry("a")));
    let file = state.path().join(INDEX_FILE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        set_mode(&file, 0o602);
        assert!(Index::load(state.path()).is_err());
        assert!(Index::update(state.path(), |_| ()).is_err());
        set_mode(&file, 0o600);
    }
    assert_eq!(Index::update(state.path(), |index| index.take(&name)).unwrap(), Some(entry("a")));
    for (text, words) in [("{\"schema_version\": 99, \"entries\": []}", "later"), ("{]", "not an index")] {
        std::fs::write(&file, text).unwrap();
        set_mode(&file, 0o600);
        let error = Index::load(state.path()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        // What cannot be read is not overwritten.
        assert!(Index::update(state.path(), |index| index.put(entry("b"))).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
}

#[test]
fn the_log_is_bounded_private_and_survives_a_cut_line() {
    let state = TempDir::new().unwrap();
    let event = |name: &str| HandOut {
        at: "2026-01-01T00:00:00Z".into(),
        name: name.into(),
        verb: "helper git".into(),
        asker: Some(Asker { program: "/usr/bin/git\n\u{1b}[31m".into(), pid: 7 }),
    };
    log::record(state.path(), &event("first")).unwrap();
    let file = log::path(state.path());
    let whole = std::fs::read_to_string(&file).unwrap();
    assert!(whole.ends_with('\n') && whole.lines().count() == 1 && !whole.contains('\u{1b}'));
    std::fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    set_mode(&file, 0o600);
    log::record(state.path(), &event("second")).unwrap();
    assert_eq!(log::read(state.path()).unwrap(), [event("second")]);
    // A file at its bound is put aside, and one only.
    for round in ["third", "fourth"] {
        let mut full = std::fs::read(&file).unwrap();
        full.resize(1 << 20, b'\n');
        std::fs::write(&file, full).unwrap();
        log::record(state.path(), &event(round)).unwrap();
    }
    assert_eq!(log::read(state.path()).unwrap(), [event("third"), event("fourth")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
