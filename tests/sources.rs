//! Where tokens go and packages come from: a vendor's token at another's host, plain http, the odd one of a lock file.

use crate::common::desk::make;
use crate::common::program::caulk;
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

/// Rule, severity and value of what these rules say of one file of a home.
fn told(name: &str, text: &str) -> Vec<(String, String, String)> {
    let home = TempDir::new().unwrap();
    let path = home.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    let mut command = caulk(home.path());
    command.args(["scan", "--home", home.path().to_str().unwrap(), "--format", "json"]);
    command.args(["--only", "token-foreign-host", "--only", "dependency-plain-http", "--only", "lock-odd-source"]);
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|one| (text(&one["rule"]), text(&one["severity"]), text(&one["evidence"]["value"]))).collect()
}

fn handed(host: &str) -> Vec<(String, String, String)> {
    vec![("token-foreign-host".into(), "medium".into(), host.into())]
}

#[test]
fn a_vendors_token_at_another_host_is_told_and_at_its_own_it_is_not() {
    let npm = make("npm_<(><an:30><crc62>", "npm");
    let pypi = make("pypi-AgEIcHlwaS5vcmc<b64u:140>", "pypi");
    let github = make("ghp_<(><an:30><crc62>", "github");
    let evil = "registry.evil-mirror.dev";
    for (name, bad, good) in [
        (
            ".npmrc",
            format!("//{evil}/:_authToken={npm}\n"),
            format!(
                "//registry.npmjs.org/:_authToken={npm}\n//localhost:4873/:_authToken={npm}\n//{evil}/:_authToken=0b7c2f5d8e3a4196\n"
            ),
        ),
        (".npmrc", format!("registry=https://{evil}/\n_authToken={npm}\n"), format!("_authToken={npm}\n")),
        (
            ".yarnrc.yml",
            format!("npmRegistries:\n  \"//{evil}\":\n    npmAuthToken: {npm}\n"),
            format!(
                "npmRegistryServer: https://registry.yarnpkg.com\nnpmAuthToken: {npm}\nnpmScopes:\n  acme:\n    npmRegistryServer: https://{evil}\n    npmAuthToken: 0b7c2f5d8e3a4196\n"
            ),
        ),
        (
            ".yarnrc.yml",
            format!("npmScopes:\n  acme:\n    npmRegistryServer: https://{evil}/x\n    npmAuthToken: {npm}\n"),
            format!(
                "npmScopes:\n  acme:\n    npmRegistryServer: https://registry.npmjs.org\n    npmAuthToken: {npm}\n"
            ),
        ),
        (
            ".bunfig.toml",
            format!("[install.scopes]\nacme = {{ token = \"{npm}\", url = \"https://{evil}/\" }}\n"),
            format!("[install.registry]\nurl = \"https://registry.npmjs.org\"\ntoken = \"{npm}\"\n"),
        ),
        (
            ".pypirc",
            format!("[ours]\nrepository = https://{evil}/legacy/\nusername = __token__\npassword = {pypi}\n"),
            format!(
                "[pypi]\nusername = __token__\npassword = {pypi}\n[test]\nrepository = https://test.pypi.org/legacy/\npassword = {pypi}\n"
            ),
        ),
        (
            ".config/pip/pip.conf",
            format!("[global]\nindex-url = https://__token__:{pypi}@{evil}/simple\n"),
            format!("[global]\nindex-url = https://__token__:{pypi}@upload.pypi.org/simple\n"),
        ),
    ] {
        assert_eq!(told(name, &bad), handed(evil), "{name}");
        assert_eq!(told(name, &good), [], "{name}");
    }
    // A vendor whose software runs anywhere.
    let login = |host: &str| told(".git-credentials", &format!("https://ada:{github}@{host}\n"));
    assert_eq!(login("gitlab.com"), handed("gitlab.com"));
    assert_eq!(login("git.acme-corp.dev"), []);
    assert_eq!(login("github.com"), []);
    let stand_in = format!("//{evil}/:_authToken=npm_{}\n", "x".repeat(36));
    assert_eq!(told(".npmrc", &stand_in), []);
    assert_eq!(told(".npmrc", &format!("//npm.example.com/:_authToken={npm}\n")), [], "a name of examples");
    let hidden = told(".npmrc", &format!("//{npm}.dev/:_authToken={npm}\n"));
    assert!(!format!("{hidden:?}").contains(&npm), "{hidden:?}");
}

