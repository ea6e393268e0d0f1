//! Whole tokens with an inner structure, as fakes for examples: the other side of `detect::check`.
//!
//! Known to [`super::template`] by name: `uuid`, `b64-of:TEXT`, `b64u-32` (32 bytes as base64url),
//! `basic` (user:password as base64), `github-fine`, `gitlab:PREFIX` (routable), `pypi`,
//! `pypi:test`, `jwt`, `jwt:expired`, `jwt:anon` (Supabase's public one), `jwt:service`, `jwt:kubernetes`, `azure:SIGNATURE`,
//! `cask:PROVIDER`, `entra`, `azure-devops`, `age`, `wireguard`, `aws:AKIA`, `bedrock`,
//! `bedrock-url`, `discord`, `fly`, `grafana-cloud`, `jfrog`, `onepassword`, `pem:LABEL`, `sentry`,
//! `snyk`, `supabase:KIND`, `tunnel`, `numbered` (Atlassian Data Center), `grafana-legacy`, `bip39:WORDS`,
//! `xprv`, `wif`, `stellar`, `nsec`.

use super::checksum::{self, AZURE_DEVOPS_PLACES, AZURE_DEVOPS_SEEDS, AZURE_SIGNATURES, BASE36, BASE62, BECH32};
use super::template::Random;
use super::wallets;
use data_encoding::{BASE32, BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL_NOPAD};

/// The account that made-up AWS key ids belong to.
pub const AWS_ACCOUNT: u64 = 123_456_789_012;
/// The project that made-up Supabase keys belong to.
pub const SUPABASE_PROJECT: &str = "supabase-self-hosted";

