//! What the threads find, gathered; and its way from there to a report.
//!
//! Order, ids and groups are `triage`'s arithmetic; here is only who keeps what until then.

use super::Progress;
use super::judge::Lists;
use crate::model::{Component, Finding, Limits, ReadError, SteeredBy, Suppressed, Untrusted};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Findings and errors of a running scan.
pub(super) struct Collector<'c> {
    inner: Mutex<Inner>,
    limits: Limits,
    progress: &'c Progress,
    truncated: AtomicU64,
    pruned: AtomicU64,
}

#[derive(Default)]
struct Inner {
    found: Vec<Found>,
    errors: Vec<ReadError>,
    steered: Vec<SteeredBy>,
    lists: Lists,
}

/// A finding with what tells two sightings of one file apart from two files.
#[derive(Default)]
pub(super) struct Found {
    pub(super) finding: Finding,
    /// Device and inode.
    pub(super) file: Option<(u64, u64)>,
    /// Whether the file was reached over a link.
    pub(super) link: bool,
    /// The reason a comment beside it gives for allowing it.
    pub(super) inline: Option<Untrusted>,
}

/// What a scan gathered.
pub(super) struct Gathered {
    pub(super) findings: Vec<Finding>,
    pub(super) suppressed: Vec<Suppressed>,
    pub(super) errors: Vec<ReadError>,
    pub(super) steered: Vec<SteeredBy>,
    pub(super) lists: Lists,
    pub(super) pruned: u64,
    pub(super) truncated: u64,
}

impl<'c> Collector<'c> {
    pub(super) fn new(limits: Limits, progress: &'c Progress) -> Self {
        Self { inner: Mutex::default(), limits, progress, truncated: AtomicU64::new(0), pruned: AtomicU64::new(0) }
    }

    pub(super) fn findings(&self, found: Vec<Found>) {
        if found.is_empty() {
            return;
        }
        self.progress.findings.fetch_add(found.len() as u64, Ordering::Relaxed);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.found.extend(found);
        // Memory stays bounded whatever is found: the worst are kept, the rest counted.
        if inner.found.len() > 2 * self.limits.findings_per_run {
            // By place, too: what is cut must not depend on which thread came first.
            let place = |f: &Found| (f.finding.location.path.clone(), f.finding.offset);
            inner.found.sort_by_cached_key(|f| (std::cmp::Reverse(f.finding.severity), place(f)));
            let cut = inner.found.len() - self.limits.findings_per_run;
            inner.found.truncate(self.limits.findings_per_run);
            self.truncated(cut as u64);
        }
    }

    pub(super) fn error(&self, error: ReadError) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that count are listed first, so they may push others out; they too are bounded.
        let most = self.limits.errors_per_run * if error.incidental { 1 } else { 4 };
        if inner.errors.len() < most {
            inner.errors.push(error);
        } else {
            self.truncated(1);
        }
    }

    pub(super) fn steered(&self, by: SteeredBy) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.steered.push(by);
    }

    pub(super) fn lists(&self, lists: Lists) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.lists.started.extend(lists.started);
        inner.lists.agents.extend(lists.agents);
        inner.lists.components.extend(lists.components);
    }

    pub(super) fn pruned(&self) {
        self.pruned.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn truncated(&self, count: u64) {
        self.truncated.fetch_add(count, Ordering::Relaxed);
    }

    /// Findings that no file of their own stands behind.
    pub(super) fn plain(&self, findings: Vec<Finding>) {
        self.findings(findings.into_iter().map(|finding| Found { finding, ..Found::default() }).collect());
    }

    /// Ends the gathering: one file seen over a link and by its own name counts once.
    pub(super) fn finish(self) -> Gathered {
        let mut inner = self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop_links(&mut inner.found);
        inner.errors.sort_by(|a, b| a.path.cmp(&b.path));
        inner.errors.dedup();
        inner.steered.sort_by(|a, b| a.path.cmp(&b.path));
        inner.lists.started.sort_by(|a, b| (&a.path, a.entry.span.start).cmp(&(&b.path, b.entry.span.start)));
        inner.lists.agents.sort();
        inner.lists.agents.dedup();
        inner.lists.components.sort_by(|a, b| order_of(a).cmp(&order_of(b)));
        let (hidden, shown): (Vec<Found>, Vec<Found>) = inner.found.into_iter().partition(|f| f.inline.is_some());
        Gathered {
            findings: shown.into_iter().map(|found| found.finding).collect(),
            suppressed: hidden
                .into_iter()
                .map(|f| Suppressed { finding: f.finding, by: "inline", reason: f.inline.unwrap_or_default() })
                .collect(),
            errors: inner.errors,
            steered: inner.steered,
            lists: inner.lists,
            pruned: self.pruned.into_inner(),
            truncated: self.truncated.into_inner(),
        }
    }
}

fn order_of(one: &Component) -> impl Ord + '_ {
    (one.ecosystem, &one.name, &one.version, &one.path, one.span.start)
}

/// Of two sightings of one secret at one place of one file, of which one came over a link, keeps the
/// one whose surface knows more.
fn drop_links(found: &mut Vec<Found>) {
    let key = |f: &Found| {
        (f.file, f.finding.offset, f.finding.secret.as_ref().map(|s| s.fingerprint.clone()), f.finding.category)
    };
    let loose = |f: &Found| f.finding.surface == "file.text";
    found.sort_by(|a, b| key(a).cmp(&key(b)).then(loose(a).cmp(&loose(b))).then(a.link.cmp(&b.link)));
    found.dedup_by(|later, kept| {
        later.file.is_some() && (later.link || kept.link) && key(later) == key(kept) && {
            let same_rule = later.finding.rule == kept.finding.rule;
            same_rule || later.finding.secret.is_some()
        }
    });
}
