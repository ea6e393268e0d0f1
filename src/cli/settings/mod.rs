//! What a run is told, from all the places that may say so.
//!
//! The administrator's file wins over everything for the keys it sets; then the command line, then
//! `CAULK_*`, then the user's file, then the defaults. Each key is taken whole from one place, so
//! that `caulk config show` can name it. Nothing here acts on a setting.

mod environment;
mod file;
mod keys;

pub use keys::{Key, Kind, Value, size};

use super::error::Failure;
use crate::host::{Host, trusted};
use crate::model::{Confidence, Severity, Untrusted};
use crate::triage::AllowEntry;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The administrator's file. Managed preferences and policies of macOS and Windows are not read yet.
const MACHINE: Option<&str> = if cfg!(unix) { Some("/etc/caulk/config.toml") } else { None };

/// Settings of one place.
pub type Layer = BTreeMap<Key, Value>;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The program.
    Default,
    /// The user's config file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// An option.
    CommandLine,
    /// The machine-wide file.
    Administrator(PathBuf),
}

impl Origin {
    fn rank(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File(_) => 1,
            Self::Environment(_) => 2,
            Self::CommandLine => 3,
            Self::Administrator(_) => 4,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", shown(path)),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::CommandLine => f.write_str("command line"),
            Self::Administrator(path) => write!(f, "administrator: {}", shown(path)),
        }
    }
}

/// A path of the caller's, safe to print.
#[must_use]
pub fn shown(path: &Path) -> Untrusted {
    Untrusted::from_bytes(path.as_os_str().as_encoded_bytes())
}

/// The effective settings.
#[derive(Debug, Clone)]
pub struct Settings {
    values: BTreeMap<Key, (Value, Origin)>,
    /// Suppressions, and where they stand.
    pub allow: (Vec<AllowEntry>, Origin),
    /// Things worth a note that are no error.
    pub notes: Vec<String>,
}

impl Settings {
    /// Reads the files and the environment, and puts `command_line` over them. `config` replaces
    /// the user's file and must exist.
    pub fn load(host: &Host, config: Option<&Path>, command_line: Layer) -> Result<Self, Failure> {
        let named = config.map(Path::to_owned).or_else(|| host.env(environment::CONFIG).map(PathBuf::from));
        let (environment, notes) = environment::parse(host.environment())?;
        let user = if let Some(path) = named {
            let absent = || Failure::new(format!("no such config file: {}", shown(&path)));
            let file = read(&path)?.ok_or_else(absent)?;
            Some((path, file))
        } else {
            let path = host.dirs().config.join("config.toml");
            read(&path)?.map(|file| (path, file))
        };
        let administrator = match MACHINE {
            Some(path) => read(Path::new(path))?.map(|file| (PathBuf::from(path), file)),
            None => None,
        };
        let mut settings = Self::merge(user, environment, command_line, administrator);
        settings.notes.splice(0..0, notes);
        Ok(settings)
    }

    fn merge(
        user: Option<(PathBuf, file::FileLayer)>,
        environment: Layer,
        command_line: Layer,
        administrator: Option<(PathBuf, file::FileLayer)>,
    ) -> Self {
        let mut settings = Self {
            values: Key::ALL.iter().filter_map(|key| Some((*key, (key.default()?, Origin::Default)))).collect(),
            allow: (Vec::new(), Origin::Default),
            notes: Vec::new(),
        };
        if let Some((path, layer)) = user {
            settings.put(layer.values, |_| Origin::File(path.clone()));
            if let Some(allow) = layer.allow {
                settings.allow = (allow, Origin::File(path));
            }
        }
        settings.put(environment, |key| Origin::Environment(key.variable()));
        let asked: Vec<Key> = command_line.keys().copied().collect();
        settings.put(command_line, |_| Origin::CommandLine);
        if let Some((path, layer)) = administrator {
            for key in asked.iter().filter(|key| layer.values.contains_key(key)) {
                let by = shown(&path);
                settings.notes.push(format!("--{} is set by the administrator ({by}); yours is not used", key.name()));
            }
            settings.put(layer.values, |_| Origin::Administrator(path.clone()));
            if let Some(allow) = layer.allow {
                settings.allow = (allow, Origin::Administrator(path));
            }
        }
        settings.settle_exit_status();
        settings
    }

