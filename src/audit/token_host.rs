//! A vendor's token that is handed to somebody else's host: whoever runs that host can use it.
//!
//! Only tokens that tell their vendor by how they begin, and only where the file says which host gets them: a key or a
//! section that is the host, an address beside the token, or the address it stands in. A registry that gives out tokens
//! of its own form is nobody's business.

use super::plaintext_remote::{host, is_below, is_loopback};
use super::{AuditCx, Judgement};
use crate::model::{Evidence, Severity};
use crate::read::{Field, Role, url};
use crate::rules::rule::Surface;

/// The rule of what is found.
const RULE: &str = "token-foreign-host";
/// Files that say which host a login is for.
const SURFACES: [&str; 9] = [
    "npm.npmrc",
    "yarn.yarnrc",
    "bun.config",
    "python.pypirc",
    "pip.config",
    "uv.config",
    "git.credentials",
    "netrc.file",
    "composer.auth",
];
/// Keys beside a token that name its host.
const BESIDE: [&[u8]; 6] = [b"registry", b"npmRegistryServer", b"url", b"repository", b"server", b"index-url"];
/// Findings of one file.
const MOST: usize = 20;

/// A kind of token: how it begins, how long it is at least, whose it is, and the hosts that may have it, each with all
/// below it.
struct Kind {
    prefix: &'static [u8],
    least: usize,
    vendor: &'static str,
    hosts: &'static [&'static str],
    /// Whether the vendor's software runs at others, too: then only hosts of other vendors are wrong.
    at_others: bool,
}

const fn kind(prefix: &'static [u8], least: usize, vendor: &'static str, hosts: &'static [&'static str]) -> Kind {
    Kind { prefix, least, vendor, hosts, at_others: false }
}

const fn of_github(prefix: &'static [u8]) -> Kind {
    Kind { prefix, least: 36, vendor: "GitHub", hosts: &["github.com", "ghcr.io", "ghe.com"], at_others: true }
}

const KINDS: [Kind; 9] = [
    kind(b"npm_", 40, "npm", &["npmjs.org", "npmjs.com", "registry.yarnpkg.com"]),
    kind(b"pypi-AgEI", 80, "PyPI", &["pypi.org"]),
    kind(b"rubygems_", 57, "RubyGems", &["rubygems.org"]),
    of_github(b"ghp_"),
    of_github(b"gho_"),
    of_github(b"ghu_"),
    of_github(b"ghs_"),
    of_github(b"github_pat_"),
    Kind { prefix: b"glpat-", least: 26, vendor: "GitLab", hosts: &["gitlab.com"], at_others: true },
];

/// Whether the rule looks at files of `surface`.
pub(super) fn looks_at(surface: &Surface) -> bool {
    SURFACES.contains(&&*surface.id)
}

/// The tokens of a document's fields that go elsewhere.
pub(super) fn check(cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
    let fields: Vec<&Field<'_>> = cx.doc.fields.iter().filter(|field| field.role != Role::Comment).collect();
    let before = out.len();
    for field in &fields {
        let Some((kind, inside)) = told(field.value.bytes()) else { continue };
        let Some(host) = inside.or_else(|| host_of(field, &fields)) else { continue };
        if !is_foreign(kind, &host) || out.len() - before >= MOST {
            continue;
        }
        let shown = (cx.mask)(host.as_bytes());
        let why = format!("a token of {} is handed to {shown}", kind.vendor);
        let evidence = Evidence { value: Some(shown), why: vec![why], ..Evidence::default() };
        let pointer = field.path.iter().map(|key| (cx.mask)(key.bytes()).as_found().to_owned()).collect();
        out.extend(cx.judgement(RULE, Severity::Medium, pointer, field.span.clone(), evidence));
    }
}

/// Which vendor's token a value is, or holds as the login of an address, then with the address's host.
fn told(value: &[u8]) -> Option<(&'static Kind, Option<String>)> {
    let kind_of = |token: &[u8]| KINDS.iter().find(|kind| is_token(kind, token));
    if let Some(kind) = kind_of(value) {
        return Some((kind, None));
    }
    let mut found = None;
    url::find_userinfo(value, &mut |login, _| {
        let parts = [&value[login.password.clone()], &value[login.user.clone()]];
        if let Some(kind) = parts.into_iter().find_map(kind_of) {
            found.get_or_insert((kind, Some(host_in(&value[login.host.clone()]))));
        }
    });
    found
}

