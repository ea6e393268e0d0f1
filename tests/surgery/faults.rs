//! Kills and failures of the system at every step, made by `strace`.
//!
//! The test binary starts itself under `strace` with one test as the driver. A first run tells which
//! calls the driver makes; then each of them is failed, and the program killed at each. After every one
//! the file is entirely old or entirely new, or torn and mended, and nothing is left beside it.

use super::*;
use caulk::host::surgery::{create, name_beside, remove_if, restore};
use std::io::Write;
use std::os::unix::fs::FileExt;

/// What the driver is to do: verb, file, temporary name.
const TASK: &str = "CAULK_TEST_SURGERY";
/// From that call on, as `strace` writes it.
const ON: &str = "+";
const BEGIN: &str = "/caulk-test-begin";
const END: &str = "/caulk-test-end";

const BEFORE: &[u8] = b"[a]\ntoken = a-value-that-is-long\n[b]\n";

fn after() -> Vec<u8> {
    // Longer, and different from the first line on, so that a stopped write shows.
    [&b"[a]\nkept = elsewhere\n"[..], &[b'#'; 9000], b"\n[b]\n"].concat()
}

/// Calls that change something, or decide what is changed.
const CALLS: &str = "openat,openat2,pread64,write,pwrite64,lseek,fsync,fdatasync,renameat2,renameat,rename,linkat,unlink,unlinkat,fchmod,fchown,\
                     flistxattr,fgetxattr,fsetxattr,fremovexattr,ftruncate,fallocate";

/// Failures that a call may have.
fn errors(call: &str) -> &'static [&'static str] {
    match call {
        "openat" => &["EACCES", "EROFS", "EIO", "ENOSPC"],
        "openat2" => &["EACCES"],
        "write" | "pwrite64" | "fsync" | "fdatasync" | "fallocate" => &["ENOSPC", "EIO"],
        "renameat2" => &["EINVAL", "EBUSY", "EROFS", "EIO", "ENOSPC"],
        "renameat" | "rename" => &["EBUSY", "EROFS", "EIO"],
        "fsetxattr" => &["ENOSPC", "EACCES"],
        "unlinkat" | "unlink" => &["EACCES", "EROFS", "EIO"],
        _ => &["EIO"],
    }
}

/// Not a test: what runs under `strace`.
#[test]
fn driver() {
    let Ok(task) = std::env::var(TASK) else { return };
    let mut words = task.split('\n');
    let (verb, real, temporary) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let (real, temporary) = (Path::new(real), Path::new(temporary));
    let patient = (verb == "replace").then(|| open(real).unwrap());
    // The main thread makes calls too, and `strace` counts each thread's: what is failed here is not its.
    for _ in 0..128 {
        let mut file = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        file.write_all(b"x").unwrap();
        file.read_at(&mut [0], 0).unwrap();
    }
    let _ = std::fs::symlink_metadata(BEGIN);
    let result = match verb {
        "replace" => patient.unwrap().replace(&after(), temporary),
        "restore" => restore(real, BEFORE, &after()),
        "create" => create(real, &after(), temporary),
        "remove" => remove_if(real, &after(), temporary),
        _ => settle(real, temporary, Some(BEFORE), &after()).map(drop),
    };
    // Told through the log: printing may be among what fails.
    let said = result.map_or_else(|refusal| format!("{refusal:?}"), |()| "done".into());
    let _ = std::fs::symlink_metadata(format!("{END}/{said}"));
}

/// A file in a state from which the driver starts.
struct Scene {
    _guard: tempfile::TempDir,
    dir: PathBuf,
    real: PathBuf,
    temporary: PathBuf,
}

type Set = fn(&Path, &Path);

fn scene(set: Set) -> Scene {
    let (guard, dir) = folder();
    let (real, temporary) = name_beside(&dir.join("f")).unwrap();
    set(&real, &temporary);
    Scene { _guard: guard, dir, real, temporary }
}

/// What gives the driver a `/proc` of its own, where that is allowed: how many programs the machine runs then
/// does not change how many files it opens.
fn alone() -> Vec<String> {
    static WAY: std::sync::LazyLock<Vec<String>> = std::sync::LazyLock::new(|| {
        let ways = [
            &["--pid", "--fork", "--mount-proc"][..],
            &["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"],
        ];
        let works = |way: &&&[&str]| run("unshare", &[**way, &["true"]].concat());
        let way = ways.iter().find(works).map(|way| [&["unshare"], *way].concat());
        way.unwrap_or_default().into_iter().map(str::to_owned).collect()
    });
    WAY.clone()
}

