//! What a launcher fetches before it runs: npx, uvx, docker and their like.
//!
//! Options are known by their arity, so that an option's value is not taken for a package. How a
//! specifier pins is `package`'s business.

use super::package;
use super::words::{Word, basename, lossy, own};
use crate::model::Pin;

/// The specifier that a launcher fetches, and how it is pinned; `None` when nothing is fetched.
/// Of several the worst pinned one.
pub(super) fn fetched(words: &[Word]) -> Option<(Word, Pin)> {
    let program = basename(words.first()?);
    match program.as_str() {
        "npx" | "bunx" | "pnpx" => node(words, 1),
        "npm" => node(words, subcommand(words, &["exec", "x"])?),
        "pnpm" | "yarn" => node(words, subcommand(words, &["dlx"])?),
        "bun" => node(words, subcommand(words, &["x"])?),
        "uvx" => python(words, 1, "--from", true),
        "uv" => match subcommand(words, &["tool"]) {
            Some(at) => python(words, subcommand_at(words, at, &["run"])?, "--from", true),
            None => python(words, subcommand(words, &["run"])?, "--with", false),
        },
        "pipx" => python(words, subcommand(words, &["run"])?, "--spec", true),
        "docker" | "podman" | "nerdctl" => container(words),
        "deno" => {
            let at = subcommand(words, &["run", "x", "serve"])?;
            one(words, skip_options(words, at, DENO_VALUES), package::deno)
        }
        "go" => one(words, skip_options(words, subcommand(words, &["run"])?, &["-C", "-exec", "-tags"]), package::go),
        "nix" => {
            one(words, skip_options(words, subcommand(words, &["run", "shell"])?, &["--inputs-from"]), package::nix)
        }
        "dnx" | "jbang" => one(words, skip_options(words, 1, &["--source", "--add-source"]), dotted),
        _ => None,
    }
}

const NODE_VALUES: &[&str] = &[
    "-c",
    "--call",
    "--registry",
    "--cache",
    "--prefix",
    "--userconfig",
    "-w",
    "--workspace",
    "--loglevel",
    "--shell",
    "--node-options",
    "--script-shell",
    "--reporter",
    "-C",
    "--dir",
    "--cwd",
];
const PYTHON_VALUES: &[&str] = &[
    "-p",
    "--python",
    "--with-requirements",
    "--with-editable",
    "-i",
    "--index-url",
    "--index",
    "--default-index",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--directory",
    "--project",
    "--cache-dir",
    "--env-file",
    "-c",
    "--constraints",
    "--overrides",
    "--pip-args",
    "--backend",
    "--config-file",
    "--color",
    "--keyring-provider",
    "--refresh-package",
    "--reinstall-package",
    "-P",
    "--upgrade-package",
    "--group",
    "--extra",
    "--package",
];
const DENO_VALUES: &[&str] = &["-c", "--config", "--import-map", "--cert", "--location", "--seed", "-L", "--log-level"];
/// Options of `docker run` that take no value; every other one does.
const CONTAINER_FLAGS: &[&str] = &[
    "--rm",
    "-i",
    "-t",
    "-d",
    "-P",
    "-it",
    "-ti",
    "-id",
    "-di",
    "-itd",
    "-dit",
    "--interactive",
    "--tty",
    "--detach",
    "--init",
    "--privileged",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--sig-proxy",
    "--disable-content-trust",
    "-q",
    "--quiet",
    "--replace",
    "--tls-verify",
    "--rmi",
    "--help",
];

/// npx and its like: `-p` names packages, else the first word that is no option.
fn node(words: &[Word], from: usize) -> Option<(Word, Pin)> {
    let (mut specs, first) = options_and_first(words, from, &["-p", "--package"], NODE_VALUES);
    // `pnpm --package=x dlx y`
    specs.extend(words.get(1..from)?.iter().filter_map(|word| word.strip_prefix(b"--package=").map(own)));
    if specs.is_empty() {
        specs.extend(first);
    }
    worst(specs, package::npm)
}

/// uvx, pipx and `uv run`: `named` holds the specifier; `positional` says whether the first word
/// that is no option is one too. `--with` adds more.
fn python(words: &[Word], from: usize, named: &str, positional: bool) -> Option<(Word, Pin)> {
    let (mut main, first) = options_and_first(words, from, &[named], &[PYTHON_VALUES, &["--with"]].concat());
    let (with, _) = options_and_first(words, from, &["--with"], &[PYTHON_VALUES, &[named]].concat());
    let remote = first.as_ref().is_some_and(|word| memchr::memmem::find(word, b"://").is_some());
    if main.is_empty() && (positional || remote) {
        main.extend(first);
    }
    main.extend(with);
    let (lists, single): (Vec<Word>, Vec<Word>) = main.into_iter().partition(|word| word.contains(&b','));
    let pieces = lists.iter().flat_map(|list| list.split(|b| *b == b',')).map(own);
    worst(single.into_iter().chain(pieces).collect(), package::python)
}

