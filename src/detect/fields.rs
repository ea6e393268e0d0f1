//! The field pass: places that hold a secret whatever it looks like, names that say so, and what
//! lies a layer deeper (escapes, JSON in JSON, base64).

use super::labels::{CLIENT_SIDE, attach, name};
use super::places::keys;
use super::sighting::{Name, Rank, Sighting};
use super::{Detector, Scene, arguments, beside, gates, names, statistics};
use crate::model::{Confidence, ContainerKind, Secret};
use crate::read::{self, Document, Field, Format, Role, json};
use crate::rules::RuleIdx;
use crate::rules::rule::SecretForm;
use std::ops::Range;
use zeroize::Zeroizing;

/// Where a document lies in relation to the outermost one.
pub(super) struct Layer<'a> {
    depth: usize,
    /// The outermost source, and the bytes of it that this document was decoded from.
    outer: &'a [u8],
    span: Option<Range<usize>>,
    /// The outer field, for values of inner documents.
    field: Option<Name>,
    /// What this document was inside of.
    kind: ContainerKind,
    /// The form and rule that the outer field was under.
    inherit: Option<(SecretForm, RuleIdx)>,
}

impl<'a> Layer<'a> {
    /// The document itself.
    pub(super) fn outermost(document: &Document<'a>) -> Self {
        Self { depth: 0, outer: document.source, span: None, field: None, kind: ContainerKind::Json, inherit: None }
    }

    /// Where `secret` lies in the outermost source: exactly, when it stands there as it is.
    fn locate(&self, span: &Range<usize>, secret: &[u8]) -> (Range<usize>, bool) {
        let Some(outer) = &self.span else { return (span.clone(), true) };
        match memchr::memmem::find(&self.outer[outer.clone()], secret) {
            Some(at) => (outer.start + at..outer.start + at + secret.len(), true),
            None => (outer.clone(), false),
        }
    }
}

/// Names and locates a sighting of `field`.
fn finish(sighting: &mut Sighting, source: &[u8], field: &Field<'_>, scene: &Scene<'_>, layer: &Layer<'_>) {
    sighting.field = Some(name(scene, field));
    if field.value.is_decoded() && sighting.span == field.span {
        narrow(sighting, source, field);
    }
    if layer.span.is_some() {
        let (span, precise) = layer.locate(&sighting.span, sighting.secret.expose());
        sighting.span = span;
        sighting.precise = precise;
        sighting.layer = Some((layer.kind, layer.field.clone()));
    }
    if field.role == Role::Comment {
        sighting.confidence = sighting.confidence.min(Confidence::Medium);
    }
}

/// A part of a decoded value, which stands in the source as it is unless an escape is in it.
fn narrow(sighting: &mut Sighting, source: &[u8], field: &Field<'_>) {
    let secret = sighting.secret.expose();
    match source.get(field.span.clone()).and_then(|written| memchr::memmem::find(written, secret)) {
        Some(at) => sighting.span = field.span.start + at..field.span.start + at + secret.len(),
        None => sighting.precise = field.value.bytes().trim_ascii().len() <= secret.len(),
    }
}

