//! The readers of login files: netrc, pgpass, MySQL's options, Subversion's cache, Erlang terms, bare secrets.

use crate::common::desk::optional;
use crate::read_kv::shown;
use caulk::model::Limits;
use caulk::read::encoding::{sniff, to_utf8};
use caulk::read::{Format, Role, parse};
use proptest::prelude::*;

#[track_caller]
fn check(format: Format, source: &str, expected: &[&str]) {
    let document = parse(format, source.as_bytes(), &Limits::SHIPPED);
    assert_eq!(shown(&document), expected, "in {source:?}");
}

#[test]
fn netrc_logins() {
    let check = |source: &str, expected: &[&str]| check(Format::Netrc, source, expected);
    check(
        "machine a.example login me password s3cret account acc\n",
        &["a.example|login=me", "a.example|password=s3cret", "a.example|account=acc"],
    );
    // One word a line, with CR LF, and a byte order mark.
    check(
        "\u{feff}machine a.example\r\n\tlogin me\r\n\tpassword\r\n  s#1\r\n",
        &["a.example|login=me", "a.example|password=s#1"],
    );
    check("default user anonymous password me@\n", &["default|login=anonymous", "default|password=me@"]);
    check("machine a password one machine b password two", &["a|password=one", "b|password=two"]);
    // The value of a keyword may be one.
    check("machine machine login password password login\n", &["machine|login=password", "machine|password=login"]);
    check("login me password p\n", &["login=me", "password=p"]);
}

#[test]
fn netrc_quotes_and_escapes() {
    let check = |source: &str, expected: &[&str]| check(Format::Netrc, source, expected);
    check("machine a password \"two words\"\n", &["a|password=two words"]);
    check("machine a password \"q\\\"q\"\n", &["a|password=q\"q <q\\\"q>"]);
    check("machine a password back\\\\slash\\ blank x\n", &["a|password=back\\slash blank <back\\\\slash\\ blank>"]);
    check("machine a password \"open\nmachine b password c\n", &["a|password=\"open", "b|password=c"]);
    check("machine \"h\" password p\\\n", &["h|password=p\\"]);
}

#[test]
fn netrc_macros_and_comments() {
    let check = |source: &str, expected: &[&str]| check(Format::Netrc, source, expected);
    check(
        "machine a login l macdef init\ncd /pub\nmachine evil password no\n \nmachine b password p\n",
        &["a|login=l", "b|password=p"],
    );
    check("macdef x\npassword gone", &[]);
    check("machine a password p # password q\n# the password is elsewhere\n", &["a|password=p"]);
    check(
        "# machine a login l password old\nmachine a password new\n",
        &["#a|login=l", "#a|password=old", "a|password=new"],
    );
}

#[test]
fn netrc_tokens_in_place_of_a_login() {
    let check = |source: &str, expected: &[&str]| check(Format::Netrc, source, expected);
    check("machine h login TOKEN password x-oauth-basic\n", &["h|login-token=TOKEN"]);
    check(
        "machine h\npassword x-oauth-basic\nlogin TOKEN\nmachine i login l password p\n",
        &["h|login-token=TOKEN", "i|login=l", "i|password=p"],
    );
}

#[test]
fn pgpass_lines() {
    let check = |source: &str, expected: &[&str]| check(Format::Pgpass, source, expected);
    check("db.example:5432:shop:ada:p4ss w#rd\r\n", &["db.example:5432/shop/ada|password=p4ss w#rd"]);
    check("*:*:*:ada:a\\:b\\\\c\n", &["*:*/*/ada|password=a:b\\c <a\\:b\\\\c>"]);
    check("\\:\\:1:5432:d:u\\:v:p:rest\n", &["::1:5432/d/u:v|password=p"]);
    check("h:1:d:u:*\nh:1:d:u:\nh:1:d\n\n# hostname:port:database:username:password\n", &[]);
    check("\u{feff}#h:1:d:u:old\nh:1:d:u:new", &["#h:1/d/u|password=old", "h:1/d/u|password=new"]);
}

#[test]
fn mysql_options() {
    let check = |source: &str, expected: &[&str]| check(Format::MyCnf, source, expected);
    check("[client]\nuser=ada\npassword = \"c#d\"\r\n", &["client|user=ada", "client|password=c#d"]);
    check("[client]\npassword = c#d\nhost = 'h' # there\n", &["client|password=c", "client|host=h"]);
    check("[client]\npassword=a;b:c ; d\n", &["client|password=a;b:c ; d"]);
    check("[client]\npassword='it\\'s \\\\ a\\sb \\x'\n", &["client|password=it's \\ a b \\x <it\\'s \\\\ a\\sb \\x>"]);
    check(
        "[client]\n  password = in\n[mysqldump ] # x\nquick\n!include /x\npassword=out",
        &["client|password=in", "mysqldump|password=out"],
    );
    check(
        "[client]\n#password = old\n# to be = or not\n;password=older\n",
        &["#client|password=old", "#client|password=older"],
    );
    check("[c]\npassword=\"open\npassword=\"\n=x\n", &["c|password=\"open", "c|password=\""]);
}

