//! The field pass: places that hold a secret whatever it looks like, names that say so, and what
//! lies a layer deeper (escapes, JSON in JSON).

use super::places::keys;
use super::sighting::{Name, Rank, Sighting};
use super::{Detector, Scene, arguments, gates, names, statistics};
use crate::model::{Confidence, ContainerKind, Secret};
use crate::read::{self, Document, Field, Format, Role, json, url};
use crate::rules::rule::SecretForm;
use crate::rules::{RuleIdx, RulePack};
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
    /// The form and rule that the outer field was under.
    inherit: Option<(SecretForm, RuleIdx)>,
}

impl<'a> Layer<'a> {
    /// The document itself.
    pub(super) fn outermost(document: &Document<'a>) -> Self {
        Self { depth: 0, outer: document.source, span: None, field: None, inherit: None }
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

/// Why a value is told for less whose variable is compiled into a client.
const CLIENT_SIDE: &str = "its name says that every client gets it";

/// Gives sightings of the raw pass the name of the field they lie in.
pub(super) fn attach(pack: &RulePack, document: &Document<'_>, scene: &Scene<'_>, sightings: &mut [Sighting]) {
    for sighting in sightings {
        let after = document.fields.partition_point(|field| field.span.start <= sighting.span.start);
        let inside = |f: &&Field<'_>| f.span.contains(&sighting.span.start) && sighting.span.end <= f.span.end;
        // Fields that end before may stand between: an option's value inside a longer one.
        let found = document.fields[after.saturating_sub(4)..after].iter().rev().find(inside);
        sighting.field = found.map(|field| name(scene, field));
        if found.is_some_and(|field| field.role == Role::Comment) {
            sighting.confidence = sighting.confidence.min(Confidence::Medium);
        }
        let may_be_public = pack.rule(sighting.rule).token().is_some_and(|pattern| !pattern.public_beside.is_empty());
        if may_be_public && found.is_some_and(|field| names::is_client_side(field.key())) {
            sighting.lower(CLIENT_SIDE);
        }
        if sighting.field.is_none() && !scene.prefix.is_empty() {
            sighting.field = Some(Zeroizing::new(scene.prefix.join(&b'.')));
        }
    }
}

/// A field's name in its format's own notation, unmasked.
fn name(scene: &Scene<'_>, field: &Field<'_>) -> Name {
    let path = keys(scene.prefix, &field.path);
    let skip = usize::from(scene.format == Format::Jsonl && path.len() > 1);
    let separator = if matches!(field.role, Role::Option | Role::Header) { b' ' } else { b'.' };
    let mut text = Vec::new();
    for key in &path[skip..] {
        let bracket = scene.format == Format::Json && path.len() > 1 && key.contains(&b'.');
        if bracket {
            text.extend_from_slice(b"[\"");
        } else if !text.is_empty() {
            text.push(separator);
        }
        text.extend_from_slice(key);
        if bracket {
            text.extend_from_slice(b"\"]");
        }
    }
    Zeroizing::new(text)
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
            let path = keys(scene.prefix, &field.path);
            let placed = layer.inherit.or_else(|| self.places.of(scene.surface, &path));
            let before = out.len();
            match placed {
                Some((form, rule)) => self.placed(document, index, form, rule, out),
                None => self.by_role(field, scene, out),
            }
            for sighting in &mut out[before..] {
                self.finish(sighting, field, scene, layer);
            }
            self.deeper(field, scene, layer, placed, out);
        }
    }

    /// Names and locates a sighting of `field`.
    fn finish(&self, sighting: &mut Sighting, field: &Field<'_>, scene: &Scene<'_>, layer: &Layer<'_>) {
        sighting.field = Some(name(scene, field));
        if layer.span.is_some() {
            let (span, precise) = layer.locate(&sighting.span, sighting.secret.expose());
            sighting.span = span;
            sighting.precise = precise;
            sighting.layer = Some((ContainerKind::Json, layer.field.clone()));
        }
        if field.role == Role::Comment {
            sighting.confidence = sighting.confidence.min(Confidence::Medium);
        }
    }

    /// A field that its surface names.
    fn placed(&self, document: &Document<'_>, index: usize, form: SecretForm, rule: RuleIdx, out: &mut Vec<Sighting>) {
        let field = &document.fields[index];
        let value = field.value.bytes();
        match form {
            SecretForm::Value => out.extend(self.value(rule, field, value)),
            SecretForm::Named => {
                if let Some(hint) = names::hint(field.key()) {
                    out.extend(self.named(rule, hint, field, value, Rank::Field));
                }
            }
            SecretForm::Header => out.extend(self.header(rule, field)),
            SecretForm::Basic => out.extend(self.basic(rule, field, value)),
            SecretForm::Base64 => out.extend(self.base64(rule, field, value)),
            // Userinfo is found by the raw pass in any text; a query is not.
            SecretForm::Url => self.query(rule, field, out),
            SecretForm::Arguments => {
                if let Some((hint, part)) = arguments::secret(document, index) {
                    let sighting = self.named(rule, hint, field, &value[part.clone()], Rank::Field);
                    out.extend(sighting.map(|s| narrowed(s, field, part)));
                }
                self.query(rule, field, out);
            }
        }
    }

