//! `caulk scan`: arguments to report, in the order that keeps a scan confined.
//!
//! Everything that needs the network of folders outside the scanned roots (settings, rules, key,
//! output files, other processes' environments) comes before the process confines itself; threads
//! come after. What is looked for and how it is shown is not decided here.

use super::args::ScanArgs;
use super::destination::{self, Destination, Target};
use super::error::{Failure, Status};
use super::settings::{Key, Settings, shown};
use super::stdin::Stdin;
use super::{interrupt, mcp, out, pack, progress, runs};
use crate::detect::Detector;
use crate::host::key::{self, MachineKey};
use crate::host::procs::{self, ProcessEnv};
use crate::host::registry;
use crate::host::terminal::{self, Stream};
use crate::host::{FileError, Host, confine};
use crate::ledger::memory::Lock;
use crate::model::{KeyRing, Limits, ScanReport, Untrusted};
use crate::output::{self, Format, RenderOptions};
#[cfg(feature = "history")]
use crate::read::git_repository::Repository;
use crate::scan::{self, Progress, ScanRequest, Scanner, Scope};
use crate::triage::{self, Allow, Expired};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Columns where the terminal does not say.
const WIDTH: usize = 80;

/// Scans, reports, and gives the exit status. `formats_at` and `outputs_at` are the positions of
/// `--format` and `-o` on the command line.
pub(super) fn run(args: &ScanArgs, formats_at: &[usize], outputs_at: &[usize]) -> Result<u8, Failure> {
    let host = Host::current();
    let scope = scope(args)?;
    let settings = Settings::load(&host, args.config.as_deref(), args.layer())?;
    let destinations = destinations(args, formats_at, outputs_at, &settings)?;
    let allow = allow(&settings)?;
    let pack = pack::load(&settings, &host.dirs().state)?;
    for text in &settings.notes {
        out::note(&settings, text);
    }

    let state_dir = host.dirs().state;
    let key = machine_key(&state_dir, args.plan).map_err(|error| Failure::new(error.to_string()))?;
    if let Some(why) = &key.ephemeral {
        out::note(&settings, &format!("{why}; fingerprints of this run cannot be compared with others"));
    }
    let keys = KeyRing::new(key.bytes);
    let saving = if args.plan { Ok(()) } else { runs::prepare(&state_dir, host.now) };
    let targets = destination::open(destinations)?;
    let mut request = request(scope, &settings);
    match mcp::load(&state_dir) {
        Ok(approved) => request.approved = approved,
        Err(failure) => out::note(&settings, &failure.to_string()),
    }
    let environments = environments(&host, &request);
    let commands = if request.scope == Scope::Audit { registry::commands() } else { Vec::new() };

    let confined = confine::confine(&confine::Confinement { write_dirs: write_dirs(&state_dir, &targets) });
    let live = Arc::new(Progress::default());
    let stop = interrupt::watch(&live);
    let detector = Detector::new(&pack, &keys, request.limits, host.now);
    let scanner = Scanner {
        host: &host,
        pack: &pack,
        detector: &detector,
        request: &request,
        progress: &live,
        environments: &environments,
        commands: &commands,
    };
    if args.plan {
        return plan(&scanner, &targets, &settings);
    }
    let shows = !settings.flag(Key::Quiet) && !settings.flag(Key::NoProgress) && request.scope != Scope::Stdin;
    let scanned = progress::during(shows, &live, || match request.scope {
        Scope::Stdin => Stdin::start(&live).map(|mut stdin| scan::run(&scanner, Some(&mut stdin))),
        _ => Ok(scan::run(&scanner, None)),
    });
    let mut report =
        scanned.map_err(|error| Failure::new(format!("standard input cannot be read: {}", error.kind())))?;
    report.scan.confined = confined;
    let expired = sift(&mut report, &allow, &settings);
    if let Some(status) = stop.status() {
        // What was found so far is worth a look; files and the saved run are for whole runs only.
        out::complain("interrupted: the report is not complete, no file was written");
        write(&report, targets.into_iter().filter(|t| matches!(t, Target::Stdout(_))), &host, &settings, &expired)?;
        return Ok(status);
    }
    if let Err(error) = saving.and_then(|()| runs::save(&state_dir, host.now, &report)) {
        out::note(&settings, &format!("the run was not saved: {error}"));
    }
    write(&report, targets.into_iter(), &host, &settings, &expired)?;
    Ok(stop.status().unwrap_or_else(|| status(&report, &settings)))
}

