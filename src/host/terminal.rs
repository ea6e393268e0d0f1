//! Whether somebody watches, and how wide their screen is. No colour and no layout here.

use std::io::IsTerminal;

/// A standard stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Whether the stream is a terminal.
#[must_use]
pub fn is_terminal(stream: Stream) -> bool {
    match stream {
        Stream::Stdin => std::io::stdin().is_terminal(),
        Stream::Stdout => std::io::stdout().is_terminal(),
        Stream::Stderr => std::io::stderr().is_terminal(),
    }
}

/// Columns of the terminal that the stream is; `None` when it is none, or does not say.
#[cfg(unix)]
#[must_use]
pub fn width(stream: Stream) -> Option<u16> {
    let size = match stream {
        Stream::Stdin => rustix::termios::tcgetwinsize(rustix::stdio::stdin()),
        Stream::Stdout => rustix::termios::tcgetwinsize(rustix::stdio::stdout()),
        Stream::Stderr => rustix::termios::tcgetwinsize(rustix::stdio::stderr()),
    };
    size.ok().map(|size| size.ws_col).filter(|&columns| columns > 0)
}

/// Columns of the terminal that the stream is; Windows does not say without unsafe code: always `None`.
#[cfg(not(unix))]
#[must_use]
pub fn width(_: Stream) -> Option<u16> {
    None
}
