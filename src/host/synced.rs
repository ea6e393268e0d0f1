//! Folders that a program copies to other machines: what lies there lies elsewhere, too.
//!
//! Told by the names that sync programs give their folders in a home, and by the files they put
//! into them, which are looked up with `stat`. Whether the program runs is not asked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Names directly below a home, lower case, or their beginnings.
const IN_HOME: [(&str, &str); 14] = [
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("google drive", "Google Drive"),
    ("googledrive", "Google Drive"),
    ("my drive", "Google Drive"),
    ("icloud drive", "iCloud"),
    ("iclouddrive", "iCloud"),
    ("nextcloud", "Nextcloud"),
    ("owncloud", "ownCloud"),
    ("pcloud", "pCloud"),
    ("mega", "MEGA"),
    ("box sync", "Box"),
    ("proton drive", "Proton Drive"),
    ("seafile", "Seafile"),
];

/// Names in `~/Library/CloudStorage` of macOS begin with one of these.
const CLOUD_STORAGE: [(&str, &str); 5] = [
    ("dropbox", "Dropbox"),
    ("onedrive", "OneDrive"),
    ("googledrive", "Google Drive"),
    ("box", "Box"),
    ("protondrive", "Proton Drive"),
];

/// Files and folders that a program keeps in the folder it syncs.
const MARKERS: [(&str, &str); 8] = [
    (".stfolder", "Syncthing"),
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".owncloudsync.log", "ownCloud"),
    (".nextcloudsync.log", "Nextcloud"),
    (".tmp.drivedownload", "Google Drive"),
    (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive"),
    (".SynologyWorkingDirectory", "Synology Drive"),
];

/// What is known of folders so far.
#[derive(Debug, Default)]
pub struct SyncFolders {
    known: Mutex<HashMap<PathBuf, Option<&'static str>>>,
}

impl SyncFolders {
    /// The program that syncs `folder`, which may lie below `home`.
    pub fn of(&self, folder: &Path, home: &Path) -> Option<&'static str> {
        if let Ok(below) = folder.strip_prefix(home)
            && let Some(program) = by_name(below)
        {
            return Some(program);
        }
        // A home itself is nobody's sync folder, though such programs may keep their settings there.
        let inner = folder.ancestors().take_while(|dir| *dir != home && dir.parent().is_some());
        inner.into_iter().find_map(|dir| self.marked(dir))
    }

    fn marked(&self, folder: &Path) -> Option<&'static str> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(program) = known.get(folder) {
            return *program;
        }
        let there = |marker: &&(&str, &str)| folder.join(marker.0).symlink_metadata().is_ok();
        let program = MARKERS.iter().find(there).map(|(_, program)| *program);
        known.insert(folder.to_owned(), program);
        program
    }
}

/// The program whose name a folder below a home has.
fn by_name(below: &Path) -> Option<&'static str> {
    let names: Vec<String> =
        below.components().take(3).map(|part| part.as_os_str().to_string_lossy().to_lowercase()).collect();
    let begins = |names: &[(&str, &'static str)], name: &str| {
        names.iter().find(|(begin, _)| is_or_goes_on(name, begin)).map(|(_, program)| *program)
    };
    match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["library", "mobile documents", ..] => Some("iCloud"),
        ["library", "cloudstorage", name, ..] => begins(&CLOUD_STORAGE, name),
        [name, ..] => begins(&IN_HOME, name),
        [] => None,
    }
}

/// `OneDrive`, `OneDrive - Acme`, `Dropbox (Personal)`, but not `dropbox-api`.
fn is_or_goes_on(name: &str, begin: &str) -> bool {
    name.strip_prefix(begin).is_some_and(|rest| {
        rest.is_empty()
            || rest.starts_with(" - ")
            || rest.starts_with(" (")
            || rest.contains('@')
            || rest.starts_with("-personal")
    })
}
