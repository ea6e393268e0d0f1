//! What looks like a secret and is none, by class; and a twin of each that is one, so that no class
//! passes because nothing is found at all.

use crate::common;
use caulk::model::{Finding, Severity};
use caulk::rules::template;
use std::fs;

/// One class: a file and its text, twice. Texts are templates; `<<` is one bracket.
struct Class {
    name: &'static str,
    harmless: [&'static str; 2],
    twin: [&'static str; 2],
}

const CLASSES: &[Class] = &[
    Class {
        name: "the test key of a package",
        harmless: ["app/node_modules/tls/lib/key.js", "<pem:RSA PRIVATE KEY>\n"],
        twin: ["app/lib/key.js", "<pem:RSA PRIVATE KEY>\n"],
    },
    Class {
        name: "a key file among tests",
        harmless: ["app/tests/keys/ca.pem", "<pem:EC PRIVATE KEY>\n"],
        twin: ["app/deploy/keys/ca.pem", "<pem:EC PRIVATE KEY>\n"],
    },
    Class {
        name: "a key in a test's own source",
        harmless: ["app/tls/store_test.go", "const key = `<pem:PRIVATE KEY>`\n"],
        twin: ["app/tls/store.go", "const key = `<pem:PRIVATE KEY>`\n"],
    },
    Class {
        name: "a key in the tests at the end of a source file",
        harmless: [
            "app/src/lib.rs",
            "fn run() {}\n#[cfg(test)]\nmod tests {\n    const KEY: &str = \"<pem:PRIVATE KEY>\";\n",
        ],
        twin: ["app/src/lib.rs", "fn run() {}\nconst KEY: &str = \"<pem:PRIVATE KEY>\";\n"],
    },
    Class {
        name: "a key in a comment that documents",
        harmless: ["app/src/key.rs", "/// Reads keys such as:\n/// <pem:EC PRIVATE KEY>\n"],
        twin: ["app/src/key.rs", "// Do not lose this:\n// <pem:EC PRIVATE KEY>\n"],
    },
    Class {
        name: "lines that are no key between the lines of one",
        harmless: [
            "docs/tls.md",
            "-----BEGIN RSA PRIVATE KEY-----\nB<an:63>\n<an:64>\n<an:64>\n-----END RSA PRIVATE KEY-----\n",
        ],
        twin: ["docs/tls.md", "<pem:RSA PRIVATE KEY>\n"],
    },
    Class {
        name: "a stretch of base64 that begins like a token",
        harmless: ["web/index.js", "var i=rn(\"cUM<b64:61>+BAIg9/EAAA<an:60>=\");\n"],
        twin: ["web/index.js", "var i=rn(\"EAAA<an:60>\");\n"],
    },
    Class {
        name: "the name of a class in the place of a key",
        harmless: ["models.py", "(\"mistral\", \"MistralForSequenceClassification\"),\n"],
        twin: ["models.py", "(\"mistral\", \"<an:32>\"),\n"],
    },
    Class {
        name: "another vendor's parameter that ends alike",
        harmless: ["store.rst", "\"AccessKeyId=ABCDE12345670EXAMPLE, RawSecretAccessKey=<b64:43>=\"\n"],
        twin: ["store.rst", "\"Endpoint=https://acme.example.com;AccessKey=<b64:43>=\"\n"],
    },
    Class {
        name: "the key id in a signed link",
        harmless: ["get.rst", "https://b.example.com/o?X-Amz-Credential=<aws:AKIA>%2F20190814%2Fs3&X-Amz-Expires=60\n"],
        twin: ["get.rst", "aws_access_key_id = <aws:AKIA>\n"],
    },
    Class {
        name: "the key of an app's own client",
        harmless: ["google-services.json", "{\"api_key\": [{\"current_key\": \"AIzaSy<an:33>\"}]}\n"],
        twin: ["server.json", "{\"gemini\": [{\"key\": \"AIzaSy<an:33>\"}]}\n"],
    },
    Class {
        name: "a variable that is compiled into a client",
        harmless: [
            ".env",
            "VITE_MAPS_API_KEY=AIzaSy<an:33>\nNEXT_PUBLIC_SEARCH_TOKEN=<an:32>\nALGOLIA_SEARCH_KEY=<hex:32>\n",
        ],
        twin: [".env", "MAPS_API_KEY=AIzaSy<an:33>\nSEARCH_TOKEN=<an:32>\n"],
    },
    Class {
        name: "a JSON Web Token of a manual",
        harmless: ["README.md", "eyJhbGciOiJIUzI1NiJ9.eyJzb21lIjoicGF5bG9hZCJ9.<b64u:43>\n"],
        twin: ["README.md", "<jwt>\n"],
    },
    Class {
        name: "an expired login in a variable",
        harmless: [".env", "SESSION_TOKEN=<jwt:expired>\n"],
        twin: [".env", "SESSION_TOKEN=<jwt>\n"],
    },
    Class {
        name: "URLs that show how to write one",
        harmless: [
            "docs/urls.md",
            "mysql://username:p@ssw0rd@hostname:5432/database\npostgres://scott:tiger^5HHH@db:1433/test\n\
             https://ada:P4ssw0rd123@files.acme.io/\nhttps://ada:<an:20>@git.example.com/\nhttps://ada:<an:20>@git.test/\n",
        ],
        twin: ["docs/urls.md", "postgres://ada:<an:20>@db.acme.io:5432/shop\n"],
    },
    Class {
        name: "numbers that no issuer makes",
        harmless: [".env", "GITHUB_TOKEN=ghp_<an:30>000000\n"],
        twin: [".env", "GITHUB_TOKEN=ghp_<(><an:30><)><crc62>\n"],
    },
    Class {
        name: "sums, digests and ids",
        harmless: [
            "package-lock.json",
            "{\"integrity\": \"sha512-<b64:86>==\", \"token\": \"<hex:40>\", \"key\": \"<uuid>\", \"etag\": \"<hex:32>\"}\n",
        ],
        twin: ["package-lock.json", "{\"resolved\": \"https://ada:<an:24>@npm.acme.io/shop.tgz\"}\n"],
    },
    Class {
        name: "a key escaped twice over",
        harmless: ["notes.json", "{\"npm\": \"npm\\\\u005f<(>npm_<an:30><)><crc62>...\"}\n"],
        twin: [
            "notes.json",
            "{\"grafana\": \"glsa\\u005f<an:32>\\u005f<hex:8>\", \"openai\": \"sk\\u002dant\\u002dapi03\\u002d<b64u:93>AA\"}\n",
        ],
    },
];

/// What is found where `file` holds `text`.
fn findings(name: &str, [file, text]: [&str; 2]) -> Vec<Finding> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, template::expand(text, name)).unwrap();
    common::scan_paths(&[folder.path()]).findings
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|f| format!("{} {} {:?}", f.severity, f.rule, f.location.region.map(|r| r.line))).collect()
}

