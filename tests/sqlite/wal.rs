//! Databases with a WAL, held open, cut short, and written to meanwhile.

use super::*;
use std::cell::Cell as Counter;

#[test]
fn rows_in_the_wal_are_given_once_and_what_they_supersede_as_such() {
    let sample = live_wal();
    let found = sample.check();
    let value = text(103, 600);
    let rows: Vec<_> = found.iter().filter(|cell| cell.live() && cell.value == value.as_bytes()).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].part, Part::Wal);
    assert!(contains(&found, &text(3, 600), |cell| cell.part == Part::SupersededPage));
    assert!(contains(&found, &marker(12), |cell| cell.part == Part::Wal && !cell.live()), "an older frame of a page");
    all_covered(&found, &sample.bytes());
    all_covered(&found, &sample.wal().unwrap());
    // Without its WAL the same file still has the row that was replaced.
    let (main_only, _) = read(&sample.bytes(), None);
    assert!(main_only.iter().any(|cell| cell.live() && cell.value == text(3, 600).as_bytes()));
}

#[test]
fn a_wal_is_read_at_every_page_size_and_encoding() {
    for page_size in [512, 2048, 65_536] {
        for encoding in ["UTF-8", "UTF-16be"] {
            let sample = live_wal_with(&format!("PRAGMA page_size={page_size}; PRAGMA encoding='{encoding}';"));
            let found = sample.check();
            all_covered(&found, &sample.bytes());
            assert!(found.iter().any(|cell| cell.live() && cell.part == Part::Wal));
        }
    }
}

#[test]
fn frames_equal_to_the_main_file_are_not_given_again() {
    let sample = live_wal();
    sample.sql("PRAGMA wal_checkpoint(PASSIVE)");
    let found = sample.check();
    assert!(!found.iter().any(|cell| cell.part == Part::SupersededPage));
}

#[test]
fn frames_of_an_earlier_round_of_the_wal_are_raw_text() {
    let sample = live_wal();
    sample.sql("PRAGMA wal_checkpoint(RESTART); DELETE FROM ItemTable WHERE key = 'key19';");
    let found = sample.check();
    assert!(contains(&found, &marker(15), |cell| cell.part == Part::Wal && !cell.live()));
    all_covered(&found, &sample.wal().unwrap());
}

#[test]
fn a_shrunk_database_shows_the_pages_that_are_still_in_the_main_file() {
    let sample = Sample::new("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;");
    sample.sql(TABLES).sql("BEGIN");
    for number in 0..60 {
        insert(&sample, number, 3000);
    }
    sample.sql("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM notes WHERE id > 1; VACUUM;");
    let found = sample.check();
    assert!(contains(&found, &marker(59), |cell| cell.part == Part::SupersededPage));
    all_covered(&found, &sample.bytes());
    all_covered(&found, &sample.wal().unwrap());
}

#[test]
fn frames_behind_the_end_of_a_shrunk_database_are_not_live() {
    let sample = Sample::new("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; PRAGMA auto_vacuum=1;");
    sample.sql(TABLES).sql("VACUUM");
    for number in 0..40 {
        insert(&sample, number, 9000);
    }
    sample.sql("DELETE FROM notes WHERE id > 1; DELETE FROM grants; DELETE FROM ItemTable;");
    let found = sample.check();
    assert!(contains(&found, &marker(39), |cell| cell.part == Part::Wal));
    all_covered(&found, &sample.wal().unwrap());
}

#[test]
fn an_uncommitted_transaction_is_not_live() {
    let sample = live_wal();
    sample.sql("PRAGMA cache_size=2; BEGIN;");
    for number in 200..260 {
        insert(&sample, number, 2000);
    }
    let reader = Connection::open(sample.folder.path().join("a.db")).unwrap();
    let (found, outcome) = sample.read();
    assert_eq!(outcome.problem, None);
    compare(&reader, &found);
    assert!(contains(&found, &marker(205), |cell| cell.part == Part::Wal && !cell.live()), "spilled to the WAL");
}

fn words(bytes: &[u8], big_endian: bool) -> impl Iterator<Item = (u32, u32)> {
    bytes.chunks_exact(8).map(move |pair| {
        let word = |at: usize| {
            let four = [pair[at], pair[at + 1], pair[at + 2], pair[at + 3]];
            if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
        };
        (word(0), word(4))
    })
}

