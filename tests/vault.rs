//! The vault: its stores, its index and `caulk vault`, against a real Secret Service where there is one.

#[cfg(all(target_os = "linux", feature = "keychain"))]
mod service;
