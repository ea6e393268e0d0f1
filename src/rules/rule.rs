//! Rules, surfaces, settings, campaigns as the rest of the program sees them.
//!
//! The build script writes these as static tables; a user's files become the same types at run
//! time. `Cow` lets both be one type without copying the built-in ones.

use super::boundary::ByteClass;
use crate::model::{Category, Confidence, Severity};
use std::borrow::Cow;

pub use super::campaign::{Artifact, Campaign, FieldMark, Lookalike};
pub use super::surface::{Decision, How, PathSet, Run, SecretForm, SecretPlace, Surface};

/// Text that is static in the built-in pack and owned in a user's.
pub type Str = Cow<'static, str>;
/// A list of the same.
pub type List<T> = Cow<'static, [T]>;

/// One detection as data.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Stable id.
    pub id: Str,
    /// Ids it replaces; the first is the lineage.
    pub supersedes: List<Str>,
    /// What was found.
    pub title: Str,
    /// Vendor or product.
    pub vendor: Str,
    /// Severity at full confidence.
    pub severity: Severity,
    /// Confidence without further evidence.
    pub confidence: Confidence,
    /// Category.
    pub category: Category,
    /// How it is found.
    pub kind: RuleKind,
    /// Public vendor prefix that redaction may show.
    pub prefix: Str,
    /// Offline check, a word of `detect::check`; empty: none.
    pub check: Str,
    /// Public by design.
    pub public: bool,
    /// No longer accepted by its vendor.
    pub dead: bool,
    /// Exact values that are samples, reversed.
    pub samples_reversed: List<Str>,
    /// The other half of a pair.
    pub pair: Str,
    /// What a thief can do.
    pub impact: Str,
    /// URL or command that revokes it.
    pub revoke: Str,
    /// Sources.
    pub references: List<Str>,
    /// Templates in which it holds.
    pub matches: List<Str>,
    /// Templates in which it does not.
    pub ignores: List<Str>,
}

impl Rule {
    /// The id that finding ids are made of: the oldest this rule goes back to.
    #[must_use]
    pub fn lineage(&self) -> &str {
        self.supersedes.first().map_or(&self.id, |oldest| oldest)
    }

    /// Whether `secret` is a published sample or a fixed default that opens nothing.
    ///
    /// Besides the listed values, vendors' documentation writes `EXAMPLE` into its samples.
    #[must_use]
    pub fn is_sample(&self, secret: &[u8]) -> bool {
        memchr::memmem::find(secret, b"EXAMPLE").is_some()
            || self.samples_reversed.iter().any(|sample| sample.bytes().eq(secret.iter().rev().copied()))
    }

    /// The token pattern, when it has one.
    #[must_use]
    pub fn token(&self) -> Option<&TokenPattern> {
        match &self.kind {
            RuleKind::Token(pattern) => Some(pattern),
            RuleKind::Field => None,
        }
    }
}

/// How a rule finds.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "most rules are of the larger kind, and static tables hold no boxes")]
pub enum RuleKind {
    /// By the token's format, anywhere.
    Token(TokenPattern),
    /// By a field of a surface, or by a coded detector that names it.
    Field,
}

/// A token's format.
#[derive(Debug, Clone)]
pub struct TokenPattern {
    /// Literals one of which stands in every match.
    pub keywords: List<Str>,
    /// For each keyword, the sets that the bytes after it are in; empty where that is not known.
    pub follow: List<List<ByteClass>>,
    /// For each keyword, whether a match begins with it.
    pub leads: List<bool>,
    /// For each keyword, a bit for each place at which it goes on as common words do.
    pub common: List<u64>,
    /// Whether they match whatever their case.
    pub ignore_case: bool,
    /// Bytes regex.
    pub pattern: Str,
    /// Class body of the token's characters.
    pub alphabet: Str,
    /// Words one of which must be near.
    pub near: List<Str>,
    /// Words beside which it is low.
    pub public_beside: List<Str>,
    /// Surfaces it is limited to.
    pub surfaces: List<Str>,
    /// Least entropy, bits per character.
    pub min_entropy: f64,
    /// Bytes regexes of which none may match in the secret.
    pub except: List<Str>,
}

