//! Commands that start by themselves and send something away.

use super::line::{self, ends_pipeline};
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;
use crate::rules::place::Level;

pub(super) struct SendsSecrets;

impl Audit for SendsSecrets {
    fn meta(&self) -> &'static str {
        "autorun-sends-secrets"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            let Some(launch) = &entry.launch else { continue };
            let text = launch.written.as_found().to_ascii_lowercase();
            if let Some(what) = reads(&text).filter(|_| sends(&text)) {
                let why = format!("sends {what} to another host");
                out.extend(cx.judge(self.meta(), entry, Fault::Bad(Severity::Critical), why));
            }
        }
    }
}

pub(super) struct Uploads;

impl Audit for Uploads {
    fn meta(&self) -> &'static str {
        "autorun-upload"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        let fault = Fault::Unseen(if cx.level == Level::Project { Severity::Medium } else { Severity::Low });
        for entry in cx.live_hooks() {
            if entry.launch.as_ref().is_some_and(|launch| uploads(launch.written.as_found())) {
                out.extend(cx.judge(self.meta(), entry, fault, "sends what it is handed to another host"));
            }
        }
    }
}

/// What of the secrets of a machine a command reads as a whole.
fn reads(text: &str) -> Option<&'static str> {
    // One variable is asked for by name; all of them only by what wants to have them.
    let whole = |name: &str| {
        text.match_indices(name).any(|(at, _)| !text[at + name.len()..].trim_start().starts_with(['.', '[', '?']))
    };
    let environment = whole("process.env") || whole("os.environ") || whole("deno.env.toobject");
    let printed = ["printenv", "$(env)", "env |", "env|", "/proc/self/environ", "get-childitem env:", "gci env:"];
    if environment || printed.iter().any(|word| text.contains(word)) {
        return Some("the environment");
    }
    let files =
        [".ssh/id_", ".npmrc", ".aws/credentials", ".netrc", ".git-credentials", ".docker/config.json", ".kube/config"];
    files.iter().any(|file| text.contains(file)).then_some("a file of secrets")
}

/// Whether a command talks to another host.
fn sends(text: &str) -> bool {
    let calls = [
        "fetch(",
        "http.request",
        "https.request",
        "http.get",
        "https.get",
        "axios",
        "xmlhttprequest",
        "requests.",
        "urlopen",
        "curl ",
        "wget ",
        "invoke-webrequest",
        "invoke-restmethod",
        "/dev/tcp/",
        "nc ",
        "sendbeacon",
    ];
    calls.iter().any(|call| text.contains(call))
}

/// Whether a line gives a program that fetches something to send.
fn uploads(text: &str) -> bool {
    let mut curl = false;
    for token in line::tokens(text) {
        if ends_pipeline(&token) {
            curl = false;
        } else if matches!(line::name(&token), "curl" | "wget") {
            curl = true;
        } else if curl {
            let sends = [
                "-d",
                "-f",
                "-t",
                "--data",
                "--form",
                "--upload-file",
                "--json",
                "--post-data",
                "--post-file",
                "--body",
            ];
            let long =
                token.starts_with("--") && sends.iter().any(|option| option.len() > 2 && token.starts_with(option));
            // Options in lower case: `-f` alone is curl's `--fail`, so the value must stand beside it.
            let short = token == "-d" || token.starts_with("-d@") || token == "-t";
            if long || short {
                return true;
            }
        }
    }
    false
}
