//! The program itself, with an environment that holds nothing of the machine the tests run on.

use std::path::Path;
use std::process::Command;

/// The program, at home in `home`.
pub fn caulk(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caulk"));
    command.env_clear().current_dir(home).env("HOME", home).env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
    command
}
