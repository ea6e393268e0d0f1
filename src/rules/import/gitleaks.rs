//! A gitleaks configuration, turned into a file of rules.
//!
//! Taken over are patterns, keywords, entropies and what the file says is no secret. What caulk has no way to say is
//! left out and told, rule by rule: a rule that is half understood would find other things than its author meant.

use super::ImportError;
use crate::model::Untrusted;
use crate::rules::RulePack;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Whose rules they are called; ids begin with it.
pub const VENDOR: &str = "Imported";
/// Rules that are taken of one file.
const MOST: usize = 5_000;
/// Words that are no secrets, in one expression.
const WORDS: usize = 50;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    rules: Vec<Rule>,
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(default)]
    id: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    regex: String,
    #[serde(default)]
    path: String,
    #[serde(default, rename = "secretGroup")]
    secret_group: usize,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    keywords: Vec<String>,
    allowlist: Option<Allowlist>,
    #[serde(default)]
    allowlists: Vec<Allowlist>,
    #[serde(default)]
    required: Vec<toml::Value>,
    /// Keys of other programs that have grown out of this form.
    #[serde(flatten)]
    other: BTreeMap<String, toml::Value>,
}

/// Keys that change nothing of what a rule finds.
const HARMLESS: [&str; 2] = ["tags", "title"];

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Allowlist {
    #[serde(default)]
    condition: String,
    #[serde(default)]
    regex_target: String,
    #[serde(default)]
    regexes: Vec<String>,
    #[serde(default)]
    stopwords: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
    #[serde(default)]
    target_rules: Vec<String>,
}

/// Rules, as the text of a file of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The file. What was left out of it stands in comments at its end.
    pub text: String,
    /// Its rules.
    pub rules: usize,
    /// Rules and lists that were left out, each with the reason.
    pub left_out: Vec<String>,
}

/// Turns a gitleaks configuration into a file of rules.
pub fn rules(text: &str) -> Result<Rules, ImportError> {
    // What could not be read may quote anything: no more is told than that.
    let config: Config = toml::from_str(text).map_err(|_| ImportError::Broken("not a TOML file of gitleaks rules"))?;
    if config.rules.is_empty() {
        return Err(ImportError::Broken("no rules in it"));
    }
    let mut left_out = Vec::new();
    let everywhere: Vec<&Allowlist> = config.allowlist.iter().chain(&config.allowlists).collect();
    let head = format!("schema = 1\n\n[vendor]\nid = \"imported\"\nname = \"{VENDOR}\"\n");
    let mut out = head.clone();
    let mut proof = RulePack::empty();
    let mut count = 0;
    for rule in config.rules.iter().take(MOST) {
        let name = shown(&rule.id);
        let of_all =
            everywhere.iter().filter(|list| list.target_rules.is_empty() || list.target_rules.contains(&rule.id));
        let lists: Vec<&Allowlist> = rule.allowlist.iter().chain(&rule.allowlists).chain(of_all.copied()).collect();
        let taken = one(rule, &lists).and_then(|text| {
            // Held against what any rule of a user's is.
            let file = format!("{head}{text}");
            proof.add_file("rule", &file).map(|()| text).map_err(|error| why(&error.to_string()))
        });
        match taken {
            Ok(text) => {
                out.push_str(&text);
                count += 1;
            }
            Err(why) => left_out.push(format!("{name}: {why}")),
        }
        let partly = rule.allowlist.iter().chain(&rule.allowlists).any(|list| list.is_beyond() || list.is_joined());
        if partly {
            left_out.push(format!("{name}: an allowlist that looks at lines, paths or commits"));
        }
    }
    if config.rules.len() > MOST {
        left_out.push(format!("{} rules beyond the first {MOST}", config.rules.len() - MOST));
    }
    if everywhere.iter().any(|list| list.is_beyond() || list.is_joined()) {
        left_out.push("the allowlist of all rules, as far as it looks at lines, paths or commits".to_owned());
    }
    let mut unknown: BTreeMap<&str, usize> = BTreeMap::new();
    let keys = config.rules.iter().flat_map(|rule| rule.other.keys()).map(String::as_str);
    for key in keys.filter(|key| !HARMLESS.contains(key)) {
        *unknown.entry(key).or_default() += 1;
    }
    let told =
        unknown.iter().take(50).map(|(key, count)| format!("`{}` of {count} rules, which is unknown", shown(key)));
    left_out.extend(told);
    for line in &left_out {
        let _ = write!(out, "\n# left out: {line}");
    }
    out.push('\n');
    Ok(Rules { text: out, rules: count, left_out })
}

