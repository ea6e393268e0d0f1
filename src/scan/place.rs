//! From hits and judgements to findings: path, region, exposure, id parts, advice.

use super::published;
use crate::audit::Judgement;
use crate::detect::{Detector, Hit};
use crate::host::synced::SyncFolders;
use crate::model::{
    Container, Evidence, Exposure, Finding, FindingId, Fix, GitState, IdParts, Location, Region, Untrusted,
};
use crate::read::git_state::{self, GitStates};
use crate::rules::RulePack;
use crate::rules::rule::{Edit, Rule, Surface};
use std::path::Path;

/// Where a document comes from, as findings tell it.
pub(super) struct Place<'p> {
    pub(super) surface: Option<&'p Surface>,
    /// The surface's id, or a fallback's.
    pub(super) surface_id: &'p str,
    pub(super) path: Untrusted,
    pub(super) path_bytes: Option<Vec<u8>>,
    /// Home- or repository-relative, masked.
    pub(super) relative: Vec<u8>,
    pub(super) user: Option<Untrusted>,
    pub(super) exposure: Option<Exposure>,
    /// Why what has no vendor is worth less here.
    pub(super) published: Option<&'static str>,
}

impl<'p> Place<'p> {
    /// The place of a file.
    pub(super) fn of_file(
        detector: &Detector<'_>,
        git: &GitStates,
        synced: &SyncFolders,
        surface: Option<&'p Surface>,
        path: &Path,
        base: Base<'_>,
        user: Option<Untrusted>,
    ) -> Self {
        let mut exposure = Exposure::default();
        let encoded = path.as_os_str().as_encoded_bytes();
        exposure.git = git.of(path, detector.limits());
        exposure.in_transcript = surface.is_some_and(|s| s.transcript);
        exposure.in_local_history = surface.is_some_and(|s| s.history);
        exposure.synced_by = base.synced_by(synced, path).map(str::to_owned);
        let relative = base.relative(path, git);
        let masked = detector.mask_text(encoded);
        // Bytes of a path that had to be masked would tell in base64 what the mask hides.
        let whole = masked == Untrusted::from_bytes(encoded) && std::str::from_utf8(encoded).is_err();
        Self {
            surface,
            surface_id: surface.map_or("file.text", |s| &s.id),
            path: masked,
            path_bytes: whole.then(|| encoded.to_vec()),
            relative: detector.mask_text(&relative).as_found().as_bytes().to_vec(),
            user,
            exposure: Some(exposure),
            published: base.published(path),
        }
    }

    /// A credential at this place.
    pub(super) fn credential(
        &self,
        pack: &RulePack,
        hit: Hit,
        region: Option<Region>,
        related: Vec<Option<Region>>,
        offset: u64,
    ) -> Finding {
        let rule = pack.rule(hit.rule);
        let location = |region, field: Option<Untrusted>, container: Option<Container>| Location {
            path: self.path.clone(),
            path_bytes: self.path_bytes.clone(),
            region,
            field,
            container,
        };
        let others = hit.related.into_iter().zip(related);
        let related = others.map(|((_, field), region)| location(region, field, hit.container.clone())).collect();
        let pointer = pointer(hit.field.as_ref(), hit.container.as_ref());
        let mut finding = Finding {
            id: FindingId::from_text(""),
            id_parts: IdParts { lineage: rule.lineage().to_owned(), path: self.relative.clone(), pointer },
            rule: rule.id.to_string(),
            category: hit.category,
            severity: hit.severity,
            confidence: hit.confidence,
            title: self.title(&rule.title),
            surface: self.surface_id.to_owned(),
            user: self.user.clone(),
            location: location(region, hit.field, hit.container),
            offset,
            related,
            secret: Some(hit.secret),
            exposure: self.exposure.clone(),
            harvested_by: self.harvesters(pack, rule),
            evidence: None,
            reach: None,
            same_secret: Vec::new(),
            same_secret_count: 0,
            fix: None,
        };
        finding.fix = Some(self.advice(pack, rule, &finding));
        published::lower(&mut finding, || self.published);
        finding
    }

    /// What to do about a credential: what `fix` does with it, and where to revoke it.
    fn advice(&self, pack: &RulePack, rule: &Rule, finding: &Finding) -> Fix {
        let rotate_url = (!rule.revoke.is_empty()).then(|| rule.revoke.to_string());
        let field = finding.location.field.as_ref().map_or("", Untrusted::as_found);
        if finding.secret.as_ref().is_some_and(|secret| secret.attributes.contains_key("canary")) {
            let summary = "Leave it where it is: it is a tripwire, and tells its owner when it is used.".to_owned();
            return Fix { recipe: None, automatic: false, summary, rotate_url: None };
        }
        // What lies inside of something that is no text is not edited.
        let surface = self.surface.filter(|_| finding.location.container.is_none());
        let Some(recipe) = surface.and_then(|surface| pack.recipe_for(surface, field)) else {
            let summary = "Move it to the keychain or delete it, then rotate it: it has lain in the clear.".to_owned();
            return Fix { recipe: None, automatic: false, summary, rotate_url };
        };
        let tracked = self.exposure.as_ref().is_some_and(|exposure| exposure.git == Some(GitState::Tracked));
        let automatic = cfg!(feature = "keychain") && recipe.automatic && (recipe.tracked || !tracked);
        let by_hand = !automatic && recipe.automatic;
        let summary = if by_hand { &recipe.manual } else { &recipe.summary };
        Fix { recipe: Some(recipe.id.to_string()), automatic, summary: summary.to_string(), rotate_url }
    }

