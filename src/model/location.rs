//! Where a finding lies: file, range, and the logical pointer inside it.

use super::Untrusted;

/// A place in a file, or in something inside a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// The path as the OS gives it; percent-escaped where it is not UTF-8.
    pub path: Untrusted,
    /// The path's bytes, only when they are not UTF-8.
    pub path_bytes: Option<Vec<u8>>,
    /// Lines and columns; absent where they have no meaning (inside a database, an archive).
    pub region: Option<Region>,
    /// The field or variable, in the format's own notation.
    pub field: Option<Untrusted>,
    /// What the value lies inside of.
    pub container: Option<Container>,
}

/// A range in a text. Lines and columns count from 1, columns in bytes; ends are one past the last.
///
/// `character` and `end_character` are the same columns counted in code points, for formats that count so.
/// In text that is not UTF-8 they count the bytes that are no UTF-8 continuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// First column, in code points.
    pub character: u32,
    /// One past the last column, in code points.
    pub end_character: u32,
}

/// The thing inside a file that a value lies in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Container {
    /// What sort of thing.
    pub kind: ContainerKind,
    /// Table of a database.
    pub table: Option<Untrusted>,
    /// Row key, member name, key of the outer document.
    pub key: Option<Untrusted>,
    /// Which part: `row`, `wal`, `free-space`, `superseded-page` for a database; `entry`, `serialized`,
    /// `raw` for LevelDB.
    pub part: Option<&'static str>,
}

/// Sorts of container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// A row or the free space of a SQLite database.
    Sqlite,
    /// An entry of a LevelDB log or table.
    Leveldb,
    /// JSON inside a JSON string.
    Json,
    /// A base64 layer.
    Base64,
    /// The environment of a running process.
    Environment,
}

impl ContainerKind {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Leveldb => "leveldb",
            Self::Json => "json",
            Self::Base64 => "base64",
            Self::Environment => "environment",
        }
    }
}