/// MySQL's (or MariaDB's) own program says what a file means.
#[test]
fn mysql_options_agree_with_mysql() {
    if !optional("my_print_defaults") {
        return;
    }
    let source = "[client]\na = c#d\nb = \"c#d\" # note\nc='it\\'s \\\\ a\\sb \\x'\nd = a;b:c ; d\ne = \"open\nf = \"a\" \"b\"\n\
        g=\"q\\\"#z\" # y\n  h = indented\ttab  \ni=\nj = 'x\\ty'\nk = a\\\nl = \"#\" \nm = \\#x\n# n = 1\n;o = 1\n\
        q = x 'y # z' w # v\nr = \\\"x\\\"\n[other]\ns = 1\n";
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("my.cnf");
    std::fs::write(&file, source).expect("write");
    let argument = format!("--defaults-file={}", file.display());
    let output = std::process::Command::new("my_print_defaults").args([&argument, "client"]).output().expect("output");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let document = parse(Format::MyCnf, source.as_bytes(), &Limits::SHIPPED);
    let ours: String = document
        .fields
        .iter()
        .filter(|field| field.role != Role::Comment && field.path[0].bytes() == b"client")
        .map(|field| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            format!("--{}={}\n", text(field.key()), text(field.value.bytes()))
        })
        .collect();
    assert_eq!(ours, String::from_utf8_lossy(&output.stdout));
}

fn svn(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(k, v)| format!("K {}\n{k}\nV {}\n{v}\n", k.len(), v.len()));
    pairs.chain(["END\n".to_owned()]).collect()
}

#[test]
fn svn_logins() {
    let check = |source: &str, expected: &[&str]| check(Format::SvnAuth, source, expected);
    let plain = svn(&[("passtype", "simple"), ("password", "K 3\nV 9"), ("username", "ada")]);
    check(&plain, &["passtype=simple", "password=K 3\nV 9", "username=ada"]);
    check(&svn(&[("passphrase", "p q")]), &["passphrase=p q"]);
    check(&svn(&[("password", "AQAA"), ("passtype", "wincrypt")]), &["password-encrypted=AQAA", "passtype=wincrypt"]);
    // Edited by hand: neither line ends nor lengths are what they were.
    check("K 8\r\npassword\r\nV 3\r\nlonger\r\nEND\r\n", &["password=longer"]);
    check("K 8\npassword\nV 99\nshort\nEND\n", &["password=short"]);
    check("\u{feff}K 8\npassword\nV 1\nx", &["password=x"]);
    for broken in ["K 8\npassword\nV 5\n", "K 1\nk\n", "V 1\nv\nEND\n", "what\nEND\n"] {
        assert!(parse(Format::SvnAuth, broken.as_bytes(), &Limits::SHIPPED).problem.is_some(), "{broken:?}");
    }
    assert!(parse(Format::SvnAuth, plain.as_bytes(), &Limits::SHIPPED).problem.is_none());
}

#[test]
fn erlang_terms() {
    let check = |source: &str, expected: &[&str]| check(Format::Erlang, source, expected);
    check("{'$write_key',<<\"w1\">>}.\r\n{'$read_key',<<\"r1\">>}.\n", &["$write_key=w1", "$read_key=r1"]);
    check(
        "%% hex\n{<<\"auth_key\">>, \"a\\\"b\"}. % end\n{key,undefined}.\n",
        &["auth_key=a\"b <a\\\"b>", "key=undefined"],
    );
    check(
        "{'$repos',#{<<\"hexpm:acme\">> =>\n  #{auth_key => <<\"k\"/utf8>>,url => <<\"u\">>, n => 1.5}}}.",
        &["$repos|hexpm:acme|auth_key=k", "$repos|hexpm:acme|url=u", "$repos|hexpm:acme|n=1.5"],
    );
    check(
        "{repos,[{a,[{key,<<\"x\">>}]},{b,[1,two]},three]}.",
        &["repos|a|key=x", "repos|b|0=1", "repos|b|1=two", "repos|2=three"],
    );
    check("{k,<<112,97,115,115>>}.\n{t,1,2}.", &["k=pass <112,97,115,115>", "t=1", "t|2=2"]);
    // Cut short, or not quite terms.
    check("{a,<<\"one\">>.\n{b,\"two", &["a=one", "b=two"]);
    check("\u{feff}{a,1}.\n)(\n{b,2}.\n", &["a=1", "b=2"]);
    let deep = "[".repeat(100_000);
    assert!(parse(Format::Erlang, deep.as_bytes(), &Limits::SHIPPED).problem.is_some_and(|problem| problem.bound));
}

