//! Remote servers without TLS, given as a URL or to a bridge such as mcp-remote.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{AutorunEntry, Severity, Transport};

pub(super) struct PlaintextRemote;

impl Audit for PlaintextRemote {
    fn meta(&self) -> &'static str {
        "mcp-plaintext-remote"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            if !is_plaintext(entry) {
                continue;
            }
            let (severity, why) = if carries_secret(entry) {
                (Severity::High, "sends a credential without TLS")
            } else {
                (Severity::Medium, "connects without TLS")
            };
            out.extend(cx.judge(self.meta(), entry, Fault::Bad(severity), why));
        }
    }
}

fn is_plaintext(entry: &AutorunEntry) -> bool {
    match (&entry.transport, &entry.launch) {
        (Transport::Remote(url), _) => is_plaintext_url(url.as_found()),
        (_, Some(launch)) => {
            let package = launch.package.as_deref().unwrap_or_default();
            let bridge = ["mcp-remote", "supergateway", "mcp-proxy"].iter().any(|name| {
                package.rsplit('/').next().is_some_and(|package| package.split(['@', '=']).next() == Some(*name))
                    || launch.program == *name
            });
            bridge && arguments(launch).any(is_plaintext_url)
        }
        _ => false,
    }
}

/// A header or a userinfo; masked text keeps that they are there.
fn carries_secret(entry: &AutorunEntry) -> bool {
    let header = |launch: &crate::model::Launch| {
        arguments(launch).any(|word| word.to_ascii_lowercase().contains("authorization"))
    };
    !entry.secrets.is_empty()
        || entry.launch.as_ref().is_some_and(header)
        || matches!(&entry.transport, Transport::Remote(url) if url.as_found().contains('@'))
}

/// Whether a URL is plain http to another machine.
pub(super) fn is_plaintext_url(url: &str) -> bool {
    let lower = url.trim().to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("http://").or_else(|| lower.strip_prefix("ws://")) else { return false };
    !is_loopback(host(rest))
}

/// The host of what follows `scheme://`.
pub(crate) fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Whether a name is `host` or below it.
pub(super) fn is_below(name: &str, host: &str) -> bool {
    name.strip_suffix(host).is_some_and(|head| head.is_empty() || head.ends_with('.'))
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback() || address.is_unspecified());
    let v6 = host.parse::<std::net::Ipv6Addr>().is_ok_and(|address| address.is_loopback());
    v4 || v6 || host == "localhost" || host.ends_with(".localhost") || host == "host.docker.internal"
}

#[cfg(test)]
mod tests {
    use super::is_plaintext_url;

    #[test]
    fn only_http_to_other_machines() {
        assert!(is_plaintext_url("http://mcp.example.com/sse") && is_plaintext_url("HTTP://10.0.0.7:80"));
        for fine in
            ["https://a.example", "http://localhost:3000", "http://127.0.0.1/x", "http://[::1]:8080/", "unix:///x"]
        {
            assert!(!is_plaintext_url(fine), "{fine}");
        }
        assert!(is_plaintext_url("http://localhost@evil.example/"));
        assert!(is_plaintext_url("http://localhost.evil.example/"));
    }
}
