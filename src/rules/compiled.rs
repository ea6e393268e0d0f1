//! A token rule's pattern, ready to run: compiled when it is first asked for, in the form that is asked for.

use super::boundary::ByteClass;
use super::rule::{List, Rule, Str};
use regex::bytes::{Captures, Match, Regex, RegexBuilder};
use std::sync::OnceLock;

/// Bytes a compiled pattern may take; a pattern beyond it is a mistake or an attack.
const PATTERN_BYTES: usize = 1 << 20;

/// A pattern ready to run.
pub struct Compiled {
    pattern: Str,
    /// The group that is the secret, and the number of groups, all of it included; without a name the first counts
    /// that takes part.
    group: (Option<usize>, usize),
    /// The token's alphabet.
    pub alphabet: ByteClass,
    anywhere: OnceLock<Option<Regex>>,
    at_start: OnceLock<Option<Regex>>,
    exceptions: List<Str>,
    except: OnceLock<Vec<Regex>>,
}

impl Compiled {
    /// Whether the secret is only a part of what the pattern takes.
    pub fn has_group(&self) -> bool {
        self.group.0.is_some() || self.group.1 > 1
    }

    /// The secret in a match that is not the secret as a whole.
    pub fn secret<'h>(&self, captures: &Captures<'h>) -> Option<Match<'h>> {
        match self.group {
            (Some(group), _) => captures.get(group),
            (None, count) => (1..count).find_map(|group| captures.get(group)),
        }
    }

    /// Whether the rule itself says that this secret is none.
    pub fn excepts(&self, secret: &[u8]) -> bool {
        if self.exceptions.is_empty() {
            return false;
        }
        let patterns = self.except.get_or_init(|| self.exceptions.iter().filter_map(|p| unanchored(p).ok()).collect());
        patterns.iter().any(|pattern| pattern.is_match(secret))
    }

    /// The pattern, matching anywhere in a text.
    pub fn anywhere(&self) -> Option<&Regex> {
        self.anywhere.get_or_init(|| unanchored(&self.pattern).ok()).as_ref()
    }

    /// The same pattern, matching at the start of a text only: where the keyword's place tells the match's.
    pub fn at_start(&self) -> Option<&Regex> {
        self.at_start.get_or_init(|| anchored(&self.pattern).ok()).as_ref()
    }
}

fn unanchored(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).size_limit(PATTERN_BYTES).build()
}

fn anchored(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&format!(r"\A(?:{pattern})")).unicode(false).size_limit(PATTERN_BYTES).build()
}

/// Compiles a rule's pattern; `Ok(None)` for a field rule, else what is wrong with it.
pub(super) fn compile(rule: &Rule) -> Result<Option<Compiled>, String> {
    let Some(token) = rule.token() else { return Ok(None) };
    // Only one of the two forms is needed by most rules: the other compiles when it is asked for.
    let leads = token.leads.iter().all(|leads| *leads);
    let regex = if leads { anchored(&token.pattern) } else { unanchored(&token.pattern) };
    let regex = regex.map_err(|error| format!("pattern does not compile: {}", reason(&error)))?;
    let alphabet = ByteClass::parse(&token.alphabet).ok_or("alphabet is not a class of ASCII characters")?;
    let group = (regex.capture_names().position(|name| name == Some("secret")), regex.captures_len());
    let (first, other) = (OnceLock::from(Some(regex)), OnceLock::new());
    let (at_start, anywhere) = if leads { (first, other) } else { (other, first) };
    let exceptions = token.except.clone();
    let except = OnceLock::new();
    Ok(Some(Compiled { pattern: token.pattern.clone(), group, alphabet, anywhere, at_start, exceptions, except }))
}

/// The same for a rule that nobody has looked at yet: its pattern must compile as it is used where the
/// keyword begins it, too, or the rule would find nothing there. That form comes first: the engine counts
/// the bytes of any pattern in it, but not those of some thousands of plain words without it.
pub(super) fn vetted(rule: &Rule) -> Result<Option<Compiled>, String> {
    for exception in rule.token().into_iter().flat_map(|token| token.except.iter()) {
        unanchored(exception).map_err(|error| format!("`except` does not compile: {}", reason(&error)))?;
    }
    let at_start = rule.token().map_or(Ok(()), |token| anchored(&token.pattern).map(drop));
    match at_start {
        Err(error @ regex::Error::CompiledTooBig(_)) => Err(format!("pattern does not compile: {}", reason(&error))),
        Err(_) => compile(rule).and(Err("pattern does not compile inside a group".to_owned())),
        Ok(()) => compile(rule),
    }
}

/// Why the engine refused, without the pattern itself.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes"),
        error => {
            let text = error.to_string();
            let last = text.lines().rev().find_map(|line| line.strip_prefix("error: "));
            last.unwrap_or("syntax error").to_owned()
        }
    }
}
