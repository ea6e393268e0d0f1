//! Splits a script into words, ends of commands, redirections, comments and here-documents.
//!
//! Work is linear in the text: a quote or here-document that is not closed costs a search of what
//! follows, so there are only so many such searches in a text and in a line; after that quotes may
//! not go over lines, or count for nothing.

use super::word::{Scanner, Word};
use crate::read::fields::{after_line, line_end};
use std::ops::Range;

/// Searches for a missing end, in a text and in a line.
const MISSES: u8 = 16;

/// A piece of a script.
pub(super) enum Token<'t> {
    Word(Word<'t>),
    /// The command ends; `pipe` when its output goes to the next one.
    End {
        pipe: bool,
    },
    /// `(`; `adjacent` when it follows a word without a blank, as in `NAME=(`.
    Open {
        adjacent: bool,
    },
    Close,
    /// The next word is the target of a redirection, or the text of a here-string.
    Redirect {
        text: bool,
    },
    /// A comment that has its line to itself, without the mark.
    Comment(Range<usize>),
    /// The lines of a here-document.
    HereDocument(Range<usize>),
}

pub(super) struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    fish: bool,
    most: usize,
    /// End of the current line.
    line: usize,
    only_blanks: bool,
    operator_at: usize,
    line_misses: u8,
    quote_misses: u8,
    document_misses: u8,
    delimiters: Vec<(Word<'t>, bool)>,
    /// Where a line or word was passed over because it is too long.
    pub(super) too_long: Option<usize>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8], fish: bool, most: usize) -> Self {
        let mut lexer = Self {
            text,
            at: 0,
            fish,
            most,
            line: 0,
            only_blanks: true,
            operator_at: 0,
            line_misses: 0,
            quote_misses: 0,
            document_misses: 0,
            delimiters: Vec::new(),
            too_long: None,
        };
        lexer.enter_line();
        lexer
    }

    /// Starts a line, passing over those that are too long.
    fn enter_line(&mut self) {
        self.only_blanks = true;
        self.line_misses = 0;
        loop {
            self.line = line_end(self.text, self.at);
            if self.line - self.at <= self.most {
                return;
            }
            self.too_long.get_or_insert(self.at);
            self.at = self.line;
            if self.at < self.text.len() {
                self.at = after_line(self.text, self.line);
            }
        }
    }

    fn word(&mut self) -> Word<'t> {
        let start = self.at;
        let multiline = self.quote_misses < MISSES;
        let limit = if multiline { self.text.len().min(start.saturating_add(self.most)) } else { self.line };
        let scanner = Scanner { text: self.text, limit, fish: self.fish, multiline };
        let mut scan = None;
        if self.line_misses < MISSES {
            scan = scanner.word(start);
            let missed = u8::from(scan.is_none());
            self.line_misses += missed;
            self.quote_misses += if multiline { missed } else { 0 };
        }
        let scan = scan.unwrap_or_else(|| Scanner { limit: self.line.max(start + 1), ..scanner }.loose(start));
        self.at = scan.end.max(start + 1);
        if self.at > self.line {
            self.line = line_end(self.text, self.at);
            self.line_misses = 0;
            if self.line - self.at > self.most {
                self.too_long.get_or_insert(self.at);
                self.at = self.line;
            }
        }
        self.only_blanks = false;
        scan.word(self.text, start, self.fish)
    }

    fn operator(&mut self, length: usize) {
        self.operator_at = self.at;
        self.at += length;
        self.only_blanks = false;
    }

    /// Where the operator that was given last starts.
    pub(super) fn operator_at(&self) -> usize {
        self.operator_at
    }

    fn newline(&mut self) -> Token<'t> {
        self.at = after_line(self.text, self.at);
        self.enter_line();
        Token::End { pipe: false }
    }

    /// The body of the first here-document that waits for the line that starts here.
    fn here_document(&mut self) -> Option<Token<'t>> {
        while !self.delimiters.is_empty() {
            let (word, strip) = self.delimiters.remove(0);
            if self.document_misses >= MISSES {
                continue;
            }
            let from = self.at;
            let mut line = from;
            while line < self.text.len() {
                let end = line_end(self.text, line);
                let text = &self.text[line..end];
                let text = if strip { text.trim_ascii_start() } else { text };
                if text == word.bytes() {
                    self.at = end;
                    self.line = end;
                    return Some(Token::HereDocument(from..line));
                }
                line = after_line(self.text, end);
            }
            self.document_misses += 1;
        }
        None
    }

    fn here_document_start(&mut self) -> Option<Token<'t>> {
        let strip = self.text.get(self.at + 2) == Some(&b'-');
        self.operator(if strip { 3 } else { 2 });
        while self.at < self.line && matches!(self.text[self.at], b' ' | b'\t') {
            self.at += 1;
        }
        if self.at < self.line && !super::word::ends_word(self.text[self.at], self.fish) {
            let word = self.word();
            if self.delimiters.len() < usize::from(MISSES) {
                self.delimiters.push((word, strip));
            }
        }
        None
    }

    fn comment(&mut self) -> Option<Token<'t>> {
        let range = self.at..self.line;
        self.at = self.line;
        self.only_blanks.then_some(Token::Comment(range))
    }

    fn redirect(&mut self, rest: &[u8]) -> Option<Token<'t>> {
        let length = match rest {
            [b'<', b'<', b'<', ..] => {
                self.operator(3);
                return Some(Token::Redirect { text: true });
            }
            [b'<', b'<', ..] if !self.fish => return self.here_document_start(),
            // Process substitution: what is inside is a command like any other.
            [_, b'(', ..] => {
                self.operator(1);
                return None;
            }
            [b'&', b'>', b'>', ..] => 3,
            [b'>', b'>' | b'|' | b'&', ..] | [b'<', b'>' | b'&', ..] | [b'&', b'>', ..] => 2,
            _ => 1,
        };
        self.operator(length);
        Some(Token::Redirect { text: false })
    }

    /// The token at this place; `None` when what was passed over is none.
    fn step(&mut self) -> Option<Token<'t>> {
        let rest = &self.text[self.at..];
        match *rest {
            [b'\\', b'\r', b'\n', ..] => self.continue_line(3),
            [b'\\', b'\n' | b'\r', ..] => self.continue_line(2),
            [b'\n' | b'\r', ..] => return Some(self.newline()),
            [b'#', ..] => return self.comment(),
            [b'&', b'>', ..] | [b'<' | b'>', ..] => return self.redirect(rest),
            [b'|', b'|', ..] | [b'&', b'&', ..] | [b';', b';', ..] => {
                self.operator(2);
                return Some(Token::End { pipe: false });
            }
            [b'|', ref after @ ..] => {
                self.operator(if after.first() == Some(&b'&') { 2 } else { 1 });
                return Some(Token::End { pipe: true });
            }
            [b';' | b'&', ..] => {
                self.operator(1);
                return Some(Token::End { pipe: false });
            }
            [b'(', ..] if !self.fish => {
                let adjacent = self.at > 0 && self.text[self.at - 1] == b'=';
                self.operator(1);
                return Some(Token::Open { adjacent });
            }
            [b')', ..] => {
                self.operator(1);
                return Some(Token::Close);
            }
            [byte, ..] if byte.is_ascii_whitespace() || byte == 0x0b => self.at += 1,
            _ => return Some(Token::Word(self.word())),
        }
        None
    }

    fn continue_line(&mut self, length: usize) {
        let only_blanks = self.only_blanks;
        self.at += length;
        self.enter_line();
        self.only_blanks = only_blanks;
    }
}

impl<'t> Iterator for Lexer<'t> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        while self.at < self.text.len() {
            // Here-documents start with the line after the one that names them.
            if self.only_blanks && !self.delimiters.is_empty() && self.starts_line() {
                if let Some(token) = self.here_document() {
                    return Some(token);
                }
                continue;
            }
            if let Some(token) = self.step() {
                return Some(token);
            }
        }
        None
    }
}

impl Lexer<'_> {
    fn starts_line(&self) -> bool {
        self.at > 0 && matches!(self.text[self.at - 1], b'\n' | b'\r')
    }
}
