//! The order of a scan: artefacts, known places, processes, one walk a root; then the report.

use super::approved;
use super::artifacts::Marking;
use super::collect::Collector;
use super::engine::Engine;
use super::installed;
use super::judge::Judge;
use super::planner::Planner;
use super::processes;
use super::prune;
use super::stream;
use super::walk::{Candidate, Mode, SPECIAL, TOP_LEVELS, Visitor, Walk, markers};
use super::{ScanPlan, Scanner, Scope};
use crate::host::access::DirAccess;
use crate::host::mounts::Mounts;
use crate::host::open::{self, Roots};
use crate::host::synced::SyncFolders;
use crate::model::{Coverage, ScanReport, Skip, Untrusted};
use crate::read::git_state::GitStates;
use crate::rules::describe;
use crate::rules::marks::Marks;
use crate::rules::place::{Known, Level, PlaceIndex};
use crate::triage;
use globset::{Glob, GlobSet, GlobSetBuilder};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A root and how it is walked.
struct Root {
    path: PathBuf,
    mode: Mode,
    user: Option<Untrusted>,
    /// Whether it is the caller's own machine: system places and path overrides count.
    own: bool,
}

impl Root {
    fn tree(path: &Path) -> Self {
        Self { path: real(path), mode: Mode::Tree, user: None, own: false }
    }
}

/// Scans.
pub(super) fn run(scanner: &Scanner<'_>, stdin: Option<&mut (dyn std::io::Read + Send)>) -> ScanReport {
    let started = Instant::now();
    let collector = Collector::new(scanner.request.limits, scanner.progress);
    let mut report = ScanReport { pack: scanner.pack.facts(), ..ScanReport::default() };
    match stdin {
        Some(reader) => stream::read(scanner, &collector, reader),
        None => {
            in_pool(scanner.request.jobs, || {
                let index = PlaceIndex::new(scanner.pack.surfaces());
                let marks = Marking::new(scanner);
                let git = GitStates::default();
                let access = Mutex::new(DirAccess::default());
                #[cfg(feature = "history")]
                if let Scope::Staged(paths) = &scanner.request.scope {
                    report.watcher = super::staged::run(scanner, &collector, &index, &git, &access, paths);
                    return;
                }
                for root in roots(scanner) {
                    root_of(scanner, &collector, &index, &marks, &git, &access, &root);
                }
                report.watcher = marks.watcher();
                if scanner.request.scope == Scope::Audit && !scanner.request.no_env {
                    let surface = scanner.pack.surfaces().iter().find(|s| s.id == "process.environment");
                    processes::scan(scanner, &collector, surface);
                }
            });
        }
    }
    let mut report = finish(scanner, collector, report);
    report.scan.duration_ms = started.elapsed().as_millis() as u64;
    report
}

/// Says what would be read.
pub(super) fn plan(scanner: &Scanner<'_>) -> ScanPlan {
    let marks = Marks::new(scanner.pack.campaigns());
    let planner = Planner::new(scanner, &marks);
    in_pool(scanner.request.jobs, || {
        let index = PlaceIndex::new(scanner.pack.surfaces());
        #[cfg(feature = "history")]
        if let Scope::Staged(paths) = &scanner.request.scope {
            return super::staged::plan(scanner, &index, &planner, paths);
        }
        for root in roots(scanner) {
            let known = known(scanner, &index, &root);
            planner.known(&known);
            if root.path.is_file() {
                planner.note(index.of(&root.path).map_or("file.text", |s| &s.id), &root.path, true);
            } else {
                walk_root(scanner, &index, &marks, &root, &known, &planner);
            }
        }
    });
    if scanner.request.scope == Scope::Audit && !scanner.request.no_env {
        planner.environments();
    }
    planner.commands();
    planner.finish()
}

/// Runs `work` on its own pool, so that `--jobs` holds for all of it.
fn in_pool(jobs: Option<usize>, work: impl FnOnce() + Send) {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(jobs.unwrap_or(0)).thread_name(|i| format!("scan-{i}"));
    match builder.build() {
        Ok(pool) => pool.install(work),
        // No threads to be had: the caller's own does all.
        Err(_) => match rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        },
    }
}

fn roots(scanner: &Scanner<'_>) -> Vec<Root> {
    let name = |path: &Path| path.file_name().map(|n| Untrusted::from_bytes(n.as_encoded_bytes()));
    let home_mode = if scanner.request.deep { Mode::Deep } else { Mode::Home };
    match &scanner.request.scope {
        Scope::Audit => vec![Root {
            path: real(&scanner.host.user.home),
            mode: home_mode,
            user: Some(Untrusted::new(scanner.host.user.name.clone())),
            own: true,
        }],
        Scope::Homes(homes) => {
            let root = |home: &PathBuf| Root { path: real(home), mode: home_mode, user: name(home), own: false };
            homes.iter().map(root).collect()
        }
        Scope::Paths(paths) => paths.iter().map(|path| Root::tree(path)).collect(),
        #[cfg(feature = "history")]
        Scope::Staged(paths) => paths.iter().map(|path| Root::tree(path)).collect(),
        Scope::Stdin => Vec::new(),
    }
}

