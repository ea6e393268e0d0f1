//! Search, filters and grouping. Hidden until the script is there to answer them.

use super::super::markup::html;
use super::super::prose::SECTIONS;
use super::super::prose::numbers::thousands;
use super::Sheet;
use super::head::sign;
use crate::model::Severity;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn controls(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let mut text = String::from(
        "<form id=\"controls\" aria-label=\"Search and filter\" autocomplete=\"off\" hidden>\n<div class=\"row\">\n\
         <label class=\"wide\"><span class=\"name\">Search</span>\
         <input type=\"search\" name=\"search\" placeholder=\"path, title, rule, id\"></label>\n",
    );
    let categories = SECTIONS.iter().filter_map(|(category, title)| {
        let number = report.summary.by_category.get(category.as_str()).copied().filter(|number| *number > 0)?;
        Some((category.as_str(), format!("{title} ({})", thousands(number))))
    });
    text += &select("Kind", "category", "All kinds", categories);
    let mut surfaces: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &report.findings {
        *surfaces.entry(finding.surface.as_str()).or_default() += 1;
    }
    let surfaces = surfaces.into_iter().map(|(id, number)| (id, format!("{id} ({})", thousands(number))));
    text += &select("Place", "surface", "All places", surfaces);
    text += "<label><span class=\"name\">Group by</span><select name=\"group\">\
             <option value=\"secret\">secret</option><option value=\"path\">file</option>\
             <option value=\"rule\">rule</option></select></label>\n</div>\n<div class=\"row\">\n\
             <fieldset><legend class=\"name\">Severity</legend>\n";
    for severity in Severity::ALL.iter().rev() {
        let number = report.summary.by_severity.get(severity).copied().unwrap_or(0);
        if number > 0 {
            let _ = writeln!(
                text,
                "<label class=\"chip\"><input type=\"checkbox\" name=\"severity\" value=\"{severity}\" checked>{}</label>",
                sign(*severity, &format!("{severity} {}", thousands(number)))
            );
        }
    }
    text + "</fieldset>\n\
            <button type=\"button\" id=\"open\">Open or close all</button>\n\
            <button type=\"reset\">Clear</button>\n</div>\n</form>\n\
            <p id=\"status\" role=\"status\" aria-live=\"polite\"></p>\n"
}

fn select<'s>(label: &str, name: &str, all: &str, options: impl Iterator<Item = (&'s str, String)>) -> String {
    let mut text =
        format!("<label><span class=\"name\">{label}</span><select name=\"{name}\"><option value=\"\">{all}</option>");
    for (value, shown) in options {
        let _ = write!(text, "<option value=\"{}\">{}</option>", html(value), html(&shown));
    }
    text + "</select></label>\n"
}
