//! `caulk rules import` of a gitleaks configuration: what is taken over holds as its author meant, the rest is told.

use crate::common::program::caulk;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

/// Rules of every shape such a file has.
const CONFIG: &str = r#"
title = "ours"
[extend]
useDefault = true
[allowlist]
description = "everywhere"
paths = ['''(^|/)vendor/''']
stopwords = ["sampledata"]

[[rules]]
id = "Acme_Token"
description = "An Acme token.\nTwo lines \u202Eof it"
regex = '''\b(acmetok-[a-z0-9]{24})(?:['"\s;]|$)'''
entropy = 3
keywords = ["acmetok-"]
[[rules.allowlists]]
regexes = ['''^acmetok-0000''']
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''ignore me''']

[[rules]]
id = "beta-key"
description = "Beta"
regex = '''(?i)(beta)[_-]?key\s*[:=]\s*"?([0-9a-f]{32})'''
secretGroup = 2
keywords = ["beta"]
filter = "entropy(secret) > 2"
tags = ["x"]

[[rules]]
id = "either"
regex = '''gamma_key=([0-9a-f]{24})|gamma_url=([0-9a-z]{24})'''
keywords = ["gamma_"]

[[rules]]
id = "short"
regex = '''dl-[0-9a-z]{24}'''
keywords = ["dl-"]

[[rules]]
id = "file-name"
path = '''\.p12$'''

[[rules]]
id = "by-path"
regex = '''[0-9a-f]{32}'''
path = '''\.conf$'''
keywords = ["conf"]

[[rules]]
id = "no-keyword"
regex = '''[0-9a-f]{32}'''

[[rules]]
id = "look-around"
regex = '''(?=x)abcd'''
keywords = ["abcd"]

[[rules]]
id = "beta-key"
regex = '''second'''
keywords = ["second"]
"#;

fn run(home: &Path, arguments: &[&str]) -> Output {
    caulk(home).args(arguments).output().unwrap()
}

/// Rule and secret of what the imported rules find in `text`.
fn found(home: &Path, rules: &Path, text: &str) -> Vec<(String, String)> {
    let file = home.join("notes.txt");
    fs::write(&file, text).unwrap();
    let (file, rules) = (file.to_str().unwrap(), rules.to_str().unwrap());
    let arguments = ["scan", file, "--format", "json", "--rules", rules, "--only", "imported-*"];
    let output = run(home, &arguments);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap().iter();
    let at = |finding: &Value| {
        let location = &finding["location"];
        let (from, to) = (location["column"].as_u64().unwrap(), location["end_column"].as_u64().unwrap());
        let line = text.lines().nth(location["line"].as_u64().unwrap() as usize - 1).unwrap();
        line[from as usize - 1..to as usize - 1].to_owned()
    };
    findings.map(|finding| (finding["rule"].as_str().unwrap().to_owned(), at(finding))).collect()
}

#[test]
fn rules_of_gitleaks_are_taken_over_and_hold_as_they_were_meant() {
    let home = TempDir::new().unwrap();
    let (config, rules) = (home.path().join("Gitleaks.TOML"), home.path().join("rules.toml"));
    fs::write(&config, CONFIG).unwrap();
    let output = run(home.path(), &["rules", "import", config.to_str().unwrap(), "-o", rules.to_str().unwrap()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&rules).unwrap();
    assert!(said.starts_with("4 rules in ") && said.contains("8 things left out"), "{said}{text}");
    assert!(!text.contains('\u{202e}'), "nothing that deceives a reader");
    for told in [
        "Acme_Token: an allowlist that looks at lines",
        "file-name: it looks at names of files only",
        "by-path: it holds only with a path",
        "no-keyword: it has no keyword",
        "look-around: pattern does not compile",
        "beta-key: id `imported-beta-key` is taken",
        "the allowlist of all rules",
        "`filter` of 1 rules, which is unknown",
    ] {
        assert!(text.lines().any(|line| line.starts_with("# left out: ") && line.contains(told)), "{told}: {text}");
    }
    let test = run(home.path(), &["rules", "test", rules.to_str().unwrap()]);
    let test = String::from_utf8(test.stdout).unwrap();
    assert!(!test.contains("needs at least one") && !test.contains("compile"), "{test}");

    let (a, b, c) = ("k3x9q2m7w4z8r1b5n6c0h2y7", "3f9a1c7e5b2d8046f1e3a9c7b5d20864", "9f3a1c7e5b2d8046f1e3a9c7");
    let acme = format!("acmetok-{a}");
    let is = |rule: &str, secret: &str| vec![(rule.to_owned(), secret.to_owned())];
    let found = |text: &str| found(home.path(), &rules, text);
    assert_eq!(found(&format!("token: \"{acme}\"\n")), is("imported-acme-token", &acme));
    assert_eq!(found("token: \"acmetok-0000q2m7w4z8r1b5n6c0h2y7\"\n"), [], "its own exception");
    assert_eq!(found("token: \"acmetok-sampledatar1b5n6c0h2y7k\"\n"), [], "the exception of all");
    assert_eq!(found(&format!("Beta-Key = \"{b}\"\n")), is("imported-beta-key", b));
    assert_eq!(found(&format!("gamma_key={c}\n")), is("imported-either", c));
    assert_eq!(found(&format!("gamma_url={a}\n")), is("imported-either", a), "the group that took part");
    assert_eq!(found(&format!("dl-{a}\n")), is("imported-short", &format!("dl-{a}")));
}

#[test]
fn what_is_no_such_file_is_refused_without_its_values() {
    let home = TempDir::new().unwrap();
    let secret = "k3x9q2m7w4z8r1b5n6c0h2y7";
    for text in [format!("[[rules]]\nid = {secret}"), format!("token = \"{secret}\""), String::new()] {
        let config = home.path().join("config.toml");
        fs::write(&config, text).unwrap();
        let output = run(home.path(), &["rules", "import", config.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty() && !String::from_utf8_lossy(&output.stderr).contains(secret));
    }
    let both = run(home.path(), &["rules", "import", "a.toml", "b.json"]);
    assert_eq!(both.status.code(), Some(2));
}
