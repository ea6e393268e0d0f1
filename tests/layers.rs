//! What lies a layer deeper than a file's own text, or is spread over it: base64, notebooks, kinds of keys.

use crate::common::{desk, scan_paths};
use caulk::model::{ContainerKind, Finding, ScanReport, Severity};
use std::path::Path;

fn put(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
    std::fs::write(path, text).expect("write");
}

/// The findings in the file of this name.
fn found<'r>(report: &'r ScanReport, name: &str) -> Vec<&'r Finding> {
    report.findings.iter().filter(|finding| finding.location.path.as_found().ends_with(name)).collect()
}

fn fingerprint(finding: &Finding) -> String {
    format!("{:?}", finding.secret.as_ref().map(|secret| &secret.fingerprint))
}

/// A notebook: one cell whose source is these lines, an array item each.
fn notebook(lines: &str) -> String {
    let items: Vec<_> = lines.split_inclusive('\n').map(|line| format!("    {}", serde_json::json!(line))).collect();
    format!(
        "{{\n \"cells\": [\n  {{\n   \"cell_type\": \"code\",\n   \"source\": [\n{}\n   ],\n   \"outputs\": [\n    {{\"text\": [\n     \"nothing\\n\"\n    ]}}\n   ]\n  }}\n ],\n \"nbformat\": 4\n}}\n",
        items.join(",\n")
    )
}

#[test]
fn a_token_in_a_notebook_has_its_line_and_cell() {
    let folder = tempfile::tempdir().expect("folder");
    let token = desk::make("npm_<(><an:30><crc62>", "cell");
    put(folder.path(), "a.ipynb", notebook(&format!("import os\nT = \"{token}\"\nprint(T)\n")));
    let output = notebook("import os\n").replace("nothing", &token);
    put(folder.path(), "b.ipynb", format!("\u{feff}{}", output.replace('\n', "\r\n")));
    let report = scan_paths(&[folder.path()]);
    for (name, line, column, field) in
        [("a.ipynb", 7, 12, "cells.0.source.1"), ("b.ipynb", 10, 7, "cells.0.outputs.0.text.0")]
    {
        let [finding] = found(&report, name)[..] else { panic!("{}", desk::lines(&report)) };
        let region = finding.location.region.expect("region");
        assert_eq!((region.line, region.column), (line, column), "{name}");
        assert_eq!(region.end_column - region.column, token.len() as u32);
        assert_eq!(finding.location.field.as_ref().map(|field| field.as_found()), Some(field));
        assert_eq!((&*finding.surface, &*finding.rule), ("jupyter.notebook", "npm-access-token"));
    }
}

#[test]
fn a_key_over_several_lines_of_a_cell_is_the_key_of_its_file() {
    let folder = tempfile::tempdir().expect("folder");
    let key = desk::make("<pem:RSA PRIVATE KEY>", "notebook");
    let key = key.trim_end();
    put(folder.path(), "deploy.pem", key);
    put(folder.path(), "a.ipynb", notebook(&format!("KEY = \"\"\"{key}\"\"\"\nuse(KEY)\n")));
    let bare = notebook(&format!("x\n{key}\n")).replace("\\n\"", "\"");
    put(folder.path(), "b.ipynb", bare);
    let report = scan_paths(&[folder.path()]);
    let [file] = found(&report, "deploy.pem")[..] else { panic!("{}", desk::lines(&report)) };
    for (name, first, column) in [("a.ipynb", 6, 18), ("b.ipynb", 7, 6)] {
        let [finding] = found(&report, name)[..] else { panic!("{}", desk::lines(&report)) };
        assert_eq!(fingerprint(finding), fingerprint(file), "{name}");
        let region = finding.location.region.expect("region");
        assert_eq!((region.line, region.column), (first, column), "{name}");
        assert_eq!(region.end_line, first + key.lines().count() as u32 - 1, "{name}");
        assert!(finding.location.field.as_ref().is_some_and(|field| field.as_found().starts_with("cells.0.source.")));
    }
}

