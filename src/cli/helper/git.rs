//! `caulk helper git get|store|erase`.

use super::To;
use crate::broker::git::{self, Change, Reply, Request};
use crate::cli::error::{Failure, Status};
use crate::cli::hand::{Hand, vault_status};
use crate::cli::out;
use crate::vault::VaultError;
use std::io::{self, Read as _};
use zeroize::Zeroizing;

/// Answers one call. What is not to be answered ends in silence and with status 0, so that git goes on.
pub(super) fn run(operation: &str, to: &To) -> Result<u8, Failure> {
    let clean = Ok(Status::Clean.code());
    if !matches!(operation, "get" | "store" | "erase") {
        return clean;
    }
    if operation == "get" {
        to.allowed()?;
    }
    // One allocation: a buffer that grows would leave unwiped copies behind.
    let mut input = Zeroizing::new(Vec::with_capacity(git::MOST_BYTES + 2));
    let read = io::stdin().lock().take(git::MOST_BYTES as u64 + 1).read_to_end(&mut input);
    read.map_err(|error| Failure::new(format!("cannot read what git asks: {}", error.kind())))?;
    let Some(request) = Request::parse(&input) else { return clean };
    let hand = Hand::open(to.store);
    let entries = hand.known()?;
    let look = |name: &_| hand.look(name);
    match operation {
        "get" => match git::get(&request, entries, &look).map_err(failure)? {
            Reply::Login(login) => {
                hand.log_parent(&login.name, "helper git");
                out::print(&login.text())?;
            }
            Reply::NotFound => {}
            Reply::Unfit { name, why } => out::say(&format!("`{name}` cannot be given to git: {why}")),
        },
        "store" | "erase" => {
            let wish = if operation == "store" { git::store } else { git::erase };
            // After every success git says so; most of the time there is nothing to do.
            if !matches!(wish(&request, entries, &look).map_err(failure)?, Change::None) {
                super::change::apply(&hand, |entries| wish(&request, entries, &look))?;
            }
        }
        _ => {}
    }
    clean
}

/// One short line: git goes on and asks the user, who sees it above the prompt.
fn failure(error: VaultError) -> Failure {
    Failure::ending(vault_status(error), format!("no login from caulk: {error}"))
}
