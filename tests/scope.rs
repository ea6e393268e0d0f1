//! What a scan reads, and what may steer it, as the contract says.

use crate::common::{self, request};
use caulk::host::{Host, Os};
use caulk::model::{Category, ScanReport};
use caulk::rules::template;
use caulk::scan::Scope;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder to plant tokens in.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Plants a token, another one for each path.
    fn token(&self, path: &str) -> &Self {
        let token = template::expand("glpat-<b64u:20>", path);
        self.write(path, &format!("token {}\n", String::from_utf8(token).unwrap()))
    }

    fn audit(&self) -> Vec<String> {
        credentials(&common::audit(Os::Linux, self.path()), self.path())
    }
}

/// Relative paths of credential findings, in order.
fn credentials(report: &ScanReport, root: &Path) -> Vec<String> {
    let root = root.canonicalize().unwrap();
    let found = report.findings.iter().filter(|f| f.category == Category::Credential);
    let mut paths: Vec<String> = found
        .map(|f| Path::new(f.location.path.as_found()).strip_prefix(&root).unwrap().display().to_string())
        .collect();
    paths.sort();
    paths
}

#[test]
fn an_audit_reads_text_in_the_top_three_levels() {
    let tree = Tree::new();
    for path in
        ["one.txt", "a/two.txt", "a/b/three.txt", "a/b/c/four.txt", "Documents/a/b/in.txt", "Documents/a/b/c/out.txt"]
    {
        tree.token(path);
    }
    assert_eq!(tree.audit(), ["Documents/a/b/in.txt", "a/b/three.txt", "a/two.txt", "one.txt"]);
}

#[test]
fn an_audit_reads_all_of_a_project() {
    let tree = Tree::new();
    tree.write("w/x/y/app/package.json", "{}").token("w/x/y/app/src/deep/er/config.ts");
    tree.write("w/x/y/repo/.git/HEAD", "ref: refs/heads/main\n").token("w/x/y/repo/docs/a/b.md");
    tree.write("w/x/y/tool/.cursor/mcp.json", "{}").token("w/x/y/tool/lib/a/b.py");
    tree.token("w/x/y/none/a.txt");
    assert_eq!(tree.audit(), ["w/x/y/app/src/deep/er/config.ts", "w/x/y/repo/docs/a/b.md", "w/x/y/tool/lib/a/b.py"]);
}

#[test]
fn the_home_itself_is_never_a_project() {
    let tree = Tree::new();
    tree.write("package.json", "{}").write(".git/HEAD", "ref: x\n").token("a/b/c/d/deep.txt");
    assert!(tree.audit().is_empty());
}

#[test]
fn an_audit_leaves_large_loose_text_and_pruned_folders_out() {
    let tree = Tree::new();
    tree.write("app/package.json", "{}").token("app/node_modules/x/index.js").token("app/kept.js");
    let token = String::from_utf8(template::expand("glpat-<b64u:20>", "large")).unwrap();
    tree.write("app/large.log", &format!("{token}\n{}", "x".repeat(1 << 20)));
    assert_eq!(tree.audit(), ["app/kept.js"]);
    // Deep reads both.
    let host = Host::fake(Os::Linux, tree.path(), &[]);
    let mut deep = request(Scope::Audit);
    deep.deep = true;
    assert_eq!(
        credentials(&common::scan(&host, &deep), tree.path()),
        ["app/kept.js", "app/large.log", "app/node_modules/x/index.js"]
    );
}

#[test]
fn a_surface_is_found_by_name_anywhere_but_in_pruned_folders() {
    let tree = Tree::new();
    let line = |seed| format!("API_TOKEN={}\n", String::from_utf8(template::expand("<an:32>", seed)).unwrap());
    tree.write("a/b/c/d/e/.env", &line("deep")).write("a/node_modules/x/.env", &line("pruned"));
    assert_eq!(tree.audit(), ["a/b/c/d/e/.env"]);
}

