//! Tables of packages and versions: the columns that Datadog and Wiz give them, told by their heads.

use super::{ImportError, Imported, Writer};
use crate::model::{Ecosystem, Severity};

/// Which column is what.
struct Columns {
    name: usize,
    versions: usize,
    ecosystem: Option<usize>,
}

pub(super) fn list(text: &str, stem: &str) -> Result<Imported, ImportError> {
    let mut lines = text.lines();
    let columns = lines.next().and_then(columns).ok_or(ImportError::Unknown)?;
    let mut out = Writer::new();
    out.list(stem, stem, "", Severity::Critical, "");
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let fields = fields(line);
        let field = |at: usize| fields.get(at).map_or("", |field| field.trim());
        // Both vendors' tables without such a column are of npm.
        let ecosystem = columns.ecosystem.map_or(Some(Ecosystem::Npm), |at| ecosystem(field(at)));
        let versions = field(columns.versions);
        // `1.0.0, 1.0.1`, or `= 1.0.0 || = 1.0.1`. A range names no exact version.
        let exact = |version: &&str| !version.contains(['<', '>', '^', '~', ' ']) && !version.is_empty();
        let versions = versions.split([',', '|', ';']).map(|version| version.trim().trim_start_matches(['=', ' ']));
        out.entry(ecosystem, field(columns.name), versions.filter(exact), "");
    }
    out.finish()
}

fn columns(head: &str) -> Option<Columns> {
    let heads: Vec<String> =
        fields(head).iter().map(|head| head.trim().to_ascii_lowercase().replace(' ', "_")).collect();
    let at = |names: &[&str]| heads.iter().position(|head| names.contains(&head.as_str()));
    Some(Columns {
        name: at(&["package_name", "package", "name"])?,
        versions: at(&["package_version", "package_versions", "version", "versions", "affected_versions"])?,
        ecosystem: at(&["ecosystem", "artifact_type", "registry", "type"]),
    })
}

/// The ecosystem that a table's word stands for: `npm package`, `pypi`.
fn ecosystem(word: &str) -> Option<Ecosystem> {
    let first = word.split([' ', '_', '-']).next().unwrap_or(word);
    Ecosystem::of_word(word).or_else(|| Ecosystem::of_word(first))
}

/// Fields of a line; quotes hold commas, and two quotes are one.
fn fields(line: &str) -> Vec<String> {
    let (mut found, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => found.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    found.push(field);
    found
}
