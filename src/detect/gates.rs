//! What a value is when it is not a secret in the clear: a reference, a placeholder, ciphertext, a sample.
//!
//! Pure functions of bytes. Each gate says why, so that a report can. Key names are `names`' business.

use super::statistics;
use std::ops::Range;

/// Why a value is not reported, or reported for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Nothing there.
    Empty,
    /// Points at a secret kept elsewhere: `${VAR}`, `op://…`, `$(pass show x)`.
    Reference,
    /// Stands for a secret to be filled in.
    Placeholder,
    /// Ciphertext.
    Encrypted,
}

/// The first gate that holds, if any.
#[must_use]
pub fn gate(value: &[u8]) -> Option<Gate> {
    let value = value.trim_ascii();
    if value.is_empty() {
        Some(Gate::Empty)
    } else if is_encrypted(value) {
        Some(Gate::Encrypted)
    } else if is_reference(value) {
        Some(Gate::Reference)
    } else if is_placeholder(value) {
        Some(Gate::Placeholder)
    } else {
        None
    }
}

/// Schemes and prefixes of references to secret stores.
const REFERENCE_PREFIXES: &[&[u8]] = &[
    b"op://",
    b"vault:",
    b"vault://",
    b"keyring:",
    b"keychain:",
    b"pass:",
    b"ref+",
    b"arn:aws:secretsmanager",
    b"arn:aws:ssm",
    b"gcp-sm://",
    b"sm://",
    b"akv://",
    b"doppler://",
    b"bws://",
    b"infisical://",
    b"aws-ssm:",
    b"file:/run/secrets",
    b"/run/secrets/",
    b"@microsoft.keyvault(",
    b"!vault",
    b"!sub",
    b"env:",
    b"env.",
    b"process.env",
    b"os.environ",
    b"os.getenv",
    b"system.getenv",
    b"secretref",
    b"valuefrom",
    b"caulk:",
    b"secrets.",
    b"env!(",
    b"getenv(",
];

/// Commands that fetch a secret; a value that calls one is a reference.
const FETCHERS: &[&[u8]] = &[
    b"op read",
    b"pass show",
    b"security find-",
    b"secret-tool lookup",
    b"keyring get",
    b"gopass ",
    b"vault read",
    b"vault kv get",
    b"get-secret-value",
    b"gh auth token",
    b"bw get",
    b"rbw get",
    b"sops ",
    b"gcloud auth print",
];

/// Whether `value` only points at a secret.
#[must_use]
pub fn is_reference(value: &[u8]) -> bool {
    let lower = value[..value.len().min(128)].to_ascii_lowercase();
    if REFERENCE_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        return true;
    }
    let has = |needle: &[u8]| memchr::memmem::find(&lower, needle).is_some();
    if FETCHERS.iter().any(|command| has(command)) || has(b"$(") || has(b"${") || has(b"{{") || has(b"<%") || has(b"#{")
    {
        return true;
    }
    match value {
        [b'`', .., b'`'] => true,
        // $NAME and %NAME%, wholly: a password may well begin with a dollar sign.
        [b'$', name @ ..] => is_variable_name(name) || name.strip_prefix(b"env:").is_some_and(is_variable_name),
        [b'%', name @ .., b'%'] => is_variable_name(name),
        [b'{', inner @ .., b'}'] => inner.starts_with(b"env:") || inner.starts_with(b"file:"),
        _ => false,
    }
}

fn is_variable_name(name: &[u8]) -> bool {
    name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        // $a1B9… is likelier a password than a name with that mix.
        && !(name.iter().any(u8::is_ascii_lowercase) && name.iter().any(u8::is_ascii_uppercase) && name.len() >= 12)
}

/// Prefixes of ciphertext.
const CIPHERTEXT: &[&[u8]] = &[
    b"ENC[",
    b"ENC(",
    b"$ANSIBLE_VAULT;",
    b"-----BEGIN AGE ENCRYPTED FILE",
    b"-----BEGIN PGP MESSAGE",
    b"age-encryption.org/",
    b"U2FsdGVkX1",
    b"{cipher}",
    b"encrypted:",
    b"k8s:enc:",
    b"AQICAH",
    b"AQECAH",
    b"vault:v1:",
    b"AQAAANCMnd8BFdER",
    b"\0GITCRYPT",
    b"Salted__",
    b"gAAAAA",
    b"v10:",
    b"v11:",
];

/// Whether `value` is ciphertext whose key lies elsewhere.
#[must_use]
pub fn is_encrypted(value: &[u8]) -> bool {
    CIPHERTEXT.iter().any(|prefix| value.starts_with(prefix))
        // Maven's {…=}: base64 between braces.
        || matches!(value, [b'{', inner @ .., b'}'] if inner.len() >= 20
            && inner.iter().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(b)))
}

