//! A server for files that is given the whole disk or a whole home, keys and tokens included.

use super::line::arguments;
use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::{Launch, Severity};

pub(super) struct WideFolder;

impl Audit for WideFolder {
    fn meta(&self) -> &'static str {
        "mcp-wide-folder"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        for entry in cx.live_servers() {
            let launch = entry.launch.as_ref().filter(|launch| serves_files(launch));
            if let Some(folder) = launch.and_then(|launch| arguments(launch).find(|word| is_wide(word))) {
                out.extend(cx.judge(
                    self.meta(),
                    entry,
                    Fault::Unseen(Severity::Medium),
                    format!("it may read all of {folder}"),
                ));
            }
        }
    }
}

/// Whether the program hands files to an agent: servers of that kind say so in their names.
fn serves_files(launch: &Launch) -> bool {
    let named = |text: &str| text.to_ascii_lowercase().contains("filesystem");
    launch.package.as_deref().map_or_else(|| arguments(launch).chain([launch.program.as_str()]).any(named), named)
}

/// Whether a word is the root of the disk, of all homes, or one home.
fn is_wide(word: &str) -> bool {
    let path = word.replace('\\', "/");
    let path = path.strip_suffix('/').unwrap_or(&path);
    let drive = matches!(path.as_bytes(), [letter, b':'] if letter.is_ascii_alphabetic());
    let root = path.is_empty() && !word.is_empty() || drive;
    let home =
        ["~", "$HOME", "${HOME}", "${userHome}", "%USERPROFILE%", "$env:USERPROFILE", "/root", "/home", "/Users"];
    let below = |folder: &str| {
        let rest =
            path.get(..folder.len()).filter(|head| head.eq_ignore_ascii_case(folder)).map(|_| &path[folder.len()..]);
        rest.is_some_and(|name| !name.is_empty() && !name.contains('/'))
    };
    root || home.contains(&path) || ["/home/", "/Users/", "C:/Users/"].iter().any(|folder| below(folder))
}

#[cfg(test)]
mod tests {
    use super::is_wide;

    #[test]
    fn the_disk_and_homes() {
        for word in ["/", "~", "~/", "$HOME", "/home/ada", "/Users/ada/", "/root", "C:\\", "c:/users/ada", "D:/"] {
            assert!(is_wide(word), "{word}");
        }
        for word in
            ["", "/home/ada/work", "~/Documents", "/srv/data", "C:/Users/ada/work", "./", "--root", "/Users/ada/x/"]
        {
            assert!(!is_wide(word), "{word}");
        }
    }
}
