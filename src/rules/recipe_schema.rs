//! What authors write under `rules/recipes`, as serde types.
//!
//! A recipe seals a secret, and surfaces name it; or it mends what a setting or an audit tells of, and names
//! the rules itself.
//!
//! Shared with the build script (`rules/build.rs` includes this file), so it may use nothing but
//! std and serde. An unknown key is an error everywhere.

use serde::Deserialize;

/// A file of `rules/recipes`: how one product's secrets are sealed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeFile {
    /// Always 1.
    pub schema: u32,
    /// As people write it.
    pub product: String,
    /// The recipes.
    #[serde(default, rename = "recipe")]
    pub recipes: Vec<RecipeSpec>,
}

/// How one kind of exposure is sealed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeSpec {
    /// Its id; surfaces name it in `recipes`.
    pub id: String,
    /// Fields it claims, as the report writes them: `mcpServers.*.env.*`; `*` is any run of characters.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Of a mend: the audits whose findings it mends; settings say so themselves (`mend`).
    #[serde(default)]
    pub rules: Vec<String>,
    /// Of a mend: the surfaces it knows; empty: any.
    #[serde(default)]
    pub surfaces: Vec<String>,
    /// The coded editor: a word of `rules::rule::Edit`.
    pub edit: String,
    /// Whether `fix` does it; else it only says what to do by hand.
    #[serde(default = "yes")]
    pub automatic: bool,
    /// Whether it does it in a file that git tracks, too: when every teammate's tool understands the edit.
    #[serde(default)]
    pub tracked: bool,
    /// What it does, one sentence.
    pub summary: String,
    /// What to do by hand where the editor says no, one sentence.
    pub manual: String,
    /// Programs that rewrite a file at any time while they run: surface and program, a blank between.
    #[serde(default)]
    pub busy: Vec<String>,
    /// Versions of the consumer it needs, in words; empty: any.
    #[serde(default)]
    pub versions: String,
    /// Where the facts come from.
    #[serde(default)]
    pub references: Vec<String>,
    /// What it makes of a file.
    #[serde(default, rename = "example")]
    pub examples: Vec<RecipeExample>,
}

fn yes() -> bool {
    true
}

/// A file before and after. Templates are those of rules; caulk lies at `/opt/caulk/bin/caulk`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeExample {
    /// The surface.
    pub surface: String,
    /// The file before.
    pub before: String,
    /// The file after; empty with `refused`: it stays as it is.
    #[serde(default)]
    pub after: String,
    /// Whether the editor says no.
    #[serde(default)]
    pub refused: bool,
    /// The name in the vault.
    #[serde(default)]
    pub name: String,
}
