//! Packages and extensions: read off every list there is, held against catalogs, listed in the inventory.

use crate::common::program::caulk;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A list of made-up packages: `bad 6.6.6` of each ecosystem, and one of which every version is bad.
const CATALOG: &str = "caulk-catalog 1\n#\tacme-2026\tthe acme wave\t2026-11-20\t\tcritical\thttps://example.com\n\
    npm\tbad\t6.6.6 6.6.7\tACME-1\nnpm\t@scope/bad\t6.6.6\t\nnpm\tall-bad\t*\t\npypi\tbad-tool\t6.6.6\t\nvscode\tevil.bad\t6.6.6\t\n\
    cargo\tbad\t6.6.6\t\ngem\tbad\t6.6.6\t\npackagist\tevil/bad\t6.6.6\t\ngo\texample.com/bad\tv6.6.6\t\n";

fn put(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Title and severity of what is known to be bad in a home with these files.
fn known_bad(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let home = TempDir::new().unwrap();
    for (name, text) in files {
        put(home.path(), name, text);
    }
    bad_in(home.path())
}

fn bad_in(home: &Path) -> Vec<(String, String)> {
    let catalog = TempDir::new().unwrap();
    put(catalog.path(), "acme.tsv", CATALOG);
    let list = catalog.path().join("acme.tsv");
    let report = scan(home, &["--rules", list.to_str().unwrap(), "--only", "known-bad-*"]);
    let found = report["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    found.iter().map(|finding| (text(finding, "title"), text(finding, "severity"))).collect()
}

fn scan(home: &Path, arguments: &[&str]) -> Value {
    let home_text = home.to_str().unwrap();
    let mut command = caulk(home);
    command.args(["scan", "--home", home_text, "--format", "json", "--no-cache"]).args(arguments);
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// A project's file in its tool's own shape, with `{}` for a version, and what is said of it.
const LISTS: &[(&str, &str, &str)] = &[
    (
        "package-lock.json",
        r#"{"name": "shop", "lockfileVersion": 3, "packages": {"": {"name": "shop", "version": "6.6.6", "dependencies": {"bad": "^6"}},
            "node_modules/good": {"version": "6.6.6", "dependencies": {"bad": "6.6.6"}},
            "node_modules/good/node_modules/bad": {"version": "{}", "resolved": "https://r.example.com/bad.tgz"}}}"#,
        "Known-bad npm package bad",
    ),
    (
        "package-lock.json",
        "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n    \"node_modules/alias\": {\n      \"name\": \"@scope/bad\",\n      \"version\": \"{}\"\n    }\n  }\n}\n",
        "Known-bad npm package @scope/bad",
    ),
    (
        "npm-shrinkwrap.json",
        r#"{"lockfileVersion": 1, "dependencies": {"good": {"version": "1.0.0", "dependencies": {"bad": {"version": "{}"}}}}}"#,
        "Known-bad npm package bad",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      bad:\n        specifier: ^6\n        version: 6.6.6\n\npackages:\n\n  '@scope/bad@{}':\n    resolution: {integrity: sha512-aaaa}\n\nsnapshots:\n\n  bad@6.6.6: {}\n",
        "Known-bad npm package @scope/bad",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: 5.4\npackages:\n\n  /bad/{}_react@18.0.0:\n    dev: true\n",
        "Known-bad npm package bad",
    ),
    (
        "yarn.lock",
        "# yarn lockfile v1\n\n\n\"@scope/bad@^6.0.0\", \"@scope/bad@^6.1.0\":\n  version \"{}\"\n  resolved \"https://r.example.com/x.tgz#aa\"\n\ngood@^1:\n  version \"6.6.6\"\n",
        "Known-bad npm package @scope/bad",
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 10\n\n\"alias@npm:bad@^6\":\n  version: {}\n  resolution: \"bad@npm:{}\"\n  languageName: node\n",
        "Known-bad npm package bad",
    ),
    (
        "bun.lock",
        "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\"\": {\"dependencies\": {\"bad\": \"6.6.6\"}}},\n  \"packages\": {\n    \"bad\": [\"bad@{}\", \"\", {}, \"sha512-aa\"],\n  }\n}\n",
        "Known-bad npm package bad",
    ),
    (
        "Cargo.lock",
        "version = 4\n\n[[package]]\nname = \"bad\"\nversion = \"{}\"\ndependencies = [\n \"good\",\n]\n\n[[package]]\nname = \"good\"\nversion = \"6.6.6\"\n",
        "Known-bad cargo package bad",
    ),
    (
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"bad-tool\"\nversion = \"{}\"\nsource = { registry = \"x\" }\n",
        "Known-bad pypi package bad-tool",
    ),
    ("poetry.lock", "[[package]]\nname = \"Bad_Tool\"\nversion = \"{}\"\n", "Known-bad pypi package Bad_Tool"),
    (
        "Pipfile.lock",
        r#"{"_meta": {}, "default": {"bad.tool": {"version": "=={}"}}}"#,
        "Known-bad pypi package bad.tool",
    ),
    (
        "requirements.txt",
        "good==6.6.6\nbad-tool[x]=={} ; python_version > '3' # pinned\nbad-tool>=1\n",
        "Known-bad pypi package bad-tool",
    ),
    (
        "Gemfile.lock",
        "GEM\n  remote: https://r.example.com/\n  specs:\n    bad ({})\n      good (6.6.6)\n\nPLATFORMS\n  ruby\n",
        "Known-bad gem package bad",
    ),
    (
        "composer.lock",
        r#"{"packages": [{"name": "evil/bad", "version": "v{}"}], "packages-dev": []}"#,
        "Known-bad packagist package evil/bad",
    ),
    (
        "go.sum",
        "example.com/bad v{} h1:aaaa=\nexample.com/bad v{}/go.mod h1:bbbb=\n",
        "Known-bad go package example.com/bad",
    ),
];

#[test]
fn a_bad_version_is_found_in_every_kind_of_list_and_another_is_not() {
    for (name, text, title) in LISTS {
        let path = format!("src/shop/{name}");
        let bad = known_bad(&[(&path, &text.replace("{}", "6.6.6")), ("src/shop/.git/HEAD", "x")]);
        assert_eq!(bad.len(), 1, "{name}: {bad:?}");
        assert!(bad[0].0.starts_with(title), "{name}: {bad:?}");
        assert_eq!(bad[0].1, "high", "{name}: only a lock file names it");
        let good = known_bad(&[(&path, &text.replace("{}", "6.6.5"))]);
        assert_eq!(good, [], "{name}");
    }
}

#[test]
fn what_is_installed_is_found_where_no_walk_goes() {
    let dist = |folder: &str| format!("{folder}/bad_tool-6.6.6.dist-info/METADATA");
    let places: &[(String, &str)] = &[
        (
            "src/shop/node_modules/.package-lock.json".into(),
            r#"{"packages": {"node_modules/bad": {"version": "6.6.7"}}}"#,
        ),
        (".npm/_npx/0a1b/package-lock.json".into(), r#"{"packages": {"node_modules/all-bad": {"version": "1.0.0"}}}"#),
        (
            ".npm/_npx/0a1b/node_modules/.package-lock.json".into(),
            r#"{"packages": {"node_modules/bad": {"version": "6.6.6"}}}"#,
        ),
        (
            ".nvm/versions/node/v22.0.0/lib/node_modules/tool/node_modules/@scope/bad/package.json".into(),
            r#"{"name": "@scope/bad", "version": "6.6.6"}"#,
        ),
        (".npm-global/lib/node_modules/bad/package.json".into(), r#"{"version": "6.6.6", "name": "bad"}"#),
        (dist(".local/share/uv/tools/x/lib/python3.12/site-packages"), ""),
        (dist(".cache/uv/archive-v0/abc/lib/python3.12/site-packages"), ""),
        (dist(".cache/uv/archive-v0/abd"), ""),
        (dist(".local/share/pipx/venvs/x/lib/python3.11/site-packages"), ""),
        (dist("src/py/.venv/lib/python3.12/site-packages"), ""),
        (
            ".vscode/extensions/extensions.json".into(),
            r#"[{"identifier": {"id": "Evil.Bad", "uuid": "x"}, "version": "6.6.6", "location": {}}]"#,
        ),
        (".cursor/extensions/extensions.json".into(), r#"[{"identifier": {"id": "evil.bad"}, "version": "6.6.6"}]"#),
        (".cursor/mcp.json".into(), r#"{"mcpServers": {"x": {"command": "npx", "args": ["-y", "@scope/bad@6.6.6"]}}}"#),
        (".claude.json".into(), r#"{"mcpServers": {"x": {"command": "uvx", "args": ["bad-tool==6.6.6"]}}}"#),
    ];
    for (name, text) in places {
        let bad = known_bad(&[(name, text)]);
        assert_eq!(bad.len(), 1, "{name}: {bad:?}");
        assert_eq!(bad[0].1, "critical", "{name}");
        let other =
            known_bad(&[(&name.replace("6.6.6", "6.5.0"), &text.replace("6.6", "6.5").replace("all-bad", "fine"))]);
        assert_eq!(other, [], "{name}");
    }
}

/// A registry's placeholder for a package that it took down, a package of the same name elsewhere, a mention.
#[test]
fn look_alikes_are_silent() {
    let files = [
        ("src/a/package-lock.json", r#"{"packages": {"node_modules/all-bad": {"version": "0.0.1-security"}}}"#),
        (
            "src/b/package-lock.json",
            r#"{"packages": {"node_modules/bad-tool": {"version": "6.6.6"}, "packages/bad": {"version": "6.6.6"}}}"#,
        ),
        ("src/c/package.json", r#"{"name": "bad", "version": "6.6.6", "dependencies": {"bad": "6.6.6"}}"#),
        ("src/d/README.md", "bad@6.6.6 was taken over; \"node_modules/bad\": {\"version\": \"6.6.6\"}\n"),
        ("src/e/requirements.txt", "bad-tool>=6.6.6\nbad-tool~=6.6.6\n"),
        ("src/f/Cargo.lock", "[[package]]\nname = \"bad\"\nversion = \"6.6.6-rc.1\"\n"),
    ];
    assert_eq!(known_bad(&files), []);
}

#[test]
fn broken_and_hostile_lists_end_nothing() {
    let deep = "[".repeat(100_000);
    let files = [
        ("src/a/package-lock.json", "{\"packages\": {\"node_modules/bad\": {\"version\": \""),
        ("src/b/pnpm-lock.yaml", "packages:\n  '@\n  @@@:\n  bad@\n"),
        ("src/c/yarn.lock", "\"\n\"@\":\n  version\n"),
        ("src/d/bun.lock", "\"packages\": [[[[\"@\", \""),
        ("src/e/composer.lock", &deep),
        ("src/f/Gemfile.lock", "GEM\n     (\n    ()\n    x )\n"),
        ("src/g/go.sum", "  \n\u{0}\n"),
        (
            ".vscode/extensions/extensions.json",
            "[{\"identifier\": 3}, 4, {\"identifier\": {\"id\": \"a b\"}, \"version\": []}]",
        ),
        ("src/z/Cargo.lock", "[[package]]\nname = \"bad\"\nversion = \"6.6.6\"\n"),
    ];
    assert_eq!(known_bad(&files).len(), 1, "the last one is found whatever the others are");
}

/// Each vendor's form, cut down, and what it comes to.
#[test]
fn lists_of_others_are_imported() {
    let osv = |id: &str, affected: &str| format!(r#"{{"id": "{id}", "affected": [{affected}]}}"#);
    let whole = r#"{"package": {"ecosystem": "npm", "name": "all-bad"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}"#;
    let bounded = r#"{"package": {"ecosystem": "npm", "name": "weak"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}"#;
    let exact = r#"{"package": {"ecosystem": "PyPI", "name": "Bad_Tool"}, "versions": ["6.6.6"]}"#;
    let forms: &[(&str, String, &[&str])] = &[
        (
            "bumblebee.json",
            r#"{"schema_version": "0.2.0", "entries": [{"id": "x", "name": "bad (Acme wave)", "ecosystem": "npm", "package": "bad",
                "versions": ["6.6.6"], "severity": "critical", "source": "https://example.com"},
                {"name": "y", "ecosystem": "open-vsx", "package": "Evil.Bad", "versions": ["*"]}]}"#
                .into(),
            &["npm\tbad\t6.6.6\tx", "vscode\tevil.bad\t*\t"],
        ),
        ("MAL-2026-1.json", osv("MAL-2026-1", whole), &["npm\tall-bad\t*\tMAL-2026-1"]),
        ("osv.json", format!("[{}, {}]", osv("MAL-2026-2", exact), osv("GHSA-aaaa", exact)), &["pypi\tbad-tool\t6.6.6\tMAL-2026-2"]),
        ("bounded.json", osv("MAL-2026-3", bounded), &[]),
        ("datadog.csv", "package_name,package_version\n@scope/bad,6.6.6\n".into(), &["npm\t@scope/bad\t6.6.6\t"]),
        ("consolidated.csv", "package_name,package_versions,sources\nbad,\"6.6.6, 6.6.7\",\"a, b\"\n".into(), &["npm\tbad\t6.6.6 6.6.7\t"]),
        ("wiz.csv", "Package,Version\nbad,= 6.6.6 || = 6.6.7\nrange,>= 1.0.0\n".into(), &["npm\tbad\t6.6.6 6.6.7\t"]),
        ("team.csv", "artifact_type,name,affected_versions\npypi,bad-tool,6.6.6\ndocker,x/y,1\n".into(), &["pypi\tbad-tool\t6.6.6\t"]),
    ];
    let home = TempDir::new().unwrap();
    for (name, text, entries) in forms {
        put(home.path(), name, text);
        let output =
            caulk(home.path()).args(["rules", "import", home.path().join(name).to_str().unwrap()]).output().unwrap();
        let catalog = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<&str> = catalog.lines().skip(1).filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, *entries, "{name}: {catalog}");
        // As `--rules` takes it, unchanged and as a catalog.
        put(home.path(), "list.tsv", &catalog);
        for list in [*name, "list.tsv"] {
            let report = scan(home.path(), &["--rules", home.path().join(list).to_str().unwrap()]);
            let shipped = scan(home.path(), &[])["tool"]["rule_pack"]["catalog_entries"].as_u64().unwrap();
            assert_eq!(
                report["tool"]["rule_pack"]["catalog_entries"].as_u64(),
                Some(shipped + entries.len() as u64),
                "{list}"
            );
        }
    }
    for (name, text) in
        [("x.json", "{"), ("y.csv", "a,b\n1,2\n"), ("z.json", "{\"a\": 1}"), ("w.zip", "PK\u{3}\u{4}nonsense")]
    {
        put(home.path(), name, text);
        let output =
            caulk(home.path()).args(["rules", "import", home.path().join(name).to_str().unwrap()]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
    }
}

#[test]
fn a_zip_of_records_is_a_list() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("all.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for (id, name) in [("MAL-2026-1", "bad"), ("GHSA-1", "weak"), ("MAL-2026-2", "worse")] {
        zip.start_file(format!("{id}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        let record = format!(
            r#"{{"id": "{id}", "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}}, "versions": ["1.0.0"]}}]}}"#
        );
        std::io::Write::write_all(&mut zip, record.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let out = home.path().join("osv.tsv");
    let call = ["rules", "import", path.to_str().unwrap(), "-o", out.to_str().unwrap()];
    let output = caulk(home.path()).args(call).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("2 packages in ") && said.contains("1 records left out"), "{said}");
    put(home.path(), "src/shop/yarn.lock", "worse@^1:\n  version \"1.0.0\"\n");
    let report = scan(home.path(), &["--rules", out.to_str().unwrap(), "--only", "known-bad-*"]);
    assert_eq!(report["findings"][0]["evidence"]["why"][2], "record MAL-2026-2", "{report:#}");
}

#[test]
fn a_bundle_counts_only_with_its_signature() {
    let home = TempDir::new().unwrap();
    let bundles = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundles");
    let copies = TempDir::new().unwrap();
    for file in fs::read_dir(&bundles).unwrap().flatten() {
        fs::copy(file.path(), copies.path().join(file.file_name())).unwrap();
    }
    let at = |name: &str| copies.path().join(name).to_str().unwrap().to_owned();
    put(home.path(), "src/shop/yarn.lock", "acme-worm@^1:\n  version \"1.0.0\"\n");
    let update = |arguments: &[&str]| {
        let output = caulk(home.path()).args(["rules", "update"]).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code().unwrap(), text)
    };
    let found = || scan(home.path(), &["--only", "known-bad-*"])["findings"].as_array().unwrap().len();

    let (code, said) = update(&[&at("two.jsonl")]);
    assert!(code == 2 && said.contains("--key"), "{said}");
    let (code, said) = update(&[&at("two.jsonl"), "--key", &at("two.jsonl")]);
    assert!(code == 2 && said.contains("not a minisign public key"), "{said}");
    // One byte of it, another's signature.
    let text = fs::read_to_string(at("two.jsonl")).unwrap();
    fs::write(at("changed.jsonl"), text.replacen("1.0.0", "1.0.1", 1)).unwrap();
    fs::copy(at("two.jsonl.minisig"), at("changed.jsonl.minisig")).unwrap();
    for refused in [vec![at("changed.jsonl")], vec![at("two.jsonl"), "--signature".into(), at("one.jsonl.minisig")]] {
        let mut call: Vec<&str> = refused.iter().map(String::as_str).collect();
        let key = at("test.pub");
        call.extend(["--key", &key]);
        let (code, said) = update(&call);
        assert!(code == 2 && said.contains("signature does not hold"), "{said}");
    }
    for (name, why) in [("expired.jsonl", "expired on 2026-01-01"), ("broken.jsonl", "not a catalog")] {
        let (code, said) = update(&[&at(name), "--key", &at("test.pub")]);
        assert!(code == 2 && said.contains(why), "{said}");
    }
    assert_eq!(found(), 0, "nothing was taken in");

    let (code, said) = update(&[&at("two.jsonl"), "--key", &at("test.pub")]);
    assert_eq!((code, said.as_str()), (0, "Bundle 2 of 2026-11-25 is in use: 1 file of rules and 1 catalog.\n"));
    assert_eq!(found(), 1);
    let pack = scan(home.path(), &[])["tool"]["rule_pack"].clone();
    assert_eq!(pack["expires"], "2099-01-01");
    put(home.path(), "src/shop/.env", &format!("KEY=acme_live_{}\n", "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF"));
    let rules = scan(home.path(), &["--only", "acme-*"]);
    assert_eq!(rules["findings"].as_array().unwrap().len(), 1, "{rules:#}");

    let (code, said) = update(&[&at("one.jsonl")]);
    assert!(code == 2 && said.contains("older than the one installed"), "{said}");
    assert_eq!(update(&[&at("three.jsonl")]).0, 0, "the key is remembered");
    assert_eq!(found(), 1);
    let kept: Vec<_> =
        fs::read_dir(home.path().join(".local/state/caulk/pack")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(kept.len(), 2, "what was installed before is swept: {kept:?}");
}

#[test]
fn the_inventory_lists_what_is_here() {
    let home = TempDir::new().unwrap();
    for (name, text) in [
        (
            ".vscode/extensions/extensions.json",
            r#"[{"identifier": {"id": "rust-lang.rust-analyzer"}, "version": "0.4.2", "metadata": {"source": "vsix"}},
            {"identifier": {"id": "nrwl.angular-console"}, "version": "18.95.0"}]"#,
        ),
        (
            ".npm-global/lib/node_modules/@acme/tool/package.json",
            r#"{"name": "@acme/tool", "version": "1.2.3", "scripts": {"postinstall": "x"}}"#,
        ),
        (
            ".cursor/mcp.json",
            r#"{"mcpServers": {"far off": {"url": "https://ada:secret@mcp.example.com/a?key=1"}, "near": {"command": "npx", "args": ["-y", "@acme/tool@1.2.3"], "env": {"ACME_TOKEN": "s3cr3t-s3cr3t-s3cr3t"}}}}"#,
        ),
        ("src/shop/yarn.lock", "left-pad@^1:\n  version \"1.3.0\"\n"),
    ] {
        put(home.path(), name, text);
    }
    let run = |arguments: &[&str]| {
        let output = caulk(home.path())
            .args(["inventory", "--home", home.path().to_str().unwrap()])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("s3cr3t") && !text.contains("ada:"), "{text}");
        text
    };
    let json: Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    assert_eq!(json["agents"][0]["name"], "Cursor");
    assert_eq!(json["mcp_servers"][1]["package"], "@acme/tool@1.2.3");
    assert_eq!(json["mcp_servers"][1]["handed"], serde_json::json!(["ACME_TOKEN"]));
    assert_eq!(json["extensions"][0]["known_bad"], true);
    assert_eq!(json["extensions"][1]["notes"], serde_json::json!(["side-loaded"]));
    assert_eq!(json["packages"][0]["purl"], "pkg:npm/%40acme/tool@1.2.3");
    assert_eq!(json["packages"][0]["install_script"], true);
    assert_eq!(json["packages"].as_array().unwrap().len(), 1);
    assert_eq!(json["project_packages_left_out"], 1);
    let all: Value = serde_json::from_str(&run(&["--format", "json", "--projects"])).unwrap();
    assert_eq!(all["packages"].as_array().unwrap().len(), 2);
    let human = run(&[]);
    assert!(human.contains("KNOWN BAD") && human.contains("1 more in projects' lock files"), "{human}");

    let bom: Value = serde_json::from_str(&run(&["--format", "cyclonedx"])).unwrap();
    assert_eq!(bom["specVersion"], "1.6");
    assert_eq!(bom["services"][0]["endpoints"][0], "https://mcp.example.com");
    assert_eq!(bom["services"][1]["endpoints"][0], "urn:mcp:stdio:near");
    assert_eq!(bom["dependencies"][1]["dependsOn"][0], "pkg:npm/%40acme/tool@1.2.3");
    let references: std::collections::BTreeSet<&str> =
        bom["components"].as_array().unwrap().iter().map(|one| one["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(references.len(), bom["components"].as_array().unwrap().len(), "references are unique");
}

/// A version that is a token by mistake, and a title that would steer a terminal: neither gets through.
#[test]
fn what_a_list_says_is_no_way_out() {
    let home = TempDir::new().unwrap();
    let token = String::from_utf8(caulk::rules::template::expand("glpat-<b64u:20>", "version")).unwrap();
    put(home.path(), "src/shop/requirements.txt", &format!("bad-tool=={token}\n"));
    put(home.path(), "src/shop/yarn.lock", &format!("all-bad@^1:\n  version \"{token}\"\n"));
    put(home.path(), "acme.tsv", CATALOG);
    let list = home.path().join("acme.tsv");
    let output = caulk(home.path())
        .args(["inventory", "--projects", "--format", "json", "--home", home.path().to_str().unwrap()])
        .output()
        .unwrap();
    let inventory = String::from_utf8(output.stdout).unwrap();
    assert!(inventory.contains("all-bad") && !inventory.contains(&token), "{inventory}");
    let report = scan(home.path(), &["--rules", list.to_str().unwrap()]).to_string();
    assert!(report.contains("known-bad-package") && !report.contains(&token), "{report}");
    put(
        home.path(),
        "loud.json",
        r#"{"entries": [{"name": "x (\u001b[31mred\u202e)", "ecosystem": "npm", "package": "x", "versions": ["1.0.0"]}]}"#,
    );
    let call = ["rules", "import", home.path().join("loud.json").to_str().unwrap()].map(str::to_owned);
    let said = String::from_utf8(caulk(home.path()).args(call).output().unwrap().stdout).unwrap();
    assert!(said.contains("red") && !said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said:?}");
}

/// The names of the lists that ship stand as lookups have them.
#[test]
fn shipped_catalogs_can_be_found() {
    let pack = caulk::rules::RulePack::builtin();
    let catalogs = pack.catalogs();
    assert!(catalogs.len() > 2_000, "{}", catalogs.len());
    for (ecosystem, name, version) in [
        (caulk::model::Ecosystem::Npm, "keyv", "6.0.0"),
        (caulk::model::Ecosystem::Npm, "axios", "1.14.1"),
        (caulk::model::Ecosystem::Pypi, "LiteLLM", "1.82.8"),
        (caulk::model::Ecosystem::Vscode, "nrwl.Angular-Console", "18.95.0"),
    ] {
        assert!(catalogs.find(ecosystem, name, version).is_some(), "{name}");
        assert!(catalogs.find(ecosystem, name, "0.0.0").is_none(), "{name}");
    }
    for (name, text) in pack.sources().filter(|(name, _)| name.starts_with("catalogs/")) {
        let file: caulk::rules::schema::CatalogFile = toml::from_str(text).unwrap();
        for (word, packages) in &file.packages {
            let ecosystem = caulk::model::Ecosystem::of_word(word).unwrap();
            for package in packages {
                let mut words = package.split(' ');
                let (package, version) = (words.next().unwrap(), words.next().unwrap());
                assert_eq!(ecosystem.canonical(package), package, "{name}");
                assert!(catalogs.find(ecosystem, package, version).is_some(), "{name}: {package}");
            }
        }
    }
}

/// Where the version of a package manager that is here has an age gate, and the user has set none.
#[test]
fn a_manager_that_takes_any_release_is_told_if_it_could_wait() {
    let told = |version: &str, npmrc: &str| {
        let home = TempDir::new().unwrap();
        let manifest = format!(r#"{{"name": "npm", "version": "{version}"}}"#);
        put(home.path(), ".npm-global/lib/node_modules/npm/package.json", &manifest);
        put(home.path(), ".npmrc", npmrc);
        let report = scan(home.path(), &["--only", "package-manager-any-age"]);
        let found = report["findings"].as_array().unwrap().clone();
        assert!(found.iter().all(|one| one["severity"] == "info"));
        found.len()
    };
    assert_eq!(told("11.10.0", "fund=false\n"), 1);
    assert_eq!(told("12.1.0", ""), 1);
    assert_eq!(told("11.9.3", ""), 0, "it knows no such setting");
    assert_eq!(told("11.10.0", "min-release-age=7\n"), 0);
    assert_eq!(told("11.10.0", "before = 2026-01-01\n"), 0);
    // uv's installer leaves a note with its version, bun comes from npm.
    let told = |files: &[(&str, &str)]| {
        let home = TempDir::new().unwrap();
        files.iter().for_each(|(name, text)| put(home.path(), name, text));
        scan(home.path(), &["--only", "package-manager-any-age"])["findings"].as_array().unwrap().len()
    };
    let uv = |version: &str| format!(r#"{{"binaries": ["uv", "uvx"], "version": "{version}"}}"#);
    let (receipt, config) = (".config/uv/uv-receipt.json", ".config/uv/uv.toml");
    assert_eq!(told(&[(receipt, &uv("0.10.2"))]), 1);
    assert_eq!(told(&[(receipt, &uv("0.9.16"))]), 0);
    assert_eq!(told(&[(receipt, &uv("0.10.2")), (config, "exclude-newer = \"7 days\"\n")]), 0);
    let bun = (".npm-global/lib/node_modules/bun/package.json", r#"{"name": "bun", "version": "1.3.0"}"#);
    assert_eq!(told(&[bun]), 1);
    assert_eq!(told(&[bun, (".bunfig.toml", "[install]\nminimumReleaseAge = 604800\n")]), 0);
}

/// Versions with a hole are no attack, and say so; where a lock file only names one, it is little.
#[test]
fn a_version_with_a_hole_that_is_started_is_told_and_the_mended_one_is_not() {
    let told = |name: &str, text: &str| -> Vec<(String, String)> {
        let home = TempDir::new().unwrap();
        put(home.path(), name, text);
        let report = scan(home.path(), &["--only", "vulnerable-*", "--only", "known-bad-*"]);
        let found = report["findings"].as_array().unwrap().iter();
        found
            .map(|one| {
                (
                    one["title"].as_str().unwrap().split(" in ").next().unwrap().into(),
                    one["severity"].as_str().unwrap().into(),
                )
            })
            .collect()
    };
    let server = |version: &str| {
        format!(
            r#"{{"mcpServers": {{"far": {{"command": "npx", "args": ["-y", "mcp-remote@{version}", "https://x.example.com/sse"]}}}}}}"#
        )
    };
    let hole = |severity: &str| vec![("Vulnerable npm package mcp-remote 0.1.15".to_owned(), severity.to_owned())];
    assert_eq!(told(".cursor/mcp.json", &server("0.1.15")), hole("high"));
    assert_eq!(told(".cursor/mcp.json", &server("0.1.16")), []);
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/mcp-remote": {"version": "0.1.15"}}}"#;
    assert_eq!(told("work/app/package-lock.json", lock), hole("low"));
    assert_eq!(told(".npm/_npx/0a1b2c3d/node_modules/.package-lock.json", lock), hole("high"));
}