/// Whole values that stand for a secret, in lower case without separators.
const STAND_INS: &[&[u8]] = &[
    b"password",
    b"passwd",
    b"pass",
    b"secret",
    b"token",
    b"apikey",
    b"key",
    b"changeme",
    b"changeit",
    b"changethis",
    b"replaceme",
    b"todo",
    b"fixme",
    b"none",
    b"null",
    b"nil",
    b"undefined",
    b"true",
    b"false",
    b"empty",
    b"dummy",
    b"test",
    b"testing",
    b"example",
    b"sample",
    b"placeholder",
    b"redacted",
    b"masked",
    b"hidden",
    b"user",
    b"username",
    b"admin",
    b"root",
    b"guest",
    b"default",
    b"postgres",
    b"mysql",
    b"minioadmin",
    b"minioadmin123",
    b"foo",
    b"bar",
    b"baz",
    b"foobar",
    b"xoauthbasic",
    b"authtoken",
    b"accesstoken",
    b"bearer",
    b"basic",
    b"string",
    b"value",
    b"yes",
    b"no",
    b"on",
    b"off",
    b"lmstudio",
    b"ollama",
    b"mypassword",
    b"mysecret",
    b"mytoken",
    b"pwd",
    b"hunter2",
    b"letmein",
    b"qwerty",
    b"password1",
    b"password123",
    b"correcthorsebatterystaple",
    b"supersecret",
    b"topsecret",
    b"verysecret",
    b"secretkey",
    b"privatekey",
    b"secretpassword",
];

/// Pieces that only placeholders have.
const PLACEHOLDER_PIECES: &[&[u8]] = &[
    b"your",
    b"placeholder",
    b"changeme",
    b"change-me",
    b"change_me",
    b"replace",
    b"insert",
    b"example",
    b"sample",
    b"dummy",
    b"redacted",
    b"xxxx",
    b"****",
    b"....",
    b"todo",
    b"<",
    b"fake",
    b"not-a-real",
    b"notareal",
    b"data+omitted",
    b"goes-here",
    b"goes_here",
    b"my-secret",
    b"my_secret",
    b"my-token",
    b"my_token",
    b"my-password",
    b"my_password",
    b"mock",
    b"abcdefgh",
    b"12345678",
    b"01234567",
    b"deadbeef",
    b"00000000",
];

/// Whether `value` stands for a secret that somebody has to fill in.
#[must_use]
pub fn is_placeholder(value: &[u8]) -> bool {
    if value.len() > 256 {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let bare: Vec<u8> = lower.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    if bare.is_empty() || STAND_INS.contains(&bare.as_slice()) || memchr::memmem::find(&lower, "…".as_bytes()).is_some()
    {
        return true;
    }
    // What a program prints in the place of a secret: stars, and perhaps its end.
    if memchr::memchr_iter(b'*', &lower).count() * 2 > lower.len() {
        return true;
    }
    if matches!(lower.first(), Some(b'<' | b'[')) && matches!(lower.last(), Some(b'>' | b']')) {
        return true;
    }
    // A long random value may hold any four letters by chance: pieces count where they are a fair share.
    let pieces = PLACEHOLDER_PIECES.iter().filter(|piece| memchr::memmem::find(&lower, piece).is_some());
    if pieces.map(|piece| piece.len()).sum::<usize>() * 8 >= lower.len() {
        return true;
    }
    is_monotonous(&bare)
}

/// A stand-in with the usual letters for digits and signs: `p@ssw0rd`. In text that anybody may write, not
/// where a password is in use.
#[must_use]
pub fn is_spelled_stand_in(value: &[u8]) -> bool {
    let plain = |b: &u8| match b.to_ascii_lowercase() {
        b'@' | b'4' => b'a',
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'$' | b'5' => b's',
        b'7' => b't',
        other => other,
    };
    let letters: Vec<u8> = value.iter().map(plain).filter(u8::is_ascii_alphanumeric).collect();
    // Digits that follow a word (`p@ssw0rd123`) were turned into letters: compare the head.
    let head = value.iter().rposition(|b| !b.is_ascii_digit() && *b != b'!').map_or(0, |i| i + 1);
    let stem: Vec<u8> = value[..head].iter().map(plain).filter(u8::is_ascii_alphanumeric).collect();
    STAND_INS.contains(&letters.as_slice()) || STAND_INS.contains(&stem.as_slice())
}

/// One character, or one short sequence, all over: `xxxxxxxx`, `abcabcabc`, `0123456789abcdef0123456789abcdef`.
#[must_use]
pub fn is_monotonous(bare: &[u8]) -> bool {
    if bare.len() < 4 {
        return false;
    }
    let period = (1..=bare.len() / 2).take(16).any(|p| bare.iter().skip(p).eq(bare[..bare.len() - p].iter()));
    let steps =
        bare.windows(2).filter(|w| w[1] == w[0] || w[1] == w[0].wrapping_add(1) || w[1].wrapping_add(1) == w[0]);
    period || steps.count() * 4 >= (bare.len() - 1) * 3
}

/// Letters only, many, and like words: the name of a class, not a key.
#[must_use]
pub fn is_words(value: &[u8]) -> bool {
    value.len() >= 16 && value.iter().all(u8::is_ascii_alphabetic) && statistics::surprise(value) < 4.4
}

/// Whether `span` is a stretch of a longer base64 text: a `/`, `+` or `=` joins it to more that looks random.
///
/// A token in a URL has a `/` beside it too, but names before that.
#[must_use]
pub fn is_inside_blob(text: &[u8], span: &Range<usize>) -> bool {
    /// Bytes to either side that are looked at, and how many must be base64.
    const REACH: usize = 64;
    const LEAST: usize = 16;
    let base64 = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    let joint = |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'+' | b'/'));
    let blob =
        |run: &[u8]| run.len() >= LEAST && run.iter().any(u8::is_ascii_uppercase) && statistics::looks_random(run);
    // Standard base64 has neither; a token with one of them is no stretch of it.
    if text[span.clone()].iter().any(|b| matches!(b, b'-' | b'_' | b'.')) {
        return false;
    }
    let (before, after) = (&text[span.start.saturating_sub(REACH)..span.start], &text[span.end.min(text.len())..]);
    let left = before.iter().rev().take_while(base64).count();
    let right = after.iter().take(REACH).take_while(base64).count();
    joint(before.last()) && blob(&before[before.len() - left..]) || joint(after.first()) && blob(&after[..right])
}

