//! The words that rule data may use, list by list.
//!
//! Shared with the build script like [`super::vet`], which holds the data to them. Nothing but lists.

/// Words of `severity`.
pub const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
/// Words of `confidence`.
pub const CONFIDENCES: &[&str] = &["low", "medium", "high"];
/// Words of `category`.
pub const CATEGORIES: &[&str] = &["credential", "auto-exec", "posture", "injection", "compromise"];
/// Words of a surface's `format`.
pub const FORMATS: &[&str] = &[
    "text",
    "dotenv",
    "ini",
    "npmrc",
    "gitconfig",
    "git-credentials",
    "shell-rc",
    "shell-history",
    "fish-variables",
    "json",
    "jsonl",
    "toml",
    "yaml",
    "http",
    "properties",
    "hcl",
    "xml",
    "plist",
    "sqlite",
    "private-key",
    "environ",
    "netrc",
    "pgpass",
    "my-cnf",
    "svn-auth",
    "erlang",
    "secret-lines",
    "leveldb",
    "packages",
];
/// Words of a mark's `format`: those whose fields can be one.
pub const MARK_FORMATS: &[&str] = &["json", "yaml", "toml", "ini", "gitconfig", "plist"];
/// Words of a secret field's `as`.
pub const FORMS: &[&str] = &["value", "named", "guessed", "public", "header", "basic", "base64", "url", "arguments"];
/// Words of `mcp` and `starts`: nobody is asked, somebody is, or only for what comes with a project.
pub const STARTS: &[&str] = &["unasked", "asked", "asked-in-projects"];
/// Words of a stored decision's `how`, as `surface::How` has them.
pub const DECISIONS: &[&str] = &[
    "folder",
    "parent",
    "project",
    "refused",
    "digest",
    "digest-refused",
    "link",
    "link-refused",
    "codex-hook",
    "cursor-server",
];
/// Words of a surface's `lists`: what `components::read` knows, and two kinds of folders.
pub const LISTS: &[&str] = &[
    "npm-lock",
    "npm-package",
    "pnpm-lock",
    "yarn-lock",
    "bun-lock",
    "cargo-lock",
    "python-lock",
    "pipfile-lock",
    "requirements",
    "gemfile-lock",
    "composer-lock",
    "go-sum",
    "vscode-extensions",
    "node-modules",
    "site-packages",
];
/// Words of ecosystems in catalogs, as `model::Ecosystem` has them.
pub const ECOSYSTEMS: &[&str] = &["npm", "pypi", "vscode", "cargo", "gem", "packagist", "go"];
/// Words of a setting's `operator`.
pub const OPERATORS: &[&str] = &["is", "is-not", "contains", "matches", "present", "above", "below"];
/// Words of a recipe's `edit`.
pub const EDITS: &[&str] = &[
    "npm-line",
    "npm-url",
    "git-store",
    "git-url",
    "git-header",
    "mcp-env",
    "mcp-header",
    "mend-setting",
    "mend-pin",
    "mend-task",
    "mend-entry",
    "mend-hook",
    "mend-open",
    "mend-mode",
    "by-hand",
    "leave",
];
/// Words of a rule's `check`: the closed set that `detect::check` implements.
pub const CHECKS: &[&str] = &[
    "age-bech32",
    "anthropic-tail",
    "atlassian-crc32",
    "aws-bedrock",
    "aws-key-id",
    "azure-cask",
    "azure-devops",
    "azure-entra",
    "azure-his",
    "azure-sas",
    "base58check",
    "base64url-32",
    "bip39",
    "cloudflare-crc32",
    "cloudflare-tunnel",
    "confluent-crc32",
    "discord-structure",
    "fly-macaroon",
    "github-crc32",
    "github-sha256",
    "gitlab-crc32",
    "grafana-cloud",
    "grafana-crc32",
    "grafana-legacy",
    "groq-infix",
    "jfrog-reference",
    "jwt",
    "npm-crc32",
    "nsec-bech32",
    "numbered-base64",
    "onepassword-account",
    "pypi-macaroon",
    "sentry-org",
    "snyk-expiry",
    "stellar-crc16",
    "supabase-sha256",
    "telegram-structure",
    "vercel-crc32",
    "wireguard-clamp",
    "zuplo-crc32",
];
