//! Variables that load code into every program of a server.

use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;

pub(super) struct LoaderVariable;

/// Variables whose value is code, a library or a command, whatever it is.
const LOADERS: &[&str] = &[
    "LD_PRELOAD",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "PYTHONSTARTUP",
    "BASH_ENV",
    "ENV",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "PROMPT_COMMAND",
];

impl Audit for LoaderVariable {
    fn meta(&self) -> &'static str {
        "mcp-loader-variable"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            let loads = entry.env.iter().any(|(name, value)| loads(name, value.as_found()));
            if loads {
                out.extend(cx.judge(self.meta(), entry, Fault::Unseen(Severity::High), "variable that loads code"));
            }
        }
    }
}

fn loads(name: &str, value: &str) -> bool {
    match name {
        // Harmless options, memory limits for one, are common here.
        "NODE_OPTIONS" => value.split_whitespace().any(|word| {
            ["--require", "-r", "--import", "--loader", "--experimental-loader"]
                .contains(&word.split('=').next().unwrap_or(word))
        }),
        "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "JDK_JAVA_OPTIONS" => {
            value.contains("-javaagent") || value.contains("-agent")
        }
        // `ENV` also names a deployment: only a path is a start-up file.
        "ENV" => value.contains('/'),
        _ => !value.is_empty() && LOADERS.contains(&name),
    }
}
