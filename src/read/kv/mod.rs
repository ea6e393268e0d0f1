//! Flat files of names and values: `.env`, INI, `.npmrc`, git's credential store, fish's universal
//! variables, a process's environment.
//!
//! One file a dialect. A dialect reads what its own tools read; where they differ, the longer value
//! is given, so that a later edit leaves no tail of a secret behind. Nothing here decides what is
//! a secret.

mod credentials;
mod dotenv;
mod ini;
mod npmrc;
mod variables;

pub use credentials::lines;
pub use dotenv::dotenv;
pub(crate) use dotenv::heredoc_line;
pub use ini::ini;
pub use npmrc::npmrc;
pub(crate) use variables::fish_escape;
pub use variables::{environ, fish_variables};
