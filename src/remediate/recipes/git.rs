//! git: logins leave its store and its URLs, and git asks caulk for those hosts.
//!
//! git tells every helper of a login that worked, and the store would write it down again: so the
//! list of helpers is emptied for the host before caulk is named, at the end of the file read last.

use super::super::edit::{Companion, CompanionEdit, Move, Outcome, Splice, Target};
use super::{bom, by_hand, field, shell_word, whole_line};
use crate::broker::git::normal_host;
use crate::detect::statistics::looks_random;
use crate::model::{Limits, Secret};
use crate::read::{self, Field, Format, Role, url};
use crate::vault::{Binding, VaultName};
use std::path::Path;
use zeroize::Zeroizing;

/// The password beside a token in the user's place, where a password has to be given.
const FILLER: &[u8] = b"x-oauth-basic";
/// Least length of a user that may be a token.
const TOKEN_USER: usize = 20;

/// One login at one host.
struct Login {
    protocol: String,
    host: String,
    path: Option<String>,
    /// `None`: the secret stands in the user's place.
    user: Option<String>,
    secret: Secret,
}

/// A line of the credential store.
pub(super) fn store(target: &Target<'_>) -> Outcome {
    let source = target.document.source;
    if field(target).is_none_or(|field| field.role != Role::Entry) {
        return Outcome::Manual(
            "It stands in a comment, and git does not use it: delete the line, and revoke it.".into(),
        );
    }
    let line = whole_line(source, target.span.start);
    let text = source[line.clone()].trim_ascii();
    let Some(mut login) = login(text, true) else { return by_hand(target) };
    // A line's path counts only where another line is for the same host: without `useHttpPath` git names
    // none, its store answers all the same, and a login bound to a path would be asked for in vain.
    let same_host = |other: &[u8]| {
        self::login(other.trim_ascii(), true).is_some_and(|o| (&o.protocol, &o.host) == (&login.protocol, &login.host))
    };
    let around = [&source[..line.start], &source[line.end..]];
    if !around.iter().flat_map(|part| part.split(|b| matches!(b, b'\n' | b'\r'))).any(same_host) {
        login.path = None;
    }
    moved(target, login, vec![Splice::new(line, "")])
}

/// The userinfo of a URL in git's configuration.
pub(super) fn url(target: &Target<'_>) -> Outcome {
    let Some(field) = field(target).filter(|f| f.role == Role::Entry && !f.value.is_decoded()) else {
        return by_hand(target);
    };
    let text = field.value.bytes();
    let Some((found, login)) = url::userinfo(text).zip(login(text, false)) else { return by_hand(target) };
    let gone = match login.user {
        // The user stays, so that git asks for the right one of several.
        Some(_) => found.user.end..found.password.end,
        None => found.user.start..found.host.start,
    };
    let gone = field.span.start + gone.start..field.span.start + gone.end;
    if !(gone.start <= target.span.start && target.span.end <= gone.end) {
        return by_hand(target);
    }
    let mut splices = vec![Splice::new(gone, "")];
    // A repository's own helpers are asked, and told, after the user's: they are emptied there as well.
    let own_helper = |f: &Field<'_>| {
        f.path.first().is_some_and(|s| s.bytes().eq_ignore_ascii_case(b"credential"))
            && f.key().eq_ignore_ascii_case(b"helper")
    };
    if target.document.fields.iter().any(own_helper) {
        let host = format!("{}://{}", login.protocol, login.host);
        let Some(emptied) = git_helper(target.document.source, &host, &target.machine.launcher) else {
            return by_hand(target);
        };
        splices.extend(emptied);
    }
    moved(target, login, splices)
}

/// `http.<url>.extraHeader` with a login in it.
pub(super) fn header(target: &Target<'_>) -> Outcome {
    let source = target.document.source;
    let Some(field) = field(target).filter(|f| f.role == Role::Entry && !f.value.is_decoded()) else {
        return by_hand(target);
    };
    let [_, place, _] = field.path.as_slice() else { return by_hand(target) };
    let line = whole_line(source, field.span.start);
    // Only a line of its own: `[http "…"] extraHeader = …` has the section on it, too.
    let own = source[line.clone()].trim_ascii_start().first().is_some_and(u8::is_ascii_alphabetic);
    let login = basic(place.bytes(), field.value.bytes()).filter(|_| own);
    let Some(login) = login else { return by_hand(target) };
    moved(target, login, vec![Splice::new(line, "")])
}

/// The login of an `Authorization: Basic` header that is sent to `place`.
fn basic(place: &[u8], header: &[u8]) -> Option<Login> {
    let (protocol, rest) = std::str::from_utf8(place).ok()?.split_once("://")?;
    let host = rest.split('/').next().filter(|host| !host.is_empty() && !host.contains(['@', '*']))?;
    let colon = memchr::memchr(b':', header)?;
    let (name, value) = (header[..colon].trim_ascii(), header[colon + 1..].trim_ascii());
    let space = value.iter().position(u8::is_ascii_whitespace)?;
    let (scheme, encoded) = (&value[..space], value[space..].trim_ascii());
    if !name.eq_ignore_ascii_case(b"authorization") || !scheme.eq_ignore_ascii_case(b"basic") || !web(protocol) {
        return None;
    }
    let decoded = Zeroizing::new(data_encoding::BASE64.decode(encoded).ok()?);
    let colon = memchr::memchr(b':', &decoded)?;
    let (user, secret) = parts(&decoded[..colon], &decoded[colon + 1..])?;
    Some(Login { protocol: protocol.to_ascii_lowercase(), host: normal_host(protocol, host), path: None, user, secret })
}

