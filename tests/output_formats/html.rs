//! The page: it loads nothing, runs nothing of a name's, and stands without its script.

use super::*;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

fn page(report: &ScanReport) -> String {
    render(Format::Html, report)
}

/// A start or end tag, with its attributes unescaped.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
}

/// The tags of a page and the text between them, read strictly: anything unexpected is a panic.
fn parse(page: &str) -> (Vec<Tag>, String) {
    let (mut tags, mut text) = (Vec::new(), String::new());
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        text += &unescape(&rest[..open]);
        let close = open + rest[open..].find('>').expect("a tag ends");
        let inside = &rest[open + 1..close];
        rest = &rest[close + 1..];
        let name: String = inside.chars().take_while(|c| !c.is_whitespace()).collect();
        assert!(name.trim_start_matches(['/', '!']).chars().all(|c| c.is_ascii_alphanumeric()), "{inside}");
        tags.push(Tag { attributes: attributes(&inside[name.len()..]), name: name.clone() });
        // Their content is no markup.
        if name == "style" || name == "script" {
            let end = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[end..];
        }
    }
    (tags, text + &unescape(rest))
}

fn attributes(mut rest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return found;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        assert!(!name.is_empty(), "{rest}");
        rest = &rest[name.len()..];
        let value = match rest.strip_prefix("=\"") {
            Some(quoted) => {
                let end = quoted.find('"').expect("a quote ends");
                rest = &quoted[end + 1..];
                unescape(&quoted[..end])
            }
            None => String::new(),
        };
        assert!(found.insert(name, value).is_none(), "an attribute twice");
    }
}

fn unescape(text: &str) -> String {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|entity| text[at..].starts_with(entity)), "{}", &text[at..]);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}

fn inner<'p>(page: &'p str, name: &str) -> &'p str {
    let start = page.find(&format!("<{name}>")).unwrap() + name.len() + 2;
    &page[start..start + page[start..].find(&format!("</{name}>")).unwrap()]
}

#[test]
fn names_make_no_element_and_no_attribute() {
    const ELEMENTS: &str = "!doctype html head meta title style script body a div header p strong span time h1 h2 h3 \
                            section ol ul li i code form label input select option fieldset legend button main details \
                            summary dl dt dd b br footer";
    const ATTRIBUTES: &str = "html lang charset http-equiv content name id class href rel for type value placeholder \
                              checked hidden open tabindex role datetime data-severity data-surface data-rule data-path \
                              data-category aria-hidden aria-label aria-live autocomplete";
    for report in reports() {
        let page = page(&report);
        let (tags, text) = parse(&page);
        for tag in &tags {
            let name = tag.name.trim_start_matches('/');
            assert!(ELEMENTS.split_whitespace().any(|known| known == name), "{tag:?}");
            for attribute in tag.attributes.keys() {
                assert!(ATTRIBUTES.split_whitespace().any(|known| known == attribute), "{tag:?}");
            }
        }
        let mut open = Vec::new();
        for tag in tags.iter().filter(|tag| !["!doctype", "meta", "input", "br"].contains(&tag.name.as_str())) {
            match tag.name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None => open.push(&tag.name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let ids: Vec<_> = tags.iter().filter_map(|tag| tag.attributes.get("id")).collect();
        assert_eq!(ids.len(), ids.iter().collect::<std::collections::BTreeSet<_>>().len(), "ids are unique");
        assert_eq!(text.contains("<script>alert(1)</script>"), page.contains("&lt;script&gt;alert"));
    }
}

#[test]
fn nothing_is_loaded_and_links_lead_where_the_rules_say() {
    for report in reports() {
        let (tags, _) = parse(&page(&report));
        for tag in &tags {
            assert!(!tag.attributes.contains_key("src"), "{tag:?}");
            let Some(href) = tag.attributes.get("href") else { continue };
            let known = report.rules.values().any(|rule| rule.remedy == *href || rule.references.contains(href));
            assert!(tag.name == "a" && (href == "#findings" || known && href.starts_with("https://")), "{tag:?}");
        }
    }
    let css = inner(&page(&usual()), "style").to_owned();
    assert!(!css.contains("url(") && !css.contains("@import"), "the style loads nothing");
    // An address that only the finding names is text.
    let mut report = usual();
    report.findings[0].fix.as_mut().unwrap().rotate_url = Some("https://bad.example/revoke".into());
    let page = page(&report);
    assert!(page.contains("https://bad.example/revoke") && !page.contains("href=\"https://bad.example"), "{page}");
}

#[test]
fn the_policy_allows_this_style_and_this_script_only() {
    let page = page(&hostile());
    let hash = |name: &str| {
        format!("'sha256-{}'", data_encoding::BASE64.encode(&Sha256::digest(inner(&page, name).as_bytes())))
    };
    let (tags, _) = parse(&page);
    let policy = tags.iter().find(|tag| tag.attributes.contains_key("http-equiv")).unwrap();
    assert_eq!(
        policy.attributes["content"],
        format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash("style"),
            hash("script")
        )
    );
    assert_eq!((page.matches("<style>").count(), page.matches("<script>").count()), (1, 1));
    assert!(!inner(&page, "script").contains("innerHTML"));
}

#[test]
fn everything_stands_there_without_the_script() {
    let report = usual();
    let (tags, text) = parse(&page(&report));
    let places = tags.iter().filter(|tag| tag.attributes.get("class").is_some_and(|class| class == "place"));
    assert_eq!(places.count(), report.findings.len());
    for words in [
        "A malicious install script running as ada could take 1 npm token right now, and 1 program starts without being asked.",
        "Shai-Hulud 2 would have taken it.",
        "~/src/shop/.npmrc:3:40",
        "others can read it (mode 0644)",
        "caulk fix ",
        "npx -y some-server",
        "Pin the package to an exact version.",
        "What was looked at",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let form = tags.iter().find(|tag| tag.name == "form").unwrap();
    assert!(form.attributes.contains_key("hidden"), "controls that nothing answers are not shown");
    // A severity is a word, whatever its colour.
    assert!(text.contains("■ critical") && text.contains("▲ high") && text.contains("● medium"));
}

#[test]
fn the_headline_comes_first_and_the_watcher_before_it() {
    let mut report = usual();
    report.watcher = true;
    let page = page(&report);
    let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(at("<h1>Stop first") < at("Do not revoke") && at("Do not revoke") < at("A malicious install script"));
    assert!(at("A malicious install script") < at("class=\"entry\""));
    assert!(at("class=\"entry\"") < at("<h2>What was looked at"));
}

#[test]
fn clean_and_could_not_look_differ() {
    let clean = page(&report(Vec::new()));
    assert!(clean.contains("All clear") && !clean.contains("<form"));
    let mut blind = report(Vec::new());
    blind.scan.complete = false;
    blind.errors = vec![ReadError { path: "/home/ada/.ssh".into(), skip: Skip::PermissionDenied, incidental: false }];
    let text = page(&blind);
    assert!(text.contains("not complete") && text.contains("<h2>Could not look</h2>"), "{text}");
    assert!(text.contains("<code>~/.ssh</code>: permission denied"));
}
