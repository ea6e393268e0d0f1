//! Which options and arguments of which commands carry a secret: data, and the test of a name.
//!
//! Only what a command's own manual calls a password, token or key. Whether a value is one in truth
//! is for the detector.

use zeroize::Zeroizing;

/// An option that means a secret for some commands only.
pub(super) struct OptionSpec {
    /// Command words without folder.
    pub(super) commands: &'static [&'static str],
    /// The option as written.
    pub(super) option: &'static str,
    /// Whether the value is the next word.
    pub(super) separate: bool,
    /// Whether the value may follow without a blank.
    pub(super) attached: bool,
    /// A word that must be among the arguments; empty: none.
    pub(super) subcommand: &'static str,
    /// A byte the value must hold, such as the `:` of `user:password`; 0: none.
    pub(super) holds: u8,
}

const fn option(commands: &'static [&'static str], option: &'static str) -> OptionSpec {
    OptionSpec { commands, option, separate: true, attached: option.len() == 2, subcommand: "", holds: 0 }
}

const MYSQL: &[&str] = &[
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mysqlimport",
    "mysqlshow",
    "mysqlcheck",
    "mysqlbinlog",
    "mysqlpump",
    "mysqlslap",
    "mariadb",
    "mariadb-dump",
    "mariadb-admin",
    "mariadb-import",
    "mariadb-show",
    "mariadb-check",
    "mycli",
];
const MONGO: &[&str] = &["mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"];
const LDAP: &[&str] = &["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami", "ldappasswd", "ldapcompare"];
const REGISTRY: &[&str] = &[
    "docker", "podman", "nerdctl", "buildah", "skopeo", "oras", "crane", "regctl", "helm", "az", "oc", "cf", "ibmcloud",
];
const HTTPIE: &[&str] = &["http", "https", "xh", "xhs"];

/// The table, most specific first.
pub(super) static OPTIONS: &[OptionSpec] = &[
    // `-p` alone asks; the next word is the database.
    OptionSpec { separate: false, ..option(MYSQL, "-p") },
    option(&["sshpass"], "-p"),
    OptionSpec { attached: false, ..option(MONGO, "-p") },
    OptionSpec { subcommand: "login", ..option(REGISTRY, "-p") },
    OptionSpec { subcommand: "upload", ..option(&["twine"], "-p") },
    option(&["redis-cli"], "-a"),
    option(&["redis-cli"], "--pass"),
    OptionSpec { holds: b':', ..option(&["curl"], "-u") },
    OptionSpec { holds: b':', ..option(&["curl"], "-U") },
    OptionSpec { holds: b':', ..option(&["curl"], "--user") },
    OptionSpec { holds: b':', ..option(&["curl"], "--proxy-user") },
    option(&["curl"], "--oauth2-bearer"),
    option(&["curl"], "--pass"),
    option(HTTPIE, "-a"),
    option(LDAP, "-w"),
    option(&["sqlcmd", "bcp", "zip", "unzip", "mosquitto_pub", "mosquitto_sub"], "-P"),
    OptionSpec { separate: false, ..option(&["7z", "7za", "7zz", "rar", "unrar"], "-p") },
    option(&["rabbitmqadmin"], "-p"),
    OptionSpec { holds: b'%', ..option(&["smbclient", "rpcclient"], "-U") },
    option(&["doctl", "vercel", "fly", "flyctl", "influx"], "-t"),
    OptionSpec { subcommand: "secret", ..option(&["gh"], "-b") },
    OptionSpec { subcommand: "secret", ..option(&["gh"], "--body") },
    option(&["tailscale"], "--auth-key"),
    OptionSpec { holds: b':', ..option(&["openssl"], "-pass") },
    OptionSpec { holds: b':', ..option(&["openssl"], "-passin") },
    OptionSpec { holds: b':', ..option(&["openssl"], "-passout") },
];

/// Arguments that follow certain words.
pub(super) struct ArgumentSpec {
    /// Command words without folder.
    pub(super) commands: &'static [&'static str],
    /// The words, in order, that stand before them, options apart.
    pub(super) words: &'static [&'static str],
    /// Whether a key comes first (`config set KEY VALUE`); else the next argument is the secret.
    pub(super) keyed: bool,
}

