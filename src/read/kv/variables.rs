//! Variables as the shell or the kernel keeps them: fish's universal variables, and
//! `/proc/<pid>/environ`.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, Unquoted, uncomment};
use crate::read::{Document, Role, Text};
use std::ops::Range;

/// `SETUVAR [--export] [--path] NAME:value`, as fish writes `fish_variables`; `SET` and `SET_EXPORT`
/// of fish 2. The path is `[NAME]`; every item of a list (divided by `\x1e`) is a field.
#[must_use]
pub fn fish_variables<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        let comment = uncomment(source, &line, b"#", false);
        let role = if comment.is_some() { Role::Comment } else { Role::Assignment };
        let Some((name, raw)) = variable(source, comment.unwrap_or(line)) else { continue };
        let value = fish_unescape(source, raw);
        let mut from = 0;
        for item in value.bytes().split(|b| *b == 0x1e) {
            let range = from..from + item.len();
            from = range.end + 1;
            let span = value.span(range);
            let text = out.text(&span, item);
            // `\x1d` stands for the empty list.
            if item != b"\x1d" {
                out.push(vec![out.slice(&name)], span, text, role);
            }
        }
    }
    out.finish()
}

fn variable(source: &[u8], line: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let bytes = &source[line.clone()];
    let mut at = [&b"SETUVAR "[..], b"SET_EXPORT ", b"SET "].into_iter().find(|w| bytes.starts_with(w))?.len();
    while bytes[at..].starts_with(b"--") {
        at += memchr::memchr(b' ', &bytes[at..])? + 1;
    }
    let colon = at + memchr::memchr(b':', &bytes[at..])?;
    (colon > at).then(|| (line.start + at..line.start + colon, line.start + colon + 1..line.end))
}

/// Resolves `\xHH`, `\XHH`, `\uHHHH`, `\UHHHHHHHH`, `\n` and their like; any other byte after a backslash is
/// itself.
fn fish_unescape(source: &[u8], raw: Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(&raw);
    let mut at = raw.start;
    while at < raw.end {
        let next = memchr::memchr(b'\\', &source[at..raw.end]).map_or(raw.end, |i| at + i);
        out.keep(source, at..next);
        if next >= raw.end {
            break;
        }
        let (length, bytes, used) = fish_escape(&source[next + 1..raw.end]);
        if length == 0 {
            out.keep(source, next..next + 1);
        } else {
            out.replace(next..next + 1 + length, &bytes[..used]);
        }
        at = next + 1 + length;
    }
    out
}

/// What an escape stands for: bytes it takes after the backslash, its meaning, and how long that is.
pub(crate) fn fish_escape(rest: &[u8]) -> (usize, [u8; 4], usize) {
    let Some(&kind) = rest.first() else { return (0, [0; 4], 0) };
    let most = match kind {
        b'x' | b'X' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => 0,
    };
    let digits = rest[1..].iter().take(most).take_while(|b| b.is_ascii_hexdigit()).count();
    let mut bytes = [0; 4];
    if digits > 0 {
        let code = rest[1..=digits].iter().fold(0_u32, |sum, b| sum << 4 | char::from(*b).to_digit(16).unwrap_or(0));
        let used = match char::from_u32(code) {
            Some(c) if most > 2 => c.encode_utf8(&mut bytes).len().min(1 + digits),
            _ => {
                bytes[0] = code as u8;
                1
            }
        };
        return (1 + digits, bytes, used);
    }
    bytes[0] = match kind {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'e' => 27,
        b'f' => 12,
        b'v' => 11,
        other => other,
    };
    (1, bytes, 1)
}

/// `NAME=value` items, each ended by NUL. The path is `[NAME]`.
#[must_use]
pub fn environ<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let end = source.len().min(limits.environ_bytes);
    if end < source.len() {
        out.note("environment too long", end, true);
    }
    let mut from = 0;
    for item in source[..end].split(|b| *b == 0) {
        let range = from..from + item.len();
        from = range.end + 1;
        let Some(equals) = memchr::memchr(b'=', item).filter(|at| *at > 0) else { continue };
        if !out.takes(&range) {
            continue;
        }
        let name = out.slice(&(range.start..range.start + equals));
        let span = range.start + equals + 1..range.end;
        let value = Text::Slice(&source[span.clone()]);
        out.push(vec![name], span, value, Role::Assignment);
    }
    out.finish()
}
