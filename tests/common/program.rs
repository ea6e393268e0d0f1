//! The program itself, with an environment that holds nothing of the machine the tests run on.

use std::path::Path;
use std::process::Command;

/// The program, at home in `home`.
pub fn caulk(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caulk"));
    command.env_clear().current_dir(home).env("HOME", home).env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
    command
}

/// `program` with the signals a terminal gives it. Run in the background of a script, a test inherits
/// an ignored SIGINT, and caulk would rightly leave it ignored.
pub fn listening(program: &Path) -> Command {
    let ignored = std::fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(set.trim(), 16).ok()
    });
    // SIGHUP, SIGINT, SIGTERM are 1, 2 and 15.
    if ignored.unwrap_or_default() & (1 | 1 << 1 | 1 << 14) == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal=HUP,INT,TERM").arg(program);
    command
}
