//! The progress line on standard error: only on a terminal, gone at the end.
//!
//! Shows counts and nothing of the machine under scan.

use crate::scan::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often the line is drawn again.
const EVERY: Duration = Duration::from_millis(100);

/// Runs `work` with a progress line, if one is `wanted` and standard error is a terminal.
pub(super) fn during<T>(wanted: bool, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !wanted || !std::io::stderr().is_terminal() {
        return work();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // A template that cannot be read leaves indicatif's own; the line is a convenience.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let drawer = std::thread::Builder::new().name("progress".into()).spawn_scoped(scope, || {
            while !done.load(Ordering::Relaxed) {
                bar.set_message(line(progress));
                bar.tick();
                std::thread::park_timeout(EVERY);
            }
            bar.finish_and_clear();
        });
        // The line must go whether the work ends or panics. Without a thread to draw it there is none.
        let _end = drawer.as_ref().ok().map(|drawer| End { done: &done, drawer: drawer.thread() });
        work()
    })
}

struct End<'a> {
    done: &'a AtomicBool,
    drawer: &'a std::thread::Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        self.drawer.unpark();
    }
}

fn line(progress: &Progress) -> String {
    let seen = progress.files_seen.load(Ordering::Relaxed);
    let read = progress.files_read.load(Ordering::Relaxed);
    let found = progress.findings.load(Ordering::Relaxed);
    let ending = if progress.stopped() { "; stopping" } else { "" };
    format!("{seen} files seen, {read} read, {found} findings{ending}")
}
