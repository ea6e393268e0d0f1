//! Invisible characters where no script needs them: zero-width ones, marks of direction, fillers, walls of blanks,
//! rows of private characters.
//!
//! They part words that a reader or a filter looks for, and keep text out of sight. Few are a slip of a copy, so
//! the number decides how bad it is. What can carry a message is `hidden_instruction`'s business.

use super::hidden_instruction::carries_bits;
use super::unseen::{
    self, Run, Tally, characters, each_run, explains, is_filler, is_joiner, is_mark, is_zero_width, runs_from_right,
};
use super::{Audit, AuditCx, Judgement, escaped};
use crate::model::Severity;

pub(super) struct HiddenCharacters;

/// Zero-width characters in one line, or in a file, that are no slip.
const IN_LINE: usize = 4;
const IN_FILE: usize = 8;
/// Blanks in a row that push what follows out of sight.
const WALL: usize = 40;
/// Private characters in a row that are no icon.
const PRIVATE: usize = 8;

impl Audit for HiddenCharacters {
    fn meta(&self) -> &'static str {
        "hidden-characters"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if !unseen::is_instructions(cx.surface) || !unseen::may_hide(cx.doc.source) {
            return;
        }
        let (mut zero_width, mut marks, mut fillers) = (Tally::default(), Tally::default(), Tally::default());
        each_run(cx.doc.source, &mut |run| {
            if carries_bits(run) {
                return;
            }
            let number = |of: &dyn Fn(char) -> bool| run.chars.iter().filter(|c| of(**c)).count();
            fillers.add(if is_composed(run) { 0 } else { number(&is_filler) }, &run.span, run.line);
            if [run.before, run.after].into_iter().flatten().any(explains) {
                return;
            }
            zero_width.add(number(&|c| counts(run, c)), &run.span, run.line);
            marks.add(number(&is_mark), &run.span, run.line);
        });
        // Text from right to left sets marks beside its brackets and numbers, which are plain.
        if marks.count > 0 && characters(cx.doc.source).any(|(_, c)| runs_from_right(c)) {
            marks = Tally::default();
        }
        let many = zero_width.densest >= IN_LINE || zero_width.count >= IN_FILE;
        let severity = if many { Severity::Medium } else { Severity::Low };
        let (walls, private) = rows(cx.doc.source);
        let what = "private characters in rows";
        let reasons = [
            zero_width.reason(severity, "zero-width character", "zero-width characters"),
            fillers.reason(Severity::Medium, "filler letter without ink", "filler letters without ink"),
            marks.reason(Severity::Low, "direction mark beside plain letters", "direction marks beside plain letters"),
            walls.reason(Severity::Low, "row of blanks before text", "rows of blanks before text"),
            private.reason(Severity::Low, what, what),
        ];
        let read = escaped::read(cx);
        out.extend(unseen::judgement(cx, self.meta(), reasons.into_iter().flatten().collect(), &read));
    }
}

/// Whether a zero-width character counts among plain letters.
fn counts(run: &Run, c: char) -> bool {
    let around = || [run.before, run.after].into_iter().flatten();
    if c == '\u{AD}' {
        // In prose it says where a word may be divided.
        return run.chars.len() > 1 || around().filter(|c| c.is_alphabetic()).count() < 2;
    }
    if is_joiner(c) {
        return run.chars.len() > 1 || around().any(|c| c.is_ascii_alphanumeric());
    }
    is_zero_width(c) && !is_mark(c)
}

/// Whether a filler stands for a missing part of a Hangul syllable.
fn is_composed(run: &Run) -> bool {
    let jamo = |c| matches!(c, '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}');
    let conjoins = run.chars.iter().all(|c| matches!(c, '\u{115F}' | '\u{1160}'));
    conjoins && [run.before, run.after].into_iter().flatten().any(jamo)
}

/// Walls of blanks with text behind them, and rows of private characters.
fn rows(source: &[u8]) -> (Tally, Tally) {
    let (mut walls, mut private) = (Tally::default(), Tally::default());
    let (mut blanks, mut icons) = ((0, 0), (0, 0));
    let (mut last, mut line) = ('\n', 0);
    for (at, c) in characters(source) {
        let blank = is_blank(c);
        let icon = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
        if !blank && blanks.0 > 0 {
            // Pictures of Braille patterns have rows of empty ones.
            let picture = last == '\u{2800}' && matches!(c, '\u{2801}'..='\u{28FF}');
            let behind = !c.is_whitespace() && !picture;
            walls.add(usize::from(blanks.0 >= WALL && behind), &(blanks.1..at), line);
            blanks.0 = 0;
        }
        if !icon {
            private.add(if icons.0 >= PRIVATE { icons.0 } else { 0 }, &(icons.1..at), line);
            icons.0 = 0;
        }
        for (row, is) in [(&mut blanks, blank), (&mut icons, icon)] {
            *row = match *row {
                _ if !is => (0, 0),
                (0, _) => (1, at),
                (number, start) => (number + 1, start),
            };
        }
        line += usize::from(c == '\n');
        last = c;
    }
    private.add(if icons.0 >= PRIVATE { icons.0 } else { 0 }, &(icons.1..source.len()), line);
    (walls, private)
}

/// Blanks other than those of a keyboard.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2000}'..='\u{200A}' | '\u{2800}' | '\u{3000}')
}
