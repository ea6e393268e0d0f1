//! Places, as the rest of the program sees them: where they lie, what in them is a secret, what starts from them.
//!
//! Data only, like [`super::rule`], whose names these are told by.

use super::rule::{List, Str};
use crate::read::Format;

/// A kind of place.
#[derive(Debug, Clone)]
pub struct Surface {
    /// `product.place`.
    pub id: Str,
    /// How a sentence names it.
    pub title: Str,
    /// Product.
    pub product: Str,
    /// Layout.
    pub format: Format,
    /// System-level paths.
    pub system: PathSet,
    /// User-level paths, forks expanded.
    pub user: PathSet,
    /// Globs for the end of any path.
    pub anywhere: List<Str>,
    /// Globs it must not take.
    pub except: List<Str>,
    /// Whether it marks a project.
    pub project: bool,
    /// Fields that hold secrets: their numbers in [`RulePack::places`](super::RulePack::places).
    pub secrets: &'static [u16],
    /// Fields that run.
    pub commands: List<Str>,
    /// What stands between its MCP servers and their start; empty: none is kept here.
    pub mcp: Str,
    /// Who starts them.
    pub client: Str,
    /// Where they stand; empty text: the document itself.
    pub servers: List<Str>,
    /// What else starts by itself.
    pub runs: List<Run>,
    /// What of the user's decisions it stores.
    pub approves: List<Decision>,
    /// What packages or extensions it lists; empty: none.
    pub lists: Str,
    /// Whether those are the user's own.
    pub global: bool,
    /// Whether it is a transcript.
    pub transcript: bool,
    /// Whether it is an old copy.
    pub history: bool,
    /// Mode its product gives it.
    pub mode: Option<u32>,
    /// Recipes.
    pub recipes: List<Str>,
    /// Sources.
    pub references: List<Str>,
    /// Home-relative sample paths.
    pub samples: List<Str>,
}

/// Commands that a product starts by itself.
#[derive(Debug, Clone)]
pub struct Run {
    /// The entry.
    pub at: Str,
    /// Keys of the command below it; none: the entry itself.
    pub command: List<Str>,
    /// The key of its arguments.
    pub args: Str,
    /// Whether a list is several commands, not the words of one.
    pub each: bool,
    /// What starts it.
    pub trigger: Str,
    /// What stands between it and its start.
    pub starts: Str,
    /// `key=value` below the entry, without which it does not start; of a whole file: `executable`.
    pub when: Str,
    /// `key=value` below the entry, with which it is switched off.
    pub unless: Str,
    /// The key of its name, besides `label` and `name`.
    pub named: Str,
    /// How a text has to begin to be a command.
    pub begins: Str,
    /// The audit of those that come with a project.
    pub project: Str,
    /// Whether a script is listed as a whole though no audit tells of it.
    pub listed: bool,
}

impl Run {
    /// Whether it is a file as a whole that starts only where its mode says that it may be run.
    #[must_use]
    pub fn needs_right(&self) -> bool {
        self.when == "executable"
    }
}

/// A decision that a product stores in the user's own files.
#[derive(Debug, Clone)]
pub struct Decision {
    /// What it is about.
    pub how: How,
    /// Surfaces whose entries it is about.
    pub of: List<Str>,
    /// Where it stands.
    pub at: Str,
    /// What it has to say; empty: it is the path.
    pub is: Str,
}

/// What a stored decision is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// A folder and all below it.
    Folder,
    /// The folder above it, and all below that.
    Parent,
    /// A folder itself, and what belongs to the repository that it is the root of.
    Project,
    /// A folder that is refused, until a closer decision.
    Refused,
    /// A file by its path and content.
    Digest,
    /// A file that is refused, by its path.
    DigestRefused,
    /// What a link leads to.
    Link,
    /// What a link leads to is refused.
    LinkRefused,
    /// One hook of Codex by its fingerprint.
    CodexHook,
    /// One MCP server of Cursor by its fingerprint.
    CursorServer,
}

impl How {
    /// Whether the surface's path is a folder whose names are the decisions.
    #[must_use]
    pub const fn is_of_names(self) -> bool {
        matches!(self, Self::Digest | Self::DigestRefused | Self::Link | Self::LinkRefused)
    }
}

/// Paths by system.
#[derive(Debug, Clone)]
pub struct PathSet {
    /// On Linux, those of `any` included.
    pub linux: List<Str>,
    /// On macOS.
    pub macos: List<Str>,
    /// On Windows.
    pub windows: List<Str>,
}

/// A field that holds a secret.
#[derive(Debug, Clone)]
pub struct SecretPlace {
    /// Key-path glob, parts divided by `/`.
    pub field: Str,
    /// How to look at it.
    pub form: SecretForm,
    /// The rule's id.
    pub rule: Str,
}

/// How to look at a secret field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretForm {
    /// Always a secret, whatever it looks like.
    Value,
    /// A secret when the key's name says so.
    Named,
    /// The same in a file of many settings, where a word is likelier an example than a password.
    Guessed,
    /// No secret, though its name says so.
    Public,
    /// A scheme may stand before the secret.
    Header,
    /// base64 of user:password.
    Basic,
    /// base64 of the secret.
    Base64,
    /// A URL whose userinfo or query holds the secret.
    Url,
    /// A command's argument.
    Arguments,
}