/// Rewrites the checksums of a WAL's valid frames for the other byte order.
fn other_byte_order(wal: &mut [u8], page_size: usize) {
    let big_endian = wal[3] & 1 == 0;
    wal[3] ^= 1;
    let sum = |mut sums: (u32, u32), bytes: &[u8]| {
        for (first, second) in words(bytes, big_endian) {
            sums.0 = sums.0.wrapping_add(first).wrapping_add(sums.1);
            sums.1 = sums.1.wrapping_add(second).wrapping_add(sums.0);
        }
        sums
    };
    let mut sums = sum((0, 0), &wal[..24]);
    wal[24..28].copy_from_slice(&sums.0.to_be_bytes());
    wal[28..32].copy_from_slice(&sums.1.to_be_bytes());
    for frame in wal[32..].chunks_exact_mut(24 + page_size) {
        sums = sum(sum(sums, &frame[..8]), &frame[24..]);
        frame[16..20].copy_from_slice(&sums.0.to_be_bytes());
        frame[20..24].copy_from_slice(&sums.1.to_be_bytes());
    }
}

#[test]
fn a_wal_of_either_byte_order_is_believed() {
    let sample = live_wal();
    let (db, mut wal) = (sample.bytes(), sample.wal().unwrap());
    other_byte_order(&mut wal, 4096);
    let (found, outcome) = read(&db, Some(&wal));
    assert_eq!(outcome.problem, None);
    compare(&sample.connection, &found);
}

#[test]
fn a_wal_is_believed_up_to_its_first_bad_frame_and_its_last_commit() {
    let sample = live_wal();
    let (db, wal) = (sample.bytes(), sample.wal().unwrap());
    // Any cut or flipped byte leaves some earlier commit, which the library then shows too.
    for at in [40, 5_000, wal.len() / 2, wal.len() - 3] {
        let mut bad = wal.clone();
        bad[at] ^= 1;
        for bad in [&bad[..], &wal[..at]] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("b.db");
            put(&path, &db);
            put(&folder.path().join("b.db-wal"), bad);
            let (found, _) = read(&db, Some(bad));
            compare(&Connection::open(&path).unwrap(), &found);
            all_covered(&found, bad);
        }
    }
}

/// A file that somebody writes to while it is read: from the third look at it on, a byte differs.
struct Written<'a> {
    bytes: &'a [u8],
    at: u64,
    looks: Counter<u32>,
}

impl PageSource for Written<'_> {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let short = buf.len().min(1000);
        let count = self.bytes.read_at(offset, &mut buf[..short])?;
        if (offset..offset + count as u64).contains(&self.at) {
            self.looks.set(self.looks.get() + 1);
            buf[(self.at - offset) as usize] ^= u8::from(self.looks.get() > 2);
        }
        Ok(count)
    }
}

#[test]
fn a_write_meanwhile_is_noticed_and_short_reads_are_not_mistaken_for_one() {
    let sample = live_wal();
    let (db, wal) = (sample.bytes(), sample.wal().unwrap());
    let written = |bytes, at| Written { bytes, at, looks: Counter::new(0) };
    let changed = |db_at, wal_at| run(&written(&db, db_at), Some(&written(&wal, wal_at)), &Limits::SHIPPED).1.changed;
    assert!(!changed(u64::MAX, u64::MAX));
    assert!(changed(27, u64::MAX), "change counter");
    assert!(changed(u64::MAX, 16), "salt");
    let (found, outcome) = run(&written(&db, u64::MAX), Some(&written(&wal, u64::MAX)), &Limits::SHIPPED);
    assert_eq!(outcome.problem, None);
    compare(&sample.connection, &found);
}

#[test]
fn a_commit_into_the_reused_part_of_a_wal_is_noticed() {
    let sample = live_wal();
    sample.sql("PRAGMA wal_checkpoint(RESTART); DELETE FROM ItemTable WHERE key = 'key19';");
    let (db, wal) = (sample.bytes(), sample.wal().unwrap());
    let other = std::cell::RefCell::new(Some(wal.clone()));
    let mut grew = false;
    let source = Swapped { bytes: std::cell::RefCell::new(wal) };
    let outcome = scan(&db.as_slice(), Some(&source), &Limits::SHIPPED, &mut |_| {
        if other.borrow_mut().take().is_some() {
            sample.sql("DELETE FROM ItemTable WHERE key = 'key18'");
            let now = sample.wal().unwrap();
            grew = now.len() != source.bytes.borrow().len();
            *source.bytes.borrow_mut() = now;
        }
    });
    assert!(!grew, "the case under test: same size, same salts");
    assert!(outcome.changed);
}

struct Swapped {
    bytes: std::cell::RefCell<Vec<u8>>,
}

impl PageSource for Swapped {
    fn len(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        self.bytes.borrow().as_slice().read_at(offset, buf)
    }
}
