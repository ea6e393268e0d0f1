//! Files that real clients write, in a fresh home: every secret is found at its file, line and column,
//! none twice, and nothing else is reported.
//!
//! git, ssh-keygen, bash and SQLite must be there (`.ci/test` sees to it); a test of any other client
//! says that it is skipped where the client is missing.

mod cloud;
mod git;
mod packages;
mod shell;
mod ssh;
mod state;
mod written;
