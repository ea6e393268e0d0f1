//! `.netrc`, as ftp, curl, git and Python read it: words that stand for a login at a machine.
//!
//! Which of its readers wants what quotes differs; here a quote is one wherever any of them takes it
//! for one. What a macro holds is nobody's login and is passed over.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, Unquoted, is_blank, trim, uncomment};
use crate::read::{Document, Role, Text};
use std::ops::Range;

/// GitHub's stand-in for a password: the login is the token.
const TOKEN_IS_LOGIN: &[&[u8]] = &[b"x-oauth-basic", b"x-oauth-token"];

/// `machine host login user password word account word`, over as many lines as one likes; `default`
/// for all other machines; `macdef name` to the next blank line. The path is `[host, "login"]`,
/// `"password"` or `"account"`, with `default` as a host. Where the password is only
/// `x-oauth-basic`, the login is given as `[host, "login-token"]` and no password.
#[must_use]
pub fn netrc<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut entry = Entry::default();
    let mut awaits = None;
    let mut in_macro = false;
    for line in Lines::new(source) {
        let text = trim(source, line.clone());
        if in_macro {
            in_macro = !text.is_empty();
            continue;
        }
        if !out.takes(&line) {
            continue;
        }
        if let Some(comment) = uncomment(source, &line, b"#", false).filter(|_| awaits.is_none()) {
            commented(source, &comment, &mut out);
            continue;
        }
        for word in (Words { source, rest: text }) {
            match awaits.take() {
                Some(keyword) => entry.take(keyword, word, &mut out),
                // The rest of the line is a comment.
                None if word.bytes().starts_with(b"#") => break,
                None => match keyword(word.bytes()) {
                    Some(Keyword::Macro) => {
                        in_macro = true;
                        break;
                    }
                    Some(Keyword::Default) => entry.take(Keyword::Default, word, &mut out),
                    found => awaits = found,
                },
            }
        }
    }
    entry.give(Role::Entry, &mut out);
    out.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyword {
    Machine,
    Default,
    Login,
    Password,
    Account,
    Macro,
}

fn keyword(word: &[u8]) -> Option<Keyword> {
    Some(match word {
        b"machine" => Keyword::Machine,
        b"default" => Keyword::Default,
        b"login" | b"user" => Keyword::Login,
        b"password" | b"passwd" => Keyword::Password,
        b"account" => Keyword::Account,
        b"macdef" => Keyword::Macro,
        _ => return None,
    })
}

/// A commented-out login: nothing but keywords and their values, so that no prose is taken for one.
fn commented(source: &[u8], comment: &Range<usize>, out: &mut Fields<'_>) {
    let mut entry = Entry::default();
    let mut words = Words { source, rest: comment.clone() };
    let mut taken = Vec::new();
    while let Some(word) = words.next() {
        match keyword(word.bytes()) {
            Some(Keyword::Macro) | None => return,
            Some(Keyword::Default) => taken.push((Keyword::Default, word)),
            Some(keyword) => {
                let Some(value) = words.next() else { return };
                taken.push((keyword, value));
            }
        }
    }
    for (keyword, value) in taken {
        if matches!(keyword, Keyword::Machine | Keyword::Default) {
            entry.give(Role::Comment, out);
        }
        entry.set(keyword, value);
    }
    entry.give(Role::Comment, out);
}

/// What is known of one machine.
#[derive(Default)]
struct Entry {
    host: Option<Unquoted>,
    words: Vec<(Keyword, Unquoted)>,
}

impl Entry {
    fn take(&mut self, keyword: Keyword, word: Unquoted, out: &mut Fields<'_>) {
        if matches!(keyword, Keyword::Machine | Keyword::Default) {
            self.give(Role::Entry, out);
        }
        self.set(keyword, word);
        // Only a hostile file has more than three words of a machine.
        if self.words.len() > 64 {
            self.give(Role::Entry, out);
        }
    }

    fn set(&mut self, keyword: Keyword, word: Unquoted) {
        if matches!(keyword, Keyword::Machine | Keyword::Default) {
            self.host = Some(word);
        } else {
            self.words.push((keyword, word));
        }
    }

    /// Gives the words so far; the machine stays.
    fn give(&mut self, role: Role, out: &mut Fields<'_>) {
        let is_token = self
            .words
            .iter()
            .any(|(keyword, word)| *keyword == Keyword::Password && TOKEN_IS_LOGIN.contains(&word.bytes()));
        for (keyword, word) in std::mem::take(&mut self.words) {
            let name: &'static [u8] = match keyword {
                Keyword::Login if is_token => b"login-token",
                Keyword::Login => b"login",
                Keyword::Account => b"account",
                _ if is_token => continue,
                _ => b"password",
            };
            let mut path: Vec<Text<'_>> = Vec::with_capacity(2);
            if let Some(host) = &self.host {
                path.push(out.key(&host.whole(), host.bytes()));
            }
            path.push(Text::Slice(name));
            let span = word.whole();
            let value = out.text(&span, word.bytes());
            out.push(path, span, value, role);
        }
    }
}

/// The words of a line: divided by white space, in double quotes or bare, with backslashes.
struct Words<'s> {
    source: &'s [u8],
    rest: Range<usize>,
}

impl Iterator for Words<'_> {
    type Item = Unquoted;

    fn next(&mut self) -> Option<Unquoted> {
        let rest = trim(self.source, self.rest.clone());
        let quoted = *self.source[rest.clone()].first()? == b'"'
            && memchr::memchr(b'"', &self.source[rest.start + 1..rest.end]).is_some();
        let from = rest.start + usize::from(quoted);
        let ends = |byte: u8| if quoted { byte == b'"' } else { is_blank(byte) };
        // Found first: a word's buffer is as long as the word.
        let mut end = from;
        while end < rest.end && !ends(self.source[end]) {
            end += if self.source[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(rest.end);
        let mut word = Unquoted::of(&(from..end));
        let mut at = from;
        while at < end {
            if self.source[at] == b'\\' && at + 1 < end {
                word.replace(at..at + 2, &self.source[at + 1..at + 2]);
                at += 2;
            } else {
                word.keep(self.source, at..at + 1);
                at += 1;
            }
        }
        self.rest = rest.end.min(end + usize::from(quoted))..rest.end;
        Some(word)
    }
}
