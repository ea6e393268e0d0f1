//! The one integration-test binary: each module tests one part through its public interface.

mod confine;
mod host;
mod read_encoding;
mod read_git_index;
mod read_json;
mod sqlite;
mod read_kv;
mod output;
mod triage;
//! One binary for all integration tests: linking a dozen of them is what makes a test run slow.

mod checks;
mod rules;
