//! How firmly a package specifier is pinned.
//!
//! One function for each ecosystem's notation, on text. Which word of a command line is the
//! specifier is `launch`'s business.

use crate::model::Pin;

/// npm: `name@1.2.3`, `@scope/name@1.2.3`, `github:org/repo#<commit>`, a URL.
pub(super) fn npm(spec: &str) -> Pin {
    if is_local_path(spec) || spec.starts_with("file:") || spec.starts_with("workspace:") {
        return Pin::Local;
    }
    let (base, fragment) = spec.split_once('#').unwrap_or((spec, ""));
    let shorthand = !base.starts_with('@') && base.split('@').next().is_some_and(|name| name.contains('/'));
    if base.contains("://")
        || base.starts_with("git@")
        || shorthand
        || !fragment.is_empty()
        || base.contains(':') && !base.contains("npm:")
    {
        return git_reference(fragment, has_extension(base, &["tgz", "gz"]));
    }
    match base.char_indices().skip(1).filter(|(_, c)| *c == '@').last() {
        Some((at, _)) if is_semver(&base[at + 1..]) => Pin::Exact,
        _ => Pin::None,
    }
}

/// Python: `name==1.2.3`, `name@1.2.3` as uvx has it, `git+https://…@<commit>`, a URL.
pub(super) fn python(spec: &str) -> Pin {
    let spec = spec.trim();
    if is_local_path(spec) || spec.starts_with("file:") {
        return Pin::Local;
    }
    if let Some(at) = spec.find("://") {
        let rest = &spec[at + 3..];
        let path = rest.find('/').map_or("", |slash| &rest[slash..]);
        let reference = path.rsplit_once('@').map_or("", |(_, reference)| reference);
        let archive = has_extension(path, &["whl", "gz", "zip"]);
        return git_reference(reference.split(['#', '?']).next().unwrap_or(""), archive);
    }
    let version = match (spec.split_once("=="), spec.split_once('@')) {
        (Some((_, version)), _) => version.trim_start_matches('='),
        (None, Some((_, version))) => version,
        (None, None) => return Pin::None,
    };
    let version = version.split(';').next().unwrap_or("").trim();
    let exact = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '_' | '!'));
    if exact { Pin::Exact } else { Pin::None }
}

/// Container images: a digest pins, a tag other than `latest` can be moved.
pub(super) fn image(image: &str) -> Pin {
    if let Some((_, digest)) = image.split_once("@sha256:") {
        let whole = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
        return if whole { Pin::Exact } else { Pin::None };
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        Some((_, tag)) if !tag.is_empty() && tag != "latest" => Pin::Tag,
        _ => Pin::None,
    }
}

/// deno: `jsr:@a/b@1.2.3`, `npm:x@1.2.3`, a URL with a version in it, or a local script.
pub(super) fn deno(spec: &str) -> Pin {
    if let Some(package) = spec.strip_prefix("npm:").or_else(|| spec.strip_prefix("jsr:")) {
        // A path into the package may follow the version.
        let at = package.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
        let version = at.map_or("", |at| package[at + 1..].split('/').next().unwrap_or(""));
        return if is_semver(version) { Pin::Exact } else { Pin::None };
    }
    if !spec.contains("://") {
        return Pin::Local;
    }
    let pinned = spec.split(['@', '/']).skip(1).any(|part| is_semver(part) || is_commit(part));
    if pinned { Pin::Tag } else { Pin::None }
}

/// Go: `path@v1.2.3` or a commit; a path of this module is local.
pub(super) fn go(spec: &str) -> Pin {
    match spec.split_once('@') {
        Some((_, version)) if version.starts_with('v') && is_semver(version) => Pin::Exact,
        Some((_, version)) if is_commit(version) => Pin::Exact,
        Some(_) => Pin::None,
        None => Pin::Local,
    }
}

/// Nix flakes: `github:owner/repo/<commit>`.
pub(super) fn nix(spec: &str) -> Pin {
    if !spec.contains(':') {
        return Pin::Local;
    }
    let reference = spec.split(['/', '#', '?', '=']).any(is_commit);
    if reference { Pin::Exact } else { Pin::None }
}

/// A commit pins, another name for one can be moved, nothing follows the default branch.
fn git_reference(reference: &str, archive: bool) -> Pin {
    match reference {
        commit if is_commit(commit) => Pin::Exact,
        "" if archive => Pin::Tag,
        "" | "main" | "master" | "HEAD" => Pin::None,
        _ => Pin::Tag,
    }
}

fn is_local_path(spec: &str) -> bool {
    let bytes = spec.as_bytes();
    matches!(bytes, [b'.' | b'/' | b'~' | b'\\', ..] | [_, b':', b'/' | b'\\', ..])
}

/// Whether a path or URL ends in a dot and one of these.
pub(super) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, last)| extensions.iter().any(|known| last.eq_ignore_ascii_case(known)))
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `1.2.3`, `v1.2.3`, `=1.2.3`, `1.2.3-rc.1+build`; no range, no part left out.
fn is_semver(text: &str) -> bool {
    let text = text.trim_start_matches(['=', 'v']);
    let core = text.split(['-', '+']).next().unwrap_or("");
    let numbers = core.split('.').collect::<Vec<_>>();
    numbers.len() == 3
        && numbers.iter().all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        && text[core.len()..].chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}
