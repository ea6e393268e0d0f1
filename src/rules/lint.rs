//! Holds a pack against what it promises: for `caulk rules test` and for the tests.
//!
//! The checks of the build script again, and what needs a regex engine: patterns compile, examples
//! are well formed, each rule holds in what it should match and not in what it should ignore, and no
//! keyword is so common that every scan would pay for it.
//! Nothing here reads a file.

use super::compiled::{compile, vetted};
use super::rule::Rule;
use super::{RuleIdx, RulePack, cost, load, matching, template, vet};
use std::ops::Range;

/// Something to mend in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintProblem {
    /// The rule's id; empty: the file.
    pub rule: String,
    /// What is wrong; never a value.
    pub what: String,
}

impl std::fmt::Display for LintProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

/// Whether a secret's offline check (its word, the secret, the vendor's prefix) does not fail.
/// Checks live a floor above, in `detect::check`; who calls [`lint`] hands them in.
pub type CheckPasses = dyn Fn(&str, &[u8], &[u8]) -> bool;

/// Tells every keyword of a pack's rules in a text, and where: what `detect::matcher` does. It lives a
/// floor above as well.
pub type Anchors = dyn Fn(&RulePack, &[u8], &mut dyn FnMut(RuleIdx, Range<usize>));

/// Everything wrong with the rules of `pack`, in their order; what is too dear comes last.
#[must_use]
pub fn lint(pack: &RulePack, check: &CheckPasses, anchors: &Anchors) -> Vec<LintProblem> {
    let mut problems = Vec::new();
    for (name, text) in pack.sources().filter(|(name, _)| !name.contains('/') || name.starts_with("tokens/")) {
        // A campaign was vetted when it was added.
        if name == "pack.toml" || load::is_campaign(text) {
            continue;
        }
        match load::token_file(name, text) {
            Ok(file) => problems.extend(
                vet::token_file(&file, None)
                    .into_iter()
                    .map(|defect| LintProblem { rule: defect.id, what: defect.what }),
            ),
            Err(error) => problems.push(LintProblem { rule: String::new(), what: error.to_string() }),
        }
    }
    for index in pack.indices() {
        let rule = pack.rule(index);
        let mut say = |what: String| problems.push(LintProblem { rule: rule.id.to_string(), what });
        match vetted(rule) {
            Ok(None) => continue,
            Ok(Some(compiled)) if compiled.at_start().is_some_and(|regex| regex.is_match(b"")) => {
                say("pattern matches nothing at all".to_owned());
            }
            Ok(Some(_)) => {}
            Err(what) => {
                say(what);
                continue;
            }
        }
        keyword_problem(rule).into_iter().for_each(&mut say);
        for (kind, templates, expected) in [("matches", &rule.matches, true), ("ignores", &rule.ignores, false)] {
            for (number, example) in templates.iter().enumerate() {
                let number = number + 1;
                match template::problem(example) {
                    Some(what) => say(format!("`{kind}` {number}: {what}")),
                    None if holds(pack, index, &template::expand(example, &rule.id), check) != expected => {
                        say(format!(
                            "`{kind}` {number}: the rule {} there",
                            if expected { "does not hold" } else { "holds" }
                        ));
                    }
                    None => {}
                }
            }
        }
    }
    problems.extend(cost::problems(pack, anchors));
    problems
}

/// Whether the rule holds somewhere in `text`, as far as it can tell alone: keyword, pattern,
/// boundary, neighbours, entropy, and a check that does not fail.
#[must_use]
pub fn holds(pack: &RulePack, index: RuleIdx, text: &[u8], check: &CheckPasses) -> bool {
    !secrets(pack, index, text, check).is_empty()
}

/// Where it holds: the spans of the secrets.
#[must_use]
pub fn secrets(pack: &RulePack, index: RuleIdx, text: &[u8], check: &CheckPasses) -> Vec<Range<usize>> {
    let rule = pack.rule(index);
    let mut spans = Vec::new();
    if rule.token().is_some_and(|pattern| matching::has_keyword(pattern, text)) {
        matching::hits(pack, index, text, 0..text.len(), |hit| {
            let secret = &text[hit.secret.clone()];
            if rule.check.is_empty() || check(&rule.check, secret, rule.prefix.as_bytes()) {
                spans.push(hit.secret);
            }
            true
        });
    }
    spans
}

/// A keyword that stands in no match of the examples, or a match that holds none: then the
/// prefilter would never lead to the pattern.
#[must_use]
pub fn keyword_problem(rule: &Rule) -> Option<String> {
    let pattern = rule.token()?;
    let compiled = compile(rule).ok()??;
    let regex = compiled.anywhere()?;
    for (number, example) in rule.matches.iter().enumerate() {
        let text = template::expand(example, &rule.id);
        let anchored = regex.find_iter(&text).all(|found| matching::has_keyword(pattern, found.as_bytes()));
        if !anchored {
            return Some(format!("`matches` {}: no keyword stands inside the match", number + 1));
        }
    }
    None
}
