//! Text that comes from the machine under scan: paths, keys, commands.
//!
//! Its `Display` is the only way to a terminal and cannot be bypassed by accident: control, bidi,
//! zero-width and tag characters come out escaped. Masking of secrets happens before a value is
//! made (floor 3); nothing here knows what a secret is.

use std::fmt::{self, Write as _};

/// Text somebody else wrote. Printing it is safe; trusting it is not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted(String);

impl Untrusted {
    /// Wraps text as it was found.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Wraps bytes; what is not UTF-8 is percent-escaped, so different bytes stay different.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for byte in chunk.invalid() {
                let _ = write!(text, "%{byte:02X}");
            }
        }
        Self(text)
    }

    /// The text as found, for formats that do their own escaping (JSON, SARIF).
    #[must_use]
    pub fn as_found(&self) -> &str {
        &self.0
    }

    /// Whether a character must be escaped wherever it is shown: control, bidi, zero-width, tag characters.
    #[must_use]
    pub fn must_escape(c: char) -> bool {
        deceptive(c)
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Characters that change how the rest of a line is shown, or are not shown at all.
#[must_use]
fn deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                c if deceptive(c) => write!(f, "\\u{{{:x}}}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}
