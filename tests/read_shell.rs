//! The readers of shell start-up files and histories.

use crate::read_kv::shown;
use caulk::model::Limits;
use caulk::read::{Format, parse};
use proptest::prelude::*;

#[track_caller]
fn rc(source: &str, expected: &[&str]) {
    let document = parse(Format::ShellRc, source.as_bytes(), &Limits::SHIPPED);
    assert_eq!(shown(&document), expected, "in {source:?}");
}

#[track_caller]
fn history(source: &[u8], expected: &[&str]) {
    let document = parse(Format::ShellHistory, source, &Limits::SHIPPED);
    assert_eq!(shown(&document), expected, "in {:?}", String::from_utf8_lossy(source));
}

#[test]
fn assignments() {
    rc("A=1\nexport B=two C=\"three 3\"; D='4' cmd\r\n", &["A=1", "B=two", "C=three 3", "D=4"]);
    rc("export A\ndeclare -x B=b\ntypeset -gx C=c && local D=d\nreadonly E=e\n", &["B=b", "C=c", "D=d", "E=e"]);
    rc(
        "A=x\\ y\nB=a\"b\"'c'\nC=$'t\\x41b'\nD=$\"loc\"\n",
        &["A=x y <x\\ y>", "B=abc <a\"b\"'c>", "C=tAb <t\\x41b>", "D=loc"],
    );
    rc("A=$(get x)\nB=\"${V:-d}\"\nC=`cmd`\n", &["A=$(get x)", "B=${V:-d}", "C=`cmd`"]);
    rc("A=1 B=2 env -u X C=3 sudo -u me D=4 run\n", &["A=1", "B=2", "C=3", "D=4"]);
    rc("if true; then A=1; fi\nf() { B=2; }\n(C=3)\n{ D=4\n}\n", &["A=1", "B=2", "C=3", "D=4"]);
    rc("A=(one 'two'\n three)\ndeclare -A M=([k]=v)\nZ=1\n", &["A=one", "A=two", "A=three", "M=v", "Z=1"]);
    rc("A=\"l1\nl2\"\nB=2\n", &["A=l1\nl2", "B=2"]);
    rc("A+=more\nP[1]=x\n", &["A=more", "P=x"]);
    rc("alias x='TOKEN=abc cmd'\nbash -c \"export Q=\\\"z\\\"\"\neval 'export E=1'\n", &["TOKEN=abc", "Q=z", "E=1"]);
    rc("A=$(curl -u me:pw https://h)\n", &["A=$(curl -u me:pw https://h)", "opt curl|-u=me:pw"]);
    rc("\u{feff}A=1\rB=2", &["A=1", "B=2"]);
    rc("A=1 2>/dev/null >out B\n", &["A=1"]);
}

#[test]
fn comments() {
    rc("#!/bin/sh\n# export A=1\n#B=2 # old\n  ## C='3'\n# see D=4\nE=5 # F=6\n", &["#A=1", "#B=2", "#C=3", "E=5"]);
    rc("# set password to something\n# set -gx T v\n# setenv S s\n", &["#T=v", "#S=s"]);
    rc("# don't\nA=1 # isn't\nB=2\n", &["A=1", "B=2"]);
}

#[test]
fn variables_in_the_forms_of_other_systems() {
    rc(
        "$env:A = \"one\"\nSet-Item -Path env:B -Value 'two'\nsetx C three\n$env:D = (Get-Secret d)\n",
        &["A=one", "B=two", "C=three"],
    );
    rc("[Environment]::SetEnvironmentVariable('A', 'one', 'User')\n", &["A=one"]);
    rc(
        "$env.A = \"one\"\nlet-env B = 'two'\nload-env { C: \"three\", 'D': 'four', E: $x }\n",
        &["A=one", "B=two", "C=three", "D=four"],
    );
    rc("import os; os.environ[\"A\"] = 'one'\n$B = 'two'\n", &["A=one", "B=two"]);
    rc("set-env A one\nset E:B = two\nlaunchctl setenv C three\n", &["A=one", "B=two", "C=three"]);
    history(
        b"setx A one\nlaunchctl setenv B two\nSetEnvironmentVariable(\"C\",\"three\")\n",
        &["A=one", "B=two", "C=three"],
    );
}

#[test]
fn other_shells() {
    rc(
        "set -gx TOKEN 'it\\'s'\nset -Ux L a b\nset -e X\nset -q Y\nset -gx R (get me)\nset local v\n",
        &["TOKEN=it's <it\\'s>", "L=a", "L=b", "R=(get me)", "local=v"],
    );
    rc("setenv A secret\nset b = c\nset -e\nset -o vi\nset -- x y\nset x y\n", &["A=secret", "b=c"]);
    rc("$env.TOKEN = \"v\"\n$NAME = 'w'\n", &["TOKEN=v", "NAME=w"]);
}

