//! Text that an agent reads and nobody sees: tag characters, bytes in variation selectors, bits in zero-width
//! characters.
//!
//! Only what can carry a message belongs here; single invisible characters are `hidden_characters`' business.
//! What is spelt is shown masked, escaped and cut.

use super::unseen::{self, Reason, Run, Tally, each_run, is_selector, is_tag, is_zero_width};
use super::{Audit, AuditCx, Judgement, escaped};
use crate::model::{Severity, Untrusted};
use zeroize::Zeroizing;

pub(super) struct HiddenInstruction;

/// Zero-width characters in a row that can carry a byte.
const BITS: usize = 8;
/// Selectors in one line on characters that take none.
const SCATTERED: usize = 16;
/// Selectors for ideographs beside other characters, or flags of no known region, that may be a slip.
const SLIPS: usize = 3;
/// Longest text that is shown, in characters.
const SHOWN: usize = 200;

impl Audit for HiddenInstruction {
    fn meta(&self) -> &'static str {
        "hidden-instruction"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if !unseen::is_obeyed(cx.surface) {
            return;
        }
        let read = escaped::read(cx);
        if !unseen::may_hide(read.bytes()) {
            return;
        }
        let mut tags = Tags::default();
        let mut selectors = Selectors::default();
        let mut bits = Tally::default();
        each_run(read.bytes(), &mut |run| {
            tags.take(run);
            selectors.take(run);
            if carries_bits(run) {
                bits.add(run.chars.iter().filter(|c| is_zero_width(**c)).count(), &run.span, run.line);
            }
        });
        let mut reasons = tags.reasons(cx);
        reasons.extend(selectors.reasons(cx));
        let what = "zero-width characters in rows that can carry bits";
        reasons.extend(bits.reason(Severity::High, what, what));
        out.extend(unseen::judgement(cx, self.meta(), reasons, &read));
    }
}

/// Whether a run is long enough for a byte and has two kinds of characters to write it with.
pub(super) fn carries_bits(run: &Run) -> bool {
    let mut zero_width = run.chars.iter().filter(|c| is_zero_width(**c));
    let Some(first) = zero_width.next() else { return false };
    let others = zero_width.clone().any(|c| c != first);
    others && zero_width.count() + 1 >= BITS
}

/// Tag characters, and what they spell.
#[derive(Default)]
struct Tags {
    tally: Tally,
    flags: Tally,
    text: Zeroizing<Vec<u8>>,
    line: usize,
}

impl Tags {
    fn take(&mut self, run: &Run) {
        let (flag, known) = flag(run);
        let rest = || run.chars[flag..].iter().copied().filter(|c| is_tag(*c));
        if flag > 0 && !known {
            self.flags.add(1, &run.span, run.line);
        }
        self.tally.add(rest().count(), &run.span, run.line);
        // Flags of no region are read too: each could be a word.
        let from = if known { flag } else { 0 };
        for c in run.chars[from..].iter().copied().filter(|c| is_tag(*c)) {
            if self.line != run.line && !self.text.is_empty() {
                self.text.push(b' ');
            }
            self.line = run.line;
            self.text.extend(ascii(c));
        }
    }

    fn reasons(&self, cx: &AuditCx<'_>) -> Vec<Reason> {
        let spelt = if self.text.is_empty() { Severity::Medium } else { Severity::High };
        let tags = self.tally.reason(spelt, "tag character", "tag characters");
        let odd = if self.flags.count > SLIPS { Severity::High } else { Severity::Low };
        let flags = self.flags.reason(odd, "flag of no known region", "flags of no known region");
        let mut reasons: Vec<Reason> = tags.into_iter().chain(flags).collect();
        if let Some(first) = reasons.first_mut().filter(|_| !self.text.is_empty()) {
            first.why.push(format!("they spell \"{}\"", shown(cx, &self.text)));
        }
        reasons
    }
}

