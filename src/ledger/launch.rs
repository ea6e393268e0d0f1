//! Reading a command past its wrappers: which program runs, what it fetches, how that is pinned.
//!
//! Knows launchers by name and their options' arity; resolves nothing on disk and runs nothing.

use super::Mask;
use super::fetch::{fetched, second, skip_options};
use super::words::{self, WORDS, Word, basename, lower};
use crate::model::{Launch, Pin, Untrusted};

/// Wrappers and shells inside each other.
const DEPTH: usize = 8;

/// Reads a command given as a program and its arguments.
#[must_use]
pub fn of_words(argv: &[&[u8]], mask: Mask<'_>) -> Launch {
    // A server with sealed secrets is shown, and judged, by its own command.
    let argv = handed(argv).map_or(argv, |at| &argv[at..]);
    let written = argv.iter().take(WORDS).map(|word| quoted(word, mask)).collect::<Vec<_>>().join(" ");
    let words: Vec<Word> = match argv {
        // Some files hold the whole line in `command`. A path with a blank in it is no line.
        [line] if is_line(line) => return of_line(line, mask),
        _ => argv.iter().take(WORDS).map(|word| words::own(word)).collect(),
    };
    finish(words, false, written, mask)
}

/// Where the command begins that `caulk run` starts.
fn handed<W: AsRef<[u8]>>(words: &[W]) -> Option<usize> {
    let word = |at: usize| words.get(at).map_or(&b""[..], AsRef::as_ref);
    if basename(word(0)) != "caulk" {
        return None;
    }
    let mut at = 1;
    while word(at).starts_with(b"-") {
        at += 1;
    }
    if word(at) != b"run" {
        return None;
    }
    at += 1;
    while word(at).starts_with(b"-") {
        let option = word(at);
        at += if matches!(option, b"--with" | b"--store") { 2 } else { 1 };
        if option == b"--" {
            break;
        }
    }
    (at < words.len()).then_some(at)
}

/// Reads a command given as a line for a shell.
#[must_use]
pub fn of_line(line: &[u8], mask: Mask<'_>) -> Launch {
    let split = words::split(line);
    let needs_shell = split.needs_shell;
    finish(main_command(split.commands), needs_shell, shown(line, mask), mask)
}

fn finish(words: Vec<Word>, shell: bool, written: String, mask: Mask<'_>) -> Launch {
    let (words, through_shell) = unwrapped(words);
    let fetched = fetched(&words);
    Launch {
        written: Untrusted::new(written),
        program: words.first().map(|word| known_or_masked(word, mask)).unwrap_or_default(),
        package: fetched.as_ref().map(|(spec, _)| shown(spec, mask)),
        pin: fetched.map_or(Pin::Local, |(_, pin)| pin),
        shell: shell || through_shell,
        argv: words.iter().map(|word| Untrusted::new(shown(word, mask))).collect(),
    }
}

/// Strips wrappers and shells; says whether one of them is a shell that is given a script.
fn unwrapped(mut words: Vec<Word>) -> (Vec<Word>, bool) {
    let mut shell = false;
    for _ in 0..DEPTH {
        let lead = words.iter().take_while(|word| words::is_assignment(word)).count();
        words.drain(..lead);
        let Some(program) = words.first().map(|word| basename(word)) else { break };
        if let Some(script) = script(&program, &words) {
            let split = words::split(&words::joined(&words[script..]));
            // `cmd /c npx …` is how Windows starts a script; only a real line counts as a shell.
            shell |= program != "cmd" || split.needs_shell;
            words = main_command(split.commands);
        } else if let Some(rest) = wrapped(&program, &words) {
            words.drain(..rest.min(words.len()));
        } else {
            break;
        }
    }
    (words, shell)
}

/// Where the script begins that a shell is given; `None` for another program or a script file.
fn script(program: &str, words: &[Word]) -> Option<usize> {
    let after = |is_switch: &dyn Fn(&str) -> bool| {
        let at = words.iter().skip(1).position(|word| is_switch(lower(word).as_str()))?;
        (at + 2 < words.len()).then_some(at + 2)
    };
    match program {
        // Options that take no value may come first: `bash -l -c`, `bash -lc`.
        "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" | "fish" => {
            let at =
                words.iter().skip(1).take_while(|word| word.starts_with(b"-")).position(|word| {
                    !word.starts_with(b"--") && word.ends_with(b"c") || word.as_slice() == b"--command"
                })?;
            (at + 2 < words.len()).then_some(at + 2)
        }
        "cmd" => after(&|word| matches!(word, "/c" | "/k")),
        "powershell" | "pwsh" => after(&|word| matches!(word, "-c" | "-command" | "/c" | "/command")),
        _ => None,
    }
}