const fn keyed(commands: &'static [&'static str], words: &'static [&'static str]) -> ArgumentSpec {
    ArgumentSpec { commands, words, keyed: true }
}

const fn secret(commands: &'static [&'static str], words: &'static [&'static str]) -> ArgumentSpec {
    ArgumentSpec { commands, words, keyed: false }
}

/// The table, longest first.
pub(super) static ARGUMENTS: &[ArgumentSpec] = &[
    keyed(
        &["npm", "pnpm", "yarn", "pip", "pip3", "gcloud", "bundle", "gh", "glab", "bun", "conda"],
        &["config", "set"],
    ),
    keyed(&["npm"], &["c", "set"]),
    keyed(&["npm", "pnpm"], &["set"]),
    keyed(&["aws"], &["configure", "set"]),
    keyed(&["git"], &["config", "set"]),
    keyed(&["git", "poetry", "composer", "bundle"], &["config"]),
    secret(&["ngrok"], &["config", "add-authtoken"]),
    secret(&["ngrok"], &["authtoken"]),
    secret(&["cargo", "vault", "wandb"], &["login"]),
    secret(&["snyk"], &["auth"]),
    secret(&["bw"], &["unlock"]),
];

/// Parts of a name that say its value is a secret; `-` stands for `_` too.
const PARTS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "token",
    "secret",
    "api-key",
    "apikey",
    "access-key",
    "accesskey",
    "private-key",
    "auth",
    "credential",
    "storepass",
    "keypass",
    "bearer",
];
/// Whole names, or last words of one, that do.
const ENDS: &[&str] = &["pass", "pwd", "pw"];
/// Last words that turn it into something about a secret.
const ABOUT: &[&str] = &[
    "file",
    "-path",
    "-stdin",
    "-fd",
    "-type",
    "-mode",
    "-method",
    "-name",
    "-ttl",
    "-env",
    "-url",
    "-uri",
    "-endpoint",
    "-command",
    "-cmd",
    "-helper",
    "-prompt",
    "-id",
    "-arn",
    "-expiry",
    "-duration",
    "-length",
    "-count",
    "-policy",
    "-dir",
    "-from",
    "-provider",
    "-scheme",
    "-format",
    "-store",
    "-cache",
    "-server",
    "-host",
    "-level",
    "-limit",
];

/// Whether an option or key of this name has a secret for its value.
pub(super) fn names_secret(name: &[u8]) -> bool {
    if name.is_empty() || name.len() > 128 {
        return false;
    }
    // A value may be attached to what only looks like a name.
    let lower = name.iter().map(|b| if *b == b'_' { b'-' } else { b.to_ascii_lowercase() });
    let name: Zeroizing<Vec<u8>> = Zeroizing::new(lower.collect());
    let has = |part: &str| memchr::memmem::find(&name, part.as_bytes()).is_some();
    let about = ABOUT.iter().any(|end| name.ends_with(end.as_bytes()))
        || ["no-", "max-", "min-", "num-", "with-"].iter().any(|start| name.starts_with(start.as_bytes()))
        || name.ends_with(b"tokens")
        || name.ends_with(b"secrets")
        || has("author") && !has("authoriz");
    let ends = |end: &&str| {
        name.strip_suffix(end.as_bytes())
            .is_some_and(|rest| rest.last().is_none_or(|b| matches!(b, b'-' | b'.' | b':')))
    };
    !about && (PARTS.iter().any(|part| has(part)) || ENDS.iter().any(ends))
}

/// Commands that only start another one, and those of their options that take a word.
pub(super) static PREFIXES: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "-S"]),
    ("time", &["-f", "-o"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("timeout", &["-s", "-k"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("command", &[]),
    ("builtin", &[]),
    ("exec", &["-a"]),
    ("noglob", &[]),
    ("nocorrect", &[]),
    ("proxychains", &["-f"]),
    ("proxychains4", &["-f"]),
];

/// Words of the shell's own grammar that may stand before a command.
pub(super) static RESERVED: &[&str] =
    &["if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "begin", "and", "or", "not", "coproc"];

/// Shells whose `-c` takes a script.
pub(super) static SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "fish", "ash", "su"];
