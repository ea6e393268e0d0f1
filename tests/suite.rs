//! The one integration-test binary: each module tests one part through its public interface.

mod output;
mod triage;