/// A root without links in it, so that "below the root" can be told by the path; the path itself where that fails.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Known places of a root, system level only on the caller's own machine.
fn known<'p>(scanner: &Scanner<'_>, index: &PlaceIndex<'p>, root: &Root) -> Vec<Known<'p>> {
    if root.mode == Mode::Tree {
        return Vec::new();
    }
    let mut known = index.known(scanner.host, &root.path, root.own);
    known.retain(|k| root.own || level(k) != Level::System);
    known
}

/// Scans one root.
fn root_of(
    scanner: &Scanner<'_>,
    collector: &Collector<'_>,
    index: &PlaceIndex<'_>,
    marks: &Marking<'_>,
    git: &GitStates,
    access: &Mutex<DirAccess>,
    root: &Root,
) {
    let mounts = Mounts::current();
    let roots = Roots::new(std::slice::from_ref(&root.path)).avoiding(mounts.clone());
    let everywhere = Roots::new(&[PathBuf::from("/")]).avoiding(mounts);
    let known = known(scanner, index, root);
    let home = (root.mode != Mode::Tree).then(|| root.path.clone());
    let approvals = home.as_deref().map(|home| approved::read(scanner, &known, home, &roots, &everywhere));
    let judge = Judge::new(scanner, home, approvals.unwrap_or_default(), (&roots, &everywhere), git);
    let mut engine = Engine {
        scanner,
        collector,
        git,
        access,
        synced: SyncFolders::default(),
        root: &root.path,
        roots: &roots,
        everywhere: &everywhere,
        judge: &judge,
        index,
        mode: root.mode,
        user: root.user.clone(),
        done: &[],
        marks,
    };
    if root.mode != Mode::Tree {
        engine.known_marks(root.own);
    }
    if root.own {
        engine.keys();
    }
    let metadata = root.path.metadata();
    if metadata.as_ref().is_ok_and(|m| !m.is_dir() && !m.is_file()) {
        engine.error(&root.path, Skip::NotRegular(SPECIAL), false);
        return;
    }
    if metadata.as_ref().is_ok_and(|m| !m.is_dir()) {
        let surface = index.of(&root.path);
        scanner.progress.files_seen.fetch_add(1, Ordering::Relaxed);
        let max = scanner.request.max_file_size;
        let level = Level::Project;
        let candidate = Candidate { path: root.path.clone(), surface, level, system: false, link: false, max };
        engine.target(&candidate);
        engine.marked(&root.path, false);
        engine.open_places(&[], false);
        return;
    }
    let mut done = Vec::new();
    for known in &known {
        if read_known(&engine, known) {
            done.push(known.path().to_owned());
        }
    }
    done.sort_unstable();
    engine.done = &done;
    walk_root(scanner, index, &marks.marks, root, &known, &engine);
    engine.installed(&known);
    if root.mode != Mode::Tree {
        engine.age_gates();
    }
    engine.open_places(&known, root.own);
    collector.lists(judge.into_lists());
}

