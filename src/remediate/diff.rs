//! A plan as a person reads it: the lines that go and the lines that come, secrets masked.

use super::plan::Change;
use super::planner;
use crate::detect::{Detector, Mask};
use crate::model::Untrusted;
use crate::read;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::path::PathBuf;

/// Columns of a line that are shown; of a longer one, what is around the change.
const WIDTH: usize = 140;
/// Characters kept before a change in a long line.
const LEAD: usize = 40;

/// What changes in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    /// The file.
    pub path: PathBuf,
    /// Whether the file is made.
    pub made: bool,
    /// `-` or `+`, and the line without its secrets.
    pub lines: Vec<(char, Untrusted)>,
}

/// The lines that a change takes out and puts in.
#[must_use]
pub fn of(detector: &Detector<'_>, change: &Change) -> FileDiff {
    if let Some(mode) = change.mode {
        let line = |sign, bits: u32| (sign, Untrusted::new(format!("mode {bits:04o}")));
        let lines = vec![line('-', mode.before), line('+', mode.after)];
        return FileDiff { path: change.path.clone(), made: false, lines };
    }
    let before: &[u8] = change.before.as_ref().map_or(b"", |bytes| bytes);
    let old = Masked::new(detector, change.surface.as_deref(), before);
    let new = Masked::new(detector, change.surface.as_deref(), &change.after);
    let (a, b) = (lines(before), lines(&change.after));
    let mut out = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let gone: Vec<String> = a[op.old_range()].iter().map(|line| old.line(line)).collect();
        let come: Vec<String> = b[op.new_range()].iter().map(|line| new.line(line)).collect();
        let paired = gone.len() == come.len();
        for (index, line) in gone.iter().enumerate() {
            out.push(('-', clip(line, if paired { come.get(index) } else { None })));
        }
        for (index, line) in come.iter().enumerate() {
            out.push(('+', clip(line, if paired { gone.get(index) } else { None })));
        }
    }
    FileDiff { path: change.path.clone(), made: change.before.is_none(), lines: out }
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// A text with what masks its secrets.
struct Masked<'d> {
    detector: &'d Detector<'d>,
    mask: Option<Mask>,
}

impl<'d> Masked<'d> {
    fn new(detector: &'d Detector<'d>, surface: Option<&str>, text: &[u8]) -> Self {
        let surface = surface.and_then(|id| detector.pack().surfaces().iter().find(|surface| surface.id == id));
        let mask = surface.map(|surface| {
            let document = read::parse(surface.format, text, detector.limits());
            planner::detect(detector, surface, &document).mask
        });
        Self { detector, mask }
    }

    fn line(&self, line: &[u8]) -> String {
        let line = line.trim_ascii_end();
        // A tab would be shown as an escape.
        let line: Vec<u8> = line
            .iter()
            .flat_map(|byte| if *byte == b'\t' { &b"    "[..] } else { std::slice::from_ref(byte) })
            .copied()
            .collect();
        let line = zeroize::Zeroizing::new(line);
        let text = match &self.mask {
            Some(mask) => mask.text(self.detector, &line),
            None => self.detector.mask_text(&line),
        };
        text.as_found().to_owned()
    }
}

/// Of a long line only what differs from `other`, and a little around it.
fn clip(line: &str, other: Option<&String>) -> Untrusted {
    let length = line.chars().count();
    if length <= WIDTH {
        return Untrusted::new(line);
    }
    let common = other.map_or(0, |other| line.chars().zip(other.chars()).take_while(|(a, b)| a == b).count());
    let from = common.saturating_sub(LEAD).min(length.saturating_sub(WIDTH));
    let mut text: String = line.chars().skip(from).take(WIDTH).collect();
    if from > 0 {
        text.insert(0, '…');
    }
    if from + WIDTH < length {
        text.push('…');
    }
    Untrusted::new(text)
}
