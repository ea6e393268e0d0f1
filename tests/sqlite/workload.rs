//! Properties: any workload reads as SQL reads it, and any damage is survived.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// One step of a workload.
#[derive(Debug, Clone)]
enum Step {
    Insert(u16),
    Update(u8, u16),
    Delete(u8),
    DeleteSome(u8),
    Drop,
    Vacuum,
    Checkpoint,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..7000_u16).prop_map(Step::Insert),
        4 => (any::<u8>(), 0..7000_u16).prop_map(|(at, length)| Step::Update(at, length)),
        2 => any::<u8>().prop_map(Step::Delete),
        1 => (2..6_u8).prop_map(Step::DeleteSome),
        1 => Just(Step::Drop),
        1 => Just(Step::Vacuum),
        1 => Just(Step::Checkpoint),
    ];
    proptest::collection::vec(step, 1..50)
}

fn work(pragmas: &str, steps: &[Step]) -> Sample {
    let sample = Sample::new(pragmas);
    sample.sql(TABLES);
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Insert(length) => insert(&sample, number, usize::from(*length)),
            Step::Update(at, length) => {
                let value = text(1000 + number, usize::from(*length));
                let id = usize::from(*at) % (number + 1);
                let db = &sample.connection;
                db.execute("UPDATE ItemTable SET value=? WHERE key=?", params![value, format!("key{id}")]).unwrap();
                db.execute("UPDATE notes SET body=? WHERE id=?", params![value, id as i64]).unwrap();
            }
            Step::Delete(at) => {
                let id = usize::from(*at) % (number + 1);
                sample.sql(&format!("DELETE FROM notes WHERE id={id}; DELETE FROM grants WHERE number={id};"));
            }
            Step::DeleteSome(part) => {
                sample.sql(&format!("DELETE FROM ItemTable WHERE rowid % {part} = 0"));
            }
            Step::Drop => {
                sample.sql("DROP TABLE grants; CREATE TABLE grants (scope TEXT, number INT, token TEXT);");
            }
            Step::Vacuum => {
                sample.sql("VACUUM");
            }
            Step::Checkpoint => {
                sample.sql("PRAGMA wal_checkpoint(RESTART)");
            }
        }
    }
    sample
}

fn pragmas() -> impl Strategy<Value = String> {
    let sizes = prop_oneof![Just(512), Just(1024), Just(4096)];
    let journals = prop_oneof![Just("DELETE"), Just("WAL")];
    (sizes, 0..3, journals).prop_map(|(size, vacuum, journal)| {
        format!(
            "PRAGMA page_size={size}; PRAGMA auto_vacuum={vacuum}; PRAGMA journal_mode={journal};
             PRAGMA wal_autocheckpoint=0;"
        )
    })
}

/// Overwrites what was given as free space, in a copy of the file, and reads that with the library.
fn compare_without_free_space(sample: &Sample, found: &[Found]) {
    let mut bytes = sample.bytes();
    let page_size = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let mut blanked = 0;
    for cell in found.iter().filter(|cell| cell.part == Part::FreeSpace) {
        let page = &mut bytes[(cell.page as usize - 1) * page_size..][..page_size];
        let first = memchr::memmem::find(page, &cell.value);
        // Free space may hold a copy of a live cell of the page; then it cannot be told which of the two was given.
        if let Some(at) = first.filter(|_| first == memchr::memmem::rfind(page, &cell.value)) {
            page[at..at + cell.value.len()].fill(b'#');
            blanked += 1;
        }
    }
    if blanked > 0 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blanked.db");
        put(&path, &bytes);
        compare(&Connection::open(&path).unwrap(), found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_done_live_values_come_once_and_no_text_in_the_files_is_missed(
        pragmas in pragmas(), steps in steps(),
    ) {
        let sample = work(&pragmas, &steps);
        let found = sample.check();
        all_covered(&found, &sample.bytes());
        match sample.wal() {
            Some(wal) => all_covered(&found, &wal),
            None => compare_without_free_space(&sample, &found),
        }
    }

    #[test]
    fn damage_never_panics_hangs_or_multiplies(
        pragmas in pragmas(),
        steps in steps(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..60),
        cut in any::<prop::sample::Index>(),
        cut_at_all in any::<bool>(),
    ) {
        let sample = work(&pragmas, &steps[..steps.len().min(15)]);
        let (mut db, mut wal) = (sample.bytes(), sample.wal().unwrap_or_default());
        for (at, byte, place) in damage {
            // Half of the damage goes where it hurts: the header, and the first bytes of pages.
            let page = at.index(db.len()) / 512 * 512;
            let target = match place {
                0 => at.index(db.len()),
                1 => page + usize::from(byte) % 16,
                2 => at.index(100) + 16,
                _ => at.index(db.len()) / 64 * 64,
            };
            if let Some(slot) = db.get_mut(target) {
                *slot = byte;
            }
            if !wal.is_empty() && place == 3 {
                let target = at.index(wal.len());
                wal[target] = byte;
            }
        }
        if cut_at_all {
            db.truncate(cut.index(db.len()));
            wal.truncate(cut.index(wal.len() + 1));
        }
        let start = Instant::now();
        let (found, _) = read(&db, Some(&wal));
        prop_assert!(start.elapsed() < Duration::from_secs(5));
        // In a UTF-16 database raw text is given a second time, at most as long.
        let given: usize = found.iter().map(|cell| cell.value.len()).sum();
        prop_assert!(given <= 4 * (db.len() + wal.len()));
    }
}
