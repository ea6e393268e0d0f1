//! Standard output and standard error: the only place of the program that prints.
//!
//! A closed pipe ends the writing quietly; the exit status stays what it was going to be. Text of
//! others must have gone through `Untrusted` before it comes here.

use super::error::Failure;
use super::mask;
use super::settings::{Key, Settings};
use anstream::{AutoStream, ColorChoice};
use std::io::{self, BufWriter, ErrorKind, Write};

/// Writes to standard output what `write` writes. A closed pipe is no failure.
pub(super) fn stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    // Dropping a writer with bytes left would try the closed pipe again.
    let _ = out.into_parts();
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes bytes to standard output.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    stdout(|out| out.write_all(bytes))
}

/// One line on standard error, after the program's name. What is echoed may hold a secret (an argument
/// that was pasted into the wrong place), so whatever has the looks of one is masked.
pub(super) fn complain(message: &str) {
    say(&mask::text(message));
}

#[cfg(feature = "keychain")]
/// Text for a person who is about to be asked, on standard error.
pub(super) fn aside(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// The same for a message of our own making, in which nothing is echoed.
pub(super) fn say(message: &str) {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "caulk: {message}");
}

/// One line on standard error, unless the user wants quiet.
pub(super) fn note(settings: &Settings, message: &str) {
    if !settings.flag(Key::Quiet) {
        complain(message);
    }
}

/// Whether text on standard output is styled: `--color`, else `NO_COLOR`, `CLICOLOR_FORCE` and the terminal.
#[must_use]
pub(super) fn color(settings: &Settings) -> bool {
    match settings.word(Key::Color) {
        "always" => true,
        "never" => false,
        _ => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
    }
}