#[test]
fn here_documents() {
    rc("cat > .env <<EOF\nA=one two # c\nexport B=\"x\"\nplain text\nEOF\nC=3\n", &["A=one two", "B=x", "C=3"]);
    rc("cat <<-'E' | tee f\n\tA=1\n\tE\nB=2\n", &["A=1", "B=2"]);
    rc("cat <<A <<B\nX=1\nA\nY=2\nB\nZ=3\n", &["X=1", "Y=2", "Z=3"]);
    rc("bash <<EOF\nmysql -psecret\nexport A=1 B=2\nEOF\n", &["opt mysql|-p=secret", "A=1", "B=2"]);
    rc("(( x << 2 ))\nA=1\n", &["A=1"]);
    rc("cat <<EOF\nA=1\n", &["A=1"]);
}

#[test]
fn a_stray_quote_does_not_hide_the_rest() {
    rc("echo it's\nexport A=1\n", &["A=1"]);
    rc("echo it's\nexport A=1\necho don't\nexport B=2\n", &["A=1", "B=2"]);
    rc("echo \"$(\nexport A=1\n", &["A=1"]);
    rc("A=(\nexport B=1\n", &["A=export", "A=B=1"]);
}

#[test]
fn options() {
    let check = |source: &str, expected: &[&str]| history(source.as_bytes(), expected);
    check(
        "tool --password x --token=y --api-key 'z z' --client_secret=\"s\"",
        &["opt tool|--password=x", "opt tool|--token=y", "opt tool|--api-key=z z", "opt tool|--client_secret=s"],
    );
    check("tool --password --token-file f --author me --no-auth x --password-stdin --max-tokens 5", &[]);
    check(
        "mysql -u root -psecret db; mysql -p db; mysqldump -p'a b'",
        &["opt mysql|-p=secret", "opt mysqldump|-p=a b"],
    );
    check(
        "docker login -u u -p pw r.example\npodman login -ppw\ndocker run -p 80:80 x",
        &["opt docker|-p=pw", "opt podman|-p=pw"],
    );
    check(
        "sshpass -p pw ssh h && sudo -u x /usr/bin/sshpass -ppw2 ssh h",
        &["opt sshpass|-p=pw", "opt sshpass|-p=pw2"],
    );
    check(
        "curl -sSu u:p https://h -H 'Authorization: Bearer tok' --header \"X-Key:k\"",
        &["opt curl|-sSu=u:p", "hdr curl|Authorization=Bearer tok", "hdr curl|X-Key=k"],
    );
    check(
        "curl -u user https://h; curl --user a:b h; curl -uc:d h; curl -b 's=1' h",
        &["opt curl|--user=a:b", "opt curl|-u=c:d", "hdr curl|Cookie=s=1"],
    );
    check(
        "http h.example/x Authorization:'Bearer t' token=v localhost:80",
        &["hdr http|Authorization=Bearer t", "opt http|token=v"],
    );
    check("redis-cli -h h -a pw | cat", &["opt redis-cli|-a=pw"]);
    check(
        "psql postgresql://u:p@h/db; git clone https://u:p@h/r.git",
        &["opt psql|url=postgresql://u:p@h/db", "opt git|url=https://u:p@h/r.git"],
    );
    check(
        "ssh git@h; git clone ssh://git@h/r; curl https://h?access_token=t",
        &["opt curl|url=https://h?access_token=t"],
    );
    check(
        "npm config set //h/:_authToken x\nnpm set k=v\naws configure set aws_secret_access_key y --profile z\ncargo login t",
        &["opt npm|//h/:_authToken=x", "opt npm|k=v", "opt aws|aws_secret_access_key=y", "opt cargo|login=t"],
    );
    check(
        "docker run -e TOKEN=t --env=KEY=k --build-arg A=1 i\nhelm install --set auth.password=p x\nterraform apply -var 'db_password=q' -var=region=x",
        &["TOKEN=t", "KEY=k", "opt helm|auth.password=p", "opt terraform|db_password=q"],
    );
    check(
        "keytool -storepass changeme -alias x; java -Dkey.password=p Main",
        &["opt keytool|-storepass=changeme", "opt java|-Dkey.password=p"],
    );
    check("wget --password=p --user u https://h", &["opt wget|--password=p"]);
}

#[test]
fn text_for_another_command() {
    let check = |source: &str, expected: &[&str]| history(source.as_bytes(), expected);
    check("echo tok | docker login -u x --password-stdin\necho no | grep o\n", &["opt echo|stdin=tok"]);
    check("printf '%s' \"tok\" | sudo gh auth login --with-token", &["opt echo|stdin=tok"]);
    check("gh auth login --with-token <<< tok", &["opt gh|stdin=tok"]);
    check("echo tok || docker login --password-stdin", &[]);
    check("echo 'export A=1' >> ~/.zshrc; echo \"KEY=x y\" > .env; echo 'a = b'", &["A=1", "KEY=x y"]);
}

