//! Characters that nobody sees, as runs with what stands around them: the ground of the `hidden-*` audits.
//!
//! Tables of code points, and a pass over a text, nothing else: what a run means is each audit's business.
//! A text without such characters is told by a few byte searches and costs nothing more.

use super::escaped::Read;
use super::{AuditCx, Judgement};
use crate::model::{Evidence, Severity};
use crate::rules::rule::Surface;
use memchr::memchr3_iter;
use std::ops::Range;

/// Whether agents load the surface's files as instructions. `rules/surfaces/instructions.toml` has them all.
#[must_use]
pub fn is_instructions(surface: &Surface) -> bool {
    surface.id.starts_with("instructions.")
}

/// Whether what the surface's files say is obeyed by an agent or starts something.
pub(super) fn is_obeyed(surface: &Surface) -> bool {
    let starts = !surface.mcp.is_empty() || !surface.commands.is_empty() || !surface.runs.is_empty();
    starts || is_instructions(surface)
}

/// Unseen characters in a row.
#[derive(Default)]
pub(super) struct Run {
    /// The characters.
    pub(super) chars: Vec<char>,
    /// Their bytes.
    pub(super) span: Range<usize>,
    /// What is seen right before them on their line.
    pub(super) before: Option<char>,
    /// What is seen right after them on their line.
    pub(super) after: Option<char>,
    /// Their line, from 0.
    pub(super) line: usize,
}

/// The characters of a text and where they stand; a byte that belongs to none is one of its own.
pub(super) fn characters(source: &[u8]) -> impl Iterator<Item = (usize, char)> {
    let mut next = 0;
    source.utf8_chunks().flat_map(move |chunk| {
        let start = next;
        let broken = start + chunk.valid().len();
        next = broken + chunk.invalid().len();
        let odd = (next > broken).then_some((broken, char::REPLACEMENT_CHARACTER));
        chunk.valid().char_indices().map(move |(at, c)| (start + at, c)).chain(odd)
    })
}

/// Visits every run of unseen characters. A byte-order mark at the start is none.
pub(super) fn each_run(source: &[u8], visit: &mut dyn FnMut(&Run)) {
    let mut run = Run::default();
    let (mut before, mut line) = (None, 0);
    for (at, c) in characters(source).filter(|found| *found != (0, '\u{FEFF}')) {
        if is_unseen(c) {
            if run.chars.is_empty() {
                (run.span.start, run.before, run.line) = (at, before, line);
            }
            run.chars.push(c);
            run.span.end = at + c.len_utf8();
            continue;
        }
        let seen = (!matches!(c, '\n' | '\r')).then_some(c);
        if !run.chars.is_empty() {
            run.after = seen;
            visit(&run);
            run.chars.clear();
        }
        before = seen;
        line += usize::from(c == '\n');
    }
    if !run.chars.is_empty() {
        run.after = None;
        visit(&run);
    }
}

/// Whether the bytes of any character stand in `source` that an audit of hidden characters looks at.
pub(super) fn may_hide(source: &[u8]) -> bool {
    let at = |at: usize| source.get(at..at + 3).unwrap_or_else(|| &source[at..]);
    // Marks, controls and blanks; selectors and byte-order marks; tags. These are most of them.
    memchr3_iter(0xE2, 0xEF, 0xF3, source).any(|place| {
        let byte_order_mark = place == 0 && source.starts_with(b"\xEF\xBB\xBF");
        !byte_order_mark
            && matches!(
                at(place),
                [0xE2, 0x80, 0x80..=0x8F | 0xAA..=0xAE]
                    | [0xE2, 0x81, 0xA0..=0xAF]
                    | [0xE2, 0xA0, 0x80]
                    | [0xEF, 0x80..=0xA3, _]
                    | [0xEF, 0xB8, 0x80..=0x8F]
                    | [0xEF, 0xBB, 0xBF]
                    | [0xEF, 0xBE, 0xA0]
                    | [0xEF, 0xBF, 0xB9..=0xBB]
                    | [0xF3, 0xA0 | 0xB0..=0xBF, _]
            )
    }) || memchr3_iter(0xE1, 0xE3, 0xEE, source).any(|place| {
        matches!(
            at(place),
            [0xE1, 0x85, 0x9F | 0xA0] | [0xE1, 0xA0, 0x8E] | [0xE3, 0x80, 0x80] | [0xE3, 0x85, 0xA4] | [0xEE, ..]
        )
    }) || memchr3_iter(0xC2, 0xD8, 0xF4, source)
        .any(|place| matches!(at(place), [0xC2, 0xAD, ..] | [0xD8, 0x9C, ..] | [0xF4, ..]))
}

