//! The inventory as a CycloneDX 1.6 bill of materials: packages and extensions are components, MCP servers services.
//!
//! A service's endpoints must be references: a server that is a command gets a name of its own, and the command, which
//! has passed the mask, is a property. Of a URL only scheme and host are told.

use super::{Item, Stock, client, consent, pin};
use crate::model::{Component, Ecosystem, Started, Transport};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The bill.
pub(super) fn bom(stock: &Stock<'_>) -> Value {
    let report = stock.report;
    let components: Vec<Value> = stock.items.iter().map(component).collect();
    let services: Vec<Value> = stock.servers.iter().enumerate().map(|(number, one)| service(number, one)).collect();
    let dependencies: Vec<Value> = stock
        .servers
        .iter()
        .enumerate()
        .map(|(number, one)| json!({ "ref": reference(number), "dependsOn": package_of(stock, one) }))
        .collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial(&format!("{} {}", report.host.id, report.scan.started_at)),
        "version": 1,
        "metadata": {
            "timestamp": report.scan.started_at,
            "tools": { "components": [{ "type": "application", "name": "caulk", "version": env!("CARGO_PKG_VERSION") }] },
            "component": {
                "type": "device",
                "bom-ref": "device",
                "name": report.host.name.as_found(),
                "properties": [property("caulk:os", &report.host.os), property("caulk:host-id", &report.host.id)],
            },
        },
        "components": components,
        "services": services,
        "dependencies": dependencies,
    })
}

/// The package URL of a component, <https://github.com/package-url/purl-spec>.
pub(super) fn purl(one: &Component) -> String {
    let (name, version) = (one.name.as_found(), one.version.as_found());
    let canonical = one.ecosystem.canonical(name);
    let (kind, name) = match one.ecosystem {
        Ecosystem::Vscode => ("vscode-extension", canonical.replacen('.', "/", 1)),
        Ecosystem::Packagist => ("composer", canonical),
        Ecosystem::Go => ("golang", canonical),
        ecosystem => (ecosystem.as_str(), canonical),
    };
    let parts: Vec<String> = name.split('/').map(escaped).collect();
    let version = if version.is_empty() { String::new() } else { format!("@{}", escaped(version)) };
    format!("pkg:{kind}/{}{version}", parts.join("/"))
}

fn component(item: &Item<'_>) -> Value {
    let one = item.first;
    let kind = if one.ecosystem == Ecosystem::Vscode { "application" } else { "library" };
    let mut properties = vec![property("caulk:presence", one.presence.as_str())];
    properties.extend(item.notes().into_iter().map(|note| property("caulk:note", note)));
    let occurrences: Vec<Value> = item.places.iter().map(|one| json!({ "location": one.path.as_found() })).collect();
    let purl = purl(one);
    json!({
        "type": kind,
        "bom-ref": purl,
        "name": one.name.as_found(),
        "version": one.version.as_found(),
        "purl": purl,
        "properties": properties,
        "evidence": { "occurrences": occurrences },
    })
}

fn service(number: usize, one: &Started) -> Value {
    let entry = &one.entry;
    let (endpoint, outside) = match &entry.transport {
        Transport::Remote(url) => (host_of(url.as_found()), true),
        Transport::Stdio | Transport::Unknown => (format!("urn:mcp:stdio:{}", escaped(entry.name.as_found())), false),
    };
    let mut properties = vec![
        property("caulk:mcp:client", client(one)),
        property("caulk:mcp:path", one.path.as_found()),
        property("caulk:mcp:consent", consent(one)),
    ];
    if let Some(launch) = &entry.launch {
        properties.push(property("caulk:mcp:command", launch.written.as_found()));
        properties.push(property("caulk:mcp:pin", pin(launch)));
    }
    properties.extend(entry.secrets.iter().map(|name| property("caulk:mcp:handed", name.as_found())));
    json!({
        "bom-ref": reference(number),
        "name": entry.name.as_found(),
        "endpoints": [endpoint],
        "authenticated": !entry.secrets.is_empty(),
        "x-trust-boundary": outside,
        "properties": properties,
    })
}

fn reference(number: usize) -> String {
    format!("mcp-server-{}", number + 1)
}

/// The component that a server is started from, where it is here.
fn package_of(stock: &Stock<'_>, one: &Started) -> Vec<String> {
    let Some(package) = one.entry.launch.as_ref().and_then(|launch| launch.package.as_deref()) else {
        return Vec::new();
    };
    let version = package.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
    let (name, version) = version.map_or((package, None), |at| (&package[..at], Some(&package[at + 1..])));
    let same = |item: &&Item<'_>| {
        item.first.name.as_found() == name && version.is_none_or(|version| item.first.version.as_found() == version)
    };
    stock.items.iter().filter(same).map(|item| purl(item.first)).collect()
}

fn property(name: &str, value: &str) -> Value {
    json!({ "name": name, "value": value })
}

/// Scheme and host of a URL, as far as they are plain.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let plain: String =
        host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']')).collect();
    let scheme: String = scheme.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{scheme}://{plain}")
}

/// Percent-escaped, but for what a reference may hold anywhere.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A serial number of the form of a UUID, the same for the same machine and time.
fn serial(of: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(of.as_bytes()));
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        &digest[..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    )
}
