//! Reading a command's text for the audits: words without quotes, and who feeds whom.
//!
//! Works on masked text, so nothing here holds a secret. Deliberately rough: a shell line can hide
//! more than any reader sees, and the audits only claim what they saw.

use crate::model::Launch;

/// A command's words in lower case, operators as words of their own.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '|' | ';' | '&' | '(' | ')' | '<' | '>' | '`' | '\n' => {
                let mut operator = c.to_string();
                if matches!(c, '|' | '&') && chars.peek() == Some(&c) {
                    operator.extend(chars.next());
                }
                tokens.extend([operator, String::new()]);
            }
            '"' | '\'' | '\\' | '^' if c != '\\' => {}
            c if c.is_whitespace() || c == ',' => tokens.push(String::new()),
            c => {
                if let Some(last) = tokens.last_mut() {
                    last.extend(c.to_lowercase());
                }
            }
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

/// The last part of a path, without a program's extension.
pub(super) fn name(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Whether a word names a program that fetches.
pub(super) fn fetches(word: &str) -> bool {
    let known = ["curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod", "fetch", "aria2c"];
    known.contains(&name(word)) || word.contains("downloadstring")
}

/// Whether a word names a program that runs what it is fed.
pub(super) fn interprets(word: &str) -> bool {
    let name = name(word).trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let known = [
        "sh",
        "bash",
        "zsh",
        "dash",
        "ash",
        "ksh",
        "fish",
        "python",
        "node",
        "bun",
        "deno",
        "perl",
        "ruby",
        "php",
        "pwsh",
        "powershell",
        "iex",
        "invoke-expression",
        "osascript",
        "source",
        "eval",
    ];
    known.contains(&name)
}

/// Whether an operator ends a pipeline.
pub(super) fn ends_pipeline(token: &str) -> bool {
    matches!(token, ";" | "&" | "&&" | "||" | "\n")
}

/// The words after the program, as text.
pub(super) fn arguments(launch: &Launch) -> impl Iterator<Item = &str> {
    launch.argv.iter().skip(1).map(crate::model::Untrusted::as_found)
}

/// The program as written, past wrappers.
pub(super) fn program(launch: &Launch) -> &str {
    launch.argv.first().map_or("", crate::model::Untrusted::as_found)
}

/// What follows the last dot of a file's name, in lower case.
pub(super) fn extension(word: &str) -> String {
    name(word).rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}
