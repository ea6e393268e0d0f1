//! The JSON reader: held against `serde_json` where the input is JSON, and against its own promises
//! (spans, bounds, no loss before a defect) where it is not.
#![allow(clippy::unwrap_used)] // Helpers of tests are not seen as tests.

use caulk::model::Limits;
use caulk::read::json::{self, Kind, NodeId, Tree};
use caulk::read::{Document, Field, Problem};
use proptest::prelude::*;
use serde_json::Value;
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits::SHIPPED;

/// Generous for a slow machine and an unoptimised build; a quadratic reader takes minutes.
const QUICK: Duration = Duration::from_secs(3);

fn path_text(field: &Field<'_>) -> String {
    field.path.iter().map(|key| String::from_utf8_lossy(key.bytes()).into_owned()).collect::<Vec<_>>().join("/")
}

/// `path=value` of every field.
fn leaves(document: &Document<'_>) -> Vec<String> {
    let leaf = |field: &Field<'_>| format!("{}={}", path_text(field), String::from_utf8_lossy(field.value.bytes()));
    document.fields.iter().map(leaf).collect()
}

fn leaves_of(source: &str) -> Vec<String> {
    leaves(&json::document(source.as_bytes(), &LIMITS))
}

fn problem_of(source: &str) -> Option<Problem> {
    json::parse(source.as_bytes(), &LIMITS).1
}

/// Any JSON value, with text that needs escapes.
fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![any::<String>(), "[a-z\"\\\\\n\u{1}é😀/]{0,12}"];
    let number = prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Builds the value back from the tree, checking every span against `serde_json` on the way.
fn rebuild(source: &[u8], tree: &Tree<'_>, node: NodeId) -> Value {
    let span = tree.span(node);
    assert_eq!(&source[span.clone()], tree.raw(node));
    for child in tree.children(node) {
        assert_eq!(tree.parent(child), Some(node));
    }
    if let Some(key) = tree.key_span(node) {
        let quoted: String = serde_json::from_slice(&source[key.start - 1..=key.end]).unwrap();
        assert_eq!(quoted.as_bytes(), tree.key(node).unwrap().bytes());
    }
    match tree.kind(node) {
        Kind::Object => {
            let text = |child| String::from_utf8(tree.key(child).unwrap().bytes().to_vec()).unwrap();
            Value::Object(tree.children(node).map(|child| (text(child), rebuild(source, tree, child))).collect())
        }
        Kind::Array => Value::Array(tree.children(node).map(|child| rebuild(source, tree, child)).collect()),
        Kind::String => {
            let quoted: Value = serde_json::from_slice(&source[span.start - 1..=span.end]).unwrap();
            assert_eq!(quoted.as_str().unwrap().as_bytes(), tree.text(node).unwrap().bytes());
            quoted
        }
        Kind::Number | Kind::True | Kind::False | Kind::Null => serde_json::from_slice(&source[span]).unwrap(),
    }
}

/// The strings and numbers of a value as `path=value`.
fn expected_leaves(value: &Value, path: &[&str], found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(format!("{}={text}", path.join("/"))),
        Value::Number(number) => found.push(format!("{}={number}", path.join("/"))),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                expected_leaves(item, &[path, &[&index.to_string()]].concat(), found);
            }
        }
        Value::Object(entries) => {
            for (key, entry) in entries {
                expected_leaves(entry, &[path, &[key]].concat(), found);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Writes a value with comments, trailing commas and odd white space, chosen by `noise`.
fn write_loosely(value: &Value, noise: &mut impl Iterator<Item = u8>, out: &mut String) {
    const BLANKS: [&str; 6] = ["", " ", "\r\n\t", "// \"a\": {[\n", "/* }],\" * / */", "/**/ "];
    let mut blank = |out: &mut String| out.push_str(BLANKS[usize::from(noise.next().unwrap_or(0)) % BLANKS.len()]);
    blank(out);
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                write_loosely(item, noise, out);
                if index + 1 < items.len() || noise.next().is_some_and(|n| n > 127) {
                    out.push(',');
                }
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, entry)) in entries.iter().enumerate() {
                out.push_str(&serde_json::to_string(key).unwrap());
                out.push(':');
                write_loosely(entry, noise, out);
                if index + 1 < entries.len() || noise.next().is_some_and(|n| n > 127) {
                    out.push(',');
                }
            }
            out.push('}');
        }
        _ => out.push_str(&value.to_string()),
    }
    out.push_str(BLANKS[usize::from(noise.next().unwrap_or(0)) % BLANKS.len()]);
}