impl Detector<'_> {
    /// Looks at every field of `document`, and into those that hold another document.
    pub(super) fn fields(
        &self,
        document: &Document<'_>,
        scene: &Scene<'_>,
        layer: &Layer<'_>,
        out: &mut Vec<Sighting>,
    ) {
        for (index, field) in document.fields.iter().enumerate() {
            if arguments::is_reference_in_line(document.source, field) {
                continue;
            }
            let path = keys(scene.prefix, &field.path);
            let placed = layer.inherit.or_else(|| self.places.of(scene.surface, &path));
            let before = out.len();
            match placed {
                Some((form, rule)) => self.placed(document, index, form, rule, out),
                None => self.by_role(field, scene, out),
            }
            for sighting in &mut out[before..] {
                finish(sighting, document.source, field, scene, layer);
            }
            self.deeper(field, scene, layer, placed, out);
        }
    }

    /// A field that its surface names.
    fn placed(&self, document: &Document<'_>, index: usize, form: SecretForm, rule: RuleIdx, out: &mut Vec<Sighting>) {
        let field = &document.fields[index];
        let value = field.value.bytes();
        match form {
            SecretForm::Value => out.extend(self.value(rule, field, value)),
            SecretForm::Named | SecretForm::Guessed => {
                let before = out.len();
                if let Some(hint) = names::hint(field.key()) {
                    out.extend(self.named(rule, hint, field, value, Rank::Field));
                } else if let Some((hint, part)) = beside::secret(document, index) {
                    let sighting = self.named(rule, hint, field, &value[part.clone()], Rank::Field);
                    out.extend(sighting.map(|s| narrowed(s, field, part)));
                }
                if form == SecretForm::Guessed && out[before..].iter().any(|s| is_word(s.secret.expose())) {
                    out.truncate(before);
                }
            }
            SecretForm::Public => {}
            SecretForm::Header => {
                let beside = beside::secret(document, index).is_some();
                out.extend(self.header(rule, field, beside));
            }
            SecretForm::Basic => out.extend(self.basic(rule, field, value)),
            SecretForm::Base64 => out.extend(self.base64(rule, field, value)),
            SecretForm::Url => {
                self.userinfo(rule, document, field, out);
                self.query(rule, field, out);
            }
            SecretForm::Arguments => {
                for (hint, part) in arguments::secrets(document, index) {
                    let sighting = self.named(rule, hint, field, &value[part.clone()], Rank::Field);
                    out.extend(sighting.map(|s| narrowed(s, field, part)));
                }
                self.query(rule, field, out);
            }
        }
    }

    /// A value that is a secret whatever it looks like, unless it only stands for one.
    pub(super) fn value(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        let value = value.trim_ascii();
        if value.len() < 4 || gates::gate(value).is_some() || gates::is_path(value) {
            return None;
        }
        // What is commented out is often a manual's example: a word is no secret there.
        if field.role == Role::Comment && !(statistics::looks_random(value) || gates::is_uuid(value) || is_mixed(value))
        {
            return None;
        }
        Some(self.sighting(rule, Rank::Field, field, value))
    }

    /// A value whose name says it is a secret.
    pub(super) fn named(
        &self,
        rule: RuleIdx,
        hint: names::Hint,
        field: &Field<'_>,
        value: &[u8],
        rank: Rank,
    ) -> Option<Sighting> {
        let value = value.trim_ascii();
        if gates::gate(value).is_some() || gates::is_path(value) || value.eq_ignore_ascii_case(field.key()) {
            return None;
        }
        let spaced = value.iter().any(u8::is_ascii_whitespace);
        let url = memchr::memmem::find(value, b"://").is_some();
        let number = value.iter().all(|b| b.is_ascii_digit() || *b == b'.') && value.len() < 10;
        let enough = match hint {
            names::Hint::Password => value.len() >= 4 && !url && !(spaced && value.len() > 64),
            names::Hint::Secret => {
                !spaced
                    && !url
                    && !number
                    && value.len() >= 8
                    && (statistics::looks_random(value) || gates::is_uuid(value) || is_mixed(value))
            }
            names::Hint::Weak => {
                !spaced && !url && value.len() >= 16 && statistics::looks_random(value) && !gates::is_digest_like(value)
            }
        };
        if !enough {
            return None;
        }
        let mut sighting = self.sighting(rule, rank, field, value);
        if hint == names::Hint::Weak {
            sighting.confidence = sighting.confidence.min(Confidence::Medium);
        }
        if names::is_client_side(field.key()) {
            sighting.lower(CLIENT_SIDE);
        }
        Some(sighting)
    }

    /// A header's value: a scheme may stand before the secret.
    ///
    /// `named`: its name stands beside it and says that it holds one.
    pub(super) fn header(&self, rule: RuleIdx, field: &Field<'_>, named: bool) -> Option<Sighting> {
        let (key, value) = whole_header(field.value.bytes()).unwrap_or((field.key(), field.value.bytes()));
        let value = value.trim_ascii();
        let hint = names::hint(key).or(named.then_some(names::Hint::Secret))?;
        let scheme = value.iter().position(u8::is_ascii_whitespace);
        let (scheme, credentials) = scheme.map_or((&b""[..], value), |i| (&value[..i], value[i..].trim_ascii()));
        if scheme.eq_ignore_ascii_case(b"basic") {
            return self.basic(rule, field, credentials);
        }
        let hint = if hint == names::Hint::Weak { hint } else { names::Hint::Secret };
        self.named(rule, hint, field, credentials, Rank::Field)
    }

    /// base64 of user:password.
    fn basic(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        let decoded = decode_base64(value)?;
        let colon = memchr::memchr(b':', &decoded)?;
        let password = &decoded[colon + 1..];
        let mut sighting = self.value(rule, field, password)?;
        sighting.span = part_of(field, value);
        Some(sighting)
    }

    /// base64 of the secret; what does not decode is taken as it is.
    fn base64(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        match decode_base64(value) {
            Some(decoded) if std::str::from_utf8(&decoded).is_ok() => {
                let mut sighting = self.value(rule, field, &decoded)?;
                sighting.span = field.span.clone();
                Some(sighting)
            }
            _ => self.value(rule, field, value),
        }
    }

    /// What lies a layer deeper in a field's value.
    fn deeper(
        &self,
        field: &Field<'_>,
        scene: &Scene<'_>,
        layer: &Layer<'_>,
        placed: Option<(SecretForm, RuleIdx)>,
        out: &mut Vec<Sighting>,
    ) {
        if layer.depth >= self.limits.layers || field.value.bytes().len() < 8 {
            return;
        }
        let unpacked = match placed {
            Some((SecretForm::Base64, _)) => decode_base64(field.value.bytes()),
            _ => None,
        };
        let unpacked = unpacked.filter(|bytes| std::str::from_utf8(bytes).is_ok());
        let packed = unpacked.is_some();
        let value = unpacked.as_ref().map_or(field.value.bytes(), |bytes| bytes.as_slice());
        let nested = json::looks_like_json(value);
        if !nested && !packed && !field.value.is_decoded() {
            return;
        }
        let format = if nested { Format::Json } else { Format::Text };
        let inner = read::parse(format, value, &self.limits);
        let inner_scene = Scene { surface: scene.surface, format, container: None, prefix: &[] };
        let inherit = placed.map(|(form, rule)| match form {
            // All of it was one secret before it was unpacked; what is in it has names of its own.
            SecretForm::Base64 if packed => (SecretForm::Named, rule),
            SecretForm::Value | SecretForm::Base64 | SecretForm::Basic => (SecretForm::Value, rule),
            SecretForm::Named
            | SecretForm::Guessed
            | SecretForm::Public
            | SecretForm::Header
            | SecretForm::Url
            | SecretForm::Arguments => (SecretForm::Header, rule),
        });
        let inner_layer = Layer {
            depth: layer.depth + 1,
            outer: layer.outer,
            span: Some(layer.span.clone().unwrap_or_else(|| field.span.clone())),
            field: Some(name(scene, field)),
            kind: if packed { ContainerKind::Base64 } else { ContainerKind::Json },
            inherit: inherit.filter(|_| nested),
        };
        let before = out.len();
        let marks = self.tokens_outside_blobs(value, &inner_scene, out);
        self.coded(value, &inner_scene, marks, out);
        attach(self.pack, &inner, &inner_scene, &mut out[before..]);
        for sighting in &mut out[before..] {
            let (span, precise) = inner_layer.locate(&sighting.span, sighting.secret.expose());
            sighting.span = span;
            sighting.precise = precise;
            // A token that is all of an unpacked value is the field's own.
            let part = packed && sighting.secret.len() < value.trim_ascii().len();
            if nested || part {
                sighting.layer = Some((inner_layer.kind, inner_layer.field.clone()));
            } else {
                sighting.field.clone_from(&inner_layer.field);
            }
        }
        if nested {
            self.fields(&inner, &inner_scene, &inner_layer, out);
        }
    }

    fn sighting(&self, rule: RuleIdx, rank: Rank, field: &Field<'_>, value: &[u8]) -> Sighting {
        let mut sighting =
            Sighting::new(rule, self.pack.rule(rule), rank, part_of(field, value), Secret::copy_of(value));
        if self.pack.rule(rule).is_sample(value) {
            sighting.dismiss("documentation sample");
        }
        sighting
    }
}