/// How the driver ended: what it says, or nothing when it was killed.
fn drive(verb: &str, scene: &Scene, strace: &[String], log: &Path) -> Option<Option<String>> {
    let task = format!("{verb}\n{}\n{}", text(&scene.real), text(&scene.temporary));
    let mut words = alone();
    words.extend(["strace", "-f", "-qq", "-s", "200", "-o", text(log)].map(str::to_owned));
    words.extend_from_slice(strace);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "surgery::faults::driver", "--nocapture", "--test-threads=1"]);
    // Cargo sets it, and the loader looks in every folder of it: calls that would be counted.
    command.env_remove("LD_LIBRARY_PATH").env(TASK, task).stdin(Stdio::null()).stderr(Stdio::null());
    command.output().ok()?;
    let told = std::fs::read_to_string(log).ok()?;
    let said = told
        .lines()
        .find_map(|line| Some(line.split_once(END)?.1.trim_start_matches('/').split('"').next()?.to_owned()));
    Some(said)
}

/// The calls between the marks: name, how many of that name the thread made until then, and the line.
fn calls(log: &Path) -> Vec<(String, usize, String)> {
    let log = std::fs::read_to_string(log).unwrap();
    let thread = log.lines().find(|line| line.contains(BEGIN)).unwrap().split_whitespace().next().unwrap();
    let mut seen = std::collections::BTreeMap::<&str, usize>::new();
    let (mut on, mut found) = (false, Vec::new());
    for line in log.lines().filter_map(|line| line.strip_prefix(thread)) {
        let Some((name, _)) = line.trim_start().split_once('(') else { continue };
        on = (on || line.contains(BEGIN)) && !line.contains(END);
        let count = seen.entry(name).or_default();
        *count += 1;
        if on && CALLS.split(',').any(|call| call.trim() == name) && !line.contains("/proc/") {
            found.push((name.to_owned(), *count, line.to_owned()));
        }
    }
    found
}

/// Fails and kills the driver at each of its calls, and lets `judge` look at what is left.
///
/// `always` are failures that hold all the time: systems that lack a call.
fn everywhere(verb: &str, set: Set, always: &[&str], judge: fn(&Scene, Option<&str>, &str)) {
    let (_guard, dir) = folder();
    let log = dir.join("log");
    let always: Vec<String> = always.iter().flat_map(|inject| ["-e".to_owned(), format!("inject={inject}")]).collect();
    let strace = |more: &[String]| {
        [&["-e".to_owned(), format!("trace={CALLS},statx,lstat,newfstatat")], &always[..], more].concat()
    };
    let first = scene(set);
    let Some(Some(said)) = drive(verb, &first, &strace(&[]), &log) else {
        return println!("skipped: strace is not installed or may not trace here");
    };
    judge(&first, Some(&said), "nothing fails");
    let calls = calls(&log);
    assert!(calls.len() > 3, "{calls:?}");
    let (mut runs, mut fired) = (0, 0);
    for (call, count, line) in &calls {
        let faults = errors(call).iter().map(|error| format!("error={error}"));
        let faults = faults.flat_map(|fault| [format!("{fault}:when={count}"), format!("{fault}:when={count}{ON}")]);
        for fault in faults.chain([format!("signal=SIGKILL:when={count}")]) {
            let scene = scene(set);
            // A call that always fails would be injected twice.
            if always.iter().any(|inject| inject.contains(&format!("={call}:"))) {
                continue;
            }
            let inject = format!("inject={call}:{fault}");
            let said = drive(verb, &scene, &strace(&["-e".to_owned(), inject]), &log).unwrap();
            runs += 1;
            let traced = std::fs::read_to_string(&log).unwrap();
            fired += usize::from(traced.contains("(INJECTED)") || traced.contains("killed by SIGKILL"));
            let killed = traced.contains("killed by SIGKILL");
            assert_eq!(said.is_none(), killed, "{verb}: {fault} at{line}");
            judge(&scene, said.as_deref(), &format!("{verb}: {fault} at{}", line.replace(ON, "")));
        }
    }
    println!("{verb} {always:?}: {} calls, {runs} faults, {fired} fired", calls.len());
    assert!(fired == runs || alone().is_empty(), "{fired} of {runs} faults fired");
}

