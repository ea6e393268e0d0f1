//! Lists of packages and what is imported, from any bytes: names and versions as a registry holds them, nothing else.

use caulk::components;
use caulk::model::Limits;
use caulk::rules::catalog::CatalogSet;
use caulk::rules::import::{self, gitleaks};
use proptest::prelude::*;

/// Each kind of list with a whole one of its kind.
const LISTS: [(&str, &str); 13] = [
    (
        "npm-lock",
        r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/a": {"version": "1.0.0", "resolved": "http://x/a.tgz"}}}"#,
    ),
    ("npm-package", r#"{"name": "a", "version": "1.0.0"}"#),
    (
        "pnpm-lock",
        "lockfileVersion: '9.0'\npackages:\n  a@1.0.0:\n    resolution: {integrity: x}\n  '@s/b@2.0.0(c@1)':\n",
    ),
    ("yarn-lock", "# yarn lockfile v1\n\na@^1.0.0, a@1:\n  version \"1.0.0\"\n  resolved \"https://x/a.tgz\"\n"),
    ("bun-lock", "{\n  \"packages\": {\n    \"a\": [\"a@1.0.0\", \"\", {}, \"x\"],\n  }\n}\n"),
    ("cargo-lock", "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"),
    ("python-lock", "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n"),
    ("pipfile-lock", r#"{"default": {"a": {"version": "==1.0.0"}}, "develop": {}}"#),
    ("requirements", "a==1.0.0 --hash=sha256:00 # why\nb[c]==2 ; python_version > '3'\n"),
    ("gemfile-lock", "GEM\n  remote: https://x/\n  specs:\n    a (1.0.0)\n      b (~> 2)\n"),
    ("composer-lock", r#"{"packages": [{"name": "v/a", "version": "1.0.0"}], "packages-dev": []}"#),
    ("go-sum", "example.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:y=\n"),
    ("vscode-extensions", r#"[{"identifier": {"id": "p.a"}, "version": "1.0.0"}]"#),
];

/// Texts that are imported.
const IMPORTED: [&str; 4] = [
    r#"{"entries": [{"ecosystem": "npm", "package": "a", "versions": ["1.0.0"]}]}"#,
    r#"{"id": "MAL-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]}"#,
    "package_name,package_versions,sources\na,\"1.0.0, 1.0.1\",x\n",
    "title = \"x\"\n[[rules]]\nid = \"a\"\nregex = '''acme_[a-z]{20}'''\nkeywords = [\"acme_\"]\n",
];

fn holds(kind: &str, source: &[u8]) -> usize {
    let found = components::read(kind, source, &Limits::SHIPPED);
    for one in &found {
        let (name, version) = (one.name.as_found(), one.version.as_found());
        assert!(one.span.start <= one.span.end && one.span.end <= source.len(), "{kind}: a span leaves the source");
        assert!((1..=214).contains(&name.len()) && version.len() <= 214, "{kind}");
        assert!(!name.chars().chain(version.chars()).any(|c| c.is_whitespace() || c.is_control()), "{kind}: {name:?}");
    }
    found.len()
}

fn is_imported_whole(bytes: &[u8]) {
    // A catalog stays what it is; of anything else one is made that is read again.
    if let Ok(imported) = import::import(bytes, "list")
        && !bytes.ends_with(imported.text.as_bytes())
    {
        let read = CatalogSet::default().add(imported.text);
        assert!(read.is_ok() || imported.entries == 0, "{read:?}");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = gitleaks::rules(text);
    }
}

#[test]
fn every_kind_of_list_is_read() {
    for (kind, text) in LISTS {
        assert!(holds(kind, text.as_bytes()) > 0, "{kind}");
    }
    for text in IMPORTED {
        let taken = import::import(text.as_bytes(), "list").is_ok_and(|imported| imported.entries > 0);
        assert!(taken || gitleaks::rules(text).is_ok_and(|rules| rules.rules > 0), "{text}");
    }
}

/// A text with pieces of it cut out, doubled, or replaced.
fn damaged(text: &str, cuts: &[(usize, usize, u8)], noise: &[u8]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for (at, length, how) in cuts {
        let at = at % (bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        let piece = bytes[at..end].to_vec();
        match how % 3 {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, piece)),
            _ => drop(bytes.splice(at..end, noise.iter().copied())),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]
    #[test]
    fn any_bytes_are_read_as_any_list(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (kind, _) in LISTS {
            holds(kind, &bytes);
        }
        is_imported_whole(&bytes);
    }

    #[test]
    fn any_damage_to_a_list_is_borne(
        cuts in prop::collection::vec((0..400_usize, 0..40_usize, any::<u8>()), 1..6),
        noise in prop::collection::vec(prop::sample::select(b"\"'{}[](),:=@#\n\r\t \\/.-0a\xc3\xa9\xff".to_vec()), 0..12),
    ) {
        for (kind, text) in LISTS {
            holds(kind, &damaged(text, &cuts, &noise));
        }
        for text in IMPORTED {
            is_imported_whole(&damaged(text, &cuts, &noise));
        }
    }
}
