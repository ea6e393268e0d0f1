//! Takes the secrets of a document out of every other text that leaves: fields, keys, commands, URLs, paths.

use super::{Detector, Scene};
use crate::model::{Secret, Untrusted};
use crate::read::url;
use std::borrow::Cow;
use std::ops::Range;

/// What stands for a secret in a text.
const STAND_IN: &[u8] = b"[secret]";
/// Shorter secrets are masked only where they are a word of their own: `root` is part of many paths.
const SHORT: usize = 8;

/// The secrets of one document. Lives as long as the document.
#[derive(Default)]
pub struct Mask {
    secrets: Vec<Secret>,
}

impl Mask {
    pub(super) fn new(_: &Detector<'_>) -> Self {
        Self::default()
    }

    /// Remembers a secret, and the forms in which it may stand in other texts.
    pub(super) fn add(&mut self, secret: &Secret) {
        let bytes = secret.expose();
        if bytes.is_empty() || self.secrets.iter().any(|known| known.expose() == bytes) {
            return;
        }
        self.secrets.push(Secret::copy_of(bytes));
        if bytes.len() >= SHORT {
            if let Some(decoded) = url::percent_decode(bytes) {
                self.secrets.push(Secret::from_zeroizing(decoded));
            }
            self.secrets.push(Secret::copy_of(data_encoding::BASE64.encode(bytes).trim_end_matches('=').as_bytes()));
        }
        // The longest first: a secret inside another must not leave the other's rest.
        self.secrets.sort_by_key(|s| std::cmp::Reverse(s.len()));
    }

    /// `text` without the document's secrets, without anything of a token's shape, without URL passwords.
    #[must_use]
    pub fn text(&self, detector: &Detector<'_>, text: &[u8]) -> Untrusted {
        let mut text = Cow::Borrowed(text);
        for secret in &self.secrets {
            let needle = secret.expose();
            let found: Vec<Range<usize>> = memchr::memmem::find_iter(&text, needle)
                .map(|at| at..at + needle.len())
                .filter(|span| needle.len() >= SHORT || is_word(&text, span))
                .collect();
            text = cut(text, &found);
        }
        let mut spans = Vec::new();
        let mut sightings = Vec::new();
        detector.tokens(&text, &Scene::TEXT, &mut sightings);
        spans.extend(sightings.iter().map(|s| s.span.clone()));
        url::find_userinfo(&text, &mut |userinfo, _| spans.push(userinfo.password));
        Untrusted::from_bytes(&cut(text, &spans))
    }
}

/// Whether `span` is not part of a longer word.
fn is_word(text: &[u8], span: &Range<usize>) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    !word(span.start.checked_sub(1).and_then(|i| text.get(i))) && !word(text.get(span.end))
}

/// Replaces `spans` of `text`; overlapping ones are taken as one.
fn cut<'t>(text: Cow<'t, [u8]>, spans: &[Range<usize>]) -> Cow<'t, [u8]> {
    let mut spans: Vec<&Range<usize>> = spans.iter().filter(|s| !s.is_empty()).collect();
    if spans.is_empty() {
        return text;
    }
    spans.sort_by_key(|s| s.start);
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        if span.start >= at {
            out.extend_from_slice(&text[at..span.start]);
            out.extend_from_slice(STAND_IN);
        }
        at = at.max(span.end);
    }
    out.extend_from_slice(&text[at..]);
    Cow::Owned(out)
}
