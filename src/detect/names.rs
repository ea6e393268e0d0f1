//! Does a key's name say that its value is a secret? Names only; values are `gates`' business.

/// How loudly a name says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// `…_KEY`, `…_AUTH`: a random-looking value is needed.
    Weak,
    /// `token`, `secret`, `api key`: a value that does not look like words.
    Secret,
    /// `password`: people choose words; anything but a placeholder counts.
    Password,
}

/// Words that make a name a password's, a secret's, or perhaps one; compared without separators, in lower case.
const PASSWORD: &[&str] = &["password", "passwd", "pwd", "passphrase", "passwort", "pgpass", "pass"];
const SECRET: &[&str] = &[
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "clientsecret",
    "credential",
    "credentials",
    "authkey",
    "signingkey",
    "encryptionkey",
    "masterkey",
    "webhook",
    "bearer",
    "authorization",
    "pat",
    "sessionkey",
    "servicekey",
    "licensekey",
    "jwt",
    "cookie",
    "accountkey",
    "sharedkey",
    "storagekey",
];
const WEAK: &[&str] = &["key", "auth", "dsn", "sas", "salt"];

/// Words in a name that make it something else, whatever else it says.
const NOT: &[&str] = &[
    "publickey",
    "keyid",
    "apiversion",
    "tokentype",
    "tokenurl",
    "tokenendpoint",
    "secretname",
    "secretarn",
    "secretref",
    "secretkeyref",
    "passwordpolicy",
    "passwordfield",
    "maxtokens",
    "maxtoken",
    "tokenizer",
    "csrf",
    "xsrf",
    "primarykey",
    "foreignkey",
    "keycode",
    "keyboard",
    "keyring",
    "keychain",
    "keybinding",
    "author",
    "monkey",
    "turkey",
    "publictoken",
    "tokencount",
    "tokenlimit",
    "tokens",
    "sshauthsock",
    "xauthority",
    "keymap",
    "keyfile",
    "tokenfile",
    "secretfile",
    "passwordfile",
    "hotkey",
    "keyname",
    "keytype",
    "keypath",
    "tokenpath",
    "authtype",
    "authmethod",
    "authmode",
    "authprovider",
    "authurl",
    "autherror",
    "credentialhelper",
    "credentialstore",
    "credentialmode",
    "passwordstore",
    "publishablekey",
    "searchkey",
    "searchonlykey",
    "searchapikey",
    "searchonlyapikey",
    "anonkey",
    "sitekey",
    "pubkey",
    "askpass",
    "keyserver",
    "authsock",
    "authsocket",
    "bypass",
    "compass",
    "passthrough",
    "passive",
    "bypassed",
    "passes",
    "passed",
    "oldpwd",
    "cookieconsent",
    "keyword",
    "keywords",
    "tokenbudget",
    "authorized",
    "authority",
    "path",
    "pattern",
    "compat",
    "patch",
    "dispatch",
];

/// Endings that make a name a place, a number or a time rather than a value.
const NOT_ENDINGS: &[&str] = &[
    "file",
    "path",
    "uri",
    "url",
    "length",
    "expiry",
    "expires",
    "expiresat",
    "expiresin",
    "header",
    "name",
    "id",
    "type",
    "ttl",
    "timeout",
    "enabled",
    "required",
    "dir",
    "format",
    "count",
    "size",
    "version",
    "provider",
    "algorithm",
    "prefix",
    "suffix",
    "hint",
    "helper",
    "command",
    "cmd",
    "issuer",
    "audience",
    "scope",
    "scopes",
    "host",
    "port",
    "region",
    "date",
    "time",
];

/// Beginnings of variables that build tools put into what every visitor downloads.
const CLIENT_SIDE: &[&[u8]] = &[
    b"NEXT_PUBLIC_",
    b"NUXT_PUBLIC_",
    b"EXPO_PUBLIC_",
    b"VITE_",
    b"REACT_APP_",
    b"GATSBY_",
    b"VUE_APP_",
    b"PUBLIC_",
    b"STORYBOOK_",
];

/// Whether `name` says that its value is given to every visitor of a site or app.
#[must_use]
pub fn is_client_side(name: &[u8]) -> bool {
    CLIENT_SIDE.iter().any(|beginning| name.starts_with(beginning))
}

