//! What authors write under `rules/surfaces`, as serde types: the part of [`super::schema`] that tells of places.
//!
//! Shared with the build script like it, so it may use nothing but std and serde. An unknown key is an error.

use super::schema::RuleSpec;
use serde::Deserialize;

/// A file of `rules/surfaces`: one product's places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceFile {
    /// Always 1.
    pub schema: u32,
    /// As people write it.
    pub product: String,
    /// The places.
    #[serde(default, rename = "surface")]
    pub surfaces: Vec<SurfaceSpec>,
    /// Sets of fields that several places have, for their `uses`.
    #[serde(default, rename = "fields")]
    pub groups: Vec<FieldGroup>,
    /// Field rules these places use, and coded detectors' texts.
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSpec>,
}

/// Fields that stand together in several places: those of one MCP server, of an environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldGroup {
    /// What `uses` calls it.
    pub id: String,
    /// The fields, seen from where the group is used.
    pub secrets: Vec<SecretField>,
}

/// A kind of place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurfaceSpec {
    /// `product.place`.
    pub id: String,
    /// How a sentence names it: `.npmrc`, `Cursor MCP config`.
    pub title: String,
    /// A word of `read::Format`, in kebab-case.
    pub format: String,
    /// System-level absolute paths.
    #[serde(default)]
    pub system: Paths,
    /// User-level paths, `{home}/…` or another root: `{config}`, `{data}`, `{state}`, `{cache}`,
    /// `{appdata}`, `{localappdata}`, or `$NAME` of an environment variable that moves the file.
    #[serde(default)]
    pub user: Paths,
    /// Relative globs matched at the end of any path below a home or root: `.npmrc`, `.cursor/mcp.json`, `.env.*`.
    #[serde(default)]
    pub anywhere: Vec<String>,
    /// Relative globs that `anywhere` and `user` must not take: `.env.example`.
    #[serde(default)]
    pub except: Vec<String>,
    /// Whether a file of this kind marks the folder it is named from as a project.
    #[serde(default)]
    pub project: bool,
    /// Forks of one product: each replaces `{fork}` in the paths of `user`.
    #[serde(default)]
    pub forks: Vec<String>,
    /// Fields that hold secrets; the first that fits counts.
    #[serde(default)]
    pub secrets: Vec<SecretField>,
    /// Groups of fields, before `secrets`: `group`, or `group at key/path` where it does not stand at the root.
    #[serde(default)]
    pub uses: Vec<String>,
    /// Fields that run as commands, as key-path globs.
    #[serde(default)]
    pub commands: Vec<String>,
    /// What stands between the MCP servers kept here and their start, a word of `ledger::Starts`; empty: no
    /// client starts what is kept here. Where they stand is where `uses` has the group of their fields.
    #[serde(default)]
    pub mcp: String,
    /// The client that starts them, where it is not the file's product.
    #[serde(default)]
    pub client: String,
    /// What else starts by itself.
    #[serde(default)]
    pub runs: Vec<RunSpec>,
    /// What of the user's decisions it stores.
    #[serde(default)]
    pub approves: Vec<DecisionSpec>,
    /// What packages or extensions it lists, a word of `rules::words::LISTS`; empty: none. With `node-modules` and
    /// `site-packages` the paths are folders, and what is installed in them is read off their names and manifests.
    #[serde(default)]
    pub lists: String,
    /// Whether what it lists is the user's own, not one project's: global packages, tools, extensions.
    #[serde(default)]
    pub global: bool,
    /// Whether it is an agent's transcript.
    #[serde(default)]
    pub transcript: bool,
    /// Whether it is an old copy that a program keeps: a history, a backup, an undo file.
    #[serde(default)]
    pub history: bool,
    /// Mode that the product gives it, octal text.
    #[serde(default)]
    pub mode: String,
    /// Recipes that can seal it.
    #[serde(default)]
    pub recipes: Vec<String>,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
    /// Home-relative sample paths, each of which must resolve to this surface; at least one.
    #[serde(default)]
    pub samples: Vec<String>,
}

/// Commands that a product starts by itself: hooks, tasks, helpers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// The entry, as a key-path glob.
    pub at: String,
    /// Keys of the command below it; none: the entry is the command, in words or lines, or an object of such.
    #[serde(default)]
    pub command: Vec<String>,
    /// The key of its arguments.
    #[serde(default)]
    pub args: String,
    /// Whether a list is several commands, not the words of one.
    #[serde(default)]
    pub each: bool,
    /// What starts it: `hook of Cursor on {}`, where `{}` is the key that the first star stands for.
    pub trigger: String,
    /// What stands between it and its start, a word of `ledger::Starts`.
    pub starts: String,
    /// `key=value` below the entry, without which it does not start by itself; of a whole file: `executable`.
    #[serde(default)]
    pub when: String,
    /// `key=value` below the entry, with which it is switched off.
    #[serde(default)]
    pub unless: String,
    /// The key of its name, where that is neither `label` nor `name`.
    #[serde(default)]
    pub named: String,
    /// How a text has to begin to be a command: git's aliases are words of git, or begin with `!`. A word with which
    /// lines of a script begin is part of the command unless a blank is written after it.
    #[serde(default)]
    pub begins: String,
    /// The audit that tells of it where it comes with a project; empty: it is told only for what it does.
    #[serde(default)]
    pub project: String,
    /// Whether a script as a whole is listed, called by its surface's title, where no audit tells of it.
    #[serde(default)]
    pub listed: bool,
}

/// A decision that a product stores in the user's own files: which folder, file or entry may start something.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionSpec {
    /// What it is about, a word of `rules::words::DECISIONS`: `folder` (it and all below), `parent` (the folder above
    /// and all below), `project` (the folder itself and what belongs to its repository), `refused` (a folder, until a
    /// closer decision); the surface's path is a folder and the names in it are `digest` (SHA-256 of path, line end
    /// and content) or `digest-refused` (of path and line end), or in it are links to what is trusted: `link`,
    /// `link-refused`; `codex-hook` and `cursor-server`: the product's own fingerprint of one entry.
    pub how: String,
    /// Surfaces whose entries it is about.
    pub of: Vec<String>,
    /// Where it stands, as a key-path glob: a path, or with `is` what the last star's key is the path of.
    #[serde(default)]
    pub at: String,
    /// What it has to say to count.
    #[serde(default)]
    pub is: String,
}

/// Paths by system; `any` goes for all.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paths {
    /// On every system.
    #[serde(default)]
    pub any: Vec<String>,
    /// On Linux.
    #[serde(default)]
    pub linux: Vec<String>,
    /// On macOS.
    #[serde(default)]
    pub macos: Vec<String>,
    /// On Windows; `/` between parts.
    #[serde(default)]
    pub windows: Vec<String>,
}

/// A field that holds a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretField {
    /// Key path, parts divided by `/`: `*` is one part or a piece of one, `**` any number of parts,
    /// `{a,b}` either. `mcpServers/*/env/*`, `**/*:_authToken`, `*/{token,password}`.
    pub field: String,
    /// How to look at it: `value` (always a secret), `named` (when the key's name says so), `guessed` (the same,
    /// but no word is taken for a password), `public` (no secret, whatever its name says),
    /// `header` (a scheme may stand before the secret), `basic` (base64 of user:password),
    /// `base64`, `url` (userinfo and query), `arguments` (a command's arguments).
    #[serde(rename = "as")]
    pub form: String,
    /// The rule it falls under.
    pub rule: String,
}
