//! Private keys, made on the spot by the programs that make them; no key stands in the repository.

#![allow(clippy::expect_used, clippy::print_stderr)]

use caulk::model::Limits;
use caulk::read::private_key::{KeyBlock, KeyLabel, find};
use proptest::prelude::*;
use std::process::{Command, Stdio};

/// Runs a program of the machine; `None` (and says so) when it is missing or fails.
fn made_by(program: &str, arguments: &[&str], home: &std::path::Path) -> Option<Vec<u8>> {
    let output = Command::new(program).args(arguments).env("HOME", home).stdin(Stdio::null()).output();
    match output {
        Ok(output) if output.status.success() => Some(output.stdout),
        Ok(output) => {
            eprintln!("skipped: {program} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
            None
        }
        Err(error) => {
            eprintln!("skipped: {program}: {error}");
            None
        }
    }
}

fn contents(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::fs::File::open(path).expect("open"), &mut bytes).expect("read");
    bytes
}

#[track_caller]
fn one(source: &[u8]) -> KeyBlock {
    let mut blocks = find(source, &Limits::SHIPPED);
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    blocks.remove(0)
}

/// Holds the key in `source` to what it is, in every form that texts put it in.
#[track_caller]
fn holds(source: &[u8], label: KeyLabel, encrypted: bool) {
    let text = String::from_utf8(source.to_vec()).expect("armour is text");
    let block = one(source);
    assert_eq!((block.label, block.encrypted, block.complete), (label, Some(encrypted), true));
    let inside = &text[block.span.clone()];
    assert!(inside.starts_with("-----BEGIN ") && inside.ends_with("-----") && inside.contains("-----END "));
    let forms = [
        text.replace('\n', "\r\n"),
        format!("{{\"key\": \"{}\", \"n\": 1}}", text.replace('\n', "\\n").replace('/', "\\/")),
        format!("KEY=\"{}\"", text.replace('\n', "\\n")),
        format!("\"{{\\\"key\\\": \\\"{}\\\"}}\"", text.replace('\n', "\\\\n")),
        text.lines().fold(String::new(), |all, line| format!("{all}    {line}\n")),
    ];
    for form in forms {
        let block = one(form.as_bytes());
        assert_eq!((block.label, block.encrypted, block.complete), (label, Some(encrypted), true), "{}", &form[..60]);
    }
    if !text.contains(": ") {
        let flat = text.replace('\n', "");
        let block = one(flat.as_bytes());
        assert_eq!((block.label, block.encrypted, block.complete), (label, Some(encrypted), true));
        assert_eq!(block.span.end, flat.len());
    }
    // Cut anywhere in the body, it is not whole.
    let cut = block.span.start + block.span.len() / 2;
    let half = one(&source[..cut]);
    assert!(!half.complete && half.span.end <= cut && half.label == label);
    // Shortened as in a manual, it is not whole either.
    let sample = format!("{}...\n{}", &text[..cut], &text[text.rfind("-----END").expect("end")..]);
    assert!(!one(sample.as_bytes()).complete);
}

#[test]
fn openssh_keys() {
    let folder = tempfile::tempdir().expect("folder");
    for (kind, format, phrase, label) in [
        ("ed25519", "RFC4716", "", KeyLabel::OpenSsh),
        ("ed25519", "RFC4716", "a phrase", KeyLabel::OpenSsh),
        ("rsa", "RFC4716", "", KeyLabel::OpenSsh),
        ("rsa", "PEM", "", KeyLabel::Rsa),
        ("rsa", "PEM", "a phrase", KeyLabel::Rsa),
        ("ecdsa", "PEM", "", KeyLabel::Ec),
        ("ecdsa", "PKCS8", "", KeyLabel::Pkcs8),
        ("ecdsa", "PKCS8", "a phrase", KeyLabel::EncryptedPkcs8),
    ] {
        let path = folder.path().join(format!("{kind}{format}{}", phrase.len()));
        let name = path.to_string_lossy();
        let arguments = ["-q", "-t", kind, "-m", format, "-N", phrase, "-a", "1", "-f", &name];
        if made_by("ssh-keygen", &arguments, folder.path()).is_some() {
            holds(&contents(&path), label, !phrase.is_empty());
        }
    }
}

