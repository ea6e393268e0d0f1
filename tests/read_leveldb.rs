//! LevelDB's logs and tables, built byte by byte: every entry is given once, and no bytes do harm.

use crate::common::{desk, scan_paths};
use caulk::model::{ContainerKind, Limits};
use caulk::read::leveldb::{self, Form};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn varint(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [varint(bytes.len()), bytes.to_vec()].concat()
}

/// A write of puts; a value of `None` deletes.
fn batch(entries: &[(&[u8], Option<&[u8]>)]) -> Vec<u8> {
    let mut out = vec![7, 0, 0, 0, 0, 0, 0, 0];
    out.extend((entries.len() as u32).to_le_bytes());
    for (key, value) in entries {
        out.push(u8::from(value.is_some()));
        out.extend(counted(key));
        out.extend(value.map(counted).unwrap_or_default());
    }
    out
}

/// A log of records, cut into blocks. The checksums are made up.
fn log(records: &[Vec<u8>]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for record in records {
        let mut rest = &record[..];
        let mut first = true;
        loop {
            let room = (32 << 10) - out.len() % (32 << 10);
            if room < 7 {
                out.extend(vec![0; room]);
                continue;
            }
            let (part, after) = rest.split_at(rest.len().min(room - 7));
            let kind = match (first, after.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            out.extend([1, 2, 3, 4]);
            out.extend((part.len() as u16).to_le_bytes());
            out.push(kind);
            out.extend(part);
            (rest, first) = (after, false);
            if rest.is_empty() {
                break;
            }
        }
    }
    out
}

/// A block of entries with shared prefixes and one restart.
fn block(entries: &[(Vec<u8>, Vec<u8>)], compress: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut last: &[u8] = b"";
    for (key, value) in entries {
        let shared = last.iter().zip(key).take_while(|(a, b)| a == b).count();
        out.extend([varint(shared), varint(key.len() - shared), varint(value.len())].concat());
        out.extend(&key[shared..]);
        out.extend(value);
        last = key;
    }
    out.extend([0, 0, 0, 0, 1, 0, 0, 0]);
    let mut out = if compress { snap::raw::Encoder::new().compress_vec(&out).expect("compress") } else { out };
    out.push(u8::from(compress));
    out.extend([0; 4]);
    out
}

/// A table of blocks.
fn table(blocks: &[&[(&[u8], &[u8])]], compress: bool) -> Vec<u8> {
    let tagged = |key: &[u8]| [key, &[1, 9, 0, 0, 0, 0, 0, 0]].concat();
    let mut out = Vec::new();
    let mut index = Vec::new();
    for entries in blocks {
        let entries: Vec<_> = entries.iter().map(|(key, value)| (tagged(key), value.to_vec())).collect();
        let bytes = block(&entries, compress);
        let handle = [varint(out.len()), varint(bytes.len() - 5)].concat();
        index.push((entries.last().expect("entries").0.clone(), handle));
        out.extend(bytes);
    }
    let bytes = block(&index, compress);
    let mut footer = [vec![0, 0], varint(out.len()), varint(bytes.len() - 5)].concat();
    footer.resize(40, 0);
    out.extend(bytes);
    out.extend(footer);
    out.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    out
}

/// Keys and values as `key=value`, raw bytes as `value`.
fn shown(source: &[u8], limits: &Limits) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let problem = leveldb::scan(&source, limits, &|| false, &mut |entry| {
        let value = String::from_utf8_lossy(entry.value);
        found.push(entry.key.map_or(value.to_string(), |key| format!("{}={value}", String::from_utf8_lossy(key))));
    });
    (found, problem.is_some())
}

