//! npm, pip, cargo: what their own commands write.

use crate::common::desk::{Desk, make, optional, skipped};

#[test]
fn npm() {
    if !optional("npm") {
        return;
    }
    let mut desk = Desk::new();
    // npm logs its arguments below the home, and those logs are read too: this test is of the config.
    let set = |arguments: &[&str]| {
        let mut all = vec!["config", "set", "--logs-max=0"];
        all.extend_from_slice(arguments);
        desk.run("npm", &all);
    };
    let token = make("<an:36>", "npm");
    let vendor = make("npm_<(><an:30><crc62>", "npm");
    let password = make("<b64-of:mP4vK9tR2wQ7>", "");
    let padded = make("<b64-of:zR8nB3kW6yT1x>", "");
    let auth = make("<b64-of:ada:hL5cJ2fX9dV4>", "");
    let proxy = make("<an:14>", "npm proxy");
    set(&[&format!("//npm.example.com/:_authToken={token}")]);
    set(&["@corp:registry=https://npm.corp.test/", &format!("//npm.corp.test/team/:_authToken={vendor}")]);
    set(&["//two.example.com/:username=ada", &format!("//two.example.com/:_password={password}")]);
    // npm quotes a value that has an equals sign in it.
    set(&[&format!("//three.example.com/:_password={padded}")]);
    set(&[&format!("//four.example.com/:_auth={auth}")]);
    set(&[&format!("https-proxy=http://ada:{proxy}@proxy.corp.test:3128/")]);
    set(&["//five.example.com/:_authToken=${NPM_TOKEN}", "init-author-name=Ada"]);
    desk.expect(".npmrc", &token, "npm-auth-token");
    desk.expect(".npmrc", &vendor, "npm-access-token");
    desk.expect(".npmrc", &password, "npm-password");
    desk.expect(".npmrc", &padded, "npm-password");
    desk.expect(".npmrc", &auth, "npm-basic-auth");
    desk.expect(".npmrc", &proxy, "npm-url-password");
    // A project's own file.
    let project = desk.folder("src/web");
    std::fs::write(project.join("package.json"), "{\"name\": \"web\", \"version\": \"1.0.0\"}\n").unwrap();
    let local = make("<uuid>", "npm local");
    let setting = format!("//npm.example.com/:_authToken={local}");
    desk.run_in("src/web", "npm", &["config", "set", "--logs-max=0", "--location=project", &setting]);
    desk.expect("src/web/.npmrc", &local, "npm-auth-token");
    desk.check();
}

/// pip's file is no surface of its own: a password in a URL is found as loose text.
#[test]
fn pip() {
    if !optional("pip") {
        return;
    }
    let mut desk = Desk::new();
    let index = make("<an:24>", "pip");
    let extra = make("pypi-<b64u:20>", "pip");
    let url = format!("https://ada:{index}@pypi.corp.test/simple");
    let more = format!("https://__token__:{extra}@pypi2.corp.test/simple");
    for (key, value) in [("global.index-url", &url), ("global.extra-index-url", &more)] {
        let output = desk.command("pip").args(["config", "set", key, value]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    desk.run("pip", &["config", "set", "global.timeout", "60"]);
    desk.expect(".config/pip/pip.conf", &index, "pip-index-password");
    desk.expect(".config/pip/pip.conf", &extra, "pip-index-password");
    desk.check();
}

#[test]
fn cargo() {
    let Some(cargo) = option_env!("CARGO").filter(|path| std::path::Path::new(path).is_file()) else {
        return skipped("the cargo that built this is gone");
    };
    let mut desk = Desk::new();
    let token = make("cio<an:32>", "cargo");
    let mut command = desk.command(cargo);
    command
        .arg("login")
        .env("CARGO_HOME", desk.path(".cargo"))
        .env("CARGO_NET_RETRY", "0")
        .env("CARGO_HTTP_TIMEOUT", "10");
    if !desk.feed(&mut command, &format!("{token}\n")) {
        // It asks the registry how to log in.
        return skipped("cargo login cannot reach its registry");
    }
    desk.expect(".cargo/credentials.toml", &token, "crates-io-token");
    desk.check();
}

/// Python writes JSON with every letter outside ASCII escaped, so the strings are decoded before they are
/// looked at: the columns are of the file all the same.
#[test]
fn json_with_escapes() {
    if !optional("python3") {
        return;
    }
    let mut desk = Desk::new();
    desk.folder(".cursor");
    let secret = |name: &str| make("<an:24>", name);
    let value = format!(
        "{{'mcpServers': {{'café': {{'command': 'npx', 'args': ['-y', 'pg-mcp@1.2.3', 'postgres://app:{}@db.corp.test/caf\\u00e9'], \
         'env': {{'NOTE': 'caf\\u00e9', 'DB_URL': 'postgres://u:{}@db.corp.test/\\u00e9', \
         'SETTINGS': json.dumps({{'private_token': '{}'}})}}}}, \
         'web': {{'url': 'https://mcp.corp.test/sse?name=\\u00e9&api_key={}', 'headers': {{'Authorization': 'Bearer {}'}}}}}}}}",
        secret("argument"),
        secret("url"),
        secret("nested"),
        secret("query"),
        secret("header"),
    );
    desk.run("python3", &["-c", &format!("import json; json.dump({value}, open('.cursor/mcp.json', 'w'), indent=1)")]);
    assert!(desk.text(".cursor/mcp.json").contains("\\u00e9"));
    desk.expect(".cursor/mcp.json", secret("argument"), "url-password");
    desk.expect(".cursor/mcp.json", secret("url"), "mcp-url-password");
    desk.expect(".cursor/mcp.json", secret("nested"), "mcp-env-secret");
    desk.expect(".cursor/mcp.json", secret("query"), "mcp-url-password");
    desk.expect(".cursor/mcp.json", secret("header"), "mcp-header-secret");
    desk.check();
}
