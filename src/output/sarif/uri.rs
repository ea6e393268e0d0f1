//! Paths as URIs (RFC 3986, RFC 8089), relative to the audited homes or scanned roots where they lie below one.

use crate::model::{Location, ScanReport, Untrusted};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// An `artifactLocation`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<String>,
}

/// The folders that URIs are relative to.
pub(super) struct Bases(Vec<(String, String)>);

impl Bases {
    /// The roots of the scan as the report has them, which is masked.
    pub(super) fn of(report: &ScanReport) -> Self {
        let word = if report.scan.mode == "audit" { "HOME" } else { "ROOT" };
        let roots: Vec<_> = report.scan.roots.iter().map(|root| absolute(root.as_found().as_bytes())).collect();
        let single = roots.len() == 1;
        let named = roots.into_iter().enumerate().filter_map(|(nth, uri)| {
            let mut uri = uri?;
            if !uri.ends_with('/') {
                uri.push('/');
            }
            Some((if single { word.to_owned() } else { format!("{word}{}", nth + 1) }, uri))
        });
        Self(named.collect())
    }

    /// `originalUriBaseIds`.
    pub(super) fn wire(&self) -> BTreeMap<String, Artifact> {
        self.0.iter().map(|(id, uri)| (id.clone(), Artifact { uri: uri.clone(), uri_base_id: None })).collect()
    }

    /// Where a finding lies.
    pub(super) fn location(&self, location: &Location) -> Artifact {
        match &location.path_bytes {
            // Masking may have changed the path; then its bytes are nobody's to see.
            Some(bytes) if Untrusted::from_bytes(bytes) == location.path => self.artifact(bytes),
            _ => self.path(&location.path),
        }
    }

    /// Any other path of the report.
    pub(super) fn path(&self, path: &Untrusted) -> Artifact {
        self.artifact(path.as_found().as_bytes())
    }

    fn artifact(&self, path: &[u8]) -> Artifact {
        let Some(uri) = absolute(path) else { return Artifact { uri: relative(path), uri_base_id: None } };
        // With one root inside another, the nearest one counts.
        let below = |(id, base): &(String, String)| Some((base.len(), id.clone())).filter(|_| is_below(&uri, base));
        match self.0.iter().filter_map(below).max_by_key(|(length, _)| *length) {
            Some((length, id)) => Artifact { uri: relative_uri(&uri[length..]), uri_base_id: Some(id) },
            None => Artifact { uri, uri_base_id: None },
        }
    }
}

fn is_below(uri: &str, base: &str) -> bool {
    uri.len() > base.len() && uri.starts_with(base)
}

/// `file:///home/ada/x`, `file:///C:/Users/ada`, `file://server/share`; `None` for a relative path.
fn absolute(path: &[u8]) -> Option<String> {
    match path {
        [b'\\', b'\\', ..] => Some(format!("file:{}", encode(path, true))),
        [b'/', b'/', ..] => absolute(&path[1..]),
        [b'/', ..] => Some(format!("file://{}", encode(path, false))),
        [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic() => {
            Some(format!("file:///{}:{}", char::from(*drive), encode(&path[2..], true)))
        }
        _ => None,
    }
}

fn relative(path: &[u8]) -> String {
    relative_uri(&encode(path, false))
}

/// A first segment with a colon would read as a scheme, one that is empty as a host.
fn relative_uri(encoded: &str) -> String {
    let first = encoded.split('/').next().unwrap_or_default();
    if first.contains(':') || first.is_empty() {
        format!("./{}", encoded.trim_start_matches('/'))
    } else {
        encoded.into()
    }
}

/// Percent-encodes all but what a path may hold; `backslash` separates folders where it does so.
fn encode(path: &[u8], backslash: bool) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path {
        match byte {
            b'\\' if backslash => text.push('/'),
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b':'
            | b'@'
            | b'+'
            | b','
            | b'=' => {
                text.push(char::from(*byte));
            }
            byte => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}
