//! What something that runs could take, in a sentence; and the order in which those entries matter.

use super::group::Group;
use super::numbers::count;
use crate::model::{CodeFrom, Consent, Finding, Reach, Runs};

/// One sentence without its period; `None` where there is nothing to take.
pub(in crate::output) fn sentence(finding: &Finding) -> Option<String> {
    let reach = finding.reach.as_ref()?;
    let secrets = |number: u64| count(number as usize, "secret");
    if let Some(by) = reach.confined_by {
        let number = |number| if number == 0 { "no secret".to_owned() } else { secrets(number) };
        return Some(match by {
            "other-user" => format!(
                "{} that it is handed or that other accounts can read; it runs as another user",
                number(reach.secrets)
            ),
            "flatpak" => format!("{} that it is handed; Flatpak keeps it from the rest", number(reach.handed)),
            by => format!("{} that it is handed; a {by} keeps it from the rest", number(reach.handed)),
        });
    }
    if reach.secrets == 0 {
        return None;
    }
    let mut text = if reach.of_campaign {
        format!("{} on this machine that its stealer looks for", secrets(reach.secrets))
    } else {
        format!("{} that its user can read", secrets(reach.secrets))
    };
    let mut parts = Vec::new();
    if reach.handed > 0 {
        parts.push(format!("{} of them handed to it", reach.handed));
    }
    if reach.in_project > 0 {
        parts.push(format!("{} in its project", reach.in_project));
    }
    if !parts.is_empty() {
        text = format!("{text}, {}", parts.join(", "));
    }
    Some(text)
}

/// Who is asked before it starts, in few words.
pub(in crate::output) fn consent(runs: &Runs) -> &'static str {
    match runs.consent {
        Consent::Unasked => "nobody is asked",
        Consent::SwitchedOff => "asking is switched off",
        Consent::Approved => "approved before",
        Consent::Asked => "you are asked",
    }
}

/// Who can change its code, in few words.
pub(in crate::output) fn code(runs: &Runs) -> &'static str {
    match runs.code {
        CodeFrom::Anyone => "its publisher, any day",
        CodeFrom::Tag => "who can move its tag",
        CodeFrom::Repository => "who can push to the project",
        CodeFrom::Others => "other accounts here",
        CodeFrom::User => "you",
        CodeFrom::Nobody => "nobody: pinned",
    }
}

/// Entries that run by themselves with what they reach, the worst first: who is asked, who can change the code, what is
/// reached, in this order.
pub(in crate::output) fn ranked<'g, 'r>(groups: &'g [Group<'r>]) -> Vec<(&'g Group<'r>, Runs, &'r Reach)> {
    let mut rows: Vec<_> = groups
        .iter()
        .filter_map(|group| {
            let runs = group.head.evidence.as_ref()?.runs?;
            Some((group, runs, group.head.reach.as_ref()?))
        })
        .collect();
    rows.sort_by_key(|(group, runs, reach)| {
        let asked = matches!(runs.consent, Consent::Asked | Consent::Approved);
        (asked, runs.code, std::cmp::Reverse((reach.secrets, reach.handed)), std::cmp::Reverse(group.head.severity))
    });
    rows
}
