//! Tokens at the borders of the pieces that a large file is read in.

use super::*;
use crate::common;
use caulk::host::{Host, Os};
use caulk::model::{Limits, ScanReport};
use caulk::scan::Scope;

/// Pieces small enough that every offset can be tried.
const SMALL: Limits = Limits { chunk_bytes: 4096, overlap_bytes: 512, document_bytes: 8192, ..Limits::SHIPPED };

fn scan(folder: &Path, limits: Limits) -> ScanReport {
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    let request = caulk::scan::ScanRequest { limits, ..common::request(Scope::Paths(vec![folder.to_owned()])) };
    common::scan(&host, &request)
}

/// The same, and segments that begin anywhere in those pieces.
const CUT: Limits = Limits { segment_bytes: 2771, ..SMALL };

/// Lays files in which a token stands at rising offsets over two borders, and expects each one once.
fn borders(name: &str, filler: &str, encode: impl Fn(&str) -> Vec<u8>) {
    let ground = Ground::new();
    let token = token("border");
    let line: String = filler.chars().take(60).collect();
    let mut count = 0;
    for offset in (3000..9500).step_by(37) {
        // A line of its own, and in the middle of a line that never ends.
        let text = if usize::is_multiple_of(offset, 2) {
            let before: String = std::iter::repeat_n(line.as_str(), 400).collect::<Vec<_>>().join("\n");
            let before: String = before.chars().take(offset).collect();
            format!("{before}\n{token}\n{}", before.chars().rev().collect::<String>())
        } else {
            let before: String = filler.chars().cycle().take(offset).collect();
            format!("{before} {token} {before}")
        };
        ground.file(&format!("t/{offset:05}/{name}"), encode(&text));
        count += 1;
    }
    for limits in [SMALL, CUT] {
        each_once(&scan(&ground.path("t"), limits), name, filler, count, token.len());
    }
}

fn each_once(report: &ScanReport, name: &str, filler: &str, count: usize, length: usize) {
    let mut found: Vec<&str> =
        report.findings.iter().filter(|f| f.rule == RULE).map(|f| f.location.path.as_found()).collect();
    found.sort_unstable();
    let before = found.len();
    found.dedup();
    assert_eq!((found.len(), before), (count, count), "{name}, {filler:.4}: each token once");
    for finding in report.findings.iter().filter(|f| f.rule == RULE) {
        let offset: usize = finding.location.path.as_found().split('/').rev().nth(1).unwrap().parse().unwrap();
        let region = finding.location.region.unwrap();
        assert_eq!(region.end_column - region.column, length as u32);
        if offset.is_multiple_of(2) {
            assert_eq!(region.column, 1, "{name} at {offset}");
        } else {
            assert_eq!(region.line, 1, "{name} at {offset}");
        }
    }
}

const LATIN: &str = "the quick brown fox jumps over the lazy dog, ";
/// Three bytes in UTF-8, two in UTF-16.
const WIDE: &str = "\u{6f22}\u{5b57}\u{4eee}\u{540d}";
/// Four bytes in both, two units in UTF-16.
const PAIRS: &str = "\u{1f600}\u{1f680}x";

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
}

#[test]
fn at_every_border_of_text() {
    for filler in [LATIN, WIDE, PAIRS] {
        borders("a.txt", filler, |text| text.as_bytes().to_vec());
    }
}

#[test]
fn at_every_border_of_lines() {
    for filler in [LATIN, WIDE] {
        borders(".bash_history", filler, |text| text.as_bytes().to_vec());
    }
    borders("big.json", LATIN, |text| text.as_bytes().to_vec());
}

#[test]
fn at_every_border_of_utf_16() {
    for big in [false, true] {
        for mark in [false, true] {
            borders("a.txt", LATIN, |text| utf16(text, big, mark));
        }
        for filler in [WIDE, PAIRS] {
            borders("a.txt", filler, |text| utf16(text, big, true));
            borders(".bash_history", filler, |text| utf16(text, big, true));
        }
    }
}

/// Findings, as far as they could depend on who read what.
fn facts(report: &ScanReport) -> Vec<String> {
    report.findings.iter().map(|f| format!("{:?} {:?} {} {:?}", f.id, f.location, f.offset, f.related)).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 48, failure_persistence: None, ..Default::default() })]

    /// However a file is cut, and whoever reads the parts.
    #[test]
    fn any_split_among_any_threads_gives_the_same_report(
        lines in proptest::collection::vec((0_usize..400, proptest::bool::weighted(0.1), 0_u8..4), 20..300),
        segment in 1100_usize..20_000,
        chunk in 1100_usize..9000,
        jobs in 1_usize..5,
    ) {
        let mut text = Vec::new();
        for (number, (length, secret, end)) in lines.iter().enumerate() {
            text.extend(LATIN.bytes().cycle().skip(number).take(*length));
            if *secret {
                text.push(b' ');
                text.extend_from_slice(token(&format!("split{number}")).as_bytes());
                text.push(b' ');
            }
            text.extend_from_slice([&b"\n"[..], b"\r\n", b"", b"\n\n"][usize::from(*end)]);
        }
        let ground = Ground::new();
        let file = ground.file("t/a.log", text);
        let whole = Limits { chunk_bytes: 1 << 20, segment_bytes: 1 << 30, ..SMALL };
        let cut = Limits { chunk_bytes: chunk, segment_bytes: segment, ..SMALL };
        let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
        let request = |limits, jobs| caulk::scan::ScanRequest {
            limits,
            jobs: Some(jobs),
            ..common::request(Scope::Paths(vec![file.clone()]))
        };
        let expected = common::scan(&host, &request(whole, 1));
        let got = common::scan(&host, &request(cut, jobs));
        let secrets = lines.iter().filter(|line| line.1).count();
        proptest::prop_assert_eq!(expected.findings.len(), secrets);
        proptest::prop_assert_eq!(facts(&got), facts(&expected));
        proptest::prop_assert_eq!(got.coverage.bytes_read, expected.coverage.bytes_read);
    }
}

/// The border of the shipped bounds, by the program.
#[test]
fn at_the_real_border() {
    let ground = Ground::new();
    let token = token("mebibyte");
    let mut count = 0;
    for offset in (1_048_576 - 48..1_048_576 + 8).step_by(7) {
        let mut text = "lorem ipsum dolor sit amet\n".repeat(46_000).into_bytes();
        text[offset - 1] = b'\n';
        text[offset..offset + token.len()].copy_from_slice(token.as_bytes());
        text[offset + token.len()] = b'\n';
        ground.file(&format!("t/{offset}.txt"), text);
        count += 1;
    }
    let report = ground.run(&["scan", "t", "--format", "json"]).ends_with(1).json();
    assert_eq!(paths(&report, RULE).len(), count);
}
