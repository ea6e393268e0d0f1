//! What the user approved before, as products remember it: folders that are trusted, files that are allowed as they
//! are, single hooks and servers by their fingerprints.
//!
//! It tells "would run" from "could run", so it changes an entry's consent and nothing else. Only what a home keeps in
//! its own files at user level is handed in here: what comes with a project approves nothing. A decision that does not
//! fit what it was made of any more is none.

use super::fingerprint::{codex_hook, cursor_server, hex};
use super::node::select;
use crate::model::{AutorunEntry, Consent};
use crate::read::Document;
use crate::read::json::{NodeId, Tree};
use crate::rules::place::Level;
use crate::rules::rule::{Decision, How, List, Str, Surface};
use std::collections::BTreeSet;

/// Decisions of one home.
const DECISIONS: usize = 20_000;
/// How JetBrains writes the home.
const USER_HOME: &str = "$USER_HOME$";
/// Codex trusts each hook by itself, whatever folder it is in.
const BY_HOOK: [&str; 2] = ["codex.config", "codex.hooks"];

/// What one home's own files say.
#[derive(Debug, Default)]
pub struct Approvals {
    said: Vec<Said>,
}

#[derive(Debug)]
struct Said {
    /// Surfaces whose entries it is about.
    of: List<Str>,
    what: What,
}

#[derive(Debug)]
enum What {
    /// A folder and all below it.
    Below { folder: String, allowed: bool },
    /// A folder, and what belongs to its repository.
    Project(String),
    /// A file, or the folder whose files it is.
    Exactly { path: String, allowed: bool, content: String },
    /// Digests of files.
    Digests { names: BTreeSet<String>, allowed: bool },
    /// A hook's key and fingerprint.
    Hook { key: String, fingerprint: String },
    /// A server's fingerprint.
    Server(String),
}

/// The file whose entries are asked about.
pub struct Asked<'a> {
    /// Its surface.
    pub surface: &'a Surface,
    /// Whose decision the file is.
    pub level: Level,
    /// Where it is.
    pub path: &'a str,
    /// The root of the repository it belongs to.
    pub repository: Option<&'a str>,
    /// What it holds.
    pub doc: &'a Document<'a>,
}

impl Approvals {
    /// Takes what a document of `surface`, at its user-level place below `home`, says.
    pub fn take(&mut self, surface: &Surface, tree: &Tree<'_>, home: &str) {
        let Some(root) = tree.root() else { return };
        for decision in surface.approves.iter().filter(|decision| !decision.at.is_empty()) {
            for node in select(tree, root, &decision.at) {
                if let Some(what) = what(decision, tree, node, home) {
                    self.add(decision, what);
                }
            }
        }
    }

    /// Takes the names of a folder whose names are digests.
    pub fn take_names(&mut self, decision: &Decision, names: BTreeSet<String>) {
        self.add(decision, What::Digests { names, allowed: decision.how == How::Digest });
    }

    /// Takes where a link of a folder of links leads, and the digest of the content that was trusted where one is
    /// kept.
    pub fn take_link(&mut self, decision: &Decision, target: &str, content: &str) {
        let Some(path) = plain(target, "") else { return };
        let (allowed, content) = (decision.how == How::Link, content.trim().to_ascii_lowercase());
        self.add(decision, What::Exactly { path, allowed, content });
    }

    /// Sets the consent of those entries of one file that were approved.
    pub fn apply<'e>(&self, asked: &Asked<'_>, entries: impl Iterator<Item = &'e mut AutorunEntry>) {
        let said: Vec<&What> =
            self.said.iter().filter(|said| said.of.contains(&asked.surface.id)).map(|said| &said.what).collect();
        if said.is_empty() {
            return;
        }
        // Of the folder and the file, not of one entry: asked once.
        let whole = asked.level == Level::Project && approves(&said, asked);
        for entry in entries.filter(|entry| matches!(entry.consent, Consent::Asked | Consent::Unasked)) {
            let by_hook =
                BY_HOOK.contains(&&*asked.surface.id) && entry.pointer.first().is_some_and(|key| key == "hooks");
            if !by_hook && whole || names(&said, asked, entry) {
                entry.consent = Consent::Approved;
            }
        }
    }

    fn add(&mut self, decision: &Decision, what: What) {
        if self.said.len() < DECISIONS {
            self.said.push(Said { of: decision.of.clone(), what });
        }
    }
}

/// What one place of a document says; `None` where it does not say it.
fn what(decision: &Decision, tree: &Tree<'_>, node: NodeId, home: &str) -> Option<What> {
    let value = tree.text(node);
    let value = value.as_ref().map_or_else(|| tree.raw(node), |text| text.bytes());
    let value = std::str::from_utf8(value).ok()?;
    let keys = tree.path(node);
    let star = decision.at.split('/').enumerate().filter(|(_, part)| *part == "*").map(|(at, _)| at).last();
    let key = || star.and_then(|at| std::str::from_utf8(keys.get(at)?.bytes()).ok().map(str::to_owned));
    match decision.how {
        How::CodexHook => return Some(What::Hook { key: key()?, fingerprint: value.to_owned() }),
        How::CursorServer => return Some(What::Server(value.to_owned())),
        _ => {}
    }
    let path = if decision.is.is_empty() { value.to_owned() } else { key().filter(|_| decision.is == value)? };
    let mut folder = plain(&path, home)?;
    if decision.how == How::Parent {
        folder.truncate(folder.rfind('/')?);
    }
    Some(match decision.how {
        How::Project => What::Project(folder),
        how => What::Below { folder, allowed: how != How::Refused },
    })
}

