//! Being asked to stop.
//!
//! The first signal is told to the caller, who ends the scan and reports what was found; the second
//! ends the process at once. SIGPIPE stays ignored, as Rust has it: a write to a closed pipe fails
//! with `BrokenPipe`, and `cli` turns that into a quiet end.
//!
//! [`install`] starts a thread: call it after `confine`, which wants to be alone.

use std::io;

/// Calls `on_signal` with the signal's number, from a thread of its own, when SIGINT, SIGTERM or
/// SIGHUP comes (Windows: Ctrl-C, as 2). One more ends the process with 128 and the number.
///
/// A signal that is ignored from the start (`nohup`, a background job) stays so, on Linux.
pub fn install(on_signal: impl Fn(i32) + Send + Sync + 'static) -> io::Result<()> {
    sys::install(on_signal)
}

#[cfg(unix)]
mod sys {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag;
    use std::io::{self, Read};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    /// How soon a signal is noticed: at once, for a person.
    const TICK: Duration = Duration::from_millis(25);

    pub(super) fn install(on_signal: impl Fn(i32) + Send + Sync + 'static) -> io::Result<()> {
        let asked = Arc::new(AtomicBool::new(false));
        let last = Arc::new(AtomicUsize::new(0));
        let ignored = ignored();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            if ignored & (1 << (signal - 1)) != 0 {
                continue;
            }
            // In this order: a signal first looks whether it is the second, then says that it was the first.
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
            flag::register_usize(signal, Arc::clone(&last), signal.unsigned_abs() as usize)?;
        }
        // Looked at now and then, not woken: signal_hook wakes over a socket pair, or probes a pipe
        // as if it were one, and a scan makes no call of the network at all.
        let wait = move || {
            loop {
                let signal = last.swap(0, Ordering::SeqCst);
                if signal != 0 {
                    on_signal(i32::try_from(signal).unwrap_or_default());
                }
                std::thread::sleep(TICK);
            }
        };
        std::thread::Builder::new().name("signals".into()).spawn(wait).map(drop)
    }

    /// Signals that are ignored now, as a set of bits; empty where the system does not tell.
    fn ignored() -> u64 {
        let mut status = String::new();
        let read = std::fs::File::open("/proc/self/status").and_then(|f| f.take(16 << 10).read_to_string(&mut status));
        if read.is_err() {
            return 0;
        }
        let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
    }
}

#[cfg(not(unix))]
mod sys {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// The number that Ctrl-C has on Unix.
    const SIGINT: i32 = 2;

    #[allow(clippy::exit, reason = "the second Ctrl-C must not wait for anything")]
    pub(super) fn install(on_signal: impl Fn(i32) + Send + Sync + 'static) -> io::Result<()> {
        let asked = AtomicBool::new(false);
        let handler = move || {
            if asked.swap(true, Ordering::SeqCst) {
                std::process::exit(128 + SIGINT);
            }
            on_signal(SIGINT);
        };
        ctrlc::set_handler(handler).map_err(io::Error::other)
    }
}