#[test]
fn dependencies_over_plain_http_are_told_once_a_file() {
    let plain = |value: &str| vec![("dependency-plain-http".to_owned(), "medium".to_owned(), value.to_owned())];
    for (name, bad, good) in [
        (
            "work/app/package.json",
            r#"{"homepage": "http://acme.example", "dependencies": {"a": "^1.0.0", "b": "http://x.example/b.tgz", "c": "git://x.example/c.git"}}"#,
            r#"{"homepage": "http://acme.example", "dependencies": {"a": "^1.0.0", "b": "https://x.example/b.tgz", "c": "github:acme/c", "d": "http://localhost:8080/d.tgz"}}"#,
        ),
        (
            "work/app/requirements.txt",
            "# http://docs.example\n--index-url http://x.example/b.tgz\nflask==3.0.0\n",
            "# http://docs.example\n--index-url https://x.example/simple\nflask==3.0.0\nown @ git+https://x.example/own.git\n-i http://nexus:8081/simple\n",
        ),
        (
            "work/app/pyproject.toml",
            "[project]\nname = \"app\"\ndependencies = [\"flask\"]\n[project.urls]\nHomepage = \"http://acme.example\"\n[[tool.uv.index]]\nname = \"ours\"\nurl = \"http://x.example/b.tgz\"\n",
            "[project]\nname = \"app\"\n[project.urls]\nHomepage = \"http://acme.example\"\n[tool.other]\nurl = \"http://x.example\"\n",
        ),
    ] {
        assert_eq!(told(name, bad), plain("http://x.example/b.tgz"), "{name}");
        assert_eq!(told(name, good), [], "{name}");
    }
}

#[test]
fn the_odd_one_of_a_lock_file_is_told() {
    let lock = |odd: &str| {
        let entry = |name: &str, address: &str| {
            format!(r#""node_modules/{name}": {{"version": "1.0.0", "resolved": "{address}"}}"#)
        };
        let mut all: Vec<String> = (0..40)
            .map(|at| entry(&format!("a{at}"), &format!("https://registry.npmjs.org/a{at}/-/a{at}-1.0.0.tgz")))
            .collect();
        all.insert(17, entry("left-pad", odd));
        format!("{{\"lockfileVersion\": 3, \"packages\": {{\n{}\n}}}}", all.join(",\n"))
    };
    let of = |odd: &str| told("work/app/package-lock.json", &lock(odd));
    let found = vec![("lock-odd-source".to_owned(), "low".to_owned(), "cdn.evil.example".to_owned())];
    assert_eq!(of("https://cdn.evil.example/left-pad/-/left-pad-1.0.0.tgz"), found);
    for fine in [
        "https://registry.npmjs.org/left-pad/-/left-pad-1.0.0.tgz",
        "https://codeload.github.com/acme/left-pad/tar.gz/0123",
        "https://npm.acme.example/@acme/left-pad/-/left-pad-1.0.0.tgz",
        "https://acme.jfrog.io/npm/left-pad/-/left-pad-1.0.0.tgz",
    ] {
        assert_eq!(of(fine), [], "{fine}");
    }
    // A mirror of one's own is where all come from.
    let mirror = lock("https://registry.npmjs.org/left-pad/-/x.tgz").replace("registry.npmjs.org", "npm.acme.example");
    assert_eq!(told("work/app/package-lock.json", &mirror), []);
    let classic = |odd: &str| {
        let entry =
            |name: &str, address: &str| format!("{name}@^1.0.0:\n  version \"1.0.0\"\n  resolved \"{address}#0123\"\n");
        let mut all: Vec<String> = (0..40)
            .map(|at| entry(&format!("a{at}"), &format!("https://registry.yarnpkg.com/a{at}/-/a{at}-1.0.0.tgz")))
            .collect();
        all.push(entry("left-pad", odd));
        format!("# yarn lockfile v1\n\n{}", all.join("\n"))
    };
    assert_eq!(told("work/app/yarn.lock", &classic("https://cdn.evil.example/left-pad/-/x.tgz")), found);
    assert_eq!(told("work/app/yarn.lock", &classic("https://registry.npmjs.org/left-pad/-/x.tgz")), []);
}
