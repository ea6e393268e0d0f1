//! The one integration-test binary: each module tests one part through its public interface.

mod confine;
mod host;
mod mcp;
mod output;
mod read_encoding;
mod read_git_index;
mod read_json;
mod read_kv;
mod rule_data;
mod sqlite;
mod surfaces;
mod triage;
//! One binary for all integration tests: linking a dozen of them is what makes a test run slow.

mod checks;
mod rules;
