//! Whether what a file starts runs inside of Flatpak: the file lies in the home of one of its applications, and
//! nothing that can be read here hands that application the user's own home.

use super::Scanner;
use crate::host::open::{self, Roots};
use crate::read::{self, Format};
use std::collections::BTreeSet;
use std::path::Path;

/// What hands an application the whole home.
const WHOLE: [&str; 5] = ["host", "home", "~", "/", "/home"];
/// Bytes of a file of permissions.
const MOST: usize = 64 << 10;

/// Whether `path`, below `home`, is a file of an application that is kept from the home.
pub(super) fn keeps(scanner: &Scanner<'_>, roots: &Roots, everywhere: &Roots, home: &Path, path: &Path) -> bool {
    let Some(application) = application(home, path) else { return false };
    let own = home.join(".local/share/flatpak");
    let metadata = |at: &Path| at.join("app").join(application).join("current/active/metadata");
    let overrides = own.join("overrides");
    let mut folders = BTreeSet::new();
    // What is installed first, then what the machine and the user changed of it.
    let files = [
        (everywhere, metadata(Path::new("/var/lib/flatpak"))),
        (roots, metadata(&own)),
        (roots, overrides.join("global")),
        (roots, overrides.join(application)),
    ];
    let foreign = scanner.host.user.home.canonicalize().map_or(true, |user| user != home);
    for (roots, file) in files.iter().skip(usize::from(foreign)) {
        permitted(scanner, roots, file, &mut folders);
    }
    !WHOLE.iter().any(|folder| folders.contains(*folder))
}

/// The application whose home a file lies in.
fn application<'p>(home: &Path, path: &'p Path) -> Option<&'p str> {
    let mut parts = path.strip_prefix(home).ok()?.iter();
    let named = parts.next()? == ".var" && parts.next()? == "app";
    parts.next().and_then(|name| name.to_str()).filter(|_| named)
}

/// Adds the folders that a file of permissions grants, and takes out what it takes back.
fn permitted(scanner: &Scanner<'_>, roots: &Roots, file: &Path, folders: &mut BTreeSet<String>) {
    let mut bytes = Vec::new();
    let read = open::open_within(roots, file).and_then(|mut file| file.read_up_to(&mut bytes, MOST));
    if read.is_err() {
        return;
    }
    let document = read::parse(Format::Ini, &bytes, scanner.detector.limits());
    let fields = document.fields.iter().filter(|field| field.key() == b"filesystems");
    for word in fields.flat_map(|field| field.value.bytes().split(|byte| *byte == b';')) {
        let word = String::from_utf8_lossy(word.trim_ascii()).into_owned();
        let folder = |text: &str| text.split(':').next().unwrap_or(text).to_owned();
        match word.strip_prefix('!') {
            Some(taken) => folders.remove(&folder(taken)),
            None => folders.insert(folder(&word)),
        };
    }
}
