//! What starts a workflow, read from the lines under `on:`.
//!
//! Read from the text, for a trigger without options (`issues:`) is a key without a value, which no field of the
//! document tells. A trigger that only those with write access can cause is none of a stranger's.

/// Events that anybody on the internet can cause with words of their own, and in which a workflow has the
/// repository's secrets. A bit each, in this order.
const OPEN: [&str; 10] = [
    "issues",
    "issue_comment",
    "pull_request_target",
    "pull_request_review",
    "pull_request_review_comment",
    "discussion",
    "discussion_comment",
    "workflow_run",
    "fork",
    "watch",
];

/// Activities of such events that need more than an account.
const TRUSTED: [&str; 18] = [
    "labeled",
    "unlabeled",
    "assigned",
    "unassigned",
    "milestoned",
    "demilestoned",
    "pinned",
    "unpinned",
    "locked",
    "unlocked",
    "transferred",
    "review_requested",
    "review_request_removed",
    "auto_merge_enabled",
    "enqueued",
    "category_changed",
    "answered",
    "typed",
];

/// Lines of a block that are read.
const LINES: usize = 400;

/// A set of the events in which strangers have a say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Events(u16);

impl Events {
    /// No event.
    pub(super) const NONE: Self = Self(0);

    /// The event of that name; none when strangers cannot cause it.
    pub(super) fn named(name: &str) -> Self {
        OPEN.iter().position(|open| *open == name).map_or(Self::NONE, |bit| Self(1 << bit))
    }

    /// Those of several names.
    pub(super) fn of(names: &[&str]) -> Self {
        names.iter().fold(Self::NONE, |events, name| events.or(Self::named(name)))
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Their names.
    pub(super) fn names(self) -> String {
        let names = OPEN.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name);
        names.collect::<Vec<_>>().join(", ")
    }
}

/// What starts a workflow.
#[derive(Default)]
pub(super) struct Triggers {
    /// Events that strangers cause.
    pub(super) strangers: Events,
    /// Open events, those included that only people with more rights can cause here.
    pub(super) open: Events,
}

/// The triggers of a workflow; `None` when it has no `on:`, so that it is none of GitHub's.
pub(super) fn read(source: &str) -> Option<Triggers> {
    let mut lines = source.lines();
    let rest = lines.by_ref().find_map(|line| {
        ["on:", "\"on\":", "'on':", "true:"].into_iter().find_map(|key| line.strip_prefix(key)).map(uncommented)
    })?;
    let mut triggers = Triggers::default();
    if !rest.is_empty() {
        // `on: push`, `on: [push, issues]`; an open bracket may go over lines.
        let mut flow = rest.to_owned();
        let open = |text: &str| text.matches(['[', '{']).count() > text.matches([']', '}']).count();
        while open(&flow) && flow.len() < 4096 {
            let Some(line) = lines.next() else { break };
            flow.push(' ');
            flow.push_str(uncommented(line));
        }
        triggers.flow(&flow);
        return Some(triggers);
    }
    // Name and activities of the trigger that is being read.
    let mut current: Option<(String, Vec<String>)> = None;
    let mut depth = None;
    let mut in_types = None;
    for line in lines.take(LINES) {
        let text = uncommented(line);
        if text.is_empty() {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let item = text.starts_with('-');
        if indent == 0 && !item {
            break;
        }
        let depth = *depth.get_or_insert(indent);
        let text = text.trim_start_matches(['-', ' ']).trim_matches(['"', '\'']);
        if indent <= depth {
            if let Some((name, types)) = current.take() {
                triggers.add(&name, &types);
            }
            let name = text.split([':', '"', '\'']).next().unwrap_or(text).trim();
            current = Some((name.to_owned(), Vec::new()));
            in_types = None;
        } else if let Some((_, types)) = &mut current {
            if let Some(list) = text.strip_prefix("types:") {
                in_types = Some(indent);
                types.extend(words(list));
            } else if in_types.is_some_and(|at| indent > at || (item && indent == at)) {
                types.extend(words(text));
            } else {
                in_types = None;
            }
        }
    }
    if let Some((name, types)) = current {
        triggers.add(&name, &types);
    }
    Some(triggers)
}

impl Triggers {
    /// Names in brackets: the outermost are triggers, what is deeper belongs to the one before.
    fn flow(&mut self, text: &str) {
        let mut current: Option<(&str, Vec<String>)> = None;
        let (mut depth, mut in_types) = (0_usize, false);
        let is_mark = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        for piece in text.split_inclusive(is_mark) {
            let word = piece.trim_end_matches(is_mark);
            if depth <= 1 && !word.is_empty() {
                if let Some((name, types)) = current.replace((word, Vec::new())) {
                    self.add(name, &types);
                }
                in_types = false;
            } else if word == "types" {
                in_types = true;
            } else if let Some((_, types)) = current.as_mut().filter(|_| in_types && !word.is_empty()) {
                types.push(word.to_owned());
            }
            match piece.chars().next_back() {
                Some('{' | '[') => depth += 1,
                Some('}' | ']') => (depth, in_types) = (depth.saturating_sub(1), false),
                _ => {}
            }
        }
        if let Some((name, types)) = current {
            self.add(name, &types);
        }
    }

    fn add(&mut self, name: &str, types: &[String]) {
        let event = Events::named(name);
        self.open = self.open.or(event);
        let trusted = !types.is_empty() && types.iter().all(|kind| TRUSTED.contains(&kind.as_str()));
        if !trusted {
            self.strangers = self.strangers.or(event);
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).map(str::to_owned)
}

fn uncommented(line: &str) -> &str {
    line.split(" #").next().filter(|text| !text.trim_start().starts_with('#')).unwrap_or("").trim()
}
