//! Floor 2: rule data and its compilation.
//!
//! Knows what authors write and turns it into tables; knows no file of the machine under scan.

pub mod rule;
pub mod schema;

/// The compiled set of rules, with its digest.
pub struct RulePack {}
