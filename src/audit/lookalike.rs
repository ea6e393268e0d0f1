//! A package whose name is one letter away from that of a well-known server: what a slip of the finger, or a model
//! that guesses, fetches and runs.
//!
//! Says nothing of a name that is only new. A scope belongs to its owner, so what is under a known one is not asked.

use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;

pub(super) struct Lookalike;

/// Well-known servers and agents, as their vendors publish them.
const KNOWN: &[&str] = &[
    "@modelcontextprotocol/server-filesystem",
    "@modelcontextprotocol/server-github",
    "@modelcontextprotocol/server-memory",
    "@modelcontextprotocol/server-postgres",
    "@modelcontextprotocol/server-sequential-thinking",
    "@modelcontextprotocol/server-everything",
    "@playwright/mcp",
    "@upstash/context7-mcp",
    "@supabase/mcp-server-supabase",
    "@sentry/mcp-server",
    "@notionhq/notion-mcp-server",
    "@cloudflare/mcp-server-cloudflare",
    "@anthropic-ai/claude-code",
    "@google/gemini-cli",
    "@openai/codex",
    "mcp-remote",
    "mcp-server-fetch",
    "mcp-server-git",
    "mcp-server-time",
    "chrome-devtools-mcp",
    "figma-developer-mcp",
    "firecrawl-mcp",
    "supergateway",
];
/// Shorter names are one letter from too many others.
const SHORTEST: usize = 9;

impl Audit for Lookalike {
    fn meta(&self) -> &'static str {
        "mcp-lookalike-package"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_servers() {
            let package = entry.launch.as_ref().and_then(|launch| launch.package.as_deref());
            let Some((severity, known)) = package.map(name).and_then(meant) else { continue };
            out.extend(cx.judge(self.meta(), entry, Fault::Unseen(severity), format!("its name is almost `{known}`")));
        }
    }
}

/// A package's name without its version.
fn name(spec: &str) -> &str {
    let scope = usize::from(spec.starts_with('@'));
    let end = spec[scope..].find(['@', '=', '[', '<', '>', '~']).map_or(spec.len(), |at| at + scope);
    &spec[..end]
}

/// Which known one a name could be meant to be, where it is none.
fn meant(name: &str) -> Option<(Severity, &'static str)> {
    let name = name.to_ascii_lowercase();
    let scope = |name: &str| name.split_once('/').map(|(scope, _)| scope.to_owned());
    if KNOWN.contains(&name.as_str()) || name.contains(':') {
        return None;
    }
    let Some(own) = scope(&name) else {
        let almost = |known: &&&str| {
            let joined = known.strip_prefix('@').is_some_and(|known| known.replace('/', "-") == name);
            joined || known.len() >= SHORTEST && is_one_apart(&name, known)
        };
        return KNOWN.iter().find(almost).map(|known| (Severity::Low, *known));
    };
    let is = |known: &&str, fits: &dyn Fn(&str) -> bool| scope(known).is_some_and(|scope| fits(&scope));
    if KNOWN.iter().any(|known| is(known, &|scope| scope == own)) {
        return None;
    }
    let almost = |known: &&&str| is(known, &|scope| scope.len() >= SHORTEST && is_one_apart(&own, scope));
    KNOWN.iter().find(almost).map(|known| (Severity::Medium, *known))
}

/// Whether two different names are one letter apart: added, left out, changed, or two of them swapped.
fn is_one_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([x, rest @ ..], [y, other @ ..]) => {
            let swapped = matches!((rest, other), ([y2, a @ ..], [x2, b @ ..]) if x == x2 && y == y2 && a == b);
            rest == other || rest == b || a == other || swapped
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{meant, name};
    use crate::model::Severity;

    #[test]
    fn names_that_are_almost_known() {
        for (spec, severity) in [
            ("@modelcontextprotocal/server-github@1.0.0", Severity::Medium),
            ("@modelcontext-protocol/server-github", Severity::Medium),
            ("@playwrigth/mcp@latest", Severity::Medium),
            ("mcp-remot", Severity::Low),
            ("mcp-romete==1", Severity::Low),
            ("mcp-server-gti", Severity::Low),
            ("playwright-mcp", Severity::Low),
        ] {
            let found = meant(name(spec)).map(|(severity, _)| severity);
            assert_eq!(found, (spec != "mcp-romete==1").then_some(severity), "{spec}");
        }
    }

    #[test]
    fn known_names_and_others_are_not() {
        for spec in [
            "@modelcontextprotocol/server-github@2025.4.8",
            "@modelcontextprotocol/server-new-one",
            "@acme/server-filesystem",
            "@acme/mcp",
            "mcp-remote@0.1.30",
            "mcp-server-sqlite",
            "mcp-server-acme",
            "exa-mcp",
            "github:acme/mcp-remot",
            "",
            "@",
            "@/",
        ] {
            assert_eq!(meant(name(spec)), None, "{spec}");
        }
    }
}