/// The bytes of the source that `value` stands in: its own when it is a slice of the field's, else the field's.
fn part_of(field: &Field<'_>, value: &[u8]) -> Range<usize> {
    if field.value.is_decoded() {
        return field.span.clone();
    }
    match memchr::memmem::find(field.value.bytes(), value) {
        Some(at) => field.span.start + at..field.span.start + at + value.len(),
        None => field.span.clone(),
    }
}

/// A sighting of a part of a field that is a slice of the source.
pub(super) fn narrowed(mut sighting: Sighting, field: &Field<'_>, part: Range<usize>) -> Sighting {
    if !field.value.is_decoded() {
        sighting.span = field.span.start + part.start..field.span.start + part.end;
    }
    sighting
}

/// base64, standard or URL alphabet, padded or not.
fn decode_base64(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let value = value.trim_ascii();
    let end = value.iter().rposition(|b| *b != b'=').map_or(0, |i| i + 1);
    let bare = &value[..end];
    let decoded = data_encoding::BASE64_NOPAD.decode(bare).or_else(|_| data_encoding::BASE64URL_NOPAD.decode(bare));
    decoded.ok().map(Zeroizing::new)
}

/// Letters and digits mixed in a value long enough that it is no word with a number.
fn is_mixed(value: &[u8]) -> bool {
    value.len() >= 20
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && statistics::surprise(value) > 3.8
}

/// Whether a password is likelier a word than one in use: short, or of too few kinds of characters.
fn is_word(value: &[u8]) -> bool {
    let has = |f: fn(&u8) -> bool| usize::from(value.iter().any(f));
    let kinds = has(u8::is_ascii_digit)
        + has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(|b| !b.is_ascii_alphanumeric());
    value.len() < 8 || (kinds < 3 && !statistics::looks_random(value) && !gates::is_uuid(value))
}

/// Name and value, where a field holds a whole header line, as git's `http.extraHeader` does.
fn whole_header(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', text)?;
    let (name, value) = (text[..colon].trim_ascii(), &text[colon + 1..]);
    let token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let plain = !name.is_empty() && name.iter().all(token) && value.first().is_some_and(u8::is_ascii_whitespace);
    plain.then_some((name, value))
}
