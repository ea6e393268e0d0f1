//! How many other people's crates caulk stands on. Each one can be taken over, so the number has a
//! ceiling; a change that goes over it has to say why in the same commit.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::process::Command;

/// Distinct crates (name and version) that end up in the program on Linux.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--target", "x86_64-unknown-linux-gnu"])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    // `name v1.2.3 (proc-macro) (*)`: name and version are enough.
    let crates: BTreeSet<String> = tree
        .lines()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .filter(|name| !name.is_empty())
        .collect();
    assert!(crates.iter().any(|name| name.starts_with("clap ")), "cargo tree gave no tree");
    crates
}

fn within(features: &[&str], ceiling: usize) {
    let crates = crates(features);
    let count = crates.len();
    assert!(count <= ceiling, "{count} crates with {features:?}, at most {ceiling}: {crates:#?}");
}

#[test]
fn the_bare_scanner_stays_within_its_budget() {
    within(&["--no-default-features"], 160);
}

#[test]
fn with_the_keychain_it_stays_within_its_budget() {
    within(&["--no-default-features", "--features", "keychain"], 310);
}

#[test]
fn with_everything_it_stays_within_its_budget() {
    within(&["--all-features"], 420);
}
