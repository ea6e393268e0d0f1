//! What an edit leaves behind: the rest of the file byte for byte and with its meaning, and marks of caulk's
//! that no scan takes for secrets. (`recipes` holds the editors to their examples.)

use crate::common;
use caulk::detect::{Detection, Detector, Hit, Scene};
use caulk::host::procs::ProcessEnv;
use caulk::host::{Host, Os};
use caulk::model::{KeyRing, Limits, Severity};
use caulk::read::{self, Document};
use caulk::remediate::edit::{self, Move, Outcome, Target};
use caulk::remediate::recipes;
use caulk::rules::rule::Surface;
use caulk::rules::{RulePack, template};
use caulk::scan::{self, Progress, Scanner, Scope};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const LAUNCHER: &str = "/opt/caulk/bin/caulk";

fn keys() -> KeyRing {
    KeyRing::new(zeroize::Zeroizing::new(vec![7; 32]))
}

fn surface<'p>(pack: &'p RulePack, id: &str) -> &'p Surface {
    pack.surfaces().iter().find(|surface| surface.id == id).unwrap_or_else(|| panic!("no surface {id}"))
}

fn detect(detector: &Detector<'_>, surface: &Surface, document: &Document<'_>) -> Detection {
    let scene = Scene { surface: Some(surface), format: surface.format, container: None, prefix: &[] };
    detector.detect(document, &scene, 0..usize::MAX)
}

/// What an edit made of a text.
struct Edited {
    after: Option<Vec<u8>>,
    moved: Option<Move>,
    fingerprint: String,
}

/// Edits the first hit in `text` that `wanted` takes, which is given the recipe's id, the hit and the source.
#[track_caller]
fn edited(surface_id: &str, text: &[u8], tracked: bool, wanted: impl Fn(&str, &Hit, &[u8]) -> bool) -> Edited {
    let (pack, keys) = (RulePack::builtin(), keys());
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
    let surface = surface(&pack, surface_id);
    let document = read::parse(surface.format, text, &Limits::SHIPPED);
    let hits = detect(&detector, surface, &document).hits;
    let field = |hit: &Hit| hit.field.as_ref().map_or(String::new(), |field| field.as_found().to_owned());
    let claimed = hits.iter().find_map(|hit| {
        let recipe = pack.recipe_for(surface, &field(hit))?;
        wanted(&recipe.id, hit, text).then_some((recipe, hit))
    });
    let Some((recipe, hit)) = claimed else {
        panic!("no such hit in {:?}: {hits:#?}", String::from_utf8_lossy(text));
    };
    let machine = crate::recipes::machine();
    let target = Target {
        recipe,
        surface,
        path: Path::new("/home/ada/file"),
        document: &document,
        span: hit.span.clone(),
        tracked,
        machine: &machine,
        name: &|proposed, _, _| proposed,
    };
    let fingerprint = hit.secret.fingerprint.as_str().to_owned();
    match recipes::edit(&target) {
        Outcome::Move(moved) => {
            let after = edit::apply(text, &moved.splices).expect("splices that fit").to_vec();
            Edited { after: Some(after), moved: Some(*moved), fingerprint }
        }
        Outcome::Manual(text) | Outcome::Skip(text) => {
            assert!(!text.is_empty());
            Edited { after: None, moved: None, fingerprint }
        }
    }
}

/// Fingerprints of what is found in a text.
fn fingerprints(surface_id: &str, text: &[u8]) -> Vec<String> {
    let (pack, keys) = (RulePack::builtin(), keys());
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
    let surface = surface(&pack, surface_id);
    let document = read::parse(surface.format, text, &Limits::SHIPPED);
    detect(&detector, surface, &document).hits.iter().map(|h| h.secret.fingerprint.as_str().to_owned()).collect()
}

/// The directives of a template, as they are written.
fn directives(template: &str) -> Vec<&str> {
    let opened =
        template.match_indices('<').filter_map(|(at, _)| template[at..].find('>').map(|end| (at, at + end + 1)));
    opened.map(|(start, end)| &template[start..end]).collect()
}

/// A template with the values that `known` gives its directives: before and after have the same secrets.
fn filled(template: &str, before: &str) -> String {
    directives(before).into_iter().fold(template.to_owned(), |text, directive| {
        text.replace(directive, &String::from_utf8(template::expand(directive, "recipe")).unwrap())
    })
}

