//! Floor 2: rule data and its compilation.
//!
//! Knows what authors write and turns it into tables; knows no file of the machine under scan.
//! The way of a rule: TOML → [`schema`] → [`vet`] → [`rule`] → [`RulePack`]. The built-in pack goes
//! it at build time, a user's file at run time, through the same code.

pub mod boundary;
pub mod bundle;
mod campaign;
mod campaign_schema;
pub mod catalog;
pub mod checksum;
mod common;
mod compiled;
mod cost;
pub mod describe;
pub mod field_path;
pub mod import;
pub mod lint;
pub mod load;
pub mod maker;
pub mod marks;
pub mod matching;
mod name_hash;
pub mod ordinary;
mod pack;
pub mod place;
mod recipe_schema;
pub mod roots;
pub mod rule;
pub mod schema;
mod shape;
mod surface;
mod surface_schema;
mod tail;
pub mod template;
pub mod vet;
pub mod vet_attacks;
pub mod wallets;
mod wildcard;
mod words;

pub use load::RuleError;
pub use pack::{RuleIdx, RulePack};
