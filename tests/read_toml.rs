//! TOML: every kind of value with its place, whatever is broken around it.

use caulk::model::Limits;
use caulk::read::{Document, Format, Role, parse};
use proptest::prelude::*;

/// `path=value <written>`, a field a line.
pub fn lines(document: &Document<'_>) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    document
        .fields
        .iter()
        .map(|field| {
            let path: Vec<String> = field.path.iter().map(|part| text(part.bytes())).collect();
            let written = text(&document.source[field.span.clone()]);
            let value = text(field.value.bytes());
            let mark = if field.role == Role::Comment { "#" } else { "" };
            if written == value {
                format!("{mark}{}={value}", path.join("/"))
            } else {
                format!("{mark}{}={value} <{written}>", path.join("/"))
            }
        })
        .collect()
}

/// What must hold of any document, whatever it was made of.
pub fn sound(document: &Document<'_>) {
    let mut last = 0;
    for field in &document.fields {
        assert!(field.span.start <= field.span.end && field.span.end <= document.source.len());
        assert!(field.span.start >= last, "in order of position");
        last = field.span.start;
        if !field.value.is_decoded() {
            assert_eq!(field.value.bytes(), &document.source[field.span.clone()]);
        }
    }
}

fn check(source: &str, want: &[&str]) {
    let document = parse(Format::Toml, source.as_bytes(), &Limits::SHIPPED);
    sound(&document);
    assert_eq!(lines(&document), want, "{source}");
}

#[test]
fn tables_keys_and_arrays() {
    check(
        "top = 'a'\n[registries.corp]\ntoken = \"b\"\nindex = \"sparse+https://x/\" # why\n[a.\"b.c\"]\n'd e'.f = 1\n",
        &["top=a", "registries/corp/token=b", "registries/corp/index=sparse+https://x/", "a/b.c/d e/f=1"],
    );
    check(
        "[[credential]]\npassword = 'a'\n[[credential]]\npassword = 'b'\n[credential.more]\nx = 'c'\n",
        &["credential/0/password=a", "credential/1/password=b", "credential/1/more/x=c"],
    );
    check(
        "[[a]]\n[[a.b]]\nx = 'c'\n[[a.b]]\nx = 'd'\n[[a]]\n[[a.b]]\nx = 'e'\n[a.b.y]\nz = 'f'\n",
        &["a/0/b/0/x=c", "a/0/b/1/x=d", "a/1/b/0/x=e", "a/1/b/0/y/z=f"],
    );
    check(
        "a = { token = \"t\", b = [1, { c = 'd' }] }\ne = ['x', 'y']\n",
        &["a/token=t", "a/b/0=1", "a/b/1/c=d", "e/0=x", "e/1=y"],
    );
}

#[test]
fn strings_of_all_kinds() {
    check("a = \"x\\ty\\u00e9\\\\\"\n", &["a=x\tyé\\ <x\\ty\\u00e9\\\\>"]);
    check("a = '''\none\ntwo'''\nb = \"\"\"x\\\n   y\"\"\"\n", &["a=one\ntwo", "b=xy <x\\\n   y>"]);
    check("a = ''\nb = \"\"\n", &["a=", "b="]);
    check("\u{feff}a = 'b'\r\nc = 'd'\r\n", &["a=b", "c=d"]);
}

#[test]
fn comments_that_hold_a_setting() {
    check("[a]\n# token = \"t0k\"\n# a sentence, no setting\nb = 1\n", &["#a/token=t0k", "a/b=1"]);
}

#[test]
fn a_broken_line_hides_no_other() {
    let source = "a = 'x'\nnonsense here\n[b\nc = \"unclosed\n[d]\ntoken = 'y'\n";
    let document = parse(Format::Toml, source.as_bytes(), &Limits::SHIPPED);
    assert!(document.problem.is_some());
    let got = lines(&document);
    assert!(got.contains(&"a=x".to_owned()) && got.contains(&"d/token=y".to_owned()), "{got:?}");
    let latin = parse(Format::Toml, b"token = \"\xe9abc\"\n", &Limits::SHIPPED);
    assert_eq!(latin.fields.len(), 1, "what is no UTF-8 is read by its lines");
}

#[test]
fn deep_nesting_is_bounded() {
    let source = format!("a = {}1{}\nb = 'c'\n", "[".repeat(5_000), "]".repeat(5_000));
    let document = parse(Format::Toml, source.as_bytes(), &Limits::SHIPPED);
    sound(&document);
    assert!(document.problem.is_some());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(source in prop::collection::vec(any::<u8>(), 0..300)) {
        sound(&parse(Format::Toml, &source, &Limits::SHIPPED));
    }

    #[test]
    fn anything_like_toml_is_read_without_a_panic(source in "([a-c\"'=\\[\\]{}.,# \\\\\n]|u00e9|\"\"\"|'''){0,80}") {
        sound(&parse(Format::Toml, source.as_bytes(), &Limits::SHIPPED));
    }

    #[test]
    fn what_is_written_comes_back(keys in prop::collection::vec("[a-z]{1,8}", 1..4), value in "[ -~é\n\t]{0,40}") {
        // A string of JSON is a basic string of TOML.
        let source = format!("[{}]\nlast = {}\n", keys.join("."), serde_json::to_string(&value).unwrap());
        let document = parse(Format::Toml, source.as_bytes(), &Limits::SHIPPED);
        sound(&document);
        prop_assert_eq!(document.fields.len(), 1, "{}", &source);
        prop_assert_eq!(document.fields[0].value.bytes(), value.as_bytes(), "{}", source);
    }
}
