//! The name a sealed secret leaves behind: what stands in a configuration in its place.

use std::fmt;

/// Longest name, bytes: short enough for every keychain and for a line of configuration.
const MOST: usize = 200;

/// The account of a keychain item, such as `npm/npm.example.com`.
///
/// Letters, digits and `. _ - / : @ ~` only, so that a name needs no quotes in a shell, in JSON or in
/// an INI file, and can stand before or after `=`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 200 letters, digits and . _ - / : @ ~, and starts with a letter or a digit")]
pub struct BadName;

impl VaultName {
    /// Reads a name as a user gives it.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let fits = text.len() <= MOST
            && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
            && text.bytes().all(allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(BadName) }
    }

    /// Makes a name of parts found in a file: what may not stand in a name becomes `_`. Empty parts are left out.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut name = String::new();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            if !name.is_empty() {
                name.push('/');
            }
            name.extend(part.bytes().map(|b| if allowed(b) && b != b'/' { char::from(b) } else { '_' }));
        }
        if !name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric()) {
            name.insert(0, 'x');
        }
        name.truncate(MOST - 8);
        Self(name)
    }

    /// The same name with a number behind it: for a second secret that would have the same one.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        Self(format!("{}~{number}", self.0))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b':' | b'@' | b'~')
}

#[cfg(test)]
mod tests {
    use super::VaultName;

    #[test]
    fn names_are_made_of_what_is_found() {
        assert_eq!(VaultName::of(&["npm", "npm.example.com:4873"]).as_str(), "npm/npm.example.com:4873");
        assert_eq!(VaultName::of(&["mcp", "my server", "", "API KEY="]).as_str(), "mcp/my_server/API_KEY_");
        assert_eq!(VaultName::of(&["-x"]).as_str(), "x-x");
        for name in [VaultName::of(&["é".repeat(300).as_str()]), VaultName::of(&[])] {
            assert!(VaultName::parse(name.as_str()).is_ok());
            assert!(VaultName::parse(name.numbered(u32::MAX / 1000).as_str()).is_ok());
        }
    }

    #[test]
    fn what_a_shell_would_read_is_no_name() {
        for text in ["", "-a", "/a", "a b", "a=b", "a;b", "a$b", "a\nb", "é"] {
            assert!(VaultName::parse(text).is_err(), "{text}");
        }
    }
}
