//! The SQLite page reader against the SQLite library, and against files made to break it.

// Helpers of tests, which clippy's leave for tests does not cover.
#![allow(clippy::unwrap_used, clippy::cast_possible_wrap)]

use caulk::model::Limits;
use caulk::read::sqlite::{Cell, Outcome, PageSource, Part, scan};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use std::path::Path;

mod damage;
mod live_rows;
mod wal;
mod workload;

/// An owned [`Cell`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    part: Part,
    table: Option<String>,
    key: Option<Vec<u8>>,
    column: usize,
    page: u32,
    value: Vec<u8>,
}

impl Found {
    fn live(&self) -> bool {
        self.table.is_some()
    }
}

fn run(db: &dyn PageSource, wal: Option<&dyn PageSource>, limits: &Limits) -> (Vec<Found>, Outcome) {
    let mut found = Vec::new();
    let outcome = scan(db, wal, limits, &mut |cell: &Cell<'_>| {
        assert!(!cell.value.is_empty());
        found.push(Found {
            part: cell.part,
            table: cell.table.map(str::to_owned),
            key: cell.key.map(<[u8]>::to_vec),
            column: cell.column,
            page: cell.page,
            value: cell.value.to_vec(),
        });
    });
    (found, outcome)
}

fn read(db: &[u8], wal: Option<&[u8]>) -> (Vec<Found>, Outcome) {
    let wal = wal.as_ref().map(|wal| wal as &dyn PageSource);
    run(&db, wal, &Limits::SHIPPED)
}

/// A database file in a folder of its own, and its bytes on demand.
struct Sample {
    folder: tempfile::TempDir,
    connection: Connection,
}

impl Sample {
    fn new(pragmas: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("a.db")).unwrap();
        connection.execute_batch("PRAGMA secure_delete=0; PRAGMA synchronous=0;").unwrap();
        connection.execute_batch(pragmas).unwrap();
        Self { folder, connection }
    }

    fn sql(&self, batch: &str) -> &Self {
        self.connection.execute_batch(batch).unwrap();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        slurp(&self.folder.path().join("a.db")).unwrap()
    }

    fn wal(&self) -> Option<Vec<u8>> {
        slurp(&self.folder.path().join("a.db-wal"))
    }

    fn read(&self) -> (Vec<Found>, Outcome) {
        read(&self.bytes(), self.wal().as_deref())
    }

    /// Reads, and holds the live part against SQL: each text and blob once, in its table, under its key.
    fn check(&self) -> Vec<Found> {
        let (found, outcome) = self.read();
        assert_eq!(outcome.problem, None);
        assert!(!outcome.changed);
        assert!(outcome.pages > 0);
        compare(&self.connection, &found);
        found
    }
}

fn slurp(path: &Path) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn compare(connection: &Connection, found: &[Found]) {
    let mut given: Vec<(String, Vec<u8>)> =
        found.iter().filter(|cell| cell.live()).map(|cell| (cell.table.clone().unwrap(), cell.value.clone())).collect();
    let mut stored = sql_values(connection);
    given.sort();
    stored.sort();
    assert_eq!(given.len(), stored.len(), "number of live values");
    assert!(given == stored, "live values differ");
}

fn sql_values(connection: &Connection) -> Vec<(String, Vec<u8>)> {
    let mut tables = vec!["sqlite_schema".to_owned()];
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0").unwrap();
    tables.extend(statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap));
    let mut values = Vec::new();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column).unwrap()
                    && !bytes.is_empty()
                {
                    values.push((table.clone(), bytes.to_vec()));
                }
            }
        }
    }
    values
}

/// A word that stands nowhere else: what a secret would be.
fn marker(number: usize) -> String {
    format!("Mk{:08}q", number * 7919 % 100_000_000)
}

/// A text of `length` bytes at least with one marker in its middle and one at its end.
fn text(number: usize, length: usize) -> String {
    let filler: String = ('a'..='z').cycle().skip(number % 26).take(length / 2).collect();
    format!("{filler}{}{filler}{}", marker(number), marker(number))
}

fn contains(cells: &[Found], needle: &str, wanted: impl Fn(&Found) -> bool) -> bool {
    cells.iter().any(|cell| wanted(cell) && memchr::memmem::find(&cell.value, needle.as_bytes()).is_some())
}

/// Every marker that stands in these bytes, whole, on one page.
fn markers_in(bytes: &[u8]) -> Vec<String> {
    memchr::memmem::find_iter(bytes, b"Mk")
        .filter_map(|at| bytes.get(at..at + 11))
        .filter(|word| word[2..10].iter().all(u8::is_ascii_digit) && word[10] == b'q')
        .map(|word| String::from_utf8(word.to_vec()).unwrap())
        .collect()
}

fn all_covered(found: &[Found], bytes: &[u8]) {
    let mut given: Vec<String> = found.iter().flat_map(|cell| markers_in(&cell.value)).collect();
    given.sort();
    for word in markers_in(bytes) {
        assert!(given.binary_search(&word).is_ok(), "{word} lies in the file and was not given");
    }
}

const TABLES: &str = "
    CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
    CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT, body TEXT, size INT, score REAL, extra BLOB);
    CREATE INDEX by_title ON notes (title, body);
    CREATE TABLE grants (scope TEXT, number INT, token TEXT, PRIMARY KEY (scope, number)) WITHOUT ROWID;
    CREATE VIEW titles AS SELECT title FROM notes;";

fn insert(sample: &Sample, number: usize, length: usize) {
    let text = text(number, length);
    let id = number as i64;
    let db = &sample.connection;
    db.execute("INSERT INTO ItemTable VALUES (?, ?)", params![format!("key{number}"), text]).unwrap();
    db.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, 1.5, ?)",
        params![id, format!("title {number} \u{e9}\u{1f980}"), text, id * 1_000_003, text.as_bytes()],
    )
    .unwrap();
    db.execute("INSERT INTO grants VALUES (?, ?, ?)", params![format!("scope{}", number % 3), id, text]).unwrap();
}

/// A WAL database held open: rows 0 to 9 in the main file, row 3 changed and rows 10 to 19 added in the WAL.
fn live_wal() -> Sample {
    live_wal_with("PRAGMA page_size=4096;")
}

fn live_wal_with(pragmas: &str) -> Sample {
    let sample = Sample::new(pragmas);
    sample.sql("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;").sql(TABLES);
    for number in 0..10 {
        insert(&sample, number, 600);
    }
    sample.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    sample.connection.execute("UPDATE ItemTable SET value = ? WHERE key = 'key3'", [text(103, 600)]).unwrap();
    for number in 10..20 {
        insert(&sample, number, 600);
    }
    sample
}

fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}