/// How many words a wrapper takes; `None` for a program that is none.
fn wrapped(program: &str, words: &[Word]) -> Option<usize> {
    let past_dashes = || words.iter().position(|word| word.as_slice() == b"--").map(|at| at + 1);
    let options = |with_value: &[&str], operands: usize| Some(skip_options(words, 1, with_value) + operands);
    match program {
        "env" => {
            let at = skip_options(words, 1, &["-u", "--unset", "-C", "--chdir"]);
            Some(at + words.iter().skip(at).take_while(|word| words::is_assignment(word)).count())
        }
        "sudo" | "doas" => options(&["-u", "--user", "-g", "--group", "-h", "-p", "-C", "-D"], 0),
        "nice" => options(&["-n", "--adjustment"], 0),
        "ionice" => options(&["-c", "-n"], 0),
        "stdbuf" => options(&["-i", "-o", "-e"], 0),
        "nohup" | "time" | "exec" | "command" | "setsid" | "caffeinate" => options(&[], 0),
        "timeout" => options(&["-k", "-s"], 1),
        "wsl" => options(&["-d", "--distribution", "-u", "--user", "--cd"], 0),
        "mise" | "rtx" | "asdf" if second(words, &["exec", "x"]) => past_dashes(),
        "op" | "doppler" | "infisical" | "dotenvx" | "aws-vault" | "teller" | "chamber"
            if second(words, &["run", "exec"]) =>
        {
            past_dashes()
        }
        "caulk" => handed(words),
        "dotenv" => past_dashes(),
        "direnv" if second(words, &["exec"]) => Some(3),
        _ => None,
    }
}

/// Of the commands of a line the one that fetches, else the first that does more than prepare.
fn main_command(commands: Vec<Vec<Word>>) -> Vec<Word> {
    let prepares = |words: &[Word]| {
        let program = words.iter().find(|word| !words::is_assignment(word)).map(|word| basename(word));
        program.is_none_or(|program| {
            matches!(program.as_str(), "cd" | "export" | "set" | "source" | "." | "test" | "[" | "true" | ":")
        })
    };
    let fetches = |words: &Vec<Word>| {
        let at = words
            .iter()
            .position(|word| !words::is_assignment(word) && !matches!(word.as_slice(), b"exec" | b"command"));
        at.is_some_and(|at| fetched(&words[at..]).is_some())
    };
    let chosen = commands.iter().position(fetches).or_else(|| commands.iter().position(|words| !prepares(words)));
    commands.into_iter().nth(chosen.unwrap_or(0)).unwrap_or_default()
}

/// Whether one string is a whole line: it begins with a program known by name, and a blank.
fn is_line(text: &[u8]) -> bool {
    let Some(blank) = text.iter().position(u8::is_ascii_whitespace) else { return false };
    let program = basename(&text[..blank]);
    PROGRAMS.contains(&program.as_str())
}

/// Programs whose names are safe to show and that a line may begin with.
const PROGRAMS: &[&str] = &[
    "npx",
    "npm",
    "pnpm",
    "pnpx",
    "yarn",
    "bun",
    "bunx",
    "node",
    "deno",
    "tsx",
    "uv",
    "uvx",
    "pipx",
    "python",
    "py",
    "docker",
    "podman",
    "nerdctl",
    "go",
    "cargo",
    "dotnet",
    "dnx",
    "java",
    "jbang",
    "nix",
    "ruby",
    "php",
    "perl",
    "sh",
    "bash",
    "zsh",
    "dash",
    "ash",
    "ksh",
    "fish",
    "cmd",
    "powershell",
    "pwsh",
    "env",
    "sudo",
    "doas",
    "nice",
    "nohup",
    "time",
    "timeout",
    "wsl",
    "mise",
    "op",
    "doppler",
    "infisical",
    "dotenv",
    "dotenvx",
    "direnv",
    "caulk",
    "curl",
    "wget",
    "osascript",
];

fn known_or_masked(word: &[u8], mask: Mask<'_>) -> String {
    let name = basename(word);
    if PROGRAMS.contains(&name.as_str()) {
        return name;
    }
    let shown = shown(word, mask);
    shown.rsplit(['/', '\\']).next().unwrap_or(&shown).to_owned()
}

/// A word as a report may show it: masked, and URLs without userinfo and query.
pub(super) fn shown(word: &[u8], mask: Mask<'_>) -> String {
    let text = mask(word).as_found().to_owned();
    if text.contains("://") { without_userinfo(&text) } else { text }
}

/// Replaces userinfo and query of every URL in a text.
fn without_userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        out.push_str(&rest[..at + 3]);
        rest = &rest[at + 3..];
        let end =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | ')' | '|')).unwrap_or(rest.len());
        let url = &rest[..end];
        let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
        let host = url[..authority].rfind('@').map_or(0, |at| at + 1);
        if host > 0 {
            out.push_str("…@");
        }
        let query = url.find('?').unwrap_or(url.len()).max(host);
        out.push_str(&url[host..query]);
        if query < url.len() {
            out.push_str("?…");
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

fn quoted(word: &[u8], mask: Mask<'_>) -> String {
    let text = shown(word, mask);
    if text.is_empty() || text.contains(char::is_whitespace) { format!("'{text}'") } else { text }
}
