//! `caulk completions SHELL`: made from the same definition as the command line.

use super::args::Cli;
use clap::CommandFactory as _;

/// The completion script.
#[must_use]
pub(super) fn script(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "caulk", &mut script);
    script
}
