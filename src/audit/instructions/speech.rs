//! What a sentence does: orders, forbids, explains, keeps quiet.
//!
//! Sentences are in lower case. Whatever may be a ban is one: an order that is taken for a ban is missed, a ban
//! that is taken for an order is a false alarm in a file that does the right thing.

use super::passage::Passage;
use super::words;

/// Bytes before a phrase in which it may be turned around, and times that one is looked at in a sentence.
const NEAR: usize = 200;
const REPEATED: usize = 8;

/// Words of a ban.
const BANS: &[&str] = &[
    "never",
    "do not",
    "don't",
    "don\u{2019}t",
    "dont ",
    "must not",
    "mustn't",
    "should not",
    "shouldn't",
    "may not",
    "cannot",
    "can't",
    "can not",
    "avoid",
    "without",
    "refuse",
    "instead of",
    "rather than",
    "forbid",
    "prohibit",
    "not allowed",
    "no need",
    "off-limits",
    "off limits",
    "disallow",
    "unless",
    "won't",
    "will not",
    "is not",
    "are not",
    "isn't",
    "aren't",
    "not read",
    "not send",
    "nor ",
    "neither",
    "block",
    "deny",
    "exclude",
    "ignore ",
    "stop ",
    "reject",
];

/// Words that look like a ban and are none.
const NO_BANS: &[&str] = &[
    "don't forget",
    "do not forget",
    "never forget",
    "don't hesitate",
    "do not hesitate",
    "without asking",
    "without confirmation",
    "do not ask",
    "don't ask",
    "never ask",
    "not only",
];

/// Words of a text about attacks.
const ABOUT: &[&str] = &[
    "attack",
    "malicious",
    "inject",
    "exfiltrat",
    "vulnerab",
    "threat",
    "exploit",
    "adversar",
    "untrusted",
    "phish",
    "suspicious",
    "poison",
    "red team",
    "red-team",
    "red flag",
    "security",
    "scanner",
    "cve-",
    "steal",
    "leak",
    "anti-pattern",
    "antipattern",
    "bad example",
    "forbidden",
    "prohibited",
    "not allowed",
    "hostile",
    "compromis",
    "detect",
    "\u{274c}",
    "dangerous",
    "guardrail",
    "policy",
    "audit",
    "violation",
    "sanitiz",
    "harmful",
    "jailbreak",
];

/// Whether a heading or a leading sentence makes a ban of all below it.
pub(super) fn forbids_all(text: &str) -> bool {
    forbids(text) || text.contains("\u{274c}") || text.contains("\u{1f6ab}")
}

/// Whether a sentence forbids, or leaves open whether it does.
pub(super) fn forbids(sentence: &str) -> bool {
    let mut rest = sentence.replace('\u{2019}', "'");
    for word in NO_BANS.iter().copied().chain(words::QUIET.iter().copied()) {
        if rest.contains(word) {
            rest = rest.replace(word, " ");
        }
    }
    BANS.iter().any(|ban| rest.contains(ban))
}

/// Whether a text is about attacks.
pub(super) fn discusses(text: &str) -> bool {
    ABOUT.iter().any(|word| text.contains(word))
}

/// The sentences of a passage.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| {
        let mut rest = Some(line);
        std::iter::from_fn(move || {
            let text = rest?;
            let ends = text.as_bytes().windows(2).position(|pair| matches!(pair, [b'.' | b'!' | b'?', b' ']));
            let Some(end) = ends else { return rest.take() };
            rest = text.get(end + 2..);
            text.get(..=end)
        })
    })
}

/// The secret file that a passage has the agent send away.
pub(super) fn sends_secrets(passage: &Passage) -> Option<&'static str> {
    let mut commands = passage.text.lines().filter(|line| !forbids(line));
    if let Some(what) = commands.find_map(words::sending_command) {
        return Some(what);
    }
    if passage.fenced {
        return None;
    }
    // The file in one sentence, where it goes in the same or the next.
    let mut last: Option<&'static str> = None;
    for sentence in sentences(&passage.text) {
        if forbids(sentence) {
            last = None;
            continue;
        }
        let here = words::secret_file(sentence).filter(|_| words::orders(sentence, words::READS));
        if let Some(what) = here.or(last)
            && words::sends(sentence)
        {
            return Some(what);
        }
        last = here;
    }
    None
}

/// The secret file that a passage has the agent read: only those that nobody reads for a program's sake.
pub(super) fn reads_secrets(passage: &Passage) -> Option<&'static str> {
    let ordered = |sentence: &&str| !forbids(sentence) && words::orders(sentence, words::READS);
    sentences(&passage.text).filter(ordered).filter_map(words::secret_file).find(|what| !words::is_project_file(what))
}

/// Whether a passage says that the user is not to know.
pub(super) fn keeps_quiet(passage: &Passage) -> bool {
    let about = ["about", "of this", "of it", "what you", "that you", "you are", "you did", "you have", "and ", "or "];
    sentences(&passage.text).any(|sentence| {
        words::QUIET.iter().any(|phrase| {
            sentence.match_indices(phrase).take(REPEATED).any(|(at, _)| {
                let (before, after) = (&sentence[..at], sentence[at + phrase.len()..].trim_start());
                // "Never go on without telling the user" is the opposite.
                let turned = forbids(end_of(before)) || after.contains("unless") || after.contains("until");
                // "Do not tell the user to run it" and "… that it works" are good advice.
                let ends = after.is_empty() || after.starts_with(['.', '!', ',', ';', ':', '-', ')', '\u{2014}']);
                let fits = ends || about.iter().any(|word| after.starts_with(word)) || !phrase.ends_with("user");
                fits && !turned
            })
        })
    })
}

/// What stands right before something.
fn end_of(text: &str) -> &str {
    let from = text.len().saturating_sub(NEAR);
    let from = (from..=text.len()).find(|from| text.is_char_boundary(*from)).unwrap_or(text.len());
    &text[from..]
}

/// Whether a passage takes the agent's other instructions back.
pub(super) fn overrides(passage: &Passage) -> bool {
    let verbs = ["ignore", "disregard", "forget", "override"];
    let which = [
        "previous instructions",
        "prior instructions",
        "above instructions",
        "earlier instructions",
        "other instructions",
        "all instructions",
        "previous rules",
        "system prompt",
    ];
    sentences(&passage.text).any(|sentence| {
        verbs.iter().any(|verb| sentence.contains(verb)) && which.iter().any(|word| sentence.contains(word))
    })
}