#[test]
fn a_scan_finds_nothing_new_where_a_recipe_was_at_work() {
    let pack = RulePack::builtin();
    let mut moved = 0;
    for recipe in pack.recipes().iter().filter(|recipe| !recipe.edit.is_mend()) {
        for example in recipe.examples.iter().filter(|example| !example.refused) {
            let before = filled(&example.before, &example.before);
            let edited = edited(&example.surface, before.as_bytes(), false, |id, _, _| id == recipe.id);
            let after = edited.after.unwrap_or_else(|| panic!("{}: refused", recipe.id));
            let old = fingerprints(&example.surface, before.as_bytes());
            let new = fingerprints(&example.surface, &after);
            assert!(!new.contains(&edited.fingerprint), "{}", recipe.id);
            assert!(new.iter().all(|one| old.contains(one)), "{}: {}", recipe.id, String::from_utf8_lossy(&after));
            moved += 1;
        }
    }
    assert!(moved > 10, "{moved}");
}

/// In a file that others get from git, a launcher's path has no place.
#[test]
fn in_a_tracked_file_only_what_others_can_use_is_written() {
    let pack = RulePack::builtin();
    for recipe in pack.recipes().iter().filter(|recipe| recipe.automatic && !recipe.edit.is_mend()) {
        for example in recipe.examples.iter().filter(|example| !example.refused) {
            let before = filled(&example.before, &example.before);
            let edited = edited(&example.surface, before.as_bytes(), true, |id, _, _| id == recipe.id);
            assert_eq!(edited.after.is_some(), recipe.tracked, "{}", recipe.id);
        }
    }
}

fn secret(seed: u32) -> String {
    String::from_utf8(template::expand("<an:40>", &seed.to_string())).unwrap()
}

/// The edit of the planted secret, and what must hold of every edit.
#[track_caller]
fn planted(surface_id: &str, text: &str, secret: &str) -> String {
    let edited =
        edited(surface_id, text.as_bytes(), false, |_, hit, source| &source[hit.span.clone()] == secret.as_bytes());
    let moved = edited.moved.unwrap_or_else(|| panic!("refused: {text:?}"));
    assert_eq!(moved.value.expose(), secret.as_bytes());
    let after = String::from_utf8(edited.after.unwrap()).unwrap();
    assert!(!after.contains(secret), "{after}");
    let pack = RulePack::builtin();
    let format = surface(&pack, surface_id).format;
    assert_eq!(read::parse(format, after.as_bytes(), &Limits::SHIPPED).problem, None, "{after}");
    after
}

/// Lines of a kind, each with its end.
fn lines(line: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(line, 0..6)
}

fn joined(lines: &[String], eol: &str) -> String {
    lines.iter().map(|line| format!("{line}{eol}")).collect()
}

fn eol() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("\n"), Just("\r\n")]
}

fn npm_line() -> impl Strategy<Value = String> {
    prop_oneof![
        "[;#][ -~é]{0,30}",
        "[a-z]{1,6}-[a-z]{1,6} ?= ?[a-z0-9./:]{0,20}",
        "@[a-z]{1,5}:registry=https://[a-z]{1,8}\\.example\\.org/",
        "[ \t]{0,3}",
    ]
}

fn store_line() -> impl Strategy<Value = String> {
    prop_oneof!["https://[a-z]{1,6}:[a-zA-Z0-9]{12,20}@[a-z]{1,8}\\.example\\.org(/[a-z]{1,5})?", "#[ a-z]{0,10}", ""]
}

