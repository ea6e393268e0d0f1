//! Ctrl-C and SIGTERM: the first one ends the scan, the second one the process (`host::signal`).

use crate::host::signal;
use crate::scan::Progress;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// Whether the run was asked to stop, and by which signal.
pub(super) struct Interrupt(Arc<AtomicI32>);

/// Stops `progress` at the first signal. Where handlers cannot be installed, signals keep their
/// default: the process ends at once.
#[must_use]
pub(super) fn watch(progress: &Arc<Progress>) -> Interrupt {
    let signal = Arc::new(AtomicI32::new(0));
    let (seen, progress) = (Arc::clone(&signal), Arc::clone(progress));
    let _ = signal::install(move |number| {
        seen.store(number, Ordering::SeqCst);
        progress.stop();
    });
    Interrupt(signal)
}

impl Interrupt {
    /// The status for the signal that came, if one did: 128 and its number, as shells count.
    #[must_use]
    pub(super) fn status(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            number => Some(u8::try_from(128 + number).unwrap_or(u8::MAX)),
        }
    }
}