#[test]
fn openssl_keys() {
    let folder = tempfile::tempdir().expect("folder");
    for (arguments, label, encrypted) in [
        (&["genpkey", "-algorithm", "ed25519"][..], KeyLabel::Pkcs8, false),
        (&["genpkey", "-algorithm", "x25519"], KeyLabel::Pkcs8, false),
        (&["genrsa", "-traditional", "1024"], KeyLabel::Rsa, false),
        (&["genrsa", "2048"], KeyLabel::Pkcs8, false),
        (&["genrsa", "-aes256", "-passout", "pass:phrase", "1024"], KeyLabel::EncryptedPkcs8, true),
        (&["ecparam", "-name", "secp256k1", "-genkey"], KeyLabel::Ec, false),
    ] {
        if let Some(key) = made_by("openssl", arguments, folder.path()) {
            holds(&key, label, encrypted);
        }
    }
}

#[test]
fn openpgp_keys() {
    for (algorithm, phrase) in
        [("rsa1024", ""), ("ed25519", ""), ("ed25519", "a phrase"), ("cv25519", ""), ("dsa1024", "")]
    {
        let folder = tempfile::tempdir().expect("folder");
        let home = folder.path().to_string_lossy().into_owned();
        let common = ["--homedir", &home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", phrase];
        let usage = if algorithm == "cv25519" { "encr" } else { "sign" };
        let make = [&common[..], &["--quick-generate-key", "a@b.example", algorithm, usage, "never"]].concat();
        let export = [&common[..], &["--armor", "--export-secret-keys"]].concat();
        let key = made_by("gpg", &make, folder.path()).and_then(|_| made_by("gpg", &export, folder.path()));
        made_by("gpgconf", &["--homedir", &home, "--kill", "all"], folder.path());
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            holds(&key, KeyLabel::Pgp, !phrase.is_empty());
        }
    }
}

/// Stubs of keys that are on a card, or were taken out: nothing lies in the clear.
#[test]
fn openpgp_keys_whose_secret_part_is_elsewhere() {
    let oid = [9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];
    let public = [&[4, 0, 0, 0, 1, 22][..], &oid, &[1, 7, 0x40], &[9; 32]].concat();
    let packet = |tag: u8, usage: &[u8]| {
        let body = [&public[..], usage].concat();
        [&[0xc0 | tag, body.len() as u8][..], &body].concat()
    };
    let stub = |tag| packet(tag, b"\xff\0\x65\0GNU\x02");
    let pgp = |packets: &[Vec<u8>]| {
        let body = data_encoding::BASE64.encode(&packets.concat());
        format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{body}\n-----END PGP PRIVATE KEY BLOCK-----\n")
    };
    let plain = packet(7, &[&[0][..], &[1, 0], &[7; 32], &[0, 0]].concat());
    assert_eq!(one(pgp(&[stub(5), stub(7)]).as_bytes()).encrypted, Some(true));
    assert_eq!(one(pgp(&[stub(5), stub(7), plain]).as_bytes()).encrypted, Some(false));
}

/// A primary key that was left out says nothing of the subkeys that are there.
#[test]
fn openpgp_subkeys_alone() {
    for phrase in ["", "a phrase"] {
        let folder = tempfile::tempdir().expect("folder");
        let home = folder.path().to_string_lossy().into_owned();
        let common = ["--homedir", &home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", phrase];
        let make =
            [&common[..], &["--quick-generate-key", "a@b.example", "future-default", "default", "never"]].concat();
        let export = [&common[..], &["--armor", "--export-secret-subkeys"]].concat();
        let key = made_by("gpg", &make, folder.path()).and_then(|_| made_by("gpg", &export, folder.path()));
        made_by("gpgconf", &["--homedir", &home, "--kill", "all"], folder.path());
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            let block = one(&key);
            assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::Pgp, Some(!phrase.is_empty()), true));
        }
    }
}

/// `letters` base64 characters that mean nothing.
fn body(letters: usize) -> String {
    "QmFzZTY0IG9mIG5vdGhpbmcgYXQgYWxsLCBqdXN0".chars().cycle().take(letters).collect()
}

#[test]
fn putty_files() {
    for (version, cipher, encrypted) in [("2", "none", false), ("3", "aes256-cbc", true)] {
        let text = format!(
            "PuTTY-User-Key-File-{version}: ssh-ed25519\nEncryption: {cipher}\nComment: c\nPublic-Lines: 2\n{}\n{}\n\
            Private-Lines: 1\n{}\nPrivate-MAC: {}\nrest",
            body(64),
            body(4),
            body(48),
            "0a".repeat(20)
        );
        let block = one(text.as_bytes());
        assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::Putty, Some(encrypted), true));
        assert_eq!(&text[block.span], text.strip_suffix("\nrest").expect("rest"));
        let half = text.split("Private-Lines").next().expect("head");
        assert!(!one(half.as_bytes()).complete);
    }
}

