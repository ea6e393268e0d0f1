//! Walks a script command by command, and the scripts inside it, and says where in the source each
//! value stands.

use super::command::{Input, Outcome, assignment};
use super::lexer::{Lexer, Token};
use super::word::Word;
use crate::read::fields::{Fields, Unquoted, after_line, line_end};
use crate::read::kv::heredoc_line;
use crate::read::{Role, Text};
use std::ops::Range;

/// Scripts inside scripts: `sh -c "$(…)"`.
const DEPTH: usize = 4;
/// Words of one command that are looked at.
const WORDS: usize = 4096;

/// Where a text stands: in the source, or in another text that does.
pub(super) struct Origin<'p> {
    within: Option<&'p Origin<'p>>,
    step: Step<'p>,
}

enum Step<'p> {
    Shift(usize),
    Word(&'p Word<'p>),
    Unquoted(&'p Unquoted),
}

impl<'p> Origin<'p> {
    /// A slice of the source from `offset` on.
    pub(super) fn at(offset: usize) -> Self {
        Self { within: None, step: Step::Shift(offset) }
    }

    /// A decoded copy of a part of the source.
    pub(super) fn decoded(text: &'p Unquoted) -> Self {
        Self { within: None, step: Step::Unquoted(text) }
    }

    /// A slice of this text from `offset` on.
    pub(super) fn slice(&'p self, offset: usize) -> Self {
        Self { within: Some(self), step: Step::Shift(offset) }
    }

    /// The bytes of a word of this text.
    pub(super) fn word(&'p self, word: &'p Word<'p>) -> Self {
        Self { within: Some(self), step: Step::Word(word) }
    }

    /// The source bytes of `range`.
    pub(super) fn span(&self, range: Range<usize>) -> Range<usize> {
        let range = match self.step {
            Step::Shift(offset) => range.start + offset..range.end + offset,
            Step::Word(word) => word.span(range),
            Step::Unquoted(text) => text.span(range),
        };
        match self.within {
            Some(outer) => outer.span(range),
            None => range,
        }
    }
}

/// What is taken from a script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Assignments, options, headers, URLs.
    All,
    /// Assignments only: text that may be a script, such as what `echo` writes.
    Assignments,
    /// The assignments of the first command, as comments.
    Comment,
}

pub(super) struct Reader<'a> {
    pub(super) out: Fields<'a>,
    pub(super) fish: bool,
}

/// The command that is being put together.
#[derive(Default)]
struct Pending<'t> {
    words: Vec<Word<'t>>,
    /// The text of a here-string.
    input: Option<Word<'t>>,
    redirect: Option<bool>,
    in_array: bool,
}

impl<'a> Reader<'a> {
    /// Reads `text`, which stands at `origin`.
    pub(super) fn run(&mut self, text: &[u8], origin: &Origin<'_>, depth: usize, mode: Mode) {
        if depth > DEPTH || text.is_empty() {
            return;
        }
        let mut lexer = Lexer::new(text, self.fish, self.out.line_bytes());
        let mut pending = Pending::default();
        let mut piped = None;
        let mut runs_input = false;
        while let Some(token) = lexer.next() {
            if self.out.is_full() {
                self.out.note("too many fields", origin.span(0..0).start, true);
                return;
            }
            match token {
                Token::Word(word) => {
                    if pending.words.len() >= WORDS {
                        self.out.note("too many words in a command", origin.span(word.raw.clone()).start, true);
                        self.finish(&mut pending, None, text, origin, depth, mode);
                    }
                    pending.take(word);
                }
                Token::Redirect { text } => {
                    pending.drop_descriptor(text, lexer.operator_at());
                    pending.redirect = Some(text);
                }
                Token::Open { adjacent: true } if pending.opens_array() => pending.in_array = true,
                Token::End { .. } if pending.in_array => {}
                Token::Comment(range) if mode != Mode::Comment && !pending.in_array => {
                    self.comment(text, range, origin, depth);
                }
                Token::HereDocument(body) if mode == Mode::All => {
                    self.here_document(text, body, origin, depth, runs_input);
                }
                Token::Comment(_) | Token::HereDocument(_) => {}
                Token::End { pipe } => {
                    let outcome = self.finish(&mut pending, piped.take(), text, origin, depth, mode);
                    runs_input = outcome.runs_input;
                    piped = outcome.printed.filter(|_| pipe);
                    if mode == Mode::Comment && outcome.is_command {
                        return;
                    }
                }
                Token::Open { .. } | Token::Close => {
                    self.finish(&mut pending, None, text, origin, depth, mode);
                }
            }
        }
        self.finish(&mut pending, piped, text, origin, depth, mode);
        if let Some(at) = lexer.too_long {
            self.out.note("line too long to be parsed", origin.span(at..at).start, true);
        }
    }