/// After a replacement: what the driver said is true, and what it left can be brought to an end.
fn replaced(scene: &Scene, said: Option<&str>, what: &str) {
    let content = get(&scene.real);
    match said {
        Some("done") => assert_eq!(content, after(), "{what}"),
        Some("Torn") | None => {}
        // When every call of a kind fails from there on, nothing can be taken back; the next run does it.
        Some(_) if what.contains(ON) => {}
        Some(refusal) => assert_eq!(content, BEFORE, "{what}: {refusal}"),
    }
    let settled = settle(&scene.real, &scene.temporary, Some(BEFORE), &after()).unwrap();
    match settled {
        Settled::Old => assert_eq!(get(&scene.real), BEFORE, "{what}"),
        Settled::New => assert_eq!(get(&scene.real), after(), "{what}"),
        Settled::Torn => {
            restore(&scene.real, BEFORE, &after()).unwrap();
            assert_eq!(get(&scene.real), BEFORE, "{what}");
        }
        Settled::Edited | Settled::Absent => panic!("{settled:?}: {what}"),
    }
    let spare = names(&scene.dir).into_iter().filter(|name| name != "f" && name != "g").count();
    assert_eq!(spare, 0, "{what}: {:?}", names(&scene.dir));
}

fn plain(real: &Path, _: &Path) {
    put(real, BEFORE);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(real, PermissionsExt::from_mode(0o644)).unwrap();
    run("setfattr", &["-n", "user.origin", "-v", "somewhere", text(real)]);
    if root() {
        std::os::unix::fs::chown(real, None, Some(4321)).unwrap();
    }
}

fn linked(real: &Path, _: &Path) {
    put(real, BEFORE);
    std::fs::hard_link(real, real.with_file_name("g")).unwrap();
}

#[test]
fn exchanged() {
    everywhere("replace", plain, &[], replaced);
}

#[test]
fn renamed_where_names_cannot_be_exchanged() {
    everywhere("replace", plain, &["renameat2:error=EINVAL"], replaced);
}

#[test]
fn written_in_place() {
    everywhere("replace", linked, &[], replaced);
}

#[test]
fn written_in_place_because_nothing_else_works() {
    everywhere("replace", plain, &["renameat2:error=EBUSY"], replaced);
}

#[test]
fn put_back_after_being_torn() {
    let torn: Set = |real, _| {
        let after = after();
        put(real, [&after[..100], BEFORE.get(100..).unwrap_or_default()].concat());
    };
    everywhere("restore", torn, &[], |scene, said, what| {
        if said == Some("done") {
            assert_eq!(get(&scene.real), BEFORE, "{what}");
        }
        restore(&scene.real, BEFORE, &after()).unwrap_or_else(|refusal| panic!("{refusal:?}: {what}"));
        assert_eq!(get(&scene.real), BEFORE, "{what}");
    });
}

#[test]
fn made() {
    everywhere(
        "create",
        |_, _| {},
        &[],
        |scene, said, what| {
            if let Some(said) = said {
                assert_eq!(scene.real.exists(), said == "done", "{what}: {said}");
            }
            let settled = settle(&scene.real, &scene.temporary, None, &after()).unwrap();
            assert_eq!(settled, if scene.real.exists() { Settled::New } else { Settled::Old }, "{what}");
            assert_eq!(names(&scene.dir).len(), usize::from(scene.real.exists()), "{what}");
        },
    );
}

#[test]
fn removed() {
    everywhere(
        "remove",
        |real, _| put(real, after()),
        &[],
        |scene, said, what| {
            if let Some(said) = said {
                assert_eq!(scene.real.exists(), said != "done", "{what}: {said}");
            }
            let settled = settle(&scene.real, &scene.temporary, None, &after()).unwrap();
            assert_eq!(settled, if scene.real.exists() { Settled::New } else { Settled::Old }, "{what}");
            assert_eq!(names(&scene.dir).len(), usize::from(scene.real.exists()), "{what}");
        },
    );
}

#[test]
fn settled_again_when_settling_is_stopped() {
    const EDIT: &[u8] = b"an edit of the user's";
    let swapped_out: Set = |real, temporary| {
        put(real, after());
        put(temporary, EDIT);
    };
    everywhere("settle", swapped_out, &[], |scene, said, what| {
        if said == Some("done") {
            assert_eq!(get(&scene.real), EDIT, "{what}");
        }
        settle(&scene.real, &scene.temporary, Some(BEFORE), &after()).unwrap();
        assert_eq!((get(&scene.real), names(&scene.dir).len()), (EDIT.to_vec(), 1), "{what}");
    });
}
