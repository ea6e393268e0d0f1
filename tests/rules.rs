//! The rule pack through its public interface: every rule keeps its promises, and a user's file is
//! held to the same ones.

use caulk::detect::{check, matcher};
use caulk::model::{Category, Confidence, Severity};
use caulk::rules::{RuleIdx, RulePack, boundary, describe, lint, load, matching, ordinary, template, vet};
use proptest::prelude::*;

fn words<T: ToString>(all: &[T]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

#[test]
fn every_rule_compiles_and_holds_in_its_examples_only() {
    let problems = lint::lint(&RulePack::builtin(), &check::passes, &matcher::anchors);
    assert!(problems.is_empty(), "{}", words(&problems).join("\n"));
}

#[test]
fn the_static_tables_equal_the_toml() {
    let pack = RulePack::builtin();
    let mut compared = 0;
    for (name, text) in pack.sources().filter(|(name, _)| name.starts_with("tokens/")) {
        let file = load::token_file(name, text).expect(name);
        for spec in file.rules {
            let rule = load::rule(spec, &file.vendor.name).expect(name);
            let built = pack.rule(pack.find(&rule.id).expect(name));
            assert_eq!(format!("{rule:?}"), format!("{built:?}"));
            compared += 1;
        }
    }
    assert!(compared >= 500, "{compared} token rules");
}

#[test]
fn the_words_authors_may_use_are_those_of_the_program() {
    assert_eq!(vet::SEVERITIES, words(Severity::ALL));
    assert_eq!(vet::CONFIDENCES, words(Confidence::ALL));
    assert_eq!(vet::CATEGORIES, words(Category::ALL));
    assert!(vet::CHECKS.is_sorted());
}

#[test]
fn the_kinds_most_likely_on_a_developer_machine_are_there() {
    let pack = RulePack::builtin();
    for id in [
        "github-pat-classic",
        "github-app-installation-token-jwt",
        "gitlab-pat-routable",
        "npm-access-token",
        "pypi-api-token",
        "crates-io-token",
        "anthropic-oauth-refresh",
        "openai-project-key",
        "aws-access-key-id",
        "aws-secret-access-key",
        "stripe-secret-key",
        "slack-webhook",
        "jwt",
        "url-password",
        "private-key-unencrypted",
        "private-key-encrypted",
        "generic-secret-assignment",
        "basic-auth-header",
        "bearer-token",
        "command-line-password",
    ] {
        assert!(pack.find(id).is_some(), "{id}");
    }
}

#[test]
fn the_repository_holds_no_token_shaped_text() {
    let pack = RulePack::builtin();
    for (name, text) in pack.sources() {
        for index in pack.indices() {
            let rule = pack.rule(index);
            for span in lint::secrets(&pack, index, text.as_bytes(), &|_, _, _| true) {
                assert!(rule.is_sample(&text.as_bytes()[span]), "{} holds in rules/{name}", rule.id);
            }
        }
    }
}

#[test]
fn ordinary_text_holds_no_secret() {
    let (pack, text) = (RulePack::builtin(), ordinary::text());
    for index in pack.indices() {
        assert!(lint::secrets(&pack, index, &text, &|_, _, _| true).is_empty(), "{}", pack.rule(index).id);
    }
}

#[test]
fn every_example_is_found_whole_and_inside_common_wrappings() {
    let pack = RulePack::builtin();
    for index in pack.indices() {
        let rule = pack.rule(index);
        for example in rule.matches.iter() {
            let text = template::expand(example, &rule.id);
            let plain: Vec<Vec<u8>> = found(&pack, index, &text);
            for (before, after) in
                [("\"", "\""), ("x\\n", "\\ny"), ("(", ")"), ("\u{1b}[32m", "\u{1b}[0m"), ("a=", "&b=c")]
            {
                let wrapped = [before.as_bytes(), &text, after.as_bytes()].concat();
                assert_eq!(found(&pack, index, &wrapped), plain, "{} in {before:?}", rule.id);
            }
        }
    }
}

fn found(pack: &RulePack, index: RuleIdx, text: &[u8]) -> Vec<Vec<u8>> {
    lint::secrets(pack, index, text, &check::passes).into_iter().map(|span| text[span].to_vec()).collect()
}

#[test]
fn where_two_rules_take_one_value_one_of_them_is_surer_or_worse() {
    let pack = RulePack::builtin();
    for one in pack.indices() {
        for example in pack.rule(one).matches.iter() {
            let text = template::expand(example, &pack.rule(one).id);
            let own = lint::secrets(&pack, one, &text, &check::passes);
            for other in pack.indices().filter(|other| *other != one) {
                let (a, b) = (pack.rule(one), pack.rule(other));
                let shared = lint::secrets(&pack, other, &text, &check::passes).iter().any(|span| own.contains(span));
                let told_apart = (a.confidence, a.severity) != (b.confidence, b.severity);
                assert!(!shared || told_apart, "{} and {}", a.id, b.id);
            }
        }
    }
}

#[test]
fn a_longer_run_is_never_cut() {
    let pack = RulePack::builtin();
    for id in [
        "github-pat-fine-grained",
        "npm-access-token",
        "anthropic-api-key",
        "pypi-api-token",
        "dockerhub-pat",
        "rubygems-api-key",
    ] {
        let index = pack.find(id).unwrap();
        let rule = pack.rule(index);
        let mut text = template::expand(&rule.matches[0], id);
        while text.last().is_some_and(|b| !b.is_ascii_alphanumeric()) {
            text.pop();
        }
        text.extend_from_slice(b"aaa end");
        matching::hits(&pack, index, &text, 0..text.len(), |hit| {
            assert_eq!(text.get(hit.secret.end), Some(&b' '), "{id} is cut");
            true
        });
    }
}

#[test]
fn a_window_around_the_anchor_finds_what_the_whole_text_does() {
    let pack = RulePack::builtin();
    let index = pack.find("crates-io-token").unwrap();
    let token = template::expand("cio<an:32>", "window");
    let text = [b"[registry]\ntoken = \"", &token[..], b"\"\n"].concat();
    let at = text.windows(3).position(|w| w == b"cio").unwrap();
    let mut spans = Vec::new();
    // The word `registry` stands outside the window and still counts.
    matching::hits(&pack, index, &text, at..at + 40, |hit| {
        spans.push(hit.secret);
        true
    });
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0], at..at + token.len());
}

