//! Floor 6: from arguments to an exit status.
//!
//! Composes the verbs of the floors below and is the only place that prints. One subcommand a file;
//! words and help texts in [`args`], statuses in [`error`], settings in [`settings`]. Nothing here
//! looks into a scanned file.

pub mod args;
#[cfg(feature = "keychain")]
mod ask;
mod completions;
mod config;
mod destination;
pub mod error;
mod explain;
mod fix;
mod hand;
pub mod helper;
mod interrupt;
mod inventory;
mod look;
mod man;
mod mask;
mod mcp;
mod out;
mod pack;
mod panic;
mod progress;
mod rule_files;
mod rules;
pub mod run;
mod runs;
mod scan;
pub mod schema;
pub mod settings;
pub mod shell_init;
mod stdin;
mod usage;
mod vault;

use crate::host::Host;
use args::{Cli, Command, ConfigCommand, PackArgs, RulesCommand};
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use error::{Failure, Status};
use settings::Settings;
use std::process::ExitCode;

/// Runs caulk with this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    panic::install();
    let matches = match Cli::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return ExitCode::from(refuse(&error)),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(refuse(&error)),
    };
    let code = dispatch(cli, &matches).unwrap_or_else(|failure| {
        out::complain(&failure.to_string());
        failure.status().code()
    });
    ExitCode::from(code)
}

/// Help and version go out as they are; anything else is a wrong call.
fn refuse(error: &clap::Error) -> u8 {
    use clap::error::ErrorKind;
    match error.kind() {
        // Fails on a closed pipe only, which is no failure.
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Status::Clean.code()
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            Status::Usage.code()
        }
        _ => {
            out::complain(&usage::failure(error).to_string());
            Status::Usage.code()
        }
    }
}

fn dispatch(cli: Cli, matches: &ArgMatches) -> Result<u8, Failure> {
    match cli.command {
        Command::Scan(args) => {
            let scan = matches.subcommand_matches("scan");
            let at = |id: &str| scan.and_then(|m| m.indices_of(id)).map(Iterator::collect).unwrap_or_default();
            let (formats, outputs): (Vec<usize>, Vec<usize>) = (at("format"), at("output"));
            scan::run(&args, &formats, &outputs)
        }
        Command::Rules(RulesCommand::Ls { pack }) => rules::ls(&pack_of(&pack)?),
        Command::Rules(RulesCommand::Import { files, output }) => rule_files::import(&files, output.as_deref()),
        Command::Rules(RulesCommand::Update { file, key, signature }) => {
            rule_files::update(&file, signature.as_deref(), key.as_deref())
        }
        Command::Rules(RulesCommand::Show { rule, pack }) => rules::show(&pack_of(&pack)?, &rule),
        Command::Rules(RulesCommand::Test { paths }) => {
            let files = pack::read(&paths)?;
            let pack =
                if paths.is_empty() { pack_of(&PackArgs::default())? } else { crate::rules::RulePack::builtin() };
            rules::test(pack, files)
        }
        Command::Explain { subject, pack } => explain::run(&Host::current(), &pack_of(&pack)?, &subject),
        Command::Config(ConfigCommand::Show { config }) => config::show(&Host::current(), config.as_deref()),
        Command::Fix(args) => fix::run(&args),
        Command::Undo(args) => fix::undo(&args),
        Command::Run(args) => run::run(&args),
        Command::Inventory(args) => inventory::run(&args),
        Command::Mcp(command) => mcp::run(&command),
        Command::Vault(command) => vault::run(command),
        Command::Helper(command) => helper::run(command),
        Command::ShellInit { shell } => print(shell_init::text(shell).as_bytes()),
        Command::Schema { name } => print(schema::text(&name).unwrap_or_default().as_bytes()),
        Command::Completions { shell } => print(&completions::script(shell)),
        Command::Man => {
            let page = man::page().map_err(|error| Failure::new(format!("the manual page: {error}")))?;
            print(&page)
        }
    }
}

fn print(bytes: &[u8]) -> Result<u8, Failure> {
    out::print(bytes)?;
    Ok(Status::Clean.code())
}

/// The rules that these options, the environment and the config files ask for.
fn pack_of(args: &PackArgs) -> Result<crate::rules::RulePack, Failure> {
    {
        let host = Host::current();
        pack::load(&Settings::load(&host, None, args.layer())?, &host.dirs().state)
    }
}