/// Calls everything on every node; the result does not matter, coming back does.
fn exercise(source: &[u8]) {
    let (tree, problem) = json::parse(source, &LIMITS);
    for node in tree.nodes() {
        let span = tree.span(node);
        assert!(span.start <= span.end && span.end <= source.len());
        if let Some(text) = tree.text(node) {
            assert!(text.bytes().len() <= span.len());
            assert!(json::source_offset(tree.raw(node), text.bytes().len() / 2) <= span.len());
        }
        if let Some(parent) = tree.parent(node) {
            let outer = tree.span(parent);
            assert!(outer.start <= span.start && span.end <= outer.end, "a value outside its container");
            assert!(tree.children(parent).any(|child| child == node));
        }
        let _ = (tree.key(node).is_some(), tree.path(node).len(), tree.get(node, b"a").is_some());
    }
    if let Some(problem) = problem {
        assert!(problem.offset <= source.len());
    }
    for document in [json::document(source, &LIMITS), json::lines(source, &LIMITS)] {
        assert!(document.fields.is_sorted_by_key(|field| field.span.start));
    }
}

proptest! {
    #[test]
    fn agrees_with_serde_json(value in value(), pretty: bool) {
        let source = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
        let (tree, problem) = json::parse(&source, &LIMITS);
        prop_assert_eq!(problem, None);
        let root = tree.root().unwrap();
        prop_assert_eq!(tree.span(root).len() + if value.is_string() { 2 } else { 0 }, source.len());
        // Read back by the oracle: not every float survives the way through text unchanged.
        prop_assert_eq!(rebuild(&source, &tree, root), serde_json::from_slice::<Value>(&source).unwrap());
        let mut expected = Vec::new();
        expected_leaves(&value, &[], &mut expected);
        prop_assert_eq!(leaves(&json::document(&source, &LIMITS)), expected);
    }

    #[test]
    fn comments_and_trailing_commas_change_nothing(value in value(), noise in prop::collection::vec(any::<u8>(), 64)) {
        let value: Value = serde_json::from_str(&value.to_string()).unwrap();
        let mut source = String::from("\u{feff}");
        write_loosely(&value, &mut noise.into_iter().cycle(), &mut source);
        let (tree, problem) = json::parse(source.as_bytes(), &LIMITS);
        prop_assert_eq!(problem, None, "{}", source);
        prop_assert_eq!(rebuild(source.as_bytes(), &tree, tree.root().unwrap()), value);
    }

    #[test]
    fn cut_documents_keep_what_was_complete(value in value()) {
        let source = serde_json::to_string_pretty(&value).unwrap();
        let whole = json::document(source.as_bytes(), &LIMITS);
        for cut in 0..source.len() {
            let start = &source.as_bytes()[..cut];
            let part = json::document(start, &LIMITS);
            let complete: Vec<_> = whole.fields.iter().filter(|field| field.span.end < cut).map(path_text).collect();
            let kept: Vec<_> = part.fields.iter().take(complete.len()).map(path_text).collect();
            prop_assert_eq!(&kept, &complete, "cut at {}", cut);
            for (field, was) in part.fields.iter().zip(&whole.fields).filter(|(_, was)| was.span.end < cut) {
                prop_assert_eq!(&field.span, &was.span);
                prop_assert_eq!(field.value.bytes(), was.value.bytes());
            }
            prop_assert!(part.fields.len() <= complete.len() + 1);
            if cut > 0 && (value.is_object() || value.is_array() || value.is_string()) {
                prop_assert!(part.problem.is_some_and(|problem| problem.offset <= cut && !problem.bound));
            }
            exercise(start);
        }
    }

    #[test]
    fn damaged_documents_are_survived(
        value in value(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut source = value.to_string().into_bytes();
        for (place, byte) in damage {
            let place = place.index(source.len());
            source[place] = byte;
        }
        exercise(&source);
    }

    #[test]
    fn any_bytes_are_survived(source in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&source);
    }

    #[test]
    fn any_brackets_and_quotes_are_survived(source in "[\\[\\]{}\",:'/*a1\\\\\n ]{0,80}") {
        exercise(source.as_bytes());
    }

    #[test]
    fn decoded_ranges_lead_back_to_their_source(before in ".{0,8}", wanted in ".{1,8}", after in ".{0,8}") {
        let source = serde_json::to_string(&format!("{before}{wanted}{after}")).unwrap();
        let raw = &source.as_bytes()[1..source.len() - 1];
        let from = json::source_offset(raw, before.len());
        let to = json::source_offset(raw, before.len() + wanted.len());
        let quoted = [b"\"", &raw[from..to], b"\""].concat();
        prop_assert_eq!(serde_json::from_slice::<String>(&quoted).unwrap(), wanted);
    }
}

