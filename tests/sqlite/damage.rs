//! Files made to break the reader: it ends, gives each byte once, and still finds the text.

use super::*;
use caulk::read::sqlite::is_sqlite;
use std::time::{Duration, Instant};

#[test]
fn what_is_no_database_is_given_as_raw_text() {
    let mut bytes = vec![0; 5000];
    bytes[3000..3011].copy_from_slice(marker(1).as_bytes());
    let (found, outcome) = read(&bytes, None);
    assert!(contains(&found, &marker(1), |cell| cell.part == Part::FreeSpace));
    assert!(outcome.problem.is_some());
    assert!(!is_sqlite(&bytes));
    let (found, outcome) = read(&[], None);
    assert!(found.is_empty() && outcome.problem.is_none());

    let sample = live_wal();
    let mut db = sample.bytes();
    assert!(is_sqlite(&db[..16]));
    db[16..18].copy_from_slice(&[0, 0]);
    let (found, outcome) = read(&db, None);
    assert_eq!(outcome.problem.unwrap().what, "page size not a power of two from 512 to 65536");
    all_covered(&found, &db);
    // With its first page in the WAL, a database is whole again.
    sample.sql("PRAGMA user_version=7");
    let (found, _) = read(&db, sample.wal().as_deref());
    assert!(found.iter().any(|cell| cell.live() && cell.value == text(103, 600).as_bytes()));
}

#[test]
fn a_wal_that_fits_no_database_is_raw_text() {
    let sample = live_wal();
    let mut wal = sample.wal().unwrap();
    wal[0] = 0;
    let (found, outcome) = read(&sample.bytes(), Some(&wal));
    assert!(outcome.problem.is_some());
    assert!(contains(&found, &marker(15), |cell| cell.part == Part::Wal && !cell.live()));
    assert!(found.iter().any(|cell| cell.live() && cell.value == text(3, 600).as_bytes()));
    wal[8..12].fill(0);
    let (found, _) = read(&[], Some(&wal));
    all_covered(&found, &wal);
}

/// A file with a bad block.
struct BadBlock<'a>(&'a [u8], std::ops::Range<u64>);

impl PageSource for BadBlock<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.1.contains(&offset) { Err(std::io::Error::other("bad block")) } else { self.0.read_at(offset, buf) }
    }
}

#[test]
fn a_page_that_cannot_be_read_is_a_problem_and_the_rest_is_given() {
    let sample = live_wal();
    sample.sql("PRAGMA wal_checkpoint(PASSIVE)");
    let (db, wal) = (sample.bytes(), sample.wal().unwrap());
    let (healthy, _) = read(&db, Some(&wal));
    for at in (0..db.len() as u64).step_by(4096) {
        let (found, outcome) = run(&BadBlock(&db, at..at + 4096), Some(&wal.as_slice()), &Limits::SHIPPED);
        assert!(outcome.problem.is_some(), "page at {at}");
        assert!(found.len() * 2 > healthy.len());
    }
    let frames = (wal.len() - 32) / (4096 + 24);
    for frame in 0..frames as u64 {
        let at = 32 + frame * (4096 + 24);
        let (_, outcome) = run(&db.as_slice(), Some(&BadBlock(&wal, at..at + 4120)), &Limits::SHIPPED);
        assert!(outcome.problem.is_some(), "frame {frame}");
    }
}

/// Number of the page where the table's root is.
fn root(sample: &Sample, table: &str) -> usize {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name=?";
    sample.connection.query_row(sql, [table], |row| row.get::<_, u32>(0)).unwrap() as usize
}

fn ends_with_problem(bytes: &[u8]) -> Vec<Found> {
    let start = Instant::now();
    let (found, outcome) = read(bytes, None);
    assert!(outcome.problem.is_some());
    assert!(outcome.pages <= bytes.len() as u64 / 512 + 1);
    assert!(found.iter().map(|cell| cell.value.len()).sum::<usize>() <= 2 * bytes.len());
    assert!(start.elapsed() < Duration::from_secs(5));
    all_covered(&found, bytes);
    found
}

