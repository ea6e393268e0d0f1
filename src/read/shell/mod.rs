//! Shell start-up files and command histories: assignments, options, headers and URLs that hold secrets.
//!
//! bash, zsh, sh and fish share one tokenizer; csh, elvish, nushell, xonsh and
//! PowerShell set their variables in forms of their own, which are known. Nothing is expanded or run: `$(command)` and `${NAME}` are given as written. What
//! stands inside a substitution, an alias or `sh -c '…'` is read as a script of its own, to a bounded
//! depth. Which options mean a secret is data in `options`.

mod arguments;
mod calls;
mod command;
mod history;
mod lexer;
mod options;
mod script;
mod word;

use super::Document;
use super::fields::{Fields, Lines, start};
use crate::model::Limits;
pub use history::history;
use script::{Mode, Origin, Reader};

/// Reads a start-up file. Assignments have the path `[NAME]`, options `[command, option]`, headers
/// `[command, header]`, URLs with userinfo `[command, "url"]`.
#[must_use]
pub fn rc<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut reader = Reader { out: Fields::new(source, limits), fish: is_fish(source) };
    let from = start(source);
    reader.run(&source[from..], &Origin::at(from), 0, Mode::All);
    calls::calls(source, &mut reader.out);
    reader.out.finish()
}

/// Whether a file is written for fish, whose quotes and substitutions differ.
fn is_fish(source: &[u8]) -> bool {
    const SIGNS: [&[u8]; 10] = [
        b"set -gx ",
        b"set -xg ",
        b"set -Ux ",
        b"set -xU ",
        b"set -g ",
        b"set -U ",
        b"set --export ",
        b"set --global ",
        b"if status ",
        b"fish_add_path ",
    ];
    Lines::new(source).any(|line| {
        let text = source[line].trim_ascii_start();
        SIGNS.iter().any(|sign| text.starts_with(sign))
    })
}
