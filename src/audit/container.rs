//! Containers that can reach the whole machine.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Launch, Severity};

pub(super) struct PrivilegedContainer;

impl Audit for PrivilegedContainer {
    fn meta(&self) -> &'static str {
        "mcp-privileged-container"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            for (severity, why) in entry.launch.as_ref().map(reasons).unwrap_or_default() {
                out.extend(cx.judge(self.meta(), entry, Fault::Unseen(severity), why));
            }
        }
    }
}

fn reasons(launch: &Launch) -> Vec<(Severity, &'static str)> {
    if !matches!(launch.program.as_str(), "docker" | "podman" | "nerdctl") {
        return Vec::new();
    }
    let mut found = Vec::new();
    // Options end where the image stands; what follows is the server's own.
    let image = launch.package.as_deref().unwrap_or_default();
    let mut words = arguments(launch).take_while(|word| image.is_empty() || *word != image).peekable();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with('-') => (name, value),
            _ => (word, words.peek().copied().unwrap_or_default()),
        };
        match name {
            "--privileged" if value != "false" => found.push((Severity::High, "privileged container")),
            "-v" | "--volume" | "--mount" => found.extend(mount(value)),
            "--network" | "--net" if value == "host" => {
                found.push((Severity::Medium, "container on the host's network"));
            }
            "--pid" | "--ipc" | "--userns" if value == "host" => {
                found.push((Severity::High, "container in the host's namespaces"));
            }
            "--cap-add" if matches!(value.to_ascii_lowercase().as_str(), "all" | "sys_admin" | "cap_sys_admin") => {
                found.push((Severity::High, "privileged container"));
            }
            _ => {}
        }
    }
    found
}

fn mount(value: &str) -> Option<(Severity, &'static str)> {
    let source = value.split(',').find_map(|part| part.strip_prefix("source=").or(part.strip_prefix("src=")));
    let source = source.unwrap_or_else(|| value.split(':').next().unwrap_or(value));
    if source.contains("docker.sock") || source.contains("podman.sock") {
        return Some((Severity::High, "container controls the container engine"));
    }
    matches!(source, "/" | "~" | "$HOME" | "${HOME}" | "/etc" | "/root" | "/home" | "/Users" | "//" | "C")
        .then_some((Severity::High, "container is given the whole disk or home"))
}
