//! What a recipe's editor is given and what it answers: pure, so that the plan, the act and the
//! examples of a recipe are one code. Nothing here opens a file or the keychain.

use crate::host::Os;
use crate::model::Secret;
use crate::read::Document;
use crate::rules::rule::{Recipe, Surface};
use crate::vault::{Binding, VaultName};
use std::ops::Range;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Facts of this machine that edits depend on.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The system.
    pub os: Os,
    /// The home whose files are edited.
    pub home: PathBuf,
    /// How configurations call caulk: an absolute path that stays when caulk is upgraded.
    pub launcher: PathBuf,
    /// The git configuration that is read last for every repository: where the helper is set.
    pub git_config: PathBuf,
    /// Clients on the `PATH` that read `.npmrc` and take a login from no other place: yarn, bun, deno.
    pub file_only_clients: Vec<String>,
    /// Package managers on the `PATH`, each with its version where a file tells it.
    pub managers: Vec<(String, Option<String>)>,
}

/// One secret at one place, in a document read just now.
pub struct Target<'a> {
    /// The recipe that claims it.
    pub recipe: &'a Recipe,
    /// Its surface.
    pub surface: &'a Surface,
    /// The file, links resolved.
    pub path: &'a Path,
    /// The file's content.
    pub document: &'a Document<'a>,
    /// Bytes of the secret as written, in the document's source.
    pub span: Range<usize>,
    /// Whether git tracks the file, so that others get what is written there.
    pub tracked: bool,
    /// The machine.
    pub machine: &'a Machine,
    /// The name a value gets, from the one proposed and who asks for it: an edit that writes the name into
    /// the file asks here first.
    pub name: &'a dyn Fn(VaultName, &[u8], &Binding) -> VaultName,
}

/// Bytes of a text and what takes their place.
pub struct Splice {
    /// The bytes that go; empty: an insertion.
    pub at: Range<usize>,
    /// What comes; wiped, since an undo puts secrets back the same way.
    pub with: Zeroizing<Vec<u8>>,
}

impl Splice {
    /// Replaces `at` by `text`.
    #[must_use]
    pub fn new(at: Range<usize>, text: impl AsRef<[u8]>) -> Self {
        Self { at, with: Zeroizing::new(text.as_ref().to_vec()) }
    }
}

/// Applies splices in order of position; `None` when they overlap or lie outside.
#[must_use]
pub fn apply(source: &[u8], splices: &[Splice]) -> Option<Zeroizing<Vec<u8>>> {
    let mut order: Vec<&Splice> = splices.iter().collect();
    order.sort_by_key(|splice| splice.at.start);
    let length = source.len() + order.iter().map(|splice| splice.with.len()).sum::<usize>();
    // One allocation: a buffer that grows would leave unwiped copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    let mut at = 0;
    for splice in order {
        out.extend_from_slice(source.get(at..splice.at.start)?);
        source.get(splice.at.clone())?;
        out.extend_from_slice(&splice.with);
        at = splice.at.end;
    }
    out.extend_from_slice(source.get(at..)?);
    Some(out)
}

/// Another file that must change with it: git's configuration.
pub struct Companion {
    /// The file; it need not exist.
    pub path: PathBuf,
    /// What is done to its content.
    pub edit: CompanionEdit,
}

/// What is done to a companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanionEdit {
    /// caulk answers for one host, and nobody else is asked or told.
    GitHelper {
        /// `https://git.example.com`, as git matches it.
        url: String,
    },
}

/// How one secret is moved.
pub struct Move {
    /// The name proposed for it.
    pub name: VaultName,
    /// What goes into the keychain: the form its consumer needs.
    pub value: Secret,
    /// Who may be handed it.
    pub binding: Binding,
    /// What changes in the file.
    pub splices: Vec<Splice>,
    /// What changes beside it.
    pub companions: Vec<Companion>,
    /// What the user does from now on, one sentence; empty: nothing changes for them.
    pub next: String,
}

/// What an editor answers.
pub enum Outcome {
    /// It can be moved like this.
    Move(Box<Move>),
    /// No safe way: what to do by hand.
    Manual(String),
    /// Not now: the reason.
    Skip(String),
}
