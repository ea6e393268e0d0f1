//! Detections that need more than a pattern: key blocks and URL passwords. Their texts are rules like all others.

use super::matcher::Marks;
use super::sighting::{Rank, Sighting};
use super::{Detector, Scene, gates, statistics};
use crate::model::{Confidence, Secret};
use crate::read::{private_key, url};
use crate::rules::{RuleIdx, RulePack};

/// The rules that code reports under; `None` when the pack does not have or want one.
pub(super) struct CodedRules {
    pub(super) assignment: Option<RuleIdx>,
    pub(super) option: Option<RuleIdx>,
    pub(super) bearer: Option<RuleIdx>,
    pub(super) basic: Option<RuleIdx>,
    pub(super) url: Option<RuleIdx>,
    key: Option<RuleIdx>,
    encrypted_key: Option<RuleIdx>,
    key_handle: Option<RuleIdx>,
}

impl CodedRules {
    pub(super) fn new(pack: &RulePack) -> Self {
        let find = |id| pack.find(id).filter(|rule| pack.enabled(*rule));
        Self {
            assignment: find("generic-secret-assignment"),
            option: find("command-line-password"),
            bearer: find("bearer-token"),
            basic: find("basic-auth-header"),
            url: find("url-password"),
            key: find("private-key-unencrypted"),
            encrypted_key: find("private-key-encrypted"),
            key_handle: find("private-key-handle"),
        }
    }
}

/// Hosts that stand in documentation.
const SAMPLE_HOSTS: &[&[u8]] =
    &[b"example.com", b"example.org", b"example.net", b"localhost", b"127.0.0.1", b"[::1]", b"0.0.0.0"];
/// Top-level names that nobody can register (RFC 2606). In loose text only: a resolver may be told anything.
const SAMPLE_TOPS: &[&[u8]] = &[b".example", b".test", b".invalid"];

impl Detector<'_> {
    /// Key blocks and URL passwords of any text; `marks` tells whether there may be blocks.
    pub(super) fn coded(&self, source: &[u8], scene: &Scene<'_>, marks: Marks, out: &mut Vec<Sighting>) {
        let rules = [self.coded.key, self.coded.encrypted_key, self.coded.key_handle];
        if marks.key_block && rules.iter().any(Option::is_some) {
            self.key_blocks(source, out);
        }
        if let Some(rule) = self.coded.url {
            let loose = scene.surface.is_none();
            url::find_userinfo(source, &mut |userinfo, _| {
                out.extend(self.url_password(rule, source, &userinfo, loose));
            });
        }
    }

    pub(super) fn key_blocks(&self, source: &[u8], out: &mut Vec<Sighting>) {
        for block in private_key::find(source, &self.limits) {
            // A header without a body is documentation or code that looks for keys.
            if !block.complete {
                continue;
            }
            let is_handle = block.label.is_handle();
            let rule = match block.encrypted {
                _ if is_handle => self.coded.key_handle,
                Some(true) => self.coded.encrypted_key,
                _ => self.coded.key,
            };
            let Some(index) = rule else { continue };
            let rule = self.pack.rule(index);
            let secret = Secret::copy_of(&source[block.span.clone()]);
            let mut sighting = Sighting::new(index, rule, Rank::Token, block.span, secret);
            if block.encrypted.is_none() && !is_handle {
                sighting.confidence = sighting.confidence.min(Confidence::Medium);
            }
            out.push(sighting);
        }
    }

    /// The password of a URL; `loose`: in text where a URL may well be an example.
    pub(super) fn url_password(
        &self,
        index: RuleIdx,
        source: &[u8],
        userinfo: &url::Userinfo,
        loose: bool,
    ) -> Option<Sighting> {
        let raw = &source[userinfo.password.clone()];
        let user = &source[userinfo.user.clone()];
        let host = &source[userinfo.host.clone()];
        if raw.len() < 4 || gates::gate(raw).is_some() || raw.eq_ignore_ascii_case(user) {
            return None;
        }
        let decoded = url::percent_decode(raw);
        let password = decoded.as_ref().map_or(raw, |d| d.as_slice());
        let random = statistics::looks_random(password);
        // In source code and prose, only what nobody would write as an example.
        if loose && (!random || gates::is_spelled_stand_in(password)) {
            return None;
        }
        let secret = Secret::copy_of(password);
        let mut sighting = Sighting::new(index, self.pack.rule(index), Rank::Shaped, userinfo.password.clone(), secret);
        let bare = host.split(|b| *b == b':').next().unwrap_or(host);
        let sample = SAMPLE_HOSTS
            .iter()
            .any(|h| bare == *h || bare.ends_with(h) && bare[..bare.len() - h.len()].ends_with(b"."));
        if sample || loose && SAMPLE_TOPS.iter().any(|top| bare.ends_with(top)) {
            sighting.lower("host of documentation or of this machine");
        } else if loose && !bare.is_empty() && !bare.contains(&b'.') && !bare.starts_with(b"[") {
            sighting.lower("host without a domain");
        } else if !random {
            sighting.confidence = sighting.confidence.min(Confidence::Medium);
        }
        Some(sighting)
    }
}