#[test]
fn age_identities() {
    let data: String = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".chars().cycle().take(58).collect();
    let key = format!("AGE-SECRET-{}1{data}", "KEY-");
    let text = format!("# created\n{key}\n");
    let block = one(text.as_bytes());
    assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::Age, Some(false), true));
    assert_eq!(&text[block.span], key);
    assert!(!one(&key.as_bytes()[..40]).complete);
    assert!(!one(format!("{key}Q").as_bytes()).complete);
    assert!(find(format!("X{key}").as_bytes(), &Limits::SHIPPED).is_empty());
}

#[test]
fn age_plugin_identities_are_handles() {
    let data: String = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".chars().cycle().take(30).collect();
    let key = format!("AGE-{}YUBIKEY-1{data}", "PLUGIN-");
    let text = format!("#    Serial: 1\r\n{key}\r\n");
    let block = one(text.as_bytes());
    assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::AgePlugin, None, true));
    assert!(block.label.is_handle());
    assert_eq!(&text[block.span], key);
    assert!(!one(&key.as_bytes()[..key.len() - 28]).complete);
    for none in ["PLUGIN-", "PLUGIN-1QQQQQQQQ", "PLUGIN-lower-1QQQQQQQQ"] {
        assert!(find(format!("AGE-{none}").as_bytes(), &Limits::SHIPPED).is_empty());
    }
}

#[test]
fn gpg_agent_keys() {
    for phrase in ["", "a phrase"] {
        let folder = tempfile::tempdir().expect("folder");
        let home = folder.path().to_string_lossy().into_owned();
        let common = ["--homedir", &home, "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", phrase];
        let make = [&common[..], &["--quick-generate-key", "a@b.example", "ed25519", "sign", "never"]].concat();
        let made = made_by("gpg", &make, folder.path());
        made_by("gpgconf", &["--homedir", &home, "--kill", "all"], folder.path());
        if made.is_none() {
            continue;
        }
        for entry in walkdir::WalkDir::new(folder.path().join("private-keys-v1.d")).min_depth(1) {
            let source = contents(entry.expect("entry").path());
            let block = one(&source);
            assert_eq!(
                (block.label, block.encrypted, block.complete),
                (KeyLabel::Gnupg, Some(!phrase.is_empty()), true)
            );
            assert!(source[block.span.clone()].starts_with(b"(") && source[block.span].ends_with(b")"));
            assert!(!one(&source[..source.len() / 2]).complete);
        }
    }
}

#[test]
fn gpg_agent_keys_written_out() {
    let hex = "40".repeat(33);
    let text = |word: &str, rest: &str| {
        format!(
            "Created: 20240101T000000\nKey: ({word}private-key (ecc (curve Ed25519)(flags eddsa)(q\n  #{hex}#){rest}))\n"
        )
    };
    let plain = text("", &format!("(d\n  #{hex}#)"));
    let sealed =
        text("protected-", &format!("(protected openpgp-s2k3-ocb-aes ((sha1 #00# \"33554432\") #{hex}#)#{hex}#)"));
    let card = text("shadowed-", "(shadowed t1-v1 (#D276000124# OPENPGP.1))");
    for (text, label, encrypted) in [
        (&plain, KeyLabel::Gnupg, Some(false)),
        (&sealed, KeyLabel::Gnupg, Some(true)),
        (&card, KeyLabel::GnupgCard, None),
    ] {
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            let block = one(text.as_bytes());
            assert_eq!((block.label, block.encrypted, block.complete), (label, encrypted, true), "{text}");
            assert_eq!(text[block.span].trim_end(), text[text.find("Key: ").expect("key") + 5..].trim_end());
        }
    }
    assert!(!one(plain.replace(&hex, "...").as_bytes()).complete);
    assert!(find(b"Key: (see below) private-key(s)", &Limits::SHIPPED).is_empty());
}

#[test]
fn json_web_keys() {
    let d = body(43);
    let key = format!("{{\"kty\": \"OKP\", \"crv\": \"Ed25519\",\n \"d\": \"{d}\", \"x\": \"{}\"}}", body(43));
    let first = format!("{{\"d\":\"{d}\",\"key_ops\":[\"sign\"],\"kty\":\"EC\"}}");
    for text in
        [key.clone(), first.clone(), key.replace('"', "\\\""), format!("{{\"keys\":[{{\"kty\":\"RSA\"}},{key}]}}")]
    {
        let block = one(text.as_bytes());
        assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::Jwk, Some(false), true), "{text}");
        assert_eq!(&text[block.span], d);
    }
    assert_eq!(find(format!("[{key},{first}]").as_bytes(), &Limits::SHIPPED).len(), 2);
    let public = format!("{{\"kty\":\"EC\",\"x\":\"{d}\",\"dp\":\"{d}\"}}, {{\"d\":\"{d}\"}}");
    assert!(find(public.as_bytes(), &Limits::SHIPPED).is_empty());
    assert!(!one(key.replace(&d, "...").as_bytes()).complete);
}

