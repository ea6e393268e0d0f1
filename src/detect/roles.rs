//! Fields that no surface names: assignments, options and headers of shells and their like, by role and name.

use super::sighting::{Rank, Sighting};
use super::{Detector, Scene, names};
use crate::read::{Field, Format, Role, Text};
use crate::rules::RuleIdx;

impl Detector<'_> {
    /// A field that no surface names: what its role and name say.
    pub(super) fn by_role(&self, field: &Field<'_>, scene: &Scene<'_>, out: &mut Vec<Sighting>) {
        let value = field.value.bytes();
        let assigned = matches!(
            scene.format,
            Format::Dotenv | Format::ShellRc | Format::ShellHistory | Format::FishVariables | Format::Environ
        );
        match field.role {
            Role::Assignment | Role::Comment | Role::Entry if assigned || is_probe(scene) => {
                if let (Some(rule), Some(hint)) = (self.coded.assignment, names::hint(field.key())) {
                    out.extend(self.named(rule, hint, field, value, Rank::Named));
                }
            }
            Role::Option => {
                let Some(rule) = self.coded.option else { return };
                match field.key() {
                    // A password in it is found by the raw pass.
                    b"url" => {
                        self.query(rule, field, out);
                        out.extend(self.coded.url.and_then(|rule| self.token_url(rule, field)));
                    }
                    _ if names_user(field) => out.extend(self.user_option(rule, field, value)),
                    _ => out.extend(self.value(rule, field, value).map(|mut s| {
                        s.rank = Rank::Shaped;
                        s
                    })),
                }
            }
            Role::Header => {
                let value = value.trim_ascii_start();
                let basic = value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
                if let Some(rule) = if basic { self.coded.basic } else { self.coded.bearer } {
                    out.extend(self.header(rule, field, false).map(|mut s| {
                        s.rank = Rank::Shaped;
                        s
                    }));
                }
            }
            _ => {}
        }
    }

    /// `user:password` of an option such as curl's `-u`; smbclient divides with `%`.
    fn user_option(&self, rule: RuleIdx, field: &Field<'_>, value: &[u8]) -> Option<Sighting> {
        let divider = memchr::memchr2(b':', b'%', value)?;
        self.value(rule, field, &value[divider + 1..])
    }
}

/// Whether an option names a user too: `-u`, `-sSu`, `--user` of curl, `-a` of httpie, `-U` of smbclient.
fn names_user(field: &Field<'_>) -> bool {
    let command = field.path.first().map_or(&b""[..], Text::bytes);
    match field.key() {
        b"--user" | b"--proxy-user" => true,
        [b'-', b'-', ..] => false,
        [b'-', .., b'u' | b'U'] => matches!(command, b"curl" | b"smbclient" | b"rpcclient"),
        b"-a" => matches!(command, b"http" | b"https" | b"xh" | b"xhs"),
        _ => false,
    }
}

/// Whether a field that its surface does not name is judged by its own name: in settings, not in transcripts,
/// old copies and databases, nor where a surface lists what its servers are handed.
fn is_probe(scene: &Scene<'_>) -> bool {
    scene.container.is_none()
        // A file of nothing but commands names scripts, not settings.
        && scene.surface.is_some_and(|s| !s.transcript && !s.history && (s.runs.is_empty() || !s.secrets.is_empty()))
        && !matches!(scene.format, Format::Jsonl | Format::Text | Format::Gitconfig)
}
