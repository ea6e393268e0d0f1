//! Databases: every cell, live or left over, goes to the detector; what several pages repeat is told once.

use super::place::Place;
use crate::audit::TRUST_ROW;
use crate::detect::{Detector, Hit, Scene};
use crate::host::open::OpenFile;
use crate::model::{Container, ContainerKind, Finding, Location, SecretId, Untrusted};
use crate::read::sqlite::{self, Cell, PageSource, Part};
use crate::read::{self, Format, json};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Pages of an open file.
pub(super) struct Pages<'f>(pub(super) &'f OpenFile);

impl PageSource for Pages<'_> {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read_at(offset, buffer).map_err(|_| std::io::ErrorKind::Other.into())
    }
}

/// What a database came to.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) problem: Option<read::Problem>,
    pub(super) changed: bool,
    pub(super) truncated: u64,
    /// The row in which an editor keeps the folders that it trusts.
    pub(super) trust: Option<(Container, Zeroizing<Vec<u8>>)>,
}

/// Reads `database` and its write-ahead log.
pub(super) fn scan(
    detector: &Detector<'_>,
    place: &Place<'_>,
    database: &dyn PageSource,
    wal: Option<&dyn PageSource>,
    stop: &dyn Fn() -> bool,
) -> Outcome {
    let mut sightings = Sightings { live: Vec::new(), known: BTreeMap::new(), truncated: 0, trust: None };
    let outcome = sqlite::scan(database, wal, detector.limits(), &mut |cell| {
        if !stop() {
            cell_hits(detector, place, cell, &mut sightings);
        }
    });
    let findings =
        sightings.live.into_iter().map(|(hit, part, also)| finding(detector, place, hit, part, also)).collect();
    let (truncated, trust) = (sightings.truncated, sightings.trust);
    Outcome { findings, problem: outcome.problem, changed: outcome.changed, truncated, trust }
}

/// Hits so far: live rows each by itself, leftovers folded into the first sighting of the same secret.
struct Sightings {
    live: Vec<(Hit, Part, Vec<Container>)>,
    known: BTreeMap<SecretId, usize>,
    truncated: u64,
    trust: Option<(Container, Zeroizing<Vec<u8>>)>,
}

fn cell_hits(detector: &Detector<'_>, place: &Place<'_>, cell: &Cell<'_>, sightings: &mut Sightings) {
    let live = matches!(cell.part, Part::Row | Part::Wal) && cell.table.is_some();
    let key = cell.key.unwrap_or(b"");
    let container = Container {
        kind: ContainerKind::Sqlite,
        table: cell.table.map(Untrusted::new),
        key: live.then(|| Untrusted::from_bytes(key)),
        part: Some(cell.part.as_str()),
    };
    let format = if live && json::looks_like_json(cell.value) { Format::Json } else { Format::Text };
    let document = read::parse(format, cell.value, detector.limits());
    let prefix = [key];
    let prefix: &[&[u8]] = if live && !key.is_empty() { &prefix } else { &[] };
    let scene = Scene { surface: place.surface, format, container: Some(&container), prefix };
    // A key column is text like any other; only what it is the key of is the field's value.
    let is_key = cell.column == 0 && cell.key == Some(cell.value);
    if live && !is_key && key == TRUST_ROW {
        sightings.trust = Some((container.clone(), Zeroizing::new(cell.value.to_vec())));
    }
    let detection = if live && !is_key {
        detector.detect_value(&document, &scene)
    } else {
        detector.detect(&document, &scene, 0..usize::MAX)
    };
    sightings.truncated += detection.truncated;
    for hit in detection.hits {
        let fingerprint = hit.secret.fingerprint.clone();
        match sightings.known.get(&fingerprint) {
            Some(first) if !live || same_field(&sightings.live[*first].0, &hit) => {
                let also = &mut sightings.live[*first].2;
                also.extend(hit.container.filter(|c| also.len() < 16 && !also.contains(c)));
            }
            _ if sightings.live.len() >= detector.limits().findings_per_file => sightings.truncated += 1,
            known => {
                if known.is_none() {
                    sightings.known.insert(fingerprint, sightings.live.len());
                }
                sightings.live.push((hit, cell.part, Vec::new()));
            }
        }
    }
}

/// Whether two hits are of one field: the same row seen in the log and in the file.
fn same_field(a: &Hit, b: &Hit) -> bool {
    let key = |hit: &Hit| hit.container.as_ref().map(|c| (c.table.clone(), c.key.clone()));
    a.rule == b.rule && a.field == b.field && key(a) == key(b)
}

fn finding(detector: &Detector<'_>, place: &Place<'_>, mut hit: Hit, part: Part, also: Vec<Container>) -> Finding {
    // Leftovers have no key; the part goes into the id instead, so that two of them differ from a row.
    if hit.field.is_none() && !matches!(part, Part::Row) {
        hit.field = Some(Untrusted::new(format!("({})", part.as_str())));
    }
    let related = hit.related.iter().map(|_| None).collect();
    let mut finding = place.credential(detector.pack(), hit, None, related, 0);
    for container in also {
        if Some(&container) != finding.location.container.as_ref() {
            let field = None;
            let location = Location { container: Some(container), region: None, field, ..finding.location.clone() };
            finding.related.push(location);
        }
    }
    finding
}