#[test]
fn a_settings_file_with_comments() {
    let source = r#"// settings
    {
        "http.proxy": "http://proxy.example.com", /* the "old" one: */
        "list": [1, -2.5e3, true, null, ["x"],],
        // "off": "no",
        "url": "http://a//b/*c*/",
    }
    "#;
    assert_eq!(problem_of(source), None);
    assert_eq!(
        leaves_of(source),
        ["http.proxy=http://proxy.example.com", "list/0=1", "list/1=-2.5e3", "list/4/0=x", "url=http://a//b/*c*/"]
    );
}

#[test]
fn json5_is_read_without_complaint() {
    let source = "{ mcp: { 'servers': { $a_1: 'it\\'s \"so\"' } }, port: 0x1F, half: .5, plus: +1, no: -Infinity }";
    assert_eq!(problem_of(source), None);
    assert_eq!(leaves_of(source), ["mcp/servers/$a_1=it's \"so\"", "port=0x1F", "half=.5", "plus=+1", "no=-Infinity"]);
}

#[test]
fn the_last_duplicate_wins_and_none_is_lost() {
    let source = br#"{"a": "one", "b": {"a": "inner"}, "\u0061": "two", "c": 3}"#;
    let (tree, problem) = json::parse(source, &LIMITS);
    let root = tree.root().unwrap();
    assert_eq!(problem, None);
    assert_eq!(tree.text(tree.get(root, b"a").unwrap()).unwrap().bytes(), b"two");
    assert_eq!(tree.raw(tree.get(root, b"c").unwrap()), b"3");
    assert!(tree.get(root, b"\\u0061").is_none() && tree.get(root, b"").is_none());
    assert!(tree.get(tree.get(root, b"c").unwrap(), b"a").is_none());
    assert_eq!(tree.children(root).filter(|&child| tree.key(child).unwrap().bytes() == b"a").count(), 2);
    assert_eq!(tree.len(), 6);
}

#[test]
fn only_texts_with_escapes_are_copied() {
    let source = br#"{"plain": "value", "esc\taped": "a\nb"}"#;
    let document = json::document(source, &LIMITS);
    let decoded: Vec<_> = document.fields.iter().map(|f| (f.path[0].is_decoded(), f.value.is_decoded())).collect();
    assert_eq!(decoded, [(false, false), (true, true)]);
    assert_eq!(&source[document.fields[1].span.clone()], br"a\nb");
}

#[test]
fn paths_name_keys_and_indexes() {
    let source = br#"{"a": [{}, {"b\"c": [[], "leaf"]}]}"#;
    let (tree, _) = json::parse(source, &LIMITS);
    let leaf = tree.nodes().find(|&node| tree.kind(node) == Kind::String).unwrap();
    let path: Vec<_> = tree.path(leaf).iter().map(|key| key.bytes().to_vec()).collect();
    assert_eq!(path, [&b"a"[..], b"1", b"b\"c", b"1"]);
    assert!(tree.key(leaf).is_none() && tree.path(tree.root().unwrap()).is_empty());
}

#[test]
fn nothing_is_not_a_defect() {
    for source in ["", " \n", "\u{feff}", "// only this", "/* and this */ "] {
        let (tree, problem) = json::parse(source.as_bytes(), &LIMITS);
        assert!(tree.is_empty() && tree.root().is_none() && problem.is_none(), "{source:?}");
    }
}

