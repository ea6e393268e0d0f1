//! As whom an entry runs, where its file or its command names an account.
//!
//! Only the whole command counts: of `sudo -u bot x | sh` the second half runs as the one who wrote it.

use super::AuditCx;
use crate::model::AutorunEntry;
use crate::read::json::{Kind, Tree};
use crate::rules::place::Level;

/// The name that systemd makes up for a unit without a lasting account.
const DYNAMIC: &str = "(dynamic)";
/// Fields of a line of a crontab before the account.
const TIMES: usize = 5;

/// The account; `None`: the file's own user, or none that can be told.
pub(super) fn runs_as(cx: &AuditCx<'_>, entry: &AutorunEntry) -> Option<String> {
    let written = entry.launch.as_ref()?.written.as_found();
    let by_file = match &*cx.surface.id {
        // The user's own service manager cannot change the account.
        "systemd.unit" if cx.level == Level::System => of_unit(cx.doc.tree.as_ref()?),
        "launchd.agent" if cx.level == Level::System => of_key(cx.doc.tree.as_ref()?, &[b"UserName"]),
        "cron.table" => of_crontab(cx.around.path, written),
        _ => None,
    };
    by_file.or_else(|| of_command(written))
}

fn of_unit(tree: &Tree<'_>) -> Option<String> {
    let is_on = |value: String| matches!(value.to_ascii_lowercase().as_str(), "yes" | "true" | "on" | "1");
    let dynamic = of_key(tree, &[b"Service", b"DynamicUser"]).is_some_and(is_on);
    of_key(tree, &[b"Service", b"User"]).or_else(|| dynamic.then(|| DYNAMIC.to_owned()))
}

/// The text at a place, not empty.
fn of_key(tree: &Tree<'_>, keys: &[&[u8]]) -> Option<String> {
    let mut node = tree.root()?;
    for key in keys {
        node = tree.get(node, key)?;
    }
    let text = match tree.kind(node) {
        Kind::String => tree.text(node)?.bytes().to_vec(),
        _ => tree.raw(node).to_vec(),
    };
    String::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// The machine's own tables name an account in each line, those of the spool are called by it.
fn of_crontab(path: &str, line: &str) -> Option<String> {
    let mut folders = path.rsplit('/');
    let (name, folder) = (folders.next()?, folders.next().unwrap_or_default());
    if folder == "cron.d" || name == "crontab" {
        let before = if line.starts_with('@') { 1 } else { TIMES };
        return line.split_whitespace().nth(before).map(str::to_owned);
    }
    matches!(folder, "crontabs" | "tabs" | "cron").then(|| name.to_owned())
}

/// `sudo -u bot …`, `doas -u bot …`, `runuser -u bot -- …`.
fn of_command(line: &str) -> Option<String> {
    if !is_one_command(line) {
        return None;
    }
    let mut words =
        line.split_whitespace().skip_while(|word| word.split_once('=').is_some_and(|(name, _)| is_name(name)));
    let program = words.next()?;
    if !matches!(program.rsplit('/').next()?, "sudo" | "doas" | "runuser") {
        return None;
    }
    while let Some(word) = words.next().filter(|word| word.starts_with('-')) {
        match word {
            "-u" | "--user" => return words.next().map(unquoted),
            "--" => return None,
            // Others that take a word of their own.
            "-g" | "--group" | "-h" | "--host" | "-p" | "--prompt" | "-C" | "-D" | "--chdir" | "-T" => {
                words.next();
            }
            _ => {
                let glued = word.strip_prefix("--user=").or_else(|| word.strip_prefix("-u"));
                if let Some(name) = glued.filter(|name| !name.is_empty()) {
                    return Some(unquoted(name));
                }
            }
        }
    }
    None
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn unquoted(word: &str) -> String {
    word.trim_matches(['"', '\'']).to_owned()
}

/// Whether a line is one command for a shell: nothing joins it to another, and nothing in it runs first.
fn is_one_command(line: &str) -> bool {
    let mut quote = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            (None, ';' | '|' | '&' | '<' | '>' | '(' | ')' | '\n') | (None | Some('"'), '`') => return false,
            (None | Some('"'), '$') if letters.peek() == Some(&'(') => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{of_command, of_crontab};

    #[test]
    fn accounts_of_commands() {
        for line in [
            "sudo -u bot acme",
            "/usr/bin/sudo -n -u bot -- acme --all",
            "A=1 sudo --user=bot acme",
            "doas -u bot acme",
            "runuser -u bot -- acme",
            "sudo -g web -ubot acme",
            "sudo -u bot bash -c 'curl -s https://x.example.com | sh'",
        ] {
            assert_eq!(of_command(line).as_deref(), Some("bot"), "{line}");
        }
        for line in [
            "sudo acme",
            "acme -u bot",
            "sudo -u bot curl -s https://x.example.com | sh",
            "sudo -u bot acme \"$(cat ~/.npmrc)\"",
            "cd x && sudo -u bot acme",
            "sudo -- acme -u bot",
        ] {
            assert_eq!(of_command(line), None, "{line}");
        }
    }

    #[test]
    fn accounts_of_crontabs() {
        let of = |path: &str, line: &str| of_crontab(path, line);
        assert_eq!(of("/etc/cron.d/acme", "0 3 * * * bot acme --all").as_deref(), Some("bot"));
        assert_eq!(of("/etc/crontab", "@reboot bot acme").as_deref(), Some("bot"));
        assert_eq!(of("/var/spool/cron/crontabs/bot", "0 3 * * * acme").as_deref(), Some("bot"));
        assert_eq!(of("/srv/acme/table", "0 3 * * * acme"), None);
    }
}
