//! What types that hold secrets or raw documents must never become: printable, clonable, comparable.
//!
//! These hold at compile time; that this file compiles is the test.

use caulk::model::{KeyRing, Secret};
use caulk::read::{Document, Field, Text};
use static_assertions::assert_not_impl_any;
use std::fmt::{Debug, Display, LowerHex};
use std::hash::Hash;
use std::ops::Deref;

assert_not_impl_any!(Secret: Display, Debug, LowerHex, Clone, Copy, serde::Serialize, PartialEq, Hash, Default);
assert_not_impl_any!(Secret: AsRef<[u8]>, Deref, Into<Vec<u8>>, IntoIterator, serde::de::DeserializeOwned);
assert_not_impl_any!(KeyRing: Display, Debug, Clone, serde::Serialize, PartialEq);
assert_not_impl_any!(Text<'static>: Display, Debug, Clone, serde::Serialize);
assert_not_impl_any!(Field<'static>: Display, Debug, Clone, serde::Serialize);
assert_not_impl_any!(Document<'static>: Display, Debug, Clone, serde::Serialize);

#[test]
fn a_secret_gives_its_bytes_only_where_asked() {
    let secret = Secret::copy_of(b"made-up");
    assert_eq!((secret.expose(), secret.len(), secret.is_empty()), (b"made-up".as_slice(), 7, false));
}
