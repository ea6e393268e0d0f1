//! Consent that is given in one file and counts in another: which project servers start unasked.
//!
//! Claude Code keeps it in its settings, and per project in `.claude.json`. Read first, then handed
//! to [`super::mcp::entries_with`]. Without it a project's servers count as asked for.

use super::node::{each, strings};
use crate::model::Consent;
use crate::read::Document;
use crate::read::json::{Kind, NodeId, Tree};
use std::collections::BTreeSet;

/// What settings say about the servers of `.mcp.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// `enableAllProjectMcpServers`.
    pub all: bool,
    /// `enabledMcpjsonServers` of settings, which may come with the project: names, as bytes.
    pub enabled: BTreeSet<Vec<u8>>,
    /// The same where the user's own file has it for this project: the answer to the product's question.
    pub approved: BTreeSet<Vec<u8>>,
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
                    let mut own = Self::default();
                    own.take(tree, entry);
                    own.approved = std::mem::take(&mut own.enabled);
                    grants.merge(own);
                }
            }
        }
        grants
    }

    /// Adds what another file says; a refusal in one counts over a grant in the other.
    pub fn merge(&mut self, other: Self) {
        self.all |= other.all;
        self.enabled.extend(other.enabled);
        self.approved.extend(other.approved);
        self.disabled.extend(other.disabled);
    }

    /// What they make of the consent of the server called `name`; `None`: nothing.
    #[must_use]
    pub fn consent(&self, name: &[u8]) -> Option<Consent> {
        let has = |names: &BTreeSet<Vec<u8>>| names.contains(name) && !self.disabled.contains(name);
        // What lets it start whoever asks counts over what the user said of it.
        if self.all && !self.disabled.contains(name) || has(&self.enabled) {
            return Some(Consent::SwitchedOff);
        }
        has(&self.approved).then_some(Consent::Approved)
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
