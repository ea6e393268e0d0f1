//! Environments of running processes: one finding for a variable, however many processes inherited it.

use super::Scanner;
use super::collect::Collector;
use super::place::Place;
use crate::broker::launch::INJECTED;
use crate::detect::Scene;
use crate::host::procs::ProcessEnv;
use crate::host::registry;
use crate::model::{Container, ContainerKind, Finding, ReadError, SecretId, Severity, Skip, Untrusted};
use crate::read::{self, Format};
use crate::rules::rule::Surface;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The surface of variables that Windows keeps in its registry.
const IN_REGISTRY: &str = "windows.environment";
/// Other processes that are named with a finding.
const RELATED: usize = 16;

/// Finds secrets in the environments. `surface` is `process.environment`, when the pack has it.
pub(super) fn scan(scanner: &Scanner<'_>, collector: &Collector<'_>, surface: Option<&Surface>) {
    let mut order: Vec<&ProcessEnv> = scanner.environments.iter().collect();
    order.sort_by(|a, b| a.exe.cmp(&b.exe).then(a.pid.cmp(&b.pid)));
    let in_registry = scanner.pack.surfaces().iter().find(|surface| surface.id == IN_REGISTRY);
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<(String, Option<Untrusted>, SecretId, bool), usize> = BTreeMap::new();
    for environment in order {
        if scanner.progress.stopped() {
            break;
        }
        let registry = environment.exe.as_os_str().as_encoded_bytes().starts_with(registry::KEYS.as_bytes());
        let surface = if registry { in_registry } else { surface };
        let path = scanner.detector.mask_text(environment.exe.as_os_str().as_encoded_bytes());
        let error = |skip| collector.error(ReadError { path: path.clone(), skip, incidental: true });
        if environment.truncated {
            error(Skip::Bound("size of an environment"));
        }
        let document = read::parse(Format::Environ, &environment.bytes, scanner.detector.limits());
        let container = Container { kind: ContainerKind::Environment, table: None, key: None, part: None };
        let scene = Scene { surface, format: Format::Environ, container: Some(&container), prefix: &[] };
        let detect = || scanner.detector.detect(&document, &scene, 0..usize::MAX);
        let Ok(detection) = catch_unwind(AssertUnwindSafe(detect)) else {
            error(Skip::Internal);
            continue;
        };
        collector.truncated(detection.truncated);
        // What `caulk run` gave this program, by name: it is where a sealed secret is meant to be.
        let told = document.fields.iter().find(|field| field.key() == INJECTED.as_bytes());
        let told = told.map(|field| String::from_utf8_lossy(field.value.bytes()).into_owned()).unwrap_or_default();
        let injected: Vec<&str> = told.split_ascii_whitespace().collect();
        let place = Place {
            surface,
            surface_id: if registry { IN_REGISTRY } else { "process.environment" },
            path: path.clone(),
            path_bytes: None,
            relative: Vec::new(),
            user: Some(Untrusted::new(scanner.host.user.name.clone())),
            exposure: None,
            published: None,
        };
        for hit in detection.hits {
            let rule = scanner.pack.rule(hit.rule).id.to_string();
            let sealed = hit.field.as_ref().is_some_and(|name| injected.contains(&name.as_found()));
            let key = (rule, hit.field.clone(), hit.secret.fingerprint.clone(), sealed);
            let related = hit.related.iter().map(|_| None).collect();
            let mut finding = place.credential(scanner.pack, hit, None, related, 0);
            if sealed {
                finding.severity = Severity::Info;
                if let Some(secret) = &mut finding.secret {
                    secret.checks.push("handed out by caulk run".into());
                }
            }
            match known.get(&key) {
                None => {
                    known.insert(key, findings.len());
                    findings.push(finding);
                }
                Some(first) => {
                    let first = &mut findings[*first];
                    let new = first.location != finding.location && !first.related.contains(&finding.location);
                    if new && first.related.len() < RELATED {
                        first.related.push(finding.location);
                    }
                }
            }
        }
    }
    collector.plain(findings);
}
