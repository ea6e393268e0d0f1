//! What of a sealed value is looked for elsewhere: the value, and the secret inside of it where the
//! consumer wants it wrapped.

use super::plan::Item;
use crate::model::Secret;
use crate::read::url;
use crate::vault::Binding;
use zeroize::Zeroizing;

/// The texts by which a thief could use `item`.
#[must_use]
pub fn sought(item: &Item) -> Vec<Secret> {
    let value = item.value.expose();
    let mut texts = vec![Secret::copy_of(value)];
    let decoded = || data_encoding::BASE64.decode(value.trim_ascii()).ok().map(Zeroizing::new);
    for binding in &item.bindings {
        match binding {
            Binding::Npm { key } if key.ends_with("_password") => {
                texts.extend(decoded().map(Secret::from_zeroizing));
            }
            Binding::Npm { key } if key.ends_with("_auth") => texts.extend(decoded().and_then(|text| password(&text))),
            Binding::Header { before, .. } if before.trim().eq_ignore_ascii_case("basic") => {
                texts.extend(decoded().and_then(|text| password(&text)));
            }
            Binding::Env { .. } => url::find_userinfo(value, &mut |found, _| {
                let part = &value[if found.password.is_empty() { found.user } else { found.password }];
                texts.push(Secret::copy_of(part));
                texts.extend(url::percent_decode(part).map(Secret::from_zeroizing));
            }),
            _ => {}
        }
    }
    texts
}

/// What stands after the first colon.
fn password(login: &[u8]) -> Option<Secret> {
    memchr::memchr(b':', login).map(|colon| Secret::copy_of(&login[colon + 1..]))
}
