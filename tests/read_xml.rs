//! XML and property lists.

use crate::read_toml::{lines, sound};
use caulk::model::Limits;
use caulk::read::{Format, parse};
use proptest::prelude::*;

fn check(format: Format, source: &str, want: &[&str]) {
    let document = parse(format, source.as_bytes(), &Limits::SHIPPED);
    sound(&document);
    assert_eq!(lines(&document), want, "{source}");
}

#[test]
fn elements_attributes_and_text() {
    check(
        Format::Xml,
        "<?xml version=\"1.0\"?>\n<settings>\n <servers><server><id>corp</id><password>a&amp;b</password></server></servers>\n</settings>",
        &["settings/servers/server/id=corp", "settings/servers/server/password=a&b <a&amp;b>"],
    );
    check(
        Format::Xml,
        "<c><add key=\"ClearTextPassword\" value=\"x\" /><env name='K' value='v'/><o a=\"1\" b='2'>t</o></c>",
        &[
            "c/add/@key=ClearTextPassword",
            "c/add/ClearTextPassword=x",
            "c/env/@name=K",
            "c/env/K=v",
            "c/o/@a=1",
            "c/o/@b=2",
            "c/o=t",
        ],
    );
    check(
        Format::Xml,
        "<S><Pass encoding=\"base64\">eA==</Pass><Pass>y</Pass></S>",
        &["S/Pass/@encoding=base64", "S/Pass@base64=eA==", "S/Pass=y"],
    );
    check(Format::Xml, "<a><![CDATA[<b>&amp;]]><!-- <p>old</p> --></a>", &["a=<b>&amp;", "#a/p=old"]);
}

#[test]
fn entities_of_a_document_are_not_expanded() {
    check(
        Format::Xml,
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y \"&x;&x;\">]><a>&y;&#x41;&#66;</a>",
        &["a=&y;AB <&y;&#x41;&#66;>"],
    );
}

#[test]
fn broken_markup_hides_nothing_after_it() {
    check(Format::Xml, "<a><b>x</a><c d=\"1><e>f</e></c> < <g>h</g>", &["a/b=x", "c/@d=1>", "c/e=f", "g=h"]);
    check(Format::Xml, "<a></nothing><b>c</b></a>", &["a/b=c"]);
}

#[test]
fn a_property_list_in_xml() {
    check(
        Format::Plist,
        "<?xml version=\"1.0\"?><!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://x\">\n<plist version=\"1.0\"><dict>\
         <key>Label</key><string>com.x</string><key>RunAtLoad</key><true/>\
         <key>EnvironmentVariables</key><dict><key>A &amp; B</key><string>t0k</string></dict>\
         <key>ProgramArguments</key><array><string>/bin/sh</string><string></string><dict/><string>z</string></array>\
         <key>N</key><integer>3</integer></dict></plist>",
        &["Label=com.x", "EnvironmentVariables/A & B=t0k", "ProgramArguments/0=/bin/sh", "ProgramArguments/3=z", "N=3"],
    );
}

/// A binary property list of a dictionary with the pairs, the values in an inner dictionary `v`.
fn binary(pairs: &[(&str, &str)]) -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let (mark, bytes): (u8, Vec<u8>) = if text.is_ascii() {
            (0x50, text.as_bytes().to_vec())
        } else {
            (0x60, units.iter().flat_map(|unit| unit.to_be_bytes()).collect())
        };
        let count = if text.is_ascii() { text.len() } else { units.len() };
        let head =
            if count < 15 { vec![mark | count as u8] } else { vec![mark | 0xf, 0x11, (count >> 8) as u8, count as u8] };
        [head, bytes].concat()
    }
    // 0: the outer dictionary, 1: its key, 2: the inner one, then keys and values.
    let mut objects: Vec<Vec<u8>> = vec![vec![0xd1, 1, 2], text("v"), Vec::new()];
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (key, value) in pairs {
        for (side, word) in [(&mut keys, key), (&mut values, value)] {
            side.push(objects.len() as u8);
            objects.push(text(word));
        }
    }
    objects[2] = [vec![0xd0 | pairs.len() as u8], keys, values].concat();
    let mut out = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for object in &objects {
        offsets.extend((out.len() as u16).to_be_bytes());
        out.extend(object);
    }
    let table = out.len() as u64;
    out.extend(offsets);
    out.extend([0, 0, 0, 0, 0, 0, 2, 1]);
    out.extend((objects.len() as u64).to_be_bytes());
    out.extend(0_u64.to_be_bytes());
    out.extend(table.to_be_bytes());
    out
}

