//! `caulk vault` against a real Secret Service.

use super::account::Account;
use crate::common::desk::make;
use crate::common::home::set_mode;
use crate::common::secret_service::SecretService;
use caulk::vault::{Index, VaultName};
use serde_json::Value;
use std::io::Read as _;

fn secret(seed: &str) -> String {
    make("<an:36>", seed)
}

fn listed(account: &Account, arguments: &[&str]) -> Vec<Value> {
    let run = account.run(&[&["ls", "--format", "json"], arguments].concat()).ends_with(0);
    let list: Value = serde_json::from_slice(&run.out).unwrap();
    assert_eq!(list["schema_version"], 1);
    list["entries"].as_array().unwrap().clone()
}

fn names(account: &Account, arguments: &[&str]) -> Vec<String> {
    listed(account, arguments).iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_secret_is_stored_listed_renamed_and_removed() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let (first, second) = (secret("1"), secret("2"));
    account.feed(&["set", "deploy/token", "--env", "DEPLOY"], first.as_bytes()).ends_with(0).without(first.as_bytes());
    account.run(&["get", "deploy/token"]).ends_with(0).says(&[]);
    assert_eq!(account.run(&["get", "deploy/token"]).out, first.as_bytes());
    account.feed(&["set", "deploy/token"], second.as_bytes()).ends_with(0);
    assert_eq!(account.run(&["get", "deploy/token"]).out, second.as_bytes());

    let entries = listed(&account, &[]);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["name"], "deploy/token");
    assert_eq!(entries[0]["store"], "keychain");
    assert_eq!(entries[0]["bindings"][0]["variable"], "DEPLOY", "kept when the value is replaced");
    let table = account.run(&["ls"]).ends_with(0).without(second.as_bytes()).text();
    assert!(table.contains("deploy/token") && table.contains("run, in DEPLOY"), "{table}");

    // Who uses it is said before it is renamed or removed, and nobody is there to agree.
    account.run(&["mv", "deploy/token", "other"]).ends_with(0);
    account.run(&["mv", "other", "deploy/token"]).ends_with(0);
    let name = VaultName::parse("deploy/token").unwrap();
    Index::update(&account.state(), |index| index.find_mut(&name).unwrap().runs.push("2026-01-01".into())).unwrap();
    account.run(&["mv", "deploy/token", "other"]).ends_with(2).says(&["fix run 2026-01-01", "--yes"]);
    account.run(&["rm", "deploy/token"]).ends_with(2).says(&["run, in DEPLOY", "--yes"]);
    assert_eq!(names(&account, &[]), ["deploy/token"]);
    account.feed(&["set", "taken"], b"x").ends_with(0);
    account.run(&["mv", "--yes", "deploy/token", "taken"]).ends_with(2).says(&["is there already"]);
    account.run(&["mv", "--yes", "deploy/token", "new/name"]).ends_with(0);
    account.run(&["get", "deploy/token"]).ends_with(1).says(&["deploy/token: not found"]);
    assert_eq!(account.run(&["get", "new/name"]).out, second.as_bytes());
    assert_eq!(names(&account, &[]), ["new/name", "taken"]);
    account.run(&["rm", "-y", "new/name", "taken"]).ends_with(0);
    account.run(&["rm", "-y", "new/name"]).ends_with(1).says(&["not found"]);
    assert!(names(&account, &[]).is_empty());
    assert_eq!(service.secret_tool(&["search", "--all", "service", "caulk"], b"").stdout, b"");

    // What was handed out is in the log, with the asker, and no value.
    let log = account.run(&["log", "deploy/token", "--format", "json"]).ends_with(0).without(first.as_bytes());
    let log: Value = serde_json::from_slice(&log.out).unwrap();
    let events = log["handouts"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["verb"], "vault get");
    assert_eq!(events[0]["asker"]["pid"], std::process::id());
    assert!(account.run(&["log"]).ends_with(0).text().contains("new/name  vault get"));
}

