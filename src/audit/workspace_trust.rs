//! Whole homes among the folders that an editor of VS Code's family trusts: it keeps them in a row of its database.

use super::{AuditCx, Judgement};
use crate::model::{Evidence, Severity, Untrusted};
use crate::read::json::Kind;

/// The key of the row.
pub const ROW: &[u8] = b"content.trust.model.key";
/// Folders of one row.
const FOLDERS: usize = 10_000;

/// What a row's value, as a document of the database's surface, says of too large a folder.
#[must_use]
pub fn workspace_trust(cx: &AuditCx<'_>) -> Vec<Judgement> {
    let Some(tree) = &cx.doc.tree else { return Vec::new() };
    let Some(list) = tree.root().and_then(|root| tree.get(root, b"uriTrustInfo")) else { return Vec::new() };
    let mut found = Vec::new();
    for folder in tree.children(list).take(FOLDERS) {
        let trusted = tree.get(folder, b"trusted").is_some_and(|value| tree.kind(value) == Kind::True);
        let Some(uri) = tree.get(folder, b"uri").filter(|_| trusted) else { continue };
        let text = |key: &[u8]| tree.get(uri, key).and_then(|value| tree.text(value));
        let here = text(b"scheme").is_some_and(|scheme| scheme.bytes() == b"file");
        let Some(path) = text(b"path").filter(|_| here) else { continue };
        let path = (cx.mask)(path.bytes());
        if !is_broad(path.as_found()) {
            continue;
        }
        let shown = path.as_found().to_owned();
        let evidence = Evidence { value: Some(Untrusted::new(shown.clone())), ..Evidence::default() };
        found.extend(cx.judgement("vscode-broad-trust", Severity::Medium, vec![shown], tree.span(uri), evidence));
    }
    found
}

/// Whether a path of a URI is a home, what homes lie in, or where things are put that come from elsewhere.
fn is_broad(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.first().is_some_and(|drive| drive.ends_with(':')) {
        parts.remove(0);
    }
    matches!(
        parts.as_slice(),
        [] | ["root" | "tmp" | "home" | "users"]
            | ["home" | "users", _]
            | ["var" | "private", "tmp"]
            | [.., "downloads"]
    )
}

#[cfg(test)]
mod tests {
    use super::is_broad;

    #[test]
    fn homes_and_what_is_above() {
        for path in ["/", "/home/ada", "/home/ada/", "/Users", "/c:/Users/Ada", "/c:/", "/home/ada/Downloads", "/tmp"] {
            assert!(is_broad(path), "{path}");
        }
        for path in ["/home/ada/work", "/c:/work", "/Users/ada/work/app", "/srv/app"] {
            assert!(!is_broad(path), "{path}");
        }
    }
}