fn is_unseen(c: char) -> bool {
    is_zero_width(c) || is_tag(c) || is_selector(c) || is_filler(c) || is_bidi_control(c) || c == '\u{AD}'
}

/// Tag characters: an ASCII of their own that no font draws.
pub(super) fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0000}'..='\u{E007F}')
}

/// Variation selectors: 256 of them, so that each can stand for a byte.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Zero-width spaces and joiners, marks of direction, invisible operators, deprecated controls.
pub(super) fn is_zero_width(c: char) -> bool {
    is_joiner(c)
        || is_mark(c)
        || matches!(c, '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{180E}')
        || matches!(c, '\u{FFF9}'..='\u{FFFB}')
}

/// Zero-width joiner and non-joiner, which many scripts need.
pub(super) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Marks of direction, which text from right to left needs.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Hangul fillers: letters without ink.
pub(super) fn is_filler(c: char) -> bool {
    matches!(c, '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}')
}

/// Embeddings, overrides, isolates and their ends.
pub(super) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Letters of Hebrew, Arabic and the other scripts that run from right to left.
pub(super) fn runs_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{61B}' | '\u{61D}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
        || matches!(c, '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// Whether a character is of a script that needs unseen ones beside it, or a symbol that takes them: nothing of
/// Latin, no punctuation, no private character.
pub(super) fn explains(c: char) -> bool {
    let latin = c < '\u{370}' || matches!(c, '\u{1E00}'..='\u{1EFF}');
    let odd = matches!(c, '\u{2000}'..='\u{206F}' | '\u{E000}'..='\u{F8FF}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..);
    !latin && !odd
}

/// How often something stands in a text, and where first.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) count: usize,
    /// Most of it in one line.
    pub(super) densest: usize,
    first: Range<usize>,
    /// The line counted last, and how many it has.
    line: (usize, usize),
}

impl Tally {
    /// Counts `number` more of it.
    pub(super) fn add(&mut self, number: usize, span: &Range<usize>, line: usize) {
        if number == 0 {
            return;
        }
        if self.count == 0 {
            self.first = span.clone();
        }
        let in_line = if self.count > 0 && self.line.0 == line { self.line.1 } else { 0 };
        self.line = (line, in_line + number);
        self.densest = self.densest.max(self.line.1);
        self.count += number;
    }

    /// The reason it is, if it is there at all: the number, then `what` for one or `many`.
    pub(super) fn reason(&self, severity: Severity, one: &str, many: &str) -> Option<Reason> {
        let what = if self.count == 1 { one } else { many };
        let why = vec![format!("{} {what}", self.count)];
        (self.count > 0).then(|| Reason { severity, span: self.first.clone(), why })
    }
}

/// One class of hidden characters in a text.
pub(super) struct Reason {
    pub(super) severity: Severity,
    /// Where first.
    pub(super) span: Range<usize>,
    /// How many and of what class, and what they spell.
    pub(super) why: Vec<String>,
}

/// One judgement of a text for all reasons, worst first, at the first place of the worst.
pub(super) fn judgement(cx: &AuditCx<'_>, id: &str, mut reasons: Vec<Reason>, read: &Read<'_>) -> Option<Judgement> {
    reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.severity), reason.span.start));
    let worst = reasons.first()?;
    let (severity, span) = (worst.severity, read.place(&worst.span));
    let why = reasons.into_iter().flat_map(|reason| reason.why).collect();
    cx.judgement(id, severity, Vec::new(), span, Evidence { why, ..Evidence::default() })
}
