//! Documents of every format with one secret at a given key path.

use caulk::read::Format;
use caulk::rules::rule::SecretForm;
use caulk::rules::template::expand;
use std::fmt::Write as _;

/// What stands for a wildcard in a key.
const WILD: &str = "w1ld";

fn text(template: &str, seed: &str) -> String {
    String::from_utf8(expand(template, seed)).unwrap()
}

/// A value that is a secret in a field looked at as `form`.
pub(super) fn value(form: SecretForm, seed: &str) -> String {
    match form {
        SecretForm::Value | SecretForm::Named | SecretForm::Guessed | SecretForm::Public => text("<an:40>", seed),
        SecretForm::Header => text("Bearer <an:40>", seed),
        SecretForm::Basic => data_encoding::BASE64.encode(format!("ada:{}", text("<an:24>", seed)).as_bytes()),
        SecretForm::Base64 => data_encoding::BASE64.encode(text("<an:24>", seed).as_bytes()),
        SecretForm::Url => format!("https://ada:{}@host.example.com/path", text("<an:24>", seed)),
        SecretForm::Arguments => format!("--api-key={}", text("<an:40>", seed)),
    }
}

/// A key path that fits `pattern`; the name says what it holds where the form needs that.
pub(super) fn keys(pattern: &str, form: SecretForm, format: Format) -> Vec<String> {
    let mut parts: Vec<&str> = pattern.split('/').filter(|part| *part != "**").collect();
    if parts.is_empty() || (pattern.ends_with("**") && matches!(form, SecretForm::Named | SecretForm::Guessed)) {
        parts.push("*");
    }
    let last = parts.len() - 1;
    // These formats have a section before the key.
    if last == 0 && pattern.starts_with("**") && matches!(format, Format::Ini | Format::MyCnf) {
        parts.insert(0, "*");
    }
    let last = parts.len() - 1;
    let concrete = |(index, part): (usize, &&str)| {
        let wild = match (index == last, form) {
            (true, SecretForm::Named | SecretForm::Guessed) => "acme_api_key",
            (true, SecretForm::Header) => "Authorization",
            _ => WILD,
        };
        part.replace("~1", "/").replace("~0", "~").replace('*', wild)
    };
    parts.iter().enumerate().map(concrete).collect()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// What a field called `value` needs beside it.
fn name_of(value: &str) -> &'static str {
    if value.starts_with("Bearer ") { "Authorization" } else { "acme_api_key" }
}

fn json(keys: &[String], value: &str) -> String {
    keys.iter().rev().fold(quoted(value), |inner, key| {
        let name = if key == "value" { format!("\"key\": {}, ", quoted(name_of(value))) } else { String::new() };
        format!("{{{name}{}: {inner}}}", quoted(key))
    })
}

fn yaml(keys: &[String], value: &str) -> String {
    let mut out = String::new();
    for (depth, key) in keys.iter().enumerate() {
        write!(out, "{}{}:", "  ".repeat(depth), quoted(key)).unwrap();
        out.push_str(if depth + 1 == keys.len() { " " } else { "\n" });
    }
    out + &quoted(value) + "\n"
}

fn xml(keys: &[String], value: &str) -> String {
    let (last, outer) = keys.split_last().unwrap();
    let value = value.replace('&', "&amp;").replace('<', "&lt;");
    let (open_last, inner) = match last.split_once('@') {
        Some(("", attribute)) => (Some(format!(" {attribute}=\"{value}\"")), String::new()),
        Some((name, encoding)) => (None, format!("<{name} encoding=\"{encoding}\">{value}</{name}>")),
        None if last == "value" => (None, format!("<name>{}</name><value>{value}</value>", name_of(&value))),
        None => (None, format!("<{last}>{value}</{last}>")),
    };
    let mut out = inner;
    for (index, key) in outer.iter().enumerate().rev() {
        let attribute = if index + 1 == outer.len() { open_last.as_deref().unwrap_or("") } else { "" };
        out = format!("<{key}{attribute}>{out}</{key}>");
    }
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{out}\n")
}