#[test]
fn logs_give_every_entry() {
    let first = batch(&[(b"a", Some(b"1")), (b"b", None)]);
    let long = "x".repeat(100_000);
    let second = batch(&[(b"c", Some(long.as_bytes())), (b"d", Some(b"2"))]);
    let edge = batch(&[(b"e", Some(&[b'y'; 32 << 10]))]);
    let source = log(&[first, second, edge, batch(&[(b"f", Some(b"3"))])]);
    let (found, broken) = shown(&source, &Limits::SHIPPED);
    assert!(!broken);
    let heads: Vec<_> = found.iter().map(|entry| (&entry[..3.min(entry.len())], entry.len())).collect();
    assert_eq!(heads, [("a=1", 3), ("b=", 2), ("c=x", 100_002), ("d=2", 3), ("e=y", (32 << 10) + 2), ("f=3", 3)]);
    // Space set aside at the end is nothing.
    assert_eq!(shown(&[&source[..], &[0; 4096]].concat(), &Limits::SHIPPED), (found, false));
}

#[test]
fn a_log_that_is_being_written_is_no_defect() {
    let source = log(&[batch(&[(b"a", Some(b"1"))]), batch(&[(b"b", Some("z".repeat(40_000).as_bytes()))])]);
    for cut in [source.len() - 1, source.len() - 10_000, 60] {
        let (found, broken) = shown(&source[..cut], &Limits::SHIPPED);
        assert_eq!(found[0], "a=1");
        assert!(found.iter().skip(1).any(|text| text.contains("zzzz")), "what is there of it is given as it is");
        assert!(!broken || cut > 60, "at {cut}");
    }
    assert_eq!(shown(b"", &Limits::SHIPPED), (Vec::new(), false));
}

#[test]
fn a_broken_block_does_not_spoil_the_next() {
    let mut source = log(&[batch(&[(b"a", Some(&[b'x'; 40_000]))]), batch(&[(b"b", Some(b"2"))])]);
    source[6] = 99;
    let (found, broken) = shown(&source, &Limits::SHIPPED);
    assert!(broken && found.contains(&"b=2".to_owned()));
}

#[test]
fn a_record_too_long_is_given_in_pieces() {
    let limits = Limits { cell_bytes: 64 << 10, overlap_bytes: 1 << 10, ..Limits::SHIPPED };
    let text: String = (0..40_000).map(|number| format!("{number:05},")).collect();
    let source = log(&[batch(&[(b"a", Some(text.as_bytes()))]), batch(&[(b"b", Some(b"2"))])]);
    let (found, broken) = shown(&source, &limits);
    assert!(broken && found.contains(&"b=2".to_owned()));
    for number in (0..40_000).step_by(97) {
        let word = format!("{number:05},");
        assert!(found.iter().any(|piece| piece.contains(&word)), "{word}");
    }
}

#[test]
fn tables_give_every_entry() {
    let long = [b'k'; 300];
    let longer = [&long[..], b"tail"].concat();
    for compress in [false, true] {
        let source = table(
            &[
                &[(b"_https://a\0\x01one", b"\x011"), (b"_https://a\0\x01two", b"\x012")],
                &[(&long, b"3"), (&longer, b"4"), (b"z", b"5")],
            ],
            compress,
        );
        let (found, broken) = shown(&source, &Limits::SHIPPED);
        let head = "k".repeat(256);
        assert_eq!(
            found,
            [
                "_https://a\0\x01one=\x011".to_owned(),
                "_https://a\0\x01two=\x012".to_owned(),
                format!("{head}=3"),
                format!("{head}=4"),
                "z=5".to_owned()
            ]
        );
        assert!(!broken);
    }
}

