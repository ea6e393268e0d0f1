//! Commands that Windows keeps in its registry, read like a file of settings whose path is the key.
//!
//! What is read was handed to the scan; nothing here asks the registry.

use super::content::Piece;
use super::engine::Engine;
use super::locate::Origin;
use super::place::Place;
use super::text::Reading;
use super::walk::Candidate;
use crate::host::registry::Commands;
use crate::model::{ReadError, Skip};
use crate::read::Format;
use crate::rules::place::Level;
use crate::rules::rule::Surface;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use zeroize::Zeroizing;

/// The surface of such keys.
pub(super) const SURFACE: &str = "windows.run-key";

impl Engine<'_> {
    /// Reads the keys, each as one document.
    pub(super) fn keys(&self) {
        let Some(surface) = self.scanner.pack.surfaces().iter().find(|surface| surface.id == SURFACE) else { return };
        for commands in self.scanner.commands {
            if catch_unwind(AssertUnwindSafe(|| self.key(surface, commands))).is_err() {
                let path = self.scanner.detector.mask_text(commands.key.as_bytes());
                self.collector.error(ReadError { path, skip: Skip::Internal, incidental: true });
            }
        }
    }

    fn key(&self, surface: &Surface, commands: &Commands) {
        let text = document(commands);
        let level = if commands.machine { Level::System } else { Level::User };
        let path = PathBuf::from(&commands.key);
        let candidate = Candidate { path, surface: Some(surface), level, system: true, link: false, max: None };
        let place = Place {
            surface: Some(surface),
            surface_id: SURFACE,
            path: self.scanner.detector.mask_text(commands.key.as_bytes()),
            path_bytes: None,
            relative: Vec::new(),
            user: self.user.clone(),
            exposure: None,
            published: None,
        };
        let mut reading = Reading::at(place);
        let (format, accept) = (Format::Json, 0..text.len());
        self.piece(
            &candidate,
            &Piece { text: &text, origin: Origin::START, accept, format, whole: true },
            &mut reading,
        );
        // A key has no lines.
        for location in reading.found.iter_mut().flat_map(|found| found.finding.locations_mut()) {
            location.region = None;
        }
        self.scanner.progress.bytes_read.fetch_add(text.len() as u64, Ordering::Relaxed);
        self.collector.findings(reading.found);
    }
}

/// The values as an object.
fn document(commands: &Commands) -> Zeroizing<Vec<u8>> {
    let longest: usize = commands.values.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 8).sum();
    // Never grown, so that nothing is left where it stood before.
    let mut text = Zeroizing::new(Vec::with_capacity(longest + 2));
    text.push(b'{');
    for (at, (name, value)) in commands.values.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut *text, name);
        text.push(b':');
        let _ = serde_json::to_writer(&mut *text, value.as_str());
    }
    text.push(b'}');
    text
}
