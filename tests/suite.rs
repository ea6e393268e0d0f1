//! The one integration-test binary: each module tests one part through its public interface.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::pedantic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

mod approved;
mod architecture;
mod autostart;
mod benign;
mod broker;
mod budget;
mod catalogue;
mod checks;
mod ci_agents;
mod clients;
mod cmd;
mod confine;
mod consent;
mod context;
mod docs;
mod handed;
mod homes;
mod host;
mod hostile;
mod ids;
mod import_rules;
mod injection;
mod instructions;
mod layers;
mod ledger;
#[cfg(all(unix, feature = "keychain"))]
mod left_behind;
mod marks;
mod mcp;
#[cfg(all(unix, feature = "keychain"))]
mod mends;
mod no_leak;
#[cfg(unix)]
mod open_places;
mod ordinary;
mod output;
mod output_formats;
mod packages;
mod reach;
mod read_encoding;
mod read_git_index;
mod read_hcl;
mod read_json;
mod read_kv;
mod read_leveldb;
mod read_lists;
mod read_logins;
mod read_private_key;
mod read_shell;
mod read_toml;
mod read_xml;
mod read_yaml;
mod recipes;
mod rules;
mod run;
mod scope;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod sealing;
mod sources;
mod sqlite;
#[cfg(feature = "history")]
mod staged;
mod surfaces;
mod surgery;
mod triage;
mod types;
mod vault;
mod windows;
