//! Command histories: bash's (plain, or with `#seconds` lines), zsh's (extended or plain), fish's.
//!
//! Each command is read on its own, so that a quote left open in one does not reach the next.

use super::calls;
use super::script::{Mode, Origin, Reader};
use crate::model::Limits;
use crate::read::Document;
use crate::read::fields::{Fields, Lines, Unquoted, after_line, line_end, start};
use std::ops::Range;

/// zsh writes bytes that mean something to it as this one and the byte with bit 5 flipped.
const META: u8 = 0x83;

/// Reads a history. Paths are those of [`super::rc`].
#[must_use]
pub fn history<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let fish = source[start(source)..].trim_ascii_start().starts_with(b"- cmd:");
    let mut reader = Reader { out: Fields::new(source, limits), fish };
    if fish {
        for line in Lines::new(source) {
            if source[line.clone()].starts_with(b"- cmd:") && reader.out.takes(&line) {
                let from = line.start + 6 + usize::from(source.get(line.start + 6) == Some(&b' '));
                fish_command(&mut reader, source, from.min(line.end)..line.end);
            }
        }
        return reader.out.finish();
    }
    let timed = Lines::new(source).any(|line| is_time(&source[line]));
    let mut at = start(source);
    while at < source.len() {
        if reader.out.is_full() {
            reader.out.note("too many fields", at, true);
            break;
        }
        let end = line_end(source, at);
        if is_time(&source[at..end]) {
            at = after_line(source, end);
            let block = timed_block(source, at, limits.chunk_bytes);
            reader.run(&source[block.clone()], &Origin::at(block.start), 0, Mode::All);
            at = block.end.max(at);
            continue;
        }
        let entry = if timed { at..end } else { at..continued(source, end, limits.chunk_bytes) };
        at = after_line(source, entry.end);
        if reader.out.takes(&entry) {
            line_command(&mut reader, source, entry);
        }
    }
    calls::calls(source, &mut reader.out);
    reader.out.finish()
}

/// bash's line of the time before a command.
fn is_time(line: &[u8]) -> bool {
    matches!(line, [b'#', digits @ ..] if (8..=12).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit))
}

/// The lines up to the next time: one command.
fn timed_block(source: &[u8], from: usize, most: usize) -> Range<usize> {
    let mut at = from;
    while at < source.len() && at - from <= most {
        let end = line_end(source, at);
        if is_time(&source[at..end]) {
            break;
        }
        at = after_line(source, end);
    }
    from..at
}

/// The end of a command whose lines end in backslashes, the first one at `end`.
fn continued(source: &[u8], mut end: usize, most: usize) -> usize {
    let from = end;
    while source[..end].last() == Some(&b'\\') && end < source.len() && end - from <= most {
        let next = after_line(source, end);
        let until = line_end(source, next);
        // An entry of its own, whatever the line above ended with.
        if extended(&source[next..until]).is_some() {
            break;
        }
        end = until;
    }
    end
}

/// Length of zsh's `: seconds:duration;`.
fn extended(line: &[u8]) -> Option<usize> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let rest = line.strip_prefix(b":")?;
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    let time = digits(&rest[blanks..]);
    let rest = rest[blanks + time..].strip_prefix(b":")?;
    let duration = digits(rest);
    (time > 0 && duration > 0 && rest.get(duration) == Some(&b';')).then_some(1 + blanks + time + 1 + duration + 1)
}

/// A command of bash (plain) or zsh.
fn line_command(reader: &mut Reader<'_>, source: &[u8], entry: Range<usize>) {
    let header = extended(&source[entry.clone()]);
    let command = entry.start + header.unwrap_or(0)..entry.end;
    let bytes = &source[command.clone()];
    let metafied = memchr::memchr(META, bytes).is_some() && (header.is_some() || std::str::from_utf8(bytes).is_err());
    let lines = memchr::memchr2(b'\n', b'\r', bytes).is_some();
    if !metafied && !lines {
        return reader.run(bytes, &Origin::at(command.start), 0, Mode::All);
    }
    let text = zsh_decoded(source, &command, metafied, header.is_some());
    reader.run(text.bytes(), &Origin::decoded(&text), 0, Mode::All);
}

/// Undoes zsh's writing. A backslash before a line's end is zsh's own in the extended format. In a
/// plain file it may be the user's, so there both become blanks, which divides words either way.
fn zsh_decoded(source: &[u8], command: &Range<usize>, metafied: bool, extended: bool) -> Unquoted {
    let mut text = Unquoted::of(command);
    let mut at = command.start;
    while at < command.end {
        let used = match source[at..command.end] {
            [META, byte, ..] if metafied => {
                text.replace(at..at + 2, &[byte ^ 0x20]);
                2
            }
            [b'\\', b'\n' | b'\r', ..] if extended => 1,
            [b'\\', b'\n' | b'\r', ..] => {
                text.replace(at..at + 1, b" ");
                text.replace(at + 1..at + 2, b" ");
                2
            }
            _ => {
                text.keep(source, at..at + 1);
                1
            }
        };
        at += used;
    }
    text
}

/// A command of fish, which writes `\\` and `\n`.
fn fish_command(reader: &mut Reader<'_>, source: &[u8], command: Range<usize>) {
    if memchr::memchr(b'\\', &source[command.clone()]).is_none() {
        return reader.run(&source[command.clone()], &Origin::at(command.start), 0, Mode::All);
    }
    let mut text = Unquoted::of(&command);
    let mut at = command.start;
    while at < command.end {
        let meant = match source[at..command.end] {
            [b'\\', b'n', ..] => Some(b'\n'),
            [b'\\', b'\\', ..] => Some(b'\\'),
            _ => None,
        };
        if let Some(byte) = meant {
            text.replace(at..at + 2, &[byte]);
        } else {
            text.keep(source, at..at + 1);
        }
        at += if meant.is_some() { 2 } else { 1 };
    }
    reader.run(text.bytes(), &Origin::decoded(&text), 0, Mode::All);
}
