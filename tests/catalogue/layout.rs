//! Fake homes with a file at every place of one system.

use super::write;
use crate::common;
use caulk::host::Os;
use caulk::read::Format;
use caulk::rules::RulePack;
use caulk::rules::rule::Surface;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A home, and the surface of each file in it by its path below the home.
pub(super) struct Home {
    pub(super) dir: TempDir,
    pub(super) files: BTreeMap<String, &'static str>,
}

/// Homes that together have a file at every user-level place of `os`.
pub(super) fn homes(os: Os) -> Vec<Home> {
    let mut homes: Vec<Home> = Vec::new();
    for surface in RulePack::builtin().surfaces() {
        if matches!(&*surface.lists, "node-modules" | "site-packages") {
            // Folders, whose names are read: tests/packages.rs.
            continue;
        }
        let patterns = match os {
            Os::Linux => &surface.user.linux,
            Os::Macos => &surface.user.macos,
            Os::Windows => &surface.user.windows,
        };
        for path in patterns.iter().filter_map(|pattern| common::below_home(pattern, os)) {
            let taken = homes.iter_mut().any(|home| home.lay(&path, surface));
            if !taken {
                let mut home = Home { dir: TempDir::new().unwrap(), files: BTreeMap::new() };
                assert!(home.lay(&path, surface), "{path} of {}", surface.id);
                homes.push(home);
            }
        }
    }
    homes
}

impl Home {
    /// Writes a file of `surface` at `path`; false where a file or folder of another place is in the way.
    fn lay(&mut self, path: &str, surface: &'static Surface) -> bool {
        if self.files.contains_key(path) {
            // Two patterns of one surface may come to one path.
            return self.files[path] == surface.id;
        }
        let whole = self.dir.path().join(path);
        if whole.exists() || fs::create_dir_all(whole.parent().unwrap()).is_err() {
            return false;
        }
        if surface.format == Format::Sqlite {
            database(&whole, &surface.id);
        } else {
            fs::write(&whole, document(surface, path)).unwrap();
        }
        self.files.insert(path.to_owned(), &surface.id);
        true
    }
}

/// A document with a secret at the first field that the surface names, or else with a token.
fn document(surface: &Surface, seed: &str) -> Vec<u8> {
    let by_field = RulePack::builtin().places_of(surface).next().and_then(|place| {
        let keys = write::keys(&place.field, place.form, surface.format);
        write::document(surface.format, &keys, &write::value(place.form, seed))
    });
    by_field.map_or_else(|| write::token(surface.format, seed), String::into_bytes)
}

fn database(path: &Path, seed: &str) {
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch("CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB)").unwrap();
    let token = String::from_utf8(write::token(Format::SecretLines, seed)).unwrap();
    database.execute("INSERT INTO ItemTable VALUES ('row', ?1)", [format!("token {token}")]).unwrap();
}
