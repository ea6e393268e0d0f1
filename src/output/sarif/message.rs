//! SARIF messages: plain text in which braces stand for arguments and brackets for links (3.11.5, 3.11.6).

use super::super::markup;
use serde::Serialize;

/// A `message` object, or a `multiformatMessageString` without its Markdown.
#[derive(Serialize)]
pub(super) struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

impl Message {
    /// Text that may hold anything; a period is added where it ends without one.
    pub(super) fn new(text: &str) -> Self {
        Self { text: plain(&sentence(text)), markdown: None }
    }

    /// The same with a Markdown form, which must be escaped already.
    pub(super) fn with_markdown(text: &str, markdown: String) -> Self {
        Self { markdown: Some(braces(&markdown)), ..Self::new(text) }
    }
}

/// The text with one period at its end.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    let ended = text.ends_with(['.', '!', '?']);
    if ended || text.is_empty() { text.to_owned() } else { format!("{text}.") }
}

fn plain(text: &str) -> String {
    braces(&markup::shown(text)).replace('[', "\\[").replace(']', "\\]")
}

fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
