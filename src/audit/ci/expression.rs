//! Expressions that stand for text a stranger wrote: titles, bodies, names of branches.

/// Fields of an event that hold such text, after `github.event.`; a last `*` is any one name.
const FIELDS: &[&str] = &[
    "issue.title",
    "issue.body",
    "comment.body",
    "pull_request.title",
    "pull_request.body",
    "pull_request.head.ref",
    "pull_request.head.label",
    "review.body",
    "discussion.title",
    "discussion.body",
    "workflow_run.head_branch",
    "workflow_run.display_title",
    "workflow_run.head_commit.message",
    "head_commit.message",
    "head_commit.author.name",
    "head_commit.author.email",
];

/// Whole objects in which it stands.
const OBJECTS: &[&str] = &["issue", "comment", "pull_request", "review", "discussion", "workflow_run"];

/// Fields that are told of one text.
const MOST: usize = 4;

/// The fields of strangers' text that the expressions of `text` put in it, each once.
pub(super) fn strangers_text(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in text.split("${{").skip(1) {
        let expression = piece.split("}}").next().unwrap_or_default();
        for field in fields(expression) {
            if found.len() < MOST && !found.contains(&field) {
                found.push(field);
            }
        }
    }
    found
}

/// Whether one of the expressions of `text` is a step's or a job's output, as `steps.x.outputs.`.
pub(super) fn outputs<'t>(text: &'t str, of: &'t str) -> impl Iterator<Item = &'t str> {
    let expressions = text.split("${{").skip(1).filter_map(|piece| piece.split("}}").next());
    expressions.flat_map(move |expression| {
        expression.match_indices(of).map(move |(at, _)| {
            let rest = &expression[at + of.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
            &rest[..end]
        })
    })
}

fn fields(expression: &str) -> Vec<String> {
    let expression = expression.replace("['", ".").replace("']", "");
    let mut found = Vec::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '*' | '-');
    let mut rest = expression.as_str();
    let mut compared = 0_usize;
    while let Some(at) = rest.find("github.") {
        // What a call such as `contains(…)` or a comparison makes of a text is no text.
        let before = &rest[..at];
        compared = compared.saturating_sub(before.matches(')').count())
            + ["contains(", "startsWith(", "endsWith("].iter().map(|call| before.matches(call).count()).sum::<usize>();
        let name: &str = rest[at..].split(|c: char| !is_part(c)).next().unwrap_or_default();
        let after = &rest[at + name.len()..];
        let is_compared = compared > 0 || after.trim_start().starts_with("==") || after.trim_start().starts_with("!=");
        if !is_compared && is_strangers(name, before) {
            found.push(name.to_owned());
        }
        rest = after;
    }
    found
}

fn is_strangers(name: &str, before: &str) -> bool {
    if name == "github.head_ref" {
        return true;
    }
    let whole = before.to_ascii_lowercase().trim_end().ends_with("tojson(");
    let Some(field) = name.strip_prefix("github.event") else { return false };
    let Some(field) = field.strip_prefix('.') else { return whole && field.is_empty() };
    FIELDS.contains(&field)
        || (whole && OBJECTS.contains(&field))
        || field.starts_with("commits") && field.ends_with("message")
}
