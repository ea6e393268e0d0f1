//! Sealing what a file held before it is changed: XChaCha20-Poly1305 under the key of one run.
//!
//! The key lives in the keychain, so that what is sealed can lie beside the journal. Nothing is
//! read or written here.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Length of a key.
pub const KEY_BYTES: usize = 32;
/// The form of what is sealed: this byte, the nonce, the encrypted bytes, the tag.
const FORM: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// What is sealed cannot be made or opened. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The system gives no random numbers.
    #[error("no random numbers")]
    Random,
    /// Not sealed by caulk, or by a later one.
    #[error("not a sealed copy that this version knows")]
    Form,
    /// Another key, another place, or changed since.
    #[error("the sealed copy was changed, or belongs to another run")]
    Tampered,
}

/// A fresh key.
pub fn key() -> Result<Zeroizing<[u8; KEY_BYTES]>, SealError> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    getrandom::fill(&mut *key).map_err(|_| SealError::Random)?;
    Ok(key)
}

/// Encrypts `plain`. `context` is not part of it and must be the same when it is opened: run and file.
pub fn seal(key: &[u8; KEY_BYTES], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = XNonce::default();
    getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
    // One allocation of the final size, wiped unless it ends up encrypted.
    let mut out = Zeroizing::new(Vec::with_capacity(1 + NONCE + plain.len() + TAG));
    out.push(FORM);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(plain);
    let body = out.get_mut(1 + NONCE..).unwrap_or_default();
    let tag = XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&nonce, context, body.into())
        .map_err(|_| SealError::Form)?;
    out.extend_from_slice(&tag);
    Ok(std::mem::take(&mut *out))
}

/// Decrypts what [`seal`] made with the same key and context.
pub fn open(key: &[u8; KEY_BYTES], context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (form, rest) = sealed.split_first().ok_or(SealError::Form)?;
    let (nonce, rest) = rest.split_at_checked(NONCE).ok_or(SealError::Form)?;
    let (body, tag) = rest.split_at_checked(rest.len().saturating_sub(TAG)).ok_or(SealError::Form)?;
    let nonce = XNonce::try_from(nonce).map_err(|_| SealError::Form)?;
    let tag = Tag::try_from(tag).map_err(|_| SealError::Form)?;
    if *form != FORM {
        return Err(SealError::Form);
    }
    let mut plain = Zeroizing::new(body.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(&nonce, context, plain.as_mut_slice().into(), &tag)
        .map_err(|_| SealError::Tampered)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::{SealError, key, open, seal};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_nothing_else_does(
            plain in prop::collection::vec(any::<u8>(), 0..600),
            context in prop::collection::vec(any::<u8>(), 0..40),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u32,
        ) {
            let (one, other) = (key().unwrap(), key().unwrap());
            let sealed = seal(&one, &context, &plain).unwrap();
            prop_assert_eq!(&**open(&one, &context, &sealed).unwrap(), plain.as_slice());
            prop_assert_eq!(open(&other, &context, &sealed).err(), Some(SealError::Tampered));
            prop_assert!(open(&one, &[&context[..], b"x"].concat(), &sealed).is_err());
            prop_assert!(plain.len() < 8 || !sealed.windows(plain.len()).any(|part| part == plain));
            prop_assert_ne!(&seal(&one, &context, &plain).unwrap(), &sealed, "a nonce is never used twice");
            let mut changed = sealed.clone();
            changed[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(open(&one, &context, &changed).is_err());
            prop_assert!(open(&one, &context, &sealed[..at.index(sealed.len())]).is_err());
        }
    }
}
