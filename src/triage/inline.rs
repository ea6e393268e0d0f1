//! `caulk:allow [rule-id] [reason]` in a comment.
//!
//! Pure text: which lines to look at, and whether a scan may be steered at all, is the scan's to
//! decide. The words count only in a comment, so that a string which happens to hold them hides
//! nothing; where that cannot be told, nothing is hidden.

use crate::model::Untrusted;

/// The words.
const MARK: &[u8] = b"caulk:allow";
/// Bytes of a reason that are kept.
const REASON_BYTES: usize = 200;
/// Longest rule id.
const RULE_BYTES: usize = 80;

/// What a comment allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// The rule it is about; none: any. Not masked: compare it, never print it.
    pub rule: Option<String>,
    /// The reason given, perhaps empty. Not masked: the line may hold the very secret.
    pub reason: Untrusted,
}

impl Inline {
    /// Whether it is about `rule`.
    #[must_use]
    pub fn covers(&self, rule: &str) -> bool {
        self.rule.as_deref().is_none_or(|only| only == rule)
    }
}

/// What the comment on `line` allows, or else the one on the line above (`previous`).
///
/// The line above counts only when it is all comment: a remark behind a value is about that value,
/// not about the next. A first word in the shape of a rule id (`words-with-hyphens`, lower case)
/// is the rule; whoever knows the rules may find that there is none of that name.
#[must_use]
pub fn inline_allow(line: &[u8], previous: Option<&[u8]>) -> Option<Inline> {
    allowed(line, false).or_else(|| allowed(previous?, true))
}

fn allowed(line: &[u8], alone: bool) -> Option<Inline> {
    // Most lines of most files end here.
    memchr::memmem::find(line, MARK)?;
    let mut from = 0;
    loop {
        let comment = next_comment(line, from)?;
        if alone && !line[..comment.start].iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let body = &line[comment.body..comment.end];
        if let Some(at) = memchr::memmem::find(body, MARK) {
            return parse(&body[at + MARK.len()..], at == 0 || !body[at - 1].is_ascii_alphanumeric());
        }
        from = comment.after;
    }
}

struct Comment {
    start: usize,
    body: usize,
    end: usize,
    after: usize,
}

/// The first comment at or after `from`, which lies outside of comments. One pass over the line.
fn next_comment(line: &[u8], from: usize) -> Option<Comment> {
    let mut quote = None;
    let mut at = from;
    while at < line.len() {
        let byte = line[at];
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, _) => {
                if let Some((opener, closer)) = opener(line, at) {
                    let body = at + opener;
                    let close = closer.and_then(|closer| {
                        memchr::memmem::find(&line[body..], closer).map(|close| (body + close, closer.len()))
                    });
                    let (end, closer) = close.unwrap_or((line.len(), 0));
                    return Some(Comment { start: at, body, end, after: end + closer });
                }
            }
        }
        at += 1;
    }
    None
}

/// Length of the comment opener at `at`, and what closes it on the same line.
fn opener(line: &[u8], at: usize) -> Option<(usize, Option<&'static [u8]>)> {
    let rest = &line[at..];
    let before = at.checked_sub(1).map(|last| line[last]);
    let spaced = before.is_none_or(|b| b.is_ascii_whitespace());
    let line_start = line[..at.min(MAX_INDENT)].iter().all(u8::is_ascii_whitespace) && at <= MAX_INDENT;
    let word_ends = |len: usize| rest.get(len).is_none_or(|b| b.is_ascii_whitespace() || rest[len..].starts_with(MARK));
    if rest.starts_with(b"/*") {
        return Some((2, Some(b"*/")));
    }
    if rest.starts_with(b"<!--") {
        return Some((4, Some(b"-->")));
    }
    // `https://` is no comment, `f();// ...` is.
    let slashes = rest.starts_with(b"//") && (spaced || before.is_some_and(|b| b";,(){}[]".contains(&b)));
    // `--flag` is none, `-- ...` is.
    let dashes = rest.starts_with(b"--") && spaced && word_ends(2);
    let sign = matches!(rest[0], b'#' | b';' | b'%') && spaced;
    let remark =
        rest.len() > 3 && rest[..3].eq_ignore_ascii_case(b"rem") && rest[3].is_ascii_whitespace() && line_start;
    match () {
        () if slashes || dashes => Some((2, None)),
        () if sign => Some((1, None)),
        () if remark => Some((3, None)),
        () => None,
    }
}

/// Blanks before `REM`; a bound, so that a line of blanks is not looked through again and again.
const MAX_INDENT: usize = 64;

fn parse(rest: &[u8], starts_word: bool) -> Option<Inline> {
    // `caulk:allowed` and `xcaulk:allow` are other words.
    if !starts_word || rest.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return None;
    }
    let text = String::from_utf8_lossy(&rest[..rest.len().min(RULE_BYTES + REASON_BYTES)]);
    let text = text.trim_start_matches([':', ',']).trim();
    let (first, others) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (rule, reason) = if is_rule_id(first) { (Some(first.to_owned()), others) } else { (None, text) };
    let reason: String = reason.trim().chars().take(REASON_BYTES).collect();
    Some(Inline { rule, reason: Untrusted::new(reason) })
}

fn is_rule_id(word: &str) -> bool {
    word.len() <= RULE_BYTES
        && word.contains('-')
        && word.split('-').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.')
        })
}
