//! Which stretches of a keyword are stretches of common words, too.
//!
//! `composio` is rare, `compo` is not: a search for it by its first five letters stops at every
//! component. Shared with the build script, so nothing but std.

/// Words of source code and documentation, by how often they stand there.
const WORDS: &str = include_str!("../../rules/ordinary/words.txt");
/// Bytes of a stretch: what the matcher looks for at once.
const STRETCH: usize = 5;

/// A bit for each of the first 64 places of `keyword` at which a stretch begins that common words have.
pub(super) fn places(keyword: &str) -> u64 {
    let lower = keyword.to_ascii_lowercase();
    let words = || WORDS.lines().filter(|line| !line.starts_with('#')).flat_map(|line| line.split(' ').skip(1));
    let common =
        |stretch: &[u8]| std::str::from_utf8(stretch).is_ok_and(|stretch| words().any(|w| w.contains(stretch)));
    let stretches = lower.as_bytes().windows(STRETCH).take(64).enumerate();
    stretches.filter(|(_, stretch)| common(stretch)).fold(0, |bits, (at, _)| bits | 1 << at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_of_common_words_are_told() {
        assert_eq!(places("checkzz_key"), 1);
        assert_eq!(places("Compozz"), 1);
        assert_eq!(places("ghp_"), 0);
        assert_eq!(places("zzcheckzz"), 1 << 2);
    }
}
