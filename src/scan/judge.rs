//! What starts by itself and which settings lower a guard, for one document: the ledger's entries
//! given to the audits. The ledger and the audits do not know each other; this is where they meet.

use super::Scanner;
use super::flatpak;
use super::installed;
use super::open_places::Places;
use super::started::Digests;
use super::stock::Stock;
use super::walk::Candidate;
use crate::audit::posture::Posture;
use crate::audit::{self, Around, AuditCx, Judgement};
use crate::components;
use crate::detect::Mask;
use crate::host::installed as copies;
use crate::host::open::{self, Roots};
use crate::ledger::approvals::{Approvals, Asked};
use crate::ledger::grants::Grants;
use crate::ledger::{hooks, mcp, pin, runs};
use crate::model::{AutorunEntry, CodeFrom, Component, Started, Untrusted};
use crate::read::git_state::GitStates;
use crate::read::{self, Document, Format, outline};
use crate::rules::place::Level;
use crate::rules::rule::{Edit, Surface};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

/// Settings files beside a project's `.mcp.json`, and in the home, that can let its servers start unasked.
const GRANTING: [&str; 2] = [".claude/settings.json", ".claude/settings.local.json"];

/// Entries of one file whose programs are looked up.
const OPEN: usize = 200;
/// Entries that are listed at most.
const STARTED: usize = 50_000;

/// What was asked to be listed of one root.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) started: Vec<Started>,
    pub(super) agents: Vec<(String, Untrusted)>,
    pub(super) components: Vec<Component>,
}

/// Judges documents of one root.
pub(super) struct Judge<'j> {
    pub(super) scanner: &'j Scanner<'j>,
    /// Compiled for the first document that is judged: most trees hold none.
    posture: OnceLock<Posture<'static>>,
    /// The home whose settings count for its projects; none for a named tree.
    pub(super) home: Option<PathBuf>,
    /// All that starts by itself, where it was asked for.
    started: Mutex<Vec<Started>>,
    pub(super) digests: Digests<'j>,
    /// What the home's own files say was approved before; nothing for a named tree.
    approvals: Approvals,
    git: &'j GitStates,
    roots: &'j Roots,
    everywhere: &'j Roots,
    /// Packages and extensions that are here.
    pub(super) stock: Stock<'j>,
    /// Files and folders with code that starts by itself.
    pub(super) places: Places,
}

impl<'j> Judge<'j> {
    pub(super) fn new(
        scanner: &'j Scanner<'j>,
        home: Option<PathBuf>,
        approvals: Approvals,
        (roots, everywhere): (&'j Roots, &'j Roots),
        git: &'j GitStates,
    ) -> Self {
        Self {
            scanner,
            posture: OnceLock::new(),
            home,
            approvals,
            git,
            roots,
            everywhere,
            started: Mutex::default(),
            digests: Digests::new(everywhere),
            stock: Stock::new(scanner),
            places: Places::default(),
        }
    }

