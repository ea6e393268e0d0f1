//! Offline checks: valid fakes pass, altered ones fail, published vectors behave as their vendors say.

use caulk::detect::check::{self, Outcome, Verdict};
use caulk::rules::template::{self, Random};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

/// 2026-01-01.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

fn run(word: &str, secret: &[u8]) -> Outcome {
    check::run(word, secret, b"", now())
}

/// Check, template, and how many of the last characters the check does not cover.
const FAMILIES: &[(&str, &str, usize)] = &[
    ("github-crc32", "ghp_<(><an:30><crc62>", 0),
    ("github-crc32", "ghr_<(><an:70><crc62>", 0),
    ("npm-crc32", "npm_<(><an:30><crc62>", 0),
    ("vercel-crc32", "vcp_<(><an:50><crc62>", 0),
    ("github-sha256", "<github-fine>", 8),
    ("gitlab-crc32", "<gitlab:glpat->", 0),
    ("gitlab-crc32", "<gitlab:glrt-t1_>", 0),
    ("grafana-crc32", "<(>glsa_<an:32><)>_<crclehex>", 0),
    ("atlassian-crc32", "<(>ATATT3xFfGF0<b64u:172>=<CRCHEX>", 0),
    ("cloudflare-crc32", "cfut_<(><an:40><crchex>", 0),
    ("confluent-crc32", "cflt<(><b64:54><crcleb64>", 0),
    ("zuplo-crc32", "zpka_<(><an36:32><)>_<crchex>", 0),
    ("azure-his", "<azure:+ASt>", 3),
    ("azure-his", "<azure:AzSe>", 0),
    ("azure-his", "<azure:AzFu>", 3),
    ("azure-his", "<azure:+AEh>", 2),
    ("azure-entra", "<entra>", 0),
    ("age-bech32", "<age>", 0),
    ("base58check", "<xprv>", 0),
    ("base58check", "<wif>", 0),
    ("nsec-bech32", "<nsec>", 0),
    ("stellar-crc16", "<stellar>", 0),
];

#[test]
fn valid_fakes_pass_and_fifty_mutations_of_each_fail() {
    for (word, template, free) in FAMILIES {
        let mut random = Random::new(template.as_bytes());
        for round in 0..50 {
            let token = template::expand(template, &round.to_string());
            assert_eq!(run(word, &token).verdict, Verdict::Passed, "{template}");
            let mut altered = token.clone();
            let span = 20.min(token.len() - free - 6) as u64;
            let at = token.len() - 1 - free - (random.number() % span) as usize;
            altered[at] = other(token[at]);
            let verdict = run(word, &altered).verdict;
            // Where a signature is hit there is nothing to check any more.
            assert_ne!(verdict, Verdict::Passed, "{template}, round {round}, character {at}");
        }
    }
}

/// Another character of the same kind.
fn other(byte: u8) -> u8 {
    match byte {
        b'9' => b'0',
        b'z' => b'a',
        b'Z' => b'A',
        byte if byte.is_ascii_alphanumeric() => byte + 1,
        b'-' => b'_',
        b'_' => b'-',
        b'+' => b'/',
        _ => b'A',
    }
}

#[test]
fn structures_that_prove_less_pass_when_whole() {
    for (word, template) in [
        ("aws-bedrock", "<bedrock>"),
        ("aws-bedrock", "<bedrock-url>"),
        ("azure-cask", "<cask:ACOG>"),
        ("azure-devops", "<azure-devops>"),
        ("cloudflare-tunnel", "<tunnel>"),
        ("discord-structure", "<discord>"),
        ("fly-macaroon", "FlyV1 <fly>,<fly>"),
        ("grafana-cloud", "<grafana-cloud>"),
        ("groq-infix", "gsk_<an:20>WGdyb3FY<an:24>"),
        ("jfrog-reference", "<jfrog>"),
        ("jwt", "<jwt>"),
        ("jwt", "ghs_<digit:7>_<jwt>"),
        ("onepassword-account", "<onepassword>"),
        ("pypi-macaroon", "<pypi>"),
        ("pypi-macaroon", "<pypi:test>"),
        ("sentry-org", "<sentry>"),
        ("snyk-expiry", "snyk_uat.<snyk>"),
        ("telegram-structure", "<digit:9>:AA<b64u:33>"),
        ("wireguard-clamp", "<wireguard>"),
        ("base64url-32", "SG.<an:22>.<b64u-32>"),
        ("anthropic-tail", "sk-ant-api03-<b64u:93>AA"),
    ] {
        for seed in 0..20 {
            let token = template::expand(template, &seed.to_string());
            assert_eq!(run(word, &token).verdict, Verdict::Passed, "{word} of {template}");
        }
    }
}

