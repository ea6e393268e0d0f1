//! Who runs caulk and what the machine is called.
//!
//! `/etc/passwd` is read as a file: asking the name service (NSS) would load foreign code and may
//! open sockets. Accounts that only a directory service knows fall back to `$USER` and `$HOME`.

use super::User;
use std::ffi::OsStr;
#[cfg(unix)]
use std::io::Read;
use std::path::{Path, PathBuf};

/// Looks a variable up in the caller's environment; empty counts as unset.
pub(super) type Lookup<'a> = dyn Fn(&str) -> Option<&'a OsStr> + 'a;

/// Where an account without any known home is said to live, so that nothing is walked by mistake.
const NOWHERE: &str = "/nonexistent";

/// Bytes of `/etc/passwd` that are read.
#[cfg(unix)]
const PASSWD_BYTES: u64 = 4 << 20;

/// The account that runs this process.
#[cfg(unix)]
pub(super) fn caller(env: &Lookup<'_>) -> User {
    let uid = rustix::process::geteuid().as_raw();
    let account = read_passwd().and_then(|text| find(&text, uid));
    let own = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(path).is_ok_and(|meta| meta.uid() == uid)
    };
    let said = env("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let (name, home) = if let Some((name, home)) = account {
        // `sudo` may leave the caller's HOME in place: root must not take somebody's home for its own.
        (name, said.filter(|path| uid != 0 || own(path)).unwrap_or(home))
    } else {
        let name = env("USER").or_else(|| env("LOGNAME")).map(|name| name.to_string_lossy().into_owned());
        (name.unwrap_or_else(|| format!("uid-{uid}")), said.unwrap_or_else(|| PathBuf::from(NOWHERE)))
    };
    User { name, home, uid: Some(uid) }
}

/// The account that runs this process.
#[cfg(not(unix))]
pub(super) fn caller(env: &Lookup<'_>) -> User {
    let name = env("USERNAME").map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned());
    let home = env("USERPROFILE").map(PathBuf::from).filter(|path: &PathBuf| Path::is_absolute(path));
    User { name, home: home.unwrap_or_else(|| PathBuf::from(NOWHERE)), uid: None }
}

/// The machine's name.
#[cfg(unix)]
pub(super) fn machine_name(_: &Lookup<'_>) -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The machine's name.
#[cfg(not(unix))]
pub(super) fn machine_name(env: &Lookup<'_>) -> String {
    env("COMPUTERNAME").map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(unix)]
fn read_passwd() -> Option<Vec<u8>> {
    let mut text = Vec::new();
    std::fs::File::open("/etc/passwd").ok()?.take(PASSWD_BYTES).read_to_end(&mut text).ok()?;
    Some(text)
}

/// Name and home of the first account with this id: `name:password:uid:gid:gecos:home:shell`.
#[cfg(unix)]
fn find(passwd: &[u8], uid: u32) -> Option<(String, PathBuf)> {
    use std::os::unix::ffi::OsStrExt;
    passwd.split(|&b| b == b'\n').find_map(|line| {
        let fields: Vec<&[u8]> = line.split(|&b| b == b':').collect();
        let [name, _, id, _, _, home, ..] = fields[..] else { return None };
        // Names that start with `+` or `-` are NIS includes, not accounts.
        if name.is_empty() || matches!(name[0], b'#' | b'+' | b'-') {
            return None;
        }
        let id: u32 = std::str::from_utf8(id).ok()?.parse().ok()?;
        let home = PathBuf::from(OsStr::from_bytes(home));
        (id == uid && home.is_absolute()).then(|| (String::from_utf8_lossy(name).into_owned(), home))
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::find;
    use std::path::PathBuf;

    #[test]
    fn finds_an_account_by_number_and_passes_over_broken_lines() {
        let passwd = b"root:x:0:0:root:/root:/bin/bash\n+nis::1000:1000::/nis:\nbad:x:1000\n#c:x:1000:1::/c:\n\
                       rel:x:1000:1000::rel:/bin/sh\nada:x:1000:1000:Ada,,,:/home/ada:/bin/sh\n";
        assert_eq!(find(passwd, 1000), Some(("ada".into(), PathBuf::from("/home/ada"))));
        assert_eq!(find(passwd, 0), Some(("root".into(), PathBuf::from("/root"))));
        assert_eq!(find(passwd, 7), None);
        assert_eq!(find(b"", 0), None);
    }
}