#[test]
fn secret_lines() {
    let check = |source: &str, expected: &[&str]| check(Format::SecretLines, source, expected);
    check("s.abc\n", &["1=s.abc"]);
    check("\u{feff}\r\n# made by hand\r\n  t o k \r\n\r\n", &["1=t o k"]);
    check("one\ntwo", &["1=one", "1=two"]);
}

const FORMATS: [Format; 6] =
    [Format::Netrc, Format::Pgpass, Format::MyCnf, Format::SvnAuth, Format::Erlang, Format::SecretLines];

/// PowerShell writes UTF-16 where one asks it for a file.
#[test]
fn files_in_utf_16() {
    let sources = [
        "machine h login l password p\r\n",
        "h:1:d:u:p\r\n",
        "[client]\r\npassword=p\r\n",
        "K 8\r\npassword\r\nV 1\r\np\r\nEND\r\n",
        "{password,<<\"p\">>}.\r\n",
        "p\r\n",
    ];
    for (format, source) in FORMATS.into_iter().zip(sources) {
        for (mark, big) in [("\u{feff}", false), ("\u{feff}", true), ("", false), ("", true)] {
            let text = format!("{mark}{source}");
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            let text = to_utf8(&bytes, sniff(&bytes)).expect("UTF-16");
            let document = parse(format, &text, &Limits::SHIPPED);
            assert_eq!(document.fields.last().map(|field| field.value.bytes()), Some(&b"p"[..]), "{format:?}");
            assert!(document.problem.is_none(), "{format:?}");
        }
    }
}

#[test]
fn fields_are_bounded() {
    let limits = Limits { nodes: 10, ..Limits::SHIPPED };
    for (format, piece) in FORMATS.into_iter().zip([
        "machine h password p\n",
        "h:1:d:u:p\n",
        "password=p\n",
        "K 1\nk\nV 1\nv\n",
        "{a,1}.\n",
        "p\n",
    ]) {
        let source = piece.repeat(50);
        let document = parse(format, source.as_bytes(), &limits);
        assert_eq!(document.fields.len(), 10, "{format:?}");
        assert!(document.problem.is_some_and(|problem| problem.bound), "{format:?}");
    }
}

#[test]
fn hostile_repetition_finishes() {
    for piece in [
        "machine ",
        "password x ",
        "login ",
        "default ",
        "\"",
        "\\",
        ":",
        "\\:",
        "a:",
        "[",
        "[a]",
        "=",
        "'",
        "#",
        "K 1\n",
        "K 1\nk\n",
        "V 99999999\n",
        "V 1\nv\n",
        "{",
        "{a,",
        "#{",
        "#{a=>",
        "<<",
        "<<\"",
        "<<1,",
        "\"\\\"\n",
        "'\\'\n",
        "=>",
        ".",
        ",",
        "\r",
        "%",
        "{a,#{b=>[",
    ] {
        let source = piece.repeat((1 << 18) / piece.len());
        let broken = format!("{source}\n").repeat(2);
        for format in FORMATS {
            shown(&parse(format, source.as_bytes(), &Limits::SHIPPED));
            shown(&parse(format, broken.as_bytes(), &Limits::SHIPPED));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            shown(&parse(format, &source, &Limits::SHIPPED));
        }
    }

    #[test]
    fn any_soup_is_read(pieces in proptest::collection::vec((0_usize..32, any::<u8>()), 0..60)) {
        const SOUP: [&str; 32] = ["machine ", "default ", "login ", "password ", "x-oauth-basic", "macdef ", "\"", "\\", ":", "\n",
            "\r\n", "[", "]", "=", "#", "'", "K 8\n", "V 3\n", "password", "passtype", "END", "{", "}", "#{", "=>", "<<", ">>", ",",
            ".", "%", "1", "a"];
        let mut source = Vec::new();
        for (index, byte) in pieces {
            source.extend_from_slice(SOUP[index].as_bytes());
            if byte < 32 { source.push(byte); }
        }
        for format in FORMATS {
            shown(&parse(format, &source, &Limits::SHIPPED));
        }
    }
}