#[test]
fn values_of_every_size_and_shape_come_back_as_they_were() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let mut values: Vec<Vec<u8>> = [1_usize, 2560, 2561, 64 << 10]
        .iter()
        .map(|size| make("<an:64>", &size.to_string()).into_bytes().into_iter().cycle().take(*size).collect())
        .collect();
    values.extend([
        b"two\nlines".to_vec(),
        b"nul\0inside".to_vec(),
        b"\"quotes\" 'and' `ticks` $HOME \\".to_vec(),
        "påsswörd 秘密 🔑".as_bytes().to_vec(),
        (0..=255).collect(),
        vec![0],
        b" spaces ".to_vec(),
        b"caulk-parts:1:0123456789abcdef:1:1:".to_vec(),
    ]);
    for (number, value) in values.iter().enumerate() {
        account.feed(&["set", "v"], value).ends_with(0);
        let run = account.run(&["get", "v"]).ends_with(0);
        assert!(run.out == *value, "value {number} changed");
    }
    // One line end is what `echo` adds; any more are the value's.
    for (given, kept) in [(&b"a\n"[..], &b"a"[..]), (b"a\r\n", b"a"), (b"a\n\n", b"a\n"), (b"\na", b"\na")] {
        account.feed(&["set", "v"], given).ends_with(0);
        assert_eq!(account.run(&["get", "v"]).out, kept);
    }
    let over = vec![b'x'; (64 << 10) + 1];
    account.feed(&["set", "v"], &over).ends_with(2).says(&["64 KiB"]);
    account.feed(&["set", "v"], b"").ends_with(2).says(&["no value"]);
    account.feed(&["set", "v"], b"\n").ends_with(2).says(&["no value"]);
    assert_eq!(account.run(&["get", "v"]).out, b"\na", "a refused value changes nothing");
    for name in ["a b", "-x", "a=b", "é"] {
        account.feed(&["set", "--", name], b"x").ends_with(2);
    }
    account.feed(&["set", "run/2026"], b"x").ends_with(2).says(&["undo"]);
}

#[test]
fn other_programs_read_what_caulk_stores_and_caulk_what_they_store() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let (ours, theirs) = (secret("ours"), secret("theirs"));
    account.feed(&["set", "npm/npm.example.com"], ours.as_bytes()).ends_with(0);
    let attributes = ["service", "caulk", "username", "npm/npm.example.com"];
    assert_eq!(service.secret_tool(&[&["lookup"], &attributes[..]].concat(), b"").stdout, ours.as_bytes());
    let found = service.secret_tool(&["search", "--all", "service", "caulk"], b"").stdout;
    assert!(String::from_utf8_lossy(&found).contains("label = caulk: npm/npm.example.com"));

    let store = |more: &[&str], value: &str| {
        let arguments = [&["store", "--label", "x", "service", "caulk", "username", "by/hand"], more].concat();
        assert!(service.secret_tool(&arguments, value.as_bytes()).status.success());
    };
    store(&[], &theirs);
    assert_eq!(account.run(&["get", "by/hand"]).ends_with(0).out, theirs.as_bytes());
    assert_eq!(names(&account, &[]), ["npm/npm.example.com", "by/hand"]);
    // A second item with the same value is no riddle; one with another value is.
    store(&["more", "1"], &theirs);
    assert_eq!(account.run(&["get", "by/hand"]).ends_with(0).out, theirs.as_bytes());
    store(&["more", "2"], &ours);
    let run = account.run(&["get", "by/hand"]).ends_with(1).says(&["several keychain items"]);
    run.without(ours.as_bytes()).without(theirs.as_bytes());
    account.feed(&["set", "by/hand"], b"new").ends_with(1).says(&["several keychain items"]);
    account.run(&["rm", "-y", "by/hand"]).ends_with(1).says(&["several keychain items"]);
}

#[test]
fn the_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let well = account.run(&["doctor"]).ends_with(0).text();
    assert!(well.contains("ok     keychain: writes, reads and removes"), "{well}");
    for name in ["whole", "changed", "gone"] {
        account.feed(&["set", name], secret(name).as_bytes()).ends_with(0);
    }
    let well = account.run(&["doctor"]).ends_with(0).text();
    assert!(well.contains("3 of 3 sealed secrets are whole"), "{well}");
    service.secret_tool(&["clear", "service", "caulk", "username", "gone"], b"");
    service
        .secret_tool(&["store", "--label", "caulk: changed", "service", "caulk", "username", "changed"], b"tampered");
    service.secret_tool(&["store", "--label", "x", "service", "caulk", "username", "extra"], b"x");
    service.secret_tool(&["store", "--label", "x", "service", "caulk", "username", "a#0123456789abcdef.0"], b"x");
    set_mode(&account.state().join("vault.json"), 0o644);
    let run = account.run(&["doctor"]).ends_with(1).without(b"tampered");
    let text = run.text();
    for words in [
        "vault.json is open to others\n       next: chmod 600",
        "gone: is in the index and not in the store\n       next: caulk vault set gone",
        "changed: another program has changed the value\n       next: caulk vault set changed",
        "note   extra is in the keychain and not in the index",
        "1 pieces of values that an interrupted write left behind\n       next: caulk vault doctor --sweep",
        "1 of 3 sealed secrets are whole",
    ] {
        assert!(text.contains(words), "`{words}` not in:\n{text}");
    }
    set_mode(&account.state().join("vault.json"), 0o600);
    for name in ["gone", "changed", "extra"] {
        account.run(&["rm", "-y", name]).ends_with(0);
    }
    let mended = account.run(&["doctor", "--sweep"]).ends_with(0).text();
    assert!(mended.contains("1 leftover pieces removed"), "{mended}");
    account.run(&["doctor"]).ends_with(0);
    assert_eq!(names(&account, &["--all"]), ["whole"], "the doctor's own probes are gone");
}

