//! Recipes: each example, and what must hold for any file around a secret.
#![cfg(feature = "keychain")]

use caulk::detect::{Detector, Scene};
use caulk::host::Os;
use caulk::model::{KeyRing, Limits};
use caulk::read::{self, Format};
use caulk::remediate::edit::{self, Machine, Outcome, Splice, Target};
use caulk::remediate::recipes;
use caulk::rules::rule::{Recipe, Surface};
use caulk::rules::{RulePack, template};
use caulk::vault::Binding;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// A machine with caulk at a place that files of the tests name.
pub(crate) fn machine() -> Machine {
    Machine {
        os: Os::Linux,
        home: PathBuf::from("/home/ada"),
        launcher: PathBuf::from("/opt/caulk/bin/caulk"),
        git_config: PathBuf::from("/home/ada/.gitconfig"),
        file_only_clients: Vec::new(),
        managers: Vec::new(),
    }
}

/// Expands each directive by itself, so that it stands for the same wherever it stands.
fn expand(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let close = open + rest[open..].find('>').unwrap() + 1;
        out.extend_from_slice(&rest.as_bytes()[..open]);
        out.extend(template::expand(&rest[open..close], "recipes"));
        rest = &rest[close..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// What one edit comes to.
enum Edited {
    Moved { name: String, value: Vec<u8>, after: Vec<u8>, splices: Vec<Splice>, binding: Binding },
    Refused(String),
}

struct Bench {
    pack: RulePack,
    keys: KeyRing,
}

impl Bench {
    fn new() -> Self {
        Self { pack: RulePack::builtin(), keys: KeyRing::new(Zeroizing::new(vec![7; 32])) }
    }

    fn surface(&self, id: &str) -> &'static Surface {
        self.pack.surfaces().iter().find(|surface| surface.id == id).unwrap_or_else(|| panic!("no surface {id}"))
    }

    /// Edits the first secret of `text` that `wanted` claims; `None` when there is none.
    fn edit(&self, surface: &Surface, text: &[u8], wanted: Option<&str>) -> Option<(&'static Recipe, Edited)> {
        let detector = Detector::new(&self.pack, &self.keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
        let document = read::parse(surface.format, text, detector.limits());
        let scene = Scene { surface: Some(surface), format: surface.format, container: None, prefix: &[] };
        let detection = detector.detect(&document, &scene, 0..usize::MAX);
        let machine = machine();
        for hit in &detection.hits {
            let field = hit.field.as_ref().map_or("", |field| field.as_found());
            let Some(recipe) = self.pack.recipe_for(surface, field) else { continue };
            if wanted.is_some_and(|wanted| recipe.id != wanted) {
                continue;
            }
            let target = Target {
                recipe,
                surface,
                path: Path::new("/home/ada/file"),
                document: &document,
                span: hit.span.clone(),
                tracked: false,
                machine: &machine,
                name: &|proposed, _, _| proposed,
            };
            let edited = match recipes::edit(&target) {
                Outcome::Move(moved) => Edited::Moved {
                    name: moved.name.to_string(),
                    value: moved.value.expose().to_vec(),
                    after: edit::apply(text, &moved.splices).expect("splices fit").to_vec(),
                    splices: moved.splices,
                    binding: moved.binding,
                },
                Outcome::Manual(why) | Outcome::Skip(why) => Edited::Refused(why),
            };
            return Some((recipe, edited));
        }
        None
    }
}

#[test]
fn every_example_of_every_recipe() {
    let bench = Bench::new();
    let mut count = 0;
    // Those of mends are `mends`' business.
    for recipe in bench.pack.recipes().iter().filter(|recipe| !recipe.edit.is_mend()) {
        for (number, example) in recipe.examples.iter().enumerate() {
            let at = format!("{}, example {}", recipe.id, number + 1);
            let before = expand(&example.before);
            let found = bench.edit(bench.surface(&example.surface), &before, Some(&recipe.id));
            let (_, edited) = found.unwrap_or_else(|| panic!("{at}: nothing is found that the recipe claims"));
            match edited {
                Edited::Refused(why) => {
                    assert!(example.refused, "{at}: refused: {why}");
                    assert!(!why.is_empty(), "{at}");
                }
                Edited::Moved { name, after, .. } => {
                    assert!(!example.refused, "{at}: moved as {name}");
                    let (after, wanted) =
                        (String::from_utf8(after).unwrap(), String::from_utf8(expand(&example.after)).unwrap());
                    assert_eq!(after, wanted, "{at}");
                    assert_eq!(name, example.name, "{at}");
                }
            }
            count += 1;
        }
    }
    assert!(count >= 15, "{count} examples");
}

/// What the first secret of `text` is bound to, and its value.
fn bound(surface: &str, text: &str) -> Option<(Binding, Vec<u8>)> {
    let bench = Bench::new();
    match bench.edit(bench.surface(surface), &expand(text), None)?.1 {
        Edited::Moved { binding, value, .. } => Some((binding, value)),
        Edited::Refused(_) => None,
    }
}

#[test]
fn a_login_is_bound_to_a_repository_only_where_another_is_for_the_same_host() {
    let path = |text: &str| match bound("git.credentials", text) {
        Some((Binding::Git { path, .. }, _)) => path,
        _ => panic!("not moved: {text}"),
    };
    let one = "https://ada:<an:40>@git.example.com/team/one.git\n";
    // git names no path without `useHttpPath`, and its own store answers all the same.
    assert_eq!(path(one), None);
    assert_eq!(path(&format!("{one}https://ada:<an:41>@git.example.org/team/two.git\n")), None);
    assert_eq!(path(&format!("{one}https://ada:<an:41>@git.example.com/team/two.git\n")), Some("team/one.git".into()));
}

#[test]
fn what_a_binding_says_in_the_clear_is_no_token() {
    let token = expand("glpat-<an:20>");
    for (surface, text) in [
        ("git.credentials", "https://glpat-<an:20>:x-oauth-basic@git.example.com\n".to_owned()),
        (
            "git.config",
            "[remote \"o\"]\n\turl = https://glpat-<an:20>:x-oauth-basic@git.example.com/a.git\n".to_owned(),
        ),
    ] {
        let (binding, value) = bound(surface, &text).unwrap_or_else(|| panic!("not moved: {text}"));
        assert!(matches!(binding, Binding::Git { username: None, .. }), "{binding:?}");
        assert_eq!(value, token);
    }
    assert!(bound("git.credentials", "https://<an:40>:<an:24>@git.example.com\n").is_none());
    assert!(bound("git.credentials", "https://<an:16>:<an:16>@git.example.com\n").is_none(), "the same twice");
}

#[test]
fn a_registrys_login_is_what_npm_would_send() {
    let (binding, value) = bound("npm.npmrc", "registry=https://ada:mP4vK9tR2wQ7xZ@npm.example.com/team/\n").unwrap();
    assert_eq!(binding, Binding::Npm { key: "//npm.example.com/team/:_auth".into() });
    assert_eq!(value, expand("<b64-of:ada:mP4vK9tR2wQ7xZ>"));
    for (written, meant) in [("\"<an:20>#x\"", "<an:20>#x"), ("<an:20>\\;x # note", "<an:20>;x")] {
        let (_, value) = bound("npm.npmrc", &format!("//npm.example.com/:_authToken = {written}\r\n")).unwrap();
        assert_eq!(value, expand(meant));
    }
}

#[test]
fn what_git_tracks_gets_no_launcher() {
    let bench = Bench::new();
    for recipe in bench.pack.recipes() {
        let launches = matches!(recipe.id.as_ref(), "mcp-run" | "mcp-headers-helper" | "git-url");
        assert!(!launches || !recipe.tracked, "{}", recipe.id);
    }
}

/// Text without the characters that mean something to the formats below.
fn plain() -> impl Strategy<Value = String> {
    "[a-z][a-z .]{0,20}"
}

/// The edit takes the secret out, and changes nothing but the bytes it says.
fn holds(bench: &Bench, surface: &str, text: &str, secret: &str) -> Result<(), TestCaseError> {
    let surface = bench.surface(surface);
    let Some((_, edited)) = bench.edit(surface, text.as_bytes(), None) else {
        return Err(TestCaseError::fail(format!("nothing found in {text}")));
    };
    let Edited::Moved { value, after, mut splices, .. } = edited else {
        return Err(TestCaseError::fail(format!("refused: {text}")));
    };
    prop_assert!(String::from_utf8_lossy(&value).contains(secret));
    let after = String::from_utf8(after).unwrap();
    prop_assert!(!after.contains(secret), "{after}");
    // Put back in reverse, the bytes are those of before.
    splices.sort_by_key(|splice| splice.at.start);
    let (mut back, mut at) = (String::new(), 0);
    for splice in &splices {
        let gap = splice.at.start - back.len();
        back.push_str(&after[at..at + gap]);
        at += gap + splice.with.len();
        back.push_str(&text[splice.at.clone()]);
    }
    back.push_str(&after[at..]);
    prop_assert_eq!(&back, text);
    let limits = Limits::SHIPPED;
    prop_assert!(read::parse(surface.format, after.as_bytes(), &limits).problem.is_none(), "{}", after);
    if surface.format == Format::Json {
        prop_assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok(), "{}", after);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_npmrc_of_any_shape(
        before in proptest::collection::vec(plain(), 0..4),
        after in proptest::collection::vec(plain(), 0..4),
        seed in any::<u32>(),
        crlf in any::<bool>(),
        quoted in any::<bool>(),
        last in any::<bool>(),
    ) {
        let secret = String::from_utf8(template::expand("<an:36>", &seed.to_string())).unwrap();
        let eol = if crlf { "\r\n" } else { "\n" };
        let value = if quoted { format!("\"{secret}\"") } else { secret.clone() };
        let mut lines: Vec<String> = before.iter().map(|word| format!("; {word}")).collect();
        lines.push(format!("//npm.example.com/:_authToken={value}"));
        lines.extend(after.iter().enumerate().map(|(i, word)| format!("key{i}={word}")));
        let text = lines.join(eol) + if last { eol } else { "" };
        holds(&Bench::new(), "npm.npmrc", &text, &secret)?;
    }

    #[test]
    fn a_credential_store_of_any_length(others in 0..5_usize, place in 0..5_usize, seed in any::<u32>()) {
        let make = |n: usize| String::from_utf8(template::expand("<an:32>", &format!("{seed}{n}"))).unwrap();
        let secret = make(0);
        let mut lines: Vec<String> = (0..others).map(|n| format!("https://user{n}@host{n}.example.com")).collect();
        lines.insert(place.min(others), format!("https://ada:{secret}@git.example.com"));
        holds(&Bench::new(), "git.credentials", &(lines.join("\n") + "\n"), &secret)?;
    }

    #[test]
    fn a_server_of_any_layout(
        others in proptest::collection::vec(plain(), 0..4),
        place in 0..4_usize,
        arguments in proptest::option::of(proptest::collection::vec(plain(), 0..4)),
        seed in any::<u32>(),
        style in 0..3_usize,
        env_first in any::<bool>(),
    ) {
        let secret = String::from_utf8(template::expand("<an:32>", &seed.to_string())).unwrap();
        let mut members: Vec<(String, String)> =
            others.iter().enumerate().map(|(i, word)| (format!("WORD{i}"), word.clone())).collect();
        members.insert(place.min(others.len()), ("ACME_API_KEY".into(), secret.clone()));
        let env: serde_json::Map<String, serde_json::Value> =
            members.into_iter().map(|(name, value)| (name, value.into())).collect();
        let mut server = serde_json::Map::new();
        if env_first {
            server.insert("env".into(), env.clone().into());
        }
        server.insert("command".into(), "acme-mcp".into());
        if let Some(arguments) = arguments {
            server.insert("args".into(), arguments.into());
        }
        if !env_first {
            server.insert("env".into(), env.into());
        }
        let document = serde_json::json!({ "mcpServers": { "acme": server } });
        let text = match style {
            0 => document.to_string(),
            1 => serde_json::to_string_pretty(&document).unwrap(),
            _ => serde_json::to_string_pretty(&document).unwrap().replace('\n', "\r\n"),
        };
        holds(&Bench::new(), "cursor.mcp", &text, &secret)?;
    }

    #[test]
    fn a_git_configuration_of_any_length(
        words in proptest::collection::vec(plain(), 0..4),
        token_only in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let secret = String::from_utf8(template::expand("<an:40>", &seed.to_string())).unwrap();
        let userinfo = if token_only { secret.clone() } else { format!("ada:{secret}") };
        let mut text = String::from("[core]\n\tbare = false\n");
        for (i, word) in words.iter().enumerate() {
            text += &format!("; {word}\n[branch \"b{i}\"]\n\tdescription = {word}\n");
        }
        text += &format!("[remote \"origin\"]\n\turl = https://{userinfo}@git.example.com/a/b.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n");
        holds(&Bench::new(), "git.config", &text, &secret)?;
    }
}

#[test]
fn git_is_told_once_and_last() {
    let launcher = Path::new("/opt/caulk/bin/caulk");
    let url = "https://git.example.com";
    let told = |text: &[u8]| edit::apply(text, &recipes::git_helper(text, url, launcher).unwrap()).unwrap().to_vec();
    for text in [&b""[..], b"[user]\n\tname = ada\n", b"[user]\n\tname = ada", b"[user]\r\n\tname = ada\r\n"] {
        let once = told(text);
        assert!(once.starts_with(text));
        assert_eq!(told(&once), once, "said twice");
        let gone = edit::apply(&once, &recipes::without_git_helper(&once, url, launcher).unwrap()).unwrap();
        assert_eq!(gone.trim_ascii_end(), text.trim_ascii_end());
        // Somebody adds a helper behind it: caulk must have the last word again.
        let later = [once.as_slice(), b"[credential]\n\thelper = store\n"].concat();
        assert!(told(&later).len() > later.len());
    }
}
