//! `caulk inventory`: agents, MCP servers, editor extensions and packages that are here.
//!
//! The list is that of an audit, which starts, fetches and asks nothing.

use super::error::{Failure, Status};
use super::{look, out};
use crate::host::Host;
use crate::host::write::AtomicFile;
use crate::output::{InventoryFormat, write_inventory};
use clap::Args;
use std::io::Write as _;
use std::path::PathBuf;

/// Shown below the help of `caulk inventory`.
pub(super) const EXAMPLES: &str = "\
Examples:
  caulk inventory                                  agents, MCP servers, extensions, global packages
  caulk inventory --projects --format json         the packages of projects' lock files too
  caulk inventory --format cyclonedx -o bom.json   for tools that keep inventories";

/// What `inventory` takes.
#[derive(Debug, Args)]
pub struct InventoryArgs {
    /// Look at this folder as a home instead of this user's
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub home: Option<PathBuf>,
    /// List the packages of projects' lock files, too
    #[arg(long)]
    pub projects: bool,
    /// How to show it
    #[arg(long, default_value = "human", value_parser = ["human", "json", "cyclonedx"])]
    pub format: String,
    /// Where to write it, instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &InventoryArgs) -> Result<u8, Failure> {
    let host = Host::current();
    let format = match args.format.as_str() {
        "json" => InventoryFormat::Json,
        "cyclonedx" => InventoryFormat::Cyclonedx,
        _ => InventoryFormat::Human,
    };
    let failed = |why: String| Failure::new(format!("the inventory was not written: {why}"));
    // Made before the process confines itself to its folder.
    let file = args.output.as_deref().map(AtomicFile::create).transpose().map_err(|error| failed(error.to_string()))?;
    let folder = file.as_ref().and_then(|file| file.target().parent().map(ToOwned::to_owned));
    let look = look::Look { home: args.home.as_deref(), write_dirs: folder.into_iter().collect(), components: true };
    let report = look.run(&host)?;
    match file {
        None => out::stdout(|out| write_inventory(format, &report, args.projects, out))?,
        Some(mut file) => {
            let mut bytes = Vec::new();
            write_inventory(format, &report, args.projects, &mut bytes)
                .map_err(|error| failed(error.kind().to_string()))?;
            file.write_all(&bytes).map_err(|error| failed(error.kind().to_string()))?;
            file.commit().map_err(|error| failed(error.to_string()))?;
        }
    }
    Ok(Status::Clean.code())
}
