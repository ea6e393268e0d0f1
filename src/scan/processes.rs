//! Environments of running processes: one finding for a variable, however many processes inherited it.

use super::Scanner;
use super::collect::Collector;
use super::place::Place;
use crate::detect::Scene;
use crate::host::procs::ProcessEnv;
use crate::model::{Container, ContainerKind, Finding, ReadError, SecretId, Skip, Untrusted};
use crate::read::{self, Format};
use crate::rules::rule::Surface;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Other processes that are named with a finding.
const RELATED: usize = 16;

/// Finds secrets in the environments. `surface` is `process.environment`, when the pack has it.
pub(super) fn scan(scanner: &Scanner<'_>, collector: &Collector<'_>, surface: Option<&Surface>) {
    let mut order: Vec<&ProcessEnv> = scanner.environments.iter().collect();
    order.sort_by(|a, b| a.exe.cmp(&b.exe).then(a.pid.cmp(&b.pid)));
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<(String, Option<Untrusted>, SecretId), usize> = BTreeMap::new();
    for environment in order {
        if scanner.progress.stopped() {
            break;
        }
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
        let place = Place {
            surface,
            surface_id: "process.environment",
            path: path.clone(),
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
    collector.plain(findings);
}
