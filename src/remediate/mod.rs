//! Floor 4: the verbs `fix` and `undo`. A report's findings are read again, moved into the keychain,
//! and put back byte for byte when asked.
//!
//! Prints nothing and decides no exit status. Does not know how a scan works: it takes findings as
//! a report tells them, and trusts only what it has read itself.

pub mod edit;
