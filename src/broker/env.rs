//! Assignments for a shell to read: `export NAME='value'`, quoted so that nothing in a value is run.

use super::launch::Handed;
use super::{BrokerError, Lookup};
use zeroize::{Zeroize as _, Zeroizing};

/// Whose quoting rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// bash, zsh, dash, ksh: `export A='b'`.
    Posix,
    /// fish: `set -gx A 'b'`.
    Fish,
    /// PowerShell: `$Env:A = 'b'`.
    PowerShell,
}

/// The text that sets `handed` in a shell, one line each but for line breaks in a value.
pub fn text(handed: &[Handed], shell: Shell) -> Result<Zeroizing<Vec<u8>>, BrokerError> {
    // Each byte takes four at most.
    let room = handed.iter().map(|one| one.variable.len() + 4 * one.value.len() + 32).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    for one in handed {
        let plain = one.variable.to_str().filter(|name| is_name(name));
        let variable = plain.ok_or_else(|| BrokerError::Unfit {
            name: one.name.clone(),
            why: "a shell cannot hold its variable; use `caulk run`",
        })?;
        let text = std::str::from_utf8(one.value.expose());
        let text =
            text.map_err(|_| BrokerError::Unfit { name: one.name.clone(), why: "it is not text; use `caulk run`" })?;
        let (before, middle) = match shell {
            Shell::Posix => ("export ", "='"),
            Shell::Fish => ("set -gx ", " '"),
            Shell::PowerShell => ("$Env:", " = '"),
        };
        out.extend_from_slice(before.as_bytes());
        out.extend_from_slice(variable.as_bytes());
        out.extend_from_slice(middle.as_bytes());
        let mut bytes = [0; 4];
        for c in text.chars() {
            let written = c.encode_utf8(&mut bytes).as_bytes();
            match (shell, c) {
                (Shell::Posix, '\'') => out.extend_from_slice(b"'\\''"),
                (Shell::Fish, '\'' | '\\') => out.extend_from_slice(&[b'\\', written[0]]),
                // PowerShell takes typographic quotes for plain ones.
                (Shell::PowerShell, '\'' | '\u{2018}'..='\u{201b}') => {
                    out.extend_from_slice(written);
                    out.extend_from_slice(written);
                }
                _ => out.extend_from_slice(written),
            }
        }
        bytes.zeroize();
        out.extend_from_slice(b"'\n");
    }
    Ok(out)
}

/// The variables for `names`, as `launch` resolves them for a program of no kind.
pub fn handed(
    with: &[super::launch::With],
    entries: &[crate::vault::Entry],
    look: &Lookup<'_>,
) -> Result<Vec<Handed>, BrokerError> {
    super::launch::environment(std::ffi::OsStr::new(""), with, entries, look)
}

/// Whether every shell takes it as a variable's name.
fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    text.bytes().next().is_some_and(letter) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}