/// Whether a value is a place in the file system rather than a secret.
#[must_use]
pub fn is_path(value: &[u8]) -> bool {
    let starts = [&b"/"[..], b"./", b"../", b"~/", b"\\\\", b"file:"].iter().any(|p| value.starts_with(p));
    let drive = matches!(value, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    // A base64 secret may begin with a slash; a path has words between its slashes.
    drive || (starts && (value.len() < 24 || statistics::surprise(value) < 4.4))
}

/// Whether a digest, a UUID or another public identifier has this shape.
#[must_use]
pub fn is_digest_like(value: &[u8]) -> bool {
    let hex = value.iter().all(u8::is_ascii_hexdigit);
    let sri = [&b"sha1-"[..], b"sha256-", b"sha384-", b"sha512-", b"sha256:", b"sha512:", b"h1:", b"md5:"];
    (hex && matches!(value.len(), 40 | 56 | 64 | 96 | 128)) || sri.iter().any(|prefix| value.starts_with(prefix))
}

/// Whether `value` is a UUID.
#[must_use]
pub fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_seen() {
        for value in [
            "${NPM_TOKEN}",
            "$NPM_TOKEN",
            "%NPM_TOKEN%",
            "$(gh auth token)",
            "op://dev/github/token",
            "{{ .Values.token }}",
            "vault:secret/data/stripe#key",
            "${input:gh}",
            "`pass show x`",
            "process.env.TOKEN",
            "${env:X}",
            "{env:ACME_API_KEY}",
            "{file:~/.secrets/acme}",
        ] {
            assert_eq!(gate(value.as_bytes()), Some(Gate::Reference), "{value}");
        }
    }

    #[test]
    fn placeholders_are_seen() {
        for value in [
            "changeme",
            "<your token>",
            "xxxxxxxxxxxx",
            "your-api-key-here",
            "sk-your-key-here",
            "***",
            "PASSWORD",
            "abc...xyz....",
            "0123456789abcdef0123456789abcdef",
            "test",
            "null",
        ] {
            assert_eq!(gate(value.as_bytes()), Some(Gate::Placeholder), "{value}");
        }
    }

    #[test]
    fn secrets_pass() {
        for value in ["q7Zp2LxVd93kTnWb", "$ecretPa55w0rdQx", "tr0ub4dor&3", "p@ss-w0rd-9x!", "kJ8s0xTf2LQpZ"] {
            assert_eq!(gate(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn ciphertext_is_seen() {
        for value in ["ENC[AES256_GCM,data:x]", "{jSMOWnoPFgsHVpMvz5VrIt5kRbzGpI8u+9EF1iFQyJQ=}", "encrypted:BD2x"] {
            assert_eq!(gate(value.as_bytes()), Some(Gate::Encrypted), "{value}");
        }
    }
}
