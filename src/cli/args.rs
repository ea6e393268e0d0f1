//! The command line as clap reads it. Words and help texts only: no behaviour, no default, no file.
//!
//! Explanations and allowed words of options that can also stand in a config file come from
//! [`super::settings::Key`].

use super::fix::{FixArgs, UndoArgs};
use super::helper::HelperCommand;
use super::mcp::McpCommand;
use super::run::RunArgs;
use super::settings::{Key, Kind, Layer, Value};
use super::vault::VaultCommand;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueHint};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Finds every credential lying in the clear on this machine, and everything that starts by itself.
#[derive(Debug, Parser)]
#[command(name = "caulk", version, disable_help_subcommand = true)]
#[command(after_help = TOP_EXAMPLES, after_long_help = top_after_help())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Look for credentials in the clear and things that start by themselves
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(Box<ScanArgs>),
    /// Move secrets to the keychain, while the tools that use them keep working
    #[command(after_help = super::fix::FIX_EXAMPLES)]
    Fix(FixArgs),
    /// Put back, byte for byte, what a fix changed
    #[command(after_help = super::fix::UNDO_EXAMPLES)]
    Undo(UndoArgs),
    /// List, show and test rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Explain a rule, or a finding of a saved run
    ///
    /// For a rule: what it finds, why it matters, how to revoke or rotate. For the id of a finding, or
    /// the first digits of one: where it was in the latest saved run that has it, and the next step.
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain {
        /// A rule's id, or a finding's
        #[arg(value_name = "RULE-OR-ID")]
        subject: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        pack: PackArgs,
    },
    /// Show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Run a command with the secrets it needs in its environment, and only there
    #[command(after_help = super::run::EXAMPLES)]
    Run(RunArgs),
    /// Everything that starts by itself: list it, approve it, see what changed since
    #[command(subcommand, after_help = super::mcp::EXAMPLES)]
    Mcp(McpCommand),
    /// Agents, MCP servers, editor extensions and packages that are here
    #[command(after_help = super::inventory::EXAMPLES)]
    Inventory(super::inventory::InventoryArgs),
    /// Look after what is sealed: list, get, set, check, export
    #[command(subcommand)]
    Vault(VaultCommand),
    /// Answer another tool's credential-helper protocol
    #[command(subcommand)]
    Helper(HelperCommand),
    /// Print shell functions that run the npm clients with their sealed tokens
    #[command(after_help = super::shell_init::EXAMPLES)]
    ShellInit {
        /// The shell
        shell: super::shell_init::Shell,
    },
    /// Print the JSON schema of the report, the config file or rule files
    Schema {
        /// Which one
        #[arg(value_parser = PossibleValuesParser::new(super::schema::NAMES))]
        name: String,
    },
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  caulk man | man -l -")]
    Man,
}

/// Subcommands of `rules`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List every rule: id, severity, category, title
    Ls {
        #[command(flatten)]
        #[allow(missing_docs)]
        pack: PackArgs,
    },
    /// Show one rule in full
    Show {
        /// The rule's id
        #[arg(value_name = "RULE")]
        rule: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        pack: PackArgs,
    },
    /// Check rules and run each rule's examples
    ///
    /// Without PATH: the rules a scan would use. Exits with 1 if anything is wrong.
    Test {
        /// Rule files, or folders of them, to test instead
        #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Turn others' rules, or lists of known-bad packages, into a file for `--rules`
    ///
    /// Reads gitleaks' TOML (rules); bumblebee's JSON, OSV records, one or a zip of them, and the CSV tables of Datadog
    /// and Wiz (lists).
    Import {
        /// The files: one of rules, or any number of lists
        #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
        files: Vec<PathBuf>,
        /// Where to write, instead of standard output
        #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: Option<PathBuf>,
    },
    /// Take in a signed bundle of rules and catalogs
    ///
    /// The signature is minisign's and lies beside the bundle (FILE.minisig). The key is given once and remembered.
    Update {
        /// The bundle
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// The public key, or the file that holds it
        #[arg(long, value_name = "KEY-OR-FILE")]
        key: Option<String>,
        /// The signature, where it lies elsewhere
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        signature: Option<PathBuf>,
    },
}

/// Subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show each effective setting and where it comes from
    Show {
        /// Read this file instead of the user's config file
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
    },
}

/// Which rules a command works with.
#[derive(Debug, Default, Args)]
pub struct PackArgs {
    #[arg(long, value_name = "DIR-OR-FILE", help = Key::Rules.about(), value_hint = ValueHint::AnyPath)]
    #[allow(missing_docs)]
    pub rules: Vec<PathBuf>,
    #[arg(long, help = Key::NoDefaultRules.about())]
    #[allow(missing_docs)]
    pub no_default_rules: bool,
}

