//! Dividing a shell line into simple commands and words.
//!
//! Enough of the POSIX shell's syntax to tell which program runs: quotes, escapes, separators. It
//! expands nothing. Words are wiped on drop, since a command line may hold a secret, and are never
//! grown after they were made, since growing leaves a copy behind.

use zeroize::Zeroizing;

/// A word as the program would get it.
pub(super) type Word = Zeroizing<Vec<u8>>;

/// More words than this are not looked at.
pub(super) const WORDS: usize = 4_096;

/// A line, divided.
pub(super) struct Line {
    /// Simple commands, in order; none is empty.
    pub(super) commands: Vec<Vec<Word>>,
    /// Whether a shell is needed to run it: more than one command, redirection or substitution.
    pub(super) needs_shell: bool,
}

/// Divides `line` in one pass.
pub(super) fn split(line: &[u8]) -> Line {
    let mut out = Line { commands: Vec::new(), needs_shell: false };
    let mut command: Vec<Word> = Vec::new();
    let mut at = 0;
    let mut words = 0;
    while let Some(&byte) = line.get(at).filter(|_| words < WORDS) {
        match byte {
            b' ' | b'\t' | b'\r' => at += 1,
            b';' | b'&' | b'|' | b'\n' | b'(' | b')' => {
                out.needs_shell |= byte != b'\n';
                at += 1;
                if !command.is_empty() {
                    out.commands.push(std::mem::take(&mut command));
                }
            }
            _ => {
                let raw = &line[at..at + raw_word(&line[at..])];
                at += raw.len();
                words += 1;
                command.push(unquoted(raw, &mut out.needs_shell));
            }
        }
    }
    if !command.is_empty() {
        out.commands.push(command);
    }
    out
}

/// How long the word at the start of `line` is, quotes included.
fn raw_word(line: &[u8]) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, &byte) in line.iter().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (None | Some(b'"'), b'\\') => escaped = line.get(at + 1).is_some_and(|next| escapable(*next)),
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            (None, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')') if at > 0 => return at,
            _ => {}
        }
    }
    line.len()
}

/// The word's bytes without quotes and escapes.
fn unquoted(raw: &[u8], needs_shell: &mut bool) -> Word {
    let mut word = Zeroizing::new(Vec::with_capacity(raw.len()));
    let mut quote = None;
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (None | Some(b'"'), b'\\') => word.push(bytes.next_if(|next| escapable(*next)).unwrap_or(byte)),
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {
                let expands = matches!(byte, b'$' | b'`') && quote != Some(b'\'');
                *needs_shell |= expands || quote.is_none() && matches!(byte, b'<' | b'>');
                word.push(byte);
            }
        }
    }
    word
}

/// A backslash before a letter is a Windows path far more often than an escape.
fn escapable(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric()
}

/// Whether a word assigns a variable, as in `NAME=value command`.
pub(super) fn is_assignment(word: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'=', word) else { return false };
    let name = &word[..at];
    !name.is_empty() && !name[0].is_ascii_digit() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Words with a blank between them.
pub(super) fn joined(words: &[Word]) -> Word {
    let mut line = Zeroizing::new(Vec::with_capacity(words.iter().map(|word| word.len() + 1).sum()));
    for word in words {
        line.extend_from_slice(word);
        line.push(b' ');
    }
    line
}

/// A copy of a word.
pub(super) fn own(bytes: &[u8]) -> Word {
    Word::new(bytes.to_vec())
}

/// For comparing with names of options and specifiers.
pub(super) fn lossy(word: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(word).into_owned())
}

/// The same in lower case.
pub(super) fn lower(word: &[u8]) -> Zeroizing<String> {
    let mut text = lossy(word);
    text.make_ascii_lowercase();
    text
}

/// Names longer than this are of no program that is known.
const NAME: usize = 64;

/// A program's name as it is known: without folders, extension, version, and in lower case. Empty
/// for a name that is too long.
pub(super) fn basename(word: &[u8]) -> String {
    let name = word.rsplit(|b| matches!(b, b'/' | b'\\')).next().unwrap_or(word);
    if name.len() > NAME {
        return String::new();
    }
    let name = lower(name);
    let name = [".exe", ".cmd", ".bat", ".ps1"].iter().find_map(|ext| name.strip_suffix(ext)).unwrap_or(&name);
    let unversioned = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let versioned = matches!(unversioned, "python" | "node" | "php" | "ruby" | "perl");
    if versioned { unversioned.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{is_assignment, split};

    fn commands(line: &str) -> Vec<Vec<String>> {
        let text = |word: &super::Word| String::from_utf8_lossy(word).into_owned();
        split(line.as_bytes()).commands.iter().map(|words| words.iter().map(text).collect()).collect()
    }

    #[test]
    fn words_and_commands() {
        assert_eq!(commands("a 'b c' \"d e\"f"), [vec!["a", "b c", "d ef"]]);
        assert_eq!(commands("cd x && npx y; z"), [vec!["cd", "x"], vec!["npx", "y"], vec!["z"]]);
        assert_eq!(commands(r"C:\node\npx.cmd a\ b"), [vec![r"C:\node\npx.cmd", "a b"]]);
        assert!(commands(" ;; ").is_empty());
        assert!(!split(b"npx -y 'x;y'").needs_shell);
        assert!(split(b"a | b").needs_shell && split(b"a \"$(b)\"").needs_shell);
        assert_eq!(commands("'unclosed"), [vec!["unclosed"]]);
        assert_eq!(commands("a\\"), [vec!["a\\"]]);
    }

    #[test]
    fn assignments() {
        assert!(is_assignment(b"A_1=x") && !is_assignment(b"--a=x") && !is_assignment(b"=x") && !is_assignment(b"1=x"));
    }
}
