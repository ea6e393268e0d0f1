//! One user: a home, a keychain of its own, and everything a test asks about the two.

use crate::common::program::caulk;
use crate::common::secret_service::SecretService;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// caulk's own state, below the home.
const STATE: &str = ".local/state/caulk";

pub struct Place {
    home: TempDir,
    /// Beside the home: what tools need and no user has.
    beside: TempDir,
    pub service: SecretService,
}

/// How a run of caulk ended.
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// A file without its content's meaning: what undo must bring back.
#[derive(Clone, PartialEq, Eq)]
pub enum Photo {
    File { bytes: Vec<u8>, mode: u32, links: u64 },
    Link(PathBuf),
}

pub type Photos = BTreeMap<String, Photo>;

impl Place {
    pub fn new() -> Self {
        Self::with(SecretService::start())
    }

    pub fn with(service: SecretService) -> Self {
        // Below /tmp: a socket's or a program's path must not grow with TMPDIR.
        let new = |prefix| tempfile::Builder::new().prefix(prefix).tempdir_in("/tmp").unwrap();
        Self { home: new("caulk-e2e."), beside: new("caulk-e2e-tools."), service }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn beside(&self) -> &Path {
        self.beside.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.home().join(relative)
    }

    pub fn state(&self) -> PathBuf {
        self.path(STATE)
    }

    /// Writes a file with this mode, and the folders above it.
    pub fn put(&self, relative: &str, bytes: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    pub fn text(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
    }

    /// What every program of this user has in its environment.
    pub fn environment(&self) -> Vec<(String, OsString)> {
        let mut environment = self.service.environment();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let more: [(&str, OsString); 10] = [
            // The tests that run beside this one have secrets in their environments, too.
            ("CAULK_NO_ENV", "1".into()),
            ("HOME", self.home().into()),
            ("PATH", path),
            ("LANG", "C.UTF-8".into()),
            ("NO_COLOR", "1".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_TERMINAL_PROMPT", "0".into()),
            ("npm_config_cache", self.beside().join("npm-cache").into()),
            ("npm_config_update_notifier", "false".into()),
            ("npm_config_fetch_retries", "0".into()),
        ];
        environment.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        environment
    }

    /// A program of this user's.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment()).current_dir(self.home()).stdin(Stdio::null());
        command
    }

    /// caulk, called by this user.
    pub fn caulk(&self, arguments: &[&str]) -> Command {
        let mut command = caulk(self.home());
        command.envs(self.environment()).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.caulk(arguments).output().unwrap())
    }

    /// `caulk fix --all --yes`.
    pub fn fix(&self) -> Run {
        self.run(&["fix", "--all", "--yes", "--format", "json"])
    }

    /// `caulk undo --all --yes`.
    pub fn undo(&self) -> Run {
        self.run(&["undo", "--all", "--yes", "--format", "json"])
    }

    /// Findings of credentials that a scan reports, as `rule path`.
    pub fn found(&self) -> Vec<String> {
        let report = self.run(&["scan", "--format", "json", "--exit-zero"]).ends_with(0).json();
        let credential = |finding: &&Value| finding["category"] == "credential" && finding["severity"] != "info";
        let name = |f: &Value| format!("{} {}", f["rule"].as_str().unwrap(), f["location"]["path"].as_str().unwrap());
        report["findings"].as_array().unwrap().iter().filter(credential).map(name).collect()
    }

    /// Every file of the home but caulk's own.
    pub fn photos(&self) -> Photos {
        let own = self.state();
        let walk = walkdir::WalkDir::new(self.home()).into_iter().filter_entry(|entry| entry.path() != own);
        let mut photos = Photos::new();
        for entry in walk {
            let entry = entry.unwrap();
            let name = entry.path().strip_prefix(self.home()).unwrap().to_string_lossy().into_owned();
            if entry.path_is_symlink() {
                photos.insert(name, Photo::Link(fs::read_link(entry.path()).unwrap()));
            } else if entry.file_type().is_file() {
                let meta = entry.metadata().unwrap();
                let bytes = fs::read(entry.path()).unwrap();
                photos.insert(name, Photo::File { bytes, mode: meta.mode() & 0o7777, links: meta.nlink() });
            }
        }
        photos
    }

    /// Files below the home, caulk's own among them, that hold `secret` in any usual form.
    pub fn holders(&self, secret: &str) -> Vec<String> {
        let forms = forms(secret);
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(self.home()) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                let bytes = fs::read(entry.path()).unwrap();
                if forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form)) {
                    found.push(entry.path().to_string_lossy().into_owned());
                }
            }
        }
        found
    }

    /// What the keychain holds under this name.
    pub fn kept(&self, name: &str) -> Option<String> {
        let output = self.service.secret_tool(&["lookup", "service", "caulk", "username", name], b"");
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// Everything that the keychain holds of caulk's: names and values as `secret-tool` prints them.
    pub fn keychain(&self) -> String {
        let output = self.service.secret_tool(&["search", "--all", "--unlock", "service", "caulk"], b"");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Fixes everything, and holds what must be so afterwards: `secrets` are nowhere below the home but
    /// where the report says, the scan knows none of them, and a second fix changes nothing.
    #[track_caller]
    pub fn seal(&self, secrets: &[&str]) -> Value {
        let run = self.fix();
        for secret in secrets {
            assert!(!run.out.contains(secret) && !run.err.contains(secret), "fix prints the secret");
        }
        let report = run.ends_with(0).json();
        let residue = |step: &Value| {
            let list = step["residue"].as_array().cloned().unwrap_or_default();
            list.into_iter().map(|path| path.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let residue: Vec<String> = report["steps"].as_array().unwrap().iter().flat_map(residue).collect();
        for (number, secret) in secrets.iter().enumerate() {
            let left: Vec<_> = self.holders(secret).into_iter().filter(|path| !residue.contains(path)).collect();
            assert!(left.is_empty(), "secret {number} is still in {left:?}\n{report:#}");
            assert!(self.keychain().contains(secret), "secret {number} is not in the keychain\n{report:#}");
        }
        assert_eq!(self.found(), Vec::<String>::new(), "{report:#}");
        let sealed = self.photos();
        let again = self.fix().ends_with(0).json();
        assert_eq!(again["summary"]["done"], 0, "{again:#}");
        self.same(&sealed, "a second fix");
        report
    }

    /// Takes everything back, and holds that the home is as in `before` and the keychain empty.
    #[track_caller]
    pub fn unseal(&self, before: &Photos) {
        self.undo().ends_with(0);
        self.same(before, "undo");
        self.bare();
    }

    /// The keychain holds nothing of caulk's.
    #[track_caller]
    pub fn bare(&self) {
        let left = self.keychain();
        assert!(!left.contains("secret ="), "left in the keychain: {}", names(&left));
    }

    /// The home is as in `before`.
    #[track_caller]
    pub fn same(&self, before: &Photos, after: &str) {
        if let Err(why) = self.compare(before) {
            panic!("after {after}: {why}");
        }
    }

    /// What differs from `before`.
    pub fn compare(&self, before: &Photos) -> Result<(), String> {
        let now = self.photos();
        for name in before.keys().chain(now.keys()) {
            let (was, is) = (before.get(name), now.get(name));
            if was != is {
                return Err(format!("{name} differs\nbefore: {}\nnow: {}", shown(was), shown(is)));
            }
        }
        Ok(())
    }
}

impl Run {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Standard output or error says `word`.
    #[track_caller]
    pub fn says(self, word: &str) -> Self {
        assert!(self.out.contains(word) || self.err.contains(word), "no `{word}` in\n{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}\n{}", self.out, self.err))
    }
}

/// How a secret may be written: itself, base64 at its three alignments, percent-encoded.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let percent: String = bytes.iter().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
    let gentle: String = bytes.iter().fold(String::new(), |text, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        if plain { format!("{text}{}", *byte as char) } else { format!("{text}%{byte:02X}") }
    });
    let mut forms = vec![bytes.to_vec(), percent.into_bytes(), gentle.into_bytes()];
    for pad in 0..3_usize {
        let padded = [&b"---"[..pad], bytes].concat();
        let encoded = data_encoding::BASE64_NOPAD.encode(&padded).into_bytes();
        // Only whole groups of six bits that are the secret's alone.
        let (begin, end) = ((pad * 8).div_ceil(6), padded.len() * 8 / 6);
        forms.push(encoded[begin..end].to_vec());
    }
    forms
}

fn shown(photo: Option<&Photo>) -> String {
    match photo {
        None => "not there".into(),
        Some(Photo::Link(to)) => format!("a link to {}", to.display()),
        Some(Photo::File { bytes, mode, links }) => {
            format!("mode {mode:o}, {links} links, {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]))
        }
    }
}

/// The account names in what `secret-tool search` printed, without the values.
fn names(text: &str) -> String {
    text.lines().filter(|line| line.starts_with("attribute.username")).collect::<Vec<_>>().join(", ")
}
