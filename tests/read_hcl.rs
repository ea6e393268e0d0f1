//! HCL and Java's properties.

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
fn blocks_attributes_and_lists() {
    check(
        Format::Hcl,
        "credentials \"app.terraform.io\" {\n  token = \"t0k\" # why\n}\nplugin_cache_dir = \"$HOME/x\"\n",
        &["credentials/app.terraform.io/token=t0k", "plugin_cache_dir=$HOME/x"],
    );
    check(
        Format::Hcl,
        "a = var.x\nb = \"${var.y[\"k\"]}-z\"\nc = [\"d\", 1,\n  { e = \"f\", \"g\" : \"h\" }]\ni = { j = \"k\" }\n/* x = \"y\" */\n// z = \"w\"\nl = true\n",
        &["a=var.x", "b=${var.y[\"k\"]}-z", "c/0=d", "c/1=1", "c/2/e=f", "c/2/g=h", "i/j=k", "l=true"],
    );
    check(
        Format::Hcl,
        "key = <<-EOT\n  one\n  two\n  EOT\nnext = \"x\\ty\"\nresource \"a\" \"b\" {\n  c {\n    d = f(1, \"}\")\n  }\n}\n",
        &["key=  one\n  two", "next=x\ty <x\\ty>", "resource/a/b/c/d=f(1, \"}\")"],
    );
}

#[test]
fn broken_hcl_is_read_on() {
    check(Format::Hcl, "a = \"unclosed\nb = \"c\"\n}}\nd = \"e\"\n", &["a=unclosed", "b=c", "d=e"]);
}

#[test]
fn properties_as_java_reads_them() {
    check(
        Format::Properties,
        "# a comment\n#old=t0k\n! key: prose\na=b\nc : d\ne f\ng\\:h = i\\u0041\\n\nj = one \\\n    two\nurl=https://x/?a=b\nempty=\n",
        &[
            "#old=t0k",
            "a=b",
            "c=d",
            "e=f",
            "g:h=iA\n <i\\u0041\\n>",
            "j=one two <one \\\n    two>",
            "url=https://x/?a=b",
            "empty=",
        ],
    );
    check(Format::Properties, "\u{feff}a=b\r\nc=d\\\r\n  e\r\n", &["a=b", "c=de <d\\\r\n  e>"]);
}

#[test]
fn hostile_documents_end_soon() {
    for source in ["{".repeat(300_000), "a = [".repeat(100_000), "a = \"".repeat(100_000), "a=\\\n".repeat(100_000)] {
        let started = std::time::Instant::now();
        for format in [Format::Hcl, Format::Properties] {
            sound(&parse(format, source.as_bytes(), &Limits::SHIPPED));
        }
        assert!(started.elapsed().as_secs() < 10, "{:?} for {}", started.elapsed(), &source[..9]);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(source in prop::collection::vec(any::<u8>(), 0..300)) {
        sound(&parse(Format::Hcl, &source, &Limits::SHIPPED));
        sound(&parse(Format::Properties, &source, &Limits::SHIPPED));
    }

    #[test]
    fn anything_like_them_is_read_without_a_panic(source in "([a-c\"=:\\[\\]{}.,#!/*$ \\\\\n<-]|<<E\n|E\n|u0041){0,80}") {
        sound(&parse(Format::Hcl, source.as_bytes(), &Limits::SHIPPED));
        sound(&parse(Format::Properties, source.as_bytes(), &Limits::SHIPPED));
    }

    #[test]
    fn a_property_comes_back(key in "[a-zA-Z.]{1,12}", value in "[!-~][ -~é]{0,40}[!-~]") {
        let written: String = value.chars().map(|c| match c {
            '\\' => "\\\\".to_owned(),
            c if c.is_ascii() => c.to_string(),
            c => format!("\\u{:04x}", c as u32),
        }).collect();
        let source = format!("{key}={}\n", if written.starts_with(['=', ':']) { format!("\\{written}") } else { written });
        let document = parse(Format::Properties, source.as_bytes(), &Limits::SHIPPED);
        sound(&document);
        prop_assert_eq!(document.fields.len(), 1);
        prop_assert_eq!(document.fields[0].value.bytes(), value.as_bytes(), "{}", source);
    }
}
