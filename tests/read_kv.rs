//! The readers of flat files: dotenv, INI, npmrc, git's credential store, fish variables, environ, git config.

use caulk::model::Limits;
use caulk::read::{Document, Format, Role, parse, url};
use proptest::prelude::*;

/// A document's fields as `path/parts=value`, with a mark for comments and for decoded values; every
/// span is checked on the way.
pub(crate) fn shown(document: &Document<'_>) -> Vec<String> {
    let mut last = 0;
    let fields = document.fields.iter().map(|field| {
        let written = &document.source[field.span.clone()];
        assert!(field.span.start >= last, "fields out of order");
        last = field.span.start;
        if !field.value.is_decoded() {
            assert_eq!(written, field.value.bytes());
        }
        let mark = match field.role {
            Role::Comment => "#",
            Role::Option => "opt ",
            Role::Header => "hdr ",
            _ => "",
        };
        let path: Vec<_> = field.path.iter().map(|part| String::from_utf8_lossy(part.bytes()).into_owned()).collect();
        let value = String::from_utf8_lossy(field.value.bytes()).into_owned();
        let decoded =
            if field.value.is_decoded() { format!(" <{}>", String::from_utf8_lossy(written)) } else { String::new() };
        format!("{mark}{}={value}{decoded}", path.join("|"))
    });
    fields.collect()
}

#[track_caller]
fn check(format: Format, source: &str, expected: &[&str]) {
    let document = parse(format, source.as_bytes(), &Limits::SHIPPED);
    assert_eq!(shown(&document), expected, "in {source:?}");
}

#[test]
fn dotenv_dialects() {
    let check = |source: &str, expected: &[&str]| check(Format::Dotenv, source, expected);
    check("A=1\nexport B=two\r\nC = three \rD=4", &["A=1", "B=two", "C=three", "D=4"]);
    check("\u{feff}A=bom\n", &["A=bom"]);
    check("A=\"q # no\" # yes\nB='s'\nC=`t`\n", &["A=q # no", "B=s", "C=t"]);
    check("A=v # note\nB=v#kept\nC= # none\nD=#x", &["A=v", "B=v#kept", "C=", "D=#x"]);
    check("A=\"one\\ntwo\"\n", &["A=one\ntwo <one\\ntwo>"]);
    check("A='one\\ntwo'\n", &["A=one\\ntwo"]);
    check("A='it\\'s'\nB='end\\'\n", &["A=it's <it\\'s>", "B=end\\"]);
    check("A=\"l1\nl2\nl3\" # c\nB=2\n", &["A=l1\nl2\nl3", "B=2"]);
    check("A=\"open\nB=\"shut\"\n", &["A=open", "B=shut"]);
    check("A=\"{\"k\":\"v\"}\"\n", &["A={\"k\":\"v\"}"]);
    check("KEY: value\nhost:8080\nurl://x\n", &["KEY=value"]);
    check(
        "# A=1\n#export B=2\n# a note = no\n// C=3\n# NOTE: some words\n# pass: word\n",
        &["#A=1", "#B=2", "#C=3", "#pass=word"],
    );
    check("A=${B}$(c)\n=x\n no\n", &["A=${B}$(c)"]);
    check("A=x\0y\n", &["A=x\0y"]);
}