    /// Everything the audits say of `document`.
    pub(super) fn judge(
        &self,
        candidate: &Candidate<'_>,
        surface: &Surface,
        document: &Document<'_>,
        mask: &Mask,
    ) -> Vec<Judgement> {
        let masked = |text: &[u8]| -> Untrusted { mask.text(self.scanner.detector, text) };
        let level = candidate.level;
        let texts = self.scanner.pack.audits();
        let (doc, around) = (document, Around::default());
        let alone = AuditCx { surface, level, doc, servers: &[], hooks: &[], texts, mask: &masked, around };
        let mut judgements = audit::of_fields(&alone);
        judgements.retain(|judgement| self.scanner.pack.keeps(&judgement.rule));
        if !surface.lists.is_empty() {
            judgements.extend(self.components(candidate, surface, document));
            return judgements;
        }
        let posture = self.posture.get_or_init(|| Posture::new(self.scanner.pack.settings()));
        let outlined;
        let document = if document.tree.is_some() || audit::is_instructions(surface) {
            // Instructions are judged by their bytes: there is nothing in them to walk.
            document
        } else if !audit::walks(surface, document.source) && !posture.asks(&surface.id) {
            return judgements;
        } else {
            // Settings in another form than JSON are walked like those in JSON.
            let tree = Some(outline::tree(document, self.scanner.detector.limits()));
            outlined = Document { source: document.source, fields: Vec::new(), tree, problem: document.problem };
            &outlined
        };
        if candidate.level != Level::Project {
            self.stock.agent(surface, &masked(candidate.path.as_os_str().as_encoded_bytes()));
        }
        judgements.extend(posture.check(&surface.id, level, document, &masked));
        let mut servers = if surface.mcp.is_empty() {
            Vec::new()
        } else {
            mcp::entries_with(surface, level, document, &self.grants(candidate), &masked)
        };
        let claude = surface.product == hooks::PRODUCT;
        let mut hooks = if claude { hooks::entries(document, level, &masked) } else { Vec::new() };
        hooks.extend(runs::entries(surface, level, document, &masked));
        if !(servers.is_empty() && hooks.is_empty()) {
            self.approve(candidate, surface, document, servers.iter_mut().chain(&mut hooks));
        }
        let in_flatpak = self.home.as_deref().is_some_and(|home| {
            !(servers.is_empty() && hooks.is_empty())
                && flatpak::keeps(self.scanner, self.roots, self.everywhere, home, &candidate.path)
        });
        let user = self.home.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
        let around = Around { path: candidate.path.to_str().unwrap_or_default(), user, in_flatpak };
        let (doc, servers, hooks) = (document, servers.as_slice(), hooks.as_slice());
        let cx = AuditCx { surface, level, doc, servers, hooks, texts, mask: &masked, around };
        judgements.extend(audit::run(&cx));
        self.places.file(candidate, surface, servers.iter().chain(hooks));
        for entry in servers.iter().chain(hooks).filter(|entry| !entry.disabled).take(OPEN) {
            let open = self.digests.open_to_others(entry, &candidate.path, self.home.as_deref());
            let place = open.map(|path| masked(path.as_os_str().as_encoded_bytes()));
            judgements.extend(place.and_then(|place| audit::writable(&cx, entry, place)));
        }
        judgements.extend(self.stock.started(servers.iter().chain(hooks), &surface.id));
        judgements.extend(self.remember(candidate, surface, servers.iter().chain(hooks), &cx));
        self.look_up(&mut judgements, servers.iter().chain(hooks));
        judgements.retain(|judgement| self.scanner.pack.keeps(&judgement.rule));
        judgements
    }

    /// What is too large of the folders that an editor trusts, as the user's own database has them.
    pub(super) fn trust_row(&self, candidate: &Candidate<'_>, surface: &Surface, row: &[u8]) -> Vec<Judgement> {
        if candidate.level != Level::User {
            return Vec::new();
        }
        let (pack, detector) = (self.scanner.pack, self.scanner.detector);
        let document = read::parse(Format::Json, row, detector.limits());
        let mask = |text: &[u8]| detector.mask_text(text);
        let (level, texts, around) = (candidate.level, pack.audits(), Around::default());
        let cx = AuditCx { surface, level, doc: &document, servers: &[], hooks: &[], texts, mask: &mask, around };
        let mut judgements = audit::workspace_trust(&cx);
        judgements.retain(|judgement| pack.keeps(&judgement.rule));
        judgements
    }

