//! Being stopped, and outputs that cannot take what is written.

use super::*;
use rustix::process::{Pid, Signal, kill_process};

/// What lies in a folder, without the reports that a test expects.
fn left(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().flatten().map(|e| e.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A tree whose scan takes the debug build seconds.
fn big() -> Ground {
    let ground = Ground::new();
    let text = "export NAME=value; curl https://example.org/path?x=1 -H 'X-Y: z'\n".repeat(16_000);
    for n in 0..60 {
        ground.file(&format!("t/{n}.txt"), &text);
    }
    ground
}

#[test]
fn a_signal_ends_a_scan_of_a_big_tree() {
    let ground = big();
    std::fs::create_dir(ground.path("out")).unwrap();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let args = ["scan", "t", "--format", "json", "-o", "out/a.json", "--format", "human"];
        let child = ground.command(&args).spawn().unwrap();
        wait_until_handled(child.id());
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ran = finish(child).ends_with(code);
        assert!(ran.err.contains("not complete"), "{}", ran.err);
        assert_eq!(left(&ground.path("out")), Vec::<String>::new());
        let runs = ground.state.path().join("caulk/runs");
        assert_eq!(left(&runs), Vec::<String>::new());
    }
    // Killed outright: the report's name is not there; the next run is not disturbed.
    let mut child = ground.command(&["scan", "t", "--format", "json", "-o", "out/a.json"]).spawn().unwrap();
    wait_until_handled(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!ground.path("out/a.json").exists());
}

/// The second signal does not wait for anything.
#[test]
fn a_second_signal_ends_at_once() {
    let ground = Ground::new();
    let mut child = ground.command(&["scan", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    wait_until_handled(child.id());
    let pid = Pid::from_child(&child);
    let input = child.stdin.take();
    kill_process(pid, Signal::INT).unwrap();
    let _ = kill_process(pid, Signal::INT);
    finish(child).ends_with(130);
    drop(input);
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly() {
    let ground = Ground::new();
    for n in 0..900 {
        ground.file(&format!("t/{n}.txt"), token(&n.to_string()));
    }
    for format in caulk::output::Format::ALL.iter().map(|format| format.as_str()) {
        let mut child = ground.command(&["scan", "t", "--format", format]).spawn().unwrap();
        let mut first = [0; 64];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        drop(child.stdout.take());
        let ran = finish(child).ends_with(1);
        assert_eq!(ran.err, "", "{format}");
    }
}

#[test]
fn outputs_that_take_nothing() {
    let ground = Ground::new();
    ground.file("t/a.txt", token("out"));
    std::fs::create_dir(ground.path("out")).unwrap();
    // A full device behind standard output is an error; as a file it is refused.
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = finish(ground.command(&["scan", "t"]).stdout(full()).spawn().unwrap()).ends_with(2);
    assert!(ran.err.contains("standard output") && ran.err.lines().count() == 1, "{}", ran.err);
    // Nobody to tell.
    finish(ground.command(&["scan", "t"]).stderr(full()).spawn().unwrap()).ends_with(1);
    finish(ground.command(&["scan", "missing"]).stderr(full()).spawn().unwrap()).ends_with(2);
    for (args, word) in [
        (&["-o", "/dev/full"][..], "regular file"),
        (&["-o", "out"], "out"),
        (&["-o", "missing/a"], "missing/a"),
        (&["-o", "t/a.txt/x"], "t/a.txt/x"),
        (&["--format", "json", "-o", "out/a", "--format", "human", "-o", "out/a"], "both"),
        (&["--format", "json", "-o", "out/a", "--format", "human", "-o", "./out/../out/a"], "both"),
    ] {
        let ran = ground.run(&[&["scan", "t"], args].concat()).ends_with(2);
        assert!(ran.err.contains(word) && ran.err.lines().count() == 1 && ran.out.is_empty(), "{}", ran.err);
        assert_eq!(left(&ground.path("out")), Vec::<String>::new(), "{args:?}");
    }
}

/// A state folder that cannot be written is a note, and the scan goes on.
#[test]
fn a_shut_state_folder_does_not_stop_a_scan() {
    let ground = Ground::new();
    ground.file("t/a.txt", token("state"));
    std::fs::create_dir(ground.state.path().join("caulk")).unwrap();
    set_mode(&ground.state.path().join("caulk"), 0o500);
    let ran = ground.run_as_nobody(&["scan", "t", "--format", "json"]).ends_with(1);
    set_mode(&ground.state.path().join("caulk"), 0o700);
    assert_eq!(paths(&ran.json(), RULE).len(), 1);
    assert!(ran.err.contains("cannot be compared"), "{}", ran.err);
}

/// A disk with no room, where one can be had.
#[test]
fn a_full_disk_leaves_no_half_report() {
    let ground = Ground::new();
    for n in 0..200 {
        ground.file(&format!("t/{n}.txt"), token(&n.to_string()));
    }
    let disk = ground.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "none"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("skipped: no file system can be mounted here");
        return;
    }
    let ran = ground.run(&["scan", "t", "--format", "json", "-o", "disk/report.json"]);
    let names = left(&disk);
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    let ran = ran.ends_with(2);
    assert!(ran.err.contains("disk/report.json") && ran.err.lines().count() == 1, "{}", ran.err);
    assert_eq!(names, Vec::<String>::new());
}
