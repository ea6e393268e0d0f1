//! pnpm's `tokenHelper`: what to send to one registry.

use super::Lookup;
use crate::vault::{Binding, Entry, VaultError, VaultName};
use zeroize::Zeroizing;

/// The answer: which secret, and what pnpm reads.
pub struct Token {
    /// The secret's name.
    pub name: VaultName,
    /// The token; `Basic ` stands before one that is a login.
    pub text: Zeroizing<Vec<u8>>,
}

/// The token of the registry at `place`: a host, `//host/path/`, or the registry's URL. Only the very
/// registry that was sealed is answered. A value with a control character counts as none.
pub fn token(place: &str, entries: &[Entry], look: &Lookup<'_>) -> Result<Option<Token>, VaultError> {
    let place = normal(place);
    for (name, entry) in super::active(entries) {
        for binding in &entry.bindings {
            let Binding::Npm { key } = binding else { continue };
            let Some((registry, kind)) = key.rsplit_once(':') else { continue };
            let before: &[u8] = match kind {
                "_authToken" => b"",
                "_auth" => b"Basic ",
                _ => continue,
            };
            if normal(registry) != place {
                continue;
            }
            let Some(secret) = look(&name)? else { continue };
            if secret.is_empty() || secret.expose().iter().any(u8::is_ascii_control) {
                continue;
            }
            let mut text = Zeroizing::new(Vec::with_capacity(before.len() + secret.len()));
            text.extend_from_slice(before);
            text.extend_from_slice(secret.expose());
            return Ok(Some(Token { name, text }));
        }
    }
    Ok(None)
}

/// `host[:port]/path` without scheme and outer slashes, the host in lower case.
fn normal(place: &str) -> String {
    let (scheme, rest) = place.split_once("//").unwrap_or(("", place));
    let rest = rest.trim_matches('/');
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    let host = super::git::normal_host(scheme.trim_end_matches(':'), host);
    if path.is_empty() { host } else { format!("{host}/{path}") }
}