#[test]
fn a_binary_property_list() {
    let source = binary(&[("TOKEN", "t0k"), ("wide", "é-and-more"), ("long", &"x".repeat(300))]);
    let document = parse(Format::Plist, &source, &Limits::SHIPPED);
    sound(&document);
    assert!(document.problem.is_none());
    let got: Vec<(Vec<&[u8]>, &[u8])> =
        document.fields.iter().map(|f| (f.path.iter().map(|p| p.bytes()).collect(), f.value.bytes())).collect();
    let long = "x".repeat(300);
    assert_eq!(
        got,
        [
            (vec![&b"v"[..], b"TOKEN"], &b"t0k"[..]),
            (vec![&b"v"[..], b"wide"], "é-and-more".as_bytes()),
            (vec![&b"v"[..], b"long"], long.as_bytes()),
        ]
    );
}

#[test]
fn objects_that_hold_themselves_end() {
    // An array of 100 references to itself.
    let mut source = b"bplist00".to_vec();
    source.extend([0xaf, 0x10, 100]);
    source.extend([0; 100]);
    let table = source.len() as u64;
    source.extend([8]);
    source.extend([0, 0, 0, 0, 0, 0, 1, 1]);
    source.extend(1_u64.to_be_bytes());
    source.extend(0_u64.to_be_bytes());
    source.extend(table.to_be_bytes());
    let document = parse(Format::Plist, &source, &Limits::SHIPPED);
    assert!(document.fields.is_empty() && document.problem.is_some_and(|problem| problem.bound));
}

/// A thousand references to one dictionary whose keys are none.
#[test]
fn keys_that_are_none_are_counted_too() {
    let mut source = b"bplist00".to_vec();
    let references = 20_000_u16;
    // 0: the array of references to 1; 1: a dictionary of pairs (2, 2); 2: a number.
    source.extend([0xaf, 0x11]);
    source.extend(references.to_be_bytes());
    source.extend(vec![1; usize::from(references)]);
    let dict = source.len() as u32;
    source.extend([0xdf, 0x11]);
    source.extend(references.to_be_bytes());
    source.extend(vec![2; 2 * usize::from(references)]);
    let number = source.len() as u32;
    source.extend([0x10, 7]);
    let table = source.len() as u64;
    source.extend([8_u32, dict, number].into_iter().flat_map(u32::to_be_bytes));
    source.extend([0, 0, 0, 0, 0, 0, 4, 1]);
    source.extend(3_u64.to_be_bytes());
    source.extend(0_u64.to_be_bytes());
    source.extend(table.to_be_bytes());
    let started = std::time::Instant::now();
    sound(&parse(Format::Plist, &source, &Limits::SHIPPED));
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn hostile_documents_end_soon() {
    for source in [
        "<a>".repeat(100_000),
        "</a>".repeat(100_000),
        "<a b=\"".repeat(100_000),
        "<!--".repeat(100_000),
        "<![CDATA[".repeat(50_000),
        "&".repeat(500_000),
        "<dict><key>".repeat(50_000),
        format!("<a {}>", "b ".repeat(200_000)),
    ] {
        let started = std::time::Instant::now();
        for format in [Format::Xml, Format::Plist] {
            sound(&parse(format, source.as_bytes(), &Limits::SHIPPED));
        }
        assert!(started.elapsed().as_secs() < 10, "{:?} for {}", started.elapsed(), &source[..9]);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(source in prop::collection::vec(any::<u8>(), 0..300)) {
        sound(&parse(Format::Xml, &source, &Limits::SHIPPED));
        sound(&parse(Format::Plist, &source, &Limits::SHIPPED));
        let list = [b"bplist00", &source[..]].concat();
        sound(&parse(Format::Plist, &list, &Limits::SHIPPED));
    }

    #[test]
    fn anything_like_xml_is_read_without_a_panic(source in "(<|>|/|[a-c]|=|\"|'|&|;|#| |!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?|<dict>|<key>|</key>|<string>|</string>|<array>){0,60}") {
        sound(&parse(Format::Xml, source.as_bytes(), &Limits::SHIPPED));
        sound(&parse(Format::Plist, source.as_bytes(), &Limits::SHIPPED));
    }

    #[test]
    fn a_changed_binary_list_is_read_without_a_panic(at in 0_usize..200, byte: u8, cut in 0_usize..200) {
        let mut source = binary(&[("TOKEN", "t0k"), ("wide", "é"), ("a", "b")]);
        let length = source.len();
        source[at % length] = byte;
        sound(&parse(Format::Plist, &source, &Limits::SHIPPED));
        source.truncate(length - cut % length);
        sound(&parse(Format::Plist, &source, &Limits::SHIPPED));
    }

    #[test]
    fn text_comes_back(value in "[!-~é][ -~é]{0,40}[!-~é]", name in "[a-zA-Z]{1,10}") {
        let escaped = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let source = format!("<r><{name}>{escaped}</{name}><e {name}=\"{escaped}\"/></r>");
        let document = parse(Format::Xml, source.as_bytes(), &Limits::SHIPPED);
        sound(&document);
        let values: Vec<&[u8]> = document.fields.iter().map(|field| field.value.bytes()).collect();
        prop_assert_eq!(values, vec![value.as_bytes(); 2], "{}", source);
    }
}
