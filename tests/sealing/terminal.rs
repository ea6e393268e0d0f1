//! caulk at a terminal of its own: waits for what stands on the screen, and types.

use super::place::{Place, Run};
use crate::common::desk::required;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    output: ChildStdout,
    screen: Vec<u8>,
}

impl Terminal {
    /// Starts `caulk …` in front of a terminal.
    pub fn start(place: &Place, arguments: &str) -> Self {
        required("script");
        let line = format!("exec {} {arguments}", env!("CARGO_BIN_EXE_caulk"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env_clear().envs(place.environment()).current_dir(place.home());
        command.env("TERM", "dumb").env("SHELL", "/bin/sh");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (keys, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, keys, output, screen: Vec::new() }
    }

    /// Waits until `text` stands on the screen.
    #[track_caller]
    pub fn waits_for(&mut self, text: &str) {
        while !self.screen.windows(text.len()).any(|window| window == text.as_bytes()) {
            let mut byte = [0];
            let read = self.output.read(&mut byte).unwrap();
            assert_eq!(read, 1, "no `{text}` in:\n{}", String::from_utf8_lossy(&self.screen));
            self.screen.push(byte[0]);
        }
    }

    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// The end, with all that was on the screen.
    pub fn end(mut self) -> Run {
        self.output.read_to_end(&mut self.screen).unwrap();
        let code = self.child.wait().unwrap().code();
        Run { code, out: String::from_utf8_lossy(&self.screen).into_owned(), err: String::new() }
    }
}