fn git_lines() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\[[a-z]{2,6}\\]\n\t[a-z]{2,6} = [a-z0-9 /.]{0,12}",
        "\\[branch \"[a-zé/ ]{1,8}\"\\]\n\tremote = origin\n\t# [a-z ]{0,10}",
        "; [ -~]{0,20}",
        "[ \t]{0,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_line_of_npmrc_goes_and_no_other_byte(
        before in lines(npm_line()), after in lines(npm_line()), eol in eol(), last in any::<bool>(), seed in any::<u32>(),
    ) {
        let secret = secret(seed);
        let (before, after) = (joined(&before, eol), joined(&after, eol));
        let end = if last && after.is_empty() { "" } else { eol };
        let text = format!("{before}//npm.example.com/:_authToken={secret}{end}{after}");
        prop_assert_eq!(planted("npm.npmrc", &text, &secret), format!("{before}{after}"));
    }

    #[test]
    fn a_line_of_gits_store_goes_and_no_other_byte(
        before in lines(store_line()), after in lines(store_line()), eol in eol(), seed in any::<u32>(),
    ) {
        let secret = secret(seed);
        let (before, after) = (joined(&before, eol), joined(&after, eol));
        let text = format!("{before}https://ada:{secret}@git.example.com{eol}{after}");
        prop_assert_eq!(planted("git.credentials", &text, &secret), format!("{before}{after}"));
    }

    #[test]
    fn a_password_leaves_gits_url_and_no_other_byte(
        before in lines(git_lines()), after in lines(git_lines()), eol in eol(), seed in any::<u32>(),
    ) {
        let secret = secret(seed);
        let text = |password: &str| {
            let remote = format!("[remote \"origin\"]\n\turl = https://ada{password}@git.example.com/a/b.git ; mine\n");
            format!("{}{remote}{}", joined(&before, "\n"), joined(&after, "\n")).replace('\n', eol)
        };
        prop_assert_eq!(planted("git.config", &text(&format!(":{secret}")), &secret), text(""));
    }

    #[test]
    fn a_variable_leaves_a_servers_entry_and_all_else_means_what_it_meant(
        around in proptest::collection::vec("[ -~é\u{2028}\t]{0,12}", 0..8),
        variables in proptest::collection::vec("[a-z \"\\\\é/]{0,8}", 0..4),
        arguments in proptest::option::of(proptest::collection::vec("[a-z \"\\\\é-]{0,8}", 0..4)),
        place in any::<prop::sample::Index>(),
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        pretty in any::<bool>(),
        seed in any::<u32>(),
    ) {
        let secret = secret(seed);
        let member = |key: &str, value: &Value| format!("{}:{}{value}", json!(key), if pretty { " " } else { "" });
        let (comma, open, close) = if pretty { (",\n    ", "{\n    ", "\n  }") } else { (",", "{", "}") };
        let mut env: Vec<String> =
            variables.iter().enumerate().map(|(n, value)| member(&format!("LOG_{n}"), &json!(value))).collect();
        env.insert(place.index(env.len() + 1), member("ACME_API_KEY", &json!(secret)));
        let mut members = [Some(member("command", &json!("acme-mcp"))), None, None, None];
        members[1] = arguments.as_ref().map(|list| member("args", &json!(list)));
        members[2] = Some(format!("\"env\":{open}{}{close}", env.join(comma)));
        members[3] = around.first().map(|text| member("note", &json!(text)));
        let server: Vec<String> = order.iter().filter_map(|at| members[*at].clone()).collect();
        let others = |from: usize| -> String {
            around.iter().enumerate().skip(from).step_by(2).map(|(n, text)| member(&format!("k{n}"), &json!([text, n]))).map(|m| m + comma).collect()
        };
        let head = format!("{open}{}\"mcpServers\": {{\"acme\": ", others(0));
        let tail = format!("}}{comma}{}\"end\": 1{close}\n", others(1));
        let text = format!("{head}{open}{}{close}{tail}", server.join(comma));
        let mut wanted: Value = serde_json::from_str(&text).unwrap();
        let after = planted("cursor.mcp", &text, &secret);

        prop_assert!(after.starts_with(&head) && after.ends_with(&tail), "{}", after);
        let server = &mut wanted["mcpServers"]["acme"];
        server["env"].as_object_mut().unwrap().remove("ACME_API_KEY");
        let mut call = vec!["run", "--with", "ACME_API_KEY=mcp/acme/ACME_API_KEY", "--", "acme-mcp"];
        call.extend(arguments.iter().flatten().map(String::as_str));
        server["args"] = json!(call);
        server["command"] = json!(LAUNCHER);
        prop_assert_eq!(serde_json::from_str::<Value>(&after).unwrap(), wanted, "{}", after);
    }
}

