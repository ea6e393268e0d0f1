//! Clients that may be installed by a package manager: what their own commands write is found.
//!
//! `.ci/clients` installs them and runs these tests; elsewhere a missing one is said and left out.

use crate::common::desk::{Desk, make, skipped};
use caulk::model::{Category, Severity};
use std::fmt::Write as _;

/// A client, the commands that give it a secret, and where it puts it.
struct Client {
    /// The program, and a word to look for where that differs.
    program: &'static str,
    /// Commands, words divided by `|`; `{}` is the secret.
    commands: &'static [&'static str],
    /// The secret, as a template.
    secret: &'static str,
    /// The file it must be found in; the secret may be encoded there.
    file: &'static str,
    /// The rule it must be found by.
    rule: &'static str,
    /// What is typed.
    input: &'static str,
}

const fn client(
    program: &'static str,
    commands: &'static [&'static str],
    secret: &'static str,
    file: &'static str,
    rule: &'static str,
) -> Client {
    Client { program, commands, secret, file, rule, input: "" }
}

const CLIENTS: &[Client] = &[
    client(
        "pnpm",
        &["pnpm|config|set|//npm.example.com/:_authToken|{}"],
        "<an:36>",
        ".config/pnpm/auth.ini",
        "npm-auth-token",
    ),
    client(
        "poetry",
        &["poetry|config|http-basic.corp|ada|{}"],
        "<an:24>",
        ".config/pypoetry/auth.toml",
        "pypirc-password",
    ),
    client(
        "uv",
        &["uv|auth|login|https://pypi.example.com|--username|ada|--password|{}"],
        "<an:24>",
        ".local/share/uv/credentials/credentials.toml",
        "pypirc-password",
    ),
    client("pdm", &["pdm|config|repository.corp.password|{}"], "<an:24>", ".config/pdm/config.toml", "pypirc-password"),
    client(
        "bundle",
        &["bundle|config|set|--global|gems.example.com|ada:{}"],
        "<an:24>",
        ".bundle/config",
        "bundler-source-login",
    ),
    client(
        "composer",
        &["composer|config|-g|http-basic.repo.example.com|ada|{}"],
        "<an:24>",
        ".config/composer/auth.json",
        "composer-auth-secret",
    ),
    client(
        "rclone",
        &["rclone|config|create|nas|sftp|host|nas.example.com|user|ada|pass|{}"],
        "<an:24>",
        ".config/rclone/rclone.conf",
        "tool-obscured-password",
    ),
    client(
        "claude",
        &["claude|mcp|add|-s|user|acme|-e|ACME_API_KEY={}|--|npx|-y|some-server"],
        "<an:32>",
        ".claude.json",
        "mcp-env-secret",
    ),
    client(
        "gemini",
        &["gemini|mcp|add|-s|user|acme|npx|some-server|-e|ACME_API_KEY={}"],
        "<an:32>",
        ".gemini/settings.json",
        "mcp-env-secret",
    ),
    client(
        "codex",
        &["codex|mcp|add|acme|--env|ACME_API_KEY={}|--|npx|some-server"],
        "<an:32>",
        ".codex/config.toml",
        "mcp-env-secret",
    ),
    Client {
        program: "codex",
        commands: &["codex|login|--with-api-key"],
        secret: "<an:48>",
        file: ".codex/auth.json",
        rule: "ai-provider-key",
        input: "{}\n",
    },
    client(
        "llm",
        &["llm|keys|set|openai|--value|{}"],
        "<an:32>",
        ".config/io.datasette.llm/keys.json",
        "ai-provider-key",
    ),
    client(
        "hf",
        &["python3|-c|from huggingface_hub import _login as l; l._save_token('{}', 'laptop')"],
        "hf_<letter:34>",
        ".cache/huggingface/stored_tokens",
        "huggingface-token",
    ),
    Client {
        program: "databricks",
        commands: &["databricks|configure|--token"],
        secret: "dapi<hex:32>",
        file: ".databrickscfg",
        rule: "databricks-pat",
        input: "https://a.cloud.databricks.com\n{}\n",
    },
    client(
        "snow",
        &["snow|connection|add|--connection-name|work|--account|a|--user|ada|--password|{}|--no-interactive"],
        "<an:24>",
        ".config/snowflake/config.toml",
        "tool-password",
    ),
    client(
        "go",
        &["go|env|-w|GOPROXY=https://ada:{}@proxy.example.com"],
        "<an:24>",
        ".config/go/env",
        "tool-url-password",
    ),
    client(
        "http",
        &["http|--ignore-stdin|--session=ada|-a|ada:{}|--offline|GET|example.com"],
        "<an:24>",
        ".config/httpie/sessions/example.com/ada.json",
        "tool-password",
    ),
    client(
        "fish",
        &["fish|-c|set -Ux ACME_API_KEY {}"],
        "<an:32>",
        ".config/fish/fish_variables",
        "shell-variable-secret",
    ),
    client(
        "aws",
        &["aws|configure|set|aws_secret_access_key|{}"],
        "<b64:40>",
        ".aws/credentials",
        "aws-secret-access-key",
    ),
    client(
        "git",
        &["git|config|--global|http.https://git.example.com/.extraHeader|Authorization: Bearer {}"],
        "<an:40>",
        ".gitconfig",
        "git-extraheader",
    ),
    client(
        "ansible-vault",
        &[
            "python3|-c|open('.vault_pass.txt', 'w').write('{}' + chr(10))",
            "ansible-vault|encrypt_string|--vault-password-file|.vault_pass.txt|x",
        ],
        "<an:24>",
        ".vault_pass.txt",
        "ansible-vault-password",
    ),
    client(
        "keyring",
        &["python3|-c|from keyrings.alt.file import PlaintextKeyring as K; K().set_password('pypi', 'ada', '{}')"],
        "<an:24>",
        ".local/share/python_keyring/keyring_pass.cfg",
        "python-keyring-password",
    ),
    client(
        "gpg",
        &["gpg|--batch|--passphrase||--quick-generate-key|ada@example.com"],
        "",
        ".gnupg/private-keys-v1.d/",
        "private-key-unencrypted",
    ),
    client(
        "age-keygen",
        &["age-keygen|-o|keys.txt", "mkdir|-p|.config/sops/age", "mv|keys.txt|.config/sops/age/keys.txt"],
        "",
        ".config/sops/age/keys.txt",
        "age-secret-key",
    ),
    client(
        "puttygen",
        &["puttygen|-t|ed25519|-o|login.ppk|--new-passphrase|/dev/null"],
        "",
        "login.ppk",
        "private-key-unencrypted",
    ),
];

