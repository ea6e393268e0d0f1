//! What a path says of a credential without a vendor: that it came with a package, or belongs to a test.
//!
//! A key that everybody can download opens nothing that matters, and a test makes its own. Such a
//! finding is told as low, with the reason; a token whose checksum fails, which a test made up, as info.
//! Nothing is left out, and tokens of vendors, whose real ones are pasted into tests, keep their severity.

use crate::model::{Confidence, Finding, Severity};
use std::path::Path;

/// Folders that only package managers and distributions fill, wherever they stand.
const PACKAGES: &[&[&str]] = &[
    &["node_modules"],
    &["bower_components"],
    &["site-packages"],
    &["dist-packages"],
    &[".cargo", "registry"],
    &[".cargo", "git"],
    &[".rustup", "toolchains"],
    &["pkg", "mod"],
    &[".m2", "repository"],
    &[".gem"],
    &["gems"],
    &["usr", "share"],
    &["share", "doc"],
];
/// Folders of other people's code inside a project.
const VENDORED: &[&str] = &["vendor", "vendored", "third_party", "third-party", "thirdparty", "3rdparty", "pods"];
/// Folders of the user's own keys, whatever they lie in.
const OWN: &[&str] = &[".ssh", ".aws", ".gnupg"];
/// What tools write while they work: the folders above it say nothing of what lies in it.
const CACHE: &str = ".cache";
/// Words of names of folders and files that hold tests and samples.
const TESTS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "testcase",
    "testcases",
    "testsuite",
    "unittest",
    "unittests",
    "testutil",
    "testutils",
    "testkeys",
    "testvectors",
    "vectors",
    "fixture",
    "fixtures",
    "spec",
    "specs",
    "example",
    "examples",
    "sample",
    "samples",
    "mock",
    "mocks",
    "bench",
    "benches",
    "fuzz",
];
/// Endings of source code, whose names may tell a test: `store_test.go`, `test_store.py`, `store.spec.ts`.
const SOURCES: &[&str] = &[
    "go", "rs", "py", "rb", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "java", "kt", "scala", "groovy",
    "cs", "fs", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "swift", "php", "pl", "t", "ex", "exs", "erl", "lua",
    "dart", "hs", "ml", "clj", "sh",
];
/// Findings that name no vendor, and so could be anybody's.
const RULES: &[&str] = &[
    "private-key-unencrypted",
    "jwt",
    "url-password",
    "basic-auth-header",
    "bearer-token",
    "compose-secret",
    "compose-url-password",
];

/// Why a credential without a vendor at `path` is worth less; `None` where it is the user's own.
///
/// Above `root` only what package managers fill counts, and so for the folders of a home: a tree that
/// somebody keeps in `~/test` is no test.
pub(super) fn reason(path: &Path, root: &Path, is_home: bool) -> Option<&'static str> {
    let name = |path: &Path| -> Vec<String> {
        path.components().map(|c| c.as_os_str().to_string_lossy().to_ascii_lowercase()).collect()
    };
    let folders = name(path.parent()?);
    if folders.iter().any(|folder| OWN.contains(&folder.as_str())) {
        return None;
    }
    let folders = &folders[folders.iter().rposition(|folder| folder == CACHE).map_or(0, |at| at + 1)..];
    let below = path.strip_prefix(root).ok().and_then(Path::parent).map(name).unwrap_or_default();
    let below = below.get(usize::from(is_home)..).unwrap_or_default();
    let below = &below[below.len() - below.len().min(folders.len())..];
    let package = PACKAGES.iter().any(|names| folders.windows(names.len()).any(|at| at == *names));
    if package || below.iter().any(|folder| VENDORED.contains(&folder.as_str())) {
        return Some("came with a package");
    }
    let file = path.file_name()?.to_string_lossy();
    let test = below.iter().any(|folder| says_test(folder)) || source_stem(&file).is_some_and(says_test);
    test.then_some("belongs to a test or a sample")
}

/// The name of a source file without its ending.
fn source_stem(file: &str) -> Option<&str> {
    let (stem, ending) = file.rsplit_once('.')?;
    SOURCES.contains(&ending.to_ascii_lowercase().as_str()).then_some(stem)
}

