//! Values made at run time, so that nothing in the repository looks like a token.

use crate::common::desk::make;

/// A token of 36 letters and digits, different for every seed.
pub fn token(seed: &str) -> String {
    make("<an:36>", seed)
}

/// What HTTP sends for this login.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes()))
}
