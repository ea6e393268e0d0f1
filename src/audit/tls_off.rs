//! Servers told not to check certificates.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;

pub(super) struct TlsOff;

impl Audit for TlsOff {
    fn meta(&self) -> &'static str {
        "mcp-tls-off"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live() {
            let variable = entry.env.iter().any(|(name, value)| {
                matches!(name.as_str(), "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" | "GIT_SSL_VERIFY")
                    && matches!(value.as_found(), "0" | "false")
                    || name == "GIT_SSL_NO_VERIFY" && !value.is_empty()
            });
            let option = entry.launch.as_ref().is_some_and(|launch| {
                arguments(launch).any(|word| {
                    matches!(word, "--insecure" | "--no-check-certificate" | "--no-verify-ssl" | "--allow-http")
                })
            });
            if variable || option {
                out.extend(cx.judge(self.meta(), entry, Fault::Bad(Severity::Medium), "TLS checks are off"));
            }
        }
    }
}
