//! The one integration-test binary: each module tests one part through its public interface.

mod checks;
mod confine;
mod host;
mod mcp;
mod output;
mod read_encoding;
mod read_git_index;
mod read_json;
mod read_kv;
mod rules;
mod sqlite;
mod surfaces;
mod triage;