fn plist(keys: &[String], value: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let inner = keys.iter().rev().fold(format!("<string>{}</string>", escape(value)), |inner, key| {
        format!("<dict><key>{}</key>{inner}</dict>", escape(key))
    });
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">{inner}</plist>\n")
}

fn hcl(keys: &[String], value: &str) -> String {
    let (last, blocks) = keys.split_last().unwrap();
    let line = format!("{last} = {}\n", quoted(value));
    match blocks.split_first() {
        None => line,
        Some((kind, labels)) => {
            let labels: String = labels.iter().map(|label| quoted(label) + " ").collect();
            format!("{kind} {labels}{{\n  {line}}}\n")
        }
    }
}

/// A document of `format` with `value` at `keys`; `None` where no such document is written by key.
pub(super) fn document(format: Format, keys: &[String], value: &str) -> Option<String> {
    let last = keys.last()?;
    Some(match format {
        Format::Json => json(keys, value) + "\n",
        Format::Jsonl => json(keys, value) + "\n",
        Format::Toml => {
            let path: Vec<String> = keys.iter().map(|key| quoted(key)).collect();
            format!("{} = {}\n", path.join("."), quoted(value))
        }
        Format::Yaml => yaml(keys, value),
        Format::Xml => xml(keys, value),
        Format::Plist => plist(keys, value),
        Format::Hcl => hcl(keys, value),
        Format::Ini | Format::MyCnf => match keys {
            [section, sub @ .., key] => {
                let sub = if sub.is_empty() { String::new() } else { format!(" {}", quoted(&sub.join("/"))) };
                format!("[{section}{sub}]\n{key} = {value}\n")
            }
            _ => format!("{last} = {value}\n"),
        },
        Format::Npmrc | Format::Dotenv | Format::Environ => format!("{last}={value}\n"),
        Format::Http => format!("{last}: {value}\n"),
        Format::Properties => format!("{}={value}\n", last.replace(' ', "\\ ")),
        Format::ShellRc => format!("export {last}='{value}'\n"),
        Format::ShellHistory => format!("export {last}='{value}'\nls\n"),
        Format::FishVariables => format!("SETUVAR --export {last}:{value}\n"),
        Format::GitCredentials => format!("https://ada:{value}@git.example.com\n"),
        Format::Netrc => {
            format!("machine git.example.com login ada {} {value}\n", last.replace("login-token", "password"))
        }
        Format::Pgpass => format!("db.example.com:5432:app:ada:{value}\n"),
        Format::SecretLines => format!("{value}\n"),
        Format::SvnAuth => {
            format!("K 8\npasstype\nV 6\nsimple\nK {}\n{last}\nV {}\n{value}\nEND\n", last.len(), value.len())
        }
        Format::Erlang => format!("{{<<\"{last}\">>, <<\"{value}\">>}}.\n"),
        Format::Text | Format::PrivateKey | Format::Sqlite | Format::Leveldb | Format::Packages | Format::Gitconfig => {
            return None;
        }
    })
}

/// A document of `format` that holds a token any reader of it must find.
pub(super) fn token(format: Format, seed: &str) -> Vec<u8> {
    let token = text("ghp_<(><an:30><crc62>", seed);
    let keys = match format {
        Format::Ini | Format::MyCnf => vec!["main".to_owned(), "token".to_owned()],
        _ => vec!["GITHUB_TOKEN".to_owned()],
    };
    match format {
        Format::PrivateKey => expand("<pem:RSA PRIVATE KEY>\n", seed),
        Format::Netrc => format!("machine git.example.com login ada password {token}\n").into_bytes(),
        format => document(format, &keys, &token).unwrap_or_else(|| format!("token {token}\n")).into_bytes(),
    }
}
