//! Words, widths and numbers for people. Knows nothing of findings.

use crate::model::Untrusted;
use anstyle::Style;
use std::fmt::{Display, Write as _};

/// A run of text in one style.
#[derive(Clone)]
pub(super) struct Piece {
    style: Style,
    text: String,
    whole: bool,
}

/// Text that may be wrapped at its spaces. It is escaped here, whoever wrote it.
pub(super) fn plain(text: impl Into<String>) -> Piece {
    styled(Style::new(), text)
}

/// The same in a style.
pub(super) fn styled(style: Style, text: impl Into<String>) -> Piece {
    Piece { style, text: Untrusted::new(text).to_string(), whole: false }
}

/// Text to be copied: a path, a URL, a command. Never broken, even when it is longer than the line.
pub(super) fn whole(style: Style, text: impl Into<String>) -> Piece {
    Piece { whole: true, ..styled(style, text) }
}

/// A word on its way to a line: runs of text in their styles, without a space between them.
#[derive(Default)]
struct Word {
    runs: Vec<(Style, String)>,
    whole: bool,
    /// Stands two spaces apart from the word before it.
    apart: bool,
    columns: usize,
}

impl Word {
    fn push(&mut self, style: Style, text: &str) {
        if !text.is_empty() {
            self.columns += columns(text);
            self.runs.push((style, text.to_owned()));
        }
    }
}

/// Lines as they fill up. Neighbours in one style share one pair of escape sequences.
struct Lines {
    text: String,
    line: Vec<(Style, String)>,
    used: usize,
    indent: usize,
}

impl Lines {
    fn push(&mut self, style: Style, text: &str) {
        self.used += columns(text);
        match self.line.last_mut() {
            Some((last, run)) if *last == style => run.push_str(text),
            _ => self.line.push((style, text.to_owned())),
        }
    }

    fn end(&mut self) {
        for (style, run) in self.line.drain(..) {
            let _ = write!(self.text, "{style}{run}{style:#}");
        }
        self.text.push('\n');
    }

    fn wrap(&mut self) {
        self.end();
        self.used = 0;
        self.push(Style::new(), &" ".repeat(self.indent));
    }
}

/// Lays `pieces` out in lines of at most `width` columns: `first` opens the first line, `indent`
/// spaces the others. Only a whole piece may stick out. Two spaces in a piece stay two.
pub(super) fn paragraph(first: &str, indent: usize, width: usize, pieces: &[Piece]) -> String {
    let mut lines = Lines { text: String::new(), line: Vec::new(), used: 0, indent };
    lines.push(Style::new(), first);
    let mut last: Option<Style> = None;
    for word in words(pieces) {
        let gap = if word.apart { "  " } else { " " };
        match last {
            Some(_) if lines.used + gap.len() + word.columns > width => lines.wrap(),
            Some(style) => {
                let same = word.runs.first().is_some_and(|(next, _)| *next == style);
                lines.push(if same { style } else { Style::new() }, gap);
            }
            None => {}
        }
        for (style, run) in &word.runs {
            last = Some(*style);
            if word.whole || lines.used + columns(run) <= width {
                lines.push(*style, run);
                continue;
            }
            for c in run.chars() {
                if lines.used + char_columns(c) > width && lines.used > indent {
                    lines.wrap();
                }
                lines.push(*style, c.encode_utf8(&mut [0; 4]));
            }
        }
    }
    lines.end();
    lines.text
}

fn words(pieces: &[Piece]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut word = Word::default();
    for piece in pieces {
        if piece.whole {
            word.push(piece.style, &piece.text);
            word.whole = true;
            continue;
        }
        for (nth, part) in piece.text.split(' ').enumerate() {
            if nth > 0 {
                let apart = word.runs.is_empty() && !words.is_empty();
                if !word.runs.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                word.apart = apart;
            }
            word.push(piece.style, part);
        }
    }
    if !word.runs.is_empty() {
        words.push(word);
    }
    words
}

/// Columns of a terminal that `text` takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(char_columns).sum()
}

/// The wide blocks of East Asian scripts count double, combining marks not at all; the rest is one column.
fn char_columns(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{20D0}'..='\u{20FF}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F000}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// At most `limit` characters of `text`, with `…` where some are left out.
pub(super) fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// `1 secret`, `2 secrets`.
pub(super) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", thousands(number), if number == 1 { noun.to_owned() } else { plural(noun) })
}

/// The plural of a noun, or of a phrase that ends in one.
pub(super) fn plural(noun: &str) -> String {
    let vowel_before_y = noun.len() > 1 && noun.as_bytes()[noun.len() - 2].is_ascii() && {
        matches!(noun.as_bytes()[noun.len() - 2], b'a' | b'e' | b'o' | b'u')
    };
    match noun {
        _ if noun.ends_with('s') => noun.to_owned(),
        _ if noun.ends_with('y') && !vowel_before_y => format!("{}ies", &noun[..noun.len() - 1]),
        _ => format!("{noun}s"),
    }
}

/// `12,345`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `45.6 MiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return count(number, "byte");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be shown as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `340 ms`, `1.2 s`, `3 min 5 s`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..=999 => format!("{ms} ms"),
        1_000..=59_949 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => {
            let seconds = ms.saturating_add(500) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn enumerate<T: Display>(items: &[T]) -> String {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let joint = match items.len() - at {
            _ if at == 0 => "",
            1 => " and ",
            _ => ", ",
        };
        let _ = write!(text, "{joint}{item}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(duration(59_949), "59.9 s");
        assert_eq!(duration(59_950), "1 min 0 s");
        assert_eq!(plural("key"), "keys");
        assert_eq!(plural("entry"), "entries");
        assert_eq!(enumerate(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn a_long_word_is_broken_and_a_path_is_not() {
        let broken = paragraph("", 2, 10, &[plain("ab cdefghijklmno")]);
        assert_eq!(broken, "ab\n  cdefghij\n  klmno\n");
        let kept = paragraph("", 2, 10, &[plain("ab "), whole(Style::new(), "/a b/cdefghijkl"), plain(", d")]);
        assert_eq!(kept, "ab\n  /a b/cdefghijkl,\n  d\n");
        assert_eq!(paragraph("", 2, 10, &[plain("a  b "), plain("c   d")]), "a  b c  d\n");
    }
}