#[test]
fn a_tree_reads_like_a_home_whatever_system_it_is_from() {
    let tree = Tree::new();
    let npm = |seed| {
        format!("//npm.example.com/:_authToken={}\n", String::from_utf8(template::expand("<an:40>", seed)).unwrap())
    };
    let json = |seed| {
        format!(
            "{{\"mcpServers\": {{\"a\": {{\"command\": \"x\", \"env\": {{\"API_KEY\": \"{}\"}}}}}}}}",
            String::from_utf8(template::expand("<an:40>", seed)).unwrap()
        )
    };
    tree.write("dotfiles/.npmrc", &npm("a"));
    tree.write("mac/Library/Application Support/Claude/claude_desktop_config.json", &json("b"));
    tree.write("win/AppData/Roaming/Claude/claude_desktop_config.json", &json("c"));
    let report = common::scan_paths(&[tree.path()]);
    assert_eq!(
        credentials(&report, tree.path()),
        [
            "dotfiles/.npmrc",
            "mac/Library/Application Support/Claude/claude_desktop_config.json",
            "win/AppData/Roaming/Claude/claude_desktop_config.json"
        ]
    );
}

#[test]
fn variables_move_places_of_the_callers_own_home_only() {
    let tree = Tree::new();
    let elsewhere = Tree::new();
    let line =
        format!("//npm.example.com/:_authToken={}\n", String::from_utf8(template::expand("<an:40>", "moved")).unwrap());
    elsewhere.write("my-npmrc", &line);
    let moved = elsewhere.path().join("my-npmrc");
    let host = Host::fake(Os::Linux, tree.path(), &[("NPM_CONFIG_USERCONFIG", moved.to_str().unwrap())]);
    assert_eq!(common::scan(&host, &request(Scope::Audit)).findings.len(), 1);
    let other = request(Scope::Homes(vec![tree.path().to_owned()]));
    assert!(common::scan(&host, &other).findings.is_empty());
}

#[test]
fn only_a_named_tree_may_steer_the_scan() {
    let tree = Tree::new();
    let token = |seed: &str| String::from_utf8(template::expand("glpat-<b64u:20>", seed)).unwrap();
    tree.write(".caulkignore", "skipped/\n").token("skipped/a.txt");
    tree.write("allowed.py", &format!("key = '{}'  # caulk:allow gitlab-pat made up\n", token("inline")));
    tree.write("other.py", &format!("key = '{}'  # caulk:allow npm-access-token wrong rule\n", token("other")));
    let report = common::scan_paths(&[tree.path()]);
    assert_eq!(credentials(&report, tree.path()), ["other.py"]);
    assert_eq!(report.suppressed.len(), 1);
    assert_eq!(report.suppressed[0].by, "inline");
    assert_eq!(report.scan.steered_by.len(), 1);
    assert!(report.scan.steered_by[0].digest.starts_with("sha256:"));
    // The same folder as a home: nothing in it is listened to.
    let host = Host::fake(Os::Linux, Path::new("/nonexistent-home"), &[]);
    let report = common::scan(&host, &request(Scope::Homes(vec![tree.path().to_owned()])));
    assert_eq!(credentials(&report, tree.path()), ["allowed.py", "other.py", "skipped/a.txt"]);
    assert!(report.scan.steered_by.is_empty() && report.suppressed.is_empty());
}

/// `--plan` names what a scan then reads, file for file.
#[test]
fn a_plan_is_what_a_scan_reads() {
    let tree = Tree::new();
    tree.write("app/package.json", "{}").token("app/a.ts").token("notes.txt").write(".npmrc", "x=y\n");
    tree.write("app/node_modules/x/y.js", "1").write("app/picture.png", "not text");
    let host = Host::fake(Os::Linux, tree.path(), &[]);
    let request = request(Scope::Homes(vec![tree.path().to_owned()]));
    let plan = common::plan(&host, &request);
    let report = common::scan(&host, &request);
    let root = tree.path().canonicalize().unwrap();
    let planned: Vec<PathBuf> =
        plan.reads.iter().map(|p| Path::new(p.path.as_found()).strip_prefix(&root).unwrap().to_owned()).collect();
    assert_eq!(planned, [".npmrc", "app/a.ts", "app/package.json", "notes.txt"].map(PathBuf::from));
    assert_eq!(report.coverage.files_read, 4);
    assert_eq!(plan.pruned.len(), 1);
    assert_eq!(report.coverage.pruned, 1);
}