#[test]
fn what_base64_holds_is_looked_into() {
    let folder = tempfile::tempdir().expect("folder");
    let token = desk::make("npm_<(><an:30><crc62>", "base64");
    let password = desk::make("<an:24>", "password");
    let line =
        |value: &str| format!("//npm.example.com/:_password={}\n", data_encoding::BASE64.encode(value.as_bytes()));
    put(
        folder.path(),
        "json/.npmrc",
        line(&format!("{{\"user\":\"ada\",\"password\":\"{password}\",\"t\":[\"{token}\"]}}")),
    );
    put(folder.path(), "text/.npmrc", line(&format!("the token is {token}\n")));
    put(folder.path(), "own/.npmrc", line(&token));
    put(folder.path(), "plain/.npmrc", line(&password));
    let report = scan_paths(&[folder.path()]);
    let inside = |name: &str| {
        let mut found: Vec<_> = found(&report, name)
            .into_iter()
            .map(|finding| (&*finding.rule, finding.location.container.as_ref().map(|container| container.kind)))
            .collect();
        found.sort_by_key(|(rule, _)| *rule);
        found
    };
    let base64 = Some(ContainerKind::Base64);
    let own = found(&report, "plain/.npmrc")[0].rule.clone();
    assert_eq!(inside("json/.npmrc"), [("npm-access-token", base64), (&*own, base64)]);
    assert_eq!(inside("text/.npmrc"), [("npm-access-token", base64)]);
    assert_eq!(inside("own/.npmrc"), [("npm-access-token", None)]);
    assert_eq!(inside("plain/.npmrc"), [(&*own, None)]);
    // Found inside and in the clear, it is one secret.
    let tokens: Vec<_> = report.findings.iter().filter(|finding| finding.rule == "npm-access-token").collect();
    assert!(tokens.iter().all(|finding| fingerprint(finding) == fingerprint(tokens[0])));
}

#[test]
fn keys_are_told_by_what_they_open() {
    let folder = tempfile::tempdir().expect("folder");
    let hex = "40".repeat(33);
    let written = |word: &str| {
        format!("Created: 20240101T000000\nKey: ({word}private-key (ecc (curve Ed25519)(q\n  #{hex}#)(d #{hex}#)))\n")
    };
    put(folder.path(), ".gnupg/private-keys-v1.d/A1.key", written(""));
    put(folder.path(), ".gnupg/private-keys-v1.d/B2.key", written("protected-"));
    put(folder.path(), ".gnupg/private-keys-v1.d/C3.key", written("shadowed-"));
    let counted = |bytes: &[u8]| [bytes.len().to_string().as_bytes(), b":", bytes].concat();
    let canonical =
        [b"(11:private-key(3:ecc(1:q", &*counted(&[0x40, 0, 0xff, 9].repeat(9)), b")(1:d", &counted(&[7; 32]), b")))"]
            .concat();
    put(folder.path(), ".gnupg/private-keys-v1.d/D4.key", canonical);
    let data: String = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L".chars().cycle().take(30).collect();
    put(folder.path(), "keys.txt", format!("# a security key\nAGE-{}YUBIKEY-1{data}\n", "PLUGIN-"));
    let d = desk::make("<an:43>", "jwk");
    put(folder.path(), "jwk.json", format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"{d}\"}}\n"));
    let report = scan_paths(&[folder.path()]);
    for (name, rule, severity) in [
        ("A1.key", "private-key-unencrypted", Severity::High),
        ("B2.key", "private-key-encrypted", Severity::Info),
        ("C3.key", "private-key-handle", Severity::Low),
        ("D4.key", "private-key-unencrypted", Severity::High),
        ("keys.txt", "private-key-handle", Severity::Low),
        ("jwk.json", "private-key-unencrypted", Severity::High),
    ] {
        let [finding] = found(&report, name)[..] else { panic!("{name}: {}", desk::lines(&report)) };
        assert_eq!((&*finding.rule, finding.severity), (rule, severity), "{name}");
        let redacted = finding.secret.as_ref().map(|secret| format!("{:?}", secret.redacted)).unwrap_or_default();
        assert!(!redacted.contains(&hex[..8]), "{name}: {redacted}");
    }
}