/// The key of fingerprints. A plan makes none and leaves nothing behind.
fn machine_key(state_dir: &Path, plan: bool) -> Result<MachineKey, FileError> {
    if plan {
        return Ok(MachineKey { bytes: key::ephemeral()?, ephemeral: None });
    }
    key::machine_key(state_dir)
}

/// What is to be scanned; everything that was named must be there.
fn scope(args: &ScanArgs) -> Result<Scope, Failure> {
    for home in &args.home {
        if !exists(home)? || !home.is_dir() {
            return Err(Failure::new(format!("--home {}: not a folder", shown(home))));
        }
    }
    if !args.home.is_empty() {
        return Ok(Scope::Homes(args.home.clone()));
    }
    if args.paths.iter().any(|path| path == Path::new("-")) {
        return match args.paths.len() {
            _ if args.staged => Err(Failure::new("`-` (standard input) has nothing staged")),
            1 => Ok(Scope::Stdin),
            _ => Err(Failure::new("`-` (standard input) cannot be scanned together with other paths")),
        };
    }
    for path in &args.paths {
        if !exists(path)? {
            return Err(Failure::new(format!("no such file or folder: {}{}", shown(path), near(path))));
        }
    }
    if args.staged {
        return staged(&args.paths);
    }
    Ok(if args.paths.is_empty() { Scope::Audit } else { Scope::Paths(args.paths.clone()) })
}

/// What is staged below `paths`, or else the current folder; each must lie in a work tree of git's.
#[cfg(feature = "history")]
fn staged(paths: &[PathBuf]) -> Result<Scope, Failure> {
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.to_vec() };
    for path in &paths {
        Repository::find(path).map_err(|error| Failure::new(format!("--staged {}: {error}", shown(path))))?;
    }
    Ok(Scope::Staged(paths))
}

#[cfg(not(feature = "history"))]
fn staged(_: &[PathBuf]) -> Result<Scope, Failure> {
    Err(Failure::new("--staged: this build of caulk cannot read git's objects (it lacks the feature `history`)"))
}

/// Whether a path is there. One that may not be looked at is there: the scan reports it as unread.
fn exists(path: &Path) -> Result<bool, Failure> {
    match std::fs::metadata(path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidFilename) => {
            Err(Failure::new(format!("not a path: {}", shown(path))))
        }
        _ => Ok(true),
    }
}

/// The name in the same folder that was most likely meant.
fn near(path: &Path) -> String {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return String::new() };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return String::new() };
    let names: Vec<String> = entries.flatten().take(10_000).filter_map(|e| e.file_name().into_string().ok()).collect();
    super::error::nearest(name, names.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!(" (did you mean `{}`?)", shown(&path.with_file_name(near))))
}

fn destinations(
    args: &ScanArgs,
    formats_at: &[usize],
    outputs_at: &[usize],
    settings: &Settings,
) -> Result<Vec<Destination>, Failure> {
    let read = |word: &str| word.parse::<Format>().map_err(|error| Failure::new(error.to_string()));
    let named = args.format.iter().map(|word| read(word)).collect::<Result<Vec<_>, _>>()?;
    let formats: Vec<_> = formats_at.iter().copied().zip(named).collect();
    let files: Vec<_> = outputs_at.iter().copied().zip(args.output.iter().cloned()).collect();
    destination::pair(&formats, &files, read(settings.word(Key::Format))?)
}

fn allow(settings: &Settings) -> Result<Allow, Failure> {
    let (entries, origin) = &settings.allow;
    Allow::new(entries).map_err(|error| Failure::new(format!("{origin}: {error}")))
}

fn request(scope: Scope, settings: &Settings) -> ScanRequest {
    ScanRequest {
        no_env: settings.flag(Key::NoEnv),
        deep: settings.flag(Key::Deep),
        exclude: settings.globs(Key::Exclude).to_vec(),
        max_file_size: settings.number(Key::MaxFileSize),
        jobs: settings.number(Key::Jobs).map(|jobs| jobs as usize),
        limits: Limits::SHIPPED,
        list_started: false,
        list_components: false,
        approved: Lock::default(),
        scope,
    }
}

