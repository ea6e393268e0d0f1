//! git's credential-helper protocol: `get`, `store`, `erase`.
//!
//! Lines `key=value` up to a blank one. Only a host that was sealed is answered, and `store` and
//! `erase` give a [`Change`] for the caller to carry out: nothing is deleted here, whatever git says,
//! since a server that was wrong once would take the only copy with it.

use super::Lookup;
use crate::model::Secret;
use crate::vault::{Binding, Entry, VaultError, VaultName};
use zeroize::Zeroizing;

/// Longest question read, bytes: a password of 64 KiB and what servers say in `wwwauth[]`.
pub const MOST_BYTES: usize = 256 << 10;

/// What git asks or tells.
pub struct Request {
    protocol: String,
    host: String,
    path: Option<String>,
    /// May be the secret itself.
    username: Option<Secret>,
    password: Option<Secret>,
    /// The password ends by itself: not one to keep.
    passing: bool,
}

/// A login for git.
pub struct Login {
    /// The secret that is handed out.
    pub name: VaultName,
    username: Secret,
    password: Secret,
}

/// The answer to `get`.
pub enum Reply {
    /// Hand this over.
    Login(Login),
    /// Say nothing; git asks the next helper or the user.
    NotFound,
    /// There is one, and this protocol cannot carry it. Say nothing to git, and tell the user why.
    Unfit {
        /// The secret's name.
        name: VaultName,
        /// What about the value does not fit.
        why: &'static str,
    },
}

/// What `store` and `erase` ask for, to be carried out under the index's lock.
pub enum Change {
    /// Nothing.
    None,
    /// A new value for a sealed login: the old one is kept under a numbered name first.
    Version {
        /// The sealed login.
        name: VaultName,
        /// Its new value.
        value: Secret,
    },
    /// A login of another user at a sealed host.
    New {
        /// A name for it; it may be taken already.
        name: VaultName,
        /// The value.
        value: Secret,
        /// Who may be handed it.
        binding: Binding,
    },
    /// The login was refused by the server: not to be handed out until it is stored again.
    Refuse {
        /// The sealed login.
        name: VaultName,
    },
    /// A login that was refused before works.
    Accept {
        /// The sealed login.
        name: VaultName,
    },
}

impl Request {
    /// A question as git would ask it.
    #[must_use]
    pub fn new(protocol: &str, host: &str, path: Option<&str>, username: Option<&str>) -> Self {
        Self {
            protocol: protocol.to_ascii_lowercase(),
            host: normal_host(protocol, host),
            path: path.map(normal_path),
            username: username.map(|name| Secret::copy_of(name.as_bytes())),
            password: None,
            passing: false,
        }
    }

    /// Reads what git writes to a helper. `None` for a question that is not to be answered: without
    /// protocol or host, too long, with a key given twice, or with control characters where git puts none.
    #[must_use]
    pub fn parse(input: &[u8]) -> Option<Self> {
        if input.len() > MOST_BYTES {
            return None;
        }
        let (mut protocol, mut host, mut path, mut username, mut password) = (None, None, None, None, None);
        let mut passing = false;
        for line in input.split(|byte| *byte == b'\n') {
            if line.is_empty() {
                break;
            }
            // git's own lines all have a `=`.
            let at = line.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (&line[..at], &line[at + 1..]);
            let slot = match key {
                b"protocol" => &mut protocol,
                b"host" => &mut host,
                b"path" => &mut path,
                b"username" => &mut username,
                b"password" => &mut password,
                b"ephemeral" => {
                    passing |= !matches!(value, b"0" | b"false" | b"");
                    continue;
                }
                b"password_expiry_utc" => {
                    passing = true;
                    continue;
                }
                _ => continue,
            };
            if value.contains(&0) || (key != b"password" && value.iter().any(u8::is_ascii_control)) {
                return None;
            }
            if slot.replace(value).is_some() {
                return None;
            }
        }
        let text = |value: &[u8]| std::str::from_utf8(value).ok().map(str::to_owned);
        let protocol = text(protocol?)?.to_ascii_lowercase();
        let host = normal_host(&protocol, &text(host?)?);
        if protocol.is_empty() || host.is_empty() {
            return None;
        }
        let path = match path {
            Some(path) => Some(normal_path(&text(path)?)),
            None => None,
        };
        let (username, password) = (username.map(Secret::copy_of), password.map(Secret::copy_of));
        Some(Self { protocol, host, path, username, password, passing })
    }

    /// The users of an entry's bindings to what is asked for; `None`: the secret stands in its place.
    fn users<'a>(&self, entry: &'a Entry) -> impl Iterator<Item = Option<&'a str>> {
        entry.bindings.iter().filter_map(|binding| match binding {
            Binding::Git { protocol, host, path, username }
                if self.at(protocol, host)
                    && path.as_deref().is_none_or(|path| Some(normal_path(path)) == self.path) =>
            {
                Some(username.as_deref())
            }
            _ => None,
        })
    }

    fn at(&self, protocol: &str, host: &str) -> bool {
        protocol.eq_ignore_ascii_case(&self.protocol) && normal_host(protocol, host) == self.host
    }

    fn asks_for(&self, username: &str) -> bool {
        self.username.as_ref().is_none_or(|asked| asked.expose() == username.as_bytes())
    }

    /// Whether the login git tells of is `secret`, for a binding with this user.
    fn tells(&self, username: Option<&str>, secret: &Secret) -> bool {
        let (user, password) = (self.username.as_ref(), self.password.as_ref());
        match username {
            Some(username) => {
                self.asks_for(username) && password.is_some_and(|given| given.expose() == secret.expose())
            }
            None => {
                password.is_none_or(Secret::is_empty) && user.is_some_and(|given| given.expose() == secret.expose())
            }
        }
    }
}

