//! Standard input for `caulk scan -`, in a way that Ctrl-C can end.
//!
//! A read of a terminal or a pipe blocks and is started again after a signal, so a thread reads and
//! the scan waits on it with an eye on the stop switch. What was read is wiped after use.

use crate::scan::Progress;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;
use zeroize::Zeroizing;

/// Bytes of one read.
const PIECE: usize = 64 << 10;

/// Standard input that ends early when the scan is stopped.
pub(super) struct Stdin<'a> {
    pieces: Receiver<io::Result<Zeroizing<Vec<u8>>>>,
    rest: Zeroizing<Vec<u8>>,
    at: usize,
    progress: &'a Progress,
}

impl<'a> Stdin<'a> {
    /// Starts the reading thread. It ends with the input, or with the process.
    pub(super) fn start(progress: &'a Progress) -> io::Result<Self> {
        let (sender, pieces) = sync_channel(2);
        std::thread::Builder::new().name("stdin".into()).spawn(move || {
            let mut input = io::stdin().lock();
            loop {
                let mut piece = Zeroizing::new(vec![0; PIECE]);
                let sent = match input.read(&mut piece) {
                    Ok(0) => return,
                    Ok(count) => {
                        piece.truncate(count);
                        sender.send(Ok(piece))
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => {
                        let _ = sender.send(Err(error));
                        return;
                    }
                };
                if sent.is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { pieces, rest: Zeroizing::default(), at: 0, progress })
    }
}

impl Read for Stdin<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.rest.len() {
            if self.progress.stopped() {
                return Ok(0);
            }
            match self.pieces.recv_timeout(Duration::from_millis(50)) {
                Ok(piece) => (self.rest, self.at) = (piece?, 0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(0),
            }
        }
        let count = buffer.len().min(self.rest.len() - self.at);
        buffer[..count].copy_from_slice(&self.rest[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