#[test]
fn what_is_not_fully_known_is_never_called_a_failure() {
    for (word, template) in [
        ("github-crc32", "ghs_<an:36>"),
        ("atlassian-crc32", "ATCTT3xFfGN0<b64u:172>=<HEX:8>"),
        ("cloudflare-crc32", "cfast_<an:40><hex:8>"),
        ("azure-his", "<b64:86>=="),
        ("supabase-sha256", "<supabase:secret>"),
        ("groq-infix", "gsk_<an:52>"),
        ("aws-key-id", "AKIA<b32:16>"),
    ] {
        let token = template::expand(template, "unknown");
        assert_eq!(run(word, &token).verdict, Verdict::Unknown, "{word} of {template}");
    }
}

#[test]
fn the_prefix_may_be_handed_in_or_left_to_the_check() {
    let token = template::expand("npm_<(><an:30><crc62>", "prefix");
    assert_eq!(check::run("npm-crc32", &token, b"npm_", now()).verdict, Verdict::Passed);
    assert_eq!(check::run("npm-crc32", &token, b"", now()).verdict, Verdict::Passed);
}

#[test]
fn an_instance_may_put_its_prefix_before_a_routable_token() {
    let token = [b"ACME-", &template::expand("<gitlab:glpat->", "instance")[..]].concat();
    assert_eq!(run("gitlab-crc32", &token).verdict, Verdict::Passed);
}

#[test]
fn an_aws_key_id_names_its_account_and_canaries_are_told() {
    let outcome = run("aws-key-id", &template::expand("<aws:AKIA>", "account"));
    assert_eq!(outcome.attribute("account"), Some("123456789012"));
    assert!(!outcome.canary());
    assert_eq!(run("aws-key-id", b"ASIAQNZGKIQY56JQ7WML").attribute("account"), Some("029608264753"));
    // An id of account 171436882533 with zero tail, made by hand from the bits.
    let head = 1_u64 << 47 | 171_436_882_533 << 7;
    let raw = [&head.to_be_bytes()[2..], &[0; 4]].concat();
    let canary = format!("AKIA{}", data_encoding::BASE32.encode(&raw));
    assert!(run("aws-key-id", canary.as_bytes()).canary());
    assert_eq!(run("aws-key-id", &[&b"AKIA"[..], &[b'A'; 16]].concat()).attribute("account"), None);
}

#[test]
fn vendors_published_vectors_hold() {
    // Microsoft's scan vectors: the fill is repeated letters, so they are built, not quoted.
    for (fill, count, tail) in [
        ("a", 33, "+ARmD7h+qo="),
        ("a", 33, "+AEhG2s/8w="),
        ("a", 33, "+ASbHpHeAI="),
        ("a", 33, "AIoTOumzco="),
        ("a", 42, "AzSeCjhzCu"),
        ("d", 42, "+ACRCUDxQE"),
        ("d", 44, "AzFu182vhA=="),
        ("a", 76, "+ASt5mnCaw=="),
    ] {
        let key = format!("{}{tail}", fill.repeat(count));
        assert_eq!(run("azure-his", key.as_bytes()).verdict, Verdict::Passed, "{tail}");
    }
    let entra = format!("zzz8Q~{}blP", "z".repeat(31));
    assert_eq!(run("azure-entra", entra.as_bytes()).verdict, Verdict::Passed);
    let age = format!("AGE-SECRET-KEY-1{}FPQ4EGAEX", "GFPYYSJZ".repeat(6) + "G");
    assert_eq!(run("age-bech32", age.as_bytes()).verdict, Verdict::Passed, "{age}");
}

