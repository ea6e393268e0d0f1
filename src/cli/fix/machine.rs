//! Facts of this machine that edits depend on: where caulk is called from, which files tools read last.

use crate::cli::error::Failure;
use crate::cli::settings::shown;
use crate::host::{Host, installed};
use crate::remediate::edit::Machine;
use std::env::consts::EXE_SUFFIX;
use std::path::{Path, PathBuf};

/// npm clients that cannot be handed a login for one registry in their environment. bun has a variable
/// for a token, which it sends to whatever registry is its default: the wrong one, as likely as not.
const FILE_ONLY: [&str; 3] = ["yarn", "bun", "deno"];

/// Package managers that can wait until a release has aged.
const MANAGERS: [&str; 4] = ["npm", "pnpm", "bun", "uv"];

/// The facts for the caller's own home, or for `home`.
pub(super) fn facts(host: &Host, home: Option<&Path>) -> Result<Machine, Failure> {
    let own = home.is_none();
    let home = home.unwrap_or(&host.user.home);
    let home = home.canonicalize().map_err(|e| Failure::new(format!("{}: {}", shown(home), e.kind())))?;
    owned(&home)?;
    let env = |name: &str| host.env(name).filter(|_| own).map(PathBuf::from).filter(|path| path.is_absolute());
    let git_config = env("GIT_CONFIG_GLOBAL").unwrap_or_else(|| {
        let plain = home.join(".gitconfig");
        let moved = host.root("config", &home, own).map(|config| config.join("git").join("config"));
        // git reads both, the plain one last.
        if plain.exists() { plain } else { moved.filter(|path| path.exists()).unwrap_or(plain) }
    });
    let managers = managers(host, &home);
    let file_only_clients = file_only(host);
    Ok(Machine { os: host.os, file_only_clients, managers, git_config, launcher: launcher(host)?, home })
}

/// The package managers on the `PATH`. Nothing is run: a version comes from the files beside a program, or not.
fn managers(host: &Host, home: &Path) -> Vec<(String, Option<String>)> {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let program = |name: &str| {
        let names =
            folders(host).into_iter().flat_map(|f| endings.iter().map(move |end| f.join(format!("{name}{end}"))));
        names.into_iter().find(|path| path.is_file())
    };
    let version = |name: &str, path: &Path| match name {
        "uv" => installed::of_receipt(home, host.os, name),
        _ => installed::of_program(path, name),
    };
    let found = MANAGERS.iter().filter_map(|name| Some((*name, program(name)?)));
    found.map(|(name, path)| (name.to_owned(), version(name, &path))).collect()
}

/// The clients on the `PATH` that read a login from the file only, as a sentence names them.
fn file_only(host: &Host) -> Vec<String> {
    let mut names: Vec<String> =
        FILE_ONLY.iter().filter(|name| on_path(host, name)).map(|name| (*name).to_owned()).collect();
    // Which pnpm it is only pnpm itself could tell: 10.34 was seen to install without a login.
    if on_path(host, "pnpm") {
        names.push("pnpm before 11.6".to_owned());
    }
    names
}

/// Only a home of the caller's: what root writes into another's home locks its owner out, and the
/// keychain would be the wrong one.
#[cfg(unix)]
fn owned(home: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = home.metadata().map_err(|e| Failure::new(format!("{}: {}", shown(home), e.kind())))?;
    if meta.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(Failure::new(format!("{} belongs to another account; run caulk fix as that account", shown(home))))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "Unix checks")]
fn owned(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// An absolute path of caulk that stays when caulk is upgraded: the name on the `PATH`, where that is
/// this very program, else the program's own place.
fn launcher(host: &Host) -> Result<PathBuf, Failure> {
    let own =
        std::env::current_exe().map_err(|e| Failure::new(format!("where caulk lies cannot be told: {}", e.kind())))?;
    let real = own.canonicalize().unwrap_or_else(|_| own.clone());
    let named = folders(host).into_iter().map(|folder| folder.join(format!("caulk{EXE_SUFFIX}")));
    Ok(named.into_iter().find(|path| path.canonicalize().is_ok_and(|found| found == real)).unwrap_or(own))
}

fn on_path(host: &Host, program: &str) -> bool {
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    let there = |folder: &PathBuf| endings.iter().any(|end| folder.join(format!("{program}{end}")).is_file());
    folders(host).iter().any(there)
}

/// The absolute folders of the `PATH`.
fn folders(host: &Host) -> Vec<PathBuf> {
    let all = host.env("PATH").map(|path| std::env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
    all.into_iter().filter(|folder| folder.is_absolute()).collect()
}