/// What `name` says of its value.
#[must_use]
pub fn hint(name: &[u8]) -> Option<Hint> {
    if name.is_empty() || name.len() > 128 {
        return None;
    }
    let words = words(without_number(name));
    let joined: String = words.concat();
    if NOT.iter().any(|not| joined == *not || ends_with_words(&words, not) || (not.len() >= 8 && joined.contains(not)))
        || words.last().is_some_and(|last| NOT_ENDINGS.contains(&last.as_str()))
    {
        return None;
    }
    // `PGPASSWORD`, `githubtoken`: no hump shows where the last word begins.
    let glued = |word: &str| word.len() >= 5 && words.last().is_some_and(|last| last.ends_with(word));
    let says = |list: &[&str]| list.iter().any(|word| joined == *word || ends_with_words(&words, word) || glued(word));
    let within = |list: &[&str]| list.iter().any(|word| word.len() >= 5 && contains_words(&words, word));
    if says(PASSWORD) || within(&PASSWORD[..2]) {
        Some(Hint::Password)
    } else if says(SECRET) || within(SECRET) {
        Some(Hint::Secret)
    } else if says(WEAK) {
        Some(Hint::Weak)
    } else {
        None
    }
}

/// `API_KEY2` as `API_KEY`: one or two digits that count keys.
fn without_number(name: &[u8]) -> &[u8] {
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let rest = &name[..name.len() - digits];
    if digits <= 2 && rest.last().is_some_and(u8::is_ascii_alphabetic) { rest } else { name }
}

/// Splits `GITHUB_TOKEN`, `githubToken`, `github-token` into lower-case words; `APIKey` gives `api`, `key`.
fn words(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    for (i, byte) in name.iter().enumerate() {
        let boundary = !byte.is_ascii_alphanumeric();
        let hump = byte.is_ascii_uppercase()
            && i > 0
            && (name[i - 1].is_ascii_lowercase()
                || name[i - 1].is_ascii_digit()
                || (name[i - 1].is_ascii_uppercase() && name.get(i + 1).is_some_and(u8::is_ascii_lowercase)));
        if (boundary || hump) && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        if !boundary {
            current.push(byte.to_ascii_lowercase() as char);
        }
    }
    if !current.is_empty() {
        words.push(current);
    }
    words
}

/// Whether the last words, joined, are `word`; trailing numbers (`TOKEN_2`) do not count.
fn ends_with_words(words: &[String], word: &str) -> bool {
    let end = words.iter().rposition(|w| !w.bytes().all(|b| b.is_ascii_digit())).map_or(0, |i| i + 1);
    (0..end).any(|start| joined_is(&words[start..end], word))
}

/// Whether some neighbouring words, joined, are `word`.
fn contains_words(words: &[String], word: &str) -> bool {
    (0..words.len()).any(|start| (start..words.len()).any(|end| joined_is(&words[start..=end], word)))
}

fn joined_is(words: &[String], word: &str) -> bool {
    let mut rest = word;
    words.iter().all(|w| {
        rest.strip_prefix(w.as_str()).is_some_and(|r| {
            rest = r;
            true
        })
    }) && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for (name, want) in [
            ("GITHUB_TOKEN", Hint::Secret),
            ("apiKey", Hint::Secret),
            ("DD_API_KEY", Hint::Secret),
            ("db.password", Hint::Password),
            ("POSTGRES_PASSWORD", Hint::Password),
            ("STRIPE_KEY", Hint::Weak),
            ("clientSecret", Hint::Secret),
            ("PGPASSWORD", Hint::Password),
            ("AWS_SECRET_ACCESS_KEY", Hint::Secret),
            ("TOKEN_2", Hint::Secret),
            ("GITHUB_PAT", Hint::Secret),
            ("MYSQL_PWD", Hint::Password),
        ] {
            assert_eq!(hint(name.as_bytes()), Some(want), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "SSH_AUTH_SOCK",
            "PUBLIC_KEY",
            "MAX_TOKENS",
            "TOKEN_URL",
            "PATH",
            "AUTHOR",
            "KEYBOARD",
            "API_KEY_FILE",
            "tokenizer",
            "PWD_DIR",
            "OLDPWD",
            "monkey",
            "GPG_KEY_ID",
            "credential.helper",
            "PASSWORD_STORE_DIR",
            "BYPASS",
            "COMPASS",
            "TOKEN_TYPE",
        ] {
            assert_eq!(hint(name.as_bytes()), None, "{name}");
        }
    }
}
