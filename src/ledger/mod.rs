//! Floor 3: documents to the list of what starts by itself.
//!
//! Facts only: what runs, from where, who is asked. What is wrong with an entry is the audits'
//! business. Every text that leaves here has passed the caller's mask.

mod fetch;
pub mod grants;
pub mod hooks;
pub mod launch;
pub mod mcp;
mod node;
mod package;
mod words;

use crate::model::Untrusted;

/// Turns bytes of a document into text that holds none of the document's secrets.
pub type Mask<'m> = &'m dyn Fn(&[u8]) -> Untrusted;
