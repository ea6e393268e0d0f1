//! A real Secret Service that lives as long as one test: a bus of its own, gnome-keyring on it, an
//! unlocked throwaway keyring, and nothing of the user's.
//!
//! The bus has no service folders, so nothing is started behind the test's back; a watcher ends both
//! daemons when the test's process goes, however it goes. `.ci/test` installs what is needed.
#![allow(dead_code, reason = "which of it is used differs between tests")]

use super::desk::required;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "throwaway";
/// A daemon that is not up by then never will be.
const PATIENCE: Duration = Duration::from_secs(30);

/// A bus, and on it a Secret Service or not. Both end when this is dropped.
pub struct SecretService {
    dir: TempDir,
    bus: Child,
    keyring: Option<Child>,
    watcher: Option<Child>,
}

impl SecretService {
    /// A service with an unlocked keyring.
    pub fn start() -> Self {
        let mut service = Self::without_service();
        service.start_keyring(true);
        service
    }

    /// A bus on which nobody keeps secrets.
    pub fn without_service() -> Self {
        required("dbus-daemon");
        required("gnome-keyring-daemon");
        // Below /tmp, whatever TMPDIR says: a socket's path has 107 bytes.
        let dir = tempfile::Builder::new().prefix("caulk-ss.").tempdir_in("/tmp").unwrap();
        for name in ["home", "run", "data", "data/keyrings", "cache", "config"] {
            fs::create_dir(dir.path().join(name)).unwrap();
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let config = format!(
            "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            dir.path().join("run/bus").display()
        );
        fs::write(dir.path().join("bus.conf"), config).unwrap();
        let mut bus = scrubbed(dir.path(), "dbus-daemon")
            .arg(format!("--config-file={}", dir.path().join("bus.conf").display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The address is printed when the bus listens.
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(address.starts_with("unix:path="), "dbus-daemon said {address:?}");
        let mut service = Self { dir, bus, keyring: None, watcher: None };
        service.watch();
        service
    }

    /// A service that has no collection to store in, as on a machine where nobody has logged in graphically.
    pub fn without_collection() -> Self {
        let mut service = Self::without_service();
        service.start_keyring(false);
        service
    }

    fn start_keyring(&mut self, unlocked: bool) {
        let control = format!("--control-directory={}", self.dir.path().join("run/kr").display());
        let log = fs::File::create(self.dir.path().join("log")).unwrap();
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets", &control]);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        if unlocked {
            command.arg("--unlock");
        }
        let mut keyring = command.spawn().unwrap();
        let mut stdin = keyring.stdin.take().unwrap();
        if unlocked {
            stdin.write_all(PASSWORD.as_bytes()).unwrap();
        }
        drop(stdin);
        self.keyring = Some(keyring);
        self.watch();
        let begun = Instant::now();
        while !(if unlocked { self.is_unlocked() } else { self.has_owner() }) {
            let ended = self.keyring.as_mut().unwrap().try_wait().unwrap();
            let late = begun.elapsed() > PATIENCE;
            assert!(ended.is_none() && !late, "{}", fs::read_to_string(self.dir.path().join("log")).unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What a program needs to find this service and no other. Nothing of it lies below a home under test.
    pub fn environment(&self) -> Vec<(String, OsString)> {
        vec![("DBUS_SESSION_BUS_ADDRESS".into(), self.address()), ("XDG_RUNTIME_DIR".into(), self.runtime_dir().into())]
    }

    /// The runtime folder; the bus listens at `bus` in it, its well-known place.
    pub fn runtime_dir(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    /// Locks the keyring. Nobody is there to ask for its password.
    pub fn lock(&self) {
        self.dbus(
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            &[&format!("array:objpath:{LOGIN}")],
        );
        assert!(!self.is_unlocked(), "the keyring is locked");
    }

    /// Unlocks it again: a new daemon, with the password.
    pub fn unlock(&mut self) {
        self.kill();
        self.restart();
    }

    /// From now on calls are taken and none is answered.
    pub fn stop_answering(&self) {
        self.signal(Signal::STOP);
    }

    /// Answers again.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// The service dies; the bus stays. Nothing of it is left when this returns.
    pub fn kill(&mut self) {
        if let Some(mut keyring) = self.keyring.take() {
            keyring.kill().unwrap();
            keyring.wait().unwrap();
        }
        let begun = Instant::now();
        while self.has_owner() {
            assert!(begun.elapsed() < PATIENCE, "the bus still knows a Secret Service");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again after [`Self::kill`], with what it held.
    pub fn restart(&mut self) {
        assert!(self.keyring.is_none(), "it was killed before");
        self.start_keyring(true);
    }

    /// `secret-tool` with these arguments, `input` on its standard input.
    pub fn secret_tool(&self, arguments: &[&str], input: &[u8]) -> Output {
        required("secret-tool");
        feed(self.command("secret-tool").args(arguments), input)
    }

    /// A program in this service's environment, at home in a folder of the service's.
    pub fn command(&self, program: &str) -> Command {
        let mut command = scrubbed(self.dir.path(), program);
        command.envs(self.environment());
        command
    }

    fn address(&self) -> OsString {
        format!("unix:path={}", self.dir.path().join("run/bus").display()).into()
    }

    fn is_unlocked(&self) -> bool {
        let arguments = ["string:org.freedesktop.Secret.Collection", "string:Locked"];
        self.dbus(LOGIN, "org.freedesktop.DBus.Properties.Get", &arguments).contains("boolean false")
    }

    fn has_owner(&self) -> bool {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]);
        command.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
        String::from_utf8_lossy(&command.output().unwrap().stdout).contains("boolean true")
    }

    /// Calls the service; gives what it answered.
    fn dbus(&self, path: &str, method: &str, arguments: &[&str]) -> String {
        let mut command = self.command("dbus-send");
        command.args(["--session", "--print-reply", "--reply-timeout=10000", "--dest=org.freedesktop.secrets"]);
        let output = command.args([path, method]).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn signal(&self, signal: Signal) {
        let keyring = self.keyring.as_ref().expect("the service runs");
        kill_process(Pid::from_child(keyring), signal).unwrap();
    }

    /// Sees to it that the daemons end with this process, even if it is killed: the pipe closes then.
    fn watch(&mut self) {
        self.end_watch();
        let daemons = [Some(self.bus.id()), self.keyring.as_ref().map(Child::id)];
        let daemons: Vec<String> = daemons.iter().flatten().map(ToString::to_string).collect();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "cat >/dev/null; kill -9 \"$@\"", "watch"]).args(daemons);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.watcher = Some(command.spawn().unwrap());
    }

    fn end_watch(&mut self) {
        if let Some(mut watcher) = self.watcher.take() {
            let _ = watcher.kill();
            let _ = watcher.wait();
        }
    }
}

const LOGIN: &str = "/org/freedesktop/secrets/collection/login";

impl Drop for SecretService {
    fn drop(&mut self) {
        self.end_watch();
        for daemon in self.keyring.iter_mut().chain([&mut self.bus]) {
            // SIGKILL ends a stopped process, too.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn scrubbed(dir: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(dir).stdin(Stdio::null()).stderr(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
    for (variable, folder) in [
        ("HOME", "home"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
    ] {
        command.env(variable, dir.join(folder));
    }
    command
}

fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A program that reads nothing closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}