#[test]
fn defects_cost_no_more_than_their_place() {
    for (source, expected, what) in [
        (r#"{"a":"1" "b":"2"}"#, vec!["a=1", "b=2"], "missing comma"),
        (r#"{"a" "1", "b":"2"}"#, vec!["b=2"], "key without a value"),
        (r#"{"a" 1, "b":"2"}"#, vec!["b=2"], "key without a value"),
        (r#"{"a":, "b":"2"}"#, vec!["b=2"], "key without a value"),
        (r#"{"a":"1",, "b":"2"}"#, vec!["a=1", "b=2"], "unexpected comma"),
        (r#"{"a":"1"; "b":"2"}"#, vec!["a=1", "b=2"], "unexpected character"),
        (r#"{"a":nope, "b":"2"}"#, vec!["b=2"], "unexpected word"),
        (r#"{"a":["1", "b":"2"}"#, vec!["a/0=1", "a/1=b", "a/2=2"], "unexpected colon"),
        (r#"{"a":["1"}, "b":"2"}"#, vec!["a/0=1"], "unclosed bracket"),
        (r#"[["1"}, "2"]"#, vec!["0/0=1", "0/1=2"], "unexpected closing bracket"),
        (r#"{{"a":"1"}, "b":"2"}"#, vec!["/a=1", "b=2"], "value without a key"),
        ("{\"a\":\"1,\n\"b\":\"2\"}", vec!["a=1,", "b=2"], "unclosed string"),
        ("{\"a\":\"1\r\n, \"b\":\"2\"}", vec!["a=1", "b=2"], "unclosed string"),
        (r#"{"a":"1","b":"2"#, vec!["a=1", "b=2"], "unclosed string"),
        (r#"{"a":"1","b":"2\"#, vec!["a=1", "b=2\\"], "unclosed string"),
        (r#"{"a":"1","b"#, vec!["a=1"], "unclosed string"),
        (r#"{"a":"1","b":"#, vec!["a=1"], "unexpected end"),
        (r#"{"a":"1"} /* "#, vec!["a=1"], "unclosed comment"),
        (r#"{"a":"1"} {"b":"2"}"#, vec!["a=1", "b=2"], "text after the document"),
        (r#"{"a":"1"} and "quoted" 1 }, ["#, vec!["a=1"], "text after the document"),
        (r#""alone" 2 "more""#, vec!["=alone"], "text after the document"),
        (")]}'\n{\"a\":\"1\"}", vec!["=", "a=1"], "unexpected character"),
        ("12 {\"a\":\"1\"} 1", vec!["=12", "a=1"], "text after the document"),
        ("data: {\"a\":\"1\"}", vec!["a=1"], "unexpected word"),
    ] {
        assert_eq!(leaves_of(source), expected, "{source}");
        assert_eq!(problem_of(source).map(|problem| problem.what), Some(what), "{source}");
    }
}

#[test]
fn text_around_a_document_does_not_hide_its_root() {
    for source in ["{\"a\":1} \"x\" [2]", ")]}'\n{\"a\":1}", "12 {\"a\":1}", "note: {\"a\":1}", "{\"a\":1}{\"a\":2}"] {
        let (tree, problem) = json::parse(source.as_bytes(), &LIMITS);
        assert!(problem.is_some(), "{source}");
        let entry = tree.root().and_then(|root| tree.get(root, b"a")).unwrap();
        assert_eq!(tree.raw(entry), b"1", "{source}");
    }
}

#[test]
fn the_first_problem_has_its_place() {
    let problem = problem_of(r#"{"a": ?, "b" ;}"#).unwrap();
    assert_eq!(problem, Problem { what: "unexpected character", offset: 6, bound: false });
}

#[test]
fn deep_nesting_is_quick_and_bounded() {
    let started = Instant::now();
    for unit in ["[", "{\"a\":", "[{\"a\":\"b\",\"c\":", "[\"x\",["] {
        let source = unit.repeat(100_000);
        let document = json::document(source.as_bytes(), &LIMITS);
        let problem = document.problem.unwrap();
        assert!(problem.bound, "{unit}");
        let tree = document.tree.unwrap();
        let deepest = tree.nodes().map(|node| tree.path(node).len()).max();
        assert_eq!(deepest, Some(LIMITS.depth), "{unit}");
        exercise(source.as_bytes());
    }
    assert!(started.elapsed() < QUICK * 4, "took {:?}", started.elapsed());
}

#[test]
fn what_lies_too_deep_is_skipped_and_the_rest_is_read() {
    let limits = Limits { depth: 2, ..LIMITS };
    let source = r#"{"a":{"b":{"x":"]}\"","y":[1]/*}*/},"c":"2"},"d":"3"}"#;
    let document = json::document(source.as_bytes(), &limits);
    assert_eq!(leaves(&document), ["a/c=2", "d=3"]);
    let tree = document.tree.unwrap();
    let skipped = tree.get(tree.get(tree.root().unwrap(), b"a").unwrap(), b"b").unwrap();
    assert_eq!(tree.raw(skipped), br#"{"x":"]}\"","y":[1]/*}*/}"#);
    assert_eq!((tree.kind(skipped), tree.children(skipped).count()), (Kind::Object, 0));
    assert_eq!(document.problem.map(|problem| (problem.offset, problem.bound)), Some((10, true)));
}

#[test]
fn too_many_values_stop_the_reader() {
    let limits = Limits { nodes: 3, ..LIMITS };
    let document = json::document(br#"["1", ["2", "3"]]"#, &limits);
    assert_eq!(leaves(&document), ["0=1"]);
    assert!(document.problem.is_some_and(|problem| problem.bound));
    let exactly = json::document(br#"["1", []]"#, &limits);
    assert_eq!(exactly.problem, None);
    let lines = json::lines(b"[\"1\"]\n[\"2\"]\n[\"3\"]\n", &limits);
    assert_eq!(leaves(&lines), ["1/0=1"]);
    assert!(lines.problem.is_some_and(|problem| problem.bound));
}

#[test]
fn long_paths_are_bounded() {
    // 120 levels, each with an escaped key of 10 KB, and 30,000 leaves under them: 36 GB of paths.
    let key = format!("\"\\n{}\":", "k".repeat(10_000));
    let source = format!("{}[{}", format!("{{{key}").repeat(120), "1,".repeat(30_000));
    let limits = Limits { document_bytes: 1 << 20, ..LIMITS };
    let started = Instant::now();
    let document = json::document(source.as_bytes(), &limits);
    assert_eq!(document.fields.len(), 30_000);
    assert_eq!(document.fields[0].path.len(), 121);
    assert_eq!(path_text(&document.fields[29_999]), "29999");
    assert!(document.fields.iter().map(|field| field.path.len()).sum::<usize>() < 40_000);
    assert!(started.elapsed() < QUICK, "took {:?}", started.elapsed());
}

#[test]
fn hostile_shapes_cost_linear_time() {
    let started = Instant::now();
    for unit in ["}", "]", ",", ":", "/*", "/", "'", "\"\\", "{\"a\" ", "[}", "{]", "\"\n", "\\", "[[[[}}}}", "x ", "-"]
    {
        let open = "[".repeat(127);
        for source in [unit.repeat(200_000), format!("{open}{}", unit.repeat(200_000))] {
            let (tree, _) = json::parse(source.as_bytes(), &LIMITS);
            assert!(tree.len() <= LIMITS.nodes);
        }
    }
    assert!(started.elapsed() < QUICK * 3, "took {:?}", started.elapsed());
}

#[test]
fn lines_are_documents_of_their_own() {
    let source =
        "\u{feff}{\"a\":\"1\"}\r\n\n{\"b\": \"2\n{\"c\":[\"3\",4]} x\n  \nnonsense\n/* {\n\"bare\"\n{\"d\":\"5\"}";
    let document = json::lines(source.as_bytes(), &LIMITS);
    assert_eq!(leaves(&document), ["1/a=1", "3/b=2", "4/c/0=3", "4/c/1=4", "8=bare", "9/d=5"]);
    assert!(document.tree.is_none());
    let problem = document.problem.unwrap();
    assert_eq!((problem.what, problem.offset), ("unclosed string", source.find("\"2").unwrap()));
    for field in &document.fields {
        assert_eq!(&source.as_bytes()[field.span.clone()], field.value.bytes());
    }
    assert_eq!(json::lines(b"{\"a\":1}\n{\"b\":2}\n", &LIMITS).problem, None);
}

#[test]
fn json_is_told_by_its_look() {
    for text in ["{}", " [ ]\n", "{\"a\":1}", "[{\"a\": tru", "[1, \"a\"]"] {
        assert!(json::looks_like_json(text.as_bytes()), "{text}");
    }
    for text in ["", "\"a\"", "{", "[1, 2]", "{a}", "a {\"b\": 1}", "null"] {
        assert!(!json::looks_like_json(text.as_bytes()), "{text}");
    }
}