#[test]
fn what_opens_nothing_is_low_at_most() {
    let mut loud = String::new();
    for class in CLASSES {
        let found = findings(class.name, class.harmless);
        if found.iter().any(|f| f.severity >= Severity::Medium) {
            loud += &format!("{}: {:?}\n", class.name, told(&found));
        }
    }
    assert!(loud.is_empty(), "{loud}");
}

#[test]
fn its_twin_is_told() {
    let mut silent = String::new();
    for class in CLASSES {
        let found = findings(class.name, class.twin);
        if found.iter().all(|f| f.severity < Severity::Medium) {
            silent += &format!("{}: {:?}\n", class.name, told(&found));
        }
    }
    assert!(silent.is_empty(), "{silent}");
}

/// A key that is told for less is still told, with the reason.
#[test]
fn a_lowered_finding_gives_its_reason() {
    let found = findings("reason", ["app/tests/ca.pem", "<pem:EC PRIVATE KEY>\n"]);
    let [finding] = &found[..] else { panic!("{:?}", told(&found)) };
    assert_eq!(finding.severity, Severity::Low);
    assert!(finding.secret.as_ref().unwrap().checks.iter().any(|check| check.contains("test")), "{finding:?}");
}

/// What a test made up is no more than a note; elsewhere a token that lost a letter is worth a look.
#[test]
fn a_failed_checksum_counts_for_less_in_a_sample() {
    for (file, severity) in [("app/samples/x.env", Severity::Info), ("app/x.env", Severity::Low)] {
        let found = findings(file, [file, "GITHUB_TOKEN=ghp_<an:30>000000\n"]);
        assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [severity], "{file}");
    }
}

/// An escaped token is found whole, at its place in the line.
#[test]
fn an_escaped_token_has_its_own_place() {
    let found = findings("escaped", ["app/setup.js", "x();\nrun(\"npm\\u005f<an:30><an:6>\");\n"]);
    let [finding] = &found[..] else { panic!("{:?}", told(&found)) };
    let region = finding.location.region.unwrap();
    assert_eq!((region.line, region.column, region.end_column), (2, 6, 6 + 3 + 6 + 36));
}