#[test]
fn damaged_tables_end() {
    let value = "v".repeat(2000);
    let source = table(&[&[(b"a", value.as_bytes())], &[(b"b", value.as_bytes())]], true);
    for at in 0..source.len() {
        let mut broken = source.clone();
        broken[at] ^= 0x55;
        shown(&broken, &Limits::SHIPPED);
    }
    // A block that says it is larger than may be is not unpacked.
    let limits = Limits { cell_bytes: 1000, ..Limits::SHIPPED };
    assert_eq!(shown(&source, &limits), (Vec::new(), true));
    // An index that names one block again and again has it read once.
    let entries = vec![(b"k".to_vec(), b"v".to_vec()); 1];
    let first = block(&entries, false);
    let handle = [varint(0), varint(first.len() - 5)].concat();
    let index: Vec<_> = (0..100).map(|n| (vec![n], handle.clone())).collect();
    let index = block(&index, false);
    let mut footer = [vec![0, 0], varint(first.len()), varint(index.len() - 5)].concat();
    footer.resize(40, 0);
    let source = [first, index, footer, 0xdb47_7524_8b80_fb57_u64.to_le_bytes().to_vec()].concat();
    let (found, broken) = shown(&source, &Limits::SHIPPED);
    assert!(found.len() == 1 && broken);
}

#[test]
fn keys_and_values_of_dom_storage() {
    let key = leveldb::key(b"_https://app.example\0\x01token");
    assert_eq!(
        (key.origin, key.name.bytes(), key.form),
        (Some(&b"https://app.example"[..]), &b"token"[..], Form::Marked)
    );
    assert_eq!(leveldb::text(key.form, b"\x01latin").bytes(), b"latin");
    assert_eq!(leveldb::text(key.form, b"\0w\0i\0").bytes(), b"wi");
    let key = leveldb::key(b"map-12-user-token");
    assert_eq!((key.origin, key.name.bytes(), key.form), (None, &b"user-token"[..], Form::Wide));
    assert_eq!(leveldb::text(key.form, b"w\0i\0").bytes(), b"wi");
    assert_eq!(leveldb::key(b"map-x").form, Form::Serialized);
    let wide = |bytes: &[u8]| leveldb::wide(bytes).map(|text| String::from_utf8_lossy(&text).into_owned());
    let spread: Vec<u8> = "a token, wide".bytes().flat_map(|byte| [byte, 0]).collect();
    for before in [&b""[..], b"\xff\x11", b"\xff\x11\x0d", b"\0", b"\0\0\0"] {
        assert_eq!(wide(&[before, &spread, b"\x01\x02"].concat()).as_deref(), Some("a token, wide\n"), "{before:?}");
    }
    assert_eq!(wide(b"plain"), None);
    assert_eq!(wide(&[0; 1 << 16]), None);
}

/// What costs the most for its size: millions of tiny entries, keys that are nearly all shared, blocks that unpack to
/// a multiple of themselves, records without a body.
#[test]
fn hostile_repetition_finishes() {
    let folder = tempfile::tempdir().expect("folder");
    let key = [b'k'; 250];
    let shared: Vec<(Vec<u8>, Vec<u8>)> = vec![([&key[..], &[0; 8]].concat(), b"value123".to_vec()); 50_000];
    let mut blocks = block(&shared, true);
    let handle = [varint(0), varint(blocks.len() - 5)].concat();
    let index = block(&[(b"k".to_vec(), handle)], false);
    let mut footer = [vec![0, 0], varint(blocks.len()), varint(index.len() - 5)].concat();
    footer.resize(40, 0);
    blocks.extend([index, footer, 0xdb47_7524_8b80_fb57_u64.to_le_bytes().to_vec()].concat());
    let entries: Vec<(&[u8], Option<&[u8]>)> = vec![(b"k", Some(b"value123")); 50_000];
    let empty = [1, 2, 3, 4, 0, 0, 2].repeat(100_000);
    for (name, bytes) in [("1.ldb", blocks), ("2.log", log(&[batch(&entries)])), ("3.log", empty)] {
        let path = folder.path().join("Session Storage").join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(path, bytes).expect("write");
    }
    let report = scan_paths(&[folder.path()]);
    // Only the third is broken, and that makes no scan incomplete.
    let told: Vec<_> =
        report.errors.iter().map(|error| (error.path.as_found().ends_with("3.log"), error.incidental)).collect();
    assert_eq!(told, [(true, true)], "{:?}", report.errors);
    assert!(report.findings.is_empty() && report.coverage.files_read == 3);
}