#[test]
fn published_samples_are_known_as_such() {
    let pack = RulePack::builtin();
    let aws = pack.rule(pack.find("aws-access-key-id").unwrap());
    assert!(aws.is_sample(b"AKIAIOSFODNN7EXAMPLE"));
    assert!(!aws.is_sample(&template::expand("<aws:AKIA>", "sample")));
    let with_samples = pack.rules().iter().filter(|rule| !rule.samples_reversed.is_empty());
    for rule in with_samples {
        for sample in rule.samples_reversed.iter() {
            let value: Vec<u8> = sample.bytes().rev().collect();
            assert!(rule.is_sample(&value), "{}", rule.id);
            assert!(
                value.starts_with(rule.prefix.as_bytes()) || rule.prefix.contains("_live"),
                "{}: not reversed?",
                rule.id
            );
        }
    }
}

const OWN: &str = r#"
schema = 1
[vendor]
id = "acme"
name = "Acme"
[[rule]]
id = "acme-token"
title = "Acme token"
severity = "high"
keywords = ["acme_"]
pattern = 'acme_[0-9a-f]{32}'
impact = "Opens Acme."
revoke = "acme revoke"
matches = ["acme_<hex:32>"]
ignores = ["acme_<hex:8>"]
"#;

#[test]
fn a_users_rule_joins_the_pack() {
    let mut pack = RulePack::builtin();
    let before = pack.facts();
    pack.add_file("own.toml", OWN).unwrap();
    let index = pack.find("acme-token").unwrap();
    let text = template::expand("key: acme_<hex:32>", "own");
    assert!(lint::holds(&pack, index, &text, &check::passes));
    assert!(pack.regex(index).is_some());
    let after = pack.facts();
    assert_eq!(after.rules, before.rules + 1);
    assert_ne!(after.digest, before.digest);
    assert_eq!(lint::lint(&pack, &check::passes, &matcher::anchors), []);
    assert!(pack.add_file("again.toml", OWN).is_err(), "the same id twice");
}

#[test]
fn a_wrong_rule_file_is_refused_with_its_place_and_without_its_values() {
    let value = String::from_utf8(template::expand("<an:40>", "leak")).unwrap();
    let cases = [
        ("severity = \"high\"", format!("severity = \"{value}\""), "own.toml:7: rule `acme-token`: unknown severity"),
        (
            "severity = \"high\"",
            format!("severity = 3 # {value}"),
            "own.toml:9:12: wrong type or value, expected a string",
        ),
        ("severity = \"high\"", format!("severity = \"{value}"), "own.toml:9:"),
        ("severity", "sverity".to_owned(), "own.toml:9:1: unknown field `sverity`"),
        ("id = \"acme-token\"", format!("id = \"{value}\""), "rule `…`"),
        ("id = \"acme-token\"", "id = \"npm-access-token\"".to_owned(), "own.toml:7: rule `npm-access-token`"),
        ("[0-9a-f]{32}'", format!("{value}('"), "pattern does not compile: unclosed group"),
        ("[0-9a-f]{32}'", "(?:[0-9a-f]{1000}){1000}'".to_owned(), "pattern does not compile: it takes more than"),
        ("\"acme_\"", "\"ac\"".to_owned(), "a keyword is shorter than 4 bytes"),
        ("\"acme_\"", "\"other\"".to_owned(), "no keyword stands inside the match"),
        ("<hex:32>", "<hx:32>".to_owned(), "unknown directive `hx`"),
        ("schema = 1", "schema = 2".to_owned(), "schema is not 1"),
        ("title = \"Acme token\"", "title = \"Acme token\"\ncheck = \"magic\"".to_owned(), "unknown check `magic`"),
        (
            "title = \"Acme token\"",
            "title = \"Acme token\"\nsurfaces = [\"no.such\"]".to_owned(),
            "no surface `no.such`",
        ),
    ];
    for (old, new, expected) in cases {
        let text = OWN.replacen(old, &new, 1);
        assert_ne!(text, OWN, "{old} is not in the file");
        let mut pack = RulePack::builtin();
        let rules = pack.rules().len();
        let error = pack.add_file("own.toml", &text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} lacks {expected:?}");
        assert!(!error.contains(&value[..20]), "{error:?} quotes the value");
        assert_eq!(pack.rules().len(), rules, "all or none");
    }
}

