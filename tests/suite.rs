//! The one integration-test binary: linking a dozen of them is what makes a test run slow.

mod architecture;
mod budget;
mod cmd;
mod docs;
mod types;