/// Some of them know no `--version`.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !there {
        skipped(&format!("no {program} on this machine"));
    }
    there
}

#[test]
fn what_clients_write_is_found() {
    let (mut wrong, mut tried) = (String::new(), Vec::new());
    for client in CLIENTS.iter().filter(|client| is_there(client.program)) {
        let desk = Desk::new();
        let secret = make(client.secret, client.file);
        for command in client.commands {
            let words: Vec<String> = command.split('|').map(|word| word.replace("{}", &secret)).collect();
            let mut command = desk.command(&words[0]);
            command
                .args(&words[1..])
                .env("NO_UPDATE_NOTIFIER", "1")
                .env("CI", "1")
                .env("BUNDLE_SILENCE_ROOT_WARNING", "1");
            command.env("COMPOSER_ALLOW_SUPERUSER", "1").env("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring");
            desk.feed(&mut command, &client.input.replace("{}", &secret));
        }
        let report = crate::common::audit(caulk::host::Os::HERE, desk.home());
        let in_file = |f: &&caulk::model::Finding| {
            f.category == Category::Credential && f.location.path.as_found().contains(client.file)
        };
        let rules: Vec<&str> = report.findings.iter().filter(in_file).map(|f| f.rule.as_str()).collect();
        if !rules.contains(&client.rule) {
            let all: Vec<String> =
                report.findings.iter().map(|f| format!("{} {}", f.rule, f.location.path.as_found())).collect();
            writeln!(
                wrong,
                "{}: {} is not found by {}: {rules:?} of {all:?}",
                client.program, client.file, client.rule
            )
            .unwrap();
        }
        // Besides the one secret nothing that the client wrote is taken for one; its logs may repeat it.
        let others = report
            .findings
            .iter()
            .filter(|f| f.category == Category::Credential && f.severity >= Severity::Medium && !in_file(f));
        let others: Vec<String> = others
            .filter(|f| !f.same_secret.iter().any(|id| report.findings.iter().any(|g| &g.id == id)))
            .map(|f| format!("{} {}", f.rule, f.location.path.as_found()))
            .collect();
        if !others.is_empty() {
            writeln!(wrong, "{}: also {others:?}", client.program).unwrap();
        }
        tried.push(client.program);
    }
    assert!(wrong.is_empty(), "{wrong}");
    if std::env::var_os("CAULK_ALL_CLIENTS").is_some() {
        tried.dedup();
        assert_eq!(tried.len() + 1, CLIENTS.len(), "not all clients are installed: {tried:?}");
    }
}
