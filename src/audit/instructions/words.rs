//! Words of orders: files of secrets, verbs, places to send to, commands.

use super::passage::{Passage, start_of};
use crate::audit::line;

/// Bytes of a file's name, and options of a command, that are looked at.
const NAME: usize = 256;
const OPTIONS: usize = 64;

/// Phrases for what the user is not to know.
pub(super) const QUIET: &[&str] = &[
    "do not tell the user",
    "don't tell the user",
    "never tell the user",
    "without telling the user",
    "do not inform the user",
    "don't inform the user",
    "never inform the user",
    "without informing the user",
    "do not notify the user",
    "don't notify the user",
    "without notifying the user",
    "do not alert the user",
    "don't alert the user",
    "without alerting the user",
    "do not mention this to the user",
    "don't mention this to the user",
    "never mention this to the user",
    "do not mention it to the user",
    "don't mention it to the user",
    "do not let the user know",
    "don't let the user know",
    "hide this from the user",
    "hide it from the user",
    "conceal this from the user",
    "keep this secret from the user",
    "keep this hidden from the user",
    "without the user's knowledge",
    "without the user knowing",
    "the user must not know",
    "the user should not know",
    "do not reveal this to the user",
];

/// Verbs by which a file's content is taken.
pub(super) const READS: &[&str] = &[
    "read", "cat", "open", "collect", "gather", "copy", "get", "grab", "take", "extract", "load", "fetch", "include",
    "send", "post", "upload", "encode", "find", "dump", "print", "retrieve", "access", "attach",
];

/// Verbs by which it is handed on.
const HANDS: &[&str] = &[
    "send", "post", "upload", "transmit", "forward", "submit", "paste", "share", "publish", "curl", "append", "attach",
];

/// Files of secrets: what is looked for, and how it is named.
const FILES: &[(&str, &str)] = &[
    (".ssh/id_", ".ssh/id_"),
    ("~/.ssh", "~/.ssh"),
    ("$home/.ssh", "$home/.ssh"),
    ("id_rsa", "id_rsa"),
    ("id_ed25519", "id_ed25519"),
    (".aws/credentials", ".aws/credentials"),
    (".netrc", ".netrc"),
    (".git-credentials", ".git-credentials"),
    (".kube/config", ".kube/config"),
    (".docker/config.json", ".docker/config.json"),
    (".gnupg", ".gnupg"),
    ("/etc/shadow", "/etc/shadow"),
    (".npmrc", ".npmrc"),
    (".env", ".env"),
];

/// Whether a file is one that programs and people of a project work with.
pub(super) fn is_project_file(name: &str) -> bool {
    matches!(name, ".env" | ".npmrc" | ".docker/config.json" | ".kube/config")
}

/// The first file of secrets that a text names.
pub(super) fn secret_file(text: &str) -> Option<&'static str> {
    FILES
        .iter()
        .find(|(mark, _)| text.match_indices(mark).any(|(at, _)| is_file(text, at, mark)))
        .map(|(_, name)| *name)
}

/// Whether a name stands there as that of a file, and not of its harmless kin.
fn is_file(text: &str, at: usize, mark: &str) -> bool {
    let (before, after) = (&text[..at], start_of(&text[at + mark.len()..], NAME));
    let word: &str = after.split(|c: char| c.is_whitespace() || "`\"'),;|".contains(c)).next().unwrap_or_default();
    let kin =
        [".example", ".sample", ".template", ".dist", ".schema", ".defaults", "/config", "/known_hosts", "ironment"];
    if kin.iter().any(|kin| word.contains(kin)) || word.contains(".pub") {
        return false;
    }
    // `process.env` and `foo.npmrc` are other things.
    let named = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ']' | ')'));
    let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric()) || mark.ends_with('_');
    (named || mark.starts_with(".ssh") || mark.starts_with("id_")) && whole
}

/// Whether a sentence orders one of these things to be done: it begins with the verb, or a word of an order is
/// right before it.
pub(super) fn orders(sentence: &str, verbs: &[&str]) -> bool {
    let leads = [
        "",
        "then",
        "and",
        "first",
        "please",
        "must",
        "always",
        "you",
        "should",
        "also",
        "to",
        "next",
        "now",
        "silently",
        "quietly",
        "secretly",
        "immediately",
        "agent:",
        "assistant:",
        "finally",
        "important:",
        "run",
        "will",
        "system:",
    ];
    let mut before = "";
    for word in sentence.split_whitespace() {
        let word = word.trim_matches(|c: char| "`*_\"'(),.-:[]>#".contains(c) || c.is_ascii_digit());
        if word.is_empty() {
            continue;
        }
        if verbs.contains(&word) && leads.iter().any(|lead| lead.trim_end_matches(':') == before) {
            return true;
        }
        before = word;
    }
    false
}

