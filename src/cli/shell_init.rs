//! `caulk shell-init SHELL`: functions that run the npm clients through caulk. Names only, no secret.
//!
//! Where caulk is gone or no keychain can be reached, a client runs as it always did: most of what it is
//! used for needs no token. Reading the text twice changes nothing.

use clap::ValueEnum;
use std::fmt::Write as _;

/// Clients that get a function; those that only start others need none.
const CLIENTS: [&str; 7] = ["npm", "npx", "pnpm", "pnpx", "yarn", "bun", "bunx"];

/// Shells that functions can be written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

pub(super) const EXAMPLES: &str = "\
Add one line to the end of the shell's own file, after whatever sets PATH:
  bash        ~/.bashrc                   eval \"$(caulk shell-init bash)\"
  zsh         ~/.zshrc                    eval \"$(caulk shell-init zsh)\"
  fish        ~/.config/fish/config.fish  caulk shell-init fish | source
  PowerShell  $PROFILE                    caulk shell-init powershell | Out-String | iex

To leave caulk out once: command npm install";

/// The text for a shell to read.
#[must_use]
pub(super) fn text(shell: Shell) -> String {
    let mut text = format!("# Sealed npm tokens are handed to these clients only: {}.\n", CLIENTS.join(", "));
    for client in CLIENTS {
        let _ = match shell {
            // `function` keeps the shell from expanding an alias of the name; what is a function already,
            // as nvm's loaders are, stays.
            Shell::Bash => writeln!(
                text,
                "if [ \"$(type -t {client})\" != function ] && type -P {client} >/dev/null; then\n  \
                 function {client} {{\n    \
                 if type -P caulk >/dev/null; then command caulk run --or-without -- {client} \"$@\"; \
                 else command {client} \"$@\"; fi\n  }}\nfi"
            ),
            Shell::Zsh => writeln!(
                text,
                "if (( ! ${{+functions[{client}]}} )) && whence -p {client} >/dev/null; then\n  \
                 function {client} {{\n    \
                 if whence -p caulk >/dev/null; then command caulk run --or-without -- {client} \"$@\"; \
                 else command {client} \"$@\"; fi\n  }}\nfi"
            ),
            Shell::Fish => writeln!(
                text,
                "if not functions -q {client}; and command -q {client}\n  \
                 function {client} --wraps={client}\n    \
                 if command -q caulk\n      command caulk run --or-without -- {client} $argv\n    \
                 else\n      command {client} $argv\n    end\n  end\nend"
            ),
            Shell::Powershell => writeln!(
                text,
                "if (Get-Command {client} -CommandType Application, ExternalScript -ErrorAction Ignore) {{\n  \
                 function global:{client} {{\n    \
                 $caulk = Get-Command caulk -CommandType Application -ErrorAction Ignore | Select-Object -First 1\n    \
                 $client = Get-Command {client} -CommandType Application, ExternalScript | Select-Object -First 1\n    \
                 if ($caulk) {{ & $caulk run --or-without '--' {client} @args }} else {{ & $client @args }}\n  }}\n}}"
            ),
        };
    }
    text
}
