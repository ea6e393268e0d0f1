//! Flat files of names and values: `.env`, INI, `.npmrc`, git's credential store, fish's universal
//! variables, a process's environment, and the files of logins of ftp and databases.
//!
//! One file a dialect. A dialect reads what its own tools read; where they differ, the longer value
//! is given, so that a later edit leaves no tail of a secret behind. Nothing here decides what is
//! a secret.

mod credentials;
mod dotenv;
mod http;
mod ini;
mod my_cnf;
mod netrc;
mod npmrc;
mod pgpass;
mod properties;
mod secret_lines;
mod variables;

pub use credentials::lines;
pub use dotenv::dotenv;
pub(crate) use dotenv::heredoc_line;
pub use http::http;
pub use ini::ini;
pub use my_cnf::my_cnf;
pub use netrc::netrc;
pub use npmrc::npmrc;
pub use pgpass::pgpass;
pub use properties::properties;
pub use secret_lines::secret_lines;
pub(crate) use variables::fish_escape;
pub use variables::{environ, fish_variables};