/// The structure called `name`; `None` when there is none or `argument` does not fit.
#[must_use]
pub fn structure(name: &str, argument: &str, random: &mut Random) -> Option<Vec<u8>> {
    let text = match (name, argument) {
        ("uuid", "") => uuid(random),
        ("b64-of", text) => BASE64.encode(text.as_bytes()),
        ("b64u-32", "") => BASE64URL_NOPAD.encode(&random.bytes(32)),
        ("basic", "") => BASE64.encode(&[b"svc:", &random.pick(BASE62, 20)[..]].concat()),
        ("github-fine", "") => github_fine(random),
        ("gitlab", prefix) if prefix.starts_with("gl") => gitlab(prefix, random),
        ("pypi", "") => pypi(b"pypi.inv", random),
        ("pypi", "test") => pypi(b"test.pypi.inv", random),
        ("jwt", "") => jwt(r#"{"iss":"https://login.example.com/","sub":"1","exp":4102444800}"#, random),
        ("jwt", "expired") => jwt(r#"{"iss":"https://login.example.com/","sub":"1","exp":1000000000}"#, random),
        ("jwt", "service") => {
            let project = text_of(random.pick(b"abcdefghijklmnopqrstuvwxyz", 20));
            jwt(
                &format!(
                    r#"{{"iss":"supabase","ref":"{project}","role":"service_role","iat":1700000000,"exp":4102444800}}"#
                ),
                random,
            )
        }
        ("jwt", "kubernetes") => jwt(
            r#"{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"default","sub":"system:serviceaccount:default:ci"}"#,
            random,
        ),
        ("jwt", "anon") => jwt(r#"{"iss":"supabase","role":"anon","exp":4102444800}"#, random),
        ("azure", signature) => azure(signature, random)?,
        ("cask", provider) if provider.len() == 4 => cask(provider, random)?,
        ("grafana-legacy", "") => {
            let secret = text_of(random.pick(BASE62, 32));
            BASE64.encode(format!(r#"{{"k":"{secret}","n":"ci-write","id":1}}"#).as_bytes())
        }
        ("numbered", "") => BASE64.encode(&[&b"123456789012:"[..], &random.bytes(20)].concat()),
        ("bip39" | "xprv" | "wif" | "stellar" | "nsec", _) => wallet(name, argument, random)?,
        ("entra", "") => entra(random),
        ("azure-devops", "") => azure_devops(random),
        ("age", "") => age(random),
        ("wireguard", "") => wireguard(random),
        ("aws", prefix) if prefix.len() == 4 => aws(prefix, random),
        ("bedrock", "") => {
            let secret = text_of(random.pick(BASE62, 80));
            format!("ABSK{}", BASE64.encode(format!("BedrockAPIKey-x1y2-at-{AWS_ACCOUNT}:{secret}").as_bytes()))
        }
        ("bedrock-url", "") => {
            let url = format!(
                "bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Expires=43200&X-Amz-Signature={}",
                text_of(random.pick(b"0123456789abcdef", 64))
            );
            format!("bedrock-api-key-{}", BASE64.encode(url.as_bytes()))
        }
        ("discord", "") => discord(random),
        ("fly", "") => format!("fm2_{}", BASE64.encode(&[&[0x94][..], &random.bytes(120)].concat())),
        ("grafana-cloud", "") => {
            let secret = text_of(random.pick(BASE62, 24));
            let json = format!(r#"{{"o":"123456","n":"ci-write","k":"{secret}","m":{{"r":"eu"}}}}"#);
            format!("glc_{}", BASE64.encode(json.as_bytes()))
        }
        ("jfrog", "") => {
            let secret = text_of(random.pick(BASE62, 27));
            BASE64.encode(format!("reftkn:01:0000000000:{secret}").as_bytes())
        }
        ("onepassword", "") => {
            let secret = text_of(random.pick(BASE62, 160));
            let json = format!(
                r#"{{"email":"svc@example.com","muk":"{secret}","secretKey":"A3","srpX":"0","deviceUuid":"d"}}"#
            );
            format!("ops_{}", BASE64URL_NOPAD.encode(json.as_bytes()))
        }
        ("pem", label) if !label.is_empty() => pem(label, random),
        ("sentry", "") => {
            let json =
                r#"{"iat":1,"url":"https://sentry.example.com","region_url":"https://eu.example.com","org":"acme"}"#;
            format!("sntrys_{}_{}", BASE64.encode(json.as_bytes()), BASE64_NOPAD.encode(&random.bytes(32)))
        }
        ("snyk", "") => {
            let json = r#"{"e":4102444800,"h":"api.example.com","j":"1"}"#;
            let head = text_of(random.pick(b"0123456789abcdef", 8));
            let tail = text_of(random.pick(BASE62, 43));
            format!("{head}.{}.{tail}", BASE64URL_NOPAD.encode(json.as_bytes()))
        }
        ("supabase", kind @ ("secret" | "publishable")) => {
            let head = format!("sb_{kind}_{}", text_of(random.pick(BASE62, 22)));
            format!("{head}_{}", checksum::supabase_tail(SUPABASE_PROJECT, head.as_bytes()))
        }
        ("tunnel", "") => {
            let secret = BASE64.encode(&random.bytes(32));
            let account = text_of(random.pick(b"0123456789abcdef", 32));
            BASE64.encode(format!(r#"{{"a":"{account}","t":"{}","s":"{secret}"}}"#, uuid(random)).as_bytes())
        }
        _ => return None,
    };
    Some(text.into_bytes())
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

fn uuid(random: &mut Random) -> String {
    let hex = data_encoding::HEXLOWER.encode(&random.bytes(16));
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn github_fine(random: &mut Random) -> String {
    let digit = text_of(random.pick(b"0123456789", 1));
    let head = format!("github_pat_{digit}{}_{}", text_of(random.pick(BASE62, 21)), text_of(random.pick(BASE62, 43)));
    let tail = checksum::sha256_base32(head.as_bytes());
    format!("{head}{tail}{}", text_of(random.pick(BASE62, 8)))
}

fn gitlab(prefix: &str, random: &mut Random) -> String {
    let route = b"o:1\nu:2s";
    let payload = BASE64URL_NOPAD.encode(&[&random.bytes(16)[..], route, &[route.len() as u8]].concat());
    let length = text_of(checksum::radix(payload.len() as u32, BASE36, 2));
    let head = format!("{prefix}{payload}.01.{length}");
    let crc = text_of(checksum::radix(checksum::crc32(head.as_bytes()), BASE36, 7));
    format!("{head}{crc}")
}

/// A serialised macaroon: version 2, location, identifier, one caveat, signature.
fn pypi(location: &[u8], random: &mut Random) -> String {
    let field = |kind: u8, bytes: &[u8]| [&[kind, bytes.len() as u8][..], bytes].concat();
    let identifier = uuid(random);
    let macaroon = [
        &[2][..],
        &field(1, location),
        &field(2, identifier.as_bytes()),
        &[0],
        &field(2, b"[[0,1893456000,1577836800]]"),
        &[0, 0],
        &field(6, &random.bytes(32)),
    ]
    .concat();
    format!("pypi-{}", BASE64URL_NOPAD.encode(&macaroon))
}

fn jwt(claims: &str, random: &mut Random) -> String {
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let claims = BASE64URL_NOPAD.encode(claims.as_bytes());
    format!("{header}.{claims}.{}", BASE64URL_NOPAD.encode(&random.bytes(32)))
}

/// An identifiable key: the signature's four base64 characters stand right before the six of the checksum.
fn azure(signature: &str, random: &mut Random) -> Option<String> {
    let (_, length, seeds) = AZURE_SIGNATURES.iter().find(|(known, ..)| *known == signature)?;
    let mut key = random.bytes(*length);
    let marks = BASE64.decode(signature.as_bytes()).ok()?;
    // Six-bit groups do not fall on byte borders: shift the 24 bits into place.
    let spare = ((length - 7) * 8) % 6;
    let keep = [0xFFFF_FFFF_u32, 0, 0xFC00_0000, 0, 0xF000_0000][spare] & (u32::from(key[length - 8]) << 24);
    let bits = marks.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << spare;
    key[length - 8..length - 4].copy_from_slice(&(keep | bits).to_be_bytes());
    let sum = checksum::marvin32(&key[..length - 4], checksum::marvin_seed(seeds[0]));
    key[length - 4..].copy_from_slice(&sum.to_le_bytes());
    Some(if signature.starts_with("Az") && signature != "AzCa" {
        data_encoding::BASE64URL.encode(&key)
    } else {
        BASE64.encode(&key)
    })
}

fn cask(provider: &str, random: &mut Random) -> Option<String> {
    let body = text_of(random.pick(BASE62, 52));
    let head = format!("{body}JQQJ99CKAAAAAAAAAAAAAAAA{provider}");
    let tail = checksum::cask_tail(&BASE64.decode(head.as_bytes()).ok()?)?;
    Some(format!("{head}{}", tail.get(..4)?))
}

fn entra(random: &mut Random) -> String {
    let (start, rest) = (random.pick(BASE62, 3), random.pick(BASE62, 31));
    let body = [&start[..], b"8Q~", &rest].concat();
    let tail = checksum::entra_tail(&body);
    text_of([&body[..], &tail].concat())
}

fn azure_devops(random: &mut Random) -> String {
    let mut token = [0_u8; 32];
    token.copy_from_slice(&random.bytes(32));
    let sum = checksum::azure_devops_crc(&token) ^ AZURE_DEVOPS_SEEDS[0];
    for (place, byte) in AZURE_DEVOPS_PLACES.into_iter().zip(sum.to_le_bytes()) {
        token[place] = byte;
    }
    BASE32_NOPAD.encode(&token).to_ascii_lowercase()
}

fn age(random: &mut Random) -> String {
    bech32("age-secret-key-", random).to_ascii_uppercase()
}

/// 32 bytes as bech32.
fn bech32(human: &str, random: &mut Random) -> String {
    // 32 bytes are 51 groups of five bits and one bit.
    let values: Vec<u8> = BASE32_NOPAD
        .encode(&random.bytes(32))
        .bytes()
        .map(|letter| if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 })
        .collect();
    let sum = checksum::bech32_remainder(human.as_bytes(), &[&values[..], &[0; 6]].concat()) ^ 1;
    let tail = (0..6).map(|place| (sum >> (5 * (5 - place)) & 31) as u8);
    let data: Vec<u8> = values.iter().copied().chain(tail).map(|value| BECH32[usize::from(value)]).collect();
    format!("{human}1{}", text_of(data))
}

/// Keys and phrases of wallets.
fn wallet(name: &str, argument: &str, random: &mut Random) -> Option<String> {
    Some(match name {
        "bip39" => {
            let count: usize = argument.parse().ok().filter(|count| (1..=24).contains(count))?;
            let mut words: Vec<&str> = (0..count).map(|_| wallets::word(random.number() as usize % 2048)).collect();
            // One in sixteen words, or more, makes the checksum right.
            let last = (0..2048).map(wallets::word).find(|word| {
                let all: Vec<&[u8]> = words.iter().take(count - 1).chain([word]).map(|w| w.as_bytes()).collect();
                wallets::mnemonic(&all) == Some(true)
            });
            if let (Some(last), Some(slot)) = (last, words.last_mut()) {
                *slot = last;
            }
            words.join(" ")
        }
        // Version, depth, parent, index, chain code, zero, key.
        "xprv" => wallets::base58check(
            &[&[0x04, 0x88, 0xAD, 0xE4, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &random.bytes(32), &[0], &random.bytes(32)]
                .concat(),
        ),
        "wif" => wallets::base58check(&[&[0x80][..], &random.bytes(32), &[1]].concat()),
        "stellar" => {
            let body = [&[wallets::STELLAR_SEED][..], &random.bytes(32)].concat();
            BASE32_NOPAD.encode(&[&body[..], &wallets::crc16(&body).to_le_bytes()].concat())
        }
        "nsec" => bech32("nsec", random),
        _ => return None,
    })
}

fn wireguard(random: &mut Random) -> String {
    let mut key = random.bytes(32);
    key[0] &= 0xF8;
    key[31] = key[31] & 0x7F | 0x40;
    BASE64.encode(&key)
}

fn aws(prefix: &str, random: &mut Random) -> String {
    let head = 1_u64 << 47 | AWS_ACCOUNT << 7 | (random.number() % 128);
    let bytes = [&head.to_be_bytes()[2..], &random.bytes(4)].concat();
    format!("{prefix}{}", BASE32.encode(&bytes))
}

fn discord(random: &mut Random) -> String {
    let stamp = BASE64URL_NOPAD.encode(&1_700_000_000_u32.to_be_bytes());
    format!("{}.{stamp}.{}", BASE64URL_NOPAD.encode(b"803511102246789123"), text_of(random.pick(BASE62, 38)))
}

fn pem(label: &str, random: &mut Random) -> String {
    let body = BASE64.encode(&[&[0x30, 0x82, 0x01, 0x20][..], &random.bytes(284)].concat());
    let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