/// `docker run`: the image is the first word that is neither an option nor an option's value.
fn container(words: &[Word]) -> Option<(Word, Pin)> {
    let mut at = subcommand(words, &["run", "container"])?;
    if basename(&words[at - 1]) == "container" {
        at = subcommand_at(words, at, &["run"])?;
    }
    while let Some(word) = words.get(at) {
        if !word.starts_with(b"-") {
            return one(words, at, package::image);
        }
        let option = lossy(word);
        at += if option.contains('=') || CONTAINER_FLAGS.contains(&option.as_str()) { 1 } else { 2 };
    }
    None
}

/// `group:artifact:1.2.3` and `name@1.2.3`.
fn dotted(spec: &str) -> Pin {
    match spec.rsplit_once([':', '@']) {
        Some((_, version)) if package::npm(&format!("x@{version}")) == Pin::Exact => Pin::Exact,
        Some((_, version)) if version.starts_with("//") => Pin::None,
        None if spec.contains(['/', '\\']) || package::has_extension(spec, &["java"]) => Pin::Local,
        _ => Pin::None,
    }
}

fn one(words: &[Word], at: usize, pin: impl Fn(&str) -> Pin) -> Option<(Word, Pin)> {
    worst(words.get(at).cloned().into_iter().collect(), pin)
}

/// The worst pinned of several; nothing when all are local.
fn worst(specs: Vec<Word>, pin: impl Fn(&str) -> Pin) -> Option<(Word, Pin)> {
    let badness = |pin: Pin| match pin {
        Pin::Local => 0,
        Pin::Exact => 1,
        Pin::Tag => 2,
        Pin::None => 3,
    };
    let mut worst: Option<(Word, Pin)> = None;
    for spec in specs {
        let pin = pin(lossy(&spec).as_str());
        if pin != Pin::Local && worst.as_ref().is_none_or(|(_, other)| badness(pin) > badness(*other)) {
            worst = Some((spec, pin));
        }
    }
    worst
}

/// Values of the `named` options, and the first word that is neither an option nor a value.
fn options_and_first(words: &[Word], from: usize, named: &[&str], with_value: &[&str]) -> (Vec<Word>, Option<Word>) {
    let mut values = Vec::new();
    let mut at = from;
    while let Some(word) = words.get(at) {
        if word.as_slice() == b"--" {
            return (values, words.get(at + 1).cloned());
        }
        if !word.starts_with(b"-") {
            return (values, Some(word.clone()));
        }
        let text = lossy(word);
        if let Some((name, value)) = text.split_once('=') {
            if named.contains(&name) {
                values.push(own(value.as_bytes()));
            }
        } else if named.contains(&text.as_str()) {
            at += 1;
            values.extend(words.get(at).cloned());
        } else if with_value.contains(&text.as_str()) {
            at += 1;
        }
        at += 1;
    }
    (values, None)
}

/// The index of the first word from `from` on that is neither an option nor a value of one.
pub(super) fn skip_options(words: &[Word], from: usize, with_value: &[&str]) -> usize {
    let mut at = from;
    while let Some(word) = words.get(at).filter(|word| word.starts_with(b"-") && word.len() > 1) {
        at += if with_value.contains(&lossy(word).as_str()) { 2 } else { 1 };
        if word.as_slice() == b"--" {
            break;
        }
    }
    at
}

/// The index past the sub-command, when it is one of `names`.
fn subcommand(words: &[Word], names: &[&str]) -> Option<usize> {
    subcommand_at(words, 1, names)
}

fn subcommand_at(words: &[Word], from: usize, names: &[&str]) -> Option<usize> {
    let global = &[
        "--context",
        "-H",
        "--host",
        "-c",
        "--config",
        "-l",
        "--log-level",
        "--prefix",
        "--cwd",
        "--dir",
        "-C",
        "--directory",
        "--project",
    ];
    let at = skip_options(words, from, global);
    names.contains(&lossy(words.get(at)?).as_str()).then_some(at + 1)
}

pub(super) fn second(words: &[Word], names: &[&str]) -> bool {
    subcommand(words, names).is_some()
}
