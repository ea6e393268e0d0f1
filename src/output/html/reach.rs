//! What runs by itself, against what it could take: one row an entry, the worst first.
//!
//! Only what differs between the rows is drawn; what is the same for all of them is said once above. Lengths are of
//! CSS, so nothing is loaded and nothing runs.

use super::super::markup::html;
use super::super::prose::LONG;
use super::super::prose::group::Group;
use super::super::prose::numbers::{clip, count};
use super::super::prose::reach::{code, consent, ranked};
use crate::model::{Reach, Runs};
use std::fmt::Write as _;

/// Rows that are drawn: what comes after them is in the list below.
const ROWS: usize = 30;

type Row<'g, 'r> = (&'g Group<'r>, Runs, &'r Reach);

/// The drawing; empty where fewer than two entries run, for then there is nothing to compare.
pub(super) fn drawing(groups: &[Group<'_>]) -> String {
    let rows = ranked(groups);
    if rows.len() < 2 {
        return String::new();
    }
    let same = |of: fn(&Row<'_, '_>) -> &'static str| rows.iter().all(|row| of(row) == of(&rows[0]));
    let asked: fn(&Row<'_, '_>) -> &'static str = |(_, runs, _)| consent(runs);
    let changed: fn(&Row<'_, '_>) -> &'static str = |(_, runs, _)| code(runs);
    let all_reach = rows.iter().all(|(.., reach)| reach.secrets == rows[0].2.secrets);
    let mut common = Vec::new();
    if same(asked) {
        common.push(format!("For all of them {}.", asked(&rows[0])));
    }
    if same(changed) {
        common.push(format!("The code of all of them can be changed by {}.", changed(&rows[0])));
    }
    if all_reach {
        common.push(format!("Each could take {}.", count(rows[0].2.secrets as usize, "secret")));
    }
    let most = rows.iter().map(|(.., reach)| reach.secrets).max().unwrap_or(0).max(1);
    let mut text = String::from(
        "<section class=\"reach\" aria-labelledby=\"reach\">\n<h2 id=\"reach\">What runs, and what it could take</h2>\n",
    );
    if !common.is_empty() {
        let _ = writeln!(text, "<p class=\"soft\">{}</p>", html(&common.join(" ")));
    }
    text += "<table>\n<thead><tr><th scope=\"col\">What runs</th>";
    for (title, shown) in [
        ("Before it starts", !same(asked)),
        ("Who can change its code", !same(changed)),
        ("Secrets it could take", !all_reach),
    ] {
        if shown {
            let _ = write!(text, "<th scope=\"col\">{title}</th>");
        }
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in rows.iter().take(ROWS) {
        let (group, _, reach) = row;
        let id = html(group.head.id.as_str());
        let _ = write!(text, "<tr><th scope=\"row\"><a href=\"#f-{id}\">{}</a></th>", html(&name(group)));
        if !same(asked) {
            let _ = write!(text, "<td>{}</td>", html(asked(row)));
        }
        if !same(changed) {
            let _ = write!(text, "<td>{}</td>", html(changed(row)));
        }
        if !all_reach {
            text += &bar(reach, most);
        }
        text += "</tr>\n";
    }
    text += "</tbody>\n</table>\n";
    if rows.len() > ROWS {
        let _ = writeln!(text, "<p class=\"soft\">{} more below.</p>", rows.len() - ROWS);
    }
    text + "</section>\n"
}

/// What the entry calls itself, or what was found.
fn name(group: &Group<'_>) -> String {
    let named = group.head.evidence.as_ref().and_then(|evidence| evidence.server.as_ref());
    let named = named.filter(|name| !name.is_empty()).map_or(group.name(), |name| name.as_found());
    clip(named, LONG / 2)
}

/// A number, and a bar in steps of a twentieth; the number alone tells all.
fn bar(reach: &Reach, most: u64) -> String {
    let steps = (reach.secrets * 20).div_ceil(most);
    let note = match (reach.confined_by, reach.handed) {
        (Some("flatpak"), _) => "in Flatpak".to_owned(),
        (Some("other-user"), _) => "as another user".to_owned(),
        (Some(by), _) => format!("in a {by}"),
        (None, 0) => String::new(),
        (None, handed) => format!("{handed} handed to it"),
    };
    let number = reach.secrets;
    format!("<td><span class=\"bar w{steps}\"></span>{number} <span class=\"soft\">{}</span></td>", html(&note))
}
