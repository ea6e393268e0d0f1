//! Floor 2: rule data and its compilation.
//!
//! Knows what authors write and turns it into tables; knows no file of the machine under scan.

pub mod field_path;
pub mod place;
pub mod roots;
pub mod rule;
pub mod schema;
mod wildcard;

/// The compiled set of rules, with its digest.
pub struct RulePack {}
