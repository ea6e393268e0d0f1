//! Where the program lies that an entry starts: a folder others can write to, or the repository.

use super::line::{arguments, program};
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Launch, Severity};
use crate::rules::place::Level;

pub(super) struct TemporaryProgram;

impl Audit for TemporaryProgram {
    fn meta(&self) -> &'static str {
        "mcp-temporary-program"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            if entry.launch.as_ref().and_then(started).is_some_and(is_temporary) {
                let why = "program in a temporary or download folder";
                out.extend(cx.judge(self.meta(), entry, Fault::Unseen(Severity::High), why));
            }
        }
    }
}

pub(super) struct RelativeProgram;

impl Audit for RelativeProgram {
    fn meta(&self) -> &'static str {
        "mcp-relative-program"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if cx.level != Level::Project {
            return;
        }
        for entry in cx.live_servers() {
            if entry.launch.as_ref().and_then(started).is_some_and(is_relative) {
                // Where the product asks, a server of the project's own is what a project file is for.
                let fault = Fault::Usual(Severity::High);
                out.extend(cx.judge(self.meta(), entry, fault, "runs a program of the repository"));
            }
        }
    }
}

/// The file that really runs: the program, or the script that an interpreter is given.
pub(super) fn started(launch: &Launch) -> Option<&str> {
    let interpreters = [
        "node",
        "python",
        "py",
        "bash",
        "sh",
        "zsh",
        "dash",
        "fish",
        "deno",
        "bun",
        "tsx",
        "ruby",
        "php",
        "perl",
        "java",
        "powershell",
        "pwsh",
        "uv",
        "osascript",
        "go",
    ];
    let whole = program(launch);
    if !interpreters.contains(&launch.program.as_str()) {
        return (!whole.is_empty()).then_some(whole);
    }
    let script = arguments(launch).find(|word| !word.starts_with('-') && !matches!(*word, "run" | "tool" | "exec"));
    // A module name, or code on the command line, is no file.
    script.filter(|_| !arguments(launch).any(|word| matches!(word, "-m" | "-c" | "-e" | "--eval")))
}

fn is_temporary(path: &str) -> bool {
    let path = path.replace('\\', "/").to_ascii_lowercase();
    let starts = [
        "/tmp/",
        "/var/tmp/",
        "/private/tmp/",
        "/private/var/tmp/",
        "/dev/shm/",
        "c:/users/public/",
        "c:/windows/temp/",
        "c:/temp/",
    ];
    let inside = ["/appdata/local/temp/", "/downloads/", "%temp%/", "%tmp%/", "$tmpdir/", "${tmpdir}/", "$env:temp/"];
    starts.iter().any(|folder| path.starts_with(folder))
        || inside.iter().any(|folder| path.contains(folder))
        || path.starts_with("/var/folders/")
}

fn is_relative(path: &str) -> bool {
    let bytes = path.as_bytes();
    let absolute = matches!(bytes, [b'/' | b'\\' | b'~', ..] | [_, b':', ..]);
    let variable = path.starts_with('$') || path.starts_with('%');
    let workspace = path.starts_with("${workspaceFolder}")
        || path.starts_with("$CLAUDE_PROJECT_DIR")
        || path.starts_with("${CLAUDE_PROJECT_DIR}");
    // A bare name is found on PATH; a script with an extension is not.
    let file = path.contains(['/', '\\']) || path.rsplit_once('.').is_some_and(|(_, ext)| SCRIPTS.contains(&ext));
    workspace || !absolute && !variable && file && !path.contains("://")
}

const SCRIPTS: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "py", "sh", "rb", "php", "pl", "ps1", "bat", "cmd", "jar"];

#[cfg(test)]
mod tests {
    use super::{is_relative, is_temporary};

    #[test]
    fn places() {
        assert!(
            is_relative("./x")
                && is_relative("server.js")
                && is_relative("tools/mcp")
                && is_relative("${workspaceFolder}/x")
        );
        assert!(!is_relative("/opt/x") && !is_relative("npx") && !is_relative("C:\\x.exe") && !is_relative("$HOME/x"));
        assert!(
            is_temporary("/tmp/x") && is_temporary("C:\\Users\\ada\\Downloads\\x.exe") && !is_temporary("/opt/tmp/x")
        );
    }
}
