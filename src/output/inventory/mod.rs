//! What is installed that acts by itself or runs as the user: agents, MCP servers, editor extensions, packages.
//!
//! Three forms of one list: a table, JSON, and CycloneDX for those who keep inventories.

mod cyclonedx;

use crate::model::{Component, Consent, Ecosystem, Launch, Pin, ScanReport, Started, Transport, Untrusted};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A form of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InventoryFormat {
    /// A table for people.
    Human,
    /// One JSON object.
    Json,
    /// CycloneDX 1.6, JSON.
    Cyclonedx,
}

/// Writes the inventory of `report`; with `projects` the packages of projects' lock files too.
pub fn write_inventory(
    format: InventoryFormat,
    report: &ScanReport,
    projects: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let stock = Stock::of(report, projects);
    match format {
        InventoryFormat::Human => stock.table(out),
        InventoryFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &stock.json())?;
            out.write_all(b"\n")
        }
        InventoryFormat::Cyclonedx => {
            serde_json::to_writer_pretty(&mut *out, &cyclonedx::bom(&stock))?;
            out.write_all(b"\n")
        }
    }
}

/// One package or extension, with every place that has it.
struct Item<'r> {
    first: &'r Component,
    places: Vec<&'r Component>,
}

/// The list, sorted and with equal things put together.
struct Stock<'r> {
    report: &'r ScanReport,
    agents: BTreeMap<&'r str, Vec<&'r Untrusted>>,
    servers: Vec<&'r Started>,
    items: Vec<Item<'r>>,
    /// Packages of projects that are not listed.
    left_out: usize,
}

impl<'r> Stock<'r> {
    fn of(report: &'r ScanReport, projects: bool) -> Self {
        let mut agents: BTreeMap<&str, Vec<&Untrusted>> = BTreeMap::new();
        for (name, path) in &report.agents {
            agents.entry(name).or_default().push(path);
        }
        let servers = report.started.iter().filter(|one| one.entry.trigger.starts_with("MCP server")).collect();
        let mut by_name: BTreeMap<(Ecosystem, &Untrusted, &Untrusted), Vec<&Component>> = BTreeMap::new();
        let mut left_out = 0;
        for one in &report.components {
            if one.global || projects || one.known_bad {
                by_name.entry((one.ecosystem, &one.name, &one.version)).or_default().push(one);
            } else {
                left_out += 1;
            }
        }
        let items = by_name.into_values().filter_map(|places| Some(Item { first: places.first()?, places })).collect();
        Self { report, agents, servers, items, left_out }
    }

    fn extensions(&self) -> impl Iterator<Item = &Item<'r>> {
        self.items.iter().filter(|item| item.first.ecosystem == Ecosystem::Vscode)
    }

    fn packages(&self) -> impl Iterator<Item = &Item<'r>> {
        self.items.iter().filter(|item| item.first.ecosystem != Ecosystem::Vscode)
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let title = |out: &mut dyn Write, text: &str, count: usize| writeln!(out, "{text} ({count})");
        title(out, "Agents", self.agents.len())?;
        for (name, paths) in &self.agents {
            let first = paths.first().map(|path| self.short(path)).unwrap_or_default();
            writeln!(out, "  {name:<28}  {first}")?;
        }
        title(out, "\nMCP servers", self.servers.len())?;
        for one in &self.servers {
            let what = one.entry.launch.as_ref().map_or_else(|| remote(one), |launch| launch.written.to_string());
            writeln!(out, "  {:<28}  {what}", one.entry.name.to_string())?;
            writeln!(out, "  {:<28}  {}; {}", "", consent(one), self.short(&one.path))?;
        }
        title(out, "\nEditor extensions", self.extensions().count())?;
        Self::rows(self.extensions(), out)?;
        let heading = if self.left_out == 0 { "\nPackages" } else { "\nPackages outside projects" };
        title(out, heading, self.packages().count())?;
        Self::rows(self.packages(), out)?;
        if self.left_out > 0 {
            writeln!(out, "\n{} more in projects' lock files: caulk inventory --projects", self.left_out)?;
        }
        Ok(())
    }

    fn rows<'i>(items: impl Iterator<Item = &'i Item<'r>>, out: &mut dyn Write) -> io::Result<()>
    where
        'r: 'i,
    {
        for item in items {
            let one = item.first;
            let mut facts = vec![one.presence.as_str().to_owned()];
            if one.ecosystem != Ecosystem::Vscode {
                facts.insert(0, one.ecosystem.as_str().to_owned());
            }
            facts.extend(item.notes().into_iter().map(str::to_owned));
            if item.places.len() > 1 {
                facts.push(format!("{} places", item.places.len()));
            }
            let what = format!("{} {}", one.name, one.version);
            writeln!(out, "  {what:<40}  {}", facts.join(", "))?;
        }
        Ok(())
    }

    /// A path with the audited home as `~`.
    fn short(&self, path: &Untrusted) -> String {
        let text = path.as_found();
        let home = self.report.homes.iter().find_map(|home| {
            let rest = text.strip_prefix(home.to_str()?)?;
            rest.starts_with(['/', '\\']).then(|| format!("~{rest}"))
        });
        home.map_or_else(|| path.to_string(), |short| Untrusted::new(short).to_string())
    }

    fn json(&self) -> Wire<'_> {
        Wire {
            schema_version: 1,
            host: HostWire {
                id: &self.report.host.id,
                name: self.report.host.name.as_found(),
                os: &self.report.host.os,
            },
            agents: self.agents.iter().map(|(name, paths)| AgentWire { name, paths: texts(paths) }).collect(),
            mcp_servers: self.servers.iter().map(|one| ServerWire::of(one)).collect(),
            extensions: self.extensions().map(ItemWire::of).collect(),
            packages: self.packages().map(ItemWire::of).collect(),
            project_packages_left_out: self.left_out,
        }
    }
}

