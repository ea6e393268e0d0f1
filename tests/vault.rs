//! The vault: its stores, its index and `caulk vault`, against a real Secret Service where there is one.

#[cfg(all(target_os = "linux", feature = "keychain"))]
mod command;
#[cfg(all(windows, feature = "keychain"))]
mod credential_manager;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod failures;
#[cfg(all(unix, feature = "keychain"))]
mod file;
mod index;
mod parts;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod service;
#[cfg(all(target_os = "linux", feature = "keychain"))]
mod terminal;

#[cfg(all(unix, feature = "keychain"))]
mod account {
    //! A home, and the program in it.

    use crate::common::program::caulk;
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};
    use tempfile::TempDir;

    pub struct Account {
        pub home: TempDir,
        pub environment: Vec<(String, std::ffi::OsString)>,
    }

    /// What a run came to.
    pub struct Run {
        pub code: i32,
        pub out: Vec<u8>,
        pub err: String,
    }

    impl Account {
        pub fn new(environment: Vec<(String, std::ffi::OsString)>) -> Self {
            Self { home: TempDir::new().unwrap(), environment }
        }

        pub fn state(&self) -> PathBuf {
            self.home.path().join(".local/state/caulk")
        }

        pub fn command(&self, arguments: &[&str]) -> Command {
            let mut command = caulk(self.home.path());
            command.arg("vault").args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
            command
        }

        pub fn run(&self, arguments: &[&str]) -> Run {
            self.feed(arguments, b"")
        }

        pub fn feed(&self, arguments: &[&str], input: &[u8]) -> Run {
            let mut command = self.command(arguments);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // A program that refuses the call reads nothing.
            let _ = child.stdin.take().unwrap().write_all(input);
            let output = child.wait_with_output().unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            Run { code: output.status.code().unwrap(), out: output.stdout, err }
        }
    }

    impl Run {
        #[track_caller]
        pub fn ends_with(self, code: i32) -> Self {
            assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.text(), self.err);
            self
        }

        pub fn text(&self) -> String {
            String::from_utf8_lossy(&self.out).into_owned()
        }

        /// Says all of `words` on standard error.
        #[track_caller]
        pub fn says(self, words: &[&str]) -> Self {
            for word in words {
                assert!(self.err.contains(word), "`{word}` not in: {}", self.err);
            }
            self
        }

        /// Shows nothing of `secret`.
        #[track_caller]
        pub fn without(self, secret: &[u8]) -> Self {
            let shows = |text: &[u8]| text.windows(secret.len()).any(|window| window == secret);
            assert!(!shows(&self.out) && !shows(self.err.as_bytes()), "shows the secret");
            self
        }
    }
}
