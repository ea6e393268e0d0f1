//! The words of `caulk vault`.

use crate::cli::run::store;
use crate::vault::{StoreKind, VaultName};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};
use std::path::PathBuf;

/// Subcommands of `vault`.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// List what is sealed, without values
    #[command(after_help = "Example:\n  caulk vault ls --format json")]
    Ls {
        /// Also the keys that `caulk undo` needs (`run/…`)
        #[arg(long)]
        all: bool,
        /// Format of the list
        #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
        format: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Write a secret to a pipe
    ///
    /// The value goes out as it is, without a line end. To a terminal only with --show.
    #[command(after_help = GET_EXAMPLES)]
    Get {
        /// Its name, as `caulk vault ls` shows it
        #[arg(value_parser = name)]
        name: VaultName,
        /// Write it to the terminal, too
        #[arg(long)]
        show: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Store or replace a secret
    ///
    /// The value is read from standard input, or asked for on a terminal; it never stands on the command
    /// line. One line end at its end is cut. At most 64 KiB.
    #[command(after_help = SET_EXAMPLES)]
    Set {
        /// A name: letters, digits and . _ - / : @ ~
        #[arg(value_parser = name)]
        name: VaultName,
        /// The variable that `caulk run --with NAME` puts it in
        #[arg(long, value_name = "VARIABLE", value_parser = variable)]
        env: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Remove secrets for good, with their earlier values
    Rm {
        /// Their names
        #[arg(value_name = "NAME", required = true, value_parser = name)]
        names: Vec<VaultName>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Give a secret another name
    Mv {
        /// The name it has
        #[arg(value_parser = name)]
        from: VaultName,
        /// The name it gets
        #[arg(value_parser = name)]
        to: VaultName,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Show which secret was handed to which program, oldest first
    Log {
        /// Only of this secret
        #[arg(value_parser = name)]
        name: Option<VaultName>,
        /// Format of the list
        #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = formats())]
        format: String,
    },
    /// Check that the keychain works and holds what it should
    ///
    /// Exits with 0 when all is well, 1 when something is wrong, 4 when no keychain can be reached.
    Doctor {
        /// Remove pieces of values that interrupted writes left behind
        #[arg(long)]
        sweep: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Write everything to a file that is encrypted with a passphrase
    ///
    /// The file is an age file: `age -d FILE` opens it, and its JSON has the values in base64.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export {
        /// The file; appears whole or not at all, with mode 0600
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// Read the passphrase from this file instead of the terminal
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
    /// Take in what `caulk vault export` wrote
    ///
    /// A name that is taken by another value is left as it is and counts as a failure, unless --replace
    /// is given.
    Import {
        /// The file
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Replace values that differ
        #[arg(long)]
        replace: bool,
        /// Read the passphrase from this file instead of the terminal
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
        #[command(flatten)]
        #[allow(missing_docs)]
        at: At,
    },
}

/// Which store is asked, and how long.
#[derive(Debug, Clone, Default, Args)]
pub struct At {
    /// Where the secrets are: the system's keychain, or caulk's own encrypted file
    ///
    /// Without it: where the index says that a secret lies, else the keychain.
    #[arg(long, value_name = "STORE", value_parser = store(), help_heading = "Store")]
    pub store: Option<StoreKind>,
    /// Read the passphrase of `--store file` from this file instead of the terminal
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Store")]
    pub store_passphrase_file: Option<PathBuf>,
    /// Seconds that the keychain has for each answer; a prompt may have to be found first
    #[arg(long, value_name = "SECONDS", default_value = "60", help_heading = "Store")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub timeout: u64,
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(["human", "json"])
}

fn name(text: &str) -> Result<VaultName, String> {
    VaultName::parse(text).map_err(|error| error.to_string())
}

fn variable(text: &str) -> Result<String, String> {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let fits = text.bytes().next().is_some_and(first) && text.bytes().all(|byte| first(byte) || byte.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("a variable has letters, digits and _".into()) }
}

const GET_EXAMPLES: &str = "\
Examples:
  caulk vault get npm/npm.example.com | wc -c
  caulk vault get npm/npm.example.com --show";

const SET_EXAMPLES: &str = "\
Examples:
  caulk vault set deploy/token                 asks for the value
  pass show deploy | caulk vault set deploy/token --env DEPLOY_TOKEN
  caulk run --with deploy/token -- make deploy";

const EXPORT_EXAMPLES: &str = "\
Examples:
  caulk vault export -o vault.age
  caulk vault import vault.age                 on the other machine
  age -d vault.age | jq -r '.entries[] | .name + \" \" + (.value_base64 | @base64d)'";