#[test]
fn a_token_web_tells_its_end_and_its_issuer_and_nothing_else() {
    let outcome = run("jwt", &template::expand("<jwt>", "a"));
    assert_eq!(
        outcome.attributes,
        [("expires_at", "2100-01-01T00:00:00Z".into()), ("issuer", "login.example.com".into())]
    );
    assert!(!outcome.expired() && !outcome.harmless());
    assert!(run("jwt", &template::expand("<jwt:expired>", "a")).expired());
    assert!(run("jwt", &template::expand("<jwt:anon>", "a")).harmless());
    let token = |claims: &str| {
        let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", part(r#"{"alg":"HS256"}"#), part(claims), "A".repeat(43))
    };
    for (claims, attributes) in [
        (r#"{"iss":"https://user:pass@host.example.com/x"}"#, "[(\"issuer\", \"host.example.com\")]"),
        (r#"{"iss":"some free text","exp":"soon"}"#, "[]"),
        (r#"{"exp":1e300}"#, "[]"),
        (r#"{"exp":-5}"#, "[]"),
        (r#"{"sub":"1234567890","name":"John Doe"}"#, "[(\"sample\", \"true\")]"),
    ] {
        let outcome = run("jwt", token(claims).as_bytes());
        assert_eq!(outcome.verdict, Verdict::Passed);
        assert_eq!(format!("{:?}", outcome.attributes), attributes, "{claims}");
    }
    let deep = format!("{{\"a\":{}", "[".repeat(4000));
    assert_eq!(run("jwt", token(&deep).as_bytes()).verdict, Verdict::Failed);
}

#[test]
fn a_supabase_key_belongs_to_one_project() {
    let key = template::expand("<supabase:secret>", "a");
    assert_eq!(check::supabase_of_project(&key, caulk::rules::maker::SUPABASE_PROJECT), Verdict::Passed);
    assert_eq!(check::supabase_of_project(&key, "abcdefghijklmnopqrst"), Verdict::Failed);
}

proptest! {
    #[test]
    fn no_check_panics_and_no_attribute_repeats_the_secret(secret in proptest::collection::vec(any::<u8>(), 0..200), word in 0..check::KNOWN.len()) {
        let outcome = run(check::KNOWN[word], &secret);
        prop_assert_eq!(outcome.name, check::KNOWN[word]);
    }

    #[test]
    fn no_check_panics_on_token_like_text(secret in "(eyJ|ghp_|glpat-|sntrys_|pypi-|ATATT3|AKIA|FlyV1 )?[0-9A-Za-z_.=:~-]{0,120}", word in 0..check::KNOWN.len()) {
        let _ = check::run(check::KNOWN[word], secret.as_bytes(), b"x_", now());
    }
}

/// From BIP-32, Bitcoin's wiki, NIP-19 and Stellar's SDK; reversed, so that no key-shaped text stands here.
#[test]
fn published_keys_of_wallets_hold() {
    for (word, reversed) in [
        (
            "base58check",
            "iHPMrxBGuy33kgJeBRtGT3UNNRMjek5FnL6gtUWxJGPmKNvvVkhCijqPPj3qc6yPbts4kRn2Wn2DUJw3KEH7F2wXL4LDTQ3K341HQrZ12s9vrpx",
        ),
        ("base58check", "JTyvLTbvqVThvj1Zd4dyZeqFkM4ukDB5DuPixXExjMr8UGCeuH5"),
        ("nsec-bech32", "5eflnsqal9ek5398fa9t0k9vtqz042hvf6hktlv09g40avdepspgm920lv1cesn"),
        ("stellar-crc16", "7UUPAT42GXJDM2EFFBJRVDIDPLTOIL5F6MQOUNAPXQEMBOJIXSU67VAS"),
    ] {
        let key: String = reversed.chars().rev().collect();
        assert_eq!(run(word, key.as_bytes()).verdict, Verdict::Passed, "{word}");
    }
}

#[test]
fn a_recovery_phrase_is_words_of_the_list_with_their_checksum() {
    let zeros = format!("{}about", "abandon ".repeat(11));
    let verdict = |phrase: &str| run("bip39", phrase.as_bytes()).verdict;
    assert_eq!(verdict(&zeros), Verdict::Passed, "the first vector of BIP-39");
    assert_eq!(verdict(&zeros.replace(' ', ", ")), Verdict::Passed);
    assert_eq!(verdict(&format!("{zeros} and keep it safe")), Verdict::Passed, "what follows is no part of it");
    assert_eq!(verdict(&"abandon ".repeat(12)), Verdict::Failed);
    assert_eq!(verdict(&zeros.replace("about", "caulk")), Verdict::Failed, "not in the list");
    assert_eq!(verdict(&zeros.replacen("abandon ", "", 1)), Verdict::Failed, "eleven words");
    for count in [12, 15, 18, 21, 24] {
        let phrase = template::expand(&format!("<bip39:{count}>"), "phrase");
        assert_eq!(run("bip39", &phrase).verdict, Verdict::Passed, "{count}");
    }
}

#[test]
fn a_shared_access_signature_tells_its_end() {
    let with = |end: &str| run("azure-sas", format!("sv=2024-11-04&sp=rl&se={end}&sig=Zm9v").as_bytes());
    assert_eq!(with("2030-01-31").attribute("expires_at"), Some("2030-01-31T00:00:00Z"));
    assert!(!with("2030-01-31T10%3A00%3A00Z").expired());
    assert!(with("2020-01-31T10:00:00Z").expired());
    assert_eq!(with("soon").verdict, Verdict::Passed, "a date that cannot be read tells nothing");
    assert_eq!(run("azure-sas", b"sv=2024-11-04&sig=Zm9v").verdict, Verdict::Failed, "no end: another query");
}

#[test]
fn links_that_look_like_a_grafana_key_or_a_numbered_token_are_none() {
    assert_eq!(run("grafana-legacy", &template::expand("<grafana-legacy>", "")).verdict, Verdict::Passed);
    let link = template::expand(r#"<b64-of:{"k":"1","t":"2"}>"#, "");
    assert_eq!(run("grafana-legacy", &link).verdict, Verdict::Failed);
    assert_eq!(run("numbered-base64", &template::expand("<numbered>", "")).verdict, Verdict::Passed);
    assert_eq!(run("numbered-base64", &template::expand("M<b64:43>", "")).verdict, Verdict::Failed);
}
