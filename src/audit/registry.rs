//! Packages from a registry that the entry itself names.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{AutorunEntry, Severity};

pub(super) struct OtherRegistry;

const OPTIONS: &[&str] =
    &["--registry", "--index-url", "-i", "--extra-index-url", "--index", "--default-index", "--find-links", "-f"];
const VARIABLES: &[&str] = &[
    "NPM_CONFIG_REGISTRY",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "YARN_NPM_REGISTRY_SERVER",
    "BUN_CONFIG_REGISTRY",
];

impl Audit for OtherRegistry {
    fn meta(&self) -> &'static str {
        "mcp-other-registry"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live().filter(|entry| names_registry(entry)) {
            let why = "package from a registry named in the entry";
            out.extend(cx.judge(self.meta(), entry, Fault::Unseen(Severity::Medium), why));
        }
    }
}

/// Only where a package is fetched; `-i` means something else to other programs.
fn names_registry(entry: &AutorunEntry) -> bool {
    let Some(launch) = entry.launch.as_ref().filter(|launch| launch.package.is_some()) else { return false };
    let launcher = matches!(
        launch.program.as_str(),
        "npx" | "npm" | "pnpm" | "pnpx" | "yarn" | "bun" | "bunx" | "uv" | "uvx" | "pipx"
    );
    let package = launch.package.as_deref().unwrap_or_default();
    let option = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        OPTIONS.contains(&name)
            && (name.starts_with("--") || value.contains("://") || name == "-i" && launch.program.starts_with("uv"))
    };
    launcher
        && (arguments(launch).take_while(|word| *word != package).any(option)
            || entry.env.iter().any(|(name, _)| VARIABLES.contains(&name.to_ascii_uppercase().as_str())))
}