/// The login of a URL.
fn login(text: &[u8], with_path: bool) -> Option<Login> {
    let found = url::userinfo(text)?;
    let protocol = std::str::from_utf8(&text[..memchr::memmem::find(text, b"://")?]).ok()?.to_ascii_lowercase();
    let decode = |bytes: &[u8]| url::percent_decode(bytes).unwrap_or_else(|| Zeroizing::new(bytes.to_vec()));
    let host = String::from_utf8(decode(&text[found.host.clone()]).to_vec()).ok()?;
    if host.is_empty() || host.contains(['/', '@', ' ', ',']) || !web(&protocol) {
        return None;
    }
    let (user, secret) = parts(&decode(&text[found.user]), &decode(&text[found.password]))?;
    let path = std::str::from_utf8(&text[found.host.end..]).ok()?.trim_matches('/');
    let path = (with_path && !path.is_empty()).then(|| path.to_owned());
    Some(Login { host: normal_host(&protocol, &host), protocol, path, user, secret })
}

/// User and secret of a login; no user where the token stands in its place.
///
/// A user's name is written down in the clear, so nothing that looks like a token may be one.
fn parts(user: &[u8], password: &[u8]) -> Option<(Option<String>, Secret)> {
    let (user, secret) = if password.is_empty() || password.eq_ignore_ascii_case(FILLER) {
        (None, user)
    } else {
        let token = user == password || user.len() >= TOKEN_USER && looks_random(user);
        let plain = !user.is_empty() && !token && !user.iter().any(u8::is_ascii_control);
        (Some(std::str::from_utf8(user).ok().filter(|_| plain)?.to_owned()), password)
    };
    let secret = Secret::copy_of(secret);
    speakable(&secret).then_some((user, secret))
}

fn web(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("https") || protocol.eq_ignore_ascii_case("http")
}

/// Whether a value can be said in git's protocol, which is made of lines.
fn speakable(secret: &Secret) -> bool {
    !secret.is_empty() && !secret.expose().iter().any(|b| matches!(b, b'\n' | b'\r' | 0))
}

fn moved(target: &Target<'_>, login: Login, splices: Vec<Splice>) -> Outcome {
    let Login { protocol, host, path, user, secret } = login;
    let url = format!("{protocol}://{host}");
    if shell_word(&target.machine.launcher).is_none() || section(&url, &target.machine.launcher).is_none() {
        return by_hand(target);
    }
    let binding = Binding::Git { protocol, host: host.clone(), path, username: user.clone() };
    let proposed = VaultName::of(&["git", &host, user.as_deref().unwrap_or("")]);
    let name = (target.name)(proposed, secret.expose(), &binding);
    Outcome::Move(Box::new(Move {
        name,
        value: secret,
        binding,
        splices,
        companions: vec![Companion { path: target.machine.git_config.clone(), edit: CompanionEdit::GitHelper { url } }],
        next: String::new(),
    }))
}

/// The section that makes git ask caulk, and nobody else, for one host; lines end with LF.
fn section(url: &str, launcher: &Path) -> Option<String> {
    if url.contains(['"', '\\', '\n', '\r']) || !launcher.is_absolute() {
        return None;
    }
    let word = shell_word(launcher)?;
    // git takes what begins with a slash as it is, and gives what begins with `!` to a shell.
    let helper = if word.starts_with('\'') || cfg!(windows) {
        format!("!{word} helper git")
    } else {
        format!("{word} helper git")
    };
    let helper = helper.replace('\\', "\\\\").replace('"', "\\\"");
    let helper = if helper.contains(['#', ';']) { format!("\"{helper}\"") } else { helper };
    Some(format!("[credential \"{url}\"]\n\thelper =\n\thelper = {helper}\n"))
}

/// What to do to a git configuration so that its last word for `url` is caulk. Empty: it is already.
/// `None` where it cannot be said.
#[must_use]
pub fn git_helper(current: &[u8], url: &str, launcher: &Path) -> Option<Vec<Splice>> {
    let section = section(url, launcher)?;
    let document = read::parse(Format::Gitconfig, current, &Limits::SHIPPED);
    if document.problem.is_some() {
        return None;
    }
    let eol: &[u8] = if memchr::memmem::find(current, b"\r\n").is_some() { b"\r\n" } else { b"\n" };
    let wanted = with_eol(&section, eol);
    if let Some(at) = memchr::memmem::rfind(current, &wanted) {
        let after = &current[at + wanted.len()..];
        let later = read::parse(Format::Gitconfig, after, &Limits::SHIPPED);
        let helper = |f: &Field<'_>| f.key().eq_ignore_ascii_case(b"helper");
        if !later.fields.iter().any(helper) {
            return Some(Vec::new());
        }
    }
    let mut text = Zeroizing::new(Vec::new());
    if current.len() > bom(current) && !current.ends_with(b"\n") {
        text.extend_from_slice(eol);
    }
    text.extend_from_slice(&wanted);
    Some(vec![Splice { at: current.len()..current.len(), with: text }])
}

/// What to do to a git configuration so that caulk is not asked for `url` any more. `None`: nothing.
#[must_use]
pub fn without_git_helper(current: &[u8], url: &str, launcher: &Path) -> Option<Vec<Splice>> {
    let section = section(url, launcher)?;
    let found = [&b"\n"[..], b"\r\n"].iter().find_map(|eol| {
        let wanted = with_eol(&section, eol);
        memchr::memmem::rfind(current, &wanted).map(|at| at..at + wanted.len())
    })?;
    Some(vec![Splice::new(found, "")])
}

fn with_eol(section: &str, eol: &[u8]) -> Vec<u8> {
    section.lines().flat_map(|line| line.bytes().chain(eol.iter().copied())).collect()
}
