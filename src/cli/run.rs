//! `caulk run`: becomes the command, with the secrets in its environment and only there.
//!
//! Prints nothing of its own when all is well, and leaves streams, signals and status alone.

use super::error::Failure;
use super::hand::Hand;
use super::out;
use crate::broker::BrokerError;
use crate::broker::launch::{self, INJECTED, With};
use crate::host::exec::{self, Launch};
use crate::model::Untrusted;
use crate::vault::StoreKind;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueHint};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Hand over this secret (repeatable): NAME in the variable that belongs to it, or VARIABLE=NAME
    ///
    /// For npm, npx, pnpm, yarn, bun and their like the tokens of all sealed registries are handed over
    /// without being asked for.
    #[arg(long, value_name = "NAME|VARIABLE=NAME", value_parser = With::parse)]
    pub with: Vec<With>,
    /// Look for the secrets here, whatever the index says
    #[arg(long, value_name = "STORE", value_parser = store())]
    pub store: Option<StoreKind>,
    /// Where no keychain can be reached, say so and run the command without the secrets
    #[arg(long)]
    pub or_without: bool,
    /// The command and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    #[arg(value_hint = ValueHint::CommandWithArguments)]
    pub command: Vec<OsString>,
}

/// The words of `--store`.
pub(super) fn store() -> impl clap::builder::TypedValueParser<Value = StoreKind> {
    PossibleValuesParser::new(StoreKind::ALL.map(StoreKind::as_str))
        .map(|word| StoreKind::from_word(&word).unwrap_or_default())
}

pub(super) const EXAMPLES: &str = "\
Examples:
  caulk run -- npm publish                with the tokens of sealed registries
  caulk run --with NPM_TOKEN=npm/npm.example.com -- make release
  caulk run --with mcp/github/GITHUB_TOKEN -- npx -y some-server
  caulk shell-init bash                   have npm and its like run this way always

The command takes caulk's place: it has the terminal, it gets the signals, and the exit status is its
own; 126 and 127 as in a shell, 2 for a wrong call, 4 when no keychain can be reached.

Variables that an outer run of caulk has set are taken away from an inner one.";

/// Runs the command; comes back when it cannot, and on Windows when it has ended.
pub(super) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(Failure::new("a command is missing; see caulk run --help"));
    };
    let hand = Hand::open(args.store);
    let is_npm = launch::is_npm_client(program);
    if args.with.is_empty() && !is_npm {
        hand.known()?;
        let name = Untrusted::from_bytes(program.as_encoded_bytes());
        return Err(Failure::new(format!(
            "no secret belongs to `{name}`: name one with --with VARIABLE=NAME{}",
            hand.names()
        )));
    }
    // A plain name and an npm client are looked up in the index; VARIABLE=NAME alone needs none.
    if is_npm || args.with.iter().any(|with| with.variable.is_none()) {
        hand.known()?;
    }
    let handed = match launch::environment(program, &args.with, hand.entries(), &|name| hand.look(name)) {
        Err(BrokerError::Vault(error)) if args.or_without && error.unreachable() => {
            out::say(&format!("{error}; going on without the sealed secrets"));
            Vec::new()
        }
        handed => handed.map_err(|error| hand.refusal(&error))?,
    };
    for one in &handed {
        hand.log(&one.name, "run", Some(Path::new(program)), std::process::id());
    }
    let outer = hand.host.env(INJECTED).and_then(OsStr::to_str).unwrap_or_default();
    let names = launch::injected(&handed);
    let mut set: Vec<(&OsStr, &[u8])> =
        handed.iter().map(|one| (one.variable.as_os_str(), one.value.expose())).collect();
    let mut unset: Vec<&OsStr> = launch::inherited(outer).into_iter().map(OsStr::new).collect();
    unset.push(OsStr::new(INJECTED));
    if !handed.is_empty() {
        set.push((OsStr::new(INJECTED), names.as_encoded_bytes()));
    }
    match exec::run(&Launch { program, arguments, set, unset }) {
        Ok(status) => Ok(ended(status)),
        Err(error) => {
            let name = Untrusted::from_bytes(program.as_encoded_bytes());
            out::complain(&format!("{name}: {error}"));
            Ok(error.status())
        }
    }
}

/// The command's status as ours. On Windows it has 32 bits, more than the rest of caulk ends with.
fn ended(status: i32) -> u8 {
    #[cfg(windows)]
    #[allow(clippy::exit, reason = "a status of 32 bits passes through no other way")]
    if u8::try_from(status).is_err() {
        std::process::exit(status);
    }
    u8::try_from(status).unwrap_or(1)
}
