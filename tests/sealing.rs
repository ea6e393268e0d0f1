//! Sealing from end to end: the built program, a real Secret Service, and the real tools that read the
//! files. Before `caulk fix` a tool works; after it the tool works and no file holds the secret; after
//! `caulk undo` every byte is as it was.
//!
//! A test of a tool that must be there fails without it; `.ci/test` installs npm, git, strace and `script`.

mod chaos;
mod git;
mod guards;
mod mcp;
mod mends;
mod mishaps;
mod npm;
mod place;
mod terminal;
mod values;
mod web;