/// A stealer's watcher is found by its name alone and changes every advice.
#[test]
fn a_watcher_comes_first() {
    let tree = Tree::new();
    tree.write(".config/gh-token-monitor/handler", "x").token("a.txt");
    let report = common::audit(Os::Linux, tree.path());
    assert!(report.watcher);
    assert_eq!(report.findings[0].category, Category::Compromise);
    let mut text = Vec::new();
    let options = caulk::output::RenderOptions::default();
    caulk::output::write(caulk::output::Format::Human, &report, &options, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let secret = report.findings.iter().find(|f| f.category == Category::Credential).unwrap();
    let revoke = secret.fix.as_ref().unwrap().rotate_url.as_ref().unwrap();
    assert!(!text.contains(revoke.as_str()), "no advice to revoke while a watcher stands:\n{text}");
    assert!(text.find("Do not revoke").unwrap() < text.find("a.txt").unwrap(), "{text}");
    let clean = Tree::new();
    clean.token("a.txt");
    assert!(!common::audit(Os::Linux, clean.path()).watcher);
}

/// The report says what `caulk fix` would do: by the recipe of the field, and by who else gets the file.
#[cfg(feature = "keychain")]
#[test]
fn a_finding_says_what_fix_would_do() {
    let value = |seed: &str| String::from_utf8(template::expand("<an:40>", seed)).unwrap();
    let server = |seed: &str| {
        format!(r#"{{"mcpServers": {{"acme": {{"command": "x", "env": {{"ACME_API_KEY": "{}"}}}}}}}}"#, value(seed))
    };
    let tree = Tree::new();
    let login =
        format!("//npm.example.com/:_authToken={}\nproxy=http://ada:{}@proxy.example.com/\n", value("a"), value("b"));
    tree.write(".npmrc", &login).write(".cursor/mcp.json", &server("c")).token("notes.txt");
    let git = |words: &[&str]| {
        let done = std::process::Command::new("git").args(words).current_dir(tree.path().join("app")).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    tree.write("app/.mcp.json", &server("d")).write("app/package.json", "{}");
    git(&["init", "-q"]);
    git(&["add", "-f", ".mcp.json"]);
    let inside = serde_json::json!({ "mcpServers": { "acme": { "command": "x", "args": [server("e")] } } });
    tree.write(".config/Claude/claude_desktop_config.json", &inside.to_string());
    let report = common::audit(Os::Linux, tree.path());
    let fix = |end: &str, field: &str| {
        let named =
            |f: &&caulk::model::Finding| f.location.field.as_ref().is_some_and(|n| n.as_found().contains(field));
        let here = report.findings.iter().filter(|f| f.category == Category::Credential);
        let found = here.filter(|f| f.location.path.as_found().ends_with(end)).find(|f| field.is_empty() || named(f));
        let fix = found.unwrap_or_else(|| panic!("{end} {field}: {:#?}", report.findings)).fix.clone().unwrap();
        (fix.recipe.unwrap_or_default(), fix.automatic)
    };
    assert_eq!(fix(".npmrc", "_authToken"), ("npmrc-env".into(), true));
    assert_eq!(fix(".npmrc", "proxy"), ("npmrc-by-hand".into(), false));
    assert_eq!(fix(".cursor/mcp.json", "ACME_API_KEY"), ("mcp-run".into(), true));
    assert_eq!(fix("app/.mcp.json", "ACME_API_KEY"), ("mcp-run".into(), false), "others get it from git");
    assert_eq!(fix("notes.txt", ""), (String::new(), false));
    assert_eq!(fix("claude_desktop_config.json", ""), (String::new(), false), "JSON in JSON is not edited");
}

/// A link to a surface inside the root is read once, under the name that says most.
#[cfg(unix)]
#[test]
fn a_linked_dotfile_is_reported_once() {
    let tree = Tree::new();
    let line = format!(
        "//npm.example.com/:_authToken={}\n",
        String::from_utf8(template::expand("<an:40>", "linked")).unwrap()
    );
    tree.write("dotfiles/npmrc.txt", &line);
    std::os::unix::fs::symlink("dotfiles/npmrc.txt", tree.path().join(".npmrc")).unwrap();
    assert_eq!(tree.audit(), [".npmrc"]);
    // One that leads out is not followed.
    let outside = Tree::new();
    outside.write("secret", &line);
    let tree = Tree::new();
    std::os::unix::fs::symlink(outside.path().join("secret"), tree.path().join(".npmrc")).unwrap();
    assert!(tree.audit().is_empty());
}