/// Tokens in each of the ways in which applications keep them.
#[test]
fn tokens_are_found_with_their_keys() {
    let folder = tempfile::tempdir().expect("folder");
    let home = folder.path();
    let token = |seed: &str| desk::make("npm_<(><an:30><crc62>", seed);
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let json = format!("\x01{{\"session\":{{\"accessToken\":\"{}\"}}}}", token("json"));
    let records = [
        batch(&[
            (b"_https://app.example\0\x01auth", Some(json.as_bytes())),
            (b"_https://app.example\0\x01auth", Some(json.as_bytes())),
            (b"_https://app.example\0\x01wide", Some(&[&[0][..], &wide(&token("wide"))].concat())),
            (b"map-3-session", Some(&wide(&token("session")))),
        ]),
        // A string whose length is a letter, as V8 writes it.
        batch(&[(b"\0\x01\x02", Some(&[b"\xff\x0f\x22a", token("v8").as_bytes(), b"a"].concat()))]),
        batch(&[(b"\0\x01\x03", Some(&[b"\xff\x0fc\x50", &wide(&token("v8wide"))[..]].concat()))]),
    ];
    let put = |name: &str, bytes: &[u8]| {
        let path = home.join(name);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(&path, bytes).expect("write");
        path
    };
    let log = put(".config/App/Local Storage/leveldb/000003.log", &log(&records));
    let value = format!("\x01{}", token("table"));
    let table = table(&[&[(b"_https://app.example\0\x01t", value.as_bytes())]], true);
    let table = put(".config/App/IndexedDB/x.leveldb/000005.ldb", &table);
    let report = scan_paths(&[&log, &table]);
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    let found: BTreeMap<_, _> = report
        .findings
        .iter()
        .map(|finding| {
            let container = finding.location.container.as_ref().expect("container");
            assert_eq!((container.kind, finding.location.region), (ContainerKind::Leveldb, None));
            assert_eq!((&*finding.rule, &*finding.surface), ("npm-access-token", "chromium.storage"));
            let key = container.key.as_ref().map_or("", |key| key.as_found());
            (key.to_owned(), (container.part, finding.location.field.as_ref().map(|f| f.as_found().to_owned())))
        })
        .collect();
    let field = |name: &str| Some(name.to_owned());
    assert_eq!(report.findings.len(), 6, "{}", desk::lines(&report));
    assert_eq!(found["https://app.example auth"].0, Some("entry"));
    assert!(found["https://app.example auth"].1.as_ref().is_some_and(|field| field.ends_with("session.accessToken")));
    assert_eq!(found["session"], (Some("entry"), field("session")));
    assert_eq!(found.values().filter(|(part, _)| *part == Some("serialized")).count(), 2);
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..600), magic in any::<bool>()) {
        let mut source = source;
        if magic {
            source.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
        }
        shown(&source, &Limits::SHIPPED);
        let key = leveldb::key(&source);
        prop_assert!(leveldb::text(key.form, &source).bytes().len() <= 2 * source.len());
        if let Some(wide) = leveldb::wide(&source) {
            prop_assert!(wide.len() <= source.len() / 2 + 1);
        }
    }

    #[test]
    fn what_is_written_is_read(entries in proptest::collection::vec(("[a-z]{1,20}", "[ -~]{0,200}"), 1..20), compress in any::<bool>()) {
        let sorted: BTreeMap<_, _> = entries.iter().cloned().collect();
        let wanted: Vec<_> = sorted.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let pairs: Vec<_> = sorted.iter().map(|(key, value)| (key.as_bytes(), value.as_bytes())).collect();
        prop_assert_eq!(shown(&table(&[&pairs], compress), &Limits::SHIPPED), (wanted.clone(), false));
        let writes: Vec<_> = pairs.iter().map(|(key, value)| batch(&[(*key, Some(*value))])).collect();
        prop_assert_eq!(shown(&log(&writes), &Limits::SHIPPED), (wanted, false));
    }
}
