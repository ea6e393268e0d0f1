//! How much something that starts by itself weighs: what is wrong with it, and who is asked before it starts.
//!
//! One table for all audits of entries, so that the same thing weighs the same wherever it is found:
//!
//! | what is wrong | nobody is asked, or asking is switched off | the product asks | approved before |
//! | --- | --- | --- | --- |
//! | bad in itself: fetches and runs, sends secrets away, a worm's script, a program that others can change | full | full | full |
//! | not shown by a question, which names a server and not what stands around it | full | full | a step less |
//! | may turn bad later: whoever publishes the newest version decides what runs | full | a step less | a step less |
//! | what such a file is for: a program of the repository in the repository's own file | full | low | low |
//!
//! Nothing weighs less than low by this: a decision changes what a finding weighs and never takes it away. What is
//! local, pinned and asked for is found by no audit and is inventory.

use crate::model::{Consent, Severity};

/// What is wrong with an entry, and what it weighs where nobody is asked.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// It is bad whoever said yes to it.
    Bad(Severity),
    /// Who is asked does not see it; who approved it has had it.
    Unseen(Severity),
    /// It is as good as whoever can change it.
    Loose(Severity),
    /// It is what the file is for.
    Usual(Severity),
}

/// What `fault` weighs under this consent.
pub(super) fn weigh(fault: Fault, consent: Consent) -> Severity {
    let nobody_asked = matches!(consent, Consent::Unasked | Consent::SwitchedOff);
    match fault {
        Fault::Bad(full) => full,
        Fault::Unseen(full) => {
            if consent == Consent::Approved {
                less(full)
            } else {
                full
            }
        }
        Fault::Loose(full) => {
            if nobody_asked {
                full
            } else {
                less(full)
            }
        }
        Fault::Usual(full) => {
            if nobody_asked {
                full
            } else {
                full.min(Severity::Low)
            }
        }
    }
}

/// A step less, and not less than low.
fn less(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium | Severity::Low => Severity::Low,
        Severity::Info => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, weigh};
    use crate::model::{Consent, Severity};

    #[test]
    fn the_table_holds() {
        let row = |fault: Fault| {
            [Consent::Unasked, Consent::SwitchedOff, Consent::Asked, Consent::Approved].map(|one| weigh(fault, one))
        };
        let (high, medium, low) = (Severity::High, Severity::Medium, Severity::Low);
        assert_eq!(row(Fault::Bad(high)), [high; 4]);
        assert_eq!(row(Fault::Unseen(high)), [high, high, high, medium]);
        assert_eq!(row(Fault::Loose(high)), [high, high, medium, medium]);
        assert_eq!(row(Fault::Usual(high)), [high, high, low, low]);
        assert_eq!(row(Fault::Unseen(low)), [low; 4]);
        assert_eq!(row(Fault::Usual(Severity::Info)), [Severity::Info; 4]);
    }
}
