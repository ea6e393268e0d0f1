//! An agent whose requests, with the key in them, go to another address than the vendor's.

use super::plaintext_remote::{host, is_loopback, is_plaintext_url};
use super::{Audit, AuditCx, Judgement};
use crate::model::{Evidence, Severity, Untrusted};
use crate::rules::place::Level;

pub(super) struct BaseUrl;

/// Variables of Claude Code, and the hosts that are the vendor's.
const VARIABLES: &[(&str, &str)] = &[
    ("ANTHROPIC_BASE_URL", "anthropic.com"),
    ("ANTHROPIC_BEDROCK_BASE_URL", "amazonaws.com"),
    ("ANTHROPIC_VERTEX_BASE_URL", "googleapis.com"),
    ("ANTHROPIC_FOUNDRY_BASE_URL", "azure.com"),
];

impl Audit for BaseUrl {
    fn meta(&self) -> &'static str {
        "claude-code-base-url"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if cx.surface.id != "claude-code.settings" {
            return;
        }
        let Some(tree) = &cx.doc.tree else { return };
        let Some(env) = tree.root().and_then(|root| tree.get(root, b"env")) else { return };
        for (name, vendor) in VARIABLES {
            let Some(node) = tree.get(env, name.as_bytes()) else { continue };
            let Some(text) = tree.text(node) else { continue };
            let shown = (cx.mask)(text.bytes());
            let Some((host, plain)) = off_vendor(shown.as_found(), vendor) else { continue };
            let (severity, why) = match cx.level {
                Level::Project => (Severity::Critical, "the repository decides where your key is sent"),
                _ if is_loopback(&host) => continue,
                Level::User if plain => (Severity::Medium, "your key is sent without TLS"),
                Level::User => (Severity::Low, "your key is sent to another address than the vendor's"),
                Level::System => (Severity::Info, "the administrator sends keys to another address than the vendor's"),
            };
            let evidence = Evidence { value: Some(Untrusted::new(host)), why: vec![why.into()], ..Evidence::default() };
            let pointer = vec!["env".to_owned(), (*name).to_owned()];
            out.extend(cx.judgement(self.meta(), severity, pointer, tree.span(node), evidence));
        }
    }
}

/// The host, and whether it is reached without TLS; `None` when it is the vendor's over TLS.
fn off_vendor(url: &str, vendor: &str) -> Option<(String, bool)> {
    let (_, rest) = url.trim().split_once("://")?;
    let host = host(rest).to_ascii_lowercase();
    let plain = is_plaintext_url(url);
    let of_vendor = host == vendor || host.strip_suffix(vendor).is_some_and(|front| front.ends_with('.'));
    (!of_vendor || plain).then_some((host, plain))
}

#[cfg(test)]
mod tests {
    use super::off_vendor;

    #[test]
    fn the_vendor_is_told_by_whole_labels() {
        assert_eq!(off_vendor("https://api.anthropic.com/v1", "anthropic.com"), None);
        assert!(off_vendor("https://notanthropic.com", "anthropic.com").is_some());
        assert!(off_vendor("https://api.anthropic.com.evil.example", "anthropic.com").is_some());
        assert!(off_vendor("https://api.anthropic.com@evil.example", "anthropic.com").is_some());
        assert!(off_vendor("http://api.anthropic.com", "anthropic.com").is_some());
    }
}
