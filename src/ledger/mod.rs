//! Floor 3: documents to the list of what starts by itself.
//!
//! Facts only: what runs, from where, who is asked. What is wrong with an entry is the audits'
//! business, how it is pinned [`pin`]'s. Every text that leaves here has passed the caller's mask.

pub mod approvals;
mod fetch;
mod fingerprint;
pub mod grants;
pub mod hooks;
pub mod launch;
pub mod mcp;
pub mod memory;
mod node;
mod package;
pub mod pin;
pub mod runs;
mod script;
mod words;

use crate::model::{Consent, Untrusted};
use crate::rules::place::Level;

/// Turns bytes of a document into text that holds none of the document's secrets.
pub type Mask<'m> = &'m dyn Fn(&[u8]) -> Untrusted;

/// What stands between an entry and its start, by a word of the rules.
fn consent(starts: &str, level: Level) -> Consent {
    match starts {
        "unasked" => Consent::Unasked,
        "asked-in-projects" if level != Level::Project => Consent::Unasked,
        _ => Consent::Asked,
    }
}