    /// Gives the fields of a command that is complete, and of the scripts in its words.
    fn finish(
        &mut self,
        pending: &mut Pending<'_>,
        piped: Option<Input<'a>>,
        text: &[u8],
        origin: &Origin<'_>,
        depth: usize,
        mode: Mode,
    ) -> Outcome<'a> {
        let Pending { words, input, in_array, .. } = std::mem::take(pending);
        if words.is_empty() {
            return Outcome::default();
        }
        let input = input.map(|word| {
            let span = origin.span(word.span(0..word.bytes().len()));
            let text = self.out.text(&span, word.bytes());
            Input { span, value: text, is_piped: false }
        });
        let outcome = self.command(&words, in_array, input.or(piped), origin, depth, mode);
        if mode != Mode::Comment {
            for word in &words {
                self.inner_scripts(word, text, origin, depth, mode);
            }
        }
        outcome
    }

    /// What runs, or may run, inside a word: a quoted text of several lines is read too, in case it
    /// is a script, or its quotes were opened by a stray one before it.
    fn inner_scripts(&mut self, word: &Word<'_>, text: &[u8], origin: &Origin<'_>, depth: usize, mode: Mode) {
        let bytes = word.bytes();
        if word.is_multiline && word.is_quoted() && memchr::memmem::find(bytes, b"-----BEGIN").is_none() {
            // The value only: the assignment itself is given already.
            let from = assignment(bytes).map_or(0, |(_, from)| from);
            return self.run(&bytes[from..], &origin.word(word).slice(from), depth + 1, mode);
        }
        for inner in &word.substitutions {
            self.run(&text[inner.clone()], &origin.slice(inner.start), depth + 1, mode);
        }
    }

    /// A line that is all comment: `#export NAME=value`.
    fn comment(&mut self, text: &[u8], range: Range<usize>, origin: &Origin<'_>, depth: usize) {
        let marks = text[range.clone()].iter().take_while(|b| matches!(b, b'#' | b' ' | b'\t')).count();
        let from = range.start + marks;
        self.run(&text[from..range.end], &origin.slice(from), depth + 1, Mode::Comment);
    }

    fn here_document(&mut self, text: &[u8], body: Range<usize>, origin: &Origin<'_>, depth: usize, runs: bool) {
        if runs {
            return self.run(&text[body.clone()], &origin.slice(body.start), depth + 1, Mode::All);
        }
        let mut at = body.start;
        while at < body.end {
            let end = line_end(text, at).min(body.end);
            let line = at..end;
            at = after_line(text, end);
            if line.len() > self.out.line_bytes() {
                continue;
            }
            if let Some((key, value)) = heredoc_line(text, &line) {
                let (key_span, span) = (origin.span(key.clone()), origin.span(value.clone()));
                let value = self.out.text(&span, &text[value]);
                let path = vec![self.out.key(&key_span, &text[key])];
                self.out.push(path, span, value, Role::Assignment);
            }
        }
    }

    /// Adds the bytes of `range` of a word as a field.
    pub(super) fn emit(
        &mut self,
        origin: &Origin<'_>,
        word: &Word<'_>,
        range: Range<usize>,
        path: Vec<Text<'a>>,
        role: Role,
    ) {
        let span = origin.span(word.span(range.clone()));
        let value = self.out.text(&span, &word.bytes()[range]);
        self.out.push(path, span, value, role);
    }

    /// The bytes of `range` of a word as a part of a path.
    pub(super) fn name(&self, origin: &Origin<'_>, word: &Word<'_>, range: Range<usize>) -> Text<'a> {
        let span = origin.span(word.span(range.clone()));
        self.out.key(&span, &word.bytes()[range])
    }
}

impl<'t> Pending<'t> {
    fn take(&mut self, word: Word<'t>) {
        match self.redirect.take() {
            Some(true) => self.input = Some(word),
            Some(false) => {}
            None => self.words.push(word),
        }
    }

    /// Whether `(` after the last word opens an array: `NAME=(`.
    fn opens_array(&self) -> bool {
        self.redirect.is_none()
            && self.words.last().is_some_and(|word| !word.is_quoted() && word.bytes().ends_with(b"="))
    }

    /// The `2` of `2>` is no word of the command.
    fn drop_descriptor(&mut self, text: bool, at: usize) {
        let is_number = |word: &Word<'_>| word.raw.end == at && word.bytes().iter().all(u8::is_ascii_digit);
        if !text && self.words.last().is_some_and(is_number) {
            self.words.pop();
        }
    }
}