/// Whether the file, or the folder it is in, was approved.
fn approves(said: &[&What], asked: &Asked<'_>) -> bool {
    let Some(path) = plain(asked.path, "") else { return false };
    let root = root_of(&path);
    let repository = asked.repository.and_then(|repository| plain(repository, ""));
    let mut with_content = format!("{}\n", asked.path).into_bytes();
    let by_path = hex(&with_content);
    with_content.extend_from_slice(asked.doc.source);
    let by_content = hex(&with_content);
    // The closest folder decides; of two at one place the refusal does.
    let mut closest: Option<(usize, bool)> = None;
    let (mut exactly, mut refused) = (false, false);
    for what in said {
        match what {
            What::Below { folder, allowed } if is_below(&path, folder) => {
                let here = (folder.len(), *allowed);
                let wins = |(length, allows): (usize, bool)| here.0 > length || here.0 == length && allows;
                if closest.is_none_or(wins) {
                    closest = Some(here);
                }
            }
            What::Project(folder) if folder == root => exactly = true,
            What::Project(folder) if is_below(root, folder) => {
                exactly |= repository.as_ref().is_some_and(|repository| is_below(folder, repository));
            }
            What::Exactly { path: file, allowed, content } if *file == path || file == root => {
                let same = content.is_empty() || *file != path || *content == hex(asked.doc.source);
                exactly |= *allowed && same;
                refused |= !allowed;
            }
            What::Digests { names, allowed: true } => exactly |= names.contains(&by_content),
            What::Digests { names, allowed: false } => refused |= names.contains(&by_path),
            _ => {}
        }
    }
    !refused && (exactly || closest.is_some_and(|(_, allowed)| allowed))
}

/// Whether this very entry was approved.
fn names(said: &[&What], asked: &Asked<'_>, entry: &AutorunEntry) -> bool {
    let Some(tree) = asked.doc.tree.as_ref().filter(|_| asked.level != Level::System) else { return false };
    let (mut hook, mut server) = (None, None);
    said.iter().any(|what| match what {
        What::Hook { key, fingerprint } => {
            let own = hook.get_or_insert_with(|| codex_hook(entry, asked.path, tree));
            own.as_ref().is_some_and(|(own, now)| own == key && now == fingerprint)
        }
        What::Server(name) => {
            let own = server.get_or_insert_with(|| cursor_server(entry, root_of(asked.path), tree));
            own.as_ref() == Some(name)
        }
        _ => false,
    })
}

/// A path in the one form in which paths are compared: without a trailing slash, Windows' in lower case with slashes;
/// `None` for one that is not absolute, or goes back up.
fn plain(path: &str, home: &str) -> Option<String> {
    let at_home = ["~", USER_HOME].iter().find_map(|word| path.strip_prefix(word));
    let at_home = at_home.filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
    let mut path = at_home.filter(|_| !home.is_empty()).map_or_else(|| path.to_owned(), |rest| format!("{home}{rest}"));
    let drive = path.get(1..2) == Some(":") && path.starts_with(|first: char| first.is_ascii_alphabetic());
    if drive || path.starts_with("\\\\") {
        path = path.replace('\\', "/").to_ascii_lowercase();
    }
    if !drive && !path.starts_with('/') || path.split('/').any(|part| part == "..") {
        return None;
    }
    path.truncate(path.trim_end_matches('/').len());
    Some(path)
}

/// Whether a path is `folder` or lies below it. The root of all is empty by then.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The folder whose settings a file is: above `.codex`, `.config/mise` and their like.
fn root_of(path: &str) -> &str {
    let divided = |path: &str| path.rfind(['/', '\\']);
    let Some(end) = divided(path) else { return "" };
    let (mut folder, mut named) = (&path[..end], path[end + 1..].starts_with("config."));
    while let Some(at) = divided(folder) {
        let name = &folder[at + 1..];
        if !name.starts_with('.') && name != "conf.d" && !(named && name == "mise") {
            break;
        }
        named |= name == "conf.d";
        folder = &folder[..at];
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::{is_below, plain, root_of};

    #[test]
    fn paths_have_one_form() {
        let of = |path: &str| plain(path, "/home/ada").unwrap_or_default();
        assert_eq!(of("/srv/app/"), "/srv/app");
        assert_eq!(of("C:\\Users\\Ada\\app\\"), "c:/users/ada/app");
        assert_eq!(of("$USER_HOME$/app"), "/home/ada/app");
        assert_eq!(of("~"), "/home/ada");
        for none in ["app", "", "./app", "/srv/../etc", "~ada/app"] {
            assert_eq!(plain(none, "/home/ada"), None, "{none}");
        }
        assert_eq!(of("/"), "");
        assert!(is_below("/srv/app/x", "/srv/app") && is_below("/srv/app", "/srv/app") && is_below("/srv", ""));
        assert!(!is_below("/srv/apple", "/srv/app"));
    }

    #[test]
    fn settings_belong_to_the_folder_above_their_own() {
        for path in [
            "/srv/app/.codex/config.toml",
            "/srv/app/.envrc",
            "/srv/app/mise.toml",
            "/srv/app/.config/mise/config.toml",
            "/srv/app/.config/mise/conf.d/x.toml",
            "/srv/app/mise/config.local.toml",
            "/srv/app/.idea/startup.xml",
        ] {
            assert_eq!(root_of(path), "/srv/app", "{path}");
        }
        assert_eq!(root_of("/srv/mise/mise.toml"), "/srv/mise");
    }
}
