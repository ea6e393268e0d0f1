//! Environments: the program's own, however odd, and those of other processes.

use super::*;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// A process that only waits, ended when dropped.
struct Sleeper(Child);

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sleeper(variables: &[(&str, &str)]) -> Sleeper {
    let mut command = Command::new("sleep");
    command.arg("600").env_clear().env("PATH", "/usr/bin:/bin").envs(variables.iter().copied());
    Sleeper(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

#[test]
fn a_secret_in_another_process_is_one_finding() {
    let ground = Ground::new();
    let secret = token("process");
    let value: &[(&str, &str)] = &[("CAULK_HOSTILE_PAT", &secret)];
    let _sleepers = [sleeper(value), sleeper(value), sleeper(&[value[0], ("OTHER", "1")])];
    let report = ground.run(&["scan", "--format", "json"]).ends_with(1).json();
    let ours: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["location"]["field"] == "CAULK_HOSTILE_PAT")
        .collect();
    assert_eq!(ours.len(), 1, "{ours:#?}");
    assert_eq!((&ours[0]["surface"], &ours[0]["rule"]), (&"process.environment".into(), &RULE.into()));
    assert!(
        ours[0]["location"]["path"].as_str().unwrap().contains("sleep")
            || ours[0]["location"]["path"].as_str().unwrap().contains("coreutils")
    );
    let ran = ground.run(&["scan", "--format", "json", "--no-env"]).ends_with(0);
    assert!(ran.json()["findings"].as_array().unwrap().is_empty());
}

#[test]
fn an_odd_environment_of_its_own() {
    let ground = Ground::new();
    let huge = "x=y;".repeat(30_000);
    let nested = "{\"a\":".repeat(20_000);
    let run = |args: &[&str]| {
        let mut command = ground.command(args);
        command.env("HUGE", &huge).env("NESTED", &nested).env("A B\nC", "\u{1b}[2J\u{202e}");
        command.env(OsStr::from_bytes(b"BROKEN\xff"), OsStr::from_bytes(b"\xff\xfe\x80"));
        command
            .env("CAULK_", "1")
            .env("CAULK_\u{1b}[2J", "1")
            .env("CAULK_FAIL_ON", "")
            .env("XDG_CONFIG_HOME", "relative/\n");
        command.env("MY_TOKEN", token("own")).env("COLUMNS", "99999999999999999999").env("TERM", "\u{1b}");
        for n in 0..2000 {
            command.env(format!("CAULK_UNKNOWN_{n}"), "1");
        }
        finish(command.spawn().unwrap())
    };
    let ran = run(&["scan", "--format", "json"]).ends_with(1);
    let report = ran.json();
    let own = report["findings"].as_array().unwrap().iter().filter(|f| f["location"]["field"] == "MY_TOKEN").count();
    assert_eq!(own, 1);
    assert!(ran.took < Duration::from_secs(30), "{:?}", ran.took);
    let ran = run(&["scan"]).ends_with(1);
    assert!(!String::from_utf8(ran.out).unwrap().contains("\u{1b}[2J") && !ran.err.contains("\u{1b}[2J"));
    let ran = run(&["config", "show"]).ends_with(0);
    assert!(!ran.err.contains("\u{1b}[2J"));
}

/// No home at all, a home that is a file, one that is not there.
#[test]
fn odd_homes() {
    let ground = Ground::new();
    let file = ground.file("file", "x");
    for home in [Path::new(""), Path::new("relative"), &file, Path::new("/nonexistent/home")] {
        let mut command = ground.command(&["scan", "--format", "json", "--no-env"]);
        let ran = finish(command.env("HOME", home).spawn().unwrap());
        assert!(matches!(ran.code, Some(0 | 1 | 3)), "{home:?}: {:?} {}", ran.code, ran.err);
        ran.json();
    }
}
