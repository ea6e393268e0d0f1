//! The stores' errors, told apart by what the user can do about them.
//!
//! Some of them quote the value that was read, and a service's own text may hold anything: they are
//! looked at by type and by number, never by their words, and wiped where they hold a value.

use super::VaultError;
use keyring_core::Error;
use zeroize::Zeroize as _;

/// What an error means for the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection or the session on it is no more: another one may do.
    #[cfg_attr(any(windows, target_os = "macos"), allow(dead_code, reason = "no connections there"))]
    Broken(VaultError),
    /// Asking again would not help.
    Final(VaultError),
}

impl Fault {
    pub(super) fn into_error(self) -> VaultError {
        match self {
            Self::Broken(error) | Self::Final(error) => error,
        }
    }
}

/// Why no connection came about.
pub(super) fn at_open(error: Error) -> VaultError {
    match error {
        Error::PlatformFailure(inner) | Error::NoStorageAccess(inner) => sys::at_open(inner.as_ref()),
        _ => VaultError::Other,
    }
}

/// Why a question was not answered.
pub(super) fn of(error: Error) -> Fault {
    match error {
        Error::PlatformFailure(inner) => sys::of(inner.as_ref()).unwrap_or(Fault::Final(VaultError::Other)),
        Error::NoStorageAccess(inner) => sys::of(inner.as_ref()).unwrap_or(Fault::Final(sys::NO_ACCESS)),
        Error::TooLong(_, _) => Fault::Final(VaultError::TooLong),
        Error::Ambiguous(_) => Fault::Final(VaultError::Ambiguous),
        Error::BadEncoding(mut bytes) | Error::BadDataFormat(mut bytes, _) => {
            bytes.zeroize();
            Fault::Final(VaultError::Mismatch)
        }
        _ => Fault::Final(VaultError::Other),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod sys {
    use super::{Fault, VaultError};
    use secret_service::Error as Service;

    /// What a refused access means where the store does not say more.
    pub(super) const NO_ACCESS: VaultError = VaultError::Denied;

    /// What the service's error is about.
    enum Kind {
        /// No bus, or the connection to it broke.
        Bus,
        /// Nobody has the service's name, or its owner went while it was asked.
        Absent,
        /// The session or the object is not known to it: it was started anew.
        Forgotten,
        Locked,
        NoCollection,
        Denied,
        Other,
    }

    pub(super) fn at_open(error: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
        match error.downcast_ref::<Service>().map(kind) {
            Some(Kind::Bus) => VaultError::NoSession,
            Some(Kind::Absent | Kind::Forgotten) => VaultError::NoService,
            Some(Kind::Locked) => VaultError::Locked,
            Some(Kind::Denied) => VaultError::Denied,
            _ => VaultError::Other,
        }
    }

    pub(super) fn of(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Fault> {
        Some(match kind(error.downcast_ref::<Service>()?) {
            Kind::Bus | Kind::Absent => Fault::Broken(VaultError::Gone),
            Kind::Forgotten => Fault::Broken(VaultError::Other),
            Kind::Locked => Fault::Final(VaultError::Locked),
            Kind::NoCollection => Fault::Final(VaultError::NoCollection),
            Kind::Denied => Fault::Final(VaultError::Denied),
            Kind::Other => Fault::Final(VaultError::Other),
        })
    }

    fn kind(error: &Service) -> Kind {
        match error {
            Service::Unavailable | Service::PromptDisconnected => Kind::Bus,
            Service::Locked | Service::Prompt => Kind::Locked,
            Service::NoResult => Kind::NoCollection,
            Service::Zbus(error) => of_bus(error),
            Service::ZbusFdo(error) => of_standard(error),
            _ => Kind::Other,
        }
    }

    fn of_bus(error: &zbus::Error) -> Kind {
        match error {
            zbus::Error::MethodError(name, _, _) => named(name.as_str()),
            zbus::Error::FDO(error) => of_standard(error),
            zbus::Error::Address(_)
            | zbus::Error::InputOutput(_)
            | zbus::Error::Connection(_, _)
            | zbus::Error::Handshake(_) => Kind::Bus,
            zbus::Error::InterfaceNotFound => Kind::Forgotten,
            _ => Kind::Other,
        }
    }

    fn of_standard(error: &zbus::fdo::Error) -> Kind {
        match error {
            zbus::fdo::Error::ZBus(error) => of_bus(error),
            error => named(zbus::DBusError::name(error).as_str()),
        }
    }

    /// Errors by their names on the bus.
    fn named(name: &str) -> Kind {
        match name {
            "org.freedesktop.Secret.Error.IsLocked" => Kind::Locked,
            "org.freedesktop.Secret.Error.NoSession" | "org.freedesktop.Secret.Error.NoSuchObject" => Kind::Forgotten,
            name => match name.strip_prefix("org.freedesktop.DBus.Error.") {
                Some("ServiceUnknown" | "NameHasNoOwner" | "NoReply") => Kind::Absent,
                Some(name) if name.starts_with("Spawn.") => Kind::Absent,
                Some("Disconnected" | "NoServer") => Kind::Bus,
                Some("UnknownObject" | "UnknownMethod" | "UnknownInterface") => Kind::Forgotten,
                Some("AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired") => Kind::Denied,
                _ => Kind::Other,
            },
        }
    }
}

#[cfg(target_os = "macos")]
mod sys {
    use super::{Fault, VaultError};

    /// `errSecNotAvailable`, `errSecNoSuchKeychain`, `errSecReadOnly` and their like.
    pub(super) const NO_ACCESS: VaultError = VaultError::NoCollection;

    pub(super) fn at_open(error: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
        of(error).map_or(VaultError::NoCollection, Fault::into_error)
    }

    pub(super) fn of(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Fault> {
        let code = error.downcast_ref::<security_framework::base::Error>()?.code();
        Some(Fault::Final(match code {
            // errSecInteractionNotAllowed (closed, and nobody to ask), errAuthorizationInteractionNotAllowed
            -25308 | -60007 => VaultError::Denied,
            // errSecAuthFailed, errSecUserCanceled, errAuthorizationCanceled
            -25293 | -128 | -60006 => VaultError::Locked,
            // errSecNotAvailable
            -25291 => VaultError::NoSession,
            _ => return None,
        }))
    }
}

#[cfg(windows)]
mod sys {
    use super::{Fault, VaultError};

    /// `ERROR_NO_SUCH_LOGON_SESSION`: a network logon has no credential set.
    pub(super) const NO_ACCESS: VaultError = VaultError::NoSession;

    pub(super) fn at_open(_: &(dyn std::error::Error + Send + Sync + 'static)) -> VaultError {
        VaultError::NoSession
    }

    pub(super) fn of(_: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Fault> {
        None
    }
}
