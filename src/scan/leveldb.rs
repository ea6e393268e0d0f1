//! LevelDB files: every entry goes to the detector; what several entries of one key repeat is told once.

use super::database::Outcome;
use super::place::Place;
use crate::detect::{Detection, Detector, Hit, Scene};
use crate::model::{Container, ContainerKind, SecretId, Untrusted};
use crate::read::leveldb::{self, Entry, Form};
use crate::read::sqlite::PageSource;
use crate::read::{self, Format, json};
use std::collections::BTreeMap;

/// Bytes of its own from which on a key or a value is looked through: a shorter one is no credential that
/// could be told, and a hostile table may hold millions of them.
const LEAST: usize = 8;

/// Reads one log or table.
pub(super) fn scan(
    detector: &Detector<'_>,
    place: &Place<'_>,
    source: &dyn PageSource,
    stop: &dyn Fn() -> bool,
) -> Outcome {
    let mut reading = Reading { detector, place, hits: Vec::new(), known: BTreeMap::new(), truncated: 0 };
    let problem = leveldb::scan(source, detector.limits(), stop, &mut |entry| reading.entry(entry));
    let Reading { hits, truncated, .. } = reading;
    let finding = |hit: Hit| {
        let related = hit.related.iter().map(|_| None).collect();
        place.credential(detector.pack(), hit, None, related, 0)
    };
    let findings = hits.into_iter().map(finding).collect();
    Outcome { findings, problem, changed: false, truncated, trust: None }
}

struct Reading<'r> {
    detector: &'r Detector<'r>,
    place: &'r Place<'r>,
    hits: Vec<Hit>,
    known: BTreeMap<SecretId, Vec<usize>>,
    truncated: u64,
}

impl Reading<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        let Some(raw) = entry.key else { return self.raw(entry.value, &[], container(None, "raw")) };
        if entry.own < LEAST && entry.value.len() < LEAST {
            return;
        }
        let key = leveldb::key(raw);
        let (origin, name) = (key.origin.unwrap_or_default(), key.name.bytes());
        let label = if origin.is_empty() { name.to_vec() } else { [origin, b" ", name].concat() };
        let label = Some(Untrusted::from_bytes(&label));
        if entry.own >= LEAST {
            let scene = container(label.clone(), "entry");
            self.detect(name, &[], &scene, Format::Text);
        }
        if entry.value.len() < LEAST {
            return;
        }
        let prefix = [origin, name];
        let prefix = if origin.is_empty() { &prefix[1..] } else { &prefix[..] };
        if key.form == Form::Serialized {
            return self.raw(entry.value, prefix, container(label, "serialized"));
        }
        let value = leveldb::text(key.form, entry.value);
        let text = value.bytes();
        let format = if json::looks_like_json(text) { Format::Json } else { Format::Text };
        self.detect(text, prefix, &container(label, "entry"), format);
    }

    /// Bytes in which strings stand as Latin-1, and others in UTF-16.
    fn raw(&mut self, value: &[u8], prefix: &[&[u8]], container: Container) {
        self.detect(value, prefix, &container, Format::Text);
        if let Some(wide) = leveldb::wide(value) {
            self.detect(&wide, prefix, &container, Format::Text);
        }
    }

    fn detect(&mut self, text: &[u8], prefix: &[&[u8]], container: &Container, format: Format) {
        let document = read::parse(format, text, self.detector.limits());
        let scene = Scene { surface: self.place.surface, format, container: Some(container), prefix };
        let is_value = container.part == Some("entry") && !prefix.is_empty();
        let detection = if is_value {
            self.detector.detect_value(&document, &scene)
        } else {
            self.detector.detect(&document, &scene, 0..usize::MAX)
        };
        self.keep(detection);
    }

    /// Keeps what was not seen under the same key: an entry is written again and again.
    fn keep(&mut self, detection: Detection) {
        self.truncated += detection.truncated;
        for hit in detection.hits {
            let known = self.known.get(&hit.secret.fingerprint);
            let again = |index: &usize| {
                let other = &self.hits[*index];
                other.rule == hit.rule && key(other) == key(&hit)
            };
            if known.is_some_and(|known| known.iter().any(again)) {
                continue;
            }
            if self.hits.len() >= self.detector.limits().findings_per_file {
                self.truncated += 1;
                continue;
            }
            self.known.entry(hit.secret.fingerprint.clone()).or_default().push(self.hits.len());
            self.hits.push(hit);
        }
    }
}

fn key(hit: &Hit) -> Option<&Untrusted> {
    hit.container.as_ref()?.key.as_ref()
}

fn container(key: Option<Untrusted>, part: &'static str) -> Container {
    Container { kind: ContainerKind::Leveldb, table: None, key, part: Some(part) }
}
