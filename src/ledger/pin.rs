//! How a package that a command fetches is given a version: its name, whose cache knows what is installed of
//! it, and how its launcher writes the two together.
//!
//! Launchers whose notation is certain only; of the others nothing is said.

use super::package;
use crate::host::installed::Cache;
use crate::model::{Launch, Pin, Untrusted};

/// A package that a command fetches without an exact version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Whose cache has it.
    pub cache: Cache,
    /// Its name, without a version.
    pub name: String,
    /// As the command names it.
    pub written: String,
    /// What stands between name and version.
    between: &'static str,
}

/// What `launch` fetches, if it is one package and can be pinned.
#[must_use]
pub fn wanted(launch: &Launch) -> Option<Wanted> {
    let written = launch.package.as_deref().filter(|_| matches!(launch.pin, Pin::None | Pin::Tag))?;
    let words: Vec<&str> = launch.argv.iter().map(Untrusted::as_found).collect();
    let second = words.get(1).copied().unwrap_or_default();
    let cache = match launch.program.as_str() {
        "npx" => Cache::Npx,
        "npm" if matches!(second, "exec" | "x") => Cache::Npx,
        "bunx" => Cache::Bun,
        "bun" if second == "x" => Cache::Bun,
        "uvx" => Cache::Uv,
        "uv" if second == "tool" => Cache::Uv,
        _ => return None,
    };
    let (name, between) = match cache {
        Cache::Npx | Cache::Bun => (npm_name(written)?, "@"),
        // `uvx name@1.2.3`, but `uvx --from name==1.2.3 program`.
        Cache::Uv => {
            let named = words.windows(2).any(|pair| matches!(pair[0], "--from" | "--with") && pair[1] == written);
            (python_name(written)?, if named { "==" } else { "@" })
        }
    };
    Some(Wanted { cache, name: name.to_owned(), written: written.to_owned(), between })
}

impl Wanted {
    /// The package at `version`; `None` where that would not be an exact one.
    #[must_use]
    pub fn at(&self, version: &str) -> Option<String> {
        let pinned = format!("{}{}{version}", self.name, self.between);
        let pin = if self.cache == Cache::Uv { package::python(&pinned) } else { package::npm(&pinned) };
        (pin == Pin::Exact).then_some(pinned)
    }
}

/// `@scope/name` of `@scope/name@latest`. An alias, a path, an address are no name.
fn npm_name(written: &str) -> Option<&str> {
    let at = written.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(written.len(), |(at, _)| at);
    let name = &written[..at];
    let (scope, own) = match name.strip_prefix('@') {
        Some(rest) => rest.split_once('/')?,
        None => ("x", name),
    };
    (is_word(scope) && is_word(own) && !written.contains(':')).then_some(name)
}

/// `name` of `name@latest` and `name>=2`; one with extras is written otherwise.
fn python_name(written: &str) -> Option<&str> {
    let end = written.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(written.len());
    let rest = &written[end..];
    (is_word(&written[..end]) && !rest.contains(['[', ':', ';', ','])).then_some(&written[..end])
}

/// A name that can be part of a path.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::launch;

    fn of(words: &[&str]) -> Option<(String, Option<String>)> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        let launch = launch::of_words(&words, &|text| Untrusted::from_bytes(text));
        wanted(&launch).map(|wanted| (wanted.name.clone(), wanted.at("1.2.3")))
    }

    #[test]
    fn each_launcher_in_its_notation() {
        let is = |words: &[&str], name: &str, pinned: &str| {
            assert_eq!(of(words), Some((name.to_owned(), Some(pinned.to_owned()))), "{words:?}");
        };
        is(&["npx", "-y", "acme-mcp"], "acme-mcp", "acme-mcp@1.2.3");
        is(&["npx", "-y", "@acme/mcp@latest", "--port", "1"], "@acme/mcp", "@acme/mcp@1.2.3");
        is(&["cmd", "/c", "npx", "acme-mcp@^2"], "acme-mcp", "acme-mcp@1.2.3");
        is(&["uvx", "acme-mcp"], "acme-mcp", "acme-mcp@1.2.3");
        is(&["uvx", "--from", "acme>=1", "acme-mcp"], "acme", "acme==1.2.3");
        is(&["bunx", "acme-mcp"], "acme-mcp", "acme-mcp@1.2.3");
    }

    #[test]
    fn what_cannot_be_written_with_certainty_is_left() {
        for words in [
            &["npx", "-y", "acme-mcp@1.0.0"][..],
            &["npx", "-y", "github:acme/mcp"],
            &["npx", "-y", "x@npm:acme"],
            &["npx", "-y", "@acme/../../etc"],
            &["uvx", "acme[extra]"],
            &["uvx", "git+https://git.example.com/acme"],
            &["docker", "run", "acme/mcp"],
            &["node", "server.js"],
        ] {
            assert_eq!(of(words), None, "{words:?}");
        }
    }
}