#[test]
fn an_export_opens_with_other_tools_and_comes_in_elsewhere() {
    let service = SecretService::start();
    let account = Account::new(service.environment());
    let passphrase = account.home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse\n").unwrap();
    let passphrase = passphrase.to_str().unwrap();
    let value = secret("export");
    account.feed(&["set", "a/token", "--env", "A"], value.as_bytes()).ends_with(0);
    account.feed(&["set", "b"], &[0, 1, 2, 255]).ends_with(0);
    // The key of a fix run, as `fix` stores it.
    service.secret_tool(&["store", "--label", "x", "service", "caulk", "username", "run/2026-01-01"], b"runkey");
    assert_eq!(names(&account, &[]).len(), 2);
    assert_eq!(names(&account, &["--all"]).len(), 3);

    account.run(&["export", "-o", "out.age"]).ends_with(2).says(&["--passphrase-file"]);
    let file = account.home.path().join("out.age");
    assert!(!file.exists());
    account.run(&["export", "-o", "out.age", "--passphrase-file", passphrase]).ends_with(0).says(&["3 exported"]);
    let sealed = std::fs::read(&file).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let identity = age::scrypt::Identity::new("correct horse".to_owned().into());
    let decryptor = age::Decryptor::new(&sealed[..]).unwrap();
    let mut plain = Vec::new();
    let identities = std::iter::once(&identity as &dyn age::Identity);
    decryptor.decrypt(identities).unwrap().read_to_end(&mut plain).unwrap();
    let content: Value = serde_json::from_slice(&plain).unwrap();
    let exported = content["entries"].as_array().unwrap();
    assert_eq!(exported.len(), 3);
    assert_eq!(exported[0]["name"], "a/token");
    assert_eq!(exported[0]["value_base64"], data_encoding::BASE64.encode(value.as_bytes()));

    // Another machine.
    let there = SecretService::start();
    let other = Account::new(there.environment());
    let wrong = other.home.path().join("wrong");
    std::fs::write(&wrong, "incorrect").unwrap();
    let file = file.to_str().unwrap();
    let import = |more: &[&str]| other.run(&[&["import", file, "--passphrase-file", passphrase], more].concat());
    let refused = other.run(&["import", file, "--passphrase-file", wrong.to_str().unwrap()]);
    refused.ends_with(2).says(&["the passphrase is not"]);
    import(&[]).ends_with(0).says(&["3 imported, 0 there already"]).without(value.as_bytes());
    assert_eq!(other.run(&["get", "a/token"]).ends_with(0).out, value.as_bytes());
    assert_eq!(other.run(&["get", "b"]).ends_with(0).out, [0, 1, 2, 255]);
    assert_eq!(listed(&other, &[])[0]["bindings"][0]["variable"], "A");
    other.run(&["doctor"]).ends_with(0);
    import(&[]).ends_with(0).says(&["0 imported, 3 there already"]);
    other.feed(&["set", "b"], b"newer").ends_with(0);
    import(&[]).ends_with(1).says(&["--replace", ": b"]);
    assert_eq!(other.run(&["get", "b"]).out, b"newer");
    import(&["--replace"]).ends_with(0).says(&["1 imported"]);
    assert_eq!(other.run(&["get", "b"]).out, [0, 1, 2, 255]);

    for (name, content) in [("cut.age", &sealed[..sealed.len() - 20]), ("no.age", b"hello"), ("empty.age", b"")] {
        let path = other.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        let run = other.run(&["import", path.to_str().unwrap(), "--passphrase-file", passphrase]);
        run.ends_with(2).says(&["is no export of caulk"]).without(value.as_bytes());
    }
}
