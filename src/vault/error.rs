//! Why the keychain did not do what it was asked, told apart by what the user can do about it.
//!
//! Never holds a store's own text: some errors quote the secret.

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum VaultError {
    /// No session bus, no login session: nothing to talk to.
    #[error("no keychain can be reached: this session has no message bus")]
    NoSession,
    /// A bus, and nobody on it that keeps secrets.
    #[error("no keychain can be reached: no Secret Service runs in this session")]
    NoService,
    /// The service has no collection to put an item in.
    #[error("the keychain has no collection to store in")]
    NoCollection,
    /// Locked, and it was not unlocked: nobody to ask, or the prompt was dismissed.
    #[error("the keychain is locked")]
    Locked,
    /// The system refused: no interaction allowed, not this program.
    #[error("the keychain refuses this program")]
    Denied,
    /// No answer within the deadline: most likely a prompt that nobody sees.
    #[error("the keychain did not answer in time")]
    Deadline,
    /// It answered before and does not any more.
    #[error("the keychain went away")]
    Gone,
    /// Several items answer to one name.
    #[error("several keychain items have this name")]
    Ambiguous,
    /// Larger than caulk stores (64 KiB).
    #[error("the value is larger than 64 KiB")]
    TooLong,
    /// What was read back is not what was written, or an item in pieces is not whole.
    #[error("the keychain gave back something else than was stored")]
    Mismatch,
    /// The passphrase of the file store is missing or wrong.
    #[error("the vault file cannot be opened with this passphrase")]
    Passphrase,
    /// The file store's file is broken or cannot be written.
    #[error("the vault file cannot be used")]
    File,
    /// Built without a keychain.
    #[error("this caulk was built without keychain support")]
    Unsupported,
    /// Anything else.
    #[error("the keychain failed")]
    Other,
}

impl VaultError {
    /// The next step, one sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoSession => {
                "Run caulk in your desktop session, or start one bus for the terminal: dbus-run-session; `--store file` keeps an encrypted file instead."
            }
            Self::NoService => {
                "Start one (gnome-keyring, KWallet, KeePassXC with its Secret Service on), or use `--store file`."
            }
            Self::NoCollection => {
                "Make a default one: open Seahorse (Passwords and Keys), KWalletManager or KeePassXC once, and try again."
            }
            Self::Locked => "Unlock it and try again: log in to the desktop, or unlock it in its own program.",
            Self::Denied => {
                "Over SSH the login keychain is closed: unlock it there first, or run this in the desktop session."
            }
            Self::Deadline => {
                "Look for a prompt of the keychain that waits behind other windows, answer it, and try again."
            }
            Self::Gone => "Start it again and run the same command: what was begun is finished or taken back.",
            Self::Ambiguous => "Take one of them away in the keychain's own program (service `caulk`), then try again.",
            Self::TooLong => "Keep it in a file of its own with mode 0600.",
            Self::Mismatch => "Nothing was changed. `caulk vault doctor` says more.",
            Self::Passphrase => "Give the passphrase that the file was made with.",
            Self::File => "`caulk vault doctor` says what is wrong with it.",
            Self::Unsupported => "Install a build with the feature `keychain`.",
            Self::Other => "`caulk vault doctor` says more.",
        }
    }

    /// Whether no keychain can be reached at all (exit status 4), rather than one item being at fault.
    #[must_use]
    pub const fn unreachable(self) -> bool {
        matches!(
            self,
            Self::NoSession
                | Self::NoService
                | Self::NoCollection
                | Self::Locked
                | Self::Denied
                | Self::Deadline
                | Self::Gone
                | Self::Passphrase
                | Self::Unsupported
        )
    }
}
