//! Fake homes: little folders of templates under `tests/homes/<os>-<case>/`.
//!
//! `dot-x` stands for `.x`; `{{…}}` in a file is a template of `rules::template`, so that no
//! token-shaped literal stands in the repository; `x.sql` is run by SQLite to make the database `x`.

use caulk::rules::template;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A home that has been laid out, and the secrets planted in it.
pub struct Home {
    pub dir: TempDir,
    pub planted: Vec<Vec<u8>>,
}

impl Home {
    /// Lays out `tests/homes/<name>/home`.
    pub fn lay(name: &str) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes").join(name).join("home");
        let mut home = Self { dir: TempDir::new().unwrap(), planted: Vec::new() };
        for entry in walkdir::WalkDir::new(&source).sort_by_file_name() {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                home.place(entry.path().strip_prefix(&source).unwrap(), entry.path());
            }
        }
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    fn place(&mut self, relative: &Path, source: &Path) {
        let parts = relative.components().map(|c| {
            let name = c.as_os_str().to_str().unwrap();
            name.strip_prefix("dot-").map_or_else(|| name.to_owned(), |rest| format!(".{rest}"))
        });
        let target = self.path().join(parts.collect::<PathBuf>());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        let text = self.expand(&fs::read(source).unwrap(), &relative.to_string_lossy());
        if target.extension().is_some_and(|e| e == "sql") {
            let database = rusqlite::Connection::open(target.with_extension("")).unwrap();
            database.execute_batch(std::str::from_utf8(&text).unwrap()).unwrap();
        } else {
            fs::write(&target, text).unwrap();
            set_mode(&target, 0o600);
        }
    }

    /// Expands `{{…}}`; each expansion is remembered as planted.
    fn expand(&mut self, text: &[u8], seed: &str) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = text;
        let mut count = 0;
        while let Some(open) = find(rest, b"{{") {
            let close = open + find(&rest[open..], b"}}").expect("a template ends");
            let template = std::str::from_utf8(&rest[open + 2..close]).unwrap();
            let value = template::expand(template, &format!("{seed}#{count}"));
            count += 1;
            out.extend_from_slice(&rest[..open]);
            out.extend_from_slice(&value);
            self.planted.push(value);
            rest = &rest[close + 2..];
        }
        out.extend_from_slice(rest);
        out
    }
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|w| w == needle)
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
pub fn set_mode(_: &Path, _: u32) {}
