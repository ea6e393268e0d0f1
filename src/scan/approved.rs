//! Reads what a home's own files say its user approved, before any entry is judged.
//!
//! Only the places of surfaces at user level, and only of an audited home: whatever lies in a project, or in a tree
//! that is named, approves nothing. A file that cannot be read approves nothing either; it is told of where the scan
//! itself comes by.

use super::Scanner;
use super::installed::expanded;
use crate::host::list::{self, Kind, Listed};
use crate::host::open::{self, Roots};
use crate::ledger::approvals::Approvals;
use crate::read::{self, outline};
use crate::rules::place::{Known, Level};
use crate::rules::rule::{How, Surface};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Names of one folder of decisions.
const NAMES: usize = 20_000;
/// Bytes of a file that stands for a link where the system has none, or that has a digest in it.
const SMALL: usize = 4 << 10;

/// What was approved in the home at `home`.
pub(super) fn read(
    scanner: &Scanner<'_>,
    known: &[Known<'_>],
    home: &Path,
    roots: &Roots,
    everywhere: &Roots,
) -> Approvals {
    let mut approvals = Approvals::default();
    let within = |path: &Path| if path.starts_with(home) { roots } else { everywhere };
    for known in known {
        let (surface, level) = match known {
            Known::File { surface, level, .. } | Known::Folder { surface, level, .. } => (*surface, *level),
        };
        if level != Level::User || surface.approves.is_empty() {
            continue;
        }
        for path in places(known) {
            if surface.approves.iter().any(|decision| decision.how.is_of_names()) {
                names(surface, &path, within(&path), &mut approvals);
            } else {
                document(scanner, surface, &path, home, within(&path), &mut approvals);
            }
        }
    }
    approvals
}

/// The files or folders that a known place stands for.
fn places(known: &Known<'_>) -> Vec<PathBuf> {
    match known {
        Known::File { path, .. } => vec![path.clone()],
        Known::Folder { path, rest, .. } => {
            let (folders, name) = rest.rsplit_once('/').unwrap_or(("", rest));
            // Names with stars are of other files of these surfaces.
            let folders = if name.contains('*') { Vec::new() } else { expanded(path, folders) };
            folders.into_iter().map(|folder| folder.join(name)).collect()
        }
    }
}

fn document(
    scanner: &Scanner<'_>,
    surface: &Surface,
    path: &Path,
    home: &Path,
    roots: &Roots,
    approvals: &mut Approvals,
) {
    let limits = scanner.detector.limits();
    let Some(bytes) = content(roots, path, limits.document_bytes) else { return };
    let document = read::parse(surface.format, &bytes, limits);
    let home = home.to_str().unwrap_or_default();
    match &document.tree {
        Some(tree) => approvals.take(surface, tree, home),
        None => approvals.take(surface, &outline::tree(&document, limits), home),
    }
}

/// Takes what the names in a folder say; a link in the folder's place is not followed.
fn names(surface: &Surface, folder: &Path, roots: &Roots, approvals: &mut Approvals) {
    let mut listed = Vec::new();
    let seen = list::list(folder, &mut |name: Listed| {
        if listed.len() < NAMES {
            listed.push(name);
        }
    });
    if seen.is_err() {
        return;
    }
    for decision in surface.approves.iter() {
        if matches!(decision.how, How::Digest | How::DigestRefused) {
            let files = listed.iter().filter(|name| name.kind == Kind::File);
            let names = files.filter_map(|name| name.name.to_str().map(str::to_owned)).collect::<BTreeSet<_>>();
            approvals.take_names(decision, names);
            continue;
        }
        for Listed { name, kind } in &listed {
            let path = folder.join(name);
            let target = match kind {
                Kind::Symlink => list::link_target(&path).and_then(|target| target.to_str().map(str::to_owned)),
                // A system without links has a file that names the target.
                Kind::File => text(roots, &path).map(|text| text.trim().to_owned()),
                Kind::Dir | Kind::Other => None,
            };
            let Some(target) = target else { continue };
            let mut beside = path.into_os_string();
            beside.push(".hash");
            approvals.take_link(decision, &target, &text(roots, Path::new(&beside)).unwrap_or_default());
        }
    }
}

fn text(roots: &Roots, path: &Path) -> Option<String> {
    String::from_utf8(content(roots, path, SMALL)?.to_vec()).ok()
}

fn content(roots: &Roots, path: &Path, max: usize) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    open::open_within(roots, path).ok()?.read_up_to(&mut bytes, max).ok()?;
    Some(bytes)
}
