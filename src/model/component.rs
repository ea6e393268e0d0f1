//! Something that somebody published and that lies on this machine: a package, an editor extension.
//!
//! Facts only; whether it is known to be bad is the catalog's business.

use super::Untrusted;
use std::ops::Range;

/// Where a component was published. The words are those of rule data and of purls, but for `vscode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ecosystem {
    /// npm packages.
    Npm,
    /// Python packages.
    Pypi,
    /// Extensions of VS Code and its forks, from either marketplace.
    Vscode,
    /// Rust crates.
    Cargo,
    /// Ruby gems.
    Gem,
    /// PHP packages.
    Packagist,
    /// Go modules.
    Go,
}

impl Ecosystem {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [Self::Npm, Self::Pypi, Self::Vscode, Self::Cargo, Self::Gem, Self::Packagist, Self::Go];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Vscode => "vscode",
            Self::Cargo => "cargo",
            Self::Gem => "gem",
            Self::Packagist => "packagist",
            Self::Go => "go",
        }
    }

    /// By the word of our own data, or one that other lists use for the same.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "npm" => Self::Npm,
            "pypi" | "pip" | "python" => Self::Pypi,
            "vscode"
            | "openvsx"
            | "open-vsx"
            | "vscode-extension"
            | "editor-extension"
            | "vscode:https://open-vsx.org" => Self::Vscode,
            "cargo" | "crates.io" | "crates" => Self::Cargo,
            "gem" | "rubygems" => Self::Gem,
            "packagist" | "composer" => Self::Packagist,
            "go" | "golang" => Self::Go,
            _ => return None,
        })
    }

    /// The name as its registry compares it: Python's ignores case and which of `-_.` stands between, Packagist's
    /// and the extensions' ignore case.
    #[must_use]
    pub fn canonical(self, name: &str) -> String {
        match self {
            Self::Pypi => {
                let mut out = String::with_capacity(name.len());
                for c in name.chars() {
                    match c {
                        '-' | '_' | '.' if out.ends_with('-') => {}
                        '-' | '_' | '.' => out.push('-'),
                        c => out.extend(c.to_lowercase()),
                    }
                }
                out
            }
            Self::Vscode | Self::Packagist => name.to_lowercase(),
            _ => name.to_owned(),
        }
    }
}

/// How firmly a component is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Presence {
    /// Its files lie here.
    Installed,
    /// A cache of a tool that runs packages without installing them holds it, so it may have run.
    Cached,
    /// A settings file starts it, fetching it where it is missing.
    Started,
    /// A lock file or a list of requirements names it.
    Locked,
}

impl Presence {
    /// One word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Cached => "cached",
            Self::Started => "started",
            Self::Locked => "locked",
        }
    }
}

/// A package or an extension, and the file that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Where it was published.
    pub ecosystem: Ecosystem,
    /// Its name there.
    pub name: Untrusted,
    /// Its version; empty where the file does not say.
    pub version: Untrusted,
    /// How firmly it is here.
    pub presence: Presence,
    /// Whether it belongs to the user rather than to one project: a global package, an extension, a tool.
    pub global: bool,
    /// Whether it runs a script of its own when it is installed.
    pub install_script: bool,
    /// What else a reader should know: `side-loaded`, `runs at every start of the editor`, `plain http`.
    pub notes: Vec<&'static str>,
    /// Whether a catalog lists exactly this version.
    pub known_bad: bool,
    /// Bytes in the file, where the file has others beside it.
    pub span: Range<usize>,
    /// The file; masked.
    pub path: Untrusted,
    /// Its surface.
    pub surface: String,
}

impl Component {
    /// One as a reader of documents gives it: the scan adds file and surface.
    #[must_use]
    pub fn new(ecosystem: Ecosystem, name: &str, version: &str, span: Range<usize>) -> Self {
        Self {
            ecosystem,
            name: Untrusted::new(name),
            version: Untrusted::new(version),
            presence: Presence::Locked,
            global: false,
            install_script: false,
            notes: Vec::new(),
            known_bad: false,
            span,
            path: Untrusted::default(),
            surface: String::new(),
        }
    }
}