#[test]
fn lint_says_when_a_users_example_does_not_hold() {
    let mut pack = RulePack::empty();
    pack.add_file("own.toml", &OWN.replace("ignores = [\"acme_<hex:8>\"]", "ignores = [\"acme_<hex:32>\"]")).unwrap();
    let problems = lint::lint(&pack, &check::passes, &matcher::anchors);
    assert_eq!(words(&problems), ["acme-token: `ignores` 1: the rule holds there"]);
}

#[test]
fn selection_takes_globs_and_refuses_what_names_nothing() {
    let mut pack = RulePack::builtin();
    let globs = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    pack.restrict(&globs(&["github-*", "npm-access-token"]), &globs(&["github-oauth-*"])).unwrap();
    let on: Vec<&str> = pack.indices().filter(|i| pack.enabled(*i)).map(|i| &*pack.rule(i).id).collect();
    assert!(on.contains(&"github-pat-classic") && on.contains(&"npm-access-token"));
    assert!(!on.contains(&"github-oauth-token") && !on.contains(&"pypi-api-token"));
    assert!(pack.keeps("npm-access-token") && !pack.keeps("pypi-api-token"));
    let error = pack.restrict(&[], &globs(&["npm-acces-token"])).unwrap_err().to_string();
    assert!(error.contains("did you mean `npm-access-token`?"), "{error}");
    assert!(pack.restrict(&globs(&["[z"]), &[]).is_err());
    assert!(pack.restrict(&globs(&["zzz-*"]), &[]).is_err());
    assert_eq!(pack.nearest("qqqqqqqq"), None);
}

#[test]
fn an_empty_pack_knows_places_but_no_rules() {
    let pack = RulePack::empty();
    assert!(pack.rules().is_empty() && pack.settings().is_empty() && pack.audits().is_empty());
    assert_eq!(pack.surfaces().len(), RulePack::builtin().surfaces().len());
    assert_ne!(pack.facts().digest, RulePack::builtin().facts().digest);
}

#[test]
fn a_rule_explains_itself() {
    let pack = RulePack::builtin();
    for rule in pack.rules() {
        let text = describe::markdown(rule);
        assert!(text.contains(&*rule.title) && text.contains("**Why it matters.**"), "{}", rule.id);
    }
    let rows = describe::table(pack.rules().iter().map(|rule| &**rule));
    assert_eq!(rows.lines().count(), pack.rules().len() + 2);
}

#[test]
fn templates_are_deterministic_and_say_what_they_do_not_know() {
    let template = "t_<(><an:30><crc62> <jwt> <<literal>";
    assert_eq!(template::expand(template, "a"), template::expand(template, "a"));
    assert_ne!(template::expand(template, "a"), template::expand(template, "b"));
    assert!(template::expand(template, "a").ends_with(b" <literal>"));
    assert_eq!(template::problem(template), None);
    for wrong in ["", "<nope>", "<an:x>", "<an:99999999>", "<an:3"] {
        assert!(template::problem(wrong).is_some() || wrong == "<an:3", "{wrong}");
    }
}

proptest! {
    #[test]
    fn any_text_can_be_matched_against_every_rule(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        let pack = PACK.with(std::rc::Rc::clone);
        for index in pack.indices() {
            matching::hits(&pack, index, &text, 0..text.len(), |hit| {
                assert!(hit.secret.start >= hit.whole.start && hit.secret.end <= hit.whole.end);
                true
            });
        }
    }

    #[test]
    fn any_template_expands(template in "[<>a-z0-9:() ]{0,60}") {
        let _ = (template::expand(&template, "p"), template::problem(&template));
    }

    #[test]
    fn any_class_body_is_read_or_refused(body in "\\PC{0,20}", byte: u8) {
        if let Some(class) = boundary::ByteClass::parse(&body) {
            prop_assert!(!class.contains(byte) || byte.is_ascii());
        }
    }

    #[test]
    fn any_rule_file_is_read_or_refused(text in "(\\[\\[rule\\]\\]|schema = 1|id = \"a\"|[ -~]{0,20}|\n){0,20}") {
        let _ = RulePack::empty().add_file("fuzz.toml", &text);
    }
}

thread_local! {
    static PACK: std::rc::Rc<RulePack> = std::rc::Rc::new(RulePack::builtin());
}
