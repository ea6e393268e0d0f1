//! Counts, sizes, times and lists in words.

use std::fmt::{Display, Write as _};

/// At most `limit` characters of `text`, with `…` where some are left out.
pub(in crate::output) fn clip(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The text with a capital at its beginning.
pub(in crate::output) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + letters.as_str()
}

/// `1 secret`, `2 secrets`.
pub(in crate::output) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {}", thousands(number), if number == 1 { noun.to_owned() } else { plural(noun) })
}

/// The plural of a noun, or of a phrase that ends in one.
pub(in crate::output) fn plural(noun: &str) -> String {
    let vowel_before_y = noun.len() > 1 && noun.as_bytes()[noun.len() - 2].is_ascii() && {
        matches!(noun.as_bytes()[noun.len() - 2], b'a' | b'e' | b'o' | b'u')
    };
    match noun {
        _ if noun.ends_with('s') => noun.to_owned(),
        _ if noun.ends_with('y') && !vowel_before_y => format!("{}ies", &noun[..noun.len() - 1]),
        _ => format!("{noun}s"),
    }
}

/// `12,345`.
pub(in crate::output) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `45.6 MiB`.
pub(in crate::output) fn bytes(number: u64) -> String {
    const UNITS: &[&str] = &["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return count(number, "byte");
    }
    let mut value = number as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be shown as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `340 ms`, `1.2 s`, `3 min 5 s`.
pub(in crate::output) fn duration(ms: u64) -> String {
    match ms {
        0..=999 => format!("{ms} ms"),
        1_000..=59_949 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => {
            let seconds = ms.saturating_add(500) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(in crate::output) fn enumerate<T: Display>(items: &[T]) -> String {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        let joint = match items.len() - at {
            _ if at == 0 => "",
            1 => " and ",
            _ => ", ",
        };
        let _ = write!(text, "{joint}{item}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1_536), "1.5 KiB");
        assert_eq!(bytes(1_048_575), "1.0 MiB");
        assert_eq!(duration(59_949), "59.9 s");
        assert_eq!(duration(59_950), "1 min 0 s");
        assert_eq!(plural("key"), "keys");
        assert_eq!(plural("entry"), "entries");
        assert_eq!(enumerate(&["a", "b", "c"]), "a, b and c");
    }
}