    /// A field that no surface names: what its role and name say.
    fn by_role(&self, field: &Field<'_>, scene: &Scene<'_>, out: &mut Vec<Sighting>) {
        let value = field.value.bytes();
        let assigned = matches!(
            scene.format,
            Format::Dotenv | Format::ShellRc | Format::ShellHistory | Format::FishVariables | Format::Environ
        );
        match field.role {
            Role::Assignment | Role::Comment | Role::Entry if assigned => {
                if let (Some(rule), Some(hint)) = (self.coded.assignment, names::hint(field.key())) {
                    out.extend(self.named(rule, hint, field, value, Rank::Named));
                }
            }
            Role::Option => {
                if let Some(rule) = self.coded.option
                    && field.key() != b"url"
                {
                    if field.key() == b"-u" || field.key() == b"--user" {
                        out.extend(self.user_option(rule, field, value));
                    } else {
                        out.extend(self.value(rule, field, value).map(|mut s| {
                            s.rank = Rank::Shaped;
                            s
                        }));
                    }
                }
            }
            Role::Header => {
                let value = value.trim_ascii_start();
                let basic = value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
                if let Some(rule) = if basic { self.coded.basic } else { self.coded.bearer } {
                    out.extend(self.header(rule, field).map(|mut s| {
                        s.rank = Rank::Shaped;
                        s
                    }));
                }
            }
            _ => {}
        }
    }

    /// A value that is a secret whatever it looks like, unless it only stands for one.
    fn value(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        let value = value.trim_ascii();
        if value.len() < 4 || gates::gate(value).is_some() || gates::is_path(value) {
            return None;
        }
        Some(self.sighting(rule, Rank::Field, field, value))
    }

    /// A value whose name says it is a secret.
    fn named(&self, rule: RuleIdx, hint: names::Hint, field: &Field<'_>, value: &[u8], rank: Rank) -> Option<Sighting> {
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
    fn header(&self, rule: RuleIdx, field: &Field<'_>) -> Option<Sighting> {
        let (key, value) = whole_header(field.value.bytes()).unwrap_or((field.key(), field.value.bytes()));
        let value = value.trim_ascii();
        let hint = names::hint(key)?;
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

    /// `user:password` of an option such as curl's `-u`.
    fn user_option(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        let colon = memchr::memchr(b':', value)?;
        self.value(rule, field, &value[colon + 1..])
    }

    /// The secrets of a URL's query.
    fn query(&self, rule: RuleIdx, field: &Field<'_>, out: &mut Vec<Sighting>) {
        let value = field.value.bytes();
        for (key, part) in url::query_pairs(value) {
            if let Some(hint) = names::hint(&value[key]) {
                let sighting = self.named(rule, hint, field, &value[part.clone()], Rank::Shaped);
                out.extend(sighting.map(|s| narrowed(s, field, part)));
            }
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
        let value = field.value.bytes();
        if layer.depth >= self.limits.layers || value.len() < 8 {
            return;
        }
        let nested = json::looks_like_json(value);
        if !nested && !field.value.is_decoded() {
            return;
        }
        let format = if nested { Format::Json } else { Format::Text };
        let inner = read::parse(format, value, &self.limits);
        let inner_scene = Scene { surface: scene.surface, format, container: None, prefix: &[] };
        let inherit = placed.map(|(form, rule)| match form {
            SecretForm::Value | SecretForm::Base64 | SecretForm::Basic => (SecretForm::Value, rule),
            SecretForm::Named | SecretForm::Header | SecretForm::Url | SecretForm::Arguments => {
                (SecretForm::Header, rule)
            }
        });
        let inner_layer = Layer {
            depth: layer.depth + 1,
            outer: layer.outer,
            span: Some(layer.span.clone().unwrap_or_else(|| field.span.clone())),
            field: Some(name(scene, field)),
            inherit: inherit.filter(|_| nested),
        };
        let before = out.len();
        self.tokens_outside_blobs(value, scene.surface, out);
        self.coded(value, &inner_scene, out);
        attach(self.pack, &inner, &inner_scene, &mut out[before..]);
        for sighting in &mut out[before..] {
            let (span, precise) = inner_layer.locate(&sighting.span, sighting.secret.expose());
            sighting.span = span;
            sighting.precise = precise;
            if nested {
                sighting.layer = Some((ContainerKind::Json, inner_layer.field.clone()));
            } else {
                sighting.field = inner_layer.field.clone();
            }
        }
        if nested {
            self.fields(&inner, &inner_scene, &inner_layer, out);
        }
    }

    fn sighting(&self, rule: RuleIdx, rank: Rank, field: &Field<'_>, value: &[u8]) -> Sighting {
        let mut sighting =
            Sighting::new(rule, self.pack.rule(rule), rank, part_of(field, value), Secret::copy_of(value));
        if gates::is_sample(self.pack.rule(rule), value) {
            sighting.dismiss("documentation sample".into());
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
fn narrowed(mut sighting: Sighting, field: &Field<'_>, part: Range<usize>) -> Sighting {
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

/// Name and value, where a field holds a whole header line, as git's `http.extraHeader` does.
fn whole_header(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', text)?;
    let (name, value) = (text[..colon].trim_ascii(), &text[colon + 1..]);
    let token = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let plain = !name.is_empty() && name.iter().all(token) && value.first().is_some_and(u8::is_ascii_whitespace);
    plain.then_some((name, value))
}
