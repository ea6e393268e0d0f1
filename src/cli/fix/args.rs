//! The words of `caulk fix` and `caulk undo`.

use crate::cli::run::store;
use crate::vault::StoreKind;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use std::path::PathBuf;

pub(in crate::cli) const FIX_EXAMPLES: &str = "\
Examples:
  caulk fix --dry-run        what would be done, as a diff with the secrets masked
  caulk fix                  show that, ask, move the secrets to the keychain, mend the settings
  caulk fix 753786ada247     one finding of the last scan, and every other place of the same secret
  caulk fix --guards         rules for the agents and package managers that are here
  caulk undo                 put everything back as it was, byte for byte

A file changes only after the secret is in the keychain and was read back.
What was in the file before is kept encrypted, for undo.";

pub(in crate::cli) const UNDO_EXAMPLES: &str = "\
Examples:
  caulk undo --list          the runs that can be taken back
  caulk undo                 take back the last one
  caulk undo --all           leave caulk: every secret goes back where it was

A file that was edited since keeps the edit; only the value goes back.";

/// Arguments of `fix`.
#[derive(Debug, Args)]
pub struct FixArgs {
    /// Findings to mend, by id or its first digits; without any: all that can be
    #[arg(value_name = "ID", conflicts_with = "all")]
    pub ids: Vec<String>,
    /// Everything that can be mended (the same as naming nothing)
    #[arg(long)]
    pub all: bool,
    /// Instead: rules that keep agents from files of secrets, and package managers from brand-new releases
    #[arg(long, conflicts_with_all = ["all", "ids"])]
    pub guards: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Mend this home instead of the own one; it must belong to the caller
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Where secrets go: `keychain`, or `file`, an encrypted file
    #[arg(long, value_name = "STORE", value_parser = store(), default_value = "keychain")]
    pub store: StoreKind,
    /// Read the passphrase of the encrypted file from here
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub store_passphrase_file: Option<PathBuf>,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = PossibleValuesParser::new(["human", "json"]))]
    pub format: String,
}

/// Arguments of `undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The run to take back, as `--list` names it; without it: the last one
    #[arg(value_name = "RUN", conflicts_with_all = ["all", "list"])]
    pub run: Option<String>,
    /// List the runs
    #[arg(long)]
    pub list: bool,
    /// Take back every run, the last one first
    #[arg(long, conflicts_with = "list")]
    pub all: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only runs that changed this home
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// Read the passphrase of the encrypted file from here
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub store_passphrase_file: Option<PathBuf>,
    /// Format of the report
    #[arg(long, value_name = "FORMAT", default_value = "human", value_parser = PossibleValuesParser::new(["human", "json"]))]
    pub format: String,
}