/// Bytes before a credential in which the test that it belongs to may begin.
const TEST_CODE: usize = 64 << 10;
/// What begins tests in source files that hold other code too.
const TEST_MARKS: &[&str] = &[
    "#[cfg(test)]",
    "#[test]",
    "\nfunc Test",
    "def test_",
    "@Test",
    "\nTEST(",
    "\nTEST_F(",
    "unittest",
    "\nmod tests",
];
/// What lines of documentation in source files begin with.
const DOC_MARKS: &[&[u8]] = &[b"///", b"//!", b"/**", b"* "];

/// Why a credential without a vendor at byte `at` of a source file's `text` is worth less.
pub(super) fn reason_in(path: &Path, text: &[u8], at: usize) -> Option<&'static str> {
    source_stem(&path.file_name()?.to_string_lossy())?;
    let before = &text[at.saturating_sub(TEST_CODE)..at.min(text.len())];
    let line = &before[memchr::memrchr(b'\n', before).map_or(0, |i| i + 1)..];
    if DOC_MARKS.iter().any(|mark| line.trim_ascii_start().starts_with(mark)) {
        return Some("stands in documentation");
    }
    let marked = TEST_MARKS.iter().any(|mark| memchr::memmem::find(before, mark.as_bytes()).is_some());
    marked.then_some("belongs to a test or a sample")
}

/// Lowers `finding` for `reason`, if it is of a kind that anybody could have made.
pub(super) fn lower(finding: &mut Finding, reason: impl FnOnce() -> Option<&'static str>) {
    let Some(secret) = &mut finding.secret else { return };
    let broken = secret.checks.iter().any(|check| check.starts_with("failed:"));
    let least = if broken { Severity::Info } else { Severity::Low };
    if finding.severity <= least || !broken && !RULES.contains(&finding.rule.as_str()) {
        return;
    }
    let Some(reason) = reason() else { return };
    finding.severity = least;
    finding.confidence = Confidence::Low;
    secret.checks.push(reason.to_owned());
}

/// Whether one of the words of `name` is a test's: `x509_test`, `test-keys`, `StoreTests`.
fn says_test(name: &str) -> bool {
    let mut start = 0;
    let bytes = name.as_bytes();
    (0..=bytes.len()).any(|at| {
        let ends = at == bytes.len() || !bytes[at].is_ascii_alphanumeric();
        let hump = !ends && at > start && bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase();
        if !ends && !hump {
            return false;
        }
        let word = name.get(start..at).unwrap_or_default().to_ascii_lowercase();
        start = if ends { at + 1 } else { at };
        TESTS.contains(&word.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<&'static str> {
        reason(Path::new(path), Path::new("/home/ada"), true)
    }

    #[test]
    fn packages_and_tests_are_told_by_their_folders() {
        for path in [
            "/home/ada/src/shop/node_modules/tls/lib/key.js",
            "/home/ada/.cargo/registry/src/index-1/pem-3.0.6/src/lib.rs",
            "/usr/lib/python3/dist-packages/jwt/README",
            "/home/ada/src/shop/vendor/acme/key.pem",
            "/home/ada/.cache/go/pkg/mod/tls/key.go",
            "/home/ada/src/shop/tests/keys/ca.pem",
            "/home/ada/src/shop/crypto/test_data/ca.pem",
            "/home/ada/src/shop/crypto/x509_test.cc",
            "/home/ada/src/shop/src/StoreTest.java",
            "/home/ada/src/shop/src/store.spec.ts",
        ] {
            assert!(of(path).is_some(), "{path}");
        }
    }

    #[test]
    fn the_users_own_places_are_not() {
        for path in [
            "/home/ada/.ssh/id_rsa",
            "/home/ada/tests/backup/.ssh/id_rsa",
            "/home/ada/src/shop/node_modules/.cache/key.pem",
            "/home/ada/src/shop/deploy/latest/key.pem",
            "/home/ada/Downloads/test-server.pem",
            "/home/ada/src/contest/key.pem",
            "/home/ada/test/key.pem",
            "/home/ada/src/shop/src/main.rs",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
        let named = reason(Path::new("/srv/shop/test/key.pem"), Path::new("/srv/shop"), false);
        assert!(named.is_some(), "of a named tree its own folders do");
        let outside = reason(Path::new("/tmp/test/shop/key.pem"), Path::new("/tmp/test/shop"), false);
        assert_eq!(outside, None, "what lies above the root does not count");
    }
}