/// The environment of this process and those of the user's others: of an audit only.
fn environments(host: &Host, request: &ScanRequest) -> Vec<ProcessEnv> {
    if request.no_env || request.scope != Scope::Audit {
        return Vec::new();
    }
    let mut environments = vec![procs::own(host)];
    environments.extend(procs::read_all(request.limits.environ_bytes));
    environments.extend(registry::environments(request.limits.environ_bytes));
    environments
}

fn write_dirs(state_dir: &Path, targets: &[Target]) -> Vec<PathBuf> {
    let files = targets.iter().filter_map(|target| match target {
        Target::File(_, _, file) => file.target().parent().map(Path::to_owned),
        Target::Stdout(_) => None,
    });
    std::iter::once(state_dir.to_owned()).chain(files).collect()
}

fn plan(scanner: &Scanner<'_>, targets: &[Target], settings: &Settings) -> Result<u8, Failure> {
    let plan = scan::plan(scanner);
    let places = |list: &[scan::Planned]| list.iter().map(|p| (p.surface.clone(), p.path.clone())).collect::<Vec<_>>();
    let (reads, absent) = (places(&plan.reads), places(&plan.absent));
    let json = matches!(targets, [Target::Stdout(Format::Json | Format::Ndjson)]);
    out::stdout(|out| {
        if json {
            output::plan_json(&reads, &plan.pruned, &absent, out)
        } else {
            output::plan_text(&reads, &plan.pruned, &absent, settings.flag(Key::Verbose), out)
        }
    })?;
    Ok(Status::Clean.code())
}

/// Hides what is allowed and what is below the thresholds, and counts again.
fn sift(report: &mut ScanReport, allow: &Allow, settings: &Settings) -> Vec<Expired> {
    let today = report.scan.started_at.clone();
    let expired = allow.apply(report, &[], &today);
    let (severity, confidence) = (settings.severity(Key::MinSeverity), settings.confidence(Key::MinConfidence));
    triage::filter(&mut report.findings, severity, confidence);
    // Groups must not name what is no longer listed.
    triage::group(&mut report.findings);
    triage::reach(&mut report.findings);
    report.summarize();
    expired
}

fn write(
    report: &ScanReport,
    targets: impl Iterator<Item = Target>,
    host: &Host,
    settings: &Settings,
    expired: &[Expired],
) -> Result<(), Failure> {
    let mut options = RenderOptions {
        color: false,
        width: WIDTH,
        verbose: u8::from(settings.flag(Key::Verbose)),
        quiet: settings.flag(Key::Quiet),
        show_suppressed: settings.flag(Key::ShowSuppressed),
        home: Some(host.user.home.clone()),
        notes: expired.iter().map(|entry| Untrusted::new(entry.note())).collect(),
    };
    let mut to_stdout = None;
    for target in targets {
        match target {
            Target::Stdout(format) => to_stdout = Some(format),
            Target::File(format, path, file) => {
                let failed =
                    |error: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {error}", shown(&path)));
                let mut writer = std::io::BufWriter::new(file);
                output::write(format, report, &options, &mut writer).map_err(|e| failed(&e.kind()))?;
                writer.flush().map_err(|e| failed(&e.kind()))?;
                let file = writer.into_inner().map_err(|e| failed(&e.error().kind()))?;
                file.commit().map_err(|e| Failure::new(format!("cannot write {e}")))?;
            }
        }
    }
    if let Some(format) = to_stdout {
        options.color = out::color(settings);
        options.width = terminal::width(Stream::Stdout).map_or(WIDTH, usize::from);
        out::stdout(|out| output::write(format, report, &options, out))?;
    }
    Ok(())
}

/// The exit status that a finished scan comes to.
fn status(report: &ScanReport, settings: &Settings) -> u8 {
    if report.has_at_least(settings.severity(Key::FailOn), settings.confidence(Key::MinConfidence)) {
        return match settings.number(Key::ExitCode).and_then(|code| u8::try_from(code).ok()) {
            _ if settings.flag(Key::ExitZero) => Status::Clean.code(),
            Some(code) => code,
            None => Status::Findings.code(),
        };
    }
    let unread = report.errors.iter().any(|error| !error.incidental);
    // A cap that cut findings also makes a scan incomplete, but nothing was unreadable then.
    let other = !report.scan.complete && report.coverage.truncated == 0;
    if unread || other { Status::Unread.code() } else { Status::Clean.code() }
}