impl Item<'_> {
    /// What a reader should know of it.
    fn notes(&self) -> Vec<&'static str> {
        let mut notes = Vec::new();
        for one in &self.places {
            notes.extend(one.known_bad.then_some("KNOWN BAD"));
            notes.extend(one.install_script.then_some("runs a script when installed"));
            notes.extend(one.notes.iter().copied());
        }
        notes.sort_unstable();
        notes.dedup();
        notes
    }
}

#[derive(Serialize)]
struct Wire<'r> {
    schema_version: u8,
    host: HostWire<'r>,
    agents: Vec<AgentWire<'r>>,
    mcp_servers: Vec<ServerWire<'r>>,
    extensions: Vec<ItemWire<'r>>,
    packages: Vec<ItemWire<'r>>,
    project_packages_left_out: usize,
}

#[derive(Serialize)]
struct HostWire<'r> {
    id: &'r str,
    name: &'r str,
    os: &'r str,
}

#[derive(Serialize)]
struct AgentWire<'r> {
    name: &'r str,
    paths: Vec<&'r str>,
}

#[derive(Serialize)]
struct ServerWire<'r> {
    name: &'r str,
    client: &'r str,
    path: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pin: Option<&'static str>,
    consent: &'static str,
    handed: Vec<&'r str>,
}

impl<'r> ServerWire<'r> {
    fn of(one: &'r Started) -> Self {
        let (entry, launch) = (&one.entry, one.entry.launch.as_ref());
        Self {
            name: entry.name.as_found(),
            client: client(one),
            path: one.path.as_found(),
            command: launch.map(|launch| launch.written.as_found()),
            url: if let Transport::Remote(url) = &entry.transport { Some(url.as_found()) } else { None },
            package: launch.and_then(|launch| launch.package.as_deref()),
            pin: launch.map(pin),
            consent: consent(one),
            handed: entry.secrets.iter().map(Untrusted::as_found).collect(),
        }
    }
}

#[derive(Serialize)]
struct ItemWire<'r> {
    ecosystem: &'static str,
    name: &'r str,
    version: &'r str,
    purl: String,
    presence: &'static str,
    known_bad: bool,
    install_script: bool,
    notes: Vec<&'static str>,
    paths: Vec<&'r str>,
}

impl<'r> ItemWire<'r> {
    fn of(item: &Item<'r>) -> Self {
        let one = item.first;
        Self {
            ecosystem: one.ecosystem.as_str(),
            name: one.name.as_found(),
            version: one.version.as_found(),
            purl: cyclonedx::purl(one),
            presence: one.presence.as_str(),
            known_bad: item.places.iter().any(|one| one.known_bad),
            install_script: item.places.iter().any(|one| one.install_script),
            notes: one.notes.clone(),
            paths: item.places.iter().map(|one| one.path.as_found()).collect(),
        }
    }
}

fn texts<'r>(paths: &[&'r Untrusted]) -> Vec<&'r str> {
    paths.iter().map(|path| path.as_found()).collect()
}

fn client(one: &Started) -> &str {
    one.entry.trigger.strip_prefix("MCP server of ").unwrap_or(&one.entry.trigger)
}

fn remote(one: &Started) -> String {
    if let Transport::Remote(url) = &one.entry.transport { url.to_string() } else { "nothing to start".to_owned() }
}

/// What stands between an entry and its start, in a word.
fn consent(one: &Started) -> &'static str {
    match one.entry.consent {
        _ if one.entry.disabled => "disabled",
        Consent::Unasked | Consent::SwitchedOff => "unasked",
        Consent::Approved => "approved",
        Consent::Asked => "asked",
    }
}

fn pin(launch: &Launch) -> &'static str {
    match launch.pin {
        Pin::Local => "local",
        Pin::Exact => "exact",
        Pin::Tag => "tag",
        Pin::None => "none",
    }
}
