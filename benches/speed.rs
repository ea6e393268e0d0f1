//! How many bytes a second the parts take that see every byte: the prefilter, the detector, the readers.
//!
//! `cargo bench`, or `cargo bench -- readers` for some of it. Input is made up here, about 1 MiB each, the
//! same every time; tokens in it come from templates. Only the library's public interface is used, and
//! nothing is judged: a test that fails because a machine is busy proves nothing.
#![allow(missing_docs, clippy::unwrap_used, reason = "benchmarks")]

use caulk::detect::matcher::Matcher;
use caulk::detect::{Detector, Scene};
use caulk::model::{KeyRing, Limits};
use caulk::read::{self, Format};
use caulk::rules::template::{self, Random};
use caulk::rules::{RulePack, ordinary};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use std::sync::LazyLock;

fn main() {
    divan::main();
}

const MIB: usize = 1 << 20;

static PACK: LazyLock<RulePack> = LazyLock::new(RulePack::builtin);

/// `piece` of the numbers from 0, until there is a MiB of them.
fn repeated(piece: impl Fn(usize) -> String) -> Vec<u8> {
    let mut out = Vec::with_capacity(MIB);
    for number in 0.. {
        if out.len() >= MIB {
            break;
        }
        out.extend_from_slice(piece(number).as_bytes());
    }
    out
}

/// A template filled in; another value for each number.
fn made(template: &str, number: usize) -> String {
    String::from_utf8(template::expand(template, &number.to_string())).unwrap()
}

/// Source code, data, logs and prose.
fn source() -> Vec<u8> {
    ordinary::text().repeat(MIB / ordinary::LENGTH)
}

fn base64() -> Vec<u8> {
    repeated(|number| made("<b64:76>\n", number))
}

/// The keywords of all rules.
fn words() -> Vec<&'static str> {
    let tokens = PACK.rules().iter().filter_map(|rule| rule.token());
    let mut words: Vec<&str> = tokens.flat_map(|token| token.keywords.iter()).map(AsRef::as_ref).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Keywords with spaces between, as no file has them.
fn keywords() -> Vec<u8> {
    let words = words();
    repeated(|number| format!("{} ", words[number % words.len()]))
}

fn random() -> Vec<u8> {
    Random::new(b"speed").bytes(MIB)
}

/// A token of one kind on every hundredth line of ordinary text.
fn tokens() -> Vec<u8> {
    let text = source();
    let mut out = Vec::with_capacity(MIB);
    for (number, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        out.extend_from_slice(line);
        if number % 100 == 0 {
            out.extend_from_slice(made("key = \"ghp_<(><an:30><crc62>\"\n", number).as_bytes());
        }
    }
    out
}

const TEXTS: [&str; 4] = ["source", "base64", "keywords", "random"];

fn input(name: &str) -> Vec<u8> {
    match name {
        "source" => source(),
        "base64" => base64(),
        "keywords" => keywords(),
        _ => random(),
    }
}

/// Who finds the keywords, and its peers over the same words. The peers know neither what must follow a
/// keyword nor, the packed one, letters of either case: they do less than the prefilter does.
mod prefilter {
    use super::{Bencher, BytesCount, Matcher, PACK, TEXTS, black_box, input, words};
    use aho_corasick::{AhoCorasick, MatchKind, packed};

    #[divan::bench(args = TEXTS)]
    fn matcher(bencher: Bencher<'_, '_>, name: &str) {
        let (matcher, text) = (Matcher::new(&PACK), input(name));
        bencher.counter(BytesCount::of_slice(&text)).bench_local(|| {
            let mut count = 0_usize;
            matcher.each(black_box(&text), |_| count += 1);
            count
        });
    }

    #[divan::bench(args = TEXTS)]
    fn aho_corasick(bencher: Bencher<'_, '_>, name: &str) {
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true);
        let (automaton, text) = (builder.build(words()).unwrap(), input(name));
        bencher
            .counter(BytesCount::of_slice(&text))
            .bench_local(|| automaton.find_overlapping_iter(black_box(&text)).count());
    }

    #[divan::bench(args = TEXTS)]
    fn packed_search(bencher: Bencher<'_, '_>, name: &str) {
        // As many as the matcher leaves to it; it refuses more than it is good at.
        let words: Vec<&str> = words().into_iter().take(48).collect();
        let mut config = packed::Config::new();
        config.match_kind(packed::MatchKind::LeftmostLongest);
        let Some(searcher) = config.builder().extend(words).build() else { return };
        let text = input(name);
        bencher.counter(BytesCount::of_slice(&text)).bench_local(|| searcher.find_iter(black_box(&text)).count());
    }

    #[divan::bench]
    fn compiled() -> Matcher<'static> {
        Matcher::new(&PACK)
    }
}

/// From text to findings.
mod detector {
    use super::{Bencher, BytesCount, Detector, Format, KeyRing, Limits, PACK, Scene, TEXTS};
    use super::{black_box, input, read, tokens};

