//! Any bytes to every reader that takes a buffer. `CAULK_FUZZ` names the reader; without it the first byte
//! chooses one. What must hold is the same as in the property tests of `tests/read_*.rs`.
#![no_main]

use caulk::components;
use caulk::model::Limits;
use caulk::read::{self, Format, encoding, git_index, leveldb, private_key, sqlite};
use caulk::rules::catalog::CatalogSet;
use caulk::rules::import::{self, gitleaks};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// Small, so that bounds are reached.
const LIMITS: Limits = Limits {
    depth: 24,
    nodes: 4_000,
    chunk_bytes: 32 << 10,
    document_bytes: 256 << 10,
    cell_bytes: 64 << 10,
    ..Limits::SHIPPED
};

/// A reader by its name.
#[derive(Clone, Copy)]
enum Reader {
    Parse(Format),
    Sqlite,
    Leveldb,
    GitIndex,
    PrivateKey,
    Encoding,
    List(&'static str),
    Import,
    Gitleaks,
}

const READERS: &[(&str, Reader)] = &[
    ("json", Reader::Parse(Format::Json)),
    ("jsonl", Reader::Parse(Format::Jsonl)),
    ("toml", Reader::Parse(Format::Toml)),
    ("yaml", Reader::Parse(Format::Yaml)),
    ("xml", Reader::Parse(Format::Xml)),
    ("plist", Reader::Parse(Format::Plist)),
    ("properties", Reader::Parse(Format::Properties)),
    ("hcl", Reader::Parse(Format::Hcl)),
    ("http", Reader::Parse(Format::Http)),
    ("dotenv", Reader::Parse(Format::Dotenv)),
    ("ini", Reader::Parse(Format::Ini)),
    ("my-cnf", Reader::Parse(Format::MyCnf)),
    ("npmrc", Reader::Parse(Format::Npmrc)),
    ("gitconfig", Reader::Parse(Format::Gitconfig)),
    ("git-credentials", Reader::Parse(Format::GitCredentials)),
    ("netrc", Reader::Parse(Format::Netrc)),
    ("pgpass", Reader::Parse(Format::Pgpass)),
    ("svn-auth", Reader::Parse(Format::SvnAuth)),
    ("erlang", Reader::Parse(Format::Erlang)),
    ("secret-lines", Reader::Parse(Format::SecretLines)),
    ("shell-rc", Reader::Parse(Format::ShellRc)),
    ("shell-history", Reader::Parse(Format::ShellHistory)),
    ("fish-variables", Reader::Parse(Format::FishVariables)),
    ("environ", Reader::Parse(Format::Environ)),
    ("sqlite", Reader::Sqlite),
    ("leveldb", Reader::Leveldb),
    ("git-index", Reader::GitIndex),
    ("private-key", Reader::PrivateKey),
    ("encoding", Reader::Encoding),
    ("npm-lock", Reader::List("npm-lock")),
    ("npm-package", Reader::List("npm-package")),
    ("pnpm-lock", Reader::List("pnpm-lock")),
    ("yarn-lock", Reader::List("yarn-lock")),
    ("bun-lock", Reader::List("bun-lock")),
    ("cargo-lock", Reader::List("cargo-lock")),
    ("python-lock", Reader::List("python-lock")),
    ("pipfile-lock", Reader::List("pipfile-lock")),
    ("requirements", Reader::List("requirements")),
    ("gemfile-lock", Reader::List("gemfile-lock")),
    ("composer-lock", Reader::List("composer-lock")),
    ("go-sum", Reader::List("go-sum")),
    ("vscode-extensions", Reader::List("vscode-extensions")),
    ("import-list", Reader::Import),
    ("import-gitleaks", Reader::Gitleaks),
];

static ONLY: LazyLock<Option<Reader>> = LazyLock::new(|| {
    let name = std::env::var("CAULK_FUZZ").ok()?;
    Some(READERS.iter().find(|(known, _)| *known == name).expect("a reader of that name").1)
});

struct Bytes<'b>(&'b [u8]);

impl sqlite::PageSource for Bytes<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

fn parse(format: Format, data: &[u8]) {
    let document = read::parse(format, data, &LIMITS);
    assert!(document.fields.len() <= LIMITS.nodes);
    let mut last = 0;
    for field in &document.fields {
        assert!(field.span.start <= field.span.end && field.span.end <= data.len(), "a span leaves the source");
        assert!(field.span.start >= last, "fields are in order");
        last = field.span.start;
        if !field.value.is_decoded() {
            assert_eq!(field.value.bytes(), &data[field.span.clone()]);
        }
    }
    if let Some(problem) = document.problem {
        assert!(problem.offset <= data.len());
    }
}

/// Names and versions of a list are such as a registry holds: never a line of somebody's file.
fn list(kind: &str, data: &[u8]) {
    for component in components::read(kind, data, &LIMITS) {
        let (name, version) = (component.name.as_found(), component.version.as_found());
        assert!(component.span.start <= component.span.end && component.span.end <= data.len(), "a span leaves the source");
        assert!(!name.is_empty() && name.len() <= 214 && version.len() <= 214);
        assert!(!name.chars().chain(version.chars()).any(|c| c.is_whitespace() || c.is_control()));
    }
}

fuzz_target!(|data: &[u8]| {
    let (reader, data) = match (*ONLY, data.split_first()) {
        (Some(reader), _) => (reader, data),
        (None, Some((first, rest))) => (READERS[usize::from(*first) % READERS.len()].1, rest),
        (None, None) => return,
    };
    match reader {
        Reader::Parse(format) => parse(format, data),
        Reader::Sqlite => {
            let half = data.len() / 2;
            for (main, log) in [(data, None), (&data[..half], Some(&data[half..]))] {
                let log = log.map(Bytes);
                let log = log.as_ref().map(|log| log as &dyn sqlite::PageSource);
                sqlite::scan(&Bytes(main), log, &LIMITS, &mut |cell| assert!(cell.value.len() <= LIMITS.cell_bytes));
            }
        }
        Reader::Leveldb => {
            leveldb::scan(&Bytes(data), &LIMITS, &|| false, &mut |_| {});
        }
        Reader::GitIndex => {
            let (sha256, data) = (data.first().is_some_and(|first| first & 1 == 1), data.get(1..).unwrap_or_default());
            let _ = git_index::parse(data, sha256);
        }
        Reader::PrivateKey => {
            for block in private_key::find(data, &LIMITS) {
                assert!(block.span.start <= block.span.end && block.span.end <= data.len());
            }
        }
        Reader::Encoding => {
            let encoding = encoding::sniff(&data[..data.len().min(encoding::SNIFF_BYTES)]);
            if let Some(text) = encoding::to_utf8(data, encoding) {
                assert!(std::str::from_utf8(&text).is_ok());
            }
        }
        Reader::List(kind) => list(kind, data),
        Reader::Import => {
            if let Ok(imported) = import::import(data, "list") {
                // A catalog stays what it is; of anything else one is made that is read again.
                if !data.ends_with(imported.text.as_bytes()) {
                    let read = CatalogSet::default().add(imported.text);
                    assert!(read.is_ok() || imported.entries == 0, "{read:?}");
                }
            }
        }
        Reader::Gitleaks => {
            if let Ok(text) = std::str::from_utf8(data) {
                let _ = gitleaks::rules(text);
            }
        }
    }
});
