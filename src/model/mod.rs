//! Floor 0: the vocabulary every other floor speaks.
//!
//! Plain types and pure functions over them. No file, no environment, no clock, no output: whatever
//! needs one of those belongs on a higher floor.

mod autorun;
mod component;
mod finding;
mod fix_report;
mod id;
mod limits;
mod location;
mod reach;
mod report;
mod rule_text;
mod secret;
mod secret_id;
mod severity;
mod untrusted;

pub use autorun::{AutorunEntry, Consent, Launch, Pin, Started, Transport};
pub use component::{Component, Ecosystem, Presence};
pub use finding::{Evidence, Exposure, Finding, Fix, GitState, SecretFacts};
pub use fix_report::{FixReport, FixStep, StepState};
pub use id::{FindingId, IdParts};
pub use limits::Limits;
pub use location::{Container, ContainerKind, Location, Region};
pub use reach::{CodeFrom, Reach, Runs};
pub use report::{
    Coverage, HostFacts, PackFacts, ReadError, ScanFacts, ScanReport, Skip, SteeredBy, Summary, Suppressed,
};
pub use rule_text::RuleText;
pub use secret::{Redacted, Secret};
pub use secret_id::{KeyRing, SecretId};
pub use severity::{Category, Confidence, Severity, UnknownWord};
pub use untrusted::Untrusted;
