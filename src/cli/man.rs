//! `caulk man`: one page with every command, its options, exit statuses, files and environment.
//!
//! Made from the same definition as the command line; the sections that clap does not know are here.

use super::args::Cli;
use super::error::Status;
use clap::CommandFactory as _;
use clap_mangen::Man;
use std::fmt::Write as _;
use std::io;

/// The page, as roff.
pub(super) fn page() -> io::Result<Vec<u8>> {
    let mut command = Cli::command().disable_help_flag(true).after_help(None::<&str>).after_long_help(None::<&str>);
    command.build();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    page.extend_from_slice(b".SH COMMANDS\n");
    commands(&command, "caulk", &mut page)?;
    page.extend_from_slice(statuses().as_bytes());
    page.extend_from_slice(TAIL.as_bytes());
    Ok(page)
}

/// A subsection for each command that does something, with its options.
fn commands(parent: &clap::Command, prefix: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for command in parent.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{prefix} {}", command.get_name());
        if command.has_subcommands() {
            commands(command, &name, page)?;
            continue;
        }
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        page.extend_from_slice(format!(".SS \"{name}\"\n{}\n", plain(&about)).as_bytes());
        let mut options = Vec::new();
        Man::new(command.clone()).render_options_section(&mut options)?;
        page.extend_from_slice(below(&String::from_utf8_lossy(&options)).as_bytes());
        if let Some(examples) = command.get_after_help() {
            let examples = plain(&examples.to_string());
            page.extend_from_slice(format!(".PP\n.nf\n{examples}\n.fi\n").as_bytes());
        }
    }
    Ok(())
}

/// Options as part of a command's subsection: their headings become lines in bold, and `OPTIONS`,
/// which says nothing there, goes.
fn below(options: &str) -> String {
    let heading = |line: &str| match line.strip_prefix(".SH ") {
        Some("OPTIONS") => None,
        Some(heading) => Some(format!(".PP\n.B {heading}\n")),
        None => Some(format!("{line}\n")),
    };
    options.lines().filter_map(heading).collect()
}

fn statuses() -> String {
    let mut section = String::from(".SH \"EXIT STATUS\"\n");
    for status in Status::ALL {
        let _ = writeln!(section, ".TP\n{}\n{}", status.code(), plain(status.when()));
    }
    section
}

/// Text with nothing that roff would take for an instruction.
fn plain(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('`', "");
    escaped
        .lines()
        .map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.to_owned() })
        .collect::<Vec<_>>()
        .join("\n")
}

const TAIL: &str = r".SH FILES
.TP
$XDG_CONFIG_HOME/caulk/config.toml
The user's settings; on macOS below ~/Library/Application Support, on Windows below %APPDATA%.
.TP
/etc/caulk/config.toml
The administrator's settings; they win over everything for the keys they set.
.TP
$XDG_STATE_HOME/caulk
The key of fingerprints and the last twenty runs, readable by the user only.
.SH ENVIRONMENT
.TP
CAULK_*
Settings: CAULK_FAIL_ON=high is \-\-fail\-on high. Lists are divided by commas.
.TP
CAULK_CONFIG
The config file to read instead of the user's.
.TP
NO_COLOR, CLICOLOR_FORCE
Switch colour off, on.
";
