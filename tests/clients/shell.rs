//! bash: what an interactive session appends to its history.

use crate::common::desk::{Desk, make, required};

/// Types `lines` into an interactive bash. No command is found, and the history keeps them all.
fn session(desk: &Desk, variables: &[(&str, &str)], lines: &str) {
    required("bash");
    let bash = std::env::split_paths(&std::env::var_os("PATH").unwrap()).find_map(|folder| {
        let bash = folder.join("bash");
        bash.is_file().then_some(bash)
    });
    let mut command = desk.command(bash.unwrap());
    command.args(["--norc", "--noprofile", "-i"]).envs(variables.iter().copied()).env("PATH", "/nonexistent");
    desk.feed(&mut command, &format!("{lines}\nhistory -a\n"));
}

#[test]
fn commands_with_secrets() {
    let mut desk = Desk::new();
    let mut text = String::new();
    let cases = [
        ("export API_TOKEN={}", "<an:32>", "shell-variable-secret"),
        ("DB_PASSWORD={} ./migrate up", "<an:14>", "shell-variable-secret"),
        ("PGPASSWORD='{}' psql -h db.corp.test -U app", "<an:14>", "shell-variable-secret"),
        ("curl -sSu ada:{} https://api.corp.test", "<an:14>", "command-line-password"),
        ("http -a ada:{} GET api.corp.test", "<an:14>", "command-line-password"),
        ("curl -U ada:{} -x proxy.corp.test:3128 https://api.corp.test", "<an:14>", "command-line-password"),
        ("smbclient //files.corp.test/x -U ada%{}", "<an:14>", "command-line-password"),
        ("curl -H 'Authorization: Bearer {}' https://api.corp.test", "<an:40>", "bearer-token"),
        ("curl --header \"X-Api-Key: {}\" https://api.corp.test", "<an:32>", "bearer-token"),
        ("curl 'https://api.corp.test/v1?page=2&api_key={}&sort=asc'", "<an:32>", "command-line-password"),
        ("curl https://api.corp.test/v2?access_token={} | tee out", "<hex:40>", "command-line-password"),
        ("mysql -uroot -p{} shop", "<an:12>", "command-line-password"),
        ("mysqldump --password={} shop > shop.sql", "<an:12>", "command-line-password"),
        ("psql \"postgresql://app:{}@db.corp.test/shop\"", "<an:16>", "url-password"),
        ("git clone https://ada:{}@git.corp.test/shop.git", "<an:24>", "url-password"),
        ("git clone https://{}@git.corp.test/shop.git", "<an:40>", "url-password"),
        ("docker login -u ada -p {} registry.corp.test", "<an:16>", "command-line-password"),
        ("docker run --rm -e STRIPE_KEY={} -e DEBUG=1 shop", "<an:32>", "shell-variable-secret"),
        (
            "echo {} | docker login --username ada --password-stdin registry.corp.test",
            "<an:20>",
            "command-line-password",
        ),
        ("gh auth login --with-token <<< {}", "<an:40>", "command-line-password"),
        ("helm install shop ./chart --set db.password={},debug=true", "<an:14>", "command-line-password"),
        ("openssl enc -aes-256-cbc -pass pass:{} -in a -out b", "<an:14>", "command-line-password"),
        ("aws configure set aws_secret_access_key {}", "<b64:40>", "aws-secret-access-key"),
        ("npm config set //npm.example.com/:_authToken={}", "<an:36>", "command-line-password"),
        ("export GH=\"{}\"", "ghp_<(><an:30><crc62>", "github-pat-classic"),
        ("redis-cli -h cache.corp.test -a {} ping", "<an:14>", "command-line-password"),
    ];
    for (number, (line, template, rule)) in cases.into_iter().enumerate() {
        let secret = make(template, &format!("history {number}"));
        text += &line.replace("{}", &secret);
        text += "\n";
        desk.expect(".bash_history", secret, rule);
    }
    // Looks like the above and holds nothing.
    text += "export API_TOKEN=$(pass show api)\ncurl -u ada https://api.corp.test\nmysql -uroot -p shop\n\
             docker login --username ada --password-stdin registry.corp.test < token.txt\n\
             git clone https://ada@git.corp.test/shop.git\nopenssl enc -pass file:key.txt -in a -out b\n\
             curl 'https://api.corp.test/v1?token=$TOKEN&page=2'\nexport TOKEN_FILE=/run/secrets/token\n";
    session(&desk, &[], &text);
    assert_eq!(desk.text(".bash_history"), text + "history -a\n", "the history is what was typed");
    desk.check();
}

/// With times, bash writes a comment before each command and folds one of several lines.
#[test]
fn history_with_times() {
    let mut desk = Desk::new();
    let (looped, here, last) = (make("<an:16>", "loop"), make("<an:40>", "here"), make("<an:32>", "last"));
    let typed = format!(
        "for i in 1 2; do\nDB_PASSWORD={looped} ./run\ndone\ncat > .env <<EOF\nSECRET_KEY={here}\nEOF\nexport API_TOKEN={last}\n"
    );
    session(&desk, &[("HISTTIMEFORMAT", "%F ")], &typed);
    assert!(desk.text(".bash_history").starts_with('#'));
    std::fs::remove_file(desk.path(".env")).ok();
    desk.expect(".bash_history", looped, "shell-variable-secret");
    desk.expect(".bash_history", here, "shell-variable-secret");
    desk.expect(".bash_history", last, "shell-variable-secret");
    desk.check();
}

/// Two sessions append to one file; the second repeats a secret of the first on another line.
#[test]
fn a_repeated_secret_is_two_places_of_one_secret() {
    let desk = Desk::new();
    let line = format!("export API_TOKEN={}", make("<an:32>", "repeated"));
    session(&desk, &[], &line);
    session(&desk, &[], &line);
    let report = crate::common::audit(caulk::host::Os::HERE, desk.home());
    crate::common::desk::none_twice(&report);
    let at: Vec<_> = report.findings.iter().map(|f| f.location.region.unwrap().line).collect();
    assert_eq!(at, [1, 3]);
    assert_eq!(report.findings[0].same_secret, [report.findings[1].id.clone()]);
    assert_eq!(report.summary.distinct_secrets, 1);
}