/// An OpenSSH key of a hardware type says so in its public half.
#[test]
fn hardware_keys_are_handles() {
    let mut head = b"openssh-key-v1\0".to_vec();
    let string = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    for part in [&b"none"[..], b"none", b""] {
        head.extend(string(part));
    }
    head.extend([0, 0, 0, 1]);
    head.extend(string(&[string(b"sk-ssh-ed25519@openssh.com"), vec![7; 60]].concat()));
    head.extend([9; 120]);
    let text = format!(
        "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n",
        data_encoding::BASE64.encode(&head)
    );
    let block = one(text.as_bytes());
    assert!(block.label == KeyLabel::OpenSshHardware && block.label.is_handle() && block.complete);
}

#[test]
fn what_is_no_whole_key() {
    let pem = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    for text in [
        pem("PRIVATE KEY", "..."),
        pem("RSA PRIVATE KEY", "<your key here>"),
        pem("PRIVATE KEY", &format!("{}\n[...]\n{}", body(64), body(64))),
        pem("PRIVATE KEY", ""),
        // Says it has 1200 bytes.
        pem("PRIVATE KEY", &format!("MIIEsA{}", body(200))),
        "-----BEGIN PRIVATE KEY-----".to_owned(),
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END CERTIFICATE-----", body(200)),
    ] {
        let block = one(text.as_bytes());
        assert!(!block.complete, "{text}");
    }
    for none in [pem("PUBLIC KEY", &body(200)), pem("CERTIFICATE", &body(200)), pem("(RSA|EC) PRIVATE KEY", &body(200))]
    {
        assert!(find(none.as_bytes(), &Limits::SHIPPED).is_empty(), "{none}");
    }
    let block = one(pem("ENCRYPTED COSIGN PRIVATE KEY", &body(300)).as_bytes());
    assert_eq!((block.label, block.encrypted, block.complete), (KeyLabel::Other, Some(true), true));
    let long = format!("-----BEGIN PRIVATE KEY-----\n{}", body(1 << 20));
    assert!(one(long.as_bytes()).span.len() <= Limits::SHIPPED.overlap_bytes + 64);
}

#[test]
fn two_keys_and_hostile_repetition() {
    let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n", body(300));
    let blocks = find(key.repeat(2).as_bytes(), &Limits::SHIPPED);
    assert_eq!(blocks.len(), 2);
    assert!(blocks[0].span.end <= blocks[1].span.start && blocks.iter().all(|block| block.complete));
    for piece in [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "PuTTY-User-Key-File-2:",
        "AGE-SECRET-KEY-1",
        "-----",
        "\\\\",
        "AGE-PLUGIN-X-1",
        "(11:private-key(",
        "Key: (private-key ",
        "Key: (private-key #00",
        "Key: (private-key \"",
        "{\"kty\":\"EC\"",
        "\"kty",
        "{\"d\":\"",
        "(11:private-key(9:",
    ] {
        let source = piece.repeat((2 << 20) / piece.len());
        for source in [source.clone(), format!("-----BEGIN RSA PRIVATE KEY-----{source}")] {
            assert!(find(source.as_bytes(), &Limits::SHIPPED).iter().all(|block| block.span.end <= source.len()));
        }
    }
}

proptest! {
    #[test]
    fn any_soup_is_searched(pieces in proptest::collection::vec((0_usize..24, any::<u8>()), 0..60)) {
        const SOUP: [&str; 24] = ["-----BEGIN ", "-----END ", "PRIVATE KEY", "OPENSSH ", "PGP ", " BLOCK", "-----", "\n", "\\n", "MIIE", "PuTTY-User-Key-File-3:", "Private-MAC: 00", "AGE-SECRET-KEY-1", "AGE-PLUGIN-A-1", "(11:private-key(", "(21:protected-private-key(", "Key: (", "private-key", "(1:d", ")", "#00#", "\"kty\":\"EC\"", "{\"d\":\"AAAA\"}", "b3BlbnNzaC1rZXktdjEA"];
        let mut source = Vec::new();
        for (index, byte) in pieces {
            source.extend_from_slice(SOUP[index].as_bytes());
            if byte < 32 { source.push(byte); }
        }
        let mut last = 0;
        for block in find(&source, &Limits::SHIPPED) {
            prop_assert!(block.span.start >= last && block.span.start < block.span.end && block.span.end <= source.len());
            last = block.span.end;
        }
    }
}