impl Login {
    /// The secret itself, wherever in the login it stands.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        if self.password.is_empty() { &self.username } else { &self.password }
    }

    /// The user name; the secret, where that stands in its place.
    #[must_use]
    pub fn username(&self) -> &Secret {
        &self.username
    }

    /// The lines git reads.
    #[must_use]
    pub fn text(&self) -> Zeroizing<Vec<u8>> {
        let length = self.username.len() + self.password.len() + 32;
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        for (key, value) in [(&b"username="[..], &self.username), (b"password=", &self.password)] {
            text.extend_from_slice(key);
            text.extend_from_slice(value.expose());
            text.push(b'\n');
        }
        text
    }
}

/// Answers `get`: the first sealed login of the host, of the user asked for if one is.
pub fn get(request: &Request, entries: &[Entry], look: &Lookup<'_>) -> Result<Reply, VaultError> {
    let mut unfit = None;
    for (name, entry) in super::active(entries) {
        for username in request.users(entry) {
            if username.is_some_and(|username| !request.asks_for(username)) {
                continue;
            }
            let Some(secret) = look(&name)? else { continue };
            let asked = request.username.as_ref();
            if username.is_none() && asked.is_some_and(|asked| asked.expose() != secret.expose()) {
                continue;
            }
            if secret.is_empty() {
                continue;
            }
            // A carriage return at the end is dropped by some versions of git.
            if secret.expose().iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
                let why = "git's protocol has no way to write a line break or a NUL in a password";
                unfit.get_or_insert(Reply::Unfit { name: name.clone(), why });
                continue;
            }
            let (username, password) = match username {
                Some(username) if username.bytes().any(|byte| byte.is_ascii_control()) => continue,
                Some(username) => (Secret::copy_of(username.as_bytes()), secret),
                None => (secret, Secret::copy_of(b"")),
            };
            return Ok(Reply::Login(Login { name, username, password }));
        }
    }
    Ok(unfit.unwrap_or(Reply::NotFound))
}

/// What to do when git says that a login worked.
pub fn store(request: &Request, entries: &[Entry], look: &Lookup<'_>) -> Result<Change, VaultError> {
    let (Some(user), Some(password)) = (&request.username, &request.password) else { return Ok(Change::None) };
    if request.passing || (user.is_empty() && password.is_empty()) {
        return Ok(Change::None);
    }
    let mut known = None;
    for (name, entry) in super::oldest_first(entries) {
        for username in request.users(entry) {
            // Without a password, the secret stands in the user's place.
            if username.map_or(!password.is_empty(), |username| password.is_empty() || !request.asks_for(username)) {
                continue;
            }
            if look(&name)?.is_some_and(|secret| request.tells(username, &secret)) {
                return Ok(if entry.refused_at.is_some() { Change::Accept { name } } else { Change::None });
            }
            known.get_or_insert_with(|| name.clone());
        }
    }
    let value = Secret::copy_of(if password.is_empty() { user.expose() } else { password.expose() });
    if let Some(name) = known {
        return Ok(Change::Version { name, value });
    }
    let username = std::str::from_utf8(user.expose()).ok().filter(|name| !name.is_empty());
    let (Some(username), false) = (username, password.is_empty()) else { return Ok(Change::None) };
    Ok(new_login(request, entries, username).map_or(Change::None, |(name, binding)| Change::New {
        name,
        value,
        binding,
    }))
}

/// Another user's login, when the host is one that was sealed.
fn new_login(request: &Request, entries: &[Entry], username: &str) -> Option<(VaultName, Binding)> {
    let paths: Vec<Option<&str>> = entries
        .iter()
        .flat_map(|entry| &entry.bindings)
        .filter_map(|binding| match binding {
            Binding::Git { protocol, host, path, .. } if request.at(protocol, host) => Some(path.as_deref()),
            _ => None,
        })
        .collect();
    // With a path where all logins of this host have one: `useHttpPath` is on for it.
    let by_path = !paths.is_empty() && paths.iter().all(Option::is_some);
    let path = if by_path { request.path.clone() } else { None };
    (!paths.is_empty()).then(|| {
        let name = VaultName::of(&["git", &request.host, path.as_deref().unwrap_or_default(), username]);
        let (protocol, host) = (request.protocol.clone(), request.host.clone());
        (name, Binding::Git { protocol, host, path, username: Some(username.to_owned()) })
    })
}

/// What to do when git says that a login was refused: nothing, unless it is the one that is sealed.
pub fn erase(request: &Request, entries: &[Entry], look: &Lookup<'_>) -> Result<Change, VaultError> {
    if request.password.is_none() {
        return Ok(Change::None);
    }
    for (name, entry) in super::active(entries) {
        for username in request.users(entry) {
            if username.is_some_and(|username| !request.asks_for(username)) {
                continue;
            }
            if look(&name)?.is_some_and(|secret| request.tells(username, &secret)) {
                return Ok(Change::Refuse { name });
            }
        }
    }
    Ok(Change::None)
}

/// A host as bindings are compared: lower case, without the port that its protocol has anyway.
#[must_use]
pub fn normal_host(protocol: &str, host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let port = match protocol.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return host,
    };
    match host.strip_suffix(port) {
        // Not within a bare IPv6 address.
        Some(bare) if bare.ends_with(']') || !bare.contains(':') => bare.to_owned(),
        _ => host,
    }
}

/// A path as git sends it: without the slash before it; one behind it means the same repository.
fn normal_path(path: &str) -> String {
    path.trim_matches('/').to_owned()
}
