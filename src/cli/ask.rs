//! Questions to the person at the terminal: yes or no, and text that must not show.
//!
//! Asked on standard error, so that what is piped stays clean. Where nobody sits at a terminal nothing
//! is asked, and what would have been done is not.

use super::error::Failure;
use super::settings::shown;
use crate::host::open;
use crate::host::terminal::{Stream, is_terminal};
use crate::model::Secret;
use std::io::{self, BufRead as _, Read, Write as _};
use std::path::Path;
use zeroize::Zeroizing;

/// Longest passphrase, bytes.
const MOST: usize = 4096;

/// Whether somebody is there to answer.
#[must_use]
pub(super) fn attended() -> bool {
    is_terminal(Stream::Stdin) && is_terminal(Stream::Stderr)
}

/// Asks for a yes; anything else is a no, and so is nobody to ask: then `unattended` says what to do.
pub(super) fn confirm(question: &str, unattended: &str) -> Result<bool, Failure> {
    if !attended() {
        return Err(Failure::new(unattended));
    }
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = io::stdin().lock().take(64).read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// A line from the terminal, without echo. `None`: nobody is there.
#[must_use]
pub(super) fn hidden(prompt: &str) -> Option<Secret> {
    if !attended() {
        return None;
    }
    let line = Zeroizing::new(rpassword::prompt_password(prompt).ok()?);
    Some(Secret::copy_of(line.as_bytes()))
}

/// The same for a program whose standard input is not the terminal: asked where standard error shows it.
#[must_use]
pub(super) fn at_terminal(prompt: &str) -> Option<Secret> {
    if !is_terminal(Stream::Stderr) {
        return None;
    }
    let line = Zeroizing::new(rpassword::prompt_password(prompt).ok()?);
    Some(Secret::copy_of(line.as_bytes()))
}

/// A passphrase for something that exists: from `file`, else from the terminal.
pub(super) fn passphrase(file: Option<&Path>, of: &str) -> Result<Option<Secret>, Failure> {
    match file {
        Some(file) => from_file(file).map(Some),
        None => Ok(hidden(&format!("Passphrase of {of}: "))),
    }
}

/// A passphrase for something new: from `file`, else typed twice.
pub(super) fn new_passphrase(file: Option<&Path>, of: &str) -> Result<Option<Secret>, Failure> {
    if file.is_some() {
        return passphrase(file, of);
    }
    let Some(first) = hidden(&format!("New passphrase of {of}: ")) else { return Ok(None) };
    if first.is_empty() {
        return Err(Failure::new("an empty passphrase protects nothing"));
    }
    match hidden("The same again: ") {
        Some(second) if second.expose() == first.expose() => Ok(Some(first)),
        _ => Err(Failure::new("the two passphrases differ; nothing was done")),
    }
}

/// What a file holds, without the line end that editors add.
fn from_file(path: &Path) -> Result<Secret, Failure> {
    let failed = |why: &str| Failure::new(format!("{}: {why}", shown(path)));
    let mut file = open::open(path).map_err(|skip| failed(&skip.reason()))?;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.read_up_to(&mut bytes, MOST).map_err(|skip| failed(&skip.reason()))?;
    if read.truncated {
        return Err(failed("is too long for a passphrase"));
    }
    let text = without_line_end(&bytes);
    if text.is_empty() {
        return Err(failed("holds no passphrase"));
    }
    Ok(Secret::copy_of(text))
}

/// Standard input to its end, `most` bytes and one line end at most. `None`: there is more.
pub(super) fn piped(most: usize) -> Result<Option<Secret>, Failure> {
    // Two bytes more than a value may have: its line end. One more tells that it is too long.
    let mut bytes = Zeroizing::new(vec![0; most + 3]);
    let mut filled = 0;
    let mut stdin = io::stdin().lock();
    while filled < bytes.len() {
        match stdin.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::new(format!("standard input cannot be read: {}", error.kind()))),
        }
    }
    let text = without_line_end(&bytes[..filled]);
    Ok((filled < bytes.len() && text.len() <= most).then(|| Secret::copy_of(text)))
}

/// The text without one line end, which `echo` and editors add.
fn without_line_end(text: &[u8]) -> &[u8] {
    text.strip_suffix(b"\n").map_or(text, |line| line.strip_suffix(b"\r").unwrap_or(line))
}
