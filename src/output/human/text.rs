//! Lines and their widths on a terminal. Knows nothing of findings.

use crate::model::Untrusted;
use anstyle::Style;
use std::fmt::Write as _;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_is_broken_and_a_path_is_not() {
        let broken = paragraph("", 2, 10, &[plain("ab cdefghijklmno")]);
        assert_eq!(broken, "ab\n  cdefghij\n  klmno\n");
        let kept = paragraph("", 2, 10, &[plain("ab "), whole(Style::new(), "/a b/cdefghijkl"), plain(", d")]);
        assert_eq!(kept, "ab\n  /a b/cdefghijkl,\n  d\n");
        assert_eq!(paragraph("", 2, 10, &[plain("a  b "), plain("c   d")]), "a  b c  d\n");
    }
}
