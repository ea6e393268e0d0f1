//! YAML: the scalars of documents, templates and broken files, each with its place.

use crate::read_toml::{lines, sound};
use caulk::model::Limits;
use caulk::read::{Format, parse};
use proptest::prelude::*;

fn read(source: &str) -> Vec<String> {
    let document = parse(Format::Yaml, source.as_bytes(), &Limits::SHIPPED);
    sound(&document);
    lines(&document)
}

fn check(source: &str, want: &[&str]) {
    assert_eq!(read(source), want, "{source}");
}

#[test]
fn mappings_and_sequences() {
    check(
        "github.com:\n    user: ada\n    oauth_token: t0k # why\n    users:\n        ada:\n            oauth_token: t1\nother: x\n",
        &["github.com/user=ada", "github.com/oauth_token=t0k", "github.com/users/ada/oauth_token=t1", "other=x"],
    );
    check(
        "users:\n- name: prod\n  user:\n    token: a\n- name: eks\n  user:\n    exec:\n      args: [eks, get-token]\n",
        &[
            "users/0/name=prod",
            "users/0/user/token=a",
            "users/1/name=eks",
            "users/1/user/exec/args/0=eks",
            "users/1/user/exec/args/1=get-token",
        ],
    );
    check("a:\n  - - x\n    - y\n  - z\nb:\n  -\n    c: d\n", &["a/0/0=x", "a/0/1=y", "a/1=z", "b/0/c=d"]);
    check(
        "---\n:rubygems_api_key: r1\n\"quoted key\": 'it''s'\nurl: https://a:b@c/d\n",
        &[":rubygems_api_key=r1", "quoted key=it's <it''s>", "url=https://a:b@c/d"],
    );
}

#[test]
fn scalars_of_several_lines() {
    check(
        "key: |\n  one\n    two\n\n  three\nnext: x\n",
        &["key=one\n  two\n\nthree <one\n    two\n\n  three>", "next=x"],
    );
    check("a:\n  key: >-\n    one\n    two\n  next: x\n", &["a/key=one two <one\n    two>", "a/next=x"]);
    check("- |\n  one\n- b\n", &["0=one", "1=b"]);
    check("a: \"one\n  two\\n\\x41\"\nb: c\n", &["a=one two\nA <one\n  two\\n\\x41>", "b=c"]);
    check(
        "a:\n  plain on its own line\nb: !vault |\n  $ANSIBLE_VAULT;1.1\n  3132\n",
        &["a=plain on its own line", "b=$ANSIBLE_VAULT;1.1\n3132 <$ANSIBLE_VAULT;1.1\n  3132>"],
    );
}

#[test]
fn collections_in_brackets() {
    check(
        "a: {token: t, \"b\":\"c\", d: [1, {e: f}], }\ng: h\n",
        &["a/token=t", "a/b=c", "a/d/0=1", "a/d/1/e=f", "g=h"],
    );
    check("{\"auths\": {\n  \"r\": {\"auth\": \"x\"}\n}}\n", &["auths/r/auth=x"]);
    check("a: [x\nb: y\n", &["a/0=x", "b=y"]);
}

#[test]
fn anchors_tags_and_aliases() {
    check("a: &x secret\nb: *x\nc: !!str y\n<<: *x\nd: !vault z\n", &["a=secret", "c=y", "d=z"]);
}

#[test]
fn several_documents_share_their_paths() {
    check("a: 1\n---\na: 2\n...\n--- # third\na: 3\n", &["a=1", "a=2", "a=3"]);
}

#[test]
fn templates_are_read_by_their_lines() {
    check(
        "{{- if .Values.x }}\npassword: {{ .Values.password }}\ntoken: t0k\n{{- end }}\nlist:\n  {{- range .x }}\n  - {{ . }}\n  {{- end }}\n  - y\n",
        &[
            "={{- if .Values.x }}",
            "password={{ .Values.password }}",
            "token=t0k",
            "={{- end }}",
            "list={{- range .x }}",
            "list/0={{ . }}",
            "list={{- end }}",
            "list/0=y",
        ],
    );
}

