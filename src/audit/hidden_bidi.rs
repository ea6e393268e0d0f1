//! Controls that change the order in which text is shown, so that people and programs read different things
//! (CVE-2021-42574, "Trojan Source").
//!
//! Each line is judged by itself, as the bidirectional algorithm does. Text from right to left needs such
//! controls: closed ones beside its letters are no finding. Marks without a span are `hidden_characters`' business.

use super::unseen::{self, Tally, characters, is_bidi_control, runs_from_right};
use super::{Audit, AuditCx, Judgement, escaped};
use crate::model::Severity;
use std::ops::Range;

pub(super) struct HiddenBidi;

impl Audit for HiddenBidi {
    fn meta(&self) -> &'static str {
        "hidden-bidi"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if !unseen::is_obeyed(cx.surface) {
            return;
        }
        let read = escaped::read(cx);
        if !unseen::may_hide(read.bytes()) {
            return;
        }
        let mut found = Found::default();
        let mut line = Line::default();
        let mut number = 0;
        for (at, c) in characters(read.bytes()) {
            if matches!(c, '\n' | '\r' | '\u{85}' | '\u{2029}') {
                found.take(&line, number);
                line.clear();
                number += 1;
            } else {
                line.take(at, c);
            }
        }
        found.take(&line, number);
        let control = "direction control";
        let reason = |tally: &Tally, severity, one: &str, many: &str| {
            tally.reason(severity, &format!("{control} {one}"), &format!("{control}s {many}"))
        };
        let reasons = [
            reason(&found.open, Severity::High, "that its line does not close", "that their lines do not close"),
            reason(
                &found.reversed,
                Severity::High,
                "that overrides the order of text",
                "that override the order of text",
            ),
            reason(
                &found.reversed_beside,
                Severity::Medium,
                "that overrides the order beside text from right to left",
                "that override the order beside text from right to left",
            ),
            reason(&found.closed, Severity::Low, "without text from right to left", "without text from right to left"),
        ];
        out.extend(unseen::judgement(cx, self.meta(), reasons.into_iter().flatten().collect(), &read));
    }
}

/// Controls of a text, by what their lines come to.
#[derive(Default)]
struct Found {
    /// Not closed, or closed more often than opened.
    open: Tally,
    /// Overrides among letters that run from left to right.
    reversed: Tally,
    /// Overrides in a line that has letters from right to left.
    reversed_beside: Tally,
    /// Closed, no override, and nothing that needs them.
    closed: Tally,
}

impl Found {
    fn take(&mut self, line: &Line, number: usize) {
        let tally = match line {
            Line { broken, stack, .. } if *broken || !stack.is_empty() => &mut self.open,
            Line { overrides: true, from_right: true, .. } => &mut self.reversed_beside,
            Line { overrides: true, .. } => &mut self.reversed,
            Line { from_right: false, .. } => &mut self.closed,
            Line { .. } => return,
        };
        tally.add(line.count, &line.span, number);
    }
}

/// What is known of a line so far.
#[derive(Default)]
struct Line {
    /// What is open: whether it is an isolate.
    stack: Vec<bool>,
    /// Isolates among them.
    isolates: usize,
    /// Whether an end came without its beginning.
    broken: bool,
    overrides: bool,
    from_right: bool,
    count: usize,
    /// The first control.
    span: Range<usize>,
}

impl Line {
    fn take(&mut self, at: usize, c: char) {
        self.from_right |= runs_from_right(c);
        if !is_bidi_control(c) {
            return;
        }
        if self.count == 0 {
            self.span = at..at + c.len_utf8();
        }
        self.count += 1;
        match c {
            '\u{202C}' => self.broken |= self.stack.pop_if(|isolate| !*isolate).is_none(),
            '\u{2069}' => self.end_isolate(),
            _ => {
                let isolate = matches!(c, '\u{2066}'..='\u{2068}');
                self.isolates += usize::from(isolate);
                self.overrides |= matches!(c, '\u{202D}' | '\u{202E}');
                self.stack.push(isolate);
            }
        }
    }

    /// The end of an isolate ends what was opened in it, which nobody writes by chance.
    fn end_isolate(&mut self) {
        if self.isolates == 0 {
            self.broken = true;
            return;
        }
        self.isolates -= 1;
        while let Some(isolate) = self.stack.pop() {
            if isolate {
                return;
            }
            self.broken = true;
        }
    }

    fn clear(&mut self) {
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        *self = Self { stack, ..Self::default() };
    }
}