/// Arguments of `scan`.
#[derive(Debug, Args)]
#[allow(missing_docs)]
pub struct ScanArgs {
    /// Scan these trees or files; `-` reads standard input. Without PATH: audit this user's machine
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Audit this folder as a home instead of this user's (repeatable)
    ///
    /// Process environments, system-level places and variables that move files are left out. Config
    /// and state stay the caller's.
    #[arg(long, value_name = "DIR", conflicts_with = "paths", value_hint = ValueHint::DirPath)]
    #[arg(help_heading = "What to read")]
    pub home: Vec<PathBuf>,
    /// Scan what git has staged below PATH (default: the current folder) instead of the files there
    ///
    /// What the next commit would bring: the staged content of files that differ from HEAD, whatever the
    /// work tree's files hold. git itself is not run.
    #[arg(long, help_heading = "What to read", conflicts_with = "home")]
    pub staged: bool,
    #[arg(long, help = Key::Deep.about(), help_heading = "What to read")]
    pub deep: bool,
    #[arg(long, value_name = "GLOB", help = Key::Exclude.about(), help_heading = "What to read")]
    #[arg(value_parser = glob)]
    pub exclude: Vec<String>,
    #[arg(long, value_name = "SIZE", help = Key::MaxFileSize.about(), help_heading = "What to read")]
    #[arg(value_parser = size)]
    pub max_file_size: Option<u64>,
    #[arg(long, help = Key::NoEnv.about(), help_heading = "What to read")]
    pub no_env: bool,
    /// Show what would be read, and read nothing
    #[arg(long, help_heading = "What to read", conflicts_with = "output")]
    pub plan: bool,

    #[arg(long, value_name = "DIR-OR-FILE", help = Key::Rules.about(), value_hint = ValueHint::AnyPath)]
    #[arg(help_heading = "Rules")]
    pub rules: Vec<PathBuf>,
    #[arg(long, help = Key::NoDefaultRules.about(), help_heading = "Rules")]
    pub no_default_rules: bool,
    #[arg(long, value_name = "RULE-GLOB", help = Key::Only.about(), help_heading = "Rules", value_parser = glob)]
    pub only: Vec<String>,
    #[arg(long, value_name = "RULE-GLOB", help = Key::Skip.about(), help_heading = "Rules", value_parser = glob)]
    pub skip: Vec<String>,

    /// Format of the report; with several, each but one needs its -o FILE
    ///
    /// The first -o belongs to the first --format, and so on. With one -o fewer, each -o belongs to the
    /// --format before it, and the remaining report goes to standard output.
    #[arg(long, value_name = "FORMAT", help_heading = "Report", value_parser = words(Key::Format))]
    pub format: Vec<String>,
    /// Write the report to this file, which appears whole or not at all, with mode 0600
    #[arg(short, long, value_name = "FILE", help_heading = "Report", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    #[arg(long, value_name = "LEVEL", help = Key::MinSeverity.about(), help_heading = "Report")]
    #[arg(value_parser = words(Key::MinSeverity))]
    pub min_severity: Option<String>,
    #[arg(long, value_name = "LEVEL", help = Key::MinConfidence.about(), help_heading = "Report")]
    #[arg(value_parser = words(Key::MinConfidence))]
    pub min_confidence: Option<String>,
    #[arg(long, help = Key::ShowSuppressed.about(), help_heading = "Report")]
    pub show_suppressed: bool,

    #[arg(long, value_name = "LEVEL", help = format!("{} [default: low]", Key::FailOn.about()))]
    #[arg(help_heading = "Exit status", value_parser = words(Key::FailOn))]
    pub fail_on: Option<String>,
    #[arg(long, help = Key::ExitZero.about(), help_heading = "Exit status", conflicts_with = "exit_code")]
    pub exit_zero: bool,
    #[arg(long, value_name = "N", help = Key::ExitCode.about(), help_heading = "Exit status")]
    pub exit_code: Option<u8>,

    #[arg(long, help_heading = "How to run", value_name = "N", help = Key::Jobs.about(), value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    #[arg(long, help_heading = "How to run", help = Key::NoCache.about())]
    pub no_cache: bool,
    /// Read this file instead of the user's config file
    #[arg(long, help_heading = "How to run", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    #[arg(long, help_heading = "How to run", value_name = "WHEN", help = Key::Color.about(), value_parser = words(Key::Color))]
    pub color: Option<String>,
    #[arg(short, long, help_heading = "How to run", help = Key::Quiet.about(), conflicts_with = "verbose")]
    pub quiet: bool,
    #[arg(short, long, help_heading = "How to run", help = Key::Verbose.about())]
    pub verbose: bool,
    #[arg(long, help_heading = "How to run", help = Key::NoProgress.about())]
    pub no_progress: bool,
}

