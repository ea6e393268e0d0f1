//! Floor 3: documents to findings. A [`crate::model::Secret`] ends here.

pub mod check;

use crate::model::{KeyRing, Limits};
use crate::rules::RulePack;

/// Finds secrets in documents.
pub struct Detector<'p> {
    /// The rules.
    pub pack: &'p RulePack,
    /// The keys for fingerprints.
    pub keys: &'p KeyRing,
    /// Bounds.
    pub limits: Limits,
}

impl<'p> Detector<'p> {
    /// Compiles what the rules need.
    #[must_use]
    pub fn new(pack: &'p RulePack, keys: &'p KeyRing, limits: Limits, now: std::time::SystemTime) -> Self {
        let _ = now;
        Self { pack, keys, limits }
    }
}
