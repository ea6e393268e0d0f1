//! What is said on standard error, without secrets: a call may hold one by mistake, and messages echo.
//!
//! Tokens are told by the built-in rules; the rest by its looks, which here may err on the safe side.
//! Reports do not come by: their texts were masked where they were read.

use crate::detect::{Detector, statistics};
use crate::model::{KeyRing, Limits};
use crate::rules::RulePack;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// What stands for a secret.
const STAND_IN: &str = "[secret]";
/// Letters and digits in a row, mixed, of which fewer are taken for a name.
const LEAST: usize = 16;
/// Bytes of a message that are shown.
const MOST: usize = 16 << 10;

/// `message` without what may be a secret.
#[must_use]
pub(super) fn text(message: &str) -> String {
    let end = (0..=MOST.min(message.len())).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
    let message = &message[..end];
    // Most messages echo no word that could be one; the rules are not free to compile.
    if !words(message).any(|word| word.len() >= LEAST) && !message.contains("://") {
        return message.to_owned();
    }
    let pack = RulePack::builtin();
    let keys = KeyRing::new(Zeroizing::new(vec![0; 32]));
    let detector = Detector::new(&pack, &keys, Limits::SHIPPED, SystemTime::UNIX_EPOCH);
    let masked = detector.mask_text(message.as_bytes());
    let mut out = masked.as_found().to_owned();
    for word in words(masked.as_found()).filter(|word| looks_made(word)) {
        out = out.replace(word, STAND_IN);
    }
    out
}

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

/// Whether a word was drawn at random rather than named.
fn looks_made(word: &str) -> bool {
    let has = |class: fn(&u8) -> bool| word.bytes().any(|byte| class(&byte));
    let mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    word.len() >= LEAST && mixed && statistics::looks_random(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn names_stay_and_random_words_go() {
        for plain in [
            "no such file or folder: /home/ada/src/a-rather-long-folder-name/IMG20240101123456789.txt",
            "no rule `npm-acces-token` (did you mean `npm-access-token`?)",
            "no saved run has a finding 753786ada247b5017e4c",
        ] {
            assert_eq!(text(plain), plain);
        }
        let value = ["2Lv4otb", "R96RMxje", "5kKmQ7w"].concat();
        assert!(!text(&format!("no such file or folder: a/{value}.txt")).contains(&value[..8]));
    }
}