#[test]
fn ini_dialects() {
    let check = |source: &str, expected: &[&str]| check(Format::Ini, source, expected);
    check("top = 1\n[default]\nkey = v ; note\r\nother: w\n", &["top=1", "default|key=v", "default|other=w"]);
    check("[a]\n; k = 1\n# j: 2\n# See: the manual\n", &["#a|k=1", "#a|j=2"]);
    check(
        "[global]\nextra-index-url =\n    https://u:p@a.example/x?y=z\n    https://b.example\n[n]\nk=v",
        &[
            "global|extra-index-url=",
            "global|extra-index-url=https://u:p@a.example/x?y=z",
            "global|extra-index-url=https://b.example",
            "n|k=v",
        ],
    );
    check("[p]\n  k = v\ns3 =\n  size = 1\nnext = 2\n", &["p|k=v", "p|s3=", "p|size=1", "p|next=2"]);
    check("[q]\na = \"x y\"\nb = 'z' # c\nc = \"x\" + \"y\"\n", &["q|a=x y", "q|b=z", "q|c=x\" + \"y"]);
    check("[u]\nhttps://host = v\n", &["u|https://host=v"]);
    check("[open\nk = v\n", &["open|k=v"]);
    // A password may hold the mark of a comment.
    check(
        "[p]\na = b #c\nd = #e\nf = #\ng = # none\nh=#i\nj = k ;l ; m\n",
        &["p|a=b #c", "p|d=#e", "p|f=", "p|g=", "p|h=#i", "p|j=k ;l"],
    );
}

#[test]
fn npmrc_dialect() {
    let check = |source: &str, expected: &[&str]| check(Format::Npmrc, source, expected);
    check("//npm.example.com/:_authToken=abc\n_auth = \"x=\"\n", &["//npm.example.com/:_authToken=abc", "_auth=x="]);
    check("a=b # c\nd=e;f\ng=h\\;i\n", &["a=b", "d=e", "g=h;i <h\\;i>"]);
    check("ca[]='one'\nca[]=two\n[x]\nbare\n", &["ca=one", "ca=two"]);
    check(";//h/:_password=p\n# some = prose\n# to be or not\n#k=v\n", &["#//h/:_password=p", "#some=prose", "#k=v"]);
    check("t=\"a\\nb\"\nu=\"v\" # w\n", &["t=a\nb <a\\nb>", "u=v"]);
    check("x=${V}\n", &["x=${V}"]);
}

#[test]
fn git_credential_lines() {
    let check = |source: &str, expected: &[&str]| check(Format::GitCredentials, source, expected);
    check(
        "https://me:s3cr%40t@git.example.com:8443\n",
        &["git.example.com:8443|username=me", "git.example.com:8443|password=s3cr@t <s3cr%40t>"],
    );
    check(
        "https://u:p@h%3a99\r\n#http://a:b@c\nnot a url\nhttps://host/no\n",
        &["h:99|username=u", "h:99|password=p", "#c|username=a", "#c|password=b"],
    );
}

#[test]
fn fish_variables_and_environ() {
    check(
        Format::FishVariables,
        "# comment\n# VERSION: 3.0\nSETUVAR --export TOKEN:a\\x2db\\\\c\nSETUVAR L:one\\x1etwo\nSETUVAR E:\\x1d\nSET_EXPORT O:v:w\n",
        &["TOKEN=a-b\\c <a\\x2db\\\\c>", "L=one", "L=two", "O=v:w"],
    );
    check(Format::FishVariables, "SETUVAR U:\\u00e9z\n", &["U=éz <\\u00e9z>"]);
    check(
        Format::Environ,
        "A=1\0B=two\nlines=x\0=bad\0C\0npm_config_//h/:_authToken=t\0",
        &["A=1", "B=two\nlines=x", "npm_config_//h/:_authToken=t"],
    );
}

#[test]
fn gitconfig_dialect() {
    let check = |source: &str, expected: &[&str]| check(Format::Gitconfig, source, expected);
    check(
        "[core]\n\tbare\n\teditor = vi ; note\n[remote \"origin\"]\nurl = https://u:p@h/r # x\n",
        &["core|editor=vi", "remote|origin|url=https://u:p@h/r"],
    );
    check("[a.b]\nk=v\n[url \"x\\\"y\"] insteadOf = z\n", &["a|b|k=v", "url|x\"y|insteadOf=z"]);
    check("[s]\nk = \"a ; b\" c\\\n d\nq = \"whole\"\n", &["s|k=a ; b c d <a ; b\" c\\\n d>", "s|q=whole"]);
    check("[s]\r\nk = a\\tb\r\n", &["s|k=a\tb <a\\tb>"]);
    check("[s]\n# k = v\n;prose here\n", &["#s|k=v"]);
    check("[broken\nk = v\n?junk\n[t]j=w", &["broken|k=v", "t|j=w"]);
}

