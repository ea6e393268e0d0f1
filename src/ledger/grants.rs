//! Consent that is given in one file and counts in another: which project servers start unasked.
//!
//! Claude Code keeps it in its settings, and per project in `.claude.json`. Read first, then handed
//! to [`super::mcp::entries_with`]. Without it a project's servers count as asked for.

use super::node::{each, strings};
use crate::read::Document;
use crate::read::json::{Kind, NodeId, Tree};
use std::collections::BTreeSet;

/// What settings say about the servers of `.mcp.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// `enableAllProjectMcpServers`.
    pub all: bool,
    /// `enabledMcpjsonServers`: names, as bytes.
    pub enabled: BTreeSet<Vec<u8>>,
    /// `disabledMcpjsonServers`.
    pub disabled: BTreeSet<Vec<u8>>,
}

impl Grants {
    /// Reads a settings file, or the part of `.claude.json` for the project at `project`.
    #[must_use]
    pub fn read(doc: &Document<'_>, project: Option<&[u8]>) -> Self {
        let mut grants = Self::default();
        let Some(tree) = &doc.tree else { return grants };
        let Some(root) = tree.root() else { return grants };
        grants.take(tree, root);
        if let Some(project) = project {
            for projects in each(tree, root, b"projects") {
                for entry in each(tree, projects, project) {
                    grants.take(tree, entry);
                }
            }
        }
        grants
    }

    /// Adds what another file says; a refusal in one counts over a grant in the other.
    pub fn merge(&mut self, other: Self) {
        self.all |= other.all;
        self.enabled.extend(other.enabled);
        self.disabled.extend(other.disabled);
    }

    /// Whether the server called `name` starts unasked.
    #[must_use]
    pub fn starts(&self, name: &[u8]) -> bool {
        !self.disabled.contains(name) && (self.all || self.enabled.contains(name))
    }

    fn take(&mut self, tree: &Tree<'_>, node: NodeId) {
        self.all |= each(tree, node, b"enableAllProjectMcpServers").any(|value| tree.kind(value) == Kind::True);
        for (key, names) in
            [(&b"enabledMcpjsonServers"[..], &mut self.enabled), (b"disabledMcpjsonServers", &mut self.disabled)]
        {
            for list in each(tree, node, key) {
                names.extend(strings(tree, list).iter().map(|name| name.bytes().to_vec()));
            }
        }
    }
}
