//! What differs between the systems' keychains: how one is opened, how an item is named, what fits.

use keyring_core::{CredentialStore, Entry, Result};
use std::collections::HashMap;
use std::sync::Arc;

#[cfg(not(windows))]
pub(super) use plain::{MOST_BYTES, account, takes};
#[cfg(windows)]
pub(super) use windows::{MOST_BYTES, account, build, open, search, takes};

/// The Secret Service.
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service {
    use super::{Arc, CredentialStore, Entry, HashMap, Result};

    pub(in super::super) fn open() -> Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    pub(in super::super) fn build(store: &CredentialStore, service: &str, account: &str) -> Result<Entry> {
        let label = format!("caulk: {account}");
        store.build(service, account, Some(&HashMap::from([("label", label.as_str())])))
    }

    pub(in super::super) fn search(store: &CredentialStore, service: &str) -> Result<Vec<Entry>> {
        store.search(&HashMap::from([("service", service)]))
    }
}
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use secret_service::{build, open, search};

/// The login keychain.
#[cfg(target_os = "macos")]
mod macos {
    use super::{Arc, CredentialStore, Entry, HashMap, Result};

    pub(in super::super) fn open() -> Result<Arc<CredentialStore>> {
        Ok(apple_native_keyring_store::keychain::Store::new()?)
    }

    pub(in super::super) fn build(store: &CredentialStore, service: &str, account: &str) -> Result<Entry> {
        store.build(service, account, None)
    }

    pub(in super::super) fn search(store: &CredentialStore, service: &str) -> Result<Vec<Entry>> {
        store.search(&HashMap::from([("service", service)]))
    }
}
#[cfg(target_os = "macos")]
pub(super) use macos::{build, open, search};

/// Where accounts are kept as they are.
#[cfg(not(windows))]
mod plain {
    /// Larger ones are carried, and very large ones break the connection.
    pub(in super::super) const MOST_BYTES: usize = crate::vault::MOST_BYTES;

    /// The account of an item's user.
    #[allow(clippy::unnecessary_wraps, reason = "not every user is an account elsewhere")]
    pub(in super::super) fn account(user: &str) -> Option<String> {
        Some(user.to_owned())
    }

    pub(in super::super) fn takes(_: &str) -> bool {
        true
    }
}

/// The Credential Manager. It finds an item by one text, `<user>.<service>`, without regard to case.
/// The service is the same in all of ours, so users that differ never meet; those with capital
/// letters get a mark, so that `a/KEY` and `a/key` differ for it, too.
#[cfg(windows)]
mod windows {
    use super::{Arc, CredentialStore, Entry, HashMap, Result};
    use sha2::{Digest as _, Sha256};

    /// `CRED_MAX_CREDENTIAL_BLOB_SIZE`.
    pub(in super::super) const MOST_BYTES: usize = 2560;
    /// Between an account and its mark; stands in no account.
    const MARK: char = '!';

    pub(in super::super) fn open() -> Result<Arc<CredentialStore>> {
        Ok(windows_native_keyring_store::Store::new()?)
    }

    pub(in super::super) fn build(store: &CredentialStore, service: &str, account: &str) -> Result<Entry> {
        // The default, Enterprise, roams to other machines with the profile.
        store.build(service, &user(account), Some(&HashMap::from([("persistence", "Local")])))
    }

    pub(in super::super) fn search(store: &CredentialStore, service: &str) -> Result<Vec<Entry>> {
        let pattern = format!(r"\.{service}$");
        store.search(&HashMap::from([("pattern", pattern.as_str())]))
    }

    fn user(account: &str) -> String {
        if account.bytes().any(|byte| byte.is_ascii_uppercase()) {
            let digest = Sha256::digest(account.as_bytes());
            format!("{account}{MARK}{}", data_encoding::HEXLOWER.encode(&digest[..4]))
        } else {
            account.to_owned()
        }
    }

    /// The account of an item's user; `None` for an item that is not ours.
    pub(in super::super) fn account(found: &str) -> Option<String> {
        let account = found.split_once(MARK).map_or(found, |(account, _)| account);
        (user(account) == found).then(|| account.to_owned())
    }

    pub(in super::super) fn takes(_: &str) -> bool {
        true
    }
}
