//! `caulk helper`: speaks other tools' credential-helper protocols. Which host gets which answer is
//! `broker`'s business; here are streams, statuses and the log.

mod change;
mod git;

use super::error::{Failure, Status, hint};
use super::hand::{Hand, vault_failure};
use super::{out, run};
use crate::broker::env::{self, Shell};
use crate::broker::headers::{self, Template};
use crate::broker::launch::With;
use crate::broker::npm;
use crate::host::terminal::{self, Stream};
use crate::model::Untrusted;
use crate::vault::StoreKind;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use std::ffi::OsString;

/// Subcommands of `helper`.
#[derive(Debug, Subcommand)]
pub enum HelperCommand {
    /// Answer git: a `credential.helper`
    ///
    /// Answers only hosts that were sealed. `store` of another password keeps the old one as a version;
    /// `erase` only marks a password as refused. Anything else git asks is passed over in silence.
    #[command(after_help = GIT_EXAMPLES)]
    Git {
        /// What git appends: get, store or erase
        operation: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        to: To,
    },
    /// Print the token of an npm registry: pnpm's `tokenHelper`
    #[command(after_help = "Example:\n  caulk helper npm npm.example.com | wc -c")]
    Npm {
        /// The registry: its host, or its URL
        registry: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        to: To,
    },
    /// Print assignments for a shell to read
    ///
    /// Every program that this shell starts will see them; `caulk run` hands a secret to one command.
    #[command(after_help = ENV_EXAMPLES)]
    Env {
        /// NAME, in the variable that belongs to it, or VARIABLE=NAME
        #[arg(value_name = "NAME|VARIABLE=NAME", required = true, value_parser = With::parse)]
        with: Vec<With>,
        /// Whose syntax
        #[arg(long, value_name = "SHELL", default_value = "posix", value_parser = shell())]
        shell: Shell,
        #[command(flatten)]
        #[allow(missing_docs)]
        to: To,
    },
    /// Print headers as a JSON object: Claude Code's `headersHelper`
    #[command(after_help = "Example:\n  caulk helper headers 'Authorization=Bearer {mcp/github/Authorization}'")]
    Headers {
        /// A header, with the name of a secret in braces
        #[arg(value_name = "HEADER=TEXT{NAME}", required = true, value_parser = Template::parse)]
        headers: Vec<Template>,
        #[command(flatten)]
        #[allow(missing_docs)]
        to: To,
    },
    #[command(external_subcommand)]
    #[allow(missing_docs)]
    Other(Vec<OsString>),
}

/// From where, and to whom.
#[derive(Debug, Args)]
pub struct To {
    /// Look for the secrets here, whatever the index says
    #[arg(long, value_name = "STORE", value_parser = run::store())]
    pub store: Option<StoreKind>,
    /// Print even to a terminal
    #[arg(long)]
    pub show: bool,
}

/// Helpers of a later version.
const LATER: [&str; 6] = ["docker", "aws", "cargo", "kubectl", "terraform", "pip"];
const NOW: [&str; 4] = ["git", "npm", "env", "headers"];

const GIT_EXAMPLES: &str = "\
Example, for one host, as `caulk fix` writes it to git's configuration:
  [credential \"https://git.example.com\"]
      helper =
      helper = /usr/local/bin/caulk helper git

To try it: printf 'protocol=https\\nhost=git.example.com\\n\\n' | git credential fill";

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(caulk helper env GITHUB_TOKEN=git/github.com/ada)\"
  caulk helper env --shell fish mcp/github/GITHUB_TOKEN | source";

fn shell() -> impl clap::builder::TypedValueParser<Value = Shell> {
    PossibleValuesParser::new(["posix", "fish", "powershell"]).map(|word| match word.as_str() {
        "fish" => Shell::Fish,
        "powershell" => Shell::PowerShell,
        _ => Shell::Posix,
    })
}

/// Carries out one helper's call.
pub(super) fn run(command: HelperCommand) -> Result<u8, Failure> {
    match command {
        HelperCommand::Git { operation, to } => git::run(&operation, &to),
        HelperCommand::Npm { registry, to } => {
            to.allowed()?;
            let hand = Hand::open(to.store);
            let found = npm::token(&registry, hand.known()?, &|name| hand.look(name)).map_err(vault_failure)?;
            let Some(token) = found else {
                let registry = Untrusted::from(registry.as_str());
                return Err(Failure::new(format!("no token is sealed for the registry `{registry}`{}", hand.names())));
            };
            hand.log_parent(&token.name, "helper npm");
            // Without a line break: what reads it may take it as part of the token.
            print(&token.text)
        }
        HelperCommand::Env { with, shell, to } => {
            to.allowed()?;
            let hand = Hand::open(to.store);
            let handed = env::handed(&with, hand.entries(), &|name| hand.look(name));
            let handed = handed.map_err(|error| hand.refusal(&error))?;
            let text = env::text(&handed, shell).map_err(|error| hand.refusal(&error))?;
            for one in &handed {
                hand.log_parent(&one.name, "helper env");
            }
            print(&text)
        }
        HelperCommand::Headers { headers, to } => {
            to.allowed()?;
            let hand = Hand::open(to.store);
            let text = headers::json(&headers, &|name| hand.look(name)).map_err(|error| hand.refusal(&error))?;
            for name in headers.iter().flat_map(Template::names) {
                hand.log_parent(name, "helper headers");
            }
            print(&text)
        }
        HelperCommand::Other(words) => {
            let word = words.first().map(|word| Untrusted::from_bytes(word.as_encoded_bytes())).unwrap_or_default();
            let later = LATER.contains(&word.as_found());
            Err(Failure::new(if later {
                format!("the helper for {word} is not in this version; it has {}", NOW.join(", "))
            } else {
                let hint = hint(word.as_found(), NOW);
                format!("unknown helper `{word}`{hint}; one of {}", NOW.join(", "))
            }))
        }
    }
}

impl To {
    /// A secret is printed to a program, not to a screen where it stays.
    fn allowed(&self) -> Result<(), Failure> {
        if self.show || !terminal::is_terminal(Stream::Stdout) {
            return Ok(());
        }
        Err(Failure::new("this would print a secret to the terminal; give it to a program, or say --show"))
    }
}

fn print(bytes: &[u8]) -> Result<u8, Failure> {
    out::print(bytes)?;
    Ok(Status::Clean.code())
}