/// git itself says what a file means.
#[test]
fn gitconfig_agrees_with_git() {
    let source = "[user]\n\tname = \"A  B\" c ; d\n\temail= x@y.example  \n[Alias]\n\tlg = log \\\n  --graph\\t\\\"q\\\"\n\
        [http \"https://h.example/a b\"]\n\textraHeader = \"Authorization: Basic x#y;z\"#c\n[x.Y] z = 1\n\
        [e]\nf = \nk=a\"b\"c\nl = \\\\\\n|\n";
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("config");
    std::io::Write::write_all(&mut std::fs::File::create(&file).expect("file"), source.as_bytes()).expect("write");
    let output = std::process::Command::new("git").args(["config", "--list", "-z", "--file"]).arg(&file).output();
    let Ok(output) = output.map_err(|error| eprintln!("skipped: no git: {error}")) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<&[u8]> = output.stdout.split(|b| *b == 0).filter(|item| !item.is_empty()).collect();
    let document = parse(Format::Gitconfig, source.as_bytes(), &Limits::SHIPPED);
    let ours: Vec<Vec<u8>> = document
        .fields
        .iter()
        .map(|field| {
            let last = field.path.len() - 1;
            let parts = field.path.iter().enumerate().map(|(i, part)| {
                let old = part.bytes() == b"Y";
                if i == 0 || i == last || old { part.bytes().to_ascii_lowercase() } else { part.bytes().to_vec() }
            });
            let key = parts.collect::<Vec<_>>().join(&b'.');
            [&key[..], b"\n", field.value.bytes()].concat()
        })
        .collect();
    let lossy = |item: &[u8]| String::from_utf8_lossy(item).into_owned();
    assert_eq!(
        ours.iter().map(|item| lossy(item)).collect::<Vec<_>>(),
        said.iter().map(|item| lossy(item)).collect::<Vec<_>>()
    );
}

