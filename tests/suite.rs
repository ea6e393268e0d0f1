//! One binary for all integration tests: linking a dozen of them is what makes a test run slow.

mod checks;
mod rules;
