//! The catalogue of places: every known row is read or left out for a written reason, and every
//! place of every system is found in a fake home of that system.

#[path = "catalogue/layout.rs"]
mod layout;
#[path = "catalogue/write.rs"]
mod write;

use crate::common;
use caulk::detect::{Detector, Scene};
use caulk::host::Os;
use caulk::model::{KeyRing, Limits};
use caulk::read::{Format, parse};
use caulk::rules::RulePack;
use caulk::rules::rule::{SecretForm, Surface};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

#[derive(Deserialize)]
struct Rows {
    row: Vec<Row>,
}

/// One row of the catalogue.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    what: String,
    mark: String,
    #[serde(default)]
    surfaces: Vec<String>,
    #[serde(default)]
    excluded: String,
    #[serde(default)]
    note: String,
}

fn rows() -> Vec<Row> {
    let files = [include_str!("catalogue/credentials.toml"), include_str!("catalogue/agents.toml")];
    files.iter().flat_map(|text| toml::from_str::<Rows>(text).expect("rows").row).collect()
}

fn surfaces() -> &'static [Surface] {
    RulePack::builtin().surfaces()
}

#[test]
fn every_row_has_a_surface_or_a_written_exclusion() {
    let known: BTreeSet<&str> = surfaces().iter().map(|surface| &*surface.id).collect();
    let mut ids = BTreeSet::new();
    let mut wrong = String::new();
    for row in rows() {
        assert!(ids.insert(row.id.clone()), "{} is there twice", row.id);
        if row.what.is_empty() || row.mark.is_empty() || (row.surfaces.is_empty() == row.excluded.is_empty()) {
            writeln!(wrong, "{}: needs surfaces or an exclusion, one of both", row.id).unwrap();
        }
        for id in row.surfaces.iter().filter(|id| !known.contains(id.as_str())) {
            writeln!(wrong, "{}: no surface {id} {}", row.id, row.note).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(ids.len() > 250, "{} rows", ids.len());
}

#[test]
fn every_surface_is_a_row_of_the_catalogue() {
    let listed: BTreeSet<String> = rows().into_iter().flat_map(|row| row.surfaces).collect();
    let missing: Vec<&str> = surfaces().iter().map(|s| &*s.id).filter(|id| !listed.contains(*id)).collect();
    assert!(missing.is_empty(), "in no row: {missing:?}");
}

/// What nobody has verified is looked at with the general rules only: no field of it is a secret by its place.
#[test]
fn an_unverified_row_is_a_path_probe() {
    let rows = rows();
    let verified: BTreeSet<&String> =
        rows.iter().filter(|row| row.mark != "U").flat_map(|row| row.surfaces.iter()).collect();
    for row in rows.iter().filter(|row| row.mark == "U") {
        for surface in surfaces().iter().filter(|s| row.surfaces.iter().any(|id| *id == s.id)) {
            if !verified.contains(&surface.id.to_string()) {
                let sure = RulePack::builtin().places_of(surface).any(|place| place.form == SecretForm::Value);
                assert!(!sure, "{}: {} calls a field a secret that nobody has seen", row.id, surface.id);
            }
        }
    }
}

/// Every field that a surface calls a secret is found in a document of its format.
#[test]
fn every_secret_field_of_every_surface_is_found() {
    let pack = RulePack::builtin();
    let keys = KeyRing::new(zeroize::Zeroizing::new(vec![7; 32]));
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, std::time::SystemTime::now());
    let mut missed = String::new();
    for surface in surfaces().iter().filter(|surface| surface.format != Format::Sqlite) {
        for place in pack.places_of(surface).filter(|place| place.form != SecretForm::Public) {
            let keys = write::keys(&place.field, place.form, surface.format);
            let Some(text) = write::document(surface.format, &keys, &write::value(place.form, &surface.id)) else {
                continue;
            };
            let document = parse(surface.format, text.as_bytes(), &Limits::SHIPPED);
            let scene = Scene { surface: Some(surface), format: surface.format, container: None, prefix: &[] };
            if detector.detect(&document, &scene, 0..usize::MAX).hits.is_empty() {
                writeln!(missed, "{}: {} as {:?}:\n{text}", surface.id, place.field, place.form).unwrap();
            }
        }
    }
    assert!(missed.is_empty(), "missed:\n{missed}");
}

/// Lays out every place of a system in fake homes (several, where one place is a file and another a folder of
/// that name), audits them, and tells what was missed.
fn audit_all(os: Os) -> BTreeMap<String, &'static str> {
    let mut missed = BTreeMap::new();
    for home in layout::homes(os) {
        let report = common::audit(os, home.dir.path());
        let root = home.dir.path().canonicalize().unwrap();
        let found: BTreeSet<(String, &str)> = report
            .findings
            .iter()
            .flat_map(|f| std::iter::once(&f.location).chain(&f.related).map(move |l| (l, f)))
            .map(|(location, f)| (location.path.as_found().to_owned(), f.surface.as_str()))
            .collect();
        for (path, surface) in &home.files {
            let whole = root.join(path).to_string_lossy().into_owned();
            if !found.contains(&(whole, surface)) {
                missed.insert(path.clone(), *surface);
            }
        }
    }
    missed
}

fn check(os: Os) {
    let missed = audit_all(os);
    let list: String = missed.iter().fold(String::new(), |mut list, (path, surface)| {
        writeln!(list, "{surface}: {path}").unwrap();
        list
    });
    assert!(missed.is_empty(), "{} places of {} are missed:\n{list}", missed.len(), os.as_str());
}

#[test]
fn every_place_of_a_linux_home_is_found() {
    check(Os::Linux);
}

#[test]
fn every_place_of_a_macos_home_is_found() {
    check(Os::Macos);
}

#[test]
fn every_place_of_a_windows_home_is_found() {
    check(Os::Windows);
}