/// The ASCII character that a tag stands for.
fn ascii(tag: char) -> Option<u8> {
    u8::try_from(u32::from(tag) - 0xE0000).ok().filter(|byte| (0x20..0x7F).contains(byte))
}

/// How many characters of a run make its base a flag, and whether it is one that there is.
fn flag(run: &Run) -> (usize, bool) {
    if run.before != Some('\u{1F3F4}') {
        return (0, false);
    }
    let region: Vec<u8> = run.chars.iter().take_while(|c| is_tag(**c)).map_while(|c| ascii(*c)).take(7).collect();
    let ended = run.chars.get(region.len()) == Some(&'\u{E007F}');
    let named = region.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !ended || !named || !(3..=6).contains(&region.len()) {
        return (0, false);
    }
    (region.len() + 1, matches!(&*region, b"gbeng" | b"gbsct" | b"gbwls"))
}

/// Variation selectors where no glyph varies, and the bytes they stand for.
#[derive(Default)]
struct Selectors {
    /// In a row.
    rows: Tally,
    /// For ideographs, beside something else.
    lone: Tally,
    /// On characters that take none.
    scattered: Tally,
    bytes: Zeroizing<Vec<u8>>,
}

impl Selectors {
    fn take(&mut self, run: &Run) {
        let mut base = run.before;
        for row in run.chars.chunk_by(|a, b| is_selector(*a) == is_selector(*b)) {
            if !is_selector(row[0]) {
                base = row.last().copied();
                continue;
            }
            let again = row.iter().all(|c| *c == row[0]) && matches!(row[0], '\u{FE0E}' | '\u{FE0F}');
            let tally = match row {
                [c] if *c < '\u{E0100}' => (!base.is_some_and(takes_selector)).then_some(&mut self.scattered),
                [_] => (!base.is_some_and(is_ideograph)).then_some(&mut self.lone),
                // The emoji selector twice is a slip of many programs.
                _ if again && row.len() < BITS => None,
                _ => Some(&mut self.rows),
            };
            if let Some(tally) = tally {
                tally.add(row.len(), &run.span, run.line);
                self.bytes.extend(row.iter().map(|c| byte(*c)));
            }
        }
    }

    fn reasons(&self, cx: &AuditCx<'_>) -> Vec<Reason> {
        let one = "variation selector on a character that has no variants";
        let many = "variation selectors on characters that have no variants";
        let lone = if self.lone.count > SLIPS { Severity::High } else { Severity::Medium };
        let rows = "variation selectors in rows, each of which can carry a byte";
        let scattered = self.scattered.reason(Severity::High, one, many);
        let mut reasons: Vec<Reason> = self.rows.reason(Severity::High, rows, rows).into_iter().collect();
        reasons.extend(self.lone.reason(lone, one, many));
        reasons.extend(scattered.filter(|_| self.scattered.densest > SCATTERED));
        let text = std::str::from_utf8(&self.bytes).ok().filter(|text| !text.is_empty());
        let readable = text.is_some_and(|text| !text.contains(|c: char| c.is_control() && !c.is_ascii_whitespace()));
        if let Some(first) = reasons.first_mut().filter(|_| readable) {
            first.why.push(format!("they carry \"{}\"", shown(cx, &self.bytes)));
        }
        reasons
    }
}

/// The byte that a selector can stand for.
fn byte(selector: char) -> u8 {
    let code = u32::from(selector);
    let byte = if code < 0xE0100 { code - 0xFE00 } else { code - 0xE0100 + 16 };
    u8::try_from(byte).unwrap_or_default()
}

/// Whether a character has variants of the first sixteen: emoji, symbols, other scripts; no letter of Latin.
fn takes_selector(c: char) -> bool {
    matches!(c, '#' | '*' | '0'..='9' | '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}') || unseen::explains(c)
}

/// Whether a character has variants of the others.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

/// What a text says, fit to be shown.
pub(super) fn shown(cx: &AuditCx<'_>, text: &[u8]) -> String {
    let masked: Untrusted = (cx.mask)(text);
    let escaped = masked.to_string();
    match escaped.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}