/// Whether a sentence orders something to be sent to a place on the network.
pub(super) fn sends(sentence: &str) -> bool {
    let objects = [
        "content",
        " it ",
        " them ",
        "the file",
        "the key",
        "private key",
        "secrets",
        "credentials",
        " values",
        "everything",
        "the output",
        "attach",
        "include",
    ];
    let local = ["localhost", "127.0.0.1", "0.0.0.0", "example.test"];
    let url = sentence.contains("http://") || sentence.contains("https://");
    let places = ["webhook", "gist", "pastebin", "external server", "remote server", "our server", "ngrok"];
    let away =
        (url && !local.iter().any(|host| sentence.contains(host))) || places.iter().any(|p| sentence.contains(p));
    away && objects.iter().any(|object| sentence.contains(object)) && orders(sentence, HANDS)
}

/// The secret file that a command line sends away: as data, or through a pipe.
pub(super) fn sending_command(line: &str) -> Option<&'static str> {
    secret_file(line)?;
    if ["localhost", "127.0.0.1"].iter().any(|host| line.contains(host)) {
        return None;
    }
    line.split("&&").flat_map(|part| part.split(';')).find_map(|command| {
        let what = secret_file(command)?;
        let sender = ["curl ", "wget ", "nc ", "ncat ", "invoke-restmethod ", "invoke-webrequest ", "irm ", "iwr "];
        let at = sender.iter().filter_map(|word| command.find(word)).min()?;
        let (before, after) = (&command[..at], &command[at..]);
        // A field that is picked out of a file is for the program that it is handed to.
        let picks = ["grep", "cut ", "awk", "sed ", "jq ", "xargs"].iter().any(|word| command.contains(word));
        let piped = !picks && secret_file(before).is_some() && before.contains('|') && is_read(before);
        let data = after.match_indices('@').take(OPTIONS).any(|(at, _)| {
            let file = start_of(&after[at + 1..], NAME).split_whitespace().next().unwrap_or_default();
            secret_file(file).is_some()
        });
        let inlined = !picks
            && ["$(cat ", "$(<", "`cat ", "$(base64 "].iter().any(|open| {
                after
                    .split(open)
                    .skip(1)
                    .any(|rest| secret_file(rest.split([')', '`']).next().unwrap_or_default()).is_some())
            });
        let uploads = ["--upload-file ", "-t ", "--post-file="].iter().any(|option| {
            after
                .split(option)
                .skip(1)
                .any(|rest| secret_file(rest.split_whitespace().next().unwrap_or_default()).is_some())
        });
        (piped || data || inlined || uploads).then_some(what)
    })
}

/// Whether a command reads a file's content.
pub(super) fn is_read(command: &str) -> bool {
    let programs = [
        "cat",
        "head",
        "tail",
        "base64",
        "xxd",
        "strings",
        "less",
        "more",
        "tar",
        "zip",
        "openssl",
        "type",
        "get-content",
        "gc",
    ];
    line::tokens(command).iter().any(|word| programs.contains(&line::name(word)))
}

/// Whether a line may have a program that fetches.
pub(super) fn may_fetch(line: &str) -> bool {
    let has = |word: &str| memchr::memmem::find(line.as_bytes(), word.as_bytes()).is_some();
    ["curl", "wget", "iwr", "irm", "Invoke-", "invoke-", "base64", "/dev/tcp"].iter().any(|word| has(word))
}

/// Whether a passage has a command that fetches, hides or lays open.
pub(super) fn has_risky_command(passage: &Passage) -> bool {
    let text: &str = &passage.text;
    let code = passage.fenced || text.contains('`');
    let fetches = ["curl ", "wget ", "nc ", "base64 ", "invoke-restmethod ", "invoke-webrequest ", "crontab", "eval "];
    (code && fetches.iter().any(|word| text.contains(word)))
        || secret_file(text).is_some_and(|what| !is_project_file(what))
}
