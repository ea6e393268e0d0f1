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
    /// In order of bytes, each once, after [`Mask::seal`]: a document may hold a hundred thousand.
    secrets: Vec<Secret>,
}

impl Mask {
    pub(super) fn new(_: &Detector<'_>) -> Self {
        Self::default()
    }

    /// Remembers a secret, and the forms in which it may stand in other texts.
    pub(super) fn add(&mut self, secret: &Secret) {
        let bytes = secret.expose();
        if bytes.is_empty() {
            return;
        }
        self.secrets.push(Secret::copy_of(bytes));
        if bytes.len() >= SHORT {
            if let Some(decoded) = url::percent_decode(bytes) {
                self.secrets.push(Secret::from_zeroizing(decoded));
            }
            self.secrets.push(Secret::copy_of(data_encoding::BASE64.encode(bytes).trim_end_matches('=').as_bytes()));
        }
    }

    /// To be called after the last [`Mask::add`].
    pub(super) fn seal(&mut self) {
        self.secrets.sort_unstable_by(|a, b| a.expose().cmp(b.expose()));
        self.secrets.dedup_by(|a, b| a.expose() == b.expose());
    }

    /// `text` without the document's secrets, without anything of a token's shape, without URL passwords.
    #[must_use]
    pub fn text(&self, detector: &Detector<'_>, text: &[u8]) -> Untrusted {
        let found = if self.secrets.is_empty() { Vec::new() } else { self.spans(text) };
        let text = cut(Cow::Borrowed(text), &found);
        let mut spans = Vec::new();
        let mut sightings = Vec::new();
        detector.tokens(&text, &Scene::TEXT, &mut sightings);
        spans.extend(sightings.iter().map(|s| s.span.clone()));
        url::find_userinfo(&text, &mut |userinfo, _| spans.push(userinfo.password));
        Untrusted::from_bytes(&cut(text, &spans))
    }

    /// Where in `text` the secrets stand.
    fn spans(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        for at in 0..text.len() {
            let mut longest = text.len() - at;
            // Short ones count only as a word, so a shorter one may hold where a longer one does not.
            while let Some(length) = self.longest_prefix(&text[at..at + longest]) {
                let span = at..at + length;
                if length >= SHORT || is_word(text, &span) {
                    spans.push(span);
                    break;
                }
                longest = length - 1;
            }
        }
        spans
    }

    /// Length of the longest secret that `text` begins with.
    ///
    /// In order of bytes a prefix of `text` comes before it; where the one right before is none, what
    /// the two have in common bounds how long a prefix can be.
    fn longest_prefix(&self, text: &[u8]) -> Option<usize> {
        let mut text = text;
        while !text.is_empty() {
            let before = self.secrets.partition_point(|secret| secret.expose() <= text);
            let nearest = self.secrets.get(before.checked_sub(1)?)?.expose();
            let common = nearest.iter().zip(text).take_while(|(a, b)| a == b).count();
            if common == nearest.len() {
                return Some(common);
            }
            text = &text[..common];
        }
        None
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