#[test]
fn url_parts() {
    let parts = |text: &str| {
        url::userinfo(text.as_bytes()).map(|u| format!("{}|{}|{}", &text[u.user], &text[u.password], &text[u.host]))
    };
    assert_eq!(parts("https://u:p@h:1/x@y").as_deref(), Some("u|p|h:1"));
    assert_eq!(parts("postgres://u:p@ss:w@h?x").as_deref(), Some("u|p@ss:w|h"));
    assert_eq!(parts("redis://:pw@h").as_deref(), Some("|pw|h"));
    assert_eq!(parts("ssh://git@h").as_deref(), Some("git||h"));
    for none in ["https://h/a:b@c", "u:p@h", "https://@h", "https://:@h", "https://", "1://u:p@h", ""] {
        assert_eq!(parts(none), None, "{none}");
    }
    let text = "see (https://a:b@c/d?e), '{\"x\":\"mongodb+srv://u:p@h1,h2/db\"}' http://plain/ x";
    let mut found = Vec::new();
    url::find_userinfo(text.as_bytes(), &mut |u, whole| {
        found.push((text[u.password].to_owned(), text[whole].to_owned()));
    });
    assert_eq!(
        found,
        [("b", "https://a:b@c/d?e),"), ("p", "mongodb+srv://u:p@h1,h2/db")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(url::percent_decode(b"a%2Fb%zz%4").as_deref().map(Vec::as_slice), Some(&b"a/b%zz%4"[..]));
    assert!(url::percent_decode(b"a%b").is_none());
    let text = "https://h/p?a=1&b&c=%20#access_token=z";
    let pairs: Vec<_> = url::query_pairs(text.as_bytes()).into_iter().map(|(k, v)| (&text[k], &text[v])).collect();
    assert_eq!(pairs, [("a", "1"), ("b", ""), ("c", "%20"), ("access_token", "z")]);
}

const FORMATS: [Format; 7] = [
    Format::Dotenv,
    Format::Ini,
    Format::Npmrc,
    Format::Gitconfig,
    Format::GitCredentials,
    Format::FishVariables,
    Format::Environ,
];

#[test]
fn a_line_too_long_is_passed_over() {
    for format in FORMATS {
        let mut source = b"[s]\nSETUVAR A:1\nA=1\nhttps://u:p@h\n\0A=1\0\nL=".to_vec();
        source.extend(std::iter::repeat_n(b'x', (1 << 20) + 1));
        source.extend(b"\0\n[s]\nSETUVAR B:2\nB=2\nhttps://v:q@i\n\0B=2\0\n");
        let document = parse(format, &source, &Limits::SHIPPED);
        assert!(document.problem.is_some_and(|problem| problem.bound), "{format:?}");
        let has = |values: [&[u8]; 2]| document.fields.iter().any(|field| values.contains(&field.value.bytes()));
        assert!(has([b"1", b"u"]) && has([b"2", b"q"]), "{format:?}");
    }
}

#[test]
fn fields_are_bounded() {
    let limits = Limits { nodes: 10, ..Limits::SHIPPED };
    let source = "A=1\n".repeat(50);
    let document = parse(Format::Dotenv, source.as_bytes(), &limits);
    assert_eq!(document.fields.len(), 10);
    assert!(document.problem.is_some_and(|problem| problem.bound));
}

#[test]
fn hostile_repetition_finishes() {
    for piece in [
        "A=\"",
        "A='\\'",
        "A=\"\n",
        "A='\nB=`\n",
        "[",
        "[a]",
        "[a \"",
        "a=\\\n",
        "a=\"\\\n",
        "\\",
        "://",
        "a://u:p@h/",
        "=",
        "#",
        "\r",
        ":",
        "k=\\x41",
    ] {
        let source = piece.repeat((1 << 18) / piece.len());
        let broken = format!("{source}\n").repeat(2);
        for format in FORMATS {
            shown(&parse(format, source.as_bytes(), &Limits::SHIPPED));
            shown(&parse(format, broken.as_bytes(), &Limits::SHIPPED));
        }
        url::find_userinfo(source.as_bytes(), &mut |_, whole| assert!(whole.end <= source.len()));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in FORMATS {
            shown(&parse(format, &source, &Limits::SHIPPED));
        }
        url::find_userinfo(&source, &mut |found, whole| assert!(found.host.end <= whole.end && whole.end <= source.len()));
    }

    #[test]
    fn soup_is_read(pieces in proptest::collection::vec(0_usize..26, 0..60)) {
        const SOUP: [&str; 26] = ["A", "=", ":", "\"", "'", "`", "\\", "\n", "\r\n", "\r", " ", "#", ";", "[", "]", "export ", "SETUVAR ", "https://", "u:p@h", "\0", "\\x41", "é", "//", "[]", "\t", "."];
        let source: String = pieces.into_iter().map(|index| SOUP[index]).collect();
        for format in FORMATS {
            shown(&parse(format, source.as_bytes(), &Limits::SHIPPED));
        }
    }

    /// What a dotenv file assigns is what is read back, however the value is quoted.
    #[test]
    fn dotenv_gives_back_values(value in "[a-zA-Z0-9+/=_.-]{1,40}", quote in 0_usize..4) {
        let quote = ["", "\"", "'", "`"][quote];
        let source = format!("X=0\nKEY={quote}{value}{quote}\nY=1\n");
        let document = parse(Format::Dotenv, source.as_bytes(), &Limits::SHIPPED);
        let expected = ["X=0".to_owned(), format!("KEY={value}"), "Y=1".to_owned()];
        prop_assert_eq!(shown(&document), expected);
    }
}
