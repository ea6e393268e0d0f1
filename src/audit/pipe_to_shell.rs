//! A server whose command downloads code and runs it in one go.

use super::line::{ends_pipeline, fetches, interprets, tokens};
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Launch, Severity};

pub(super) struct PipeToShell;

impl Audit for PipeToShell {
    fn meta(&self) -> &'static str {
        "mcp-pipe-to-shell"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_servers() {
            if let Some(why) = entry.launch.as_ref().and_then(reason) {
                out.extend(cx.judge(self.meta(), entry, Fault::Bad(Severity::Critical), why));
            }
        }
    }
}

/// Why the command counts as running what it fetches; `None` when it does not, or goes through no
/// shell (then `|` is only a word).
pub(super) fn reason(launch: &Launch) -> Option<&'static str> {
    let tokens = tokens(launch.written.as_found());
    if encoded(launch, &tokens) {
        return Some("runs code that is hidden by an encoding");
    }
    if hosts_remote_code(launch) {
        return Some("downloads code and runs it");
    }
    if !launch.shell {
        return None;
    }
    shell_reason(&tokens)
}

/// The same of a line that is for a shell.
pub(super) fn shell_reason(tokens: &[String]) -> Option<&'static str> {
    if piped(tokens, fetches) || substituted(tokens) {
        return Some("downloads code and runs it");
    }
    if decodes_into_shell(tokens) {
        return Some("runs code that is hidden by an encoding");
    }
    if tokens.iter().any(|word| word.contains("/dev/tcp/") || word.contains("/dev/udp/")) {
        return Some("opens a raw network connection from the shell");
    }
    saved_and_run(tokens).then_some("downloads a file and runs it")
}

/// A source whose output reaches an interpreter through `|`.
fn piped(tokens: &[String], source: impl Fn(&str) -> bool) -> bool {
    let mut fed = false;
    let mut after_pipe = false;
    for token in tokens {
        if ends_pipeline(token) {
            (fed, after_pipe) = (false, false);
        } else if token == "|" {
            after_pipe = true;
        } else if source(token) {
            (fed, after_pipe) = (true, false);
        } else if fed && after_pipe && interprets(token) {
            return true;
        } else if !is_prefix(token) {
            after_pipe = false;
        }
    }
    false
}

/// Words that may stand before the interpreter: `| sudo -E bash`.
fn is_prefix(word: &str) -> bool {
    matches!(word, "sudo" | "doas" | "env" | "nohup" | "exec" | "command")
        || word.starts_with('-')
        || word.contains('=')
}

/// `sh -c "$(curl …)"`, `eval "$(curl …)"`, `bash <(curl …)`, `iex (irm …)`.
fn substituted(tokens: &[String]) -> bool {
    let opens = |at: usize| matches!(tokens[at].as_str(), "(" | "`");
    (1..tokens.len()).filter(|&at| fetches(&tokens[at]) && opens(at - 1)).any(|at| {
        let before = tokens[..at].iter().rev().take_while(|token| !ends_pipeline(token) && *token != "|");
        before.skip(1).take(6).any(|token| interprets(token) || token == "source" || token == ".")
    })
}

/// `base64 -d | sh`, `openssl enc -d … | sh`, `xxd -r -p | sh`.
fn decodes_into_shell(tokens: &[String]) -> bool {
    let decodes = ["-d", "-di", "--decode", "-r", "-decode"];
    let source = |word: &str| matches!(super::line::name(word), "base64" | "openssl" | "xxd" | "base32");
    piped(tokens, source) && tokens.iter().any(|word| decodes.contains(&word.as_str()))
}

/// PowerShell's `-EncodedCommand`, and interpreters given a decoder on their command line.
fn encoded(launch: &Launch, tokens: &[String]) -> bool {
    let switch =
        |word: &String| word.len() >= 2 && "-encodedcommand".starts_with(word.as_str()) && word.starts_with("-e");
    let powershell = tokens.iter().position(|word| matches!(super::line::name(word), "powershell" | "pwsh"));
    let inline = matches!(launch.program.as_str(), "python" | "node" | "perl" | "ruby" | "php" | "bun" | "deno")
        && tokens.iter().any(|word| matches!(word.as_str(), "-c" | "-e" | "--eval" | "-p" | "eval"));
    let text = launch.written.as_found();
    let decoder = ["b64decode", "base64,", "'base64'", "\"base64\"", "fromhex", "atob", "fromCharCode"]
        .iter()
        .any(|word| text.contains(word));
    let runner = ["exec", "eval", "Function", "spawn", "system"].iter().any(|word| text.contains(word));
    powershell.is_some_and(|at| tokens[at..].iter().any(switch)) || inline && decoder && runner
}

/// Programs of Windows that run what an address gives them: `mshta http://…`, `regsvr32 /i:http://…`,
/// `rundll32 javascript:…`, `msiexec /i http://…`.
fn hosts_remote_code(launch: &Launch) -> bool {
    let program = launch.program.to_ascii_lowercase();
    let program = program.strip_suffix(".exe").unwrap_or(&program);
    let hosts = matches!(program, "mshta" | "regsvr32" | "rundll32" | "msiexec" | "wscript" | "cscript");
    hosts
        && launch.argv.iter().skip(1).any(|word| {
            let word = word.as_found().to_ascii_lowercase();
            ["http://", "https://", "javascript:", "vbscript:"].iter().any(|scheme| word.contains(scheme))
        })
}

/// `curl -o x … && sh x`, `wget … ; chmod +x …`.
fn saved_and_run(tokens: &[String]) -> bool {
    let Some(fetch) = tokens.iter().position(|word| fetches(word)) else { return false };
    let after = &tokens[fetch..];
    let next = after.iter().position(|token| ends_pipeline(token)).map_or(&[][..], |end| &after[end..]);
    let starts = |at: usize| at == 0 || ends_pipeline(&next[at - 1]);
    next.iter()
        .enumerate()
        .any(|(at, word)| starts(at) && (interprets(word) || word == "chmod" || word.starts_with("./")))
}
