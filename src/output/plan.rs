//! `--plan`: what a scan would read, before it reads anything.
//!
//! Gets plain lists, since plans belong to a higher floor. The text is made for `cut -f2`: a tab
//! or line feed in a path is escaped, and whatever is no file to be read is a `#` line.

use super::escape;
use crate::model::Untrusted;
use serde::Serialize;
use std::io::{self, Write};

/// Writes one `surface<TAB>path` line for each file that would be read, in order of path; then, as
/// lines that start with `#`, the pruned folders with their reasons, with `verbose` the known
/// places that are absent, and the counts.
pub fn plan_text(
    reads: &[(String, Untrusted)],
    pruned: &[(Untrusted, &str)],
    absent: &[(String, Untrusted)],
    verbose: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (surface, path) in by_path(reads) {
        writeln!(out, "{}\t{path}", Untrusted::new(surface.as_str()))?;
    }
    let mut folders: Vec<_> = pruned.iter().collect();
    folders.sort();
    for (path, reason) in folders {
        writeln!(out, "# pruned\t{path}\t{}", Untrusted::new(*reason))?;
    }
    if verbose {
        for (surface, path) in by_path(absent) {
            writeln!(out, "# absent\t{}\t{path}", Untrusted::new(surface.as_str()))?;
        }
    }
    writeln!(out, "# {} to read, {} folders pruned, {} known places absent", reads.len(), pruned.len(), absent.len())
}

/// Writes the same as one JSON object: `reads`, `pruned`, `absent`, each in order of path.
pub fn plan_json(
    reads: &[(String, Untrusted)],
    pruned: &[(Untrusted, &str)],
    absent: &[(String, Untrusted)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut folders: Vec<_> = pruned.iter().map(|(path, reason)| Folder { path: path.as_found(), reason }).collect();
    folders.sort();
    escape::pretty(&Plan { schema_version: 1, reads: places(reads), pruned: folders, absent: places(absent) }, out)
}

#[derive(Serialize)]
struct Plan<'a> {
    schema_version: u8,
    reads: Vec<Place<'a>>,
    pruned: Vec<Folder<'a>>,
    absent: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    surface: &'a str,
    path: &'a str,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Folder<'a> {
    path: &'a str,
    reason: &'a str,
}

fn by_path(places: &[(String, Untrusted)]) -> Vec<&(String, Untrusted)> {
    let mut sorted: Vec<_> = places.iter().collect();
    sorted.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    sorted
}

fn places(list: &[(String, Untrusted)]) -> Vec<Place<'_>> {
    by_path(list).into_iter().map(|(surface, path)| Place { surface, path: path.as_found() }).collect()
}
