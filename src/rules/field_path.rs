//! Key-path globs of surfaces and settings, such as `mcpServers/*/env/*` and `**/*:_authToken`.
//!
//! `*` stands for any run within one part, `**` as a whole part for any number of parts. A path is
//! given as its keys, so a `/` inside a key never divides it; a pattern writes that as `~1`, and `~`
//! as `~0`, as JSON Pointer does (RFC 6901). What the fields mean is the detector's business.

use super::wildcard::Wildcard;
use crate::read::Text;

/// A compiled key-path glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldPath {
    /// Runs of parts between `**`: the first is bound to the start, the last to the end.
    runs: Vec<Vec<Wildcard>>,
}

impl FieldPath {
    /// Compiles a pattern; every text is one, so this cannot fail.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        let mut runs = vec![Vec::new()];
        for part in pattern.split('/') {
            match runs.last_mut() {
                Some(run) if part != "**" => run.push(Wildcard::new(part, unescape)),
                _ => runs.push(Vec::new()),
            }
        }
        Self { runs }
    }

    /// Whether the whole path fits. Takes time in proportion to the path, for a given pattern.
    #[must_use]
    pub fn matches(&self, path: &[Text<'_>]) -> bool {
        self.matches_by(path, Text::bytes)
    }

    /// The same for a path whose keys are plain bytes.
    #[must_use]
    pub fn matches_bytes(&self, path: &[&[u8]]) -> bool {
        self.matches_by(path, |part| part)
    }

    /// How many parts every path that fits has; `None` when the pattern has `**`.
    #[must_use]
    pub fn parts(&self) -> Option<usize> {
        match self.runs.as_slice() {
            [only] => Some(only.len()),
            _ => None,
        }
    }

    /// Whether `key` fits the part at `index` of a pattern without `**`; for walking down a tree.
    #[must_use]
    pub fn part_matches(&self, index: usize, key: &[u8]) -> bool {
        self.parts().is_some() && self.runs[0].get(index).is_some_and(|part| part.matches(key))
    }

    /// The index of the last part with a star, in a pattern without `**`.
    #[must_use]
    pub fn last_star(&self) -> Option<usize> {
        self.parts()?;
        self.runs[0].iter().rposition(|part| part.literal().is_none())
    }

    fn matches_by<T>(&self, path: &[T], bytes: impl Fn(&T) -> &[u8]) -> bool {
        let fits = |run: &[Wildcard], at: &[T]| run.iter().zip(at).all(|(part, key)| part.matches(bytes(key)));
        let [first, middle @ .., last] = self.runs.as_slice() else {
            return self.runs.first().is_some_and(|run| run.len() == path.len() && fits(run, path));
        };
        let Some(room) = path.len().checked_sub(first.len() + last.len()) else { return false };
        let (head, rest) = path.split_at(first.len());
        let (mut rest, tail) = rest.split_at(room);
        if !fits(first, head) || !fits(last, tail) {
            return false;
        }
        for run in middle.iter().filter(|run| !run.is_empty()) {
            match rest.windows(run.len()).position(|window| fits(run, window)) {
                Some(at) => rest = &rest[at + run.len()..],
                None => return false,
            }
        }
        true
    }
}

fn unescape(piece: &str) -> String {
    piece.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::FieldPath;

    fn fits(pattern: &str, path: &[&str]) -> bool {
        let path: Vec<&[u8]> = path.iter().map(|part| part.as_bytes()).collect();
        FieldPath::new(pattern).matches_bytes(&path)
    }

    #[test]
    fn stars_and_double_stars() {
        assert!(fits("mcpServers/*/env/*", &["mcpServers", "a/b", "env", "KEY"]));
        assert!(!fits("mcpServers/*/env/*", &["mcpServers", "env", "KEY"]));
        assert!(!fits("mcpServers/*/env/*", &["mcpServers", "a", "env", "KEY", "x"]));
        assert!(fits("**/*:_authToken", &["//npm.example.com/:_authToken"]));
        assert!(fits("**/*_authToken", &["section", "_authToken"]));
        assert!(fits("**", &[]));
        assert!(fits("a/**", &["a"]));
        assert!(fits("a/**/b/**/c", &["a", "x", "b", "b", "c"]));
        assert!(!fits("a/**/b/**/c", &["a", "c", "b"]));
        assert!(!fits("a/**/a", &["a"]));
    }

    #[test]
    fn a_slash_and_a_tilde_inside_a_key_are_escaped() {
        assert!(fits("ItemTable/cursorAuth~1accessToken", &["ItemTable", "cursorAuth/accessToken"]));
        assert!(!fits("ItemTable/cursorAuth~1accessToken", &["ItemTable", "cursorAuth", "accessToken"]));
        assert!(fits("a~01", &["a~1"]));
    }

    #[test]
    fn deep_hostile_paths_end_soon() {
        let path = vec!["a"; 100_000];
        assert!(!fits("**/a/a/a/**/a/a/**/b", &path));
    }
}