#[test]
fn a_scan_is_quiet_about_what_a_fix_writes() {
    let server = r#"{"mcpServers":{"acme":{"command":"C:\\caulk\\caulk.exe","args":["run","--with","ACME_API_KEY=mcp/acme/ACME_API_KEY","--with","DB_PASSWORD=mcp/acme/DB_PASSWORD~2","--","npx","-y","acme@1.2.3"],"env":{}}}}"#;
    let helper = r#"{"mcpServers":{"acme":{"url":"https://mcp.example.com/","headersHelper":"/opt/caulk/bin/caulk helper headers 'Authorization=Bearer {mcp/acme/Authorization}' 'X-Api-Key={mcp/acme/X-Api-Key}'"}}}"#;
    let git = "[credential \"https://git.example.com\"]\n\thelper =\n\thelper = /opt/caulk/bin/caulk helper git\n";
    let shell = "caulk run --with ACME_API_KEY=mcp/acme/ACME_API_KEY --with npm/npm.example.com -- npx -y acme\n";
    let cases = [
        ("cursor.mcp", server),
        ("claude-code.mcp-project", server),
        ("claude-code.mcp-project", helper),
        ("git.config", git),
        ("shell.rc", shell),
        ("shell.history", shell),
        ("shell.rc", "alias acme=\"caulk run --with 'ACME_API_KEY=mcp/acme/ACME_API_KEY' -- npx acme\"\n"),
        ("shell.history", "caulk run --with \"ACME_API_KEY=mcp/acme/ACME_API_KEY\" -- npx acme\n"),
    ];
    let (pack, keys) = (RulePack::builtin(), keys());
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
    for (surface, text) in cases {
        assert_eq!(fingerprints(surface, text.as_bytes()), [""; 0], "{surface}: {text}");
        // The same in a file that is of no surface.
        let loose = read::parse(read::Format::Text, text.as_bytes(), &Limits::SHIPPED);
        assert!(detector.detect(&loose, &Scene::TEXT, 0..usize::MAX).hits.is_empty(), "{text}");
    }
}

/// Only a reference is passed over: a secret that stands in its place is told.
#[test]
fn a_secret_after_with_is_still_found() {
    let random = secret(1);
    let vendor = String::from_utf8(template::expand("ghp_<(><an:30><crc62>", "recipe")).unwrap();
    for value in [&random, &vendor] {
        let args = json!(["run", "--with", format!("ACME_API_KEY={value}"), "--", "npx"]);
        let server = json!({"mcpServers": {"acme": {"command": LAUNCHER, "args": args}}}).to_string();
        assert_eq!(fingerprints("cursor.mcp", server.as_bytes()).len(), 1, "{server}");
        let behind = json!(["run", "--", "acme", "--api-key", value]);
        let server = json!({"mcpServers": {"acme": {"command": LAUNCHER, "args": behind}}}).to_string();
        assert_eq!(fingerprints("cursor.mcp", server.as_bytes()).len(), 1, "{server}");
    }
    for line in [
        format!("caulk run --with ACME_API_KEY={random} -- npx acme\n"),
        format!("ACME_API_KEY=mcp/{random} caulk run -- npx acme\n"),
    ] {
        assert_eq!(fingerprints("shell.history", line.as_bytes()).len(), 1, "{line}");
    }
    let helper = format!("{LAUNCHER} helper headers 'Authorization=Bearer {vendor}'");
    let server = json!({"mcpServers": {"acme": {"url": "https://mcp.example.com/", "headersHelper": helper}}});
    assert_eq!(fingerprints("claude-code.mcp-project", server.to_string().as_bytes()).len(), 1);
}

/// A sealed secret is meant to be where `caulk run` put it; another variable of the same program is not.
#[test]
fn a_variable_that_caulk_run_set_is_told_as_such() {
    let (pack, keys, home) = (RulePack::builtin(), keys(), tempfile::TempDir::new().unwrap());
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
    let host = Host::fake(Os::Linux, home.path(), &[]);
    let environment = |pid, text: String| ProcessEnv {
        pid,
        exe: PathBuf::from("/usr/bin/node"),
        bytes: zeroize::Zeroizing::new(text.into_bytes()),
        count: 3,
        truncated: false,
    };
    let (handed, own) = (secret(1), secret(2));
    let names = "CAULK_INJECTED=ACME_API_KEY npm_config_//npm.example.com/:_authToken";
    let environments = [
        environment(7, format!("ACME_API_KEY={handed}\0OTHER_API_KEY={own}\0{names}\0")),
        // The same secret, exported by hand.
        environment(8, format!("ACME_API_KEY={handed}\0")),
    ];
    let request = scan::ScanRequest { no_env: false, ..common::request(Scope::Audit) };
    let progress = Progress::default();
    let scanner = Scanner {
        host: &host,
        pack: &pack,
        detector: &detector,
        request: &request,
        progress: &progress,
        environments: &environments,
        commands: &[],
    };
    let report = scan::run(&scanner, None);
    let told: Vec<(&str, bool, bool)> = report
        .findings
        .iter()
        .map(|finding| {
            let checks = &finding.secret.as_ref().unwrap().checks;
            let told = checks.iter().any(|check| check == "handed out by caulk run");
            (finding.location.field.as_ref().unwrap().as_found(), finding.severity == Severity::Info, told)
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    let wanted = [("OTHER_API_KEY", false, false), ("ACME_API_KEY", false, false), ("ACME_API_KEY", true, true)];
    assert!(wanted.iter().all(|one| told.contains(one)), "{told:?}");
}
