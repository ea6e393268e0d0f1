mod mcp;
mod read_encoding;
mod read_git_index;
mod read_json;
mod rule_data;
mod surfaces;
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