    fn put(&mut self, layer: Layer, origin: impl Fn(Key) -> Origin) {
        for (key, value) in layer {
            self.values.insert(key, (value, origin(key)));
        }
    }

    /// `exit-zero` and `exit-code` answer one question: the one that was said last (higher up) holds.
    fn settle_exit_status(&mut self) {
        let rank = |key| self.values.get(&key).map_or(0, |(_, origin): &(Value, Origin)| origin.rank());
        if self.flag(Key::ExitZero) && rank(Key::ExitCode) > rank(Key::ExitZero) {
            let origin = self.origin(Key::ExitCode);
            self.values.insert(Key::ExitZero, (Value::Flag(false), origin));
        }
    }

    /// Whether a flag is set.
    #[must_use]
    pub fn flag(&self, key: Key) -> bool {
        matches!(self.values.get(&key), Some((Value::Flag(true), _)))
    }

    /// A number, where one is set or has a default.
    #[must_use]
    pub fn number(&self, key: Key) -> Option<u64> {
        match self.values.get(&key) {
            Some((Value::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    /// A word; empty for a setting of another kind.
    #[must_use]
    pub fn word(&self, key: Key) -> &str {
        match self.values.get(&key) {
            Some((Value::Word(word), _)) => word,
            _ => "",
        }
    }

    /// A list of globs.
    #[must_use]
    pub fn globs(&self, key: Key) -> &[String] {
        match self.values.get(&key) {
            Some((Value::Globs(globs), _)) => globs,
            _ => &[],
        }
    }

    /// A list of paths.
    #[must_use]
    pub fn paths(&self, key: Key) -> &[PathBuf] {
        match self.values.get(&key) {
            Some((Value::Paths(paths), _)) => paths,
            _ => &[],
        }
    }

    /// A severity. Words are checked when they are read, so the fallback is never reached.
    #[must_use]
    pub fn severity(&self, key: Key) -> Severity {
        self.word(key).parse().unwrap_or(Severity::Low)
    }

    /// A confidence.
    #[must_use]
    pub fn confidence(&self, key: Key) -> Confidence {
        self.word(key).parse().unwrap_or(Confidence::Low)
    }

    /// Where a setting comes from.
    #[must_use]
    pub fn origin(&self, key: Key) -> Origin {
        self.values.get(&key).map_or(Origin::Default, |(_, origin)| origin.clone())
    }

    /// A setting as text, as it would stand in a config file; `-` where nothing is set.
    #[must_use]
    pub fn text(&self, key: Key) -> String {
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        match self.values.get(&key).map(|(value, _)| value) {
            None => "-".into(),
            Some(Value::Flag(flag)) => flag.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Word(word)) => word.clone(),
            Some(Value::Globs(globs)) => list(globs.iter().map(|g| Untrusted::from(g.as_str()).to_string()).collect()),
            Some(Value::Paths(paths)) => list(paths.iter().map(|path| shown(path).to_string()).collect()),
        }
    }
}

/// Whether the globs of a value can be read at all.
fn check_globs(_key: Key, value: &Value) -> Result<(), ()> {
    match value {
        Value::Globs(globs) if globs.iter().any(|glob| globset::Glob::new(glob).is_err()) => Err(()),
        _ => Ok(()),
    }
}

/// Reads one config file; `None` when there is none. A file that others can write is refused.
fn read(path: &Path) -> Result<Option<file::FileLayer>, Failure> {
    match trusted::read(path, file::MOST_BYTES) {
        Ok(read) => file::parse(path, &read.text).map(Some),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(Failure::new(format!("config file {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(pairs: &[(Key, &str)]) -> Layer {
        pairs.iter().map(|(key, text)| (*key, key.kind().read(text).unwrap())).collect()
    }

    fn file(text: &str) -> Option<(PathBuf, file::FileLayer)> {
        let path = PathBuf::from("/made/up/config.toml");
        file::parse(&path, text).ok().map(|layer| (path, layer))
    }

    fn refused(text: &str) -> String {
        file::parse(Path::new("c.toml"), text).unwrap_err().to_string()
    }

    #[test]
    fn command_line_over_environment_over_file_over_default_and_the_administrator_over_all() {
        let user = || file("[scan]\nfail-on = \"medium\"\nmin-severity = \"medium\"\njobs = 2");
        let environment = || layer(&[(Key::FailOn, "high"), (Key::MinSeverity, "high")]);
        let settings = Settings::merge(user(), environment(), layer(&[(Key::FailOn, "critical")]), None);
        assert_eq!(settings.severity(Key::FailOn), Severity::Critical);
        assert_eq!(settings.severity(Key::MinSeverity), Severity::High);
        assert_eq!(settings.number(Key::Jobs), Some(2));
        assert_eq!(settings.word(Key::Color), "auto");
        let administrator = file("[scan]\nfail-on = \"info\"");
        let settings = Settings::merge(user(), environment(), layer(&[(Key::FailOn, "critical")]), administrator);
        assert_eq!(settings.severity(Key::FailOn), Severity::Info);
        assert!(matches!(settings.origin(Key::FailOn), Origin::Administrator(_)));
        assert!(settings.notes[0].contains("--fail-on"), "{:?}", settings.notes);
    }

    #[test]
    fn the_exit_code_said_last_wins_over_exit_zero() {
        let settings =
            Settings::merge(file("[scan]\nexit-zero = true"), layer(&[(Key::ExitCode, "7")]), Layer::new(), None);
        assert!(!settings.flag(Key::ExitZero));
        let settings =
            Settings::merge(file("[scan]\nexit-code = 7"), layer(&[(Key::ExitZero, "1")]), Layer::new(), None);
        assert!(settings.flag(Key::ExitZero));
    }

    #[test]
    fn errors_of_a_file_name_line_and_key_and_never_the_value() {
        let error = refused("\n[scan]\nfail_on = \"hunter2\"");
        assert_eq!(error, "c.toml:3: unknown key `fail_on` in [scan] (did you mean `fail-on`?)");
        let error = refused("[scan]\nfail-on = \"hunter2\"");
        assert_eq!(error, "c.toml:2: `fail-on` must be one of info, low, medium, high, critical");
        assert_eq!(refused("[scan]\npassword = hunter2"), "c.toml:2: not valid TOML: a string without quotes");
        assert!(refused("fail-on = \"low\"").contains("[scan]"));
        assert!(refused("[scna]\n").contains("`scan`"));
        assert!(refused("[scan]\nexclude = [\"hunter2{\"]").contains("glob"));
        let long = format!("[scan]\n{} = 1", "k".repeat(64));
        assert!(!refused(&long).contains(&"k".repeat(41)));
        for text in ["[scan]\njobs = 0", "[scan]\nexit-code = 256", "[scan]\ndeep = \"yes\"", "scan = 1", "allow = 1"] {
            let _ = refused(text);
        }
    }

    #[test]
    fn allow_entries_need_a_reason_and_something_to_fit() {
        let settings = Settings::merge(
            file(
                "[[allow]]\nrule = \"npm-*\"\nreason = \"a fixture\"\nuntil = 2030-01-31\n[[allow]]\nid = \"c1f0\"\nreason = \"x\"",
            ),
            Layer::new(),
            Layer::new(),
            None,
        );
        assert_eq!(settings.allow.0[0].until, Some(crate::triage::Until::Text("2030-01-31".into())));
        assert_eq!(settings.allow.0.len(), 2);
        assert!(refused("[[allow]]\nrule = \"x\"").contains("reason"));
        assert!(refused("[[allow]]\nreason = \"x\"").contains("fingerprint"));
        assert!(refused("[[allow]]\nrule = \"x\"\nreason = \"y\"\nuntil = \"2030-02-31\"").contains("date"));
        assert!(refused("[[allow]]\nrul = \"x\"").contains("`rule`"));
    }

    #[test]
    fn a_relative_rules_path_counts_from_the_config_file() {
        let settings = Settings::merge(file("[scan]\nrules = \"mine\""), Layer::new(), Layer::new(), None);
        assert_eq!(settings.paths(Key::Rules), [PathBuf::from("/made/up/mine")]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_config_file_panic(text in ".{0,200}", tail in "[\\[\\]\\{\\}a-z=\"\n.,# -]{0,80}") {
            let _ = file::parse(Path::new("c.toml"), &text);
            let _ = file::parse(Path::new("c.toml"), &format!("[scan]\n{tail}"));
        }
    }
}