#[test]
fn bash_histories() {
    history(b"export A=1\nls 'open\nexport B=2\n", &["A=1", "B=2"]);
    history(
        b"#1700000000\nexport A=\"l1\nl2\"\n#1700000001\nB='open\n#1700000002\nC=3\n",
        &["A=l1\nl2", "B=open", "C=3"],
    );
    history(b"tool \\\n --token x\nB=1\n", &["opt tool|--token=x", "B=1"]);
    history(b"A=\xe3\x83\x83\xe3\x83\x88\n", &["A=\u{30c3}\u{30c8}"]);
}

#[test]
fn zsh_histories() {
    history(
        b": 1700000000:0;export A=1\n: 1700000001:12;for x in a; do\\\nB=2\\\ndone\n: 1700000002:0;C=3",
        &["A=1", "B=2", "C=3"],
    );
    // A backslash of the user's own before zsh's: the words go on.
    history(b": 1700000000:0;tool \\\\\n --token x\n", &["opt tool|--token=x"]);
    // U+30C3 is E3 83 83; zsh writes each 83 as 83 A3.
    history(b": 1700000000:0;A=\xe3\x83\xa3\x83\xa3x B=1\n", &["A=\u{30c3}x <\u{30e3}\u{fffd}\u{fffd}x>", "B=1"]);
    history(b": 1700000000:0;A=\"v\\\nw\"\n", &["A=v\nw <v\\\nw>"]);
}

#[test]
fn fish_histories() {
    history(b"- cmd: set -gx A 'it\\\\'s'\n  when: 1700000000\n- cmd: echo 1\\nset -x B 2\n  when: 1\n  paths:\n    - A=1\n", &[
        "A=it's <it\\\\'s>", "B=2",
    ]);
}

#[test]
fn a_line_too_long_is_passed_over() {
    let mut source = b"A=1\nL=".to_vec();
    source.extend(std::iter::repeat_n(b'x', (1 << 20) + 1));
    source.extend(b"\nB=2\n");
    for format in [Format::ShellRc, Format::ShellHistory] {
        let document = parse(format, &source, &Limits::SHIPPED);
        assert_eq!(shown(&document), ["A=1", "B=2"]);
        assert!(document.problem.is_some_and(|problem| problem.bound));
    }
}

#[test]
fn hostile_repetition_finishes() {
    let pieces = [
        "\"$(",
        "'",
        "\"",
        "$(",
        "${",
        "`",
        "\\",
        "(",
        "<<E\n",
        "<<E ",
        "a=(",
        "#",
        "docker login -pa ",
        "-pa ",
        "x\n",
        "- cmd: a\\n",
        ": 1:0;a\\\n",
        "\x7f",
        "\"a\n",
        "'a\nb ",
        "$'\\",
        "echo 'a b' ",
        "A=\"$(x)\" ",
    ];
    for piece in pieces {
        for head in ["", "docker login ", "- cmd: ", "set -gx "] {
            let source = format!("{head}{}", piece.repeat((1 << 18) / piece.len()));
            for format in [Format::ShellRc, Format::ShellHistory] {
                shown(&parse(format, source.as_bytes(), &Limits::SHIPPED));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::ShellRc, Format::ShellHistory] {
            shown(&parse(format, &source, &Limits::SHIPPED));
        }
    }

    #[test]
    fn soup_is_read(pieces in proptest::collection::vec(0_usize..36, 0..50)) {
        const SOUP: [&str; 36] = ["A", "=", "\"", "'", "`", "\\", "\n", "\r\n", " ", "#", ";", "|", "&", "(", ")", "$(", "${", "}", "<<E", "E\n", ">", "<<<", "export ", "set -gx ", "--token ", "-H ", "X:y", "https://u:p@h", "curl -u ", "$'", "é", "\u{83}", "sh -c ", "echo ", ": 1:0;", "- cmd: "];
        let source: String = pieces.into_iter().map(|index| SOUP[index]).collect();
        for format in [Format::ShellRc, Format::ShellHistory] {
            shown(&parse(format, source.as_bytes(), &Limits::SHIPPED));
        }
    }

    /// An assignment is read as bash would, however it is quoted, and wherever it stands.
    #[test]
    fn assignments_give_back_values(value in "[a-zA-Z0-9 $+/=_.;|&#-]{1,40}", before in "[a-z ]{0,10}") {
        let source = format!("{before}\nexport KEY='{value}'; OTHER=1\n");
        let document = parse(Format::ShellRc, source.as_bytes(), &Limits::SHIPPED);
        prop_assert_eq!(shown(&document), [format!("KEY={value}"), "OTHER=1".to_owned()]);
    }
}
