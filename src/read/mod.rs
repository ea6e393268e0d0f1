//! Floor 2: bytes to documents.
//!
//! Knows formats, not rules. Everything here is attacker's input: every reader is bounded by
//! [`Limits`], never panics, never runs or resolves what it reads, and gives what it could read of
//! a broken document together with a [`Problem`] that names kind and position, never the content.

pub mod encoding;
pub mod erlang;
mod fields;
mod git_ignore;
pub mod git_index;
#[cfg(feature = "history")]
pub mod git_objects;
#[cfg(feature = "history")]
pub mod git_repository;
pub mod git_state;
pub mod gitconfig;
pub mod hcl;
pub mod json;
pub mod kv;
pub mod leveldb;
pub mod outline;
pub mod plist;
pub mod private_key;
pub mod shell;
pub mod sqlite;
pub mod svn_auth;
pub mod toml;
pub mod url;
pub mod xml;
pub mod yaml;

use crate::model::Limits;
use std::ops::Range;
use zeroize::Zeroizing;

/// How the bytes of a surface are laid out. The words are those of `format` in `rules/surfaces`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Lines of anything.
    Text,
    /// `KEY=value` lines as dotenv libraries read them.
    Dotenv,
    /// `key = value` with `[sections]`: AWS, pip.
    Ini,
    /// npm's dialect: `key=value`, `;` and `#` comments, no sections that matter.
    Npmrc,
    /// git's dialect: `[section "sub"]`, `key = value`, quotes and continuations.
    Gitconfig,
    /// One URL with userinfo a line.
    GitCredentials,
    /// Assignments and exports of bash, zsh and fish start-up files.
    ShellRc,
    /// Command histories: bash (plain, timestamps), zsh (extended), fish (YAML-like).
    ShellHistory,
    /// `SETUVAR` lines of fish.
    FishVariables,
    /// JSON with or without comments and trailing commas.
    Json,
    /// A JSON document a line.
    Jsonl,
    /// TOML.
    Toml,
    /// YAML, templates of it, and what Ruby and Haskell tools write like it.
    Yaml,
    /// Requests of REST clients: a header a line.
    Http,
    /// Java's `.properties`.
    Properties,
    /// HashiCorp's configuration language.
    Hcl,
    /// XML.
    Xml,
    /// A property list of Apple's systems, XML or binary.
    Plist,
    /// A SQLite database, read as pages.
    Sqlite,
    /// A private key file.
    PrivateKey,
    /// `NUL`-separated `NAME=value`, as in `/proc/<pid>/environ`.
    Environ,
    /// `machine host login user password word`: ftp, curl, git.
    Netrc,
    /// `host:port:database:user:password` lines of PostgreSQL.
    Pgpass,
    /// Option files of MySQL and MariaDB.
    MyCnf,
    /// Subversion's cached logins.
    SvnAuth,
    /// Erlang terms: hex, rebar.
    Erlang,
    /// Nothing but a secret a line.
    SecretLines,
    /// A log or table of LevelDB, read in blocks.
    Leveldb,
    /// A list of packages, which is looked through as text and taken apart by `components`.
    Packages,
}

/// A piece of text: a slice of the source where possible, else a decoded copy that is wiped on drop.
pub enum Text<'a> {
    /// Exactly as it stands in the source.
    Slice(&'a [u8]),
    /// Decoded: escapes resolved, quotes removed in the middle, base64 undone.
    Decoded(Zeroizing<Vec<u8>>),
}

impl Text<'_> {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Slice(bytes) => bytes,
            Self::Decoded(bytes) => bytes,
        }
    }

    /// Whether the bytes differ from those in the source.
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        matches!(self, Self::Decoded(_))
    }
}

/// What role a field plays in its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `key: value` of a structured document or a configuration file.
    Entry,
    /// A variable given a value: dotenv, shell assignment or export, process environment.
    Assignment,
    /// The value of a command's option: `--password x`, `-p x`, `-u user:pass`.
    Option,
    /// A header given on a command line: `-H 'Authorization: …'`; the key is the header's name.
    Header,
    /// The same in a comment: still readable by a thief, of less weight.
    Comment,
}

/// One leaf of a document.
pub struct Field<'a> {
    /// Keys from the root, outermost first. Array items are their index. INI: section (and
    /// subsection), key. Shell and dotenv: the variable. Command options: command word, option.
    pub path: Vec<Text<'a>>,
    /// Bytes of the value in the source, without its quotes. Always inside the source.
    pub span: Range<usize>,
    /// The value, decoded.
    pub value: Text<'a>,
    /// What role it plays.
    pub role: Role,
}

impl Field<'_> {
    /// The last key, lossily as text; for matching names, not for printing.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.path.last().map_or(b"", |text| text.bytes())
    }
}

/// Why a document is not whole. Holds a position, never the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// A short phrase: `unexpected end`, `nesting deeper than 128`.
    pub what: &'static str,
    /// Byte offset.
    pub offset: usize,
    /// Whether it was a bound of ours rather than a defect of the document.
    pub bound: bool,
}

/// A parsed document.
pub struct Document<'a> {
    /// The source, as UTF-8 where the encoding could be told.
    pub source: &'a [u8],
    /// Its leaves, in order of position. Empty for plain text.
    pub fields: Vec<Field<'a>>,
    /// The tree, for JSON.
    pub tree: Option<json::Tree<'a>>,
    /// What was wrong; the fields before it are there.
    pub problem: Option<Problem>,
}

/// Parses `source` as `format`. Never fails: what cannot be parsed has no fields and a [`Problem`].
///
/// `Sqlite` and `Leveldb` are read from a file, not from a buffer (see [`sqlite`], [`leveldb`]); here they give
/// no fields, like `Text`.
/// `Jsonl` gives the fields of every line, the line number as the first key.
#[must_use]
pub fn parse<'a>(format: Format, source: &'a [u8], limits: &Limits) -> Document<'a> {
    match format {
        Format::Text | Format::Sqlite | Format::Leveldb | Format::Packages | Format::PrivateKey => {
            Document { source, fields: Vec::new(), tree: None, problem: None }
        }
        Format::Json => json::document(source, limits),
        Format::Jsonl => json::lines(source, limits),
        Format::Toml => toml::document(source, limits),
        Format::Yaml => yaml::document(source, limits),
        Format::Http => kv::http(source, limits),
        Format::Properties => kv::properties(source, limits),
        Format::Hcl => hcl::document(source, limits),
        Format::Xml => xml::document(source, limits),
        Format::Plist => plist::document(source, limits),
        Format::Dotenv => kv::dotenv(source, limits),
        Format::Ini => kv::ini(source, limits),
        Format::Npmrc => kv::npmrc(source, limits),
        Format::Gitconfig => gitconfig::document(source, limits),
        Format::GitCredentials => kv::lines(source, limits),
        Format::FishVariables => kv::fish_variables(source, limits),
        Format::Environ => kv::environ(source, limits),
        Format::Netrc => kv::netrc(source, limits),
        Format::Pgpass => kv::pgpass(source, limits),
        Format::MyCnf => kv::my_cnf(source, limits),
        Format::SecretLines => kv::secret_lines(source, limits),
        Format::SvnAuth => svn_auth::document(source, limits),
        Format::Erlang => erlang::document(source, limits),
        Format::ShellRc => shell::rc(source, limits),
        Format::ShellHistory => shell::history(source, limits),
    }
}