/// One setting that lowers a guard.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Stable id.
    pub id: Str,
    /// What was found.
    pub title: Str,
    /// Product.
    pub product: Str,
    /// Surfaces it is read in.
    pub surfaces: List<Str>,
    /// Key-path glob.
    pub field: Str,
    /// Comparison.
    pub operator: Operator,
    /// What it compares with.
    pub value: Str,
    /// Pattern for the key that the last `*` stands for; empty: any.
    pub key_matches: Str,
    /// Severity.
    pub severity: Severity,
    /// Severity in a project's file, where it differs.
    pub project_severity: Option<Severity>,
    /// Category.
    pub category: Category,
    /// Versions, in words.
    pub versions: Str,
    /// Why it matters.
    pub impact: Str,
    /// What to do.
    pub advice: Str,
    /// The safe value as JSON text, or `remove`; empty: mended by hand.
    pub mend: Str,
    /// Sources.
    pub references: List<Str>,
    /// Documents in which it holds.
    pub matches: List<Str>,
    /// Documents in which it does not.
    pub ignores: List<Str>,
}

/// How a setting is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Equals the JSON value.
    Is,
    /// Is there and differs from the JSON value.
    IsNot,
    /// Is, or has among its items, a string equal to the value.
    Contains,
    /// Is, or has among its items, a string that the pattern fits.
    Matches,
    /// Is there at all.
    Present,
    /// Is a number above the value.
    Above,
    /// Is a number below the value, and above 0.
    Below,
}

/// Texts of one coded audit.
#[derive(Debug, Clone)]
pub struct AuditText {
    /// Stable id.
    pub id: Str,
    /// What was found.
    pub title: Str,
    /// Severity before weighing.
    pub severity: Severity,
    /// Category.
    pub category: Category,
    /// Why it matters.
    pub impact: Str,
    /// What to do.
    pub advice: Str,
    /// Sources.
    pub references: List<Str>,
}

/// How one kind of exposure is sealed.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Stable id, named by surfaces.
    pub id: Str,
    /// Product.
    pub product: Str,
    /// Fields it claims, as reports write them, with `*`.
    pub fields: List<Str>,
    /// Of a mend: the audits whose findings it mends.
    pub rules: List<Str>,
    /// Of a mend: the surfaces it knows; empty: any.
    pub surfaces: List<Str>,
    /// The coded editor.
    pub edit: Edit,
    /// Whether `fix` does it.
    pub automatic: bool,
    /// Whether it does so in a file that git tracks.
    pub tracked: bool,
    /// What it does.
    pub summary: Str,
    /// What to do by hand.
    pub manual: Str,
    /// Programs that rewrite a file at any time: surface and program, a blank between.
    pub busy: List<Str>,
    /// Versions it needs, in words.
    pub versions: Str,
    /// Sources.
    pub references: List<Str>,
    /// Files before and after.
    pub examples: List<Example>,
}

impl Recipe {
    /// Whether it is for findings of this weight: what starts by itself is taken away only where it is bad.
    #[must_use]
    pub fn is_for(&self, severity: Severity) -> bool {
        !matches!(self.edit, Edit::MendEntry | Edit::MendHook) || severity >= Severity::High
    }
}

/// The coded editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edit {
    /// A credential's line of `.npmrc` goes.
    NpmLine,
    /// The login in a registry's URL in `.npmrc` goes.
    NpmUrl,
    /// A line of git's credential store goes.
    GitStore,
    /// The password, or the token, of a URL in git's configuration goes.
    GitUrl,
    /// An authorization header's line in git's configuration goes.
    GitHeader,
    /// An MCP server is started through caulk, which hands it the variable.
    McpEnv,
    /// A remote MCP server's header comes from a helper.
    McpHeader,
    /// A setting gets the safe value that its rule names, or goes.
    MendSetting,
    /// A package gets the version that is installed here.
    MendPin,
    /// A task starts when asked for, no longer when its folder is opened.
    MendTask,
    /// The entry of a hook goes.
    MendEntry,
    /// A hook that is a file loses the right to be run.
    MendHook,
    /// A file or folder loses the right of group and others to write.
    MendOpen,
    /// A file of secrets is for its owner only.
    MendMode,
    /// Nothing can be done by a program: the user is told what to do.
    ByHand,
    /// It must stay where it is; the user is told why.
    Leave,
}

impl Edit {
    /// Whether it mends a setting or an entry, and seals nothing.
    #[must_use]
    pub const fn is_mend(self) -> bool {
        matches!(
            self,
            Self::MendSetting
                | Self::MendPin
                | Self::MendTask
                | Self::MendEntry
                | Self::MendHook
                | Self::MendOpen
                | Self::MendMode
        )
    }
}

/// A file before and after.
#[derive(Debug, Clone)]
pub struct Example {
    /// The surface.
    pub surface: Str,
    /// Before.
    pub before: Str,
    /// After.
    pub after: Str,
    /// Whether the editor says no.
    pub refused: bool,
    /// The name in the vault.
    pub name: Str,
}