    /// Sets the consent of what the user approved before.
    fn approve<'e>(
        &self,
        candidate: &Candidate<'_>,
        surface: &Surface,
        doc: &Document<'_>,
        entries: impl Iterator<Item = &'e mut AutorunEntry>,
    ) {
        let Some(path) = candidate.path.to_str() else { return };
        let repository = candidate.path.parent().and_then(|folder| self.git.root(folder));
        let repository = repository.as_deref().and_then(Path::to_str);
        self.approvals.apply(&Asked { surface, level: candidate.level, path, repository, doc }, entries);
    }

    /// Lists what starts by itself, and tells what changed of it since it was approved.
    fn remember<'e>(
        &self,
        candidate: &Candidate<'_>,
        surface: &Surface,
        entries: impl Iterator<Item = &'e AutorunEntry>,
        cx: &AuditCx<'_>,
    ) -> Vec<Judgement> {
        let request = self.scanner.request;
        if !request.list_started && request.approved.entries.is_empty() {
            return Vec::new();
        }
        let path = (cx.mask)(candidate.path.as_os_str().as_encoded_bytes());
        let mut changed = Vec::new();
        for entry in entries {
            let home = self.home.as_deref();
            let started = self.digests.of(entry, &candidate.path, home);
            let (file, script) = started.map_or_else(Default::default, |(file, digest)| {
                ((cx.mask)(file.as_os_str().as_encoded_bytes()), digest)
            });
            let open = request.list_started && self.digests.open_to_others(entry, &candidate.path, home).is_some();
            let code = if open { CodeFrom::Others } else { audit::code_from(candidate.level, entry) };
            let (path, surface) = (path.clone(), surface.id.to_string());
            let one = Started { path, surface, entry: entry.clone(), file, script, code };
            let changes = request.approved.changes(&one).unwrap_or_default();
            if let Some(change) = changes.first() {
                changed.extend(audit::changed(cx, entry, &format!("{} changed since you approved it", change.what)));
            }
            if request.list_started {
                self.list(vec![one]);
            }
        }
        changed
    }

    fn list(&self, more: Vec<Started>) {
        if let Ok(mut list) = self.started.lock() {
            let room = STARTED.saturating_sub(list.len());
            list.extend(more.into_iter().take(room));
        }
    }

    /// What is known of the packages that a list names.
    fn components(&self, candidate: &Candidate<'_>, surface: &Surface, document: &Document<'_>) -> Vec<Judgement> {
        if !self.stock.wanted() {
            return Vec::new();
        }
        let mut components = components::read(&surface.lists, document.source, self.scanner.detector.limits());
        let presence = installed::presence(surface, &candidate.path);
        let path = self.scanner.detector.mask_text(candidate.path.as_os_str().as_encoded_bytes());
        if self.scanner.request.list_started {
            let scripts = self.install_scripts(candidate, &components);
            self.list(scripts);
        }
        for one in &mut components {
            one.presence = presence;
            one.global = surface.global;
            if self.scanner.request.list_components {
                one.path = path.clone();
                one.surface = surface.id.to_string();
            }
        }
        self.stock.take(components)
    }

    /// All that starts by itself below this root, and the packages and extensions that are there.
    pub(super) fn into_lists(self) -> Lists {
        let (agents, components) = self.stock.into_lists();
        Lists { started: self.started.into_inner().unwrap_or_default(), agents, components }
    }

    /// A package can be pinned where a version of it is installed here.
    fn look_up<'e>(&self, judgements: &mut [Judgement], entries: impl Iterator<Item = &'e AutorunEntry> + Clone) {
        let home = self.home.as_ref().unwrap_or(&self.scanner.host.user.home);
        let pack = self.scanner.pack;
        let pins = |rule: &str| pack.mend_for(rule, "").is_some_and(|recipe| recipe.edit == Edit::MendPin);
        for judgement in judgements.iter_mut().filter(|judgement| pins(&judgement.rule)) {
            let entry = entries.clone().find(|entry| entry.span == judgement.span);
            let wanted = entry.and_then(|entry| entry.launch.as_ref()).and_then(pin::wanted);
            let version = wanted
                .and_then(|wanted| wanted.at(&copies::newest(home, self.scanner.host.os, wanted.cache, &wanted.name)?));
            judgement.mendable = version.is_some();
        }
    }

    /// What other files grant to the servers of a project's `.mcp.json`.
    fn grants(&self, candidate: &Candidate<'_>) -> Grants {
        let mut grants = Grants::default();
        let Some(project) = candidate.path.parent() else { return grants };
        if candidate.path.file_name().is_none_or(|name| name != ".mcp.json") {
            return grants;
        }
        for file in GRANTING {
            grants.merge(self.read(&project.join(file), None));
        }
        if let Some(home) = &self.home {
            grants.merge(self.read(&home.join(GRANTING[0]), None));
            grants.merge(self.read(&home.join(".claude.json"), Some(project)));
        }
        grants
    }

    fn read(&self, file: &Path, project: Option<&Path>) -> Grants {
        let limits = self.scanner.detector.limits();
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        let read = open::open(file).and_then(|mut file| file.read_up_to(&mut bytes, limits.document_bytes));
        if read.is_err() {
            return Grants::default();
        }
        let document = read::parse(Format::Json, &bytes, limits);
        Grants::read(&document, project.map(|p| p.as_os_str().as_encoded_bytes()))
    }
}
