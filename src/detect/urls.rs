//! URLs as the values of fields: what stands before the host, and the secrets of the query.
//!
//! URLs in running text are `coded`'s business; here a field's name or its surface says that the
//! value is one, so less is needed to take a part of it for a secret.

use super::fields::narrowed;
use super::sighting::{Rank, Sighting};
use super::{Detector, gates, names, statistics};
use crate::model::Secret;
use crate::read::{Document, Field, url};
use crate::rules::RuleIdx;
use std::ops::Range;

/// Least length of a user without a password that is taken for a token.
const TOKEN_USER: usize = 20;

impl Detector<'_> {
    /// The password before the host, or a token in the place of a user.
    pub(super) fn userinfo(&self, rule: RuleIdx, document: &Document<'_>, field: &Field<'_>, out: &mut Vec<Sighting>) {
        let value = field.value.bytes();
        // More are not told of anyway, and each is looked for in the whole field.
        let most = out.len() + self.limits.findings_per_file;
        url::find_userinfo(value, &mut |userinfo, _| {
            if out.len() >= most {
                return;
            }
            let found = if userinfo.password.is_empty() {
                self.token_user(rule, value, &userinfo)
            } else {
                self.url_password(rule, value, &userinfo, false)
            };
            out.extend(found.map(|mut sighting| {
                sighting.rank = Rank::Field;
                sighting.span = written(document.source, field, sighting.span);
                sighting
            }));
        });
    }

    /// A token in the place of a user, in a URL that stands in no named field.
    pub(super) fn token_url(&self, rule: RuleIdx, field: &Field<'_>) -> Option<Sighting> {
        let userinfo = url::userinfo(field.value.bytes()).filter(|found| found.password.is_empty())?;
        let part = userinfo.user.clone();
        self.token_user(rule, field.value.bytes(), &userinfo).map(|sighting| narrowed(sighting, field, part))
    }

    /// `https://TOKEN@host`: only what nobody would take for a name.
    fn token_user(&self, rule: RuleIdx, value: &[u8], userinfo: &url::Userinfo) -> Option<Sighting> {
        let user = &value[userinfo.user.clone()];
        // A DSN of an error tracker has 32 hex digits there, and is made to be public.
        let dsn = user.len() == 32 && user.iter().all(u8::is_ascii_hexdigit);
        let token = user.len() >= TOKEN_USER && !dsn && gates::gate(user).is_none() && statistics::looks_random(user);
        token.then(|| {
            Sighting::new(rule, self.pack.rule(rule), Rank::Field, userinfo.user.clone(), Secret::copy_of(user))
        })
    }

    /// The secrets of a URL's query.
    pub(super) fn query(&self, rule: RuleIdx, field: &Field<'_>, out: &mut Vec<Sighting>) {
        let value = field.value.bytes();
        for (key, part) in url::query_pairs(value) {
            if let Some(hint) = names::hint(&value[key]) {
                let sighting = self.named(rule, hint, field, &value[part.clone()], Rank::Shaped);
                out.extend(sighting.map(|s| narrowed(s, field, part)));
            }
        }
    }
}

/// Where a part of a field's value stands in the source: the whole field when it is not there as it is.
fn written(source: &[u8], field: &Field<'_>, part: Range<usize>) -> Range<usize> {
    let text = &field.value.bytes()[part.clone()];
    if !field.value.is_decoded() {
        return field.span.start + part.start..field.span.start + part.end;
    }
    let found = source.get(field.span.clone()).and_then(|all| memchr::memmem::find(all, text));
    found.map_or_else(|| field.span.clone(), |at| field.span.start + at..field.span.start + at + text.len())
}