/// One rule as text.
fn one(rule: &Rule, lists: &[&Allowlist]) -> Result<String, String> {
    let because = |why: &str| Err(why.to_owned());
    if rule.regex.is_empty() {
        return because("it looks at names of files only");
    }
    if !rule.path.is_empty() || !rule.required.is_empty() {
        return because("it holds only with a path or with another rule");
    }
    let mut keywords: Vec<String> = rule.keywords.iter().map(|word| word.to_ascii_lowercase()).collect();
    keywords.sort();
    keywords.dedup();
    if keywords.is_empty() || keywords.iter().any(|word| word.len() < 3) {
        return because("it has no keyword, or one of less than three letters");
    }
    let id = kebab(&rule.id);
    if id.is_empty() {
        return because("it has no id");
    }
    let Some(pattern) = secret_named(&rule.regex, rule.secret_group) else {
        return because("its pattern has fewer groups than `secretGroup` says");
    };
    let except: Vec<String> = lists.iter().flat_map(|list| list.patterns()).collect();
    let impact = Some(shown(&rule.description)).filter(|text| !text.is_empty());
    let mut text = String::new();
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key} = {value}");
    };
    line("\n[[rule]]\nid", quoted(&format!("imported-{id}")));
    line("title", quoted(&format!("secret ({})", id.replace('-', " "))));
    line("severity", quoted("high"));
    line("confidence", quoted("medium"));
    line("keywords", format!("[{}]", keywords.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ")));
    if keywords.iter().any(|word| word.len() < 4) {
        line("short_keyword", quoted("its author has it"));
    }
    line("ignore_case", "true".into());
    line("pattern", quoted(&pattern));
    if rule.entropy > 0.0 {
        line("min_entropy", format!("{:?}", rule.entropy.min(8.0)));
    }
    if !except.is_empty() {
        line("except", format!("[{}]", except.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ")));
    }
    line("impact", quoted(&impact.unwrap_or_else(|| "Whoever reads it can use it.".to_owned())));
    line("revoke", quoted("Rotate it at its issuer"));
    line("no_examples", quoted("its author gave none"));
    Ok(text)
}

impl Allowlist {
    /// Whether something of it is beyond what a rule of ours can say: it looks at lines, paths or commits.
    fn is_beyond(&self) -> bool {
        let of_lines = !matches!(self.regex_target.as_str(), "" | "secret") && !self.regexes.is_empty();
        of_lines || !self.paths.is_empty() || !self.commits.is_empty()
    }

    /// Whether all that it names has to hold at once, and that is more than one kind of thing.
    fn is_joined(&self) -> bool {
        let kinds =
            [self.regexes.is_empty(), self.stopwords.is_empty(), self.paths.is_empty(), self.commits.is_empty()];
        self.condition.eq_ignore_ascii_case("and") && kinds.iter().filter(|none| !**none).count() > 1
    }

    /// What it says is no secret, as expressions.
    fn patterns(&self) -> Vec<String> {
        if self.is_joined() {
            return Vec::new();
        }
        let of_secrets = matches!(self.regex_target.as_str(), "" | "secret");
        let regexes = if of_secrets { self.regexes.as_slice() } else { &[] };
        let words = self.stopwords.chunks(WORDS).map(|words| {
            format!("(?i)(?:{})", words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join("|"))
        });
        regexes.iter().cloned().chain(words).collect()
    }
}

/// The pattern with its `group`th group named `secret`; as it is for 0, where the first that takes part counts.
fn secret_named(pattern: &str, group: usize) -> Option<String> {
    if group == 0 {
        return Some(pattern.to_owned());
    }
    let (mut seen, mut class, mut escaped) = (0, false, false);
    for (at, c) in pattern.char_indices() {
        let rest = &pattern[at + c.len_utf8()..];
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' if !class => class = true,
            ']' if class => class = false,
            '(' if !class && (!rest.starts_with('?') || rest.starts_with("?P<") || rest.starts_with("?<")) => {
                seen += 1;
                if seen == group {
                    let body =
                        rest.strip_prefix('?').and_then(|name| name.split_once('>')).map_or(rest, |(_, body)| body);
                    return Some(format!("{}(?P<secret>{body}", &pattern[..at]));
                }
            }
            _ => {}
        }
    }
    None
}

/// An id in lower case, with a dash for all that is neither letter nor digit.
fn kebab(id: &str) -> String {
    let plain = id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let words: String = plain.take(100).collect();
    words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// A text on one line, in which nothing deceives.
fn shown(text: &str) -> String {
    super::clean(text, 200)
}

/// What was wrong with a rule, without where.
fn why(error: &str) -> String {
    let told = error.rsplit_once("`: ").map_or(error, |(_, what)| what);
    Untrusted::from(told).to_string()
}

/// A basic string of TOML: what JSON escapes, TOML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::{kebab, secret_named};

    #[test]
    fn the_group_that_counts_is_named() {
        assert_eq!(secret_named("a(b)", 0).as_deref(), Some("a(b)"));
        assert_eq!(secret_named("a(b)(c)", 2).as_deref(), Some("a(b)(?P<secret>c)"));
        assert_eq!(secret_named(r"\((?:x)[(](y)", 1).as_deref(), Some(r"\((?:x)[(](?P<secret>y)"));
        assert_eq!(secret_named("(?i)(?P<key>x)", 1).as_deref(), Some("(?i)(?P<secret>x)"));
        assert_eq!(secret_named("(x)", 2), None);
    }

    #[test]
    fn ids_become_ids_of_ours() {
        assert_eq!(kebab("AWS_Access.Key--1"), "aws-access-key-1");
        assert_eq!(kebab("§"), "");
    }
}