#[test]
fn comments_that_hold_a_setting() {
    check(
        "a:\n  # token: t0k\n  # note that: this is prose\n  # - password: \"x\"\n  b: c\n",
        &["#a/token=t0k", "#a/password=x", "a/b=c"],
    );
}

#[test]
fn line_ends_marks_and_tabs() {
    check("\u{feff}a: b\r\nc:\r\n  d: e\r\n", &["a=b", "c/d=e"]);
    check("a:\n\ttoken: x\n", &["a/token=x"]);
}

#[test]
fn hostile_documents_end_soon() {
    for source in [
        "[".repeat(200_000),
        "- ".repeat(200_000),
        "a: {".repeat(100_000),
        "\"".repeat(100_001),
        "a: \"\n".repeat(50_000),
        "a: [\n".repeat(50_000),
        "? ".repeat(100_000),
        (0..20_000).map(|n| format!("{}a:\n", " ".repeat(n % 300))).collect(),
    ] {
        let started = std::time::Instant::now();
        sound(&parse(Format::Yaml, source.as_bytes(), &Limits::SHIPPED));
        assert!(started.elapsed().as_secs() < 10, "{:?} for {}", started.elapsed(), &source[..20]);
    }
}

/// Every field carries its path: small documents must not take gigabytes by that.
#[test]
fn long_paths_are_bounded() {
    let limits = Limits { document_bytes: 64 << 10, ..Limits::SHIPPED };
    let long = "k".repeat(200);
    let deep: String = (0..100).map(|n| format!("{}{long}\u{e9}{n}:\n", " ".repeat(n))).collect();
    let items: String = (0..20_000).map(|n| format!("{}- {n}\n", " ".repeat(100))).collect();
    let brackets = |open: &str| open.repeat(100) + &"1,".repeat(20_000);
    for (format, source) in [
        (Format::Yaml, deep + &items),
        (Format::Yaml, brackets("[")),
        (Format::Toml, format!("[{}]\n{}", vec!["a"; 5_000].join("."), "b = 1\n".repeat(5_000))),
        (Format::Hcl, format!("{} {{\n{}}}", "a ".repeat(50_000), "b = 1\n".repeat(50_000))),
        (Format::Xml, "<a>".repeat(100) + &"<b>1</b>".repeat(20_000)),
        (Format::Plist, "<array>".repeat(100) + &"<string>1</string>".repeat(20_000)),
        (Format::Erlang, "{a,".repeat(100) + "[" + &"1,".repeat(20_000)),
    ] {
        let document = parse(format, source.as_bytes(), &limits);
        let keys: usize = document.fields.iter().map(|field| field.path.len()).sum();
        let bytes = keys * size_of::<caulk::read::Text<'_>>();
        assert!(bytes <= 17 * limits.document_bytes + 32 * document.fields.len(), "{format:?}: {bytes}");
        assert!(document.problem.is_some_and(|problem| problem.bound), "{format:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(source in prop::collection::vec(any::<u8>(), 0..300)) {
        sound(&parse(Format::Yaml, &source, &Limits::SHIPPED));
    }

    #[test]
    fn anything_like_yaml_is_read_without_a_panic(source in "([a-c\"'=:\\[\\]{}.,#&*!|>? \\\\\n-]|: |- |\n  |---|\\{\\{){0,80}") {
        sound(&parse(Format::Yaml, source.as_bytes(), &Limits::SHIPPED));
    }

    #[test]
    fn json_is_yaml(keys in prop::collection::vec("[a-z]{1,8}", 1..4), value in "[ -~é\n\t]{0,40}") {
        let json = keys.iter().rev().fold(serde_json::Value::from(value.clone()), |inner, key| {
            serde_json::Value::from_iter([(key.clone(), inner)])
        });
        for source in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
            let document = parse(Format::Yaml, source.as_bytes(), &Limits::SHIPPED);
            sound(&document);
            let values: Vec<&[u8]> = document.fields.iter().map(|field| field.value.bytes()).collect();
            prop_assert_eq!(&values, &[value.as_bytes()], "{}", &source);
            prop_assert_eq!(document.fields[0].path.len(), keys.len(), "{}", source);
        }
    }
}