/// Walks a root, and the known folders that its walk prunes.
fn walk_root<V: Visitor>(
    scanner: &Scanner<'_>,
    index: &PlaceIndex<'_>,
    marks: &Marks<'_>,
    root: &Root,
    known: &[Known<'_>],
    visitor: &V,
) {
    let exclude = exclude(&scanner.request.exclude);
    let mounts = Mounts::current();
    let markers = markers(scanner.pack.surfaces());
    let walk = |path: &Path, levels| {
        let walk = Walk {
            root: path,
            linked: path.canonicalize().is_ok_and(|real| real != path),
            home: &root.path,
            mode: root.mode,
            index,
            marks,
            request: scanner.request,
            exclude: &exclude,
            progress: scanner.progress,
            remote: &|path| mounts.is_remote(path),
            markers: &markers,
            levels,
            visitor,
        };
        walk.run();
    };
    walk(&root.path, TOP_LEVELS);
    if root.mode == Mode::Home {
        let mut hidden: Vec<&Path> = known.iter().filter(|k| is_hidden(k, &root.path)).map(Known::path).collect();
        hidden.sort_unstable();
        hidden.dedup_by(|inner, outer| inner.starts_with(outer));
        for folder in hidden {
            let real = real(folder);
            if folder.starts_with(&root.path) && !real.starts_with(&root.path) {
                visitor.error(folder, Skip::NotRegular(open::LEADS_OUT), false);
            } else {
                walk(folder, 0);
            }
        }
    }
}

/// Whether a known folder is there and the walk of `root` does not come by.
fn is_hidden(known: &Known<'_>, root: &Path) -> bool {
    let Known::Folder { path, surface, .. } = known else { return false };
    // Folders of packages are listed, not walked.
    if installed::is_folder(surface) {
        return false;
    }
    let pruned = |folder: &Path| folder.file_name().is_some_and(|name| prune::in_audit(folder, name).is_some());
    let outside = !path.starts_with(root);
    (outside || path.ancestors().take_while(|a| *a != root).any(pruned)) && path.is_dir()
}

fn level(known: &Known<'_>) -> Level {
    match known {
        Known::File { level, .. } | Known::Folder { level, .. } => *level,
    }
}

/// Reads a known place if it is there; tells whether a walk must leave it out.
fn read_known(engine: &Engine<'_>, known: &Known<'_>) -> bool {
    let Known::File { path, surface, level } = known else { return false };
    let Ok(metadata) = path.symlink_metadata() else { return false };
    if metadata.is_dir() {
        return false;
    }
    if !metadata.is_file() && !metadata.is_symlink() {
        engine.error(path, Skip::NotRegular(SPECIAL), true);
        return true;
    }
    let candidate = Candidate {
        path: path.clone(),
        surface: Some(surface),
        level: *level,
        system: *level == Level::System,
        // A link among the folders above counts too: the walk may come to the same file by its own name.
        link: metadata.is_symlink() || path.canonicalize().is_ok_and(|real| real != *path),
        max: engine.scanner.request.max_file_size,
    };
    engine.target(&candidate);
    true
}

/// The globs of `--exclude`; they were checked when the request was made.
pub(super) fn exclude(globs: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs.iter().filter_map(|g| Glob::new(g).ok()) {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}

/// Whole days from a date to `now`.
fn age_days(date: &str, now: std::time::SystemTime) -> Option<u64> {
    let then = humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).ok()?;
    Some(now.duration_since(then).map_or(0, |age| age.as_secs() / 86_400))
}

/// Everything gathered becomes a report: ids, order, groups, totals.
fn finish(scanner: &Scanner<'_>, collector: Collector<'_>, mut report: ScanReport) -> ScanReport {
    let gathered = collector.finish();
    let load = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    report.coverage = Coverage {
        files_seen: load(&scanner.progress.files_seen),
        files_read: load(&scanner.progress.files_read),
        bytes_read: load(&scanner.progress.bytes_read),
        cache_hits: 0,
        pruned: gathered.pruned,
        truncated: gathered.truncated,
    };
    report.findings = gathered.findings;
    report.suppressed = gathered.suppressed;
    report.errors = gathered.errors;
    report.scan.steered_by = gathered.steered;
    report.started = gathered.lists.started;
    report.agents = gathered.lists.agents;
    report.components = gathered.lists.components;
    report.scan.started_at = humantime::format_rfc3339_seconds(scanner.host.now).to_string();
    report.pack.age_days = age_days(&report.pack.date, scanner.host.now);
    report.host.id = scanner.detector.keys().host_id(scanner.host.name.as_bytes());
    report.host.name = Untrusted::new(scanner.host.name.clone());
    scanner.host.os.as_str().clone_into(&mut report.host.os);
    std::env::consts::ARCH.clone_into(&mut report.host.arch);
    report.scan.mode = match &scanner.request.scope {
        Scope::Audit | Scope::Homes(_) => "audit",
        Scope::Paths(_) => "path",
        #[cfg(feature = "history")]
        Scope::Staged(_) => "path",
        Scope::Stdin => "stdin",
    };
    let roots = roots(scanner);
    report.scan.roots =
        roots.iter().map(|r| scanner.detector.mask_text(r.path.as_os_str().as_encoded_bytes())).collect();
    report.homes = roots.iter().filter(|r| r.mode != Mode::Tree).map(|r| r.path.clone()).collect();
    report.host.users = roots.iter().filter_map(|r| r.user.clone()).collect();
    triage::assign_ids(&mut report.findings);
    triage::sort(&mut report.findings);
    triage::cap(&mut report, &scanner.request.limits);
    triage::group(&mut report.findings);
    triage::reach(&mut report.findings);
    report.campaigns = scanner
        .pack
        .campaigns()
        .filter(|campaign| report.findings.iter().any(|f| f.harvested_by.iter().any(|id| *id == campaign.id)))
        .map(|campaign| (campaign.id.to_string(), campaign.title.to_string()))
        .collect();
    let with_findings = report.findings.iter().chain(report.suppressed.iter().map(|hidden| &hidden.finding));
    let occurring: BTreeSet<&str> = with_findings.map(|finding| finding.rule.as_str()).collect();
    report.rules =
        occurring.into_iter().filter_map(|id| Some((id.to_owned(), describe::text(scanner.pack, id)?))).collect();
    let blind = report.errors.iter().any(|e| !e.incidental);
    report.scan.complete = !blind && report.coverage.truncated == 0 && !scanner.progress.stopped();
    report.summarize();
    report
}
