//! The one integration-test binary: each module tests one part through its public interface.

mod architecture;
mod budget;
mod checks;
mod cmd;
mod confine;
mod docs;
mod host;
mod read_encoding;
mod read_git_index;
mod read_json;
mod rules;
mod types;
