//! Files and folders that change under the scan.

use super::*;
use crate::common;
use caulk::host::{Host, Os};
use caulk::model::Skip;
use caulk::scan::Scope;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::sync::atomic::{AtomicBool, Ordering};

/// Does `change` over and over while `work` runs.
fn meanwhile(mut change: impl FnMut(u32) + Send, work: impl FnOnce()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0;
            while !done.load(Ordering::Relaxed) {
                change(round);
                round += 1;
            }
        });
        let stop = Stop(&done);
        work();
        drop(stop);
    });
}

/// Ends the changes even when the work panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_file_that_grows_shrinks_is_replaced_or_vanishes() {
    let ground = Ground::new();
    let filler = "lorem ipsum\n".repeat(20_000);
    let (all, half) = (format!("{filler}{}\n", token("moving")), &filler[..filler.len() / 2]);
    let names = [".npmrc", ".bash_history", "app/.mcp.json", "app/package.json", "app/a.txt", ".claude.json"];
    for name in names {
        ground.file(name, &all);
    }
    let change = |round: u32| {
        for (nth, name) in names.iter().enumerate() {
            let path = ground.path(name);
            // Any of these may fail when the file is just not there.
            let _ = match (round as usize + nth) % 5 {
                0 => std::fs::write(&path, &all),
                1 => std::fs::OpenOptions::new().write(true).open(&path).and_then(|f| f.set_len(4000)),
                2 => std::fs::write(&path, half),
                3 => std::fs::write(path.with_extension("new"), &all)
                    .and_then(|()| std::fs::rename(path.with_extension("new"), &path)),
                _ => std::fs::remove_file(&path),
            };
        }
    };
    meanwhile(change, || {
        for args in
            [["scan", "--no-env"], ["scan", "app"], ["scan", ".npmrc"], ["scan", "--deep"]].iter().cycle().take(12)
        {
            let ran = ground.run(&[&args[..], &["--format", "json"]].concat());
            if ran.code == Some(2) {
                // Gone when the call was looked at.
                assert!(args[1] == ".npmrc" && ran.err.contains("no such file"), "{}", ran.err);
                continue;
            }
            assert!(matches!(ran.code, Some(0 | 1 | 3)), "{:?} {}", ran.code, ran.err);
            ran.json();
        }
    });
}

/// A folder that is now one of the root's, now a link to another place: what lies there is never read.
#[test]
fn a_folder_swapped_for_a_link_leads_nowhere() {
    let ground = Ground::new();
    let outside = tempfile::tempdir().unwrap();
    let strange = token("outside");
    for n in 0..40 {
        ground.file(&format!("root/a/b/{n}.txt"), token("inside"));
        std::fs::create_dir_all(outside.path().join("b")).unwrap();
        std::fs::write(outside.path().join(format!("b/{n}.txt")), &strange).unwrap();
    }
    std::os::unix::fs::symlink(outside.path(), ground.path("link")).unwrap();
    let (folder, link) = (ground.path("root/a"), ground.path("link"));
    let host = Host::fake(Os::HERE, Path::new("/nonexistent-home"), &[]);
    let request = common::request(Scope::Paths(vec![ground.path("root")]));
    let (mut reports, mut inside) = (0, 0);
    let swap = |_: u32| {
        renameat_with(CWD, &folder, CWD, &link, RenameFlags::EXCHANGE).unwrap();
        std::thread::sleep(Duration::from_micros(300));
    };
    meanwhile(swap, || {
        for _ in 0..60 {
            let report = common::scan(&host, &request);
            for finding in &report.findings {
                let shown = finding.secret.as_ref().unwrap().redacted.as_str();
                assert!(!shown.ends_with(&strange[strange.len() - 4..]), "read outside: {:?}", finding.location.path);
                inside += 1;
            }
            assert!(report.errors.iter().all(|e| e.skip != Skip::Internal));
            reports += 1;
        }
    });
    assert!(reports == 60 && inside > 0);
}

/// Nothing to race with: a link above the file, in place before the scan.
#[test]
fn a_known_place_below_a_link_out_of_the_home_is_not_read() {
    let ground = Ground::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("credentials"), token("out")).unwrap();
    std::os::unix::fs::symlink(outside.path(), ground.path(".aws")).unwrap();
    std::fs::write(outside.path().join("npmrc"), token("out2")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("npmrc"), ground.path(".npmrc")).unwrap();
    // Inside, links are followed, and one file is one finding.
    ground.file("dots/docker/config.json", format!(r#"{{"auths": {{"x.example": {{"auth": "{}"}}}}}}"#, token("in")));
    std::os::unix::fs::symlink(ground.path("dots/docker"), ground.path(".docker")).unwrap();
    let report = ground.run(&["scan", "--no-env", "--format", "json"]).ends_with(1).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{:#}", report["findings"]);
    for name in [".aws/credentials", "/.npmrc"] {
        let (reason, incidental) = error_of(&report, name).unwrap_or_else(|| panic!("{name}: {:#}", report["errors"]));
        assert!(reason.contains("leads out of the root") && incidental, "{reason}");
    }
}