    fn detected(bencher: Bencher<'_, '_>, text: &[u8]) {
        let keys = KeyRing::new(zeroize::Zeroizing::new(vec![7; 32]));
        let detector = Detector::new(&PACK, &keys, Limits::default(), std::time::SystemTime::UNIX_EPOCH);
        let limits = Limits::default();
        bencher.counter(BytesCount::of_slice(text)).bench_local(|| {
            let document = read::parse(Format::Text, black_box(text), &limits);
            detector.detect(&document, &Scene::TEXT, 0..usize::MAX).hits.len()
        });
    }

    #[divan::bench(args = TEXTS, sample_count = 20)]
    fn text(bencher: Bencher<'_, '_>, name: &str) {
        detected(bencher, &input(name));
    }

    #[divan::bench(sample_count = 20)]
    fn text_with_tokens(bencher: Bencher<'_, '_>) {
        detected(bencher, &tokens());
    }
}

/// From bytes to fields, one for each format.
mod readers {
    use super::{Bencher, BytesCount, Format, Limits, black_box, made, read, repeated};
    use caulk::read::{private_key, sqlite, url};

    const FORMATS: [&str; 9] =
        ["json", "jsonl", "dotenv", "ini", "npmrc", "gitconfig", "git-credentials", "shell-rc", "shell-history"];

    fn document(format: &str) -> (Format, Vec<u8>) {
        let value = |number: usize| made("<lower:6>-<an:20>", number);
        let line =
            |number: usize| format!(r#"{{"id":{number},"name":"{}","tags":["a","b\n"],"on":true}}"#, value(number));
        match format {
            "json" => {
                (Format::Json, [b"[".to_vec(), repeated(|n| format!("{},\n", line(n))), b"{}]".to_vec()].concat())
            }
            "jsonl" => (Format::Jsonl, repeated(|n| format!("{}\n", line(n)))),
            "dotenv" => (Format::Dotenv, repeated(|n| format!("# about\nexport KEY_{n}=\"{}\" # why\n", value(n)))),
            "ini" => (Format::Ini, repeated(|n| format!("[profile p{n}]\nregion = eu\nkey = {}\n", value(n)))),
            "npmrc" => {
                (Format::Npmrc, repeated(|n| format!("//r{n}.example.com/:_authToken={}\nfund=false\n", value(n))))
            }
            "gitconfig" => (
                Format::Gitconfig,
                repeated(|n| format!("[remote \"r{n}\"]\n\turl = https://example.com/{}\n", value(n))),
            ),
            "git-credentials" => {
                (Format::GitCredentials, repeated(|n| format!("https://user{n}:{}@example.com\n", value(n))))
            }
            "shell-rc" => (
                Format::ShellRc,
                repeated(|n| {
                    format!("export KEY_{n}='{}'\nif [ -f ~/.rc ]; then . ~/.rc; fi\nalias l{n}='ls -l'\n", value(n))
                }),
            ),
            "shell-history" => (
                Format::ShellHistory,
                repeated(|n| format!(": {n}:0;curl -H 'X-Key: {}' https://example.com/{n} | jq .\n", value(n))),
            ),
            _ => (Format::Text, Vec::new()),
        }
    }

    #[divan::bench(args = FORMATS)]
    fn parse(bencher: Bencher<'_, '_>, format: &str) {
        let (format, text) = document(format);
        let limits = Limits::default();
        bencher
            .counter(BytesCount::of_slice(&text))
            .bench_local(|| read::parse(format, black_box(&text), &limits).fields.len());
    }

    #[divan::bench]
    fn private_keys(bencher: Bencher<'_, '_>) {
        let text = repeated(|n| made("<pem:PRIVATE KEY>", n));
        let limits = Limits::default();
        bencher.counter(BytesCount::of_slice(&text)).bench_local(|| private_key::find(black_box(&text), &limits).len());
    }

    #[divan::bench]
    fn urls(bencher: Bencher<'_, '_>) {
        let (_, text) = document("git-credentials");
        bencher.counter(BytesCount::of_slice(&text)).bench_local(|| {
            let mut count = 0_usize;
            url::find_userinfo(black_box(&text), &mut |_, _| count += 1);
            count
        });
    }

    #[divan::bench]
    fn sqlite_pages(bencher: Bencher<'_, '_>) {
        let bytes = database();
        let limits = Limits::default();
        bencher.counter(BytesCount::of_slice(&bytes)).bench_local(|| {
            let mut total = 0;
            sqlite::scan(&black_box(&bytes[..]), None, &limits, &mut |cell| total += cell.value.len());
            total
        });
    }

    /// An editor's state: keys and values, some of them deleted again.
    #[allow(clippy::disallowed_methods, reason = "a database of our own")]
    fn database() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.vscdb");
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute_batch("CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB); BEGIN").unwrap();
        for number in 0..4000 {
            let value = made("{\"state\":\"<an:200>\"}", number);
            db.execute("INSERT INTO ItemTable VALUES (?1, ?2)", (format!("key.{number}"), value)).unwrap();
        }
        db.execute_batch("DELETE FROM ItemTable WHERE rowid % 7 = 0; COMMIT").unwrap();
        drop(db);
        std::fs::read(&path).unwrap()
    }
}
