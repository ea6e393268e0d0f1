//! Rows, their keys, and what deleting leaves behind, in a database without a WAL.

use super::*;

#[test]
fn gives_each_live_value_once_whatever_the_page_size_encoding_and_layout() {
    for page_size in [512, 4096, 65_536] {
        for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
            for vacuum in 0..2 {
                let sample = Sample::new(&format!(
                    "PRAGMA page_size={page_size}; PRAGMA encoding='{encoding}'; PRAGMA auto_vacuum={vacuum};"
                ));
                sample.sql(TABLES).sql("BEGIN");
                for number in 0..40 {
                    insert(&sample, number, [0, 30, 400, 1000, 4070, 9000][number % 6]);
                }
                sample.sql("COMMIT");
                let found = sample.check();
                assert!(found.iter().filter(|cell| cell.live()).all(|cell| cell.part == Part::Row));
            }
        }
    }
}

#[test]
fn names_rows_by_the_key_of_a_pair_or_by_rowid() {
    let sample = Sample::new("");
    sample.sql(TABLES).sql(
        "INSERT INTO ItemTable VALUES ('secret://a', 'one');
         INSERT INTO notes (id, title) VALUES (-7, 'two');
         INSERT INTO grants VALUES ('mail', 1, 'three');
         CREATE TABLE pair (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO pair VALUES (12, 'four');
         CREATE TABLE counted (n INT PRIMARY KEY, v TEXT) WITHOUT ROWID; INSERT INTO counted VALUES (-300, 'five');",
    );
    let found = sample.check();
    let key_of = |value: &str| {
        let cell = found.iter().find(|cell| cell.live() && cell.value == value.as_bytes()).unwrap();
        (cell.table.clone().unwrap(), String::from_utf8(cell.key.clone().unwrap()).unwrap(), cell.column)
    };
    assert_eq!(key_of("one"), ("ItemTable".into(), "secret://a".into(), 1));
    assert_eq!(key_of("two"), ("notes".into(), "-7".into(), 1));
    assert_eq!(key_of("three"), ("grants".into(), "mail".into(), 2));
    assert_eq!(key_of("four"), ("pair".into(), "12".into(), 1));
    assert_eq!(key_of("five"), ("counted".into(), "-300".into(), 1));
}

#[test]
fn a_utf16_key_comes_as_utf8() {
    let sample = Sample::new("PRAGMA encoding='UTF-16le';");
    sample.sql(TABLES).sql("INSERT INTO ItemTable VALUES ('schl\u{fc}ssel', 'value')");
    let found = sample.check();
    assert!(
        found.iter().any(|cell| cell.value == b"value" && cell.key.as_deref() == Some("schl\u{fc}ssel".as_bytes()))
    );
}

#[test]
fn rows_of_a_table_come_in_the_order_of_their_rowids() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    for number in 0..500 {
        sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(number, number)]).unwrap();
    }
    let rows: Vec<_> = sample.check().into_iter().filter(|cell| cell.table.as_deref() == Some("t")).collect();
    let expected: Vec<_> = (1..=500).map(|rowid| rowid.to_string().into_bytes()).collect();
    assert!(rows.iter().map(|cell| cell.key.clone().unwrap()).eq(expected));
}

#[test]
fn slack_behind_the_last_byte_of_an_overflowing_value_is_free_space() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(1, 970)]).unwrap();
    let mut bytes = sample.bytes();
    let end = bytes.len();
    assert!(bytes[end - 20..].iter().all(|byte| *byte == 0));
    bytes[end - 11..].copy_from_slice(marker(2).as_bytes());
    let (found, outcome) = read(&bytes, None);
    assert_eq!(outcome.problem, None);
    compare(&sample.connection, &found);
    assert!(contains(&found, &marker(2), |cell| cell.part == Part::FreeSpace));
}

#[test]
fn deleted_and_replaced_text_is_given_as_free_space() {
    for pragmas in ["", "PRAGMA page_size=512", "PRAGMA auto_vacuum=2", "PRAGMA auto_vacuum=1"] {
        let sample = Sample::new(pragmas);
        sample.sql(TABLES).sql("BEGIN");
        for number in 0..60 {
            insert(&sample, number, [20, 300, 6000][number % 3]);
        }
        sample.sql("COMMIT; DELETE FROM notes WHERE id % 4 = 0; DELETE FROM grants WHERE number % 4 = 0;");
        sample.sql("DELETE FROM ItemTable WHERE substr(key, 4) % 4 = 0; UPDATE ItemTable SET value = 'short' WHERE key = 'key5';");
        let found = sample.check();
        all_covered(&found, &sample.bytes());
        let gone = (0..60).step_by(4).filter(|number| contains(&found, &marker(*number), |cell| !cell.live())).count();
        assert!(gone > 5, "{gone} of 15 deleted texts found with {pragmas:?}");
        assert!(found.iter().filter(|cell| !cell.live()).all(|cell| cell.part == Part::FreeSpace));
    }
}

