//! Environments of running processes: one finding for a variable, however many processes inherited it.

use super::Scanner;
use super::place::Place;
use crate::detect::Scene;
use crate::host::procs::ProcessEnv;
use crate::model::{Container, ContainerKind, Finding, SecretId, Untrusted};
use crate::read::{self, Format};
use crate::rules::rule::Surface;
use std::collections::BTreeMap;

/// Other processes that are named with a finding.
const RELATED: usize = 16;

/// Finds secrets in `environments`. `surface` is `process.environment`, when the pack has it.
pub(super) fn scan(scanner: &Scanner<'_>, environments: &[ProcessEnv], surface: Option<&Surface>) -> Vec<Finding> {
    let mut order: Vec<&ProcessEnv> = environments.iter().collect();
    order.sort_by(|a, b| a.exe.cmp(&b.exe).then(a.pid.cmp(&b.pid)));
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<(String, Option<Untrusted>, SecretId), usize> = BTreeMap::new();
    for environment in order {
        let document = read::parse(Format::Environ, &environment.bytes, scanner.detector.limits());
        let container = Container { kind: ContainerKind::Environment, table: None, key: None, part: None };
        let scene = Scene { surface, format: Format::Environ, container: Some(&container), prefix: &[] };
        let detection = scanner.detector.detect(&document, &scene, 0..usize::MAX);
        let exe = environment.exe.as_os_str().as_encoded_bytes();
        let place = Place {
            surface,
            surface_id: "process.environment",
            path: scanner.detector.mask_text(exe),
            path_bytes: None,
            relative: Vec::new(),
            user: Some(Untrusted::new(scanner.host.user.name.clone())),
            exposure: None,
            published: None,
        };
        for hit in detection.hits {
            let rule = scanner.pack.rule(hit.rule).id.to_string();
            let key = (rule, hit.field.clone(), hit.secret.fingerprint.clone());
            let related = hit.related.iter().map(|_| None).collect();
            let finding = place.credential(scanner.pack, hit, None, related, 0);
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
    findings
}
