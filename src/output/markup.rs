//! Text on its way into markup: nothing in it may become a link, an element, a mention or an end of line.
//!
//! What a reader could be deceived with is spelled out first, as everywhere ([`Untrusted`]). A format
//! with rules of its own (CSV, URIs) has them in its own file.

use crate::model::Untrusted;

/// The text as people see it: control, bidi and zero-width characters spelled out.
pub(super) fn shown(text: &str) -> String {
    Untrusted::new(text).to_string()
}

/// Markdown: prose in which each word that could be markup stands as code.
///
/// A code span is the one place where GitHub makes no mention, link, emoji or formula of a text; backslashes
/// do not keep it from that. Begin no line with the result: `1.` would start a list.
pub(super) fn words(text: &str) -> String {
    let text = shown(text);
    let parts: Vec<String> =
        text.split(' ').map(|word| if calm(word) { word.to_owned() } else { code(word) }).collect();
    parts.join(" ")
}

/// Markdown: a code span, whatever stands in it.
pub(super) fn code(text: &str) -> String {
    let text = shown(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A blank on both sides is taken off again by the reader.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Whether a word means nothing but itself in Markdown.
fn calm(word: &str) -> bool {
    let body = word.strip_suffix(':').unwrap_or(word);
    let harmless = |c: char| c.is_alphanumeric() || ",.;'\"()/%+-?…–’".contains(c);
    let lower = body.to_ascii_lowercase();
    // GitHub makes links of these, too: an issue, a commit.
    let is_issue = lower.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with("gh-");
    let is_commit = lower.split(|c: char| !c.is_alphanumeric()).any(|part| {
        part.len() >= 7 && part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().all(|b| b.is_ascii_hexdigit())
    });
    body.chars().all(harmless) && !lower.contains("www.") && !is_issue && !is_commit
}

/// HTML: text between tags or in a quoted attribute.
pub(super) fn html(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            c => markup.push(c),
        }
    }
    markup
}

/// XML 1.0: text between tags or in a quoted attribute. The two code points that it cannot hold and that are
/// no control characters are spelled out like those.
pub(super) fn xml(text: &str) -> String {
    html(text).replace('\u{FFFE}', "\\u{fffe}").replace('\u{FFFF}', "\\u{ffff}")
}

/// Whether `url` can stand as a link as it is: `http` or `https`, and no character that would have to be encoded.
pub(super) fn is_web(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&b))
    })
}

/// Markdown: a link that shows where it leads, or code where it is no address.
pub(super) fn link(url: &str) -> String {
    if is_web(url) { format!("<{url}>") } else { code(url) }
}
