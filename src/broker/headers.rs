//! Headers of a remote server, for a client that runs a program to get them (Claude Code's
//! `headersHelper`): templates such as `Authorization=Bearer {NAME}`, filled in, as a JSON object.

use super::{BrokerError, Lookup};
use crate::model::Secret;
use crate::vault::VaultName;
use zeroize::Zeroizing;

/// One header with the names of secrets in its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    header: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(VaultName),
}

/// Why a template cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a header is written 'Name=text {{SECRET}}', with the name of a secret in braces")]
pub struct BadTemplate;

impl Template {
    /// Reads `Header=text {NAME} text`. At least one name: a header without a secret needs no helper,
    /// and may be a secret that was pasted.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let (header, mut rest) = text.split_once('=').ok_or(BadTemplate)?;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if header.is_empty() || !header.bytes().all(token) || rest.contains(char::is_control) {
            return Err(BadTemplate);
        }
        let mut parts = Vec::new();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(BadTemplate)?;
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Name(VaultName::parse(name).map_err(|_| BadTemplate)?));
            rest = after;
        }
        if parts.is_empty() || rest.contains('}') {
            return Err(BadTemplate);
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self { header: header.to_owned(), parts })
    }

    /// The secrets it wants.
    pub fn names(&self) -> impl Iterator<Item = &VaultName> {
        self.parts.iter().filter_map(|part| if let Part::Name(name) = part { Some(name) } else { None })
    }
}

/// The object that the client reads, one line.
pub fn json(templates: &[Template], look: &Lookup<'_>) -> Result<Zeroizing<Vec<u8>>, BrokerError> {
    let mut values: Vec<(&str, Zeroizing<String>)> = Vec::new();
    for template in templates {
        let mut pieces: Vec<Secret> = Vec::new();
        for part in &template.parts {
            pieces.push(match part {
                Part::Text(text) => Secret::copy_of(text.as_bytes()),
                Part::Name(name) => {
                    let value = look(name)?.ok_or_else(|| BrokerError::Unknown(name.clone()))?;
                    fit(name, &value)?;
                    value
                }
            });
        }
        let mut text = Zeroizing::new(String::with_capacity(pieces.iter().map(Secret::len).sum()));
        for piece in &pieces {
            text.push_str(std::str::from_utf8(piece.expose()).unwrap_or_default());
        }
        values.push((&template.header, text));
    }
    // Room for the worst escape of every byte: a buffer that grows leaves unwiped copies behind.
    let room = values.iter().map(|(header, text)| 6 * (header.len() + text.len()) + 8).sum::<usize>() + 8;
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    out.push(b'{');
    for (at, (header, text)) in values.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut *out, header);
        out.push(b':');
        let _ = serde_json::to_writer(&mut *out, text.as_str());
    }
    out.extend_from_slice(b"}\n");
    Ok(out)
}

fn fit(name: &VaultName, value: &Secret) -> Result<(), BrokerError> {
    let unfit = |why| Err(BrokerError::Unfit { name: name.clone(), why });
    match std::str::from_utf8(value.expose()) {
        Err(_) => unfit("it is not text"),
        Ok(text) if text.contains(char::is_control) => {
            unfit("a header cannot hold a line break or a control character")
        }
        Ok(_) => Ok(()),
    }
}