#[test]
fn dropped_tables_are_found_on_the_freelist() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql(TABLES).sql("BEGIN");
    for number in 0..400 {
        insert(&sample, number, 100);
    }
    sample.sql("COMMIT; DROP TABLE notes; DROP TABLE ItemTable; DELETE FROM grants;");
    // More leaves than one trunk page of this size can list.
    let free: i64 = sample.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap();
    assert!(free > 250);
    let found = sample.check();
    all_covered(&found, &sample.bytes());
    let kept =
        (0..400).filter(|number| contains(&found, &marker(*number), |cell| cell.part == Part::FreeSpace)).count();
    assert!(kept > 350, "{kept} of 400");
}

#[test]
fn a_page_without_deletions_has_no_text_in_its_free_space() {
    let sample = Sample::new("");
    sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
    for number in 0..10 {
        sample.connection.execute("INSERT INTO t VALUES (?, 'b', NULL)", [marker(number)]).unwrap();
    }
    let found = sample.check();
    assert!(!contains(&found, "Mk", |cell| !cell.live()));
}

#[test]
fn deleted_utf16_text_is_given_readable() {
    for encoding in ["UTF-16le", "UTF-16be"] {
        let sample = Sample::new(&format!("PRAGMA encoding='{encoding}'"));
        sample.sql("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
        for number in 0..6 {
            sample.connection.execute("INSERT INTO t VALUES (?, NULL, NULL)", [text(number, 60)]).unwrap();
        }
        sample.sql("DELETE FROM t WHERE rowid IN (3, 4)");
        let found = sample.check();
        assert!(contains(&found, &marker(2), |cell| cell.part == Part::FreeSpace), "{encoding}");
        assert!(contains(&found, &marker(3), |cell| cell.part == Part::FreeSpace), "{encoding}");
    }
}

#[test]
fn a_reserved_region_is_no_part_of_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA page_size=1024; VACUUM;").unwrap();
    let mut bytes = slurp(&path).unwrap();
    bytes[20] = 32;
    bytes[105..107].copy_from_slice(&(1024_u16 - 32).to_be_bytes());
    put(&path, &bytes);
    let sample = Sample { connection: Connection::open(&path).unwrap(), folder };
    sample.sql(TABLES);
    for number in 0..30 {
        insert(&sample, number, 700);
    }
    sample.check();
    let mut bytes = sample.bytes();
    assert_eq!(bytes[20], 32);
    bytes[1024 - 32..1024 - 21].copy_from_slice(marker(99).as_bytes());
    assert!(contains(&read(&bytes, None).0, &marker(99), |cell| cell.part == Part::FreeSpace));
}

#[test]
fn long_values_come_in_pieces_that_overlap() {
    let sample = Sample::new("PRAGMA page_size=1024");
    sample.sql("CREATE TABLE t (a TEXT, b INT, c BLOB, d TEXT)");
    let long: String = (0..3000).map(marker).collect();
    sample.connection.execute("INSERT INTO t VALUES (?, 7, ?, 'end')", params![long, long.as_bytes()]).unwrap();
    let limits = Limits { cell_bytes: 2000, overlap_bytes: 300, ..Limits::SHIPPED };
    let bytes = sample.bytes();
    let (found, outcome) = run(&bytes.as_slice(), None, &limits);
    assert_eq!(outcome.problem, None);
    for column in [0, 2] {
        let of_column = |cell: &&Found| cell.table.as_deref() == Some("t") && cell.column == column;
        let pieces: Vec<_> = found.iter().filter(of_column).map(|cell| cell.value.as_slice()).collect();
        assert!(pieces.len() > 5 && pieces.iter().all(|piece| piece.len() <= 2000));
        let joined = pieces.iter().skip(1).fold(pieces[0].to_vec(), |mut joined, piece| {
            assert!(joined.ends_with(&piece[..300]));
            joined.extend_from_slice(&piece[300..]);
            joined
        });
        assert!(joined == long.as_bytes());
    }
    assert!(found.iter().any(|cell| cell.column == 3 && cell.value == b"end"));
}

#[test]
fn only_as_many_pages_are_read_as_the_limits_allow() {
    let sample = Sample::new("PRAGMA page_size=512");
    sample.sql(TABLES);
    for number in 0..100 {
        insert(&sample, number, 300);
    }
    let bytes = sample.bytes();
    let (_, outcome) = run(&bytes.as_slice(), None, &Limits { database_pages: 20, ..Limits::SHIPPED });
    assert_eq!(outcome.pages, 20);
    assert!(outcome.problem.unwrap().bound);
}
