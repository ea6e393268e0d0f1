//! The arguments of a command: options, headers, URLs and settings that carry a secret.

use super::command::Command;
use super::options::{ARGUMENTS, names_secret};
use super::script::Reader;
use crate::read::url::{find_userinfo, query_pairs};
use crate::read::{Role, Text};
use std::ops::Range;

/// Least length of a user without a password that may be a token rather than a name.
const TOKEN_USER: usize = 16;

impl<'a> Reader<'a> {
    /// Options, headers, URLs and settings among the arguments.
    pub(super) fn arguments(&mut self, command: &Command<'_, '_, '_>) {
        let mut index = command.at;
        let setting = self.setting(command);
        while index < command.words.len() {
            let is_known = index == command.at || setting == Some(index);
            let taken = if is_known { 0 } else { self.argument(command, index) };
            if taken == 0 && setting != Some(index) {
                self.url(command, index);
            }
            index += taken.max(1);
        }
    }

    fn path(&self, command: &Command<'_, '_, '_>, index: usize, name: Range<usize>) -> Vec<Text<'a>> {
        let word = &command.words[command.at];
        vec![
            self.name(command.origin, word, command.name_range()),
            self.name(command.origin, &command.words[index], name),
        ]
    }

    /// One argument; how many words it took, 0 when it is nothing known.
    fn argument(&mut self, command: &Command<'_, '_, '_>, index: usize) -> usize {
        let bytes = command.bytes(index);
        let next = command.bytes(index + 1).len();
        if let Some(taken) = self.header(command, index) {
            return taken;
        }
        if let Some((name, value)) = known_option(command, index) {
            let path = self.path(command, index, name);
            let (word, mut range) = value.map_or((index + 1, 0..next), |from| (index, from..bytes.len()));
            // `-pass pass:password`; its other forms name a file or a variable.
            if command.is(&["openssl"]) {
                if !command.bytes(word)[range.clone()].starts_with(b"pass:") {
                    return word - index + 1;
                }
                range.start += b"pass:".len();
            }
            self.emit(command.origin, &command.words[word], range, path, Role::Option);
            return word - index + 1;
        }
        let equals = memchr::memchr(b'=', bytes);
        let name = &bytes[..equals.unwrap_or(bytes.len())];
        let dashes = name.iter().take_while(|b| **b == b'-').count();
        // One dash and a long name: Java's and terraform's way.
        if dashes == 2 || dashes == 1 && name.len() > 4 {
            let named = names_secret(&name[dashes..]);
            match equals {
                Some(equals) if named => {
                    let path = self.path(command, index, 0..equals);
                    self.emit(command.origin, &command.words[index], equals + 1..bytes.len(), path, Role::Option);
                    return 1;
                }
                Some(equals) => return self.pair(command, index, equals + 1),
                None if named && next > 0 && !command.bytes(index + 1).starts_with(b"-") => {
                    let path = self.path(command, index, 0..bytes.len());
                    self.emit(command.origin, &command.words[index + 1], 0..next, path, Role::Option);
                    return 2;
                }
                None => return 0,
            }
        }
        self.pair(command, index, 0)
    }

    /// `NAME=value` as an argument: `docker run -e NAME=value`, `helm --set auth.password=value`.
    fn pair(&mut self, command: &Command<'_, '_, '_>, index: usize, from: usize) -> usize {
        let bytes = &command.bytes(index)[from..];
        let Some(equals) = memchr::memchr(b'=', bytes) else { return 0 };
        let name = &bytes[..equals];
        let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if name.len() < 3 || name.len() > 128 || !name.iter().all(allowed) {
            return 0;
        }
        let variable = !name[0].is_ascii_digit()
            && name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_');
        let range = from..from + equals;
        let (path, role) = if variable {
            (vec![self.name(command.origin, &command.words[index], range)], command.role)
        } else if names_secret(name) {
            (self.path(command, index, range), Role::Option)
        } else {
            return 0;
        };
        let value = from + equals + 1;
        let rest = &command.bytes(index)[value..];
        // helm's `--set` takes several settings in one word.
        let comma = if command.is(&["helm"]) { memchr::memchr(b',', rest) } else { None };
        let end = value + comma.unwrap_or(rest.len());
        self.emit(command.origin, &command.words[index], value..end, path, role);
        1
    }

    /// `-H 'Name: value'`, `--header=…`, `-b cookie`, and httpie's `Name:value`.
    fn header(&mut self, command: &Command<'_, '_, '_>, index: usize) -> Option<usize> {
        let bytes = command.bytes(index);
        let (word, from) = match bytes {
            b"-H" | b"--header" => (index + 1, 0),
            _ if bytes.starts_with(b"--header=") => (index, 9),
            [b'-', b'H', _, ..] => (index, 2),
            b"-b" | b"--cookie" if command.is(&["curl"]) => {
                memchr::memchr(b'=', command.bytes(index + 1))?;
                let mut path = self.path(command, index, 0..0);
                path[1] = Text::Slice(b"Cookie");
                let value = command.words.get(index + 1)?;
                self.emit(command.origin, value, 0..value.bytes().len(), path, Role::Header);
                return Some(2);
            }
            _ if command.is(&["http", "https", "xh", "xhs"]) => {
                let name = &bytes[..memchr::memchr(b':', bytes)?];
                let counts = names_secret(name) || name.eq_ignore_ascii_case(b"cookie");
                (!bytes.starts_with(b"-") && counts).then_some((index, 0))?
            }
            _ => return None,
        };
        let text = command.bytes(word);
        let colon = from + memchr::memchr(b':', text.get(from..)?)?;
        let name = from..colon;
        let token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let rest = &text[colon + 1..];
        if name.is_empty() || !text[name.clone()].iter().all(token) || rest.starts_with(b"//") || rest.starts_with(b"=")
        {
            return None;
        }
        let start = colon + 1 + rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let path = self.path(command, word, name);
        self.emit(command.origin, &command.words[word], start.min(text.len())..text.len(), path, Role::Header);
        Some(word - index + 1)
    }

    /// A URL with a password, a token for a user, or a secret in its query.
    fn url(&mut self, command: &Command<'_, '_, '_>, index: usize) {
        let bytes = command.bytes(index);
        if memchr::memmem::find(bytes, b"://").is_none() {
            return;
        }
        let mut found = None;
        find_userinfo(bytes, &mut |userinfo, url| {
            let counts = !userinfo.password.is_empty() || userinfo.user.len() >= TOKEN_USER;
            if counts && found.is_none() {
                found = Some(url);
            }
        });
        let queried =
            || query_pairs(bytes).into_iter().any(|(key, value)| !value.is_empty() && names_secret(&bytes[key]));
        let Some(range) = found.or_else(|| queried().then_some(0..bytes.len())) else { return };
        let mut path = self.path(command, index, 0..0);
        path[1] = Text::Slice(b"url");
        self.emit(command.origin, &command.words[index], range, path, Role::Option);
    }

    /// `npm config set KEY VALUE`, `cargo login TOKEN`; gives the index of the value's word.
    fn setting(&mut self, command: &Command<'_, '_, '_>) -> Option<usize> {
        let plain: Vec<usize> = (command.at + 1..command.words.len())
            .filter(|index| !command.bytes(*index).starts_with(b"-"))
            .take(8)
            .collect();
        let starts = |words: &[&str]| {
            words.len() <= plain.len()
                && words.iter().zip(&plain).all(|(word, index)| command.bytes(*index) == word.as_bytes())
        };
        let spec = ARGUMENTS.iter().find(|spec| command.is(spec.commands) && starts(spec.words))?;
        let first = *plain.get(spec.words.len())?;
        let bytes = command.bytes(first);
        let (key, value, from) = match (spec.keyed, memchr::memchr(b'=', bytes)) {
            (false, Some(_)) => return None,
            (false, None) => {
                let word = plain[spec.words.len() - 1];
                ((word, 0..command.bytes(word).len()), first, 0)
            }
            (true, Some(equals)) => ((first, 0..equals), first, equals + 1),
            (true, None) => ((first, 0..bytes.len()), *plain.get(spec.words.len() + 1)?, 0),
        };
        let path = self.path(command, key.0, key.1);
        let end = command.bytes(value).len();
        self.emit(command.origin, &command.words[value], from..end, path, Role::Option);
        Some(value)
    }
}

/// An option of the table at `index`: its name, and where its value starts in the same word.
fn known_option(command: &Command<'_, '_, '_>, index: usize) -> Option<(Range<usize>, Option<usize>)> {
    let bytes = command.bytes(index);
    if !bytes.starts_with(b"-") {
        return None;
    }
    let next = command.bytes(index + 1);
    command.options.iter().find_map(|spec| {
        let option = spec.option.as_bytes();
        let holds =
            |value: &[u8]| !value.is_empty() && (spec.holds == 0 || memchr::memchr(spec.holds, value).is_some());
        if let Some(rest) = bytes.strip_prefix(option).filter(|rest| !rest.is_empty()) {
            let equals = option.len() > 2 && rest[0] == b'=';
            let from = option.len() + usize::from(equals);
            return ((spec.attached || equals) && holds(&bytes[from..])).then_some((0..option.len(), Some(from)));
        }
        // curl's short options may be run together: `-sSu user:password`.
        let cluster = option.len() == 2
            && bytes.len() < 8
            && bytes[1..].ends_with(&option[1..])
            && (bytes == option || command.is(&["curl"]) && bytes[1..].iter().all(u8::is_ascii_alphabetic));
        let matches = bytes == option || cluster;
        (matches && spec.separate && holds(next)).then_some((0..bytes.len(), None))
    })
}