#[test]
fn cycles_and_lying_pointers_end() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    for number in 0..200 {
        sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(number, (number % 7) * 400)]).unwrap();
    }
    sample.sql("DELETE FROM t WHERE rowid > 100");
    let bytes = sample.bytes();
    let at = (root(&sample, "t") - 1) * 512;
    assert_eq!(bytes[at], 5, "an interior page");

    let with = |at: usize, change: &[u8]| {
        let mut bad = bytes.clone();
        bad[at..at + change.len()].copy_from_slice(change);
        bad
    };
    // A tree that is its own child; a tree whose child is the schema; a child beyond the file.
    let own = u32::try_from(root(&sample, "t")).unwrap().to_be_bytes();
    ends_with_problem(&with(at + 8, &own));
    ends_with_problem(&with(at + 8, &[0, 0, 0, 1]));
    ends_with_problem(&with(at + 8, &[0xff; 4]));
    // A freelist whose first trunk is itself the next; one that leaves the file; one with too many leaves.
    let trunk = u32::from_be_bytes(bytes[32..36].try_into().unwrap());
    let trunk_at = (trunk as usize - 1) * 512;
    ends_with_problem(&with(trunk_at, &trunk.to_be_bytes()));
    ends_with_problem(&with(32, &[0x7f; 4]));
    ends_with_problem(&with(trunk_at + 4, &[0xff; 4]));
    // A page of another kind; more cells than fit; truncation in the middle of a page.
    ends_with_problem(&with(at, &[0x77]));
    ends_with_problem(&with(at + 3, &[0xff; 2]));
    ends_with_problem(&bytes[..bytes.len() - 300]);
}

#[test]
fn an_overflow_chain_that_loops_ends() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(1, 5000)]).unwrap();
    let mut bytes = sample.bytes();
    // The chain is in the order of the file here; its third page leads back to its second.
    let second = root(&sample, "t") + 2;
    assert_eq!(bytes[(second - 1) * 512..][..4], u32::try_from(second + 1).unwrap().to_be_bytes());
    bytes[second * 512..second * 512 + 4].copy_from_slice(&u32::try_from(second).unwrap().to_be_bytes());
    let found = ends_with_problem(&bytes);
    let row = found.iter().find(|cell| cell.table.as_deref() == Some("t")).unwrap();
    assert!(text(1, 5000).as_bytes().starts_with(&row.value) && row.value.len() > 1000);
}

#[test]
fn many_pointers_to_one_cell_do_not_multiply_it() {
    let sample = Sample::new("PRAGMA page_size=65536");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(1, 9000)]).unwrap();
    let mut bytes = sample.bytes();
    let at = (root(&sample, "t") - 1) * 65_536;
    let pointer = [bytes[at + 8], bytes[at + 9]];
    bytes[at + 3..at + 5].copy_from_slice(&[0x60, 0]);
    bytes[at + 8..at + 8 + 2 * 0x6000].chunks_exact_mut(2).for_each(|slot| slot.copy_from_slice(&pointer));
    let found = ends_with_problem(&bytes);
    assert_eq!(found.iter().filter(|cell| cell.table.as_deref() == Some("t")).count(), 1);
}

#[test]
fn what_no_tree_reaches_is_still_given() {
    let sample = Sample::new("PRAGMA page_size=512; PRAGMA auto_vacuum=1;");
    sample.sql(TABLES);
    for number in 0..80 {
        insert(&sample, number, 300);
    }
    let mut bytes = sample.bytes();
    // An empty schema: every page but the first is lost. Pointer maps among them are no text.
    bytes[100] = 13;
    bytes[103..105].copy_from_slice(&[0, 0]);
    let (found, _) = read(&bytes, None);
    assert!(!found.iter().any(Found::live));
    assert!(found.iter().any(|cell| cell.page > 100) && !found.iter().any(|cell| cell.page == 2));
    all_covered(&found, &bytes);
}
