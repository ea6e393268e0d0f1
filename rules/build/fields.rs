//! The secret fields of a surface, its groups put in and alternatives written out.
//!
//! Authors write `{a,b}` and `uses`; the program's tables have plain key paths only.

use super::Pack;
use super::schema::{FieldGroup, SecretField, SurfaceSpec};
use super::vet;

/// A key path, the form and the rule.
pub(crate) type Plain<'a> = (String, &'a str, &'a str);

/// What divides a group's name from where it stands.
const AT: &str = " at ";

/// All fields of `surface`, in the order in which they are asked.
pub(crate) fn of<'a>(pack: &'a Pack, surface: &'a SurfaceSpec) -> Vec<Plain<'a>> {
    let own = surface.secrets.iter().flat_map(|field| plain("", field));
    let grouped = surface.uses.iter().flat_map(|used| {
        let (name, base) = used.split_once(AT).unwrap_or((used, ""));
        let fields = group(pack, name).map_or(&[][..], |group| &group.secrets);
        fields.iter().flat_map(move |field| plain(base, field))
    });
    grouped.chain(own).collect()
}

/// Where the MCP servers of `surface` stand: where it uses the fields of several, or of one.
pub(crate) fn servers(surface: &SurfaceSpec) -> Vec<String> {
    if surface.mcp.is_empty() {
        return Vec::new();
    }
    let used = surface.uses.iter().map(|used| used.split_once(AT).unwrap_or((used, "")));
    used.filter(|(name, _)| matches!(*name, "mcp-servers" | "mcp-server"))
        .map(|(name, at)| match (name, at.rsplit_once('/')) {
            // One server at `a/*` is a server of the map at `a`.
            ("mcp-server", Some((map, "*"))) => map.to_owned(),
            _ => at.to_owned(),
        })
        .collect()
}

/// What is wrong with what surfaces use.
pub(crate) fn problems(pack: &Pack) -> Vec<String> {
    let mut problems = Vec::new();
    for file in &pack.surfaces {
        for surface in &file.content.surfaces {
            for used in &surface.uses {
                let name = used.split_once(AT).map_or(used.as_str(), |(name, _)| name);
                if group(pack, name).is_none() {
                    let name = vet::short(name);
                    problems.push(format!("rules/{}: {}: no fields `{name}`", file.name, surface.id));
                }
            }
        }
    }
    problems
}

fn group<'a>(pack: &'a Pack, id: &str) -> Option<&'a FieldGroup> {
    pack.surfaces.iter().flat_map(|file| &file.content.groups).find(|group| group.id == id)
}

fn plain<'a>(base: &str, field: &'a SecretField) -> impl Iterator<Item = Plain<'a>> + use<'a> {
    let whole = if base.is_empty() { field.field.clone() } else { format!("{base}/{}", field.field) };
    alternatives(&whole).into_iter().map(|path| (path, field.form.as_str(), field.rule.as_str()))
}

/// `a/{b,c}` as `a/b` and `a/c`; a brace without its fellow stands for itself.
fn alternatives(path: &str) -> Vec<String> {
    let braces = path.find('{').and_then(|open| Some((open, open + path[open..].find('}')?)));
    let Some((open, close)) = braces else { return vec![path.to_owned()] };
    let rests = alternatives(&path[close + 1..]);
    let words = path[open + 1..close].split(',');
    words.flat_map(|word| rests.iter().map(move |rest| format!("{}{word}{rest}", &path[..open]))).collect()
}
