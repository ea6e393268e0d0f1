//! What to say when a known stealer's watcher is on the machine.
//!
//! Such a watcher polls a service with the stolen token and acts when the token is refused, so the
//! usual advice (revoke at once) is the wrong first step. Whether there is one is the scan's to say.

/// The safe order of response, one sentence a step; `os` is the word of the report.
pub(super) fn safe_order(os: &str) -> Vec<&'static str> {
    vec![
        "Do not revoke or rotate any token yet. Some watchers act on it; a wipe of the home folder has been reported, and disputed.",
        "Take this machine off the network.",
        "Keep a copy of what is listed under \"Signs of a known attack\", for whoever looks into it.",
        stop_it(os),
        "Remove what else it left: the hooks and start-up entries listed below.",
        "Only then, from another and clean machine, revoke: GitHub and npm first, the cloud accounts next, then the rest.",
    ]
}

fn stop_it(os: &str) -> &'static str {
    match os {
        "macos" => {
            "Stop the watcher with launchctl bootout gui/$UID and the path of its plist, then delete its files. \
             Clear the immutable flag first if one is set (chflags nouchg)."
        }
        "windows" => "Stop the watcher: end its task or Run entry, then delete its files.",
        _ => {
            "Stop the watcher with systemctl --user disable --now and its unit's name, then delete its files. \
             Clear the immutable flag first if one is set (chattr -i)."
        }
    }
}
