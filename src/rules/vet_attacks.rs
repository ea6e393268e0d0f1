//! What must be true of the data on known attacks: campaigns with their marks, and catalogs of packages.
//!
//! Shared with the build script like [`super::vet`], whose list of defects it adds to.

use super::schema::{ArtifactSpec, CampaignFile, CatalogFile};
use super::vet::{CONFIDENCES, Defect, ECOSYSTEMS, MARK_FORMATS, Report, SEVERITIES, is_date, is_kebab, schema};

/// A file of `rules/campaigns`.
#[must_use]
pub fn campaign_file(file: &CampaignFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    let id = &file.id;
    schema(&mut report, file.schema);
    head(&mut report, id, &file.title, &file.date, &file.references);
    for spec in &file.artifacts {
        artifact(&mut report, id, spec);
    }
    report.0
}

/// What every attack has: a name, a day, and where it is told of.
fn head(report: &mut Report, id: &str, title: &str, date: &str, references: &[String]) {
    report.unless(is_kebab(id), id, "id is not kebab-case");
    report.unless(!title.is_empty(), id, "title is empty");
    report.unless(is_date(date), id, "date is not YYYY-MM-DD");
    report.unless(!references.is_empty(), id, "no references");
}

/// A file of `rules/catalogs`.
#[must_use]
pub fn catalog_file(file: &CatalogFile) -> Vec<Defect> {
    let mut report = Report(Vec::new());
    let id = &file.id;
    schema(&mut report, file.schema);
    head(&mut report, id, &file.title, &file.date, &file.references);
    report.word(id, "severity", &file.severity, SEVERITIES);
    for (ecosystem, packages) in &file.packages {
        report.word(id, "ecosystem", ecosystem, ECOSYSTEMS);
        for package in packages {
            let words = package.split(' ').collect::<Vec<_>>();
            let plain = words.len() > 1 && words.iter().all(|word| !word.is_empty() && word.is_ascii());
            report.unless(plain, id, format!("`{package}` is not a name and its versions"));
        }
    }
    report.0
}

/// One thing that a campaign leaves behind.
fn artifact(report: &mut Report, id: &str, spec: &ArtifactSpec) {
    let of = if spec.path.is_empty() { spec.anywhere.first().map_or("", String::as_str) } else { &spec.path };
    let mut unless = |holds: bool, what: &str| report.unless(holds, id, format!("artifact `{of}`: {what}"));
    unless(!spec.what.is_empty(), "no `what`");
    unless(spec.path.is_empty() != spec.anywhere.is_empty(), "either `path` or `anywhere`");
    let is_read = !spec.sha256.is_empty() || !spec.lines.is_empty() || !spec.fields.is_empty();
    let bare = spec.anywhere.iter().any(|end| !end.contains('/'));
    unless(!bare || is_read || !spec.beside.is_empty(), "a name alone is no mark: it needs a condition");
    let folder = spec.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    unless(!folder.contains('*'), "only the last part of `path` may have a star");
    let hex =
        |digest: &String| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    unless(spec.sha256.iter().all(hex), "a SHA-256 is not 64 hex digits in lower case");
    unless(spec.format.is_empty() == spec.fields.is_empty(), "`format` and `field` go together");
    unless(!spec.lookalikes.is_empty(), "needs at least one of `lookalikes`");
    unless(spec.lookalikes.iter().all(|like| !like.path.starts_with('/')), "a lookalike's path begins at a root");
    let said = !spec.lines.is_empty() || !spec.fields.is_empty();
    unless(!said || !spec.stand_in.is_empty(), "needs a `stand_in`");
    if !spec.format.is_empty() {
        report.word(id, "format", &spec.format, MARK_FORMATS);
    }
    if !spec.confidence.is_empty() {
        report.word(id, "confidence", &spec.confidence, CONFIDENCES);
    }
}
