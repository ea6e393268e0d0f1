//! Offline checks of tokens: checksums and structure. Pure functions of bytes.

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The check holds: as good as certain.
    Passed,
    /// It does not: a fake, a cut or an altered value. Capped at low, never hidden.
    Failed,
    /// Neither; the value does not have the part that is checked.
    Unknown,
}