impl PackArgs {
    /// The settings these options make.
    #[must_use]
    pub fn layer(&self) -> Layer {
        let mut layer = Layer::new();
        flag(&mut layer, Key::NoDefaultRules, self.no_default_rules);
        paths(&mut layer, Key::Rules, &self.rules);
        layer
    }
}

impl ScanArgs {
    /// The settings these options make; where formats go is told by [`Self::format`] and [`Self::output`].
    #[must_use]
    pub fn layer(&self) -> Layer {
        let mut layer = Layer::new();
        for (key, set) in [
            (Key::Deep, self.deep),
            (Key::NoDefaultRules, self.no_default_rules),
            (Key::ExitZero, self.exit_zero),
            (Key::ShowSuppressed, self.show_suppressed),
            (Key::NoCache, self.no_cache),
            (Key::NoEnv, self.no_env),
            (Key::Quiet, self.quiet),
            (Key::Verbose, self.verbose),
            (Key::NoProgress, self.no_progress),
        ] {
            flag(&mut layer, key, set);
        }
        for (key, word) in [
            (Key::Color, &self.color),
            (Key::MinSeverity, &self.min_severity),
            (Key::MinConfidence, &self.min_confidence),
            (Key::FailOn, &self.fail_on),
        ] {
            if let Some(word) = word {
                layer.insert(key, Value::Word(word.clone()));
            }
        }
        for (key, globs) in [(Key::Only, &self.only), (Key::Skip, &self.skip), (Key::Exclude, &self.exclude)] {
            if !globs.is_empty() {
                layer.insert(key, Value::Globs(globs.clone()));
            }
        }
        for (key, number) in [
            (Key::ExitCode, self.exit_code.map(u64::from)),
            (Key::Jobs, self.jobs.map(u64::from)),
            (Key::MaxFileSize, self.max_file_size),
        ] {
            if let Some(number) = number {
                layer.insert(key, Value::Number(number));
            }
        }
        paths(&mut layer, Key::Rules, &self.rules);
        layer
    }
}

fn flag(layer: &mut Layer, key: Key, set: bool) {
    if set {
        layer.insert(key, Value::Flag(true));
    }
}

fn paths(layer: &mut Layer, key: Key, paths: &[PathBuf]) {
    if !paths.is_empty() {
        layer.insert(key, Value::Paths(paths.to_vec()));
    }
}

/// The words of a setting, for clap: they stand in the help text and in completions.
fn words(key: Key) -> impl clap::builder::TypedValueParser<Value = String> {
    let words = if let Kind::Word(words) = key.kind() { words() } else { Vec::new() };
    PossibleValuesParser::new(words).map(|word| word)
}

fn size(text: &str) -> Result<u64, String> {
    super::settings::size(text).ok_or_else(|| Kind::Size.expected())
}

fn glob(text: &str) -> Result<String, String> {
    globset::Glob::new(text).map(|_| text.to_owned()).map_err(|error| format!("{}", error.kind()))
}

const TOP_EXAMPLES: &str = "\
Examples:
  caulk scan                     audit this machine
  caulk scan ~/src/project       scan a folder
  caulk explain npm-access-token what a rule finds and how to revoke it
  caulk fix --dry-run            what could move to the keychain, as a diff
  caulk undo --all               put everything back and leave

`caulk scan --help` lists the options of a scan.";

const SCAN_EXAMPLES: &str = "\
Examples:
  caulk scan                                  audit this user's machine
  caulk scan --plan                           show what that would read
  caulk scan . --fail-on high                 fail a build only on what matters
  git diff | caulk scan -                     look at a change
  caulk scan --staged                         before a commit: only what is staged
  caulk scan --format json -o report.json --format human
                                              a file for programs, a list for people
  caulk scan --home /mnt/backup/ada           audit a copied home

Exit status: 0 nothing found, 1 findings, 2 wrong call, 3 something could not be read.";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  caulk explain npm-access-token
  caulk explain c1f09a2b";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  caulk completions bash > ~/.local/share/bash-completion/completions/caulk
  caulk completions fish > ~/.config/fish/completions/caulk.fish";

fn top_after_help() -> String {
    let mut text = format!("{TOP_EXAMPLES}\n\nExit status:\n");
    for status in super::error::Status::ALL {
        let _ = writeln!(text, "  {:<4} {}", status.code(), status.when().replace('`', ""));
    }
    text.push_str(
        "\nEnvironment:\n  CAULK_*          settings: CAULK_FAIL_ON=high is --fail-on high; lists are divided by commas\n  \
         CAULK_CONFIG     the config file to read instead of the user's\n  \
         NO_COLOR, CLICOLOR_FORCE  switch colour off, on\n",
    );
    text
}