/// Whether a value is a token of that kind, and no stand-in for one.
fn is_token(kind: &Kind, value: &[u8]) -> bool {
    let Some(body) = value.strip_prefix(kind.prefix) else { return false };
    let mut seen = [false; 256];
    for byte in body {
        seen[usize::from(*byte)] = true;
    }
    value.len() >= kind.least
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte))
        && seen.iter().filter(|seen| **seen).count() >= 10
}

/// The host that a token is for: the nearest key that is one, else what an address beside it says.
fn host_of(field: &Field<'_>, fields: &[&Field<'_>]) -> Option<String> {
    let named = field.path.iter().rev().find_map(|key| key_host(key.bytes()));
    let parent = &field.path[..field.path.len().saturating_sub(1)];
    let same = |other: &&&Field<'_>| {
        let own = &other.path[..other.path.len().saturating_sub(1)];
        own.len() == parent.len() && own.iter().zip(parent).all(|(a, b)| a.bytes() == b.bytes())
    };
    let beside = || {
        let address = fields.iter().filter(same).find(|other| BESIDE.contains(&other.key()))?;
        let value = address.value.bytes();
        let at = memchr::memmem::find(value, b"://")?;
        Some(host_in(&value[at + 3..]))
    };
    named.or_else(beside)
}

/// The host of a key: `//npm.example.com/:_authToken`, `npm.example.com`.
fn key_host(key: &[u8]) -> Option<String> {
    let rest = key.strip_prefix(b"https:").or_else(|| key.strip_prefix(b"http:")).unwrap_or(key);
    let host = host_in(rest.strip_prefix(b"//").unwrap_or(rest));
    let (_, last) = host.rsplit_once('.')?;
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (plain && last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(host)
}

/// The host at the beginning of what follows `//`, in lower case.
fn host_in(rest: &[u8]) -> String {
    host(&String::from_utf8_lossy(rest).to_ascii_lowercase()).to_owned()
}

/// Ends of names that nobody can have in the internet: of examples, and of networks of one's own.
const RESERVED: [&str; 12] = [
    ".test",
    ".example",
    ".invalid",
    ".localhost",
    ".example.com",
    ".example.net",
    ".example.org",
    ".internal",
    ".local",
    ".lan",
    ".corp",
    ".home.arpa",
];

/// Whether a host is none of the vendor's. A name without a dot is of this machine or its own network: a proxy there
/// passes the token on.
fn is_foreign(kind: &Kind, name: &str) -> bool {
    let is_of = |kind: &Kind| kind.hosts.iter().any(|host| is_below(name, host));
    let own = is_of(kind);
    let of_another = KINDS.iter().any(|other| other.vendor != kind.vendor && is_of(other));
    let reserved = RESERVED.iter().any(|end| name.ends_with(end) || *name == end[1..]);
    !own && name.contains('.') && !reserved && !is_loopback(name) && (!kind.at_others || of_another)
}

#[cfg(test)]
mod tests {
    use super::{KINDS, is_foreign, key_host};

    #[test]
    fn hosts_of_keys() {
        for (key, host) in [
            ("//npm.example.com/:_authToken", Some("npm.example.com")),
            ("https://npm.example.com/x", Some("npm.example.com")),
            ("//npm.example.com:8443/a/:_authToken", Some("npm.example.com")),
            ("X.example", Some("x.example")),
            ("_authToken", None),
            ("index.1", None),
            ("npmScopes", None),
        ] {
            assert_eq!(key_host(key.as_bytes()).as_deref(), host, "{key}");
        }
    }

    #[test]
    fn whose_hosts_are_whose() {
        let kind = |vendor: &str| KINDS.iter().find(|kind| kind.vendor == vendor).unwrap();
        let npm = |host: &str| is_foreign(kind("npm"), host);
        assert!(
            npm("npm.evil-mirror.dev") && npm("notnpmjs.org") && npm("npmjs.org.evil-mirror.dev") && npm("10.0.0.7")
        );
        assert!(!npm("npm.example.com") && !npm("example.com") && !npm("npm.corp") && !npm("npm.acme.test"));
        assert!(!npm("registry.npmjs.org") && !npm("localhost") && !npm("127.0.0.1") && !npm("verdaccio"));
        // Their software runs anywhere.
        assert!(!is_foreign(kind("GitHub"), "git.acme-corp.dev") && is_foreign(kind("GitHub"), "registry.npmjs.org"));
        assert!(!is_foreign(kind("GitLab"), "gitlab.acme-corp.dev") && is_foreign(kind("GitLab"), "github.com"));
    }
}
