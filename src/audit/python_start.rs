//! Lines that Python runs at every start and that unpack or fetch what they run.
//!
//! Tools put plain lines there: an import, a switch. What has to be decoded first was meant not to be read.

use super::weigh::Fault;
use super::{Audit, AuditCx, Judgement};
use crate::model::Severity;

pub(super) struct PythonStart;

/// The surface whose lines these are.
const SURFACE: &str = "python.start-lines";
/// Ways to run text as code.
const RUNS: [&str; 4] = ["exec(", "eval(", "compile(", "__import__("];
/// Ways to unpack text.
const UNPACKS: [&str; 8] =
    ["b64decode", "base64", "zlib", "marshal", "fromhex", "codecs.decode", "a85decode", "lzma.decompress"];
/// Ways to start a program or to reach another host.
const REACHES: [&str; 9] =
    ["subprocess", "os.system", "os.popen", "popen(", "urllib", "urlopen", "requests.", "socket.socket", "http.client"];

impl Audit for PythonStart {
    fn meta(&self) -> &'static str {
        "python-start-line"
    }

    fn check(&self, cx: &AuditCx<'_>, out: &mut Vec<Judgement>) {
        if cx.surface.id != SURFACE {
            return;
        }
        for entry in cx.live_hooks() {
            let Some(launch) = &entry.launch else { continue };
            let text = launch.written.as_found();
            let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
            let (runs, unpacks, reaches) = (has(&RUNS), has(&UNPACKS), has(&REACHES));
            let (severity, why) = match (runs, unpacks, reaches) {
                (true, true, _) => (Severity::Critical, "unpacks code and runs it"),
                (_, _, true) => (Severity::High, "starts a program or reaches another host"),
                _ => continue,
            };
            out.extend(cx.judge(self.meta(), entry, Fault::Bad(severity), why));
        }
    }
}
