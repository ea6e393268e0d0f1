//! `caulk vault`: what is sealed, by hand. A value goes to a pipe, or to a terminal when that is asked for.

mod args;
#[cfg(feature = "keychain")]
mod carry;
#[cfg(feature = "keychain")]
mod desk;
#[cfg(feature = "keychain")]
mod doctor;
#[cfg(feature = "keychain")]
mod items;
#[cfg(feature = "keychain")]
mod list;

#[cfg(feature = "keychain")]
use args::At;
pub(super) use args::VaultCommand;

use super::error::Failure;

/// Does what was asked; gives the exit status.
#[cfg(feature = "keychain")]
pub(super) fn run(command: VaultCommand) -> Result<u8, Failure> {
    use VaultCommand as C;
    use desk::Desk;
    match command {
        C::Ls { all, format, at } => list::ls(&Desk::open(at)?, all, format == "json"),
        C::Log { name, format } => list::log(name.as_ref(), format == "json"),
        C::Get { name, show, at } => items::get(&Desk::open(at)?, &name, show),
        C::Set { name, env, at } => items::set(&Desk::open(at)?, &name, env),
        C::Rm { names, yes, at } => items::rm(&Desk::open(at)?, &names, yes),
        C::Mv { from, to, yes, at } => items::mv(&Desk::open(at)?, &from, &to, yes),
        C::Doctor { sweep, at } => doctor::run(at, sweep),
        C::Export { output, passphrase_file, at } => {
            carry::export(&Desk::open(at)?, &output, passphrase_file.as_deref())
        }
        C::Import { file, replace, passphrase_file, at } => {
            carry::import(&Desk::open(at)?, &file, replace, passphrase_file.as_deref())
        }
    }
}

/// Built without a keychain.
#[cfg(not(feature = "keychain"))]
pub(super) fn run(command: VaultCommand) -> Result<u8, Failure> {
    let _ = command;
    Err(super::hand::vault_failure(crate::vault::VaultError::Unsupported))
}