    /// Something that starts by itself, or a setting, at this place.
    pub(super) fn judgement(&self, pack: &RulePack, judgement: Judgement, region: Option<Region>) -> Finding {
        let fix = self.mend(pack, &judgement);
        let pointer = judgement.pointer.join("/");
        Finding {
            id: FindingId::from_text(""),
            id_parts: IdParts { lineage: judgement.rule.clone(), path: self.relative.clone(), pointer },
            rule: judgement.rule,
            category: judgement.category,
            severity: judgement.severity,
            confidence: judgement.confidence,
            title: self.title(&judgement.title),
            surface: self.surface_id.to_owned(),
            user: self.user.clone(),
            location: Location {
                path: self.path.clone(),
                path_bytes: self.path_bytes.clone(),
                region,
                field: (!judgement.pointer.is_empty()).then(|| Untrusted::new(judgement.pointer.join("."))),
                container: None,
            },
            offset: judgement.span.start as u64,
            related: Vec::new(),
            secret: None,
            exposure: self.exposure.clone(),
            harvested_by: Vec::new(),
            evidence: Some(judgement.evidence).filter(|e| *e != Evidence::default()),
            reach: None,
            same_secret: Vec::new(),
            same_secret_count: 0,
            fix: Some(fix),
        }
    }

    /// What `fix` does about a setting or an entry, or what the user does.
    fn mend(&self, pack: &RulePack, judgement: &Judgement) -> Fix {
        let found = pack.mend_for(&judgement.rule, self.surface_id);
        let Some(recipe) = found.filter(|recipe| recipe.is_for(judgement.severity)) else {
            return Fix { recipe: None, automatic: false, summary: judgement.advice.clone(), rotate_url: None };
        };
        let tracked = self.exposure.as_ref().is_some_and(|exposure| exposure.git == Some(GitState::Tracked));
        let can = judgement.mendable && recipe.automatic && (recipe.tracked || !tracked);
        // Elsewhere a file has no right to be run that could be taken away.
        let here = cfg!(unix) || recipe.edit != Edit::MendHook;
        let automatic = cfg!(feature = "keychain") && can && here;
        let setting = pack.settings().iter().find(|setting| setting.id == *judgement.rule);
        let summary = match setting.map(|setting| &*setting.mend) {
            _ if !automatic => judgement.advice.clone(),
            Some("remove") => "Takes it out of the file.".to_owned(),
            Some(value) => format!("Sets it to `{}`.", value.trim_matches('"')),
            None => recipe.summary.to_string(),
        };
        Fix { recipe: Some(recipe.id.to_string()), automatic, summary, rotate_url: None }
    }

    fn title(&self, what: &str) -> String {
        match self.surface {
            Some(surface) => format!("{what} in {}", surface.title),
            None => what.to_owned(),
        }
    }

    /// Campaigns that take what lies here.
    fn harvesters(&self, pack: &RulePack, rule: &Rule) -> Vec<String> {
        let token = rule.token().is_some();
        let takes = |c: &&crate::rules::rule::Campaign| {
            // A stealer that runs a secret scanner over the home takes every token such a scanner knows.
            c.harvests.iter().any(|id| id == self.surface_id) || (c.sweeps_home && token)
        };
        pack.campaigns().filter(takes).map(|c| c.id.to_string()).collect()
    }
}

/// What a path in an id is relative to.
#[derive(Clone, Copy)]
pub(super) enum Base<'b> {
    /// An audited home.
    Home(&'b Path),
    /// A named tree: the repository a file lies in, else the caller's home, else the tree itself.
    Tree { root: &'b Path, home: &'b Path },
}

impl Base<'_> {
    fn synced_by(self, synced: &SyncFolders, path: &Path) -> Option<&'static str> {
        let home = match self {
            Self::Home(home) | Self::Tree { home, .. } => home,
        };
        synced.of(path.parent()?, home)
    }

    fn published(self, path: &Path) -> Option<&'static str> {
        match self {
            Self::Home(root) => published::reason(path, root, true),
            Self::Tree { root, .. } => published::reason(path, root, false),
        }
    }

    pub(super) fn relative(self, path: &Path, git: &GitStates) -> Vec<u8> {
        let stripped = |base: &Path| path.strip_prefix(base).ok().filter(|rest| rest.components().next().is_some());
        let relative = match self {
            Self::Home(home) => stripped(home),
            Self::Tree { root, home } => {
                let repository = path.parent().and_then(|folder| git.root(folder));
                return repository
                    .as_deref()
                    .and_then(stripped)
                    .or_else(|| stripped(home))
                    .or_else(|| stripped(root))
                    .map_or_else(
                        || git_state::bytes(Path::new(path.file_name().unwrap_or_default())),
                        git_state::bytes,
                    );
            }
        };
        relative.map_or_else(|| path.as_os_str().as_encoded_bytes().to_vec(), git_state::bytes)
    }
}

/// What a finding's id points at inside its file: never a line, never a value.
fn pointer(field: Option<&Untrusted>, container: Option<&Container>) -> String {
    let mut pointer = String::new();
    if let Some(container) = container {
        pointer.push_str(container.kind.as_str());
        for part in [&container.table, &container.key].into_iter().flatten() {
            pointer.push('/');
            pointer.push_str(part.as_found());
        }
        pointer.push('!');
    }
    if let Some(field) = field {
        pointer.push_str(field.as_found());
    }
    pointer
}
